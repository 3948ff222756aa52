"""Record and drawn graph -> the caption: what is shown, merged, folded, closed, hidden, in this order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nnfig.detail.captions.differences import boxes, is_counted, stages
from nnfig.detail.captions.english import FAMILIES, SINGULAR, listed, millions, sentence, some
from nnfig.detail.captions.followed import followed
from nnfig.detail.captions.left_out import cropped, left_out, unused
from nnfig.detail.captions.repeated import called, repeated
from nnfig.detail.captions.steps import first_call, states, steps
from nnfig.detail.captions.ties import said_of_weights
from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.insets import Inset
from nnfig.detail.labels.common_facts import Facts
from nnfig.detail.labels.dims import input_dims
from nnfig.detail.labels.merged import Told, family, is_add_norm, merged_text
from nnfig.detail.passes.gather import is_gathered
from nnfig.detail.passes.groups import CONTAINERS
from nnfig.graph import Graph

_IDEAS = ("normalization", "activation", "softmax", "dropout")
"""Categories of closed groups that nobody would look into."""
FEW_INPUTS = 3
"""Sizes of more inputs than that would tire."""
_PROJECTS = ("shortcut", "projection")


def caption(
    drafts: Sequence[Draft],
    panels: Sequence[Draft],
    insets: Sequence[Inset],
    told: Sequence[Mapping[str, Told]],
    common: Facts,
    title: str = "",
) -> Mapping[str, str]:
    """The sentences of a figure's caption, in order, by what they are about.

    Args:
        drafts: of the main panel and of those it is compared with.
        panels: of the insets.
        insets: what these open.
        told: for each of `drafts`, what is merged into which family of layers.
        common: what all layers of a kind share.
        title: the figure's name; empty: that of the network.
    """
    everything = (*drafts, *panels)
    parts = {
        "merged": _merged(drafts, told, {i.cls for i in insets}),
        "boxes": _in_boxes(everything, told),
        "common": _common(common, everything),
        "folded": repeated(everything),
        "stages": stages(everything),
        "steps": steps(everything),
        "states": states(everything),
        "gradients": _gradients(everything),
        "shortcuts": _shortcuts(everything),
        "ties": "; ".join(said for draft in drafts if (said := said_of_weights(draft))),
        "closed": _closed(everything, insets),
        "alike": boxes(everything),
        "insets": _insets([_opened(drafts[0], inset) for inset in insets]),
        "unused": unused(drafts),
        "hidden": left_out(everything),
        "crops": cropped(everything),
        "sizes": _sizes(drafts),
    }
    return {"shows": f"{_shows(drafts, title)}."} | {about: sentence(part) for about, part in parts.items() if part}


def _gradients(drafts: Sequence[Draft]) -> str:
    edges = [[e for e in layer.inputs if e.kind == "gradient"] for draft in drafts for layer in draft.graph.layers]
    several = any(len(each) > 1 for each in edges)
    return f"gradients run against the data{'; where several meet they are added' if several else ''}" * any(edges)


def _shows(drafts: Sequence[Draft], title: str) -> str:
    names = [title or drafts[0].origin.name or "network", *(d.origin.name or "network" for d in drafts[1:])]
    if len(drafts) > 1:
        costs = [
            f"{name} ({_cost(draft)})" if _cost(draft) else name for name, draft in zip(names, drafts, strict=True)
        ]
        return f"{listed(costs)} side by side"
    cost = _cost(drafts[0])
    return f"{names[0]}{_given(drafts[0].origin)}" + (f": {cost}" if cost else "")


def _given(graph: Graph) -> str:
    """` for an input of 3×224×224`, ` for inputs of length 128`: what the costs hold for."""
    inputs = [input_dims(graph, name) for name in graph.inputs]
    if not inputs or not all(inputs) or len(inputs) > FEW_INPUTS:
        return ""
    length = "length " if all(size.isdigit() for size in inputs) else ""
    noun = "an input" if len(inputs) == 1 else "inputs"
    return f" for {noun} of {length}{listed(inputs if len(set(inputs)) > 1 else inputs[:1])}"


def _cost(draft: Draft) -> str:
    graph = draft.origin
    words = [f"{millions(graph.params)} parameters"] if graph.params else []
    words += [f"{millions(graph.macs)} multiply-accumulates"] if graph.macs else []
    return listed(words)


def _merged(drafts: Sequence[Draft], told: Sequence[Mapping[str, Told]], opened: Collection[str]) -> str:
    """What is drawn inside the layers that it follows, for each network where they differ."""
    said = [followed(each, _in_blocks(draft, opened)) for draft, each in zip(drafts, told, strict=True)]
    if len(set(said)) == 1:
        return said[0]
    places = [
        f"in {draft.origin.name or 'the other'}, {text}" for draft, text in zip(drafts, said, strict=True) if text
    ]
    return ". ".join(text[:1].upper() + text[1:] for text in places)


def _in_boxes(drafts: Sequence[Draft], told: Sequence[Mapping[str, Told]]) -> str:
    """That boxes name what follows their layer, where the caption names nothing of it or not all."""
    known = [each for families in told for each in families.values()]
    if any(each.exceptions for each in known):
        return ""
    found: dict[str, None] = {}
    for draft, families in zip(drafts, (*told, *({} for _ in drafts[len(told) :])), strict=True):
        for name, inside in draft.record.merged:
            layer = draft.graph.layer.get(name)
            if layer is not None and not is_add_norm(layer, inside) and merged_text(layer, inside, families, draft):
                found |= dict.fromkeys(category_of(each.kind).plural for each in inside)
    if not found:
        return ""
    one, words = len(found) == 1 and next(iter(found)) in SINGULAR, listed(sorted(found))
    return f"{'other ' if known else ''}{words} {'is' if one else 'are'} written in the box of the layer before"


def _in_blocks(draft: Draft, opened: Collection[str]) -> set[str]:
    """Families of layers that stand in closed blocks, without those that an inset opens, or in boxes of others."""
    closed = [draft.contents.get(layer.name) for layer in draft.graph.layers if layer.kind not in opened]
    blocks = {family(member) for contents in closed if contents for member in contents.members}
    return blocks | {family(member) for _, inside in draft.record.merged for member in inside}


def _common(common: Facts, drafts: Sequence[Draft]) -> str:
    """`no Conv2d or Linear has a bias; every BN has eps 0.001`: kinds with the same in common stand together."""
    names: dict[tuple[str, ...], list[str]] = {}
    for kind, words in common.items():
        names.setdefault(words, []).append(_kind_word(kind, drafts))
    return "; ".join(_shared(kinds, words) for words, kinds in names.items())


def _kind_word(kind: str, drafts: Sequence[Draft]) -> str:
    """What boxes call a kind, where no other kind is called so; else the kind."""
    called = {
        layer.kind: draft.rules.writing(layer, draft.origin_graph(layer)).rename
        for draft in drafts
        for layer in draft.graph.layers
    }
    mine = called.get(kind, "")
    alone = all(word != mine or other == kind for other, word in called.items())
    return mine if mine and alone else FAMILIES.get(kind, kind)


def _shared(kinds: Sequence[str], words: Sequence[str]) -> str:
    """`no Conv2d has a bias`, `every concatenation is along dimension 1`, `every Conv2d has padding 1 and no bias`."""
    if len(words) == 1 and words[0].startswith("no "):
        return f"no {listed(kinds, 'or')} has a {words[0][3:]}"
    name = listed([f"every {kind}" for kind in kinds])
    if len(words) == 1 and words[0].startswith("dim "):
        return f"{name} is along dimension {words[0][4:]}"
    return f"{name} has {listed(words)}"


def _shortcuts(drafts: Sequence[Draft]) -> str:
    """What dashed lines mean."""
    looks = [layer.look for draft in drafts for layer in draft.graph.layers if layer.look]
    return "dashed shortcuts project to a new shape" if any(_PROJECTS in look.data for look in looks) else ""


def _closed(drafts: Sequence[Draft], insets: Sequence[Inset]) -> str:
    classes: dict[str, None] = {}
    paths: dict[str, None] = {}
    opened = {inset.cls for inset in insets}
    for draft in drafts:
        for path, cls in draft.record.closed:
            name = _name_of(draft, path)
            function = category_of(cls).name == "attention" and cls[:1].islower()
            if function or category_of(cls).name in _IDEAS or draft.contents[name].drawn < 2 or cls in opened:
                continue
            if is_gathered(cls):
                classes["long run of arithmetic"] = None
            elif cls not in CONTAINERS:
                classes[called(draft, path, cls)] = None
            elif name in draft.graph.layer and not is_counted(draft.graph.layer[name]):
                paths[f"‘{path}’"] = None
    words = [*classes, *paths]
    if len(words) == 1:
        return f"{'each ' if classes else ''}{words[0]} is drawn as one box"
    return f"drawn as one box each: {some(words, 6)}" if words else ""


def _name_of(draft: Draft, path: str) -> str:
    return next((name for name in draft.contents if name == path or name.startswith(f"{path}~")), path)


def _opened(draft: Draft, inset: Inset) -> str:
    """`Inception (the first of 9)`: which block an inset opens, where there are several."""
    paths = [g.path for g in draft.origin.groups if g.cls == inset.cls and first_call(g.path) == g.path]
    place = paths.index(inset.path) if inset.path in paths else len(_PLACES)
    which = f" (the {_PLACES[place]} of {len(paths)})" if len(paths) > 1 and place < len(_PLACES) else ""
    return called(draft, inset.path, inset.cls) + which


_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _insets(names: Sequence[str]) -> str:
    return f"the {'inset opens' if len(names) == 1 else 'insets open'} {listed(names)}" if names else ""


def _sizes(drafts: Sequence[Draft]) -> str:
    shown = any(layer.look and layer.look.dims for draft in drafts for layer in draft.graph.layers)
    return "sizes beside boxes are those of their outputs" if shown else ""
