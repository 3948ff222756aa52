"""A cell's grid becomes a box: columns as wide and rows as tall as what stands in them, wires through the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Box, Leaf
from nnfig.layout.blocks.boxes import Spot as Point
from nnfig.layout.blocks.cells.cells import Cell
from nnfig.layout.blocks.cells.grid import Spot, bundles
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.place import Placer

LABELLED = 2
"""A wire's label needs room of its own where it runs to the next column; longer ones have room."""

Track = tuple[int, int, int]
"""0 for a gap between columns or 1 for one between rows, its place, and the bundle of a wire that runs in it."""


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Where the places of one axis lie: middles of columns (or rows) and of the gaps between them."""

    middle: Mapping[int, float]
    length: float


def cell_box(placer: Placer, cell: Cell) -> Box:
    """The whole panel as the cell that it is."""
    air, spots, out = placer.air, cell.spots, Box()
    placer.dims |= _free_sides(placer, cell)
    boxes = {node: placer.leaf(node) for node in spots}
    leaves = {node: box.leaf for node, box in boxes.items() if box.leaf}
    bundle = bundles([(link.source, link.target) for link in placer.net.links])
    tracks, count = _tracks(bundle, cell)
    sides = {n: (leaves[n].at, box.length - leaves[n].at) for n, box in boxes.items()}
    least = _labels(placer, cell)
    for gap, room in _borders(placer, cell).items():
        least[gap] = max(least.get(gap, 0.0), room)
    columns = _ruler(spots, cell, 0, sides, air, count, least)
    rows = _ruler(spots, cell, 1, {n: (b.before, b.after) for n, b in boxes.items()}, air, count, least)
    zero = rows.middle[0]
    out.length = columns.length

    def point(place: Spot, bundle: int) -> Point:
        s, t = columns.middle[place[0]], rows.middle[place[1]] - zero
        if (0, place[0], bundle) in tracks:
            s += air.lane * (tracks[0, place[0], bundle] - (count[0, place[0]] - 1) / 2)
        if (1, place[1], bundle) in tracks:
            t += air.lane * (tracks[1, place[1], bundle] - (count[1, place[1]] - 1) / 2)
        return s, t

    for node, box in boxes.items():
        s, t = point(spots[node], node)
        out.put(box, s - leaves[node].at, t)
    for k, way in cell.ways.items():
        link = placer.net.links[k]
        bends = [point(place, bundle[k]) for place in way]
        bends[0] = _border(bends[0], way[0], way[1], leaves[link.source])
        bends[-1] = _border(bends[-1], way[-1], way[-2], leaves[link.target])
        out.wires.append((k, bends))
        together = [other for j in cell.ways if (other := placer.net.links[j]).source == link.source]
        if link.label and all(other.label == link.label for other in together):
            out.texts.append((k, *_middle(bends)))
        for _, t in bends:
            out.reach(t)
    return out


def _labels(placer: Placer, cell: Cell) -> dict[tuple[int, int], float]:
    """Room that labels of wires and of their gradients need in the gaps between columns (0) and rows (1)."""
    air, found = placer.air, dict[tuple[int, int], float]()
    level = 1 if air.direction == "right" else 0
    for k, way in cell.ways.items():
        link = placer.net.links[k]
        label = max(link.label, placer.gradients.get((link.target, link.source), ""), key=len)
        if not label:
            continue
        wide, high = width(label, air.small) + air.gap, 1.2 * air.small + air.gap
        for a, b in pairwise(way):
            here, along = (1, 0) if a[1] == b[1] else (0, 1)
            if abs(a[along] - b[along]) <= LABELLED:
                # along a level wire the whole label stands, along an upright one a line of it
                gap, room = (along, (a[along] + b[along]) // 2), wide if here == level else high
                found[gap] = max(found.get(gap, 0.0), room)
            if here != level:
                gap = (here, a[here] + (1 if b[along] < a[along] else -1))
                found[gap] = max(found.get(gap, 0.0), wide)
    return found


def _borders(placer: Placer, cell: Cell) -> dict[tuple[int, int], float]:
    """Room that frames of groups need in the gaps between columns, before their first and behind their last one."""
    air, held = placer.air, dict[int, list[int]]()
    for node, (column, _) in cell.spots.items():
        for group in placer.net.around(node):
            held.setdefault(group, []).append(column)
    title = air.header if air.direction == "down" else 0.0
    found: dict[tuple[int, int], float] = {}
    for columns in held.values():
        for gap, room in ((min(columns) - 1, title), (max(columns) + 1, 0.0)):
            found[0, gap] = max(found.get((0, gap), 0.0), air.gap + 2 * air.pad + room)
    return found


def _middle(bends: Sequence[Point]) -> Point:
    """Where a wire's label stands: the middle of the longest piece with the flow."""
    (sa, ta), (sb, tb) = max(pairwise(bends), key=lambda piece: abs(piece[1][0] - piece[0][0]))
    return (sa + sb) / 2, (ta + tb) / 2


def _free_sides(placer: Placer, cell: Cell) -> dict[int, int]:
    """For each node the side across the flow where no wire meets it, for its size; 0: behind it."""
    met: dict[int, set[int]] = {node: set() for node in cell.spots}
    for k, way in cell.ways.items():
        for node, here, there in ((placer.net.links[k].source, *way[:2]), (placer.net.links[k].target, *way[:-3:-1])):
            met[node].add((there[1] > here[1]) - (there[1] < here[1]))
    usual = -placer.air.lane_side
    return {n: next((side for side in (usual, -usual) if side not in sides), 0) for n, sides in met.items()}


def _border(middle: Point, here: Spot, there: Spot, leaf: Leaf) -> Point:
    """Where a wire meets a node's border."""
    right, down = (there[0] > here[0]) - (there[0] < here[0]), (there[1] > here[1]) - (there[1] < here[1])
    return middle[0] + right * leaf.length / 2, middle[1] + down * leaf.width / 2


def _tracks(bundle: Sequence[int], cell: Cell) -> tuple[dict[Track, int], dict[tuple[int, int], int]]:
    """For every wire in a gap its track there, and the number of tracks of each gap."""
    reach: dict[Track, tuple[int, int]] = {}
    for k, way in cell.ways.items():
        for a, b in pairwise(way):
            axis = 1 if a[1] == b[1] else 0
            if a[axis] % 2:
                key = (axis, a[axis], bundle[k])
                low, high = reach.get(key, (10**6, -(10**6)))
                ends = a[1 - axis], b[1 - axis]
                reach[key] = min(low, *ends), max(high, *ends)
    found: dict[Track, int] = {}
    taken: dict[tuple[int, int], list[int]] = {}
    for key, (low, high) in sorted(reach.items(), key=lambda item: (item[0][:2], item[1], item[0][2])):
        held = taken.setdefault(key[:2], [])
        free = next((i for i, end in enumerate(held) if end < low), len(held))
        held[free : free + 1] = [high]
        found[key] = free
    return found, {gap: len(held) for gap, held in taken.items()}


def _ruler(
    spots: Mapping[int, Spot],
    cell: Cell,
    axis: int,
    sides: Mapping[int, tuple[float, float]],
    air: Air,
    count: Mapping[tuple[int, int], int],
    least: Mapping[tuple[int, int], float],
) -> _Ruler:
    """Columns (or rows) that hold something one after another, with a gap between; others take no room."""
    held: dict[int, list[int]] = {}
    for node, spot in spots.items():
        held.setdefault(spot[axis], []).append(node)
    used = {*held, *_runs(cell.ways.values(), axis)}
    at, middle, pending = 0.0, dict[int, float](), 0.0
    places = range(min(used), max(used) + 1)
    for place in places:
        if place % 2:
            tracks = count.get((axis, place), 0)
            wide = air.gap + max(0, tracks - 1) * air.lane if tracks else 0.0
            wide = max(wide, least.get((axis, place), 0.0))
            middle[place] = at + pending + (wide or air.gap) / 2
            pending += wide
            continue
        if place not in used:
            middle[place] = at
            continue
        before = max((sides[n][0] for n in held.get(place, ())), default=0.0)
        after = max((sides[n][1] for n in held.get(place, ())), default=0.0)
        at += max(pending, air.gap) if place != places[0] else 0.0
        middle[place] = at + before
        at, pending = at + before + after, 0.0
    return _Ruler(middle, at + pending)


def _runs(ways: Iterable[Sequence[Spot]], axis: int) -> list[int]:
    """Places along which wires run."""
    return [a[axis] for way in ways for a, b in pairwise(way) if a[axis] == b[axis]]
