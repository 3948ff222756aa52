"""Layers whose results reach no output of the network are left out."""

from __future__ import annotations

from nnfig.detail.draft import Draft
from nnfig.graph import Graph


def drop_dead(draft: Draft) -> Draft:
    """`a -> b -> return; a -> c` becomes `a -> b -> return`."""
    graph = with_outputs(draft.graph)
    alive = reaching(graph)
    dead = tuple(layer.name for layer in graph.layers if layer.name not in alive)
    kept = tuple(layer for layer in graph.layers if layer.name in alive)
    return draft.having(without_empty_groups(graph.replace(layers=kept)), dead=dead)


def with_outputs(graph: Graph) -> Graph:
    """The graph; if it names no outputs, the layers that nothing takes are its outputs."""
    if graph.outputs:
        return graph
    return graph.replace(outputs=tuple(name for name in graph.layer if not graph.consumers[name]), output_names=())


def reaching(graph: Graph) -> frozenset[str]:
    """Names of layers and inputs from which an output can be reached, gradient layers included."""
    alive = set(graph.outputs)
    stack = list(graph.outputs)
    for edge, taker in graph.edges:
        if edge.kind == "gradient" and taker not in alive:
            alive.add(taker)
            stack.append(taker)
    while stack:
        layer = graph.layer.get(stack.pop())
        for source in layer.sources if layer else ():
            if source not in alive:
                alive.add(source)
                stack.append(source)
    return frozenset(alive)


def without_empty_groups(graph: Graph) -> Graph:
    """The graph without groups that hold no layer."""
    used: set[str] = set()
    for layer in graph.layers:
        path = layer.group
        while path and path not in used:
            used.add(path)
            path = graph.group[path].parent
    return graph.replace(groups=tuple(group for group in graph.groups if group.path in used))
