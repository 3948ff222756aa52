"""Parameters that a function reads as its weights are part of that function; those that are data stay layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.drop_dead import without_empty_groups
from nnfig.graph import Graph, Layer

WEIGHTED = frozenset(
    [
        "convolution",
        "upsampling",
        "linear",
        "product",
        "normalization",
        "recurrent",
        "attention",
        "embedding",
        "activation",
    ]
)
"""Categories whose operations have weights; a parameter that a sum or a concatenation reads is data."""


def absorb_weights(draft: Draft) -> Draft:
    """`weight -> t, x -> addmm` becomes `x -> addmm`, with the weight's elements, and whose they are, told there."""
    graph = draft.graph
    taken = _taken(graph) if draft.rules.level != "operations" else {}
    if not taken:
        return draft
    more: dict[str, int] = {}
    owner: dict[str, str] = {}
    for name in taken:
        weight = graph.layer[name]
        if weight.kind == "Parameter":
            first, *others = _takers(graph, name, taken)
            more[first] = more.get(first, 0) + weight.params
            if weight.shared:
                owner.setdefault(first, weight.shared)
            for other in others:
                owner.setdefault(other, weight.shared or first)
    layers = tuple(
        replace(
            layer,
            params=layer.params + more.get(layer.name, 0),
            inputs=tuple(edge for edge in layer.inputs if edge.source not in taken),
            shared=layer.shared or owner.get(layer.name, ""),
        )
        for layer in graph.layers
        if layer.name not in taken
    )
    return draft.having(without_empty_groups(graph.replace(layers=layers)))


def weights(graph: Graph) -> Mapping[str, None]:
    """Parameters, and changes of their shape such as a transpose, in graph order."""
    found: dict[str, None] = {}
    for layer in graph.layers:
        turned = layer.mark == "plumbing" and len(layer.inputs) == 1 and layer.sources[0] in found
        if turned or (layer.kind == "Parameter" and not layer.inputs):
            found[layer.name] = None
    return found


def _taken(graph: Graph) -> Mapping[str, None]:
    """Those of them that nothing takes but operations with weights, which take something else too; in graph order."""
    known = weights(graph)
    free = dict(known)
    for name in reversed(list(known)):
        takers = graph.consumers[name]
        if name in graph.outputs or not takers or not all(t in free or _weighs(graph.layer[t], known) for t in takers):
            del free[name]
    for name in known:
        if any(source not in free for source in graph.layer[name].sources):
            free.pop(name, None)
    return free


def _weighs(layer: Layer, known: Collection[str]) -> bool:
    return category_of(layer.kind).name in WEIGHTED and any(source not in known for source in layer.sources)


def _takers(graph: Graph, name: str, taken: Collection[str]) -> list[str]:
    """Operations that a weight goes into, behind changes of its shape, in graph order."""
    found: dict[str, None] = {}
    stack = [name]
    while stack:
        for taker in reversed(graph.consumers[stack.pop()]):
            if taker in taken:
                stack.append(taker)
            else:
                found[taker] = None
    return list(found) if len(found) < 2 else [layer for layer in graph.layer if layer in found]
