"""Blocks of one class that are not equal -> in what they differ, in words: stride, channels, shortcut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nnfig.detail.captions.english import in_words, listed
from nnfig.detail.captions.steps import first_call
from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.labels.contents import Contents
from nnfig.detail.labels.shortcuts import projections
from nnfig.detail.labels.values import CHANNELS, is_depthwise, text
from nnfig.graph import Graph, Layer

_WORDS = {
    **dict.fromkeys((*CHANNELS, "in_channels", "in_features", "num_features", "normalized_shape"), "channels"),
    **dict.fromkeys(("groups", "num_groups"), "groups"),
    "kernel_size": "kernels",
}
"""What attributes are called; others by their names."""
_FOLLOWS = ("padding", "output_padding", "input_size", "affine", "bias")
"""Attributes that go with others or say little."""


def stages(drafts: Sequence[Draft]) -> str:
    """What a count in a box means, `Bottleneck ×3`, and in what the first block differs where that is all."""
    found = [(draft, c) for draft in drafts for layer, c in _closed(draft) if is_counted(layer)]
    if not found:
        return ""
    box, runs = "×N in a box stands for N", [contents.equal for _, contents in found]
    if all(len(equal) == 1 for equal in runs):
        return f"{box} equal blocks in a row"
    first = [len(equal) == 2 and equal[0] == 1 for equal in runs]
    if all(differs or len(equal) == 1 for differs, equal in zip(first, runs, strict=True)) and drafts[0].rules.fold:
        words = {word for draft, contents in found for word in _of_first(draft, contents)}
        of = f" in {listed(_in_order(words))}" * bool(words)
        return f"{box} blocks in a row, of which the first {'differs' if all(first) else 'may differ'}{of}"
    return f"{box} blocks of one class in a row, which may differ inside"


def is_counted(layer: Layer) -> bool:
    """Whether a closed block is a stage whose box says of how many blocks."""
    return "repeat" in layer.attributes


def _of_first(draft: Draft, contents: Contents) -> list[str]:
    """In what the first of the blocks in a stage differs from the second."""
    graph, (cls, _) = draft.origin, contents.blocks[0]
    around = (path for layer in contents.members for path in graph.ancestors(layer.group))
    paths = list(dict.fromkeys(path for path in around if graph.group[path].cls.lstrip("_") == cls))
    return differences(graph, paths[0], paths[1]) if len(paths) > 1 and len(contents.equal) > 1 else []


def boxes(drafts: Sequence[Draft]) -> str:
    """`boxes ‘WaveBlock’ differ in dilation (1, 2 and 4)`: what closed blocks do not say that are drawn alike."""
    said: list[str] = []
    for draft in drafts:
        like: dict[tuple[str, ...], list[str]] = {}
        for layer, _ in _closed(draft):
            if layer.look and not is_counted(layer) and first_call(layer.name) == layer.name:
                like.setdefault((layer.kind, *layer.look.label), []).append(layer.name)
        for (_, *label), paths in like.items():
            words = alike(draft, paths)
            said += [f"boxes ‘{label[0]}’ differ in {words}"] if words else []
    return "; ".join(dict.fromkeys(said))


def _closed(draft: Draft) -> list[tuple[Layer, Contents]]:
    return [(layer, c) for layer in draft.graph.layers if (c := draft.contents.get(layer.name))]


def alike(draft: Draft, paths: Sequence[str]) -> str:
    """`dilation (1, 2, 4 and 8)`: in what blocks differ that are drawn alike; channels are written elsewhere."""
    graph = draft.origin
    if any(path not in graph.group for path in paths):
        return ""
    found = dict.fromkeys(word for path in paths[1:] for word in differences(graph, paths[0], path))
    return listed([_with_values(word, graph, paths) for word in found if word != "channels"])


def _with_values(word: str, graph: Graph, paths: Sequence[str]) -> str:
    """`dilation (1, 2 and 4)` where each block has one value in the layers that differ."""
    blocks = [_members(graph, path) for path in paths]
    each = [
        [text(block[name].attributes.get(word)) for block in blocks]
        for name in blocks[0]
        if all(name in block for block in blocks)
    ]
    each = [values for values in each if len(set(values)) > 1]
    values = list(dict.fromkeys(each[0])) if each else []
    told = 0 < len(values) <= _MOST and all(other == each[0] for other in each)
    return f"{word} ({listed(values)})" if told else word


_MOST = 8
"""Values that are listed."""


def differences(graph: Graph, one: str, other: str) -> list[str]:
    """Words for what differs between two blocks, by layers of the same name in both."""
    first, second = _members(graph, one), _members(graph, other)
    words: dict[str, None] = {}
    for name in first.keys() & second.keys():
        if first[name].kind == second[name].kind and category_of(first[name].kind).name != "dropout":
            words |= dict.fromkeys(_attributes(first[name], second[name]))
    odd = [found[name] for found, rest in ((first, second), (second, first)) for name in found.keys() - rest.keys()]
    odd = [layer for layer in odd if category_of(layer.kind).name not in _QUIET]
    if odd:
        shortcuts = projections(graph)
        adds = any(layer.name in shortcuts or layer.kind in ("add", "Add") for layer in odd)
        words["shortcut" if adds else "layers"] = None
    return _in_order(words)


def _in_order(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (word == "shortcut", word))


_QUIET = ("normalization", "activation", "reshape", "dropout", "data")
"""Categories of layers that come with others."""


def _members(graph: Graph, path: str) -> dict[str, Layer]:
    return {layer.name.removeprefix(f"{path}."): layer for layer in graph.members(path)}


def _attributes(one: Layer, other: Layer) -> Iterator[str]:
    for name in dict.fromkeys((*one.attributes, *other.attributes)):
        if name in _FOLLOWS or (name == "groups" and is_depthwise(one) and is_depthwise(other)):
            continue
        if one.attributes.get(name) != other.attributes.get(name):
            yield _WORDS.get(name, in_words(name))
