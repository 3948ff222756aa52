"""Lanes beside a chain: skips and short branches, the shorter nearer to the trunk, on the side that crosses least."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nnfig.layout.blocks.boxes import Box, Spot
from nnfig.layout.blocks.net import END
from nnfig.layout.blocks.structure.chains import Lane
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.lay_chain import Series


LOOSE = 80.0
"""A branch of this length at 8 pt, which nothing feeds, makes room for itself near its end."""
MOST_SPANS = 120
"""More skips than this beside one chain all run on one side: nobody could follow them anyway."""


@dataclass(slots=True)
class Rail:
    """All lanes that leave one cut on one side: they share one rail."""

    i: int
    j: int
    side: int
    lanes: list[Lane]
    t: float = 0.0
    branch: Box | None = None
    loose: bool = False
    """Whether nothing feeds its branch, which then stands near its end."""


def make_room(series: Series) -> bool:
    """Stretch the chain where a branch is longer than what it runs beside; whether that was needed."""
    return sum(_stretches(series, rail) for rail in rails_of(series)) > 0


def place_lanes(series: Series, box: Box) -> None:
    """Route the lanes of a chain."""
    rails = rails_of(series)
    placed: dict[int, list[tuple[float, float, float, float]]] = {1: [], -1: []}
    for rail in rails:
        s0, s1 = _stretch(series, rail)
        near, far = _thickness(series, rail)
        t = clearance(series, rail) + series.air.lane + near
        for a, b, low, high in sorted(placed[rail.side], key=lambda p: p[2]):
            if a < s1 and s0 < b and t - near < high + series.air.lane and t + far > low - series.air.lane:
                t = high + series.air.lane + near
        rail.t = t
        placed[rail.side].append((s0, s1, t - near, t + far))
    for rail in rails:
        _route(series, box, rail)
        near, far = _thickness(series, rail)
        box.reach(rail.side * (rail.t + far + 0.5))


def entry_sides(series: Series) -> dict[int, set[int]]:
    """The sides on which lanes enter each cut."""
    found: dict[int, set[int]] = defaultdict(set)
    for rail in rails_of(series) if series.chain.lanes else ():
        for lane in rail.lanes:
            found[lane.j].add(rail.side)
    return found


def rails_of(series: Series) -> list[Rail]:
    """The rails, inner ones first; found once for a chain."""
    if series.rails is None:
        series.rails = _found_rails(series)
    return series.rails


def _found_rails(series: Series) -> list[Rail]:
    chain, default = series.chain, series.lane_side
    sides = _pages(tuple(sorted({(lane.i, lane.j) for lane in chain.lanes if not lane.branch})))
    by: dict[tuple[int, int], list[Lane]] = defaultdict(list)
    rails: list[Rail] = []
    for lane in chain.lanes:
        if lane.branch:
            inner = series.p.done[id(lane.branch)]
            loose = _is_loose(series, lane) and inner.length <= LOOSE * series.air.unit
            rails.append(Rail(lane.j - 1 if loose else lane.i, lane.j, default, [lane], branch=inner, loose=loose))
        else:
            # what stands beside an item takes the other side
            guests = series.chain.cuts[lane.j] in series.p.level.beside
            by[lane.i, default if guests else default * sides[lane.i, lane.j]].append(lane)
    for (i, side), lanes in by.items():
        rails.append(Rail(i, max(lane.j for lane in lanes), side, sorted(lanes, key=lambda k: k.j)))
    rails.sort(key=lambda r: (r.j - r.i, r.branch is None, r.i))
    return _boxes_outside(rails)


def _is_loose(series: Series, lane: Lane) -> bool:
    """Whether a lane holds something that is made from nothing, beside the inputs of the network."""
    if lane.branch is None or series.p.links((lane.branch.cuts[0], lane.branch.cuts[1])):
        return False
    first, branches = lane.branch.cuts[1], series.chain.segments[lane.i].branches
    return not branches or first >= series.p.net.size or series.p.net.layers[first] is not None


def _boxes_outside(rails: list[Rail]) -> list[Rail]:
    """A branch goes outside the plain rails that it crosses: they may not run through its boxes."""
    out = list(rails)
    for rail in rails:
        if rail.branch:
            crossing = [k for k, r in enumerate(out) if r.branch is None and r.side == rail.side and _crosses(r, rail)]
            at = out.index(rail)
            if crossing and max(crossing) > at:
                out.insert(max(crossing), out.pop(at))
    return out


def _crosses(a: Rail, b: Rail) -> bool:
    return a.i < b.i < a.j < b.j or b.i < a.i < b.j < a.j


@lru_cache(maxsize=64)
def _pages(order: tuple[tuple[int, int], ...]) -> dict[tuple[int, int], int]:
    """A side for each span: all on one, but for those that cross fewer others on the second."""
    side = dict.fromkeys(order, 1)
    if len(order) > MOST_SPANS:
        return side
    crossing: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for x, (a, b) in enumerate(order):
        for c, d in order[x + 1 :]:
            if c >= b:
                break
            if a < c < b < d:
                crossing[a, b].append((c, d))
                crossing[c, d].append((a, b))
    for _ in range(6):
        changed = False
        for span in sorted(crossing, key=lambda v: (v[1] - v[0], v)):
            same = sum(side[other] == side[span] for other in crossing[span])
            if 2 * same > len(crossing[span]):
                side[span] *= -1
                changed = True
        if not changed:
            break
    return side


def entry(series: Series, j: int, lane: Lane, side: int) -> tuple[float, float]:
    """Where a lane meets its target: s, and how far from the axis; 0: on the trunk before it."""
    item = series.items[j]
    if item is None or item.leaf is None or series.p.enters_inside(lane.pair):
        short = min(series.air.gap * 0.4, (series.top[j] - series.bottom[j - 1]) * 0.6)
        return series.top[j] - short, 0.0
    node, s = item.leaf.node, series.top[j] + item.leaf.at
    look = series.p.net.looks[node]
    if look.dims and not look.glyph and series.p.dims.get(node, -series.air.lane_side) == side:
        s -= 0.36 * item.leaf.length  # beside the text, which stands at the middle
    return s, item.leaf.width / 2


def _stretch(series: Series, rail: Rail) -> tuple[float, float]:
    """From where to where a rail runs."""
    start = series.top[rail.i] if series.borrowed(rail.i) else series.tap[rail.i]
    if rail.loose:
        # beside the item before, but behind what enters that
        entered = any(other.j == rail.i for other in rails_of(series))
        start = series.bottom[rail.i] if entered else series.top[rail.i]
    last = rail.lanes[-1]
    end = series.bottom[-1] if series.borrowed(rail.j) else entry(series, rail.j, last, rail.side)[0]
    return start, end


def _thickness(series: Series, rail: Rail) -> tuple[float, float]:
    """How far a rail reaches towards the trunk and away from it."""
    if rail.branch:
        pair = rail.branch.before, rail.branch.after
        return pair if rail.side > 0 else (pair[1], pair[0])
    air, text = series.air, ""
    for lane in rail.lanes:
        text = max(text, series.p.label(lane.pair), series.p.back(lane.pair), key=len)
    if text:
        # labels stand to the right of a column's wires and above a row's, gradients run on the other side
        back, label = 5.0 * air.unit, 3.2 + (width(text, air.small) if air.direction == "down" else 1.2 * air.small)
        return (back, label) if rail.side == air.lane_side else (label, back)
    return 0.0, 0.0


def _stretches(series: Series, rail: Rail) -> bool:
    """Make room along the chain for a branch in a lane; whether there was too little."""
    if not rail.branch:
        return False
    ends = rail.branch.outs if rail.j == series.n - 1 or rail.loose else rail.branch.ins
    if not any(series.p.links(pair) for _, pair in ends):
        return False
    s0, s1 = _stretch(series, rail)
    need = rail.branch.length + 1.4 * series.air.gap
    if s1 - s0 >= need - 0.01:
        return False
    series.extra[rail.j - 1] += need - (s1 - s0)
    return True


def clearance(series: Series, rail: Rail) -> float:
    """How far from the axis what the rail passes reaches."""
    k = 1 if rail.side > 0 else 0
    far = max(series.sides[i][k] for i in range(rail.i, rail.j))
    for i in range(rail.i + (not rail.loose), rail.j + 1):
        item = series.items[i]
        if item and i < rail.j:
            far = max(far, item.after if rail.side > 0 else item.before)
        elif item and item.leaf:
            far = max(far, item.leaf.width / 2)
        elif item:
            # it ends on the trunk, in front of a group
            far = max(far, 0.0)
    return far


def _route(series: Series, box: Box, rail: Rail) -> None:
    """Wires from the trunk below the source, along the rail, into the targets."""
    t = rail.side * rail.t
    for lane in rail.lanes:
        links = series.p.links(lane.pair)
        into, edge = entry(series, lane.j, lane, rail.side)
        lead: list[Spot] = [
            (series.bottom[rail.i] - series.pads[rail.i][1], 0.0),
            (series.tap[rail.i], 0.0),
            (series.tap[rail.i], t),
        ]
        if series.borrowed(rail.i):
            lead = [(series.top[0], t)]
        trail: list[Spot] = [(into, t), (into, rail.side * edge)]
        if not edge:
            trail.append((series.top[lane.j], 0.0))
        if series.borrowed(lane.j):
            trail = [(series.bottom[-1], t)]
        if rail.branch:
            _branch(series, box, rail, lane, lead, trail, t)
            continue
        if series.borrowed(rail.i):
            box.ins.append((t, lane.pair))
        if series.borrowed(lane.j):
            box.outs.append((t, lane.pair))
        box.wires += [(k, [*lead, *trail]) for k in links]


def _branch(series: Series, box: Box, rail: Rail, lane: Lane, lead: list[Spot], trail: list[Spot], t: float) -> None:
    """A short branch in its lane, level with what else its source feeds."""
    inner, chain = rail.branch, lane.branch
    if inner is None or chain is None:
        return
    s0, s1 = lead[-1][0], trail[0][0]
    side = series.p.branches[id(chain)]
    fed = any(series.p.links(pair) for _, pair in inner.ins)
    least, most = s0 + 0.7 * series.air.gap if fed else series.bottom[lane.i], s1 - inner.length - 0.7 * series.air.gap
    begin = min(max(least, series.row_after(lane.i) - side.first_row), max(least, most))
    loose_out = not any(series.p.links(pair) for _, pair in inner.outs)
    if series.chain.cuts[lane.j] == END and loose_out:
        begin = s0 + series.air.gap
    elif _is_loose(series, lane):
        begin = s1 - inner.length - series.air.gap
    box.put(inner, begin, t)
    for at, pair in inner.ins:
        if series.borrowed(lane.i):
            box.ins.append((t + at, pair))
        box.wires += [(k, [*lead[:-1], (lead[-1][0], t + at), (begin, t + at)]) for k in series.p.links(pair)]
    for at, pair in inner.outs:
        if series.borrowed(lane.j):
            box.outs.append((t + at, pair))
        end = (begin + inner.length, t + at)
        box.wires += [(k, [end, (trail[0][0], t + at), *trail[1:]]) for k in series.p.links(pair)]
    box.length = max(box.length, begin + inner.length)
