"""The legend under a figure: from entries and a width to columns that fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnfig.graph import LegendEntry
from nnfig.layout.scene import Legend
from nnfig.layout.text import LINE, width

SWATCH = 18.0
"""Room for the coloured box or arrow before a text, in pt."""

GUTTER = 10.0
"""Room between columns."""


def legend(entries: Sequence[LegendEntry], room: float, text: float, columns: int = 0) -> Legend | None:
    """A legend at the origin, in as few rows as the room allows (or in so many columns); None without entries."""
    if not entries:
        return None
    column = SWATCH + max(width(entry.text, text) for entry in entries) + GUTTER
    possible = max(1, min(len(entries), int((room + GUTTER) // column)))
    lines = math.ceil(len(entries) / possible)
    count = columns or math.ceil(len(entries) / lines)
    lines = math.ceil(len(entries) / count)
    return Legend(0, 0, count * column - GUTTER, lines * text * LINE * 1.15, tuple(entries), count, column)
