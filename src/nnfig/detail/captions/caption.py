"""Record and drawn graph -> the caption: what is shown, merged, folded, closed, hidden, in this order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nnfig.detail.captions.english import FAMILIES, SINGULAR, in_words, listed, millions, sentence, some
from nnfig.detail.captions.followed import followed
from nnfig.detail.captions.left_out import cropped, left_out, unused
from nnfig.detail.captions.steps import states, steps
from nnfig.detail.captions.ties import said_of_weights
from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.insets import Inset
from nnfig.detail.labels.common_facts import Facts
from nnfig.detail.labels.dims import unbatched
from nnfig.detail.labels.merged import Told, family, is_add_norm, merged_text
from nnfig.detail.labels.values import sizes
from nnfig.detail.passes.gather import is_gathered
from nnfig.detail.passes.groups import CONTAINERS
from nnfig.graph import Graph, Group, Layer, TensorSpec

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
        "folded": _folded(everything),
        "stages": _stages(everything),
        "steps": steps(everything),
        "states": states(everything),
        "gradients": _gradients(everything),
        "shortcuts": _shortcuts(everything),
        "ties": "; ".join(said for draft in drafts if (said := said_of_weights(draft))),
        "closed": _closed(everything, insets),
        "insets": _insets([_called(drafts[0], inset.path, inset.cls) for inset in insets]),
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
    inputs = [str_dims(spec) for spec in graph.inputs.values()]
    if not inputs or not all(inputs) or len(inputs) > FEW_INPUTS:
        return ""
    length = "length " if all(size.isdigit() for size in inputs) else ""
    noun = "an input" if len(inputs) == 1 else "inputs"
    return f" for {noun} of {length}{listed(inputs if len(set(inputs)) > 1 else inputs[:1])}"


def str_dims(spec: TensorSpec) -> str:
    """A shape without its batch, as it is written in sentences."""
    return sizes(unbatched(spec))


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


def _folded(drafts: Sequence[Draft]) -> str:
    times: dict[str, dict[str, None]] = {}
    names = {fold.path: _called(draft, fold.path, fold.name) for draft in drafts for fold in draft.record.folded}
    for draft in drafts:
        for group in draft.graph.groups:
            if group.repeat > 1:
                name = names.get(group.path) or _called(draft, group.path, group.cls) or "block"
                times.setdefault(name, {})[f"×{group.repeat}"] = None
    if not times:
        return ""
    words = [f"{name} {listed(list(counts))}" for name, counts in times.items()]
    steps = any(group.shared and group.repeat > 1 for draft in drafts for group in draft.graph.groups)
    weights = "; weights that copies share are counted once" if steps else ""
    what = "layers" if all(name in FAMILIES.values() for name in times) else "blocks"
    several = len(times) > 1 and any(len(counts) > 1 for counts in times.values())
    told = "; ".join(words) if several else some(words)
    return f"equal {what} in a row are drawn once: {told}{weights}"


def _stages(drafts: Sequence[Draft]) -> str:
    """What a count in a box means: `Bottleneck ×3`."""
    stages = [c for d in drafts for layer in d.graph.layers if (c := d.contents.get(layer.name)) and _counts(layer)]
    if not stages:
        return ""
    box, runs = "×N in a box stands for N", [stage.equal for stage in stages]
    if all(len(equal) == 1 for equal in runs):
        return f"{box} equal blocks in a row"
    first = [len(equal) == 2 and equal[0] == 1 for equal in runs]
    if all(differs or len(equal) == 1 for differs, equal in zip(first, runs, strict=True)) and drafts[0].rules.fold:
        return f"{box} blocks in a row, of which the first {'differs' if all(first) else 'may differ'}"
    return f"{box} blocks of one class in a row, which may differ inside"


def _counts(layer: Layer) -> bool:
    """Whether a closed block is a stage whose box says of how many blocks."""
    return "repeat" in layer.attributes


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
                classes[_called(draft, path, cls)] = None
            elif name in draft.graph.layer and not _counts(draft.graph.layer[name]):
                paths[f"‘{path}’"] = None
    words = [*classes, *paths]
    if len(words) == 1:
        return f"{'each ' if classes else ''}{words[0]} is drawn as one box"
    return f"drawn as one box each: {some(words, 6)}" if words else ""


def _name_of(draft: Draft, path: str) -> str:
    return next((name for name in draft.contents if name == path or name.startswith(f"{path}~")), path)


def _insets(names: Sequence[str]) -> str:
    return f"the {'inset opens' if len(names) == 1 else 'insets open'} {listed(names)}" if names else ""


def _called(draft: Draft, path: str, cls: str) -> str:
    """A block's title, else its class."""
    return draft.rules.title(Group(path, cls)) or in_words(cls).lstrip("_")


def _sizes(drafts: Sequence[Draft]) -> str:
    shown = any(layer.look and layer.look.dims for draft in drafts for layer in draft.graph.layers)
    return "sizes beside boxes are those of their outputs" if shown else ""
