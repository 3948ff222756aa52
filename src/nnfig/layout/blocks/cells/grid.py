"""Wires on a grid of nodes: straight where they can be, else with the bends and crossings that cost least.

Even places hold nodes, odd ones are gaps, in which several wires have room beside each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

Spot = tuple[int, int]
"""Column and row."""
Pair = tuple[int, int]
Ways = dict[int, tuple[Spot, ...]]

BEND, CROSSING, BACK, AGAINST = 3.0, 9.0, 40.0, 25.0
THROUGH, UPON, BESIDE = 2000.0, 200.0, 5.0
"""Through a node; upon another wire; upon it in a gap, where it is moved aside."""


MANY = 3
"""Wires to a node that takes so many run into one on the way to it, as those from one node run out of one."""


def bundles(pairs: Sequence[Pair]) -> list[int]:
    """For each wire what it may run upon: others with the same number."""
    takes = Counter(target for _, target in pairs)
    return [~target if takes[target] >= MANY else source for source, target in pairs]


def cost_of(pairs: Sequence[Pair], spots: dict[int, Spot], line: Sequence[int], limit: float = 1e18) -> float:
    """What all wires cost together; any larger number where that exceeds the limit."""
    return _routed(pairs, spots, line, limit)[0]


def ways(pairs: Sequence[Pair], spots: dict[int, Spot], line: Sequence[int]) -> Ways:
    """For each pair of nodes, by its number, the places at which its wire begins, bends and ends."""
    return _routed(pairs, spots, line)[1]


class _Board:
    """What lies where: nodes, and the wires so far."""

    def __init__(self, spots: dict[int, Spot]) -> None:
        self.node = {spot: node for node, spot in spots.items()}
        self.across: dict[Spot, set[int]] = defaultdict(set)
        """For each place the bundles of wires that come to it or leave it along its row, ..."""
        self.along: dict[Spot, set[int]] = defaultdict(set)
        """... along its column."""

    def price(self, way: Sequence[Spot], bundle: int, limit: float) -> float:
        """What a wire costs beside those that are there; any larger number where that exceeds the limit."""
        total = BEND * (len(way) - 2)
        for (xa, ya), (xb, yb) in pairwise(way):
            if total >= limit:
                break
            level = ya == yb
            total += BACK if level and xb < xa else 0.0
            same, other = (self.across, self.along) if level else (self.along, self.across)
            ends = {way[0], way[-1]}
            places = list(_between((xa, ya), (xb, yb)))
            for k, place in enumerate(places):
                if place in self.node and place not in ends:
                    total += THROUGH
                shared = same[place] - {bundle}
                if shared and place not in ends:
                    gap = (place[1] if level else place[0]) % 2
                    total += len(shared) * (BESIDE if gap else UPON)
                if 0 < k < len(places) - 1 and other[place] - {bundle} and place not in self.node:
                    total += CROSSING * len(other[place] - {bundle})
                total += 0.0 if bundle in same[place] else 0.5
        return total

    def note(self, way: Sequence[Spot], bundle: int) -> None:
        """Remember a wire."""
        for a, b in pairwise(way):
            held = self.across if a[1] == b[1] else self.along
            for place in _between(a, b):
                held[place].add(bundle)


def _between(a: Spot, b: Spot) -> Iterator[Spot]:
    """All places of a straight piece, both ends included."""
    dx, dy = (b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1])
    x, y = a
    yield x, y
    while (x, y) != b:
        x, y = x + dx, y + dy
        yield x, y


def _routed(
    pairs: Sequence[Pair], spots: dict[int, Spot], line: Sequence[int], limit: float = 1e18
) -> tuple[float, Ways]:
    board, found, total = _Board(spots), Ways(), 0.0
    sides: dict[tuple[int, Spot], int | None] = {}
    bundle = bundles(pairs)
    on_line = set(pairwise(line))

    def first(k: int) -> tuple[bool, bool, int, int]:
        (xa, ya), (xb, yb) = spots[pairs[k][0]], spots[pairs[k][1]]
        return pairs[k] not in on_line, xa != xb and ya != yb, abs(xa - xb) + abs(ya - yb), k

    for k in sorted(range(len(pairs)), key=first):
        source, target = pairs[k]
        least, way = 1e18, tuple[Spot, ...]()
        for each in _choices(spots[source], spots[target]):
            cost = _ends(each, source, target, bundle[k], sides)
            cost += board.price(each, bundle[k], least - cost) if cost < least else 0.0
            if cost < least:
                least, way = cost, each
        found[k] = way
        total += least
        if total >= limit:
            break
        board.note(way, bundle[k])
        sides[source, _step(way[0], way[1])] = None
        sides.setdefault((target, _step(way[-1], way[-2])), bundle[k])
    return total, found


def _step(a: Spot, b: Spot) -> Spot:
    """The direction from one place to another."""
    return (b[0] > a[0]) - (b[0] < a[0]), (b[1] > a[1]) - (b[1] < a[1])


def _ends(
    way: Sequence[Spot], source: int, target: int, bundle: int, sides: dict[tuple[int, Spot], int | None]
) -> float:
    """What it costs to leave and enter by these sides: not where something else enters or leaves, not backwards."""
    out, into = _step(way[0], way[1]), _step(way[-1], way[-2])
    cost = AGAINST if out == (-1, 0) else 0.0
    cost += AGAINST if into == (1, 0) else 0.0
    cost += UPON if sides.get((source, out)) is not None else 0.0
    cost += UPON if sides.get((target, into), bundle) != bundle else 0.0
    return cost


def _choices(a: Spot, b: Spot) -> Iterator[tuple[Spot, ...]]:
    """Ways with few bends from one place to another."""
    (xa, ya), (xb, yb) = a, b
    if xa == xb or ya == yb:
        yield a, b
    else:
        yield a, (xb, ya), b
        yield a, (xa, yb), b
        for x in (xb - 1, xa + 1):
            yield a, (x, ya), (x, yb), b
    for y in dict.fromkeys((ya - 1, ya + 1, yb - 1, yb + 1)):
        if xa != xb:
            yield a, (xa, y), (xb, y), b
            yield a, (xa, y), (xb - 1, y), (xb - 1, yb), b
            yield a, (xa + 1, ya), (xa + 1, y), (xb, y), b
