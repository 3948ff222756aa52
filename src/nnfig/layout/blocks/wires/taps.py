"""Where a wire leaves another one: two ways that begin together in, the part of the first that is its own out."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from nnfig.layout.scene import Point

NEAR = 0.01


def parted(way: Sequence[Point], other: Sequence[Point]) -> list[Point]:
    """The way from where it leaves the other on; all of it where they do not begin together, or it never leaves.

    >>> parted([(0, 0), (0, 4), (3, 4)], [(0, 0), (0, 9)])
    [(0, 4), (3, 4)]
    >>> parted([(0, 0), (0, 9)], [(0, 0), (0, 4), (3, 4)])
    [(0, 4), (0, 9)]
    """
    if not other or hypot(way[0][0] - other[0][0], way[0][1] - other[0][1]) > NEAR:
        return list(way)
    at, i, j = way[0], 1, 1
    while i < len(way) and j < len(other):
        a, b = (way[i][0] - at[0], way[i][1] - at[1]), (other[j][0] - at[0], other[j][1] - at[1])
        far, beyond = hypot(*a), hypot(*b)
        if abs(a[0] * b[1] - a[1] * b[0]) > NEAR * max(far, beyond) or a[0] * b[0] + a[1] * b[1] < 0:
            break
        at = way[i] if far <= beyond else other[j]
        i, j = i + (far <= beyond + NEAR), j + (beyond <= far + NEAR)
    return [at, *way[i:]] if i < len(way) else list(way)
