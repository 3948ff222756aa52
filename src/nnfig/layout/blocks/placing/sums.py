"""Sums beside a chain stand in a line of their own, each level with the wire that feeds it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nnfig.layout.blocks.boxes import Box, Leaf, Spot
from nnfig.layout.blocks.placing.lanes import Rail, clearance, entry, rails_of
from nnfig.layout.blocks.structure.chains import Lane, Sums

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.lay_chain import Series


@dataclass(slots=True)
class _Stand:
    """A node and where its box begins along the flow."""

    box: Box
    leaf: Leaf
    begin: float

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.begin + self.leaf.at

    @property
    def start(self) -> float:
        """Where a wire enters it."""
        return self.middle - self.leaf.length / 2

    @property
    def end(self) -> float:
        """Where a wire leaves it."""
        return self.middle + self.leaf.length / 2

    @property
    def free(self) -> float:
        """Where what is written behind it ends."""
        return self.begin + self.box.length


@dataclass(slots=True)
class _Feed:
    """What leads from a cut to a sum, and from where on it may turn to it."""

    cut: int
    items: tuple[int, ...]
    nodes: list[_Stand]
    ready: float


def room_for_sums(series: Series) -> bool:
    """Stretch the chain where its last cut stands too early for the sums that it takes; whether that was needed."""
    short = False
    for sums in series.chain.sums:
        lane = _lane(series, sums)
        _, row = _along(series, sums)
        more = row[-1].free + 0.7 * series.air.gap - entry(series, lane.j, lane, -series.lane_side)[0]
        if more > 0.01:
            series.extra[lane.j - 1] += more
            short = True
    return short


def place_sums(series: Series, box: Box) -> None:
    """Put the sums beside the chain, away from its lanes, and join them to it."""
    for sums in series.chain.sums:
        feeds, row = _along(series, sums)
        side, lane = -series.lane_side, _lane(series, sums)
        near = _outside(series, lane)
        between = [node for feed in feeds for node in feed.nodes]
        wide = max((max(node.box.before, node.box.after) for node in between), default=0.0)
        mid, t = side * (near + wide), near + max(node.leaf.width / 2 for node in row)
        t = side * (t + (2 * wide + series.air.beside if between else 0.0))
        for node in (*between, *row):
            box.put(node.box, node.begin, t if node in row else mid)
        first = row[0]
        _join(series, box, feeds[0], sums.row[0], mid, [(feeds[0].ready, t), (first.start, t)])
        for feed, node, taker in zip(feeds[1:], row, sums.row, strict=True):
            turn = mid if feed.nodes else side * near
            end = [(node.middle, turn), (node.middle, t - side * node.leaf.width / 2)]
            _join(series, box, feed, taker, mid, end)
        for pair, (one, other) in zip(pairwise(sums.row), pairwise(row), strict=True):
            box.wires += [(k, [(one.end, t), (other.start, t)]) for k in series.p.links(pair)]
        into, edge = entry(series, lane.j, lane, side)
        tail: list[Spot] = [(row[-1].end, t), (into, t), (into, side * edge)]
        tail += [] if edge else [(series.top[lane.j], 0.0)]
        box.wires += [(k, tail) for k in series.p.links(lane.pair)]


def _join(series: Series, box: Box, feed: _Feed, taker: int, t: float, end: list[Spot]) -> None:
    """The wires from a cut through what stands between to a sum."""
    tap = series.tap[feed.cut]
    way: list[Spot] = [(series.bottom[feed.cut] - series.pads[feed.cut][1], 0.0), (tap, 0.0)]
    way += [(tap, t)] if feed.nodes else []
    ways: list[list[Spot]] = []
    for node in feed.nodes:
        ways.append([*way, (node.start, t)])
        way = [(node.end, t), (end[0][0], t)]
    chain = (series.chain.cuts[feed.cut], *feed.items, taker)
    for pair, each in zip(pairwise(chain), [*ways, [*way, *end]], strict=True):
        box.wires += [(k, each) for k in series.p.links(pair)]


def _along(series: Series, sums: Sums) -> tuple[list[_Feed], list[_Stand]]:
    """What leads to the sums, and the sums, each with its place along the flow."""
    gap = 0.7 * series.air.gap
    feeds: list[_Feed] = []
    for source, items in sums.feeds:
        cut = series.chain.cuts.index(source)
        feed = _Feed(cut, items, [], series.tap[cut])
        for item in items:
            box, leaf = _node(series, item)
            # the first one is level with what follows on the chain
            level = series.row_after(cut) - leaf.at if not feed.nodes else 0.0
            feed.nodes.append(_Stand(box, leaf, max(feed.ready + (0.0 if feed.nodes else gap), level)))
            feed.ready = feed.nodes[-1].free + gap
        feeds.append(feed)
    row: list[_Stand] = []
    free = feeds[0].ready + gap
    for item, feed in zip(sums.row, feeds[1:], strict=True):
        box, leaf = _node(series, item)
        row.append(_Stand(box, leaf, max(free, feed.ready - leaf.at)))
        free = row[-1].free + gap
    return feeds, row


def _node(series: Series, item: int) -> tuple[Box, Leaf]:
    box = series.p.item(item)
    assert box.leaf, "groups stay in the flow"
    return box, box.leaf


def _lane(series: Series, sums: Sums) -> Lane:
    """The sums as a lane, from the first cut that feeds them to the one that takes them."""
    cuts = series.chain.cuts
    return Lane(cuts.index(sums.feeds[0][0]), cuts.index(sums.end), (sums.row[-1], sums.end))


def _outside(series: Series, lane: Lane) -> float:
    """How far from the axis the first thing stands: beyond what it passes, and the rails there."""
    side = -series.lane_side
    own = Rail(lane.i, lane.j, side, [lane])
    rails = [rail for rail in rails_of(series) if rail.side == side and rail.i < lane.j and lane.i < rail.j]
    return max([clearance(series, own), *(rail.t for rail in rails)]) + series.air.lane
