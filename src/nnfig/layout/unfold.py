"""Folded groups written out again: for views in which a count beside a frame would say less than the layers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from nnfig.graph import Edge, Graph, Group, Layer
from nnfig.graph.every import without_all


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
    each = {name: [name] for name in names}
    taken = {*graph.inputs, *graph.layer}
    for number in range(2, group.repeat + 1):
        end, last = last[ends[-1]], {layer.name: _free(layer.name, number, taken) for layer in members}
        copies += [_copy(layer, last, before[0], end) for layer in members]
        for name in each:
            each[name].append(last[name])
    at = graph.layers.index(members[-1])
    rest = [_fed(layer, each) for layer in graph.layers[at + 1 :]]
    kept = [layer for layer in graph.layers[: at + 1] if layer.name not in names]
    return graph.replace(
        layers=(*kept, *copies, *rest),
        groups=groups,
        outputs=_outputs(graph.outputs, each),
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


def _fed(layer: Layer, each: Mapping[str, Sequence[str]]) -> Layer:
    """A layer behind the group, fed by the last copy, or by all of them where its edge says so."""
    if not any(edge.source in each for edge in layer.inputs):
        return layer
    return replace(layer, inputs=tuple(e for edge in layer.inputs for e in _edges(edge, each)))


def _edges(edge: Edge, each: Mapping[str, Sequence[str]]) -> list[Edge]:
    label, count = without_all(edge.label)
    copies = each.get(edge.source, (edge.source,))
    if count == len(copies) > 1:
        return [replace(edge, source=name, label=label) for name in copies]
    return [replace(edge, source=copies[-1])]


def _outputs(outputs: Sequence[str], each: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What is returned: of the last copy, but where one layer is returned as often as there are copies, of all."""
    found: list[str] = []
    for name, same in groupby(outputs):
        times, copies = len(list(same)), each.get(name, (name,))
        found += [copies[-1]] * times if times < len(copies) else [*[copies[-1]] * (times - len(copies)), *copies]
    return tuple(found)
