"""The legend under a figure: from entries and a width to one line, or to columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnfig.graph import LegendEntry
from nnfig.layout.scene import Legend
from nnfig.layout.text import width

SWATCH = {"node": 13.2, "edge": 17.2}
"""Room for the coloured box or arrow before a text, in pt, as the style file draws it."""

GUTTER = 11.0
"""Room between entries of a line."""

SLACK = 1.04
"""How much wider than reckoned a text may be set."""

PITCH = 1.5
"""Distance of lines, as a share of the text's size."""


def legends(entries: Sequence[LegendEntry], room: float, text: float, columns: int = 0) -> tuple[Legend, ...]:
    """Legends whose upper left corner is the origin: one line of entries where it fits the room, else columns.

    With `columns` given, exactly so many.
    """
    if not entries:
        return ()
    widths = [SWATCH[entry.what] + SLACK * width(entry.text, text) for entry in entries]
    if not columns and sum(widths) + GUTTER * (len(widths) - 1) <= room:
        return _line(entries, widths, text)
    column = max(widths) + GUTTER
    possible = max(1, min(len(entries), int((room + GUTTER) // column)))
    lines = math.ceil(len(entries) / (columns or possible))
    count = columns or math.ceil(len(entries) / lines)
    return (Legend(0, 0, count * column - GUTTER, lines * text * PITCH, tuple(entries), count, column),)


def _line(entries: Sequence[LegendEntry], widths: Sequence[float], text: float) -> tuple[Legend, ...]:
    """One legend for each entry, side by side, so that each takes its own width."""
    found: list[Legend] = []
    x = 0.0
    for entry, wide in zip(entries, widths, strict=True):
        found.append(Legend(x, 0, wide, text * PITCH, (entry,), 1, wide))
        x += wide + GUTTER
    return tuple(found)
