"""From a drawn graph to tensors and the operations between them: the nodes and arrows of the maps view."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nnfig.graph import Graph, Layer
from nnfig.layout.maps_words import crop_words, words
from nnfig.layout.tensors import Size, operation, output_size

ELEMENTWISE = ("act", "norm", "drop", "softmax")
"""Operations that are named with the arrow that they follow and give no map of their own."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An operation from one tensor to another, by names of tensors."""

    source: str
    target: str
    cls: str
    words: str
    """What the legend calls it."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A map: its size, its level in the pyramid of resolutions, and what of it is a copy."""

    name: str
    """The layer (or input) that gives it; for a copy and its neighbour, the concatenation."""
    size: Size
    level: int
    cls: str = "map"
    copied: float = 0.0
    """Share of its channels that is copied from elsewhere."""
    steps: int = 1
    """Layers in a row that one arrow stands for."""
    layer: Layer | None = None


@dataclass
class Net:
    """Tensors by name, in graph order, and arrows; filled while the graph is read."""

    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    arrows: list[Arrow] = field(default_factory=list[Arrow])
    owner: dict[str, str] = field(default_factory=dict[str, str])
    """Tensor that stands for what a layer or input gives."""

    def into(self, name: str) -> list[Arrow]:
        """Arrows that end at a tensor."""
        return [arrow for arrow in self.arrows if arrow.target == name]


def net(graph: Graph) -> Net:
    """The tensors and arrows of a graph.

    A concatenation absorbs the up-sampled map that only it takes, a sum absorbs the result of the last layer
    before it: up-conv, cat becomes one arrow into one map, whose other part is a copy.
    """
    found = Net()
    for name in graph.inputs:
        size = output_size(graph, name)
        if size:
            found.tensors[name] = Tensor(name, size, 0)
            found.owner[name] = name
    for layer in graph.layers:
        _add(layer, graph, found)
    return found


def _add(layer: Layer, graph: Graph, found: Net) -> None:
    """Read one layer: a new tensor with its arrows, or nothing but another name for the tensor it takes."""
    does = operation(layer)
    size = output_size(graph, layer.name)
    takes = _unique(e.source for e in layer.inputs if e.kind == "data" and e.source in found.owner)
    sources = _unique(found.owner[name] for name in takes)
    if not sources:
        return
    if size is None or (len(sources) == 1 and does == "flat"):
        found.owner[layer.name] = sources[0]
        return
    if len(sources) == 1 and does in ELEMENTWISE and found.into(sources[0]):
        found.owner[layer.name] = sources[0]
        _named_too(found, sources[0], layer)
        return
    if does in ("concat", "add") and len(sources) > 1:
        _join(layer, does, size, takes, graph, found)
        return
    level = _level(found.tensors[sources[0]], size)
    found.tensors[layer.name] = Tensor(layer.name, size, level, layer=layer)
    found.owner[layer.name] = layer.name
    cls, text = words(layer)
    for source in sources:
        found.arrows.append(Arrow(source, layer.name, cls, text))


def _join(layer: Layer, does: str, size: Size, takes: tuple[str, ...], graph: Graph, found: Net) -> None:
    """A concatenation or a sum: one map that absorbs what only it takes, with arrows for the rest."""
    absorbed = _absorbed(does, takes, graph, found)
    others = [s for s in _unique(found.owner[t] for t in takes) if s != absorbed]
    level = found.tensors[absorbed or others[0]].level
    copied = 0.0
    if does == "concat" and absorbed:
        copied = 1 - _share(found.tensors[absorbed].size, size)
    found.owner[layer.name] = layer.name
    if absorbed:
        del found.tensors[absorbed]
        found.arrows = [replace(a, target=layer.name) if a.target == absorbed else a for a in found.arrows]
        found.owner = {k: layer.name if v == absorbed else v for k, v in found.owner.items()}
    found.tensors[layer.name] = Tensor(layer.name, size, level, copied=copied, layer=layer)
    for source in others:
        cls, text = ("copy", crop_words(found.tensors[source].size, size)) if does == "concat" else ("add", "add")
        found.arrows.append(Arrow(source, layer.name, cls, text))


def _absorbed(does: str, takes: tuple[str, ...], graph: Graph, found: Net) -> str:
    """The source whose map is drawn as part of the join: up-sampled for a concatenation, computed for a sum."""
    for name in reversed(takes):
        tensor = found.owner[name]
        arrows = found.into(tensor)
        if len(arrows) != 1 or any(a.source == tensor for a in found.arrows) or len(graph.consumers[name]) > 1:
            continue
        source = found.tensors[arrows[0].source]
        if does == "add" or found.tensors[tensor].level < source.level:
            return tensor
    return ""


def _share(part: Size, whole: Size) -> float:
    """Share of channels that one part has; a half where sizes are symbols."""
    if isinstance(part.channels, int) and isinstance(whole.channels, int) and whole.channels:
        return min(1.0, part.channels / whole.channels)
    return 0.5


def _level(before: Tensor, size: Size) -> int:
    """One level down for each halving, one up for each doubling; a vector lies below every map."""
    old, new = before.size.height, size.height
    if before.size.form != "vector" and size.form == "vector":
        return before.level + 1
    if size.form == "vector" or not isinstance(old, int) or not isinstance(new, int):
        return before.level
    ratio = old / max(1, new)
    if 0.75 < ratio < 1.34:
        return before.level
    steps = max(1, abs(round(math.log2(ratio))))
    return before.level + (steps if ratio > 1 else -steps)


def _named_too(found: Net, target: str, layer: Layer) -> None:
    """Add an elementwise operation to the name of the arrow that it follows."""
    _, text = words(layer)
    found.arrows = [
        replace(a, words=f"{a.words}, {text}") if a.target == target and a.cls not in ("copy", "add") else a
        for a in found.arrows
    ]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
