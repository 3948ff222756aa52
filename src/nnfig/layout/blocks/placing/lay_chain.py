"""A chain becomes a box: its items along the axis, branches centred on it, lanes beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnfig.layout.blocks.boxes import Box
from nnfig.layout.blocks.net import END, START
from nnfig.layout.blocks.placing.branches import parallel
from nnfig.layout.blocks.placing.core import core_box
from nnfig.layout.blocks.placing.lanes import Rail, entry_sides, make_room, place_lanes
from nnfig.layout.blocks.placing.sums import place_sums, room_for_sums
from nnfig.layout.blocks.structure.chains import Chain
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.place import Placer


ROUNDS = 3
"""How often a chain is stretched so that the branches in its lanes have room."""

NEAR, DEEP = 0.6, 4
"""Price of a break for each module that holds what stands on both sides of it, and so many are counted."""


class Series:
    """One chain on its way to a box."""

    def __init__(self, placer: Placer, chain: Chain, lane_side: int = 0) -> None:
        self.p = placer
        self.air = placer.air
        self.lane_side = lane_side or placer.air.lane_side
        self.chain = chain
        self.n = len(chain.cuts)
        self.extra = [0.0] * self.n
        """Room added in the gap after a cut, where a lane's branch needs it."""
        self.rails: list[Rail] | None = None
        """What runs beside the chain, once it is known."""
        self.segment_boxes: list[Box | None] = []
        self.items: list[Box | None] = []

    def borrowed(self, i: int) -> bool:
        """Whether a cut belongs to the parent chain."""
        return self.chain.branch and i in (0, self.n - 1)

    def box(self) -> Box:
        """The chain laid out; again where a lane needs more room."""
        self._collect()
        box = self.lay()
        self._breaks(box)
        if self.chain.branch:
            self.p.branches[id(self.chain)] = self
        return box

    def again(self) -> None:
        """Lay the branch out with the room that was added."""
        self.p.done[id(self.chain)] = self.lay()

    @property
    def head(self) -> float:
        """Where the first item of a branch begins."""
        return self.top[1] + self.pads[1][0]

    @property
    def first_row(self) -> float:
        """The middle of the first item of a branch; its beginning where that is no node."""
        item = self.items[1]
        return self.top[1] + (item.leaf.at if item and item.leaf else 0.0)

    def row_after(self, i: int) -> float:
        """The middle of what stands behind cut i: of the first row where branches begin there."""
        segment, item = self.chain.segments[i], self.items[i + 1]
        if segment.branches:
            return self.begin[i] + max(self.p.branches[id(branch)].first_row for branch in segment.branches)
        if self.segment_boxes[i] or item is None:
            return self.begin[i]
        return self.top[i + 1] + (item.leaf.at if item.leaf else 0.0)

    def lay(self) -> Box:
        """Items and lanes placed, with the room that was added in gaps so far."""
        box = self._lay()
        if self.chain.lanes or self.chain.sums:
            for _ in range(ROUNDS):
                if not make_room(self) and not room_for_sums(self):
                    break
                box = self._lay()
            place_lanes(self, box)
            place_sums(self, box)
        return box

    def _collect(self) -> None:
        chain = self.chain
        self.segment_boxes = [self._segment(i) for i in range(self.n - 1)]
        self.items = []
        for i, sides in entry_sides(self).items():
            # a size is written on the side where no skip comes in
            if sides == {-self.lane_side} and 0 <= chain.cuts[i] < self.p.net.size:
                self.p.dims.setdefault(chain.cuts[i], self.lane_side)
        for i, item in enumerate(chain.cuts):
            if self.borrowed(i):
                self.items.append(None)
                continue
            self.items.append(self.p.item(item, self._span(i)))
        _even([box for box in self.items if box and box.frame and id(box) not in self.p.decorated])

    def _span(self, i: int) -> float:
        """How wide a merge is drawn so that branches run straight into it."""
        item = self.chain.cuts[i]
        if i == 0 or not 0 <= item < self.p.net.size:
            return 0.0
        segment, look = self.chain.segments[i - 1], self.p.net.looks[item]
        below = self.segment_boxes[i - 1]
        if len(segment.branches) < 3 or look.cls != "merge" or look.glyph or below is None:
            return 0.0
        ends = [abs(t) for t, pair in below.outs if self.p.links(pair)]
        return 2 * (max(ends, default=0.0) + 2 * self.air.pad)

    def _segment(self, i: int) -> Box | None:
        segment = self.chain.segments[i]
        if segment.branches:
            return parallel(self.p, segment)
        if segment.core:
            return core_box(self.p, segment.core, self.chain.cuts[i], self.chain.cuts[i + 1])
        return None

    def _lay(self) -> Box:
        chain, box = self.chain, Box()
        self.pads = [_pads(item) for item in self.items]
        """How far before and behind its node the box of an item reaches along the flow."""
        self.top, self.bottom, self.tap = [0.0] * self.n, [0.0] * self.n, [0.0] * self.n
        self.sides: list[tuple[float, float]] = [(0.0, 0.0)] * (self.n - 1)
        self.begin = [0.0] * (self.n - 1)
        """Where what lies between a cut and the next begins."""
        taps = {lane.i for lane in chain.lanes if self.p.links(lane.pair) or lane.branch}
        taps |= {chain.cuts.index(u) for sums in chain.sums for u, _ in sums.feeds}
        taps |= {chain.cuts.index(u) for segment in chain.segments for u, _ in segment.rails}
        s = 0.0
        for i in range(self.n):
            item = self.items[i]
            self.top[i] = s
            if item:
                box.put(item, s)
                s += item.length
            self.bottom[i] = s
            if i < self.n - 1:
                s = self._gap(box, i, s, i in taps)
        box.length = s
        return box

    def _gap(self, box: Box, i: int, s: float, tapped: bool) -> float:
        """Lay what lies between cut i and the next; the s where the next begins."""
        chain, air = self.chain, self.air
        u, v, segment, inner = chain.cuts[i], chain.cuts[i + 1], chain.segments[i], self.segment_boxes[i]
        out, into = s - self.pads[i][1], self.pads[i + 1][0]
        starts, ends = u == START and not self.borrowed(i), v == END and not self.borrowed(i + 1)
        self.tap[i] = s + (air.gap + air.tap) * (0.4 if not starts else 0.3)
        if inner is None:
            links = self.p.links((u, v)) if segment.joined else []
            gap = air.gap if links or not segment.joined else 0.0
            gap = gap + air.tap if tapped else gap
            if starts or ends:
                gap = air.gap * 0.7 if tapped or self._entered(i + 1) else 0.0 if links else gap
            if self.borrowed(i) or self.borrowed(i + 1):
                gap = gap if tapped or self._entered(i + 1) else 0.0
            label, back = (self.p.label((u, v)), self.p.back((u, v))) if links else ("", "")
            if label or back:
                tap = self.tap[i] - s if tapped else 0.0
                gap = max(gap, tap + self._labelled(box, links, label, back, s + tap))
            end = s + gap + self.extra[i]
            box.wires += [(k, [(out, 0.0), (end + into, 0.0)]) for k in links]
            if self.borrowed(i) and segment.joined:
                box.ins.append((0.0, (u, v)))
            if self.borrowed(i + 1) and segment.joined:
                box.outs.append((0.0, (u, v)))
            self.sides[i] = self._beside_arrow(label, back)
            return end
        self.sides[i] = (inner.before, inner.after)
        lead, trail = self._stubs(i, inner, starts, ends, tapped)
        begin = self.begin[i] = s + lead
        finish = begin + inner.length
        end = finish + trail + self.extra[i]
        box.put(inner, begin)
        self._rails(box, i, begin)
        after = self.items[i + 1]
        wide = after.leaf.width / 2 if after and after.leaf else 0.0
        straight = self._span(i + 1) > 0
        # a lane that leaves here too runs along the same bus
        fan_out = self.tap[i] if tapped else s + min(lead, air.bus) * 0.4
        fan_in = end - min(trail, air.bus) * 0.55
        for t, pair in inner.ins:
            links = self.p.links(pair)
            if self.borrowed(i):
                box.ins.append((t, pair))
                box.wires += [(k, [(s, t), (begin, t)]) for k in links]
            else:
                box.wires += [(k, [(out, 0.0), (fan_out, 0.0), (fan_out, t), (begin, t)]) for k in links]
        for t, pair in inner.outs:
            links = self.p.links(pair)
            if self.borrowed(i + 1):
                box.outs.append((t, pair))
                box.wires += [(k, [(finish, t), (end, t)]) for k in links]
            elif straight and abs(t) < wide:
                box.wires += [(k, [(finish, t), (end + into, t)]) for k in links]
            else:
                box.wires += [(k, [(finish, t), (fan_in, t), (fan_in, 0.0), (end + into, 0.0)]) for k in links]
        return end

    def _rails(self, box: Box, i: int, begin: float) -> None:
        """An earlier cut that feeds every branch: beside the trunk, then along a bus of its own."""
        chain, air, segment = self.chain, self.air, self.chain.segments[i]
        for u, pairs in segment.rails:
            at = chain.cuts.index(u)
            far = max(item.before if self.lane_side > 0 else item.after for item in self.items[at + 1 : i + 1] if item)
            t, bus = -self.lane_side * (far + air.lane), begin - 0.8 * air.gap
            for (start, _), branch, (_, s, across) in zip(pairs, segment.branches, self._branches(i), strict=False):
                head = branch.cuts[1]
                spot = across + 2.6 * air.unit
                way = [
                    (self.bottom[at] - self.pads[at][1], 0.0),
                    (self.tap[at], 0.0),
                    (self.tap[at], t),
                    (bus, t),
                    (bus, spot),
                ]
                way.append((begin + s + self.p.branches[id(branch)].head, spot))
                box.wires += [(k, way) for k in self.p.links((start, head))]
            box.reach(t)

    def _branches(self, i: int) -> list[tuple[Box, float, float]]:
        """The boxes of a segment's branches and where they stand in it."""
        inner = self.segment_boxes[i]
        return inner.parts if inner else []

    def _entered(self, i: int) -> bool:
        """Whether a lane ends at a cut."""
        return any(lane.j == i for lane in self.chain.lanes) or any(
            sums.end == self.chain.cuts[i] for sums in self.chain.sums
        )

    def _stubs(self, i: int, inner: Box, starts: bool, ends: bool, tapped: bool) -> tuple[float, float]:
        """Room before and behind branches or a core."""
        air = self.air
        real_in = [(t, pair) for t, pair in inner.ins if self.p.links(pair)]
        real_out = [(t, pair) for t, pair in inner.outs if self.p.links(pair)]
        lead = air.bus if len(real_in) > 1 or tapped or any(abs(t) > 0.1 for t, _ in real_in) else air.gap
        trail = air.bus if len(real_out) > 1 or any(abs(t) > 0.1 for t, _ in real_out) else air.gap
        if not real_in or (self.borrowed(i) and not tapped):
            lead = 0.0
        if self._entered(i + 1):
            trail = max(trail, air.gap)
        elif not real_out or self.borrowed(i + 1):
            trail = 0.0
        if starts and lead:
            lead = air.bus * 0.8
        if ends and trail:
            trail = max(air.bus * 0.5, 0.7 * air.gap)
        return lead + air.gap * len(self.chain.segments[i].rails), trail

    def _labelled(self, box: Box, links: list[int], label: str, back: str, s: float) -> float:
        """Put the labels of an edge and of its gradient beside their arrows; how long these must be."""
        air = self.air
        text = max(width(label, air.small), width(back, air.small)) + 3.2
        gap = air.small * 1.2 + 0.6 * air.gap if air.direction == "down" else text + 0.8 * air.gap
        if label:
            box.texts.append((links[0], s + (gap - 0.3 * air.gap) / 2, 0.0))
        near, far = self._beside_arrow(label, back)
        box.before, box.after = max(box.before, near), max(box.after, far)
        return gap

    def _beside_arrow(self, label: str, back: str) -> tuple[float, float]:
        """How far labels beside an arrow reach: the edge's on the right of a column and above a row."""
        air = self.air
        apart = 5.0 * air.unit

        def reach(text: str, more: float) -> float:
            high = width(text, air.small) if air.direction == "down" else 1.2 * air.small
            return high + 3.2 + more if text else 0.0

        one, other = reach(label, 0.0), reach(back, apart)
        return (other, one) if air.direction == "down" else (one, other)

    def _breaks(self, box: Box) -> None:
        """Note where the chain may be broken: in gaps and items that no lane runs beside."""
        chain = self.chain
        if chain.branch:
            return
        covered = [0] * (self.n + 1)
        passed = [0] * (self.n + 1)
        tapped = [False] * self.n
        beside = [(lane.i, lane.j) for lane in chain.lanes]
        beside += [(chain.cuts.index(sums.feeds[0][0]), chain.cuts.index(sums.end)) for sums in chain.sums]
        for a, b in beside:
            # a lane leaves the trunk some way below its source: before that, the trunk is alone
            tapped[a] = True
            if b > a + 1:
                covered[a + 1] += 1
                covered[b] -= 1
                passed[a + 1] += 1
                passed[b] -= 1
        for i in range(1, self.n):
            covered[i] += covered[i - 1]
            passed[i] += passed[i - 1]
        for i in range(self.n - 1):
            inside = chain.cuts[i] >= 0 and chain.cuts[i + 1] >= 0
            if not inside or covered[i]:
                continue
            price = NEAR * min(self.p.net.kinship(chain.cuts[i], chain.cuts[i + 1]), DEEP)
            if tapped[i] or self.segment_boxes[i] is not None:
                box.breaks.append((self.bottom[i] + 0.5 * (self.tap[i] - self.bottom[i]), price))
            else:
                box.breaks.append(((self.bottom[i] + self.top[i + 1]) / 2, price))
        for i, item in enumerate(self.items):
            if item and not passed[i]:
                box.breaks += [(self.top[i] + s, price) for s, price in item.breaks]


def _even(framed: list[Box]) -> None:
    """Make frames on one axis equally wide where they nearly are."""
    if not framed:
        return
    before, after = max(box.before for box in framed), max(box.after for box in framed)
    level_before = before - min(box.before for box in framed) <= 0.3 * before
    level_after = after - min(box.after for box in framed) <= 0.3 * after
    for box in framed:
        if box.frame and level_before:
            box.frame.t0 -= before - box.before
            box.before = before
        if box.frame and level_after:
            box.frame.t1 += after - box.after
            box.after = after


def _pads(item: Box | None) -> tuple[float, float]:
    leaf = item.leaf if item else None
    if item is None or leaf is None:
        return 0.0, 0.0
    return leaf.at - leaf.length / 2, item.length - leaf.at - leaf.length / 2
