"""Attributes that all layers of a kind share are told once in the caption instead of in every box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.detail.categories import category_of, is_known
from nnfig.detail.draft import Draft
from nnfig.detail.labels.operands import one_sided
from nnfig.detail.labels.values import remaining
from nnfig.detail.passes.spell_out import OWN_CLASS
from nnfig.detail.sheets.rules import Rules, Writing
from nnfig.detail.sheets.templates import fields
from nnfig.graph import Graph, Layer

FEW = 3
"""With fewer layers of a kind, each says it itself."""

IDEAS = ("attention", "normalization", "activation", "softmax", "dropout")
"""Categories of closed groups that are written like the one operation that they are."""

Facts = Mapping[str, tuple[str, ...]]
"""For each kind what all its layers have in common: `('no bias',)`."""


def common_facts(drafts: Sequence[Draft]) -> Facts:
    """What the caption says of whole kinds; nothing where attributes are not written at all."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for draft in drafts:
        if draft.rules.shows("attributes"):
            for layer in draft.graph.layers:
                closed = layer.name in draft.contents and category_of(layer.kind).name not in IDEAS
                if not closed and not one_sided(layer, draft.origin):
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
    return remaining(layer, (*_fields(writing), *writing.told))


def class_fact(layer: Layer, writing: Writing) -> tuple[str, ...]:
    """A class of its own for which the label has a general word: `Conv2dSame`, written `3×3 conv`."""
    if OWN_CLASS in layer.attributes:
        return (str(layer.attributes[OWN_CLASS]),)
    if is_known(layer.kind) or not layer.kind[:1].isupper():
        return ()
    said = writing.rename.lower() in layer.kind.lower() if writing.rename else "kind" in _fields(writing)
    return () if said else (layer.kind,)


def _fields(writing: Writing) -> list[str]:
    return [name for template in writing.label for name in fields(template)]
