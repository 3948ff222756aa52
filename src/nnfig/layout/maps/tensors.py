"""From a drawn graph to tensors and the operations between them: the nodes and arrows of the maps view."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nnfig.graph import Graph, Layer
from nnfig.layout.tensors import Size, operation, output_size
from nnfig.layout.words import crop_words, plain_words, words

ELEMENTWISE = ("act", "norm", "drop", "softmax")
"""Operations that are named with the arrow that they follow and give no map of their own."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An operation from one tensor to another, by names of tensors."""

    source: str
    target: str
    cls: str
    name: str
    """What the legend calls it: `conv 3×3`."""
    after: tuple[str, ...] = ()
    """What runs after it before the target: `ReLU`."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A map: its size, its level in the pyramid of resolutions, and what of it is a copy."""

    name: str
    """The layer (or input) that gives it; for a copy and its neighbour, the concatenation."""
    size: Size
    level: int
    cls: str
    copied: float = 0.0
    """Share of its channels that is copied from elsewhere."""
    layer: Layer | None = None
    runs: tuple[str, ...] = ()
    """Names of the layers that make it, in the order in which they run."""


@dataclass(frozen=True)
class Net:
    """Tensors by name, in graph order, and the arrows between them."""

    tensors: Mapping[str, Tensor]
    into: Mapping[str, Sequence[Arrow]]
    """Arrows that end at a tensor."""
    out: Mapping[str, Sequence[Arrow]]
    """Arrows that begin at a tensor."""
    place: Mapping[str, int]
    """How many tensors stand before one on its level."""

    @property
    def arrows(self) -> list[Arrow]:
        """All arrows, by their targets in graph order."""
        return [arrow for name in self.tensors for arrow in self.into[name]]

    def is_level(self, arrow: Arrow) -> bool:
        """Whether both ends are on one level."""
        return self.tensors[arrow.source].level == self.tensors[arrow.target].level

    def is_arc(self, arrow: Arrow) -> bool:
        """Whether an arrow passes over a map of its level, or over another arrow with the same ends."""
        if not self.is_level(arrow):
            return False
        twin = arrow.cls in ("add", "copy") and any(
            a.source == arrow.source and a != arrow for a in self.into[arrow.target]
        )
        return twin or self.place[arrow.target] - self.place[arrow.source] > 1


@dataclass
class Reading:
    """What is known while the graph is read."""

    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    into: dict[str, list[Arrow]] = field(default_factory=dict[str, "list[Arrow]"])
    owner: dict[str, str] = field(default_factory=dict[str, str])
    """Tensor that stands for what a layer or input gives."""
    used: set[str] = field(default_factory=set[str])
    """Tensors from which an arrow begins."""

    def add(self, tensor: Tensor, arrows: Iterable[Arrow]) -> None:
        """A new tensor and the arrows into it."""
        self.tensors[tensor.name] = tensor
        self.owner[tensor.name] = tensor.name
        self.into[tensor.name] = list(arrows)
        self.used.update(arrow.source for arrow in self.into[tensor.name])


def net(graph: Graph) -> Net:
    """The tensors and arrows of a graph.

    A concatenation absorbs the up-sampled map that only it takes, a sum absorbs the result of the last layers
    before it: up-conv, cat becomes one arrow into one map, whose other part is a copy.
    """
    found = Reading()
    for name in graph.inputs:
        size = output_size(graph, name)
        if size:
            found.add(Tensor(name, size, 0, "data"), ())
    for layer in graph.layers:
        _read(layer, graph, found)
    out: dict[str, list[Arrow]] = {name: [] for name in found.tensors}
    counts: dict[int, int] = {}
    place: dict[str, int] = {}
    for name, tensor in found.tensors.items():
        place[name] = counts.get(tensor.level, 0)
        counts[tensor.level] = place[name] + 1
        for arrow in found.into[name]:
            out[arrow.source].append(arrow)
    return Net(found.tensors, found.into, out, place)


def _read(layer: Layer, graph: Graph, found: Reading) -> None:
    """One layer: a new tensor with its arrows, or nothing but another name for the tensor that it takes."""
    does = operation(layer)
    size = output_size(graph, layer.name)
    takes = _unique(e.source for e in layer.inputs if e.kind == "data" and e.source in found.owner)
    sources = _unique(found.owner[name] for name in takes)
    if not sources:
        return
    if size is None or (len(sources) == 1 and does == "flat"):
        found.owner[layer.name] = sources[0]
        return
    if does in ELEMENTWISE and len(takes) == 1 and found.into[sources[0]] and _is_alone(sources[0], graph, found):
        found.owner[layer.name] = sources[0]
        found.into[sources[0]] = [_followed(a, plain_words(layer)) for a in found.into[sources[0]]]
        before = found.tensors[sources[0]]
        found.tensors[sources[0]] = replace(before, runs=(*before.runs, layer.name))
        return
    if does in ("concat", "add") and len(takes) > 1:
        _join(layer, does, size, takes, graph, found)
        return
    cls, name, after = words(layer)
    level = _level(found.tensors[sources[0]], size)
    arrows = [Arrow(source, layer.name, cls, name, after) for source in sources]
    found.add(Tensor(layer.name, size, level, "conv", layer=layer, runs=(layer.name,)), arrows)


def _join(layer: Layer, does: str, size: Size, takes: tuple[str, ...], graph: Graph, found: Reading) -> None:
    """A concatenation or a sum: one map that absorbs what only it takes, with arrows for the rest.

    A concatenation absorbs one up-sampled map, a sum every result of a single operation: the arrows meet in it.
    """
    own = [found.owner[name] for name in takes if _only_for(name, graph, found)]
    if does == "concat":
        own = [name for name in own[::-1] if _rises(name, found)][:1]
    others = [s for s in _unique(found.owner[t] for t in takes) if s not in own]
    levels = [found.tensors[name].level for name in (*own, *others)]
    copied = 1 - sum(_share(found.tensors[name].size, size) for name in own) if does == "concat" else 0.0
    arrows: list[Arrow] = []
    runs = (*(run for name in own for run in found.tensors[name].runs), layer.name)
    for name in own:
        arrows += [replace(arrow, target=layer.name) for arrow in found.into.pop(name)]
        del found.tensors[name]
    for source in others:
        if does == "concat":
            arrows.append(Arrow(source, layer.name, "copy", crop_words(found.tensors[source].size, size)))
        else:
            arrows.append(Arrow(source, layer.name, "add", "add"))
    for word in words(layer)[2]:
        arrows = [_followed(arrow, word) for arrow in arrows]
    found.add(Tensor(layer.name, size, levels[0], "conv", copied, layer, runs), arrows)


def _only_for(name: str, graph: Graph, found: Reading) -> bool:
    """Whether a tensor is the result of one operation and goes nowhere but to one layer."""
    tensor = found.owner[name]
    return len(found.into[tensor]) == 1 and tensor not in found.used and _is_alone(tensor, graph, found)


def _is_alone(tensor: str, graph: Graph, found: Reading) -> bool:
    """Whether all layers that a tensor stands for follow each other, so that only the last one's result is taken on."""
    return all(len(graph.consumers[name]) == 1 for name, owner in found.owner.items() if owner == tensor)


def _rises(tensor: str, found: Reading) -> bool:
    """Whether a tensor was up-sampled."""
    source = found.into[tensor][0].source
    return found.tensors[tensor].level < found.tensors[source].level


def _share(part: Size, whole: Size) -> float:
    """Share of channels that one part has; a half where sizes are symbols."""
    if isinstance(part.channels, int) and isinstance(whole.channels, int) and whole.channels:
        return min(1.0, part.channels / whole.channels)
    return 0.5


def _level(before: Tensor, size: Size) -> int:
    """One level down for each halving, one up for each doubling; a vector lies below every map."""
    if size.form == "vector":
        return before.level + (before.size.form != "vector")
    old, new = before.size.height, size.height
    if not isinstance(old, int) or not isinstance(new, int):
        return before.level
    ratio = old / max(1, new)
    if 0.75 < ratio < 1.34:
        return before.level
    steps = max(1, abs(round(math.log2(ratio))))
    return before.level + (steps if ratio > 1 else -steps)


def _followed(arrow: Arrow, word: str) -> Arrow:
    """The arrow with one more operation after it; copies stay copies."""
    return arrow if arrow.cls in ("copy", "add") else replace(arrow, after=(*arrow.after, word))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
