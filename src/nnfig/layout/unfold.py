"""Folded groups written out again: for views in which a count beside a frame would say less than the layers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from nnfig.graph import Graph, Group, Layer


def unfolded(graph: Graph, wanted: Callable[[Graph, Group], bool] = lambda graph, group: True) -> Graph:
    """The graph with every wanted folded group standing as often as it says, one copy after the other.

    The copies are named `conv ×2`, `conv ×3`; what the first takes from before the group, the next takes from the
    end of the copy before it.
    """
    for group in reversed(graph.groups):
        if group.repeat > 1 and wanted(graph, group):
            graph = _unfolded(graph, group)
    return graph


def _unfolded(graph: Graph, group: Group) -> Graph:
    members = graph.members(group.path)
    names = {layer.name for layer in members}
    takers = {source for layer in graph.layers if layer.name not in names for source in layer.sources}
    ends = [layer.name for layer in members if layer.name in takers or layer.name in graph.outputs]
    before = [source for layer in members for source in layer.sources if source not in names]
    groups = tuple(replace(g, repeat=1) if g.path == group.path else g for g in graph.groups)
    if not members or not ends or not before:
        return graph.replace(groups=groups)
    copies: list[Layer] = list(members)
    last = {name: name for name in names}
    taken = {*graph.inputs, *graph.layer}
    for number in range(2, group.repeat + 1):
        end, last = last[ends[-1]], {layer.name: _free(layer.name, number, taken) for layer in members}
        copies += [_copy(layer, last, before[0], end) for layer in members]
    at = graph.layers.index(members[-1])
    rest = [_fed(layer, last) for layer in graph.layers[at + 1 :]]
    kept = [layer for layer in graph.layers[: at + 1] if layer.name not in names]
    return graph.replace(
        layers=(*kept, *copies, *rest),
        groups=groups,
        outputs=tuple(last.get(name, name) for name in graph.outputs),
    )


def _free(name: str, number: int, taken: set[str]) -> str:
    """A name for a copy: copies inside of copies are counted on."""
    while f"{name} ×{number}" in taken:
        number += 1
    taken.add(f"{name} ×{number}")
    return f"{name} ×{number}"


def _copy(layer: Layer, names: Mapping[str, str], before: str, end: str) -> Layer:
    """One more copy of a layer; what came from before the group comes from the end of the last copy."""
    inputs = tuple(
        replace(edge, source=names.get(edge.source, end if edge.source == before else edge.source))
        for edge in layer.inputs
    )
    return replace(layer, name=names[layer.name], inputs=inputs)


def _fed(layer: Layer, last: dict[str, str]) -> Layer:
    """A layer behind the group, fed by the last copy."""
    if not any(edge.source in last for edge in layer.inputs):
        return layer
    inputs = tuple(replace(edge, source=last.get(edge.source, edge.source)) for edge in layer.inputs)
    return replace(layer, inputs=inputs)
