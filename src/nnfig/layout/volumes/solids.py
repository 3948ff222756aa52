"""Geometry of volumes: from a front face and a depth to outlines, and how close two things on a row may stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnfig.layout.scene import DEPTH_ANGLE, DEPTH_SCALE, Point
from nnfig.layout.text import LINE, width

Polygon = tuple[Point, ...]
"""Corners of a convex outline, in order, against the clock."""

TOUCH = 0.01
"""What comes no further into an outline, or away from the face that it is to stand on, touches it."""

PAD = 1.6
"""Room between a box and its text, in pt."""

CLEAR = 3.0
"""Room between things of neighbouring boxes."""

SPACE = 7.0
"""Room between texts of neighbouring boxes."""

ARROW = 12.0
"""The least length of an arrow."""


@dataclass(frozen=True, slots=True)
class Solid:
    """A volume by its front face and its depth before projection, in pt; its centre is that of its outline."""

    front: float
    height: float
    depth: float

    @property
    def dx(self) -> float:
        """How far the back lies to the right of the front."""
        return self.depth * DEPTH_SCALE * math.cos(math.radians(DEPTH_ANGLE))

    @property
    def dy(self) -> float:
        """How far the back lies above the front."""
        return self.depth * DEPTH_SCALE * math.sin(math.radians(DEPTH_ANGLE))

    @property
    def w(self) -> float:
        """Width of the outline."""
        return self.front + self.dx

    @property
    def h(self) -> float:
        """Height of the outline."""
        return self.height + self.dy

    @property
    def outline(self) -> Polygon:
        """The silhouette around the centre."""
        left, bottom, right, top = -self.w / 2, -self.h / 2, self.w / 2, self.h / 2
        return (
            (left, bottom),
            (left + self.front, bottom),
            (right, bottom + self.dy),
            (right, top),
            (left + self.dx, top),
            (left, bottom + self.height),
        )

    def below(self, lines: Sequence[str], size: float) -> Polygon:
        """Where text under the front face lies."""
        x, y = -self.dx / 2, -self.h / 2 - PAD
        half = max(width(line, size) for line in lines) / 2
        return rectangle(x - half, y - LINE * size * len(lines), x + half, y)

    def top(self, text: str, size: float) -> Polygon:
        """Where text above the back lies."""
        x, y, half = self.dx / 2, self.h / 2 + PAD, width(text, size) / 2
        return rectangle(x - half, y, x + half, y + size)

    def side(self, text: str, size: float) -> Polygon:
        """Where upright text left of the front face lies."""
        x, y = -self.w / 2 - PAD, -self.dy / 2
        half = width(text, size) / 2
        return rectangle(x - size, y - half, x, y + half)

    def edge(self, text: str, size: float) -> Polygon:
        """Where text along the receding edge lies."""
        cos, sin = math.cos(math.radians(DEPTH_ANGLE)), math.sin(math.radians(DEPTH_ANGLE))
        x, y, half = self.front / 2, -self.height / 2, width(text, size) / 2
        near, far = PAD, PAD + size
        return tuple(
            (x + along * cos + away * sin, y + along * sin - away * cos)
            for along, away in ((-half, far), (half, far), (half, near), (-half, near))
        )


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """An upright rectangle as a polygon."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def moved(shape: Polygon, dx: float, dy: float = 0.0) -> Polygon:
    """The same outline elsewhere."""
    return tuple((x + dx, y + dy) for x, y in shape)


def apart(left: Polygon, right: Polygon, margin: float) -> float:
    """How far `right` must move to the right to clear `left` by `margin`; minus infinity if they never meet.

    >>> apart(rectangle(0, 0, 10, 10), rectangle(0, 5, 10, 15), 2.0)
    12.0
    """
    ys, others = [y for _, y in left], [y for _, y in right]
    low = max(min(ys), min(others)) - margin / 2
    high = min(max(ys), max(others)) + margin / 2
    if low >= high:
        return -math.inf
    if _is_upright(left) and _is_upright(right):
        return left[1][0] - right[0][0] + margin
    levels = [low, high, *(y for y in (*ys, *others) if low < y < high)]
    return max(_edge(left, y, max) - _edge(right, y, min) for y in levels) + margin


def strikes(start: Point, end: Point, shape: Polygon) -> bool:
    """Whether a straight line comes into a convex outline whose corners run against the clock.

    >>> strikes((0, 5), (20, 5), rectangle(5, 0, 10, 10)), strikes((0, 5), (4, 5), rectangle(5, 0, 10, 10))
    (True, False)
    """
    low, high = 0.0, 1.0
    x0, y0 = shape[-1]
    for x1, y1 in shape:
        first, last = (
            (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) - TOUCH * math.hypot(x1 - x0, y1 - y0) for x, y in (start, end)
        )
        """How far left of the edge from (x0, y0) to (x1, y1) the line begins and ends, times its length."""
        if first <= 0 and last <= 0:
            return False
        if first <= 0:
            low = max(low, first / (first - last))
        elif last <= 0:
            high = min(high, first / (first - last))
        x0, y0 = x1, y1
    return low < high


def _is_upright(shape: Polygon) -> bool:
    """Whether an outline is a rectangle made by `rectangle`."""
    return len(shape) == 4 and shape[0][1] == shape[1][1] and shape[0][0] == shape[3][0]


def _edge(shape: Polygon, y: float, side: Callable[[float, float], float]) -> float:
    """The right (max) or left (min) end of a convex outline at a height, or at its nearest height."""
    found: float | None = None
    nearest = math.inf
    x0, y0 = shape[-1]
    for x1, y1 in shape:
        if (y0 - y) * (y1 - y) <= 0 and y0 != y1:
            x = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
            found, nearest = (x if found is None or nearest > 0 else side(found, x)), 0.0
        elif abs(y1 - y) <= nearest and nearest > 0:
            found = x1 if found is None or abs(y1 - y) < nearest else side(found, x1)
            nearest = abs(y1 - y)
        elif y0 == y1 == y and found is not None:
            found = side(found, x1)
        x0, y0 = x1, y1
    return 0.0 if found is None else found
