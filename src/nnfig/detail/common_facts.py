"""Attributes that all layers of a kind share are told once in the caption instead of in every box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.detail.draft import Draft
from nnfig.detail.rules import Rules
from nnfig.detail.templates import fields
from nnfig.detail.values import remaining
from nnfig.graph import Graph, Layer

FEW = 3
"""With fewer layers of a kind, each says it itself."""

Facts = Mapping[str, tuple[str, ...]]
"""For each kind what all its layers have in common: `('no bias',)`."""


def common_facts(drafts: Sequence[Draft]) -> Facts:
    """What the caption says of whole kinds; nothing where attributes are not written at all."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for draft in drafts:
        if draft.rules.shows("attributes"):
            for layer in draft.graph.layers:
                if layer.name not in draft.contents:
                    found.setdefault(layer.kind, []).append(facts(layer, draft.rules, draft.origin_graph(layer)))
    shared = {
        kind: tuple(fact for fact in each[0] if all(fact in other for other in each))
        for kind, each in found.items()
        if len(each) >= FEW
    }
    return {kind: words for kind, words in shared.items() if words}


def facts(layer: Layer, rules: Rules, graph: Graph) -> tuple[str, ...]:
    """What a layer's label does not say of its attributes."""
    writing = rules.writing(layer, graph)
    used = [name for template in writing.label for name in fields(template)]
    return remaining(layer, (*used, *writing.told))
