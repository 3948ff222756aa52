"""Encoder-decoders folded into a U or a ladder: down on the left, up on the right, each skip a level rung between.

`find` reads a net and says what the two sides and the rungs are; `fold_box` lays them out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from nnfig.layout.boxes import Box, Spot, plan
from nnfig.layout.lay_chain import Series
from nnfig.layout.net import START, Net
from nnfig.layout.series import Chain

if TYPE_CHECKING:
    from nnfig.layout.place import Placer

LEAST_RUNGS = 2


@dataclass(frozen=True, slots=True)
class Rung:
    """A skip across the fold: its nodes from left to right, ends included, and the links that join them."""

    nodes: tuple[int, ...]
    links: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """What is needed to fold a net."""

    turn: int
    """Nodes up to this place of the trunk belong to the left column."""
    trunk: tuple[int, ...]
    bottom: tuple[int, ...]
    """Nodes between the columns, at the end of the left one."""
    rungs: tuple[Rung, ...]
    """Outer ones first."""
    tails: tuple[Rung, ...]
    """Side outputs of the right column."""
    dissolve: frozenset[int]

    @property
    def aside(self) -> frozenset[int]:
        """Links that the fold draws."""
        return frozenset(k for part in (*self.rungs, *self.tails) for k in part.links)

    @property
    def bridge(self) -> tuple[int, int]:
        """The nodes at the lower ends of the two columns."""
        return self.trunk[self.turn - 1 - len(self.bottom)], self.trunk[self.turn]

    @property
    def apart(self) -> frozenset[int]:
        """Nodes that the fold places."""
        on_rungs = [n for rung in self.rungs for n in rung.nodes[1:-1]]
        on_tails = [n for tail in self.tails for n in tail.nodes[1:]]
        return frozenset([*on_rungs, *on_tails, *self.bottom])


def find(net: Net) -> Fold | None:
    """The fold of a net whose skips are nested around a deepest place, or None."""
    after: dict[int, list[tuple[int, int]]] = defaultdict(list)
    before: dict[int, list[int]] = defaultdict(list)
    for k, link in enumerate(net.links):
        after[link.source].append((link.target, k))
        before[link.target].append(link.source)
    trunk = _longest(net, before)
    place = {n: i for i, n in enumerate(trunk)}
    chained = {k for a, b in pairwise(trunk) for v, k in after[a] if v == b}
    spans, tails = _beside(trunk, place, after, before)
    if len(spans) < LEAST_RUNGS:
        return None
    # the place that most skips run across
    change = [0] * (len(trunk) + 1)
    for i, j, _ in spans:
        change[i + 1] += 1
        change[j] -= 1
    most, top, now = 0, 0, 0
    for p, step in enumerate(change):
        now += step
        if now > most:
            most, top = now, p
    across = sorted(((i, j, rung) for i, j, rung in spans if i < top < j), key=lambda span: (span[0], -span[1]))
    if len(across) < LEAST_RUNGS or any(not (a < c and d < b) for (a, b, _), (c, d, _) in pairwise(across)):
        return None
    if not _shrinks(net, trunk, across):
        return None
    i, j, _ = across[-1]
    if j - i < 2 or any(net.looks[n].glyph for n in trunk[i + 1 : top]):
        return None
    rungs = tuple(rung for _, _, rung in across)
    turn, bottom = _turn(net, trunk, i, j)
    inner = set(bottom)
    if any(link.source in inner or link.target in inner for k, link in enumerate(net.links) if k not in chained):
        bottom = ()
    right = place[trunk[turn]]
    kept: tuple[Rung, ...] = tuple(tail for tail in tails if place[tail.nodes[0]] >= right)
    end = place[rungs[0].nodes[-1]]
    if kept and 0 < len(trunk) - 1 - end < 4:
        # the network's own end lies beside the column as the others do
        last = trunk[end:]
        kept = (Rung(last, tuple(next(k for v, k in after[a] if v == b) for a, b in pairwise(last))), *kept)
        trunk = trunk[: end + 1]
    ends = [n for rung in rungs for n in (rung.nodes[0], rung.nodes[-1])]
    dissolve = _wrappers(net, ends, [*rungs, *kept], trunk, turn, len(bottom))
    return Fold(turn, trunk, bottom, rungs, kept, dissolve)


def _longest(net: Net, before: dict[int, list[int]]) -> tuple[int, ...]:
    """The longest way through the net."""
    depth: dict[int, tuple[int, int]] = {}
    for n in range(net.size):
        depth[n] = max(((depth[p][0] + 1, p) for p in before[n]), default=(1, -1))
    at = max(((d, n) for n, (d, _) in depth.items()), default=(0, -1))[1]
    way: list[int] = []
    while at != -1:
        way.append(at)
        at = depth[at][1]
    return tuple(reversed(way))


def _beside(
    trunk: tuple[int, ...],
    place: dict[int, int],
    after: dict[int, list[tuple[int, int]]],
    before: dict[int, list[int]],
) -> tuple[list[tuple[int, int, Rung]], list[Rung]]:
    """Skips from trunk to trunk, bare or through a row of nodes, and rows of nodes that end beside it."""
    spans: list[tuple[int, int, Rung]] = []
    tails: list[Rung] = []
    for u in trunk:
        for v, k in after[u]:
            nodes, links, at = [u, v], [k], v
            while at not in place and len(before[at]) == 1 and len(after[at]) == 1:
                at, link = after[at][0]
                nodes.append(at)
                links.append(link)
            rung = Rung(tuple(nodes), tuple(links))
            if at in place and place[at] > place[u] + 1:
                spans.append((place[u], place[at], rung))
            elif at not in place and len(before[at]) == 1 and not after[at]:
                tails.append(rung)
    return spans, tails


def _shrinks(net: Net, trunk: tuple[int, ...], across: list[tuple[int, int, Rung]]) -> bool:
    """Whether resolution falls towards the fold; where it is unknown, three nested skips are enough."""
    sizes: list[int] = []
    for i, _, _ in across:
        shape = net.shapes[trunk[i]] if trunk[i] < len(net.shapes) else ()
        if len(shape) < 3 or not isinstance(shape[-1], int):
            return len(across) > LEAST_RUNGS
        sizes.append(shape[-1])
    return all(a > b for a, b in pairwise(sizes))


def _turn(net: Net, trunk: tuple[int, ...], i: int, j: int) -> tuple[int, tuple[int, ...]]:
    """Where the right column begins, and the nodes of the bottom row before it."""
    inner = list(range(i + 1, j))
    shapes = [net.shapes[trunk[k]] for k in inner]
    sizes = [s[-1] for s in shapes if len(s) >= 3 and isinstance(s[-1], int)]
    if len(sizes) == len(inner):
        low = [k for k, size in zip(inner, sizes, strict=False) if size == min(sizes)]
        flat = [k for k in low if net.looks[trunk[k]].cls not in ("pool", "up")]
        if flat:
            first, last = flat[0], flat[-1]
            plain = all(net.home[trunk[k]] == START for k in range(first, last + 1))
            if plain and last - first < 3:
                return last + 1, trunk[first : last + 1]
            return last + 1, ()
    for k in inner[1:]:
        a, b = net.around(trunk[k - 1]), net.around(trunk[k])
        if a[:1] != b[:1]:
            return k, ()
    return (i + j) // 2 + 1, ()


def _wrappers(
    net: Net, ends: list[int], parts: list[Rung], trunk: tuple[int, ...], turn: int, low: int
) -> frozenset[int]:
    """Groups that hold ends of several rungs, or parts of both columns: they are no items of a column."""
    count: dict[int, int] = defaultdict(int)
    for n in ends:
        for g in net.around(n):
            count[g] += 1
    left = {g for n in trunk[: turn - low] for g in net.around(n)}
    right = {g for n in trunk[turn:] for g in net.around(n)}
    beside = {g for part in parts for n in part.nodes[1:-1] for g in net.around(n)}
    beside |= {g for part in parts for n in part.nodes[-1:] if n not in trunk for g in net.around(n)}
    return frozenset(g for g in {*count, *left, *right, *beside} if count[g] > 1 or g in left & right or g in beside)


def upstream(net: Net, fold: Fold) -> frozenset[int]:
    """Groups of the right column."""
    return frozenset(g for n in fold.trunk[fold.turn :] for g in net.around(n)) - fold.dissolve


def dims_sides(fold: Fold) -> dict[int, int]:
    """Where sizes stand that rungs would strike: outside the right column, below what stands in rows."""
    return dict.fromkeys(fold.trunk[fold.turn :], 1) | dict.fromkeys(sorted(fold.apart), 0)


class _Column:
    """A chain of items on its own axis, as a box that can be stretched."""

    def __init__(self, placer: Placer, chain: Chain, lane_side: int) -> None:
        self.placer, self.chain = placer, chain
        self.series = Series(placer, chain, lane_side)
        self.box = self.series.box()
        self.inner = {item: plan(placer.item(item)).spots for item in chain.cuts if item >= placer.net.size}

    def cut(self, node: int) -> int:
        """The cut that is the node, or the group that holds it."""
        path = {node, *self.placer.net.around(node)}
        return next((i for i, item in enumerate(self.chain.cuts) if item in path), -1)

    def spot(self, node: int) -> float:
        """Where the middle of a node lies."""
        i = self.cut(node)
        item = self.series.items[i]
        at = self.inner[self.chain.cuts[i]][node][0] if self.chain.cuts[i] in self.inner else 0.0
        return self.series.top[i] + (at or (item.leaf.at if item and item.leaf else 0.0))

    def stretch(self, first: int, last: int, room: float) -> None:
        """Spread room over the gaps from cut `first` to cut `last`."""
        gaps = list(range(first, last)) or [max(0, last - 1)]
        for i in gaps:
            self.series.extra[i] += room / len(gaps)

    def again(self) -> None:
        """Lay the column out with the room that was added."""
        self.box = self.series.lay()


def turning(chain: Chain, net: Net, fold: Fold) -> int | None:
    """The cut with which the right column begins, if a plain arrow leads to it and no skip of the chain passes it."""
    on_right = {n for k in range(fold.turn, len(fold.trunk)) for n in (fold.trunk[k], *net.around(fold.trunk[k]))}
    at = next((i for i, item in enumerate(chain.cuts) if item in on_right), None)
    if at is None or at < 2 or chain.segments[at - 1].branches or chain.segments[at - 1].core:
        return None
    inside = {item for item in chain.cuts if item >= 0}
    ends = [n for rung in fold.rungs for n in (rung.nodes[0], rung.nodes[-1])] + [t.nodes[0] for t in fold.tails]
    if any(not inside & {n, *net.around(n)} for n in (*ends, *fold.bridge)):
        return None
    return None if any(lane.i < at <= lane.j for lane in chain.lanes) else at


def fold_box(placer: Placer, fold: Fold) -> Box:
    """The net in two columns."""
    chain = placer.parts[START].chain
    at = turning(chain, placer.net, fold)
    assert at is not None
    before = [lane for lane in chain.lanes if lane.j < at]
    behind = [replace(lane, i=lane.i - at, j=lane.j - at) for lane in chain.lanes if lane.i >= at]
    # local skips run outside, the rungs between
    left = _Column(placer, Chain(chain.cuts[:at], chain.segments[: at - 1], before), -1)
    right = _Column(placer, Chain(chain.cuts[at:], chain.segments[at:], behind), 1)
    _align(left, right, fold)
    return _assembled(placer, fold, left, right)


def _align(left: _Column, right: _Column, fold: Fold) -> None:
    """Stretch both columns so that the ends of each rung are level (the right one runs upwards)."""
    pairs = [(rung.nodes[0], rung.nodes[-1]) for rung in fold.rungs]
    if not fold.bottom:
        pairs.append((fold.trunk[fold.turn - 1], fold.trunk[fold.turn]))
    down = up = 0.0
    last_left, last_right = 0, len(right.chain.cuts) - 1
    total = right.box.length
    done_left: list[tuple[int, int, float]] = []
    done_right: list[tuple[int, int, float]] = []
    for a, b in pairs:
        i, j = left.cut(a), right.cut(b)
        ya, yb = left.spot(a) + down, total - right.spot(b) + up
        if ya < yb:
            done_left.append((last_left, i, yb - ya))
            down += yb - ya
        elif yb < ya:
            done_right.append((j, last_right, ya - yb))
            up += ya - yb
        last_left, last_right = i, j
    for first, last, room in done_left:
        left.stretch(first, last, room)
    for first, last, room in done_right:
        right.stretch(first, last, room)
    left.again()
    right.again()


def _assembled(placer: Placer, fold: Fold, left: _Column, right: _Column) -> Box:
    """Both columns, the bottom row, rungs and tails."""
    air, out = placer.air, Box()
    first = fold.rungs[0]
    shift = left.spot(first.nodes[0]) - (right.box.length - right.spot(first.nodes[-1]))
    s_left, s_right = max(0.0, -shift), max(0.0, shift)
    bottom = [placer.item(n) for n in fold.bottom]
    row_widths = [box.before + box.after for box in bottom]
    row = sum(row_widths) + (len(bottom) + 1) * 1.4 * air.gap
    middle = max((_row_width(placer, rung.nodes[1:-1]) for rung in fold.rungs), default=0.0)
    between = max(middle, 2.2 * air.bus)
    dx = max(left.box.after + right.box.before + between, row if bottom else 0.0)
    right.box.upstream = True
    out.put(left.box, s_left)
    out.put(right.box, s_right, dx)
    end = max(s_left + left.box.length, s_right + right.box.length)
    u, v = fold.bridge
    pivot = next((k for k, link in enumerate(placer.net.links) if (link.source, link.target) == (u, v)), None)
    if bottom:
        s = end + air.gap + max(box.leaf.at if box.leaf else box.length / 2 for box in bottom)
        t = (dx - (row - 2.8 * air.gap)) / 2
        before: Spot = (s, 0.0)
        way: list[Spot] = [(s_left + left.box.length, 0.0), (s, 0.0)]
        at = u
        for n, box, wide in zip(fold.bottom, bottom, row_widths, strict=False):
            out.put(box, s - (box.leaf.at if box.leaf else box.length / 2), t + box.before)
            way.append((s, t))
            _join(placer, out, at, n, way)
            t += wide
            before = (s, t)
            way, at = [before], n
            t += 1.4 * air.gap
        _join(placer, out, at, v, [*way, (s, dx), (s_right + right.box.length, dx)])
        out.length = s + max(box.length - (box.leaf.at if box.leaf else box.length / 2) for box in bottom)
    else:
        out.length = end
        sa, sb = s_left + left.spot(u), s_right + right.box.length - right.spot(v)
        leaf = left.chain.cuts[-1] == u and right.chain.cuts[0] == v and abs(sa - sb) < 0.5
        if pivot is not None and leaf:
            a, b = left.series.items[-1], right.series.items[0]
            wide = (a.leaf.width / 2 if a and a.leaf else 0.0, b.leaf.width / 2 if b and b.leaf else 0.0)
            out.wires.append((pivot, [(sa, wide[0]), (sa, dx - wide[1])]))
        elif pivot is not None:
            low = end + air.gap
            begin = [(s_left + left.box.length, 0.0), (low, 0.0), (low, dx), (s_right + right.box.length, dx)]
            out.wires.append((pivot, begin))
            out.length = low
    for rung in fold.rungs:
        _rung(placer, out, rung, s_left + left.spot(rung.nodes[0]), 0.0, dx)
    edge = dx + right.box.after + 1.6 * air.gap
    for tail in fold.tails:
        s = s_right + right.box.length - right.spot(tail.nodes[0])
        _rung(placer, out, tail, s, dx, edge)
    return out


def _row_width(placer: Placer, nodes: tuple[int, ...]) -> float:
    """How much room a row of nodes with arrows takes between two columns."""
    wide = sum(placer.item(n).before + placer.item(n).after for n in nodes)
    return wide + (len(nodes) + 1) * 1.6 * placer.air.gap


def _join(placer: Placer, out: Box, u: int, v: int, way: list[Spot]) -> None:
    for k, link in enumerate(placer.net.links):
        if (link.source, link.target) == (u, v):
            out.wires.append((k, way))


def _rung(placer: Placer, out: Box, rung: Rung, s: float, start: float, end: float) -> None:
    """A level row from one column to the other, or from a column outwards."""
    air, nodes = placer.air, rung.nodes
    edge = start + placer.sizes[nodes[0]].w / 2
    inner = nodes[1:-1] if start == 0.0 else nodes[1:]
    widths = {n: placer.item(n).before + placer.item(n).after for n in inner}
    if start == 0.0:
        far = end - placer.sizes[nodes[-1]].w / 2
        gap = (far - edge - sum(widths.values())) / (len(inner) + 1)
        t = edge + gap
    else:
        gap, t = 1.4 * air.gap, end
    at = edge
    for n, k in zip(inner, rung.links, strict=False):
        box = placer.item(n)
        out.put(box, s - (box.leaf.at if box.leaf else box.length / 2), t + box.before)
        out.wires.append((k, [(s, at), (s, t)]))
        at = t + widths[n]
        t = at + gap
    if start == 0.0:
        out.wires.append((rung.links[-1], [(s, at), (s, end - placer.sizes[nodes[-1]].w / 2)]))
