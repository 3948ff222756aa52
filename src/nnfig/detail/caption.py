"""Record and drawn graph -> the caption, the text for screen readers and the legend."""

from __future__ import annotations

from nnfig.detail.categories import CATEGORIES
from nnfig.detail.draft import Draft
from nnfig.graph import Graph, LegendEntry


def legend(graphs: tuple[Graph, ...]) -> tuple[LegendEntry, ...]:
    """One entry for each class that is drawn in a box, in the table's order."""
    drawn = {layer.look.cls for graph in graphs for layer in graph.layers if layer.look and not layer.look.glyph}
    texts: dict[str, str] = {}
    for category in CATEGORIES:
        if category.cls in drawn and category.name not in ("data", "loss"):
            texts.setdefault(category.cls, category.legend)
    return tuple(LegendEntry(cls, text) for cls, text in texts.items())


def caption(drafts: tuple[Draft, ...]) -> str:
    """What the figure shows and what it leaves out."""
    return drafts[0].graph.name
