"""Parameters that a function reads as its weights are part of that function; those that are data stay layers."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.drop_dead import without_empty_groups

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
    """`weight, x -> addmm` becomes `x -> addmm` with the weight's elements counted there."""
    graph, rules = draft.graph, draft.rules
    taken: dict[str, str] = {}
    for layer in graph.layers:
        if layer.kind != "Parameter" or layer.inputs or layer.name in graph.outputs:
            continue
        takers = graph.consumers[layer.name]
        if takers and rules.level != "operations" and all(_weighs(graph.layer[t].kind) for t in takers):
            taken[layer.name] = takers[0]
    if not taken:
        return draft
    more: dict[str, int] = {}
    for name, taker in taken.items():
        more[taker] = more.get(taker, 0) + graph.layer[name].params
    layers = tuple(
        replace(
            layer,
            params=layer.params + more.get(layer.name, 0),
            inputs=tuple(edge for edge in layer.inputs if edge.source not in taken),
        )
        for layer in graph.layers
        if layer.name not in taken
    )
    return draft.having(without_empty_groups(graph.replace(layers=layers)))


def _weighs(kind: str) -> bool:
    return category_of(kind).name in WEIGHTED
