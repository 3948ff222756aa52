"""Where sizes and activations of columns stand: under their circles, or lower where lines would run through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnfig.layout.neurons.columns import Column, joined, ranks
from nnfig.layout.neurons.notes import bias_places
from nnfig.layout.neurons.place import PITCH, RADIUS, Spot, below, spots
from nnfig.layout.scene import Label, Point
from nnfig.layout.text import LINE, width

UNDER = 2.0
"""Room between circles and the text under them."""

APART = (10.0, 30.0, 60.0)
"""Room between the text of a column and the next column under it: the least with which no line runs through text."""

Line = tuple[Point, Point]


def arranged(
    found: Sequence[Column], xs: Sequence[float], text: float, counted: bool
) -> tuple[dict[str, Spot], list[Label]]:
    """The place of every column, and its size and what follows as a label.

    Args:
        found: the columns.
        xs: where each rank stands.
        text: the size of text.
        counted: whether biases have units of their own.
    """
    tried: list[tuple[int, dict[str, Spot], list[Label]]] = []
    for apart in APART:
        at = spots(found, xs, text, apart + (PITCH if counted else 0.0))
        lines = list(_lines(found, at, counted))
        labels = [_label(column, found, at, text, lines) for column in found]
        tried.append((sum(_is_struck(label, text, lines) for label in labels), at, labels))
        if not tried[-1][0]:
            break
    _, at, labels = min(tried, key=lambda each: each[0])
    return at, labels


def _label(
    column: Column, found: Sequence[Column], at: Mapping[str, Spot], text: float, lines: Sequence[Line]
) -> Label:
    """The label under a column's circles; if lines strike it there, under all that they lead to."""
    spot = at[column.name]
    label = Label(spot.x, spot.bottom - UNDER, below(column), "dims", "north")
    rank = ranks(found)
    near = [other for other in found if abs(rank[other.name] - rank[column.name]) <= 1]
    alone = sum(rank[other.name] == rank[column.name] for other in near) == 1
    if not alone or not _is_struck(label, text, lines):
        return label
    return Label(spot.x, min(at[other.name].bottom for other in near) - UNDER, label.lines, "dims", "north")


def _lines(found: Sequence[Column], at: Mapping[str, Spot], counted: bool) -> Iterator[Line]:
    """The lines between circles, from middle to middle."""
    by_name = {column.name: column for column in found}
    ones = bias_places(found, at) if counted else {}
    for source, target in joined(found):
        begins = _circles(by_name[source], at[source])
        ends = _circles(by_name[target], at[target])
        if target in ones:
            begins.append(ones[target])
        yield from ((a, b) for a in begins for b in ends)


def _circles(column: Column, spot: Spot) -> list[Point]:
    """The middles of the circles that are not crossed out."""
    rows = [number + (1 if column.dots_after and number >= column.dots_after else 0) for number in range(column.units)]
    return [
        (spot.x, spot.top - RADIUS - row * PITCH) for number, row in enumerate(rows, 1) if number not in column.crossed
    ]


def _is_struck(label: Label, text: float, lines: Sequence[Line]) -> bool:
    """Whether a line runs through a label, whose letters do not fill all of their room."""
    boxes = [
        (label.x - width(line, text) / 2 + 1, label.x + width(line, text) / 2 - 1, label.y - LINE * text * row)
        for row, line in enumerate(label.lines)
    ]
    return any(_crosses(line, left, right, top - text, top - 1) for line in lines for left, right, top in boxes)


def _crosses(line: Line, left: float, right: float, bottom: float, top: float) -> bool:
    (x0, y0), (x1, y1) = line
    begin, end = max(left, x0), min(right, x1)
    if begin >= end:
        return False
    heights = [y0 + (x - x0) / (x1 - x0) * (y1 - y0) for x in (begin, end)]
    return min(heights) < top and max(heights) > bottom
