"""Drawn graphs -> the legend: one entry for each class that is drawn in a box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.detail.categories import CATEGORIES, category_of
from nnfig.detail.draft import Draft
from nnfig.detail.labels.merged import Told
from nnfig.graph import LegendEntry

_SELF_EXPLAINING = ("data", "merge", "block", "func")
"""Classes whose boxes say what they are: they have no colour of one idea."""

_BOTH_WAYS = (("flow", "Forward"), ("gradient", "Gradient"))
"""What the arrows of a figure with gradients mean."""


def legend(drafts: Sequence[Draft], told: Sequence[Mapping[str, Told]]) -> tuple[LegendEntry, ...]:
    """Entries in the order in which classes are first drawn.

    `Convolution + ReLU` where every convolution has a ReLU merged into it.
    """
    entries: dict[str, str] = {}
    own: dict[str, str] = {}
    for draft in drafts:
        for layer in draft.graph.layers:
            if layer.look is None or layer.look.glyph:
                continue
            cls = layer.look.cls
            said = draft.rules.writing(layer, draft.origin_graph(layer)).legend
            if said:
                own[cls] = said
            if cls not in _SELF_EXPLAINING or said:
                entries.setdefault(cls, _text(cls, layer.kind, told))
    boxes = [LegendEntry(cls, own.get(cls, text)) for cls, text in entries.items()]
    gradients = any(edge.kind == "gradient" for draft in drafts for edge, _ in draft.graph.edges)
    return (*boxes, *(LegendEntry(cls, text, "edge") for cls, text in _BOTH_WAYS if gradients))


def _text(cls: str, kind: str, told: Sequence[Mapping[str, Told]]) -> str:
    category = category_of(kind)
    if category.cls != cls:
        category = next((each for each in CATEGORIES if each.cls == cls), None)
    if category is None:
        return cls.replace("-", " ").capitalize()
    families = [each.get(category.name) for each in told]
    patterns = {pattern for family in families if family for _, pattern in family.patterns}
    if len(patterns) != 1 or any(family is None or family.exceptions for family in families):
        return category.legend
    return " + ".join((category.legend, *patterns.pop()))
