"""From a drawn graph to tensors and the operations between them: the nodes and arrows of the maps view."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate

from nnfig.graph import Graph, Layer
from nnfig.layout.maps.net import Arrow, Net, Tensor
from nnfig.layout.tensors import Size, operation, output_size
from nnfig.layout.words import plain_words, sides, words

ELEMENTWISE = ("act", "norm", "drop", "softmax")
"""Operations that are named with the arrow that they follow and give no map of their own."""

WORD = {"concat": "copy", "add": "add"}
"""Class of the arrows that lead what is joined to where it is joined."""

MEET = {"concat": "concatenate", "add": "sum"}
"""What is said after operations whose results meet: for sums always, as what follows runs after them."""

HALVED = 1.9
"""How many times as large a map is, at least, as what stands a level below it though nothing has a stride."""

NORM = re.compile("N$|[Nn]orm")
"""Short names of norms."""

JOINED = {"copy": "copy", "add": "add", "indices": "pool indices"}
"""Classes of arrows that compute nothing, and what the legend calls them."""


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
            found.add(Tensor(name, size, 0), ())
    for layer in graph.layers:
        _read(layer, graph, found)
    _settle(found)
    out: dict[str, list[Arrow]] = {name: [] for name in found.tensors}
    counts: dict[int, int] = {}
    place: dict[str, int] = {}
    for name, tensor in found.tensors.items():
        place[name] = counts.get(tensor.level, 0)
        counts[tensor.level] = place[name] + 1
        for arrow in found.into[name]:
            out[arrow.source].append(arrow)
    return Net(found.tensors, found.into, out, place)


def _settle(found: Reading) -> None:
    """Levels that only the whole net tells: none where nothing goes down; vectors that are given lie below maps."""
    tensors = found.tensors
    ways = [(tensors[arrow.source].level, tensors[name].level) for name in tensors for arrow in found.into[name]]
    if all(source >= target for source, target in ways):
        found.tensors = {name: replace(tensor, level=0) for name, tensor in tensors.items()}
        return
    below = 1 + max((t.level for t in tensors.values() if t.size.form != "vector"), default=-1)
    given: set[str] = set()
    for name, tensor in tensors.items():
        if tensor.size.form == "vector" and all(arrow.source in given for arrow in found.into[name]):
            given.add(name)
            tensors[name] = replace(tensor, level=below)


def _read(layer: Layer, graph: Graph, found: Reading) -> None:
    """One layer: a new tensor with its arrows, or nothing but another name for the tensor that it takes."""
    does = operation(layer)
    size = output_size(graph, layer.name)
    takes = _unique(e.source for e in layer.inputs if e.kind == "data" and e.source in found.owner)
    sources = _unique(found.owner[name] for name in takes)
    if not sources:
        return
    takers = {operation(graph.layer[name]) for name in graph.consumers[layer.name]}
    joined = takers <= set(WORD) and layer.name not in graph.outputs
    if size is None or (len(sources) == 1 and (does == "flat" or (does == "crop" and joined))):
        found.owner[layer.name] = sources[0]
        return
    alone = len(takes) == 1 and _is_alone(sources[0], graph, found)
    if does in ELEMENTWISE and alone and _takes_on(sources[0], found):
        found.owner[layer.name] = sources[0]
        found.into[sources[0]] = [_followed(a, plain_words(layer)) for a in found.into[sources[0]]]
        before = found.tensors[sources[0]]
        found.tensors[sources[0]] = replace(before, runs=(*before.runs, layer.name))
        return
    if does in ("concat", "add") and len(takes) > 1:
        _join(layer, does, size, takes, graph, found)
        return
    cls, name, after = words(layer)
    if does == "conv" and _is_sliced(found.tensors[sources[0]].size, size, layer):
        cls, name = "down", f"slice, {name}"
    level = _level(found.tensors[sources[0]], size, found, layer)
    arrows = [Arrow(sources[0], layer.name, cls, name, after)]
    arrows += [_second(layer, source, found) for source in sources[1:]]
    found.add(Tensor(layer.name, size, level, layer=layer, runs=(layer.name,)), arrows)


def _is_sliced(before: Size, size: Size, layer: Layer) -> bool:
    """Whether a convolution gives so much less than its stride explains that it takes only a part of a map."""
    if before.form != "map" or not isinstance(before.height, int) or not isinstance(size.height, int):
        return False
    steps = [side for side in sides(layer.attributes.get("stride", 1)) if isinstance(side, int)]
    window = [side for side in sides(layer.attributes.get("kernel_size", 1)) if isinstance(side, int)]
    return before.height - max(window, default=1) >= 1.5 * max(steps, default=1) * size.height


def _second(layer: Layer, source: str, found: Reading) -> Arrow:
    """What an operation takes beside its first tensor: indices of a pooling, a tensor from before, an operand."""
    cls, name, after = words(layer)
    edge = next(e for e in layer.inputs if found.owner.get(e.source) == source)
    if edge.output:
        return Arrow(source, layer.name, "indices", "pool indices")
    if cls == "block":
        return Arrow(source, layer.name, "copy", "skip connection")
    return Arrow(source, layer.name, cls, name, after)


def _join(layer: Layer, does: str, size: Size, takes: tuple[str, ...], graph: Graph, found: Reading) -> None:
    """A concatenation or a sum: one map that absorbs what only it takes, with arrows for the rest.

    A concatenation absorbs an up-sampled map, else the results of single operations, a sum always these: the
    arrows meet in it. What it absorbs of another concatenation are its copies.
    """
    alone = _unique(found.owner[name] for name in takes if _is_only_for(name, graph, found))
    nested = [name for name in alone if does == "concat" and _is_copies(name, found)]
    own = [name for name in alone if _is_computed(name, found, does)]
    if does == "concat":
        own = [name for name in own[::-1] if _rises(name, found)][:1] or own
    outside = [s for s in _unique(found.owner[t] for t in takes) if s not in (*own, *nested)]
    others = _unique([*outside, *(arrow.source for name in nested for arrow in found.into[name])])
    levels = [found.tensors[name].level for name in (*own, *others)]
    computed = sum(_share(found.tensors[name].size, size) for name in own)
    copied = max(0.0, round(1 - computed, 6)) if does == "concat" else 0.0
    shares = list(accumulate(_share(found.tensors[name].size, size) for name in others))
    seams = tuple(round(share, 4) for share in shares[:-1]) if copied > 0 else ()
    arrows: list[Arrow] = []
    runs = (*(run for name in (*own, *nested) for run in found.tensors[name].runs), layer.name)
    for name in own:
        change = _resized(found.tensors[name].size, size)
        arrows += [
            replace(a, target=layer.name, after=(*a.after, *([change] if change and a.cls not in JOINED else [])))
            for a in found.into[name]
        ]
    for name in (*own, *nested):
        del found.into[name], found.tensors[name]
    for source in others:
        name = " and ".join(part for part in (JOINED[WORD[does]], _resized(found.tensors[source].size, size)) if part)
        arrows.append(Arrow(source, layer.name, WORD[does], name))
    met = does == "add" or not others
    after = words(layer)[2]
    apart = bool(after) and (copied > 0 or not own)
    for word in (*((MEET[does],) if met else ()), *(() if apart else after)):
        arrows = [_followed(arrow, word) for arrow in arrows]
    joined = Tensor(layer.name, size, levels[0], copied, seams, _bare(layer) if apart else layer, runs)
    found.add(joined, arrows)
    if apart:
        _follow(joined, layer, after, found)


def _bare(layer: Layer) -> Layer:
    """A layer without what is merged into it."""
    look = layer.look
    return replace(layer, look=look and replace(look, data=tuple(fact for fact in look.data if fact[0] != "after")))


def _follow(joined: Tensor, layer: Layer, after: tuple[str, ...], found: Reading) -> None:
    """A map of its own for what runs after copies are put together: copies of what it gives they are not."""
    first, *rest = after
    given = replace(joined, name=f"{layer.name} {first}", copied=0.0, seams=(), layer=replace(layer, kind=first))
    cls = "norm" if NORM.search(first) else "act"
    found.add(replace(given, runs=(layer.name,)), [Arrow(joined.name, given.name, cls, first, tuple(rest))])
    found.owner[layer.name] = found.owner.pop(given.name)


def _is_only_for(name: str, graph: Graph, found: Reading) -> bool:
    """Whether a tensor is the result of an operation and goes nowhere but to one layer."""
    tensor = found.owner[name]
    kept = tensor in found.used or name in graph.outputs
    return bool(found.into[tensor]) and not kept and _is_alone(tensor, graph, found)


def _is_computed(tensor: str, found: Reading, does: str) -> bool:
    """Whether a tensor is the result of one operation, or, for a concatenation, of a sum of such: of no copy."""
    arrows = found.into[tensor]
    return (len(arrows) == 1 or does == "concat") and all(arrow.cls not in JOINED for arrow in arrows)


def _takes_on(tensor: str, found: Reading) -> bool:
    """Whether what follows a tensor can be said after the operations that give it: none of its parts is a copy."""
    arrows = found.into[tensor]
    return not found.tensors[tensor].copied and any(arrow.cls not in JOINED for arrow in arrows)


def _is_copies(tensor: str, found: Reading) -> bool:
    """Whether a tensor is put together from copies alone."""
    return all(arrow.cls == "copy" for arrow in found.into[tensor])


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


def _resized(old: Size, new: Size) -> str:
    """What is done to a map so that it fits another: nothing, crop or pad."""
    if old.form == new.form == "map" and isinstance(old.height, int) and isinstance(new.height, int):
        return "crop" if old.height > new.height else "pad" if old.height < new.height else ""
    return ""


def _level(before: Tensor, size: Size, found: Reading, layer: Layer) -> int:
    """One level down for each halving, one up for each doubling; a vector lies below every map.

    A map that is made from a vector stands on the level of maps of its size; what is cut off or padded changes no
    resolution, nor does what a convolution without stride loses at its borders.
    """
    if size.form == "vector":
        lowest = max(found.tensors.values(), key=lambda tensor: (tensor.level, tensor.size.form != "vector"))
        return before.level if before.size.form == "vector" else lowest.level + (lowest.size.form != "vector")
    if before.size.form == "vector":
        alike = [tensor.level for tensor in found.tensors.values() if tensor.size.space == size.space]
        return alike[-1] if alike else before.level - 1
    old, new = before.size.height, size.height
    if not isinstance(old, int) or not isinstance(new, int):
        return before.level
    ratio = old / max(1, new)
    does, strides = operation(layer), set(sides(layer.attributes.get("stride", 1)))
    if 0.75 < ratio < 1.34 or does == "crop" or (does == "conv" and strides <= {1} and ratio < HALVED):
        return before.level
    steps = max(1, abs(round(math.log2(ratio))))
    return before.level + (steps if ratio > 1 else -steps)


def _followed(arrow: Arrow, word: str) -> Arrow:
    """The arrow with one more operation after it; copies stay copies."""
    return arrow if arrow.cls in JOINED else replace(arrow, after=(*arrow.after, word))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
