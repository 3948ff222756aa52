"""Which layers are projection shortcuts: alone on a branch beside a residual sum, where the shape changes."""

from __future__ import annotations

import re
from math import prod

from nnfig.detail.categories import category_of
from nnfig.graph import Dim, Graph, Layer

FAR = 400
"""How many layers back the other branch is followed."""


def projections(graph: Graph) -> frozenset[str]:
    """Names of the layers that project a shortcut: in ResNet the 1×1 convolutions beside a stage's first block.

    A sum that repeats one of its operands along an axis, as that of queries and keys in attention, is no residual one.
    """
    found: set[str] = set()
    for layer in graph.layers:
        if layer.kind in ("add", "Add") and len(layer.inputs) == 2 and len(_shapes(graph, layer)) < 2:
            for end, other in (layer.sources, layer.sources[::-1]):
                name = _behind_norms(graph, end, layer.name)
                if end != other and _projects(graph, name, other):
                    found.add(name)
                    break
    return frozenset(found)


def _shapes(graph: Graph, layer: Layer) -> set[tuple[Dim, ...]]:
    """Shapes of what a layer takes."""
    specs = [graph.spec(edge.source, edge.output) for edge in layer.inputs]
    return {spec.shape for spec in specs if spec}


def _behind_norms(graph: Graph, name: str, taker: str) -> str:
    """The layer that a branch ends in, normalisation left out; '' where something else takes it, too."""
    while name in graph.layer and graph.consumers[name] == (taker,):
        layer = graph.layer[name]
        if category_of(layer.kind).name != "normalization" or len(layer.inputs) != 1:
            return name
        name, taker = layer.sources[0], name
    return ""


def _projects(graph: Graph, name: str, other: str) -> bool:
    layer = graph.layer.get(name)
    if layer is None or len(layer.inputs) != 1:
        return False
    start = layer.sources[0]
    if category_of(layer.kind).name not in ("convolution", "linear") or graph.spec(start) == graph.spec(name):
        return False
    beside = [graph.layer[each] for each in graph.consumers[start] if each != name]
    if any((each.kind, each.attributes) == (layer.kind, layer.attributes) for each in beside):
        return False  # two equal heads that are added later
    after = graph.layer.get(other)
    if after and _without_numbers(after) == _without_numbers(layer):
        return False  # what equal blocks one behind the other give beside their way on
    return len(graph.consumers[start]) > 1 and _leads(graph, start, other, min(_area(graph, start), _area(graph, name)))


def _without_numbers(layer: Layer) -> tuple[object, ...]:
    """What is the same in layers that stand in the same place of equal blocks."""
    return re.sub(r"\d+", "", layer.name), layer.kind, layer.attributes


def _area(graph: Graph, name: str) -> int:
    """How many places a map has; 1 for what is no map."""
    spec = graph.spec(name)
    places = [size for size in spec.shape[2:] if isinstance(size, int)] if spec and len(spec.shape) > 3 else []
    return prod(places)


def _leads(graph: Graph, start: str, end: str, area: int) -> bool:
    """Whether `end` is reached from `start`, through at least one layer between.

    A way over a map of fewer places than both ends have is that of a pyramid: what is beside it is a lateral
    connection and no shortcut.
    """
    if start == end:
        return False
    seen, stack = {end}, [end]
    while stack and len(seen) < FAR:
        at = graph.layer.get(stack.pop())
        for source in at.sources if at else ():
            if source == start:
                return True
            if source not in seen and _area(graph, source) >= area:
                seen.add(source)
                stack.append(source)
    return False
