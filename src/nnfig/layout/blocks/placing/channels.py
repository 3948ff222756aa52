"""Order of the horizontal runs between two ranks: pieces of wire get tracks, so that they cross and touch least."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

CLOSE = 3.0
"""Runs and stubs nearer to each other than this touch."""


def tracks(steps: Sequence[tuple[float, float, Hashable]]) -> tuple[list[int | None], int]:
    """Tracks for steps from one place to another, by their source; None for straight ones, and how many there are.

    Steps of one source share a track. Track 0 is next to the sources.

    >>> tracks([(0, 10, "a"), (5, 5, "b"), (20, 14, "c")])
    ([0, None, 0], 1)
    """
    nets: dict[Hashable, tuple[float, list[float]]] = {}
    for a, b, source in steps:
        if abs(a - b) > 0.5:
            nets.setdefault(source, (a, []))[1].append(b)
    for a, b, source in steps:
        if abs(a - b) <= 0.5 and source in nets:
            nets[source][1].append(b)
    order = sorted(nets, key=lambda k: (nets[k][0] > max(nets[k][1]), nets[k][0]))
    for _ in range(len(order)):
        changed = False
        for i in range(len(order) - 1):
            u, v = nets[order[i]], nets[order[i + 1]]
            if _price(v, u) < _price(u, v):
                order[i], order[i + 1] = order[i + 1], order[i]
                changed = True
        if not changed:
            break
    track: dict[Hashable, int] = {}
    for i, k in enumerate(order):
        least = 0
        for earlier in order[:i]:
            if _related(nets[earlier], nets[k]):
                least = max(least, track[earlier] + 1)
        track[k] = least
    count = max(track.values(), default=-1) + 1
    return [track[source] if abs(a - b) > 0.5 else None for a, b, source in steps], count


def _span(net: tuple[float, list[float]]) -> tuple[float, float]:
    return min(net[0], *net[1]), max(net[0], *net[1])


def _related(u: tuple[float, list[float]], v: tuple[float, list[float]]) -> bool:
    """Whether two nets must not share a track."""
    (a, b), (c, d) = _span(u), _span(v)
    return a < d + CLOSE and c < b + CLOSE


def _price(first: tuple[float, list[float]], second: tuple[float, list[float]]) -> float:
    """Crossings, and ten for each touch, if the first runs on the track above the second."""
    (a, b), (c, d) = _span(first), _span(second)
    price = 0.0
    # the second's stub comes down through the first's run; the first's drops go down through the second's run
    price += (a < second[0] < b) + sum(c < x < d for x in first[1])
    price += 10 * sum(abs(second[0] - x) < CLOSE for x in first[1])
    return price
