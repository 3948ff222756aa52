"""Edges into attention say which of them are queries, keys and values, where these come from different layers."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.draft import Draft
from nnfig.graph import Edge, Layer

ROLES = ("Q", "K", "V")
"""What attention takes first, in this order."""
_KINDS = frozenset(["MultiheadAttention", "multi_head_attention_forward", "scaled_dot_product_attention"])


def roles(draft: Draft) -> Draft:
    """`decoder -> attention <- encoder` becomes `decoder -Q-> attention <-K, V- encoder`."""
    graph = draft.graph
    layers = tuple(_told(layer) if layer.kind in _KINDS else layer for layer in graph.layers)
    return draft.having(graph.replace(layers=layers)) if layers != graph.layers else draft


def _told(layer: Layer) -> Layer:
    takes = [(edge.source, edge.output) for edge in layer.inputs[: len(ROLES)]]
    if len(takes) < len(ROLES) or len({source for source, _ in takes}) == 1:
        return layer
    said = {
        source: ", ".join(role for role, (other, _) in zip(ROLES, takes, strict=True) if other == source)
        for source, _ in takes
    }

    def told(at: int, edge: Edge) -> Edge:
        return edge if edge.label or at >= len(ROLES) else replace(edge, label=said[edge.source])

    return replace(layer, inputs=tuple(told(at, edge) for at, edge in enumerate(layer.inputs)))
