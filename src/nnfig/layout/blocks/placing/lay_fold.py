"""A fold laid out: one column down, one up, stretched so that each rung is level, and rows beside and below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnfig.layout.blocks.boxes import Box, Spot, plan
from nnfig.layout.blocks.net import START, Net
from nnfig.layout.blocks.placing.lay_chain import Series
from nnfig.layout.blocks.structure.chains import Chain
from nnfig.layout.blocks.structure.fold import Fold, Rung
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.place import Placer


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
    if astray(chain, net, fold):
        return None
    return None if any(lane.i < at <= lane.j for lane in chain.lanes) else at


def astray(chain: Chain, net: Net, fold: Fold) -> frozenset[int]:
    """Ends of rungs and of the arrow between the columns that do not stand on the axis of a column."""
    inside = {item for item in chain.cuts if item >= 0}
    ends = [n for rung in fold.rungs for n in (rung.nodes[0], rung.nodes[-1])] + [t.nodes[0] for t in fold.tails]
    return frozenset(n for n in (*ends, *fold.bridge) if not inside & {n, *net.around(n)})


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
    between = max(middle, 2.2 * air.bus, _label_width(placer, fold))
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


def _label_width(placer: Placer, fold: Fold) -> float:
    """How much room the labels of rungs without nodes take between two columns."""
    air = placer.air
    labels = [placer.net.links[k].label for rung in fold.rungs if len(rung.nodes) == 2 for k in rung.links]
    wide = max((width(label, air.small) for label in labels if label), default=0.0)
    return wide + 1.6 * air.gap if wide and air.direction == "down" else 0.0


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
        below = s + box.length / 2
        for end, link in ((end, link) for host, end, link in rung.hung if host == n):
            out.wires.append((link, [(below, t + box.before), (below + air.gap, t + box.before)]))
            out.put(placer.item(end), below + air.gap, t + box.before)
            below += air.gap + placer.item(end).length
        out.length = max(out.length, below)
        at = t + widths[n]
        t = at + gap
    if start == 0.0:
        out.wires.append((rung.links[-1], [(s, at), (s, end - placer.sizes[nodes[-1]].w / 2)]))
