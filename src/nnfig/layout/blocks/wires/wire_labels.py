"""Places of the labels at wires that structure gave none: beside a long piece of the wire, where nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from nnfig.layout.blocks.page import Page, Rect, beside
from nnfig.layout.blocks.wires.taps import parted
from nnfig.layout.scene import Point, Side

SHARES = (0.5, 0.3, 0.7)
"""Where along a piece of wire a label may stand."""
LONG = 30.0
"""Pieces of this length are long enough for a label."""
ON_NODE, ON_TEXT, ON_WIRE, ON_FRAME = 20.0, 10.0, 5.0, 2.0
"""Prices of what a label covers."""
AT_ANOTHER = 15.0
"""Price of a place at a wire that says something else: the label would be taken for that wire's."""
AT_FORK = 4.0
"""Price of a place across the wire that this one leaves: less than that of a place that some wire strikes."""


def place_labels(at: Page) -> None:
    """Give every label of a wire that has a way a place, if it has none yet."""
    wanted = [k for k in sorted(at.ways) if at.net.links[k].label and k not in at.texts]
    if not wanted:
        return
    pieces = [(k, a, b) for k, way in at.ways.items() for a, b in pairwise(way)]
    for k in wanted:
        taken = at.written()
        forks = _forks(at, k)

        def price(
            spot: tuple[Point, Side],
            k: int = k,
            taken: Sequence[Rect] = taken,
            forks: Sequence[tuple[Point, Side]] = forks,
        ) -> float:
            (x, y), side = spot
            fork = spot in forks
            box = beside((x, y, x, y), at.net.links[k].label, at.air, side)
            return (
                ON_NODE * sum(_meets(box, r) for r in at.rects)
                + ON_TEXT * sum(_meets(box, r) for r in taken)
                + ON_WIRE * sum(_strikes(a, b, box) for _, a, b in pieces)
                + AT_FORK * fork
                + AT_ANOTHER
                * any(
                    at.net.links[j].label != at.net.links[k].label and _is_on((x, y), a, b)
                    for j, a, b in pieces
                    if j != k and not fork
                )
                + ON_FRAME * sum(_strikes(a, b, box) for _, r, _ in at.frames for a, b in pairwise(_corners(r)))
            )

        # the first of the cheapest places: the middle of a long piece where nothing is in the way
        at.texts[k], at.text_sides[k] = min((*_places(at.ways[k]), *forks), key=price)


def _forks(at: Page, k: int) -> list[tuple[Point, Side]]:
    """Where a wire leaves the others of its source, on the other side of them."""
    way, source = at.ways[k], at.net.links[k].source
    others = (at.ways[j] for j in at.ways if j != k and at.net.links[j].source == source)
    own = min((parted(way, other) for other in others), key=len, default=way)
    if len(own) == len(way):
        return []
    (x0, y0), (x1, y1) = own[:2]
    if abs(y1 - y0) < abs(x1 - x0):
        return [(own[0], "west" if x1 > x0 else "east")]
    return [(own[0], "south" if y1 > y0 else "north")]


def _places(way: Sequence[Point]) -> Iterator[tuple[Point, Side]]:
    """Places beside a wire: at long pieces first, the last of them before the others."""
    last_first = list(pairwise(way))[::-1]
    for a, b in sorted(last_first, key=lambda p: -min(_length(*p), LONG)):
        level = abs(a[1] - b[1]) < abs(a[0] - b[0])
        sides: tuple[Side, ...] = ("north", "south") if level else ("east", "west")
        for share in SHARES:
            for side in sides:
                yield (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])), side


def _length(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _is_on(point: Point, a: Point, b: Point) -> bool:
    """Whether a point lies on a piece of wire along an axis."""
    (x, y), near = point, 0.5
    return min(a[0], b[0]) - near < x < max(a[0], b[0]) + near and min(a[1], b[1]) - near < y < max(a[1], b[1]) + near


def _corners(r: Rect) -> list[Point]:
    return [(r[0], r[1]), (r[2], r[1]), (r[2], r[3]), (r[0], r[3]), (r[0], r[1])]


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _strikes(a: Point, b: Point, r: Rect) -> bool:
    """Whether a piece of wire, along an axis or else its bounding box, runs through an outline, not along its edge."""
    return (
        min(a[0], b[0]) < r[2] - 0.5
        and r[0] + 0.5 < max(a[0], b[0]) + 0.01
        and min(a[1], b[1]) < r[3] - 0.5
        and r[1] + 0.5 < max(a[1], b[1]) + 0.01
    )
