"""Geometry of volumes: from a front face and a depth to outlines, and how close two things on a row may stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnfig.layout.scene import DEPTH_ANGLE, DEPTH_SCALE, Point
from nnfig.layout.text import LINE, width

Polygon = tuple[Point, ...]
"""Corners of a convex outline, in order."""

PAD = 1.6
"""Room between a box and its text, in pt."""


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

    >>> apart(rectangle(0, 0, 10, 10), rectangle(0, 5, 10, 15), 2)
    12.0
    """
    low = max(min(y for _, y in left), min(y for _, y in right)) - margin / 2
    high = min(max(y for _, y in left), max(y for _, y in right)) + margin / 2
    if low >= high:
        return -math.inf
    levels = [low, high, *(y for _, y in (*left, *right) if low < y < high)]
    return max(_span(left, y)[1] - _span(right, y)[0] for y in levels) + margin


def _span(shape: Polygon, y: float) -> tuple[float, float]:
    """The x range of a convex outline at a height, or at its nearest height."""
    y = min(max(y, min(p[1] for p in shape)), max(p[1] for p in shape))
    found: list[float] = []
    for (x0, y0), (x1, y1) in zip(shape, (*shape[1:], shape[0]), strict=True):
        if min(y0, y1) - 1e-9 <= y <= max(y0, y1) + 1e-9:
            flat = abs(y1 - y0) < 1e-9
            found += [x0, x1] if flat else [x0 + (x1 - x0) * (y - y0) / (y1 - y0)]
    return min(found), max(found)
