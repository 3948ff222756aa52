"""Graphs and options -> a Drawing: the passes in their order, once for each panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from nnfig.detail.captions.alt import alt
from nnfig.detail.captions.caption import caption
from nnfig.detail.captions.english import some
from nnfig.detail.captions.steps import name_states, names_in_time
from nnfig.detail.draft import Draft
from nnfig.detail.folds.fold import fold
from nnfig.detail.insets import Inset, home, insets, names_of_inputs, opened
from nnfig.detail.labels.common_facts import common_facts
from nnfig.detail.labels.label import input_looks, label
from nnfig.detail.labels.legend import legend
from nnfig.detail.labels.merged import told
from nnfig.detail.labels.outputs import output_looks
from nnfig.detail.passes.absorb_weights import absorb_weights
from nnfig.detail.passes.close import close
from nnfig.detail.passes.crops import crops
from nnfig.detail.passes.dissolve import dissolve
from nnfig.detail.passes.drop_dead import drop_dead
from nnfig.detail.passes.families import families
from nnfig.detail.passes.gather import gather, long_runs
from nnfig.detail.passes.hide import counted, hide, hide_noise, single_wires
from nnfig.detail.passes.levels import Levels, levels, may_close
from nnfig.detail.passes.merge import merge
from nnfig.detail.passes.open_layers import open_layers
from nnfig.detail.passes.queries import queries
from nnfig.detail.passes.roles import roles
from nnfig.detail.passes.shuffles import shuffles
from nnfig.detail.passes.spell_out import spell_out
from nnfig.detail.passes.whole_dropout import whole_dropout
from nnfig.detail.sheets.rules import Rules
from nnfig.detail.sheets.words import check_fields, check_words
from nnfig.graph import Drawing, Graph, Group, Panel
from nnfig.options import Options

PREPARE: tuple[Callable[[Draft], Draft], ...] = (
    open_layers,
    drop_dead,
    whole_dropout,
    crops,
    shuffles,
    spell_out,
    absorb_weights,
    queries,
    counted,
    hide_noise,
    fold,
    hide,
    name_states,
)
"""Passes over the whole network, in order; the levels of hierarchy are chosen on what they give."""


def drawing(graphs: Sequence[Graph], options: Options, tighter: int = 0) -> Drawing | None:
    """What is drawn of the networks.

    Args:
        graphs: the network of the main panel, then those to compare it with.
        options: the dial and everything laid over it.
        tighter: how many more steps of closing groups are to be taken so that the figure fits.

    Returns:
        None where `tighter` asks for more than can be closed.

    Raises:
        NnfigError: a style sheet is faulty, or an option names what no network has.
    """
    return _drawn(_prepared(graphs, options), options, tighter)


def drawings(graphs: Sequence[Graph], options: Options) -> Iterator[Drawing]:
    """The drawing, then drawings of the same networks with ever more groups closed, as long as there are any."""
    prepared = _prepared(graphs, options)
    last: tuple[Panel, ...] = ()
    for tighter in count():
        found = _drawn(prepared, options, tighter)
        if found is None:
            return
        if found.panels != last:
            yield found
        last = found.panels


def _prepared(graphs: Sequence[Graph], options: Options) -> list[Draft]:
    """The networks after all passes that do not depend on what is open."""
    from nnfig.detail.sheets.resolve import resolved

    check_words(graphs, options)
    rules = resolved(options)
    check_fields(graphs, rules)
    named = [graph.replace(name=_title(graph, rules)) for graph in graphs]
    drafts = [run(PREPARE, Draft(graph, rules, origin=graph)) for graph in named]
    if any(insets(draft) for draft in drafts):
        # an inset defines a block: what runs in its boxes stands on them, and so in the others
        rules = replace(rules, merged="label")
        return [replace(draft, rules=rules) for draft in drafts]
    return drafts


def _title(graph: Graph, rules: Rules) -> str:
    """What a network is called: to rules it is a group whose class is its name."""
    it = Group("", graph.name)
    titles = [rule.title for rule in rules.rows if rule.title and rule.select.group and rule.select.takes_group(it)]
    return titles[-1] if titles else graph.name.lstrip("_")


def _drawn(prepared: Sequence[Draft], options: Options, tighter: int) -> Drawing | None:
    rules = prepared[0].rules
    # runs of arithmetic go first: they say least
    gathers = tighter > 0 and may_close(rules) and any(map(long_runs, prepared))
    states = levels([draft.graph for draft in prepared], rules, tighter - gathers)
    if states is None:
        return None
    drafts = [arranged(draft, state, gathers) for draft, state in zip(prepared, states, strict=True)]
    shown, inner = _insets(prepared)
    everything = (*drafts, *inner)
    common = common_facts(everything)
    merged = [told([each for each in everything if each.origin is draft.origin]) for draft in everything]
    drafts = [label(draft, of, common) for draft, of in zip(drafts, merged, strict=False)]
    inner = [label(draft, of, common) for draft, of in zip(inner, merged[len(drafts) :], strict=True)]
    said = caption(drafts, inner, shown, merged[: len(drafts)], common, options.title)
    return Drawing(
        _panels(prepared, drafts, shown, inner),
        caption=" ".join(said.values()),
        said=said,
        alt=alt(drafts, inner, options.title),
        legend=legend((*drafts, *inner), merged),
        notes=(*_shut(prepared), *(note for state in states for note in _notes(state))),
    )


def arranged(draft: Draft, state: Levels, gathers: bool = False) -> Draft:
    """The draft with groups closed, frames dissolved and layers merged; labels are still to be written."""
    grouped, closed = families(draft, state)
    shut = close(grouped, sorted(closed))
    shut = gather(shut) if gathers else shut
    return merge(single_wires(dissolve(roles(shut), state.opened)))


def _insets(prepared: Sequence[Draft]) -> tuple[list[Inset], list[Draft]]:
    """Blocks that are to be opened beside the figure, each class once, and their insides."""
    found: list[Inset] = []
    drafts: list[Draft] = []
    for whole in prepared:
        for inset in insets(whole):
            inner = opened(whole, inset)
            if all(inset.cls != other.cls for other in found):
                found.append(inset)
                drafts += [arranged(inner, state) for state in levels([inner.graph], inner.rules) or ()]
    return found, drafts


def _panels(
    prepared: Sequence[Draft], drafts: Sequence[Draft], shown: Sequence[Inset], inner: Sequence[Draft]
) -> tuple[Panel, ...]:
    panels = [
        Panel(
            f"compare{index}" if index else "",
            draft.graph,
            "compare" if index else "main",
            title=draft.origin.name if len(drafts) > 1 else "",
            input_looks=input_looks(draft),
            output_looks=output_looks(draft),
        )
        for index, draft in enumerate(drafts)
    ]
    for inset, draft in zip(shown, inner, strict=True):
        of = _home(panels, prepared, inset)
        whole = next(each.graph for each in prepared if each.origin is draft.origin)
        called = {**names_of_inputs(whole, draft.graph), **names_in_time(whole, inset.path)}
        ends = input_looks(draft, called, inset=True), output_looks(draft, called, inset=True)
        title = draft.rules.title(Group(inset.path, inset.cls)) or inset.cls
        panels.append(Panel(inset.cls, draft.graph, "inset", title, of, *ends))
    return tuple(panels)


def _home(panels: Sequence[Panel], prepared: Sequence[Draft], inset: Inset) -> str:
    """The layer or group, in the innermost panel that has it, which an inset opens."""
    wholes = [draft.graph for draft in prepared if inset.path in draft.graph.group]
    places = (home(panel.graph, whole, inset.path) for panel in reversed(panels) for whole in wholes)
    return next((place for place in places if place), "")


def _notes(state: Levels) -> tuple[str, ...]:
    if not state.for_space:
        return ()
    return (f"closed so that the figure fits its page: {some(state.for_space, 6)} (--depth or --open keep them open)",)


def _shut(drafts: Sequence[Draft]) -> Iterator[str]:
    """Why layers that were to be opened are not."""
    for draft in drafts:
        for name, reason in draft.record.shut:
            yield f"'{name}' ({draft.origin.layer[name].kind}) stays closed: {reason}"


def run(passes: Sequence[Callable[[Draft], Draft]], draft: Draft) -> Draft:
    """The draft after the passes."""
    for step in passes:
        draft = step(draft)
    return draft


def folded(graph: Graph) -> Graph:
    """The whole network with equal blocks in a row kept once, their groups carrying `repeat`; nothing is hidden."""
    return fold(Draft(graph, Rules(), origin=graph)).graph


def shows_more(view: str) -> bool:
    """Whether a view shows what is hidden in others."""
    from nnfig.detail.sheets.resolve import VIEW_SHOWS

    return view in VIEW_SHOWS


def style_schema() -> dict[str, Any]:
    """The JSON Schema of style sheets."""
    from nnfig.detail.sheets.records import schema

    return schema()


def style_options(options: Options) -> Options:
    """The options, with what style sheets say for view, direction, size and the like where none is given."""
    from nnfig.detail.sheets.resolve import options_of, resolved

    return options_of(resolved(options).extra, options)
