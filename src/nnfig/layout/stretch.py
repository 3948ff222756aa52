"""The largest scale at which something still fits: from a width that grows with a scale to that scale."""

from __future__ import annotations

from collections.abc import Callable

STEPS = 8
"""Halvings of the range: a part in 256."""


def stretched(extent: Callable[[float], float], most: float, room: float) -> float:
    """The largest scale up to `most` whose extent is within the room; 0 if none is.

    >>> stretched(lambda scale: 10 * scale, most=4, room=100), round(stretched(lambda scale: 10 * scale, 40, 100), 1)
    (4, 10.0)
    """
    if extent(most) <= room:
        return most
    if extent(0.0) > room:
        return 0.0
    low, high = 0.0, most
    for _ in range(STEPS):
        middle = (low + high) / 2
        if extent(middle) <= room:
            low = middle
        else:
            high = middle
    return low
