"""From a drawn graph to tensors and the operations between them: the nodes and arrows of the maps view."""

from __future__ import annotations

import math
from dataclasses import replace

from nnfig.graph import Graph, Layer
from nnfig.layout.maps.joins import WORD, join
from nnfig.layout.maps.net import Arrow, Net, Tensor
from nnfig.layout.maps.reading import JOINED, Reading, followed, is_alone, unique
from nnfig.layout.tensors import Size, operation, output_size
from nnfig.layout.words import plain_words, sides, words

ELEMENTWISE = ("act", "norm", "drop", "softmax")
"""Operations that are named with the arrow that they follow and give no map of their own."""

HALVED = 1.9
"""How many times as large a map is, at least, as what stands a level below it though nothing has a stride."""


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
    takes = unique(e.source for e in layer.inputs if e.kind == "data" and e.source in found.owner)
    sources = unique(found.owner[name] for name in takes)
    if not sources:
        return
    takers = {operation(graph.layer[name]) for name in graph.consumers[layer.name]}
    joined = takers <= set(WORD) and layer.name not in graph.outputs
    if size is None or (len(sources) == 1 and (does == "flat" or (does == "crop" and joined))):
        found.owner[layer.name] = sources[0]
        return
    alone = len(takes) == 1 and is_alone(sources[0], graph, found)
    if does in ELEMENTWISE and alone and _takes_on(sources[0], found):
        found.owner[layer.name] = sources[0]
        found.into[sources[0]] = [followed(a, plain_words(layer)) for a in found.into[sources[0]]]
        before = found.tensors[sources[0]]
        found.tensors[sources[0]] = replace(before, runs=(*before.runs, layer.name))
        return
    if does in ("concat", "add") and len(takes) > 1:
        join(layer, does, size, takes, graph, found)
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


def _takes_on(tensor: str, found: Reading) -> bool:
    """Whether what follows a tensor can be said after the operations that give it: none of its parts is a copy."""
    arrows = found.into[tensor]
    return not found.tensors[tensor].copied and any(arrow.cls not in JOINED for arrow in arrows)


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
