"""Graphs and options -> a Drawing: the passes in their order, once for each panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfig.detail.absorb_weights import absorb_weights
from nnfig.detail.caption import caption, legend
from nnfig.detail.close import close
from nnfig.detail.dissolve import dissolve
from nnfig.detail.draft import Draft
from nnfig.detail.drop_dead import drop_dead
from nnfig.detail.fold import fold
from nnfig.detail.hide import hide, hide_noise
from nnfig.detail.label import input_looks, label
from nnfig.detail.levels import Levels, levels
from nnfig.detail.merge import merge
from nnfig.graph import Drawing, Graph, Panel
from nnfig.options import Options

PREPARE: tuple[Callable[[Draft], Draft], ...] = (
    drop_dead,
    hide_noise,
    absorb_weights,
    fold,
    hide,
)
"""Passes over the whole network, in order; the levels of hierarchy are chosen on what they give."""

FINISH: tuple[Callable[[Draft], Draft], ...] = (merge, label)
"""Passes over what is drawn, once groups are closed and frames dissolved."""


def drawing(graphs: Sequence[Graph], options: Options, tighter: int = 0) -> Drawing | None:
    """What is drawn of the networks.

    Args:
        graphs: the network of the main panel, then those to compare it with.
        options: the dial and everything laid over it.
        tighter: how many more steps of closing groups are to be taken so that the figure fits.

    Returns:
        None where `tighter` asks for more than can be closed.
    """
    from nnfig.detail.sheets import resolved

    rules = resolved(options)
    drafts: list[Draft] = []
    for graph in graphs:
        prepared = run(PREPARE, Draft(graph, rules, origin=graph))
        state = levels(prepared.graph, rules, tighter)
        if state is None:
            return None
        drafts.append(finished(prepared, state))
    panels = tuple(
        Panel(
            "" if index == 0 else f"compare{index}",
            draft.graph,
            "compare" if index else "main",
            input_looks=input_looks(draft.graph, rules),
        )
        for index, draft in enumerate(drafts)
    )
    return Drawing(panels, caption=caption(tuple(drafts)), legend=legend(tuple(p.graph for p in panels)))


def finished(draft: Draft, state: Levels) -> Draft:
    """The draft with groups closed, frames dissolved, layers merged and labelled."""
    return run(FINISH, dissolve(close(draft, sorted(state.closed)), state.opened))


def run(passes: Sequence[Callable[[Draft], Draft]], draft: Draft) -> Draft:
    """The draft after the passes."""
    for step in passes:
        draft = step(draft)
    return draft


def folded(graph: Graph) -> Graph:
    """The whole network with equal blocks in a row kept once, nothing hidden."""
    return graph


def style_schema() -> dict[str, Any]:
    """The JSON Schema of style sheets."""
    from nnfig.detail.sheets import schema

    return schema()


def style_options(options: Options) -> Options:
    """The options, with what style sheets say for view, direction, size and the like where none is given."""
    from nnfig.detail.sheets import options_of, resolved

    return options_of(resolved(options).extra, options)
