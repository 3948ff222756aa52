"""A long strip broken into rows like text (or columns), at places where only the trunk passes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from nnfig.layout.blocks.boxes import Plan, Rim, Spot, straightened

SHORT = 0.85
"""Rows shorter than this share of the longest look ragged where they begin with the others."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a strip is broken: row k runs from cuts[k] to cuts[k + 1]."""

    cuts: tuple[float, ...]

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.cuts) - 1

    def row(self, s: float) -> int:
        """The row that a place along the strip falls into."""
        return min(max(bisect_left(self.cuts, s) - 1, 0), self.count - 1)


def rows(plan: Plan, limit: float, even: bool = True) -> Rows:
    """The best breaks so that no row is longer than `limit` (as far as breaks allow).

    Few rows, frames kept whole, rows about equally long.
    """
    price: dict[float, float] = {}
    for s, p in plan.breaks:
        price[s] = min(p, price.get(s, 99.0))
    places = [0.0, *sorted(s for s in price if 0 < s < plan.length), plan.length]
    n = len(places)
    best: list[tuple[float, float]] = [(0.0, 0.0)] + [(1e18, 1e18)] * (n - 1)
    came = [0] * n
    for i in range(1, n):
        for j in range(i - 1, -1, -1):
            length = places[i] - places[j]
            if length > limit and j < i - 1:
                break
            over = max(0.0, length - limit) / limit
            slack = (1 - min(1.0, length / limit)) ** 2 if even or i < n - 1 else 0.0
            cost = best[j][0] + 1 + 100 * over, best[j][1] + slack + 0.35 * price.get(places[i], 0.0)
            if cost < best[i]:
                best[i], came[i] = cost, j
    cuts = [plan.length]
    i = n - 1
    while i > 0:
        i = came[i]
        cuts.append(places[i])
    return Rows(tuple(reversed(cuts)))


def wrapped(plan: Plan, at: Rows, gutter: float, stub: float, centred: bool = False) -> tuple[Plan, list[Rim]]:
    """The strip in rows, stacked along t, and the frames that had to be split (further pieces).

    Args:
        plan: the strip.
        at: where it is broken.
        gutter: room between two rows, in which the wire runs back.
        stub: how far beyond a row's ends that wire turns.
        centred: short rows stand in the middle, not where the others begin.
    """
    if at.count == 1:
        return plan, []
    before, after = sides(plan, at)
    axis: list[float] = []
    lane: list[float] = []
    t = 0.0
    for k in range(at.count):
        axis.append(t + before[k])
        t = axis[k] + after[k]
        lane.append(t + gutter / 2)
        t += gutter

    lengths = [b - a for a, b in pairwise(at.cuts)]
    longest = max(lengths)
    start = [(longest - n) / 2 if centred and n < SHORT * longest else 0.0 for n in lengths]
    shift = [begin - cut for begin, cut in zip(start, at.cuts, strict=False)]

    def moved(spot: Spot, row: int) -> Spot:
        return spot[0] + shift[row], spot[1] + axis[row]

    out = Plan(sizes=plan.sizes)
    out.spots = {n: moved(spot, at.row(spot[0])) for n, spot in plan.spots.items()}
    out.texts = {k: moved(spot, at.row(spot[0])) for k, spot in plan.texts.items()}
    more: list[Rim] = []
    for g, rim in plan.rims.items():
        first, last = at.row(rim.s0 + 0.01), at.row(rim.s1 - 0.01)
        for row in range(first, last + 1):
            s0 = rim.s0 if row == first else at.cuts[row] + 2
            s1 = rim.s1 if row == last else at.cuts[row + 1] - 2
            piece = Rim(g, s0 + shift[row], s1 + shift[row], rim.t0 + axis[row], rim.t1 + axis[row])
            if row == first:
                out.rims[g] = piece
            else:
                more.append(piece)
    for k, way in plan.ways.items():
        row = at.row(way[0][0])
        turned = [moved(way[0], row)]
        for a, b in pairwise(way):
            ra, rb = at.row(a[0]), at.row(b[0])
            for r in range(ra, rb):
                end, begin = at.cuts[r + 1] + shift[r] + stub, start[r + 1] - stub
                turned += [(end, a[1] + axis[r]), (end, lane[r]), (begin, lane[r]), (begin, a[1] + axis[r + 1])]
            turned.append(moved(b, rb))
        out.ways[k] = straightened(turned)
    out.length = longest + 2 * stub
    out.before, out.after = 0.0, t - gutter
    return out, more


def sides(plan: Plan, at: Rows) -> tuple[list[float], list[float]]:
    """How far each row reaches to both sides of its axis."""
    before, after = [0.0] * at.count, [0.0] * at.count

    def hold(row: int, low: float, high: float) -> None:
        before[row] = max(before[row], -low)
        after[row] = max(after[row], high)

    for s0, s1, t0, t1 in plan.reaches:
        for row in range(at.row(s0 + 0.01), at.row(s1 - 0.01) + 1):
            hold(row, t0, t1)
    for way in plan.ways.values():
        for s, t in way:
            hold(at.row(s), t, t)
    for s, t in plan.texts.values():
        hold(at.row(s), t, t)
    return before, after


def frames_split(plan: Plan, at: Rows) -> list[int]:
    """The groups whose frames rows break, each as often as it is broken."""
    return [g for g, rim in plan.rims.items() for _ in range(at.row(rim.s0 + 0.01), at.row(rim.s1 - 0.01))]
