"""Drawn graphs -> the legend: one entry for each class that is drawn in a box."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.detail.categories import CATEGORIES, category_of
from nnfig.detail.draft import Draft
from nnfig.graph import LegendEntry

_SELF_EXPLAINING = ("data", "merge", "block")
"""Classes whose boxes say what they are."""


def legend(drafts: Sequence[Draft]) -> tuple[LegendEntry, ...]:
    """Entries in the order of the categories' table, classes of the user's own after them."""
    drawn: dict[str, list[str]] = {}
    own: dict[str, str] = {}
    for draft in drafts:
        for layer in draft.graph.layers:
            if layer.look and not layer.look.glyph:
                drawn.setdefault(layer.look.cls, []).append(layer.kind)
                said = draft.rules.writing(layer, draft.origin_graph(layer)).legend
                if said:
                    own[layer.look.cls] = said
    entries: dict[str, str] = {}
    for category in CATEGORIES:
        cls = category.cls
        if cls not in drawn or cls in _SELF_EXPLAINING or cls in entries:
            continue
        names = {category_of(kind).name for kind in drawn[cls] if category_of(kind).cls == cls}
        if names and category.name not in names:
            continue
        entries[cls] = category.legend
    known = {category.cls for category in CATEGORIES}
    for cls in drawn:
        if cls not in known:
            entries[cls] = cls.replace("-", " ").capitalize()
    return tuple(LegendEntry(cls, own.get(cls, text)) for cls, text in entries.items() if own.get(cls, text))
