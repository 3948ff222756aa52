"""Ways for the wires that structure does not give: around nodes and text, along the axes, with few bends and crossings.

A* on the lines that the outlines of a page suggest. What a wire shares with others of the same source costs nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nnfig.layout.blocks.page import Page, Rect
from nnfig.layout.scene import Point

BEND = 12.0
CROSSING = 16.0
LEAVING = 30.0
"""Price of crossing a frame that holds both ends."""
TEXT = 120.0
"""Price of running through text, in pt of way."""
MOST_NODES = 260
"""A search among more nodes than this is not made: the wire goes around everything."""
MOST_STEPS = 40_000
"""So many steps all searches on a page may take; wires after that go around everything."""

Port = tuple[Point, Point, bool, float]
"""Where a wire may meet a node, the end of its stub, whether that is level, and the price."""

Piece = tuple[float, float, float, int]
"""Where a straight piece of wire lies, from where to where, and the node it comes from."""


def route(at: Page, links: Sequence[int]) -> None:
    """Give every one of the links a way on the page, short ones first."""
    if not links:
        return
    board = Board(at)

    def distance(k: int) -> tuple[float, int]:
        a, b = at.rects[at.net.links[k].source], at.rects[at.net.links[k].target]
        return abs(a[0] - b[0]) + abs(a[1] - b[1]), k

    for k in sorted(links, key=distance):
        link = at.net.links[k]
        way = board.way(link.source, link.target) or board.around(link.source, link.target)
        at.ways[k] = way
        board.note(way, link.source)
        board.ends[link.source].append(way[0])
        board.ends[link.target].append(way[-1])


@dataclass(slots=True)
class _Lines:
    """The grid around one wire: places of its lines, and what each line meets."""

    xs: list[float]
    ys: list[float]
    walls: dict[tuple[bool, int], list[tuple[float, float]]] = field(default_factory=dict)
    texts: dict[tuple[bool, int], list[tuple[float, float]]] = field(default_factory=dict)
    costs: dict[tuple[bool, int, int], float] = field(default_factory=dict)
    level: list[Piece] = field(default_factory=list)
    """Pieces of wire nearby that run level, by their place; and upright ones."""
    upright: list[Piece] = field(default_factory=list)
    frames: list[Rect] = field(default_factory=list)
    """Frames that hold both ends."""


class Board:
    """Everything that a way must mind."""

    shares = (0.0, 0.3, -0.3)
    """Where along a side of a box a wire may meet it."""

    def __init__(self, at: Page, directed: bool = True) -> None:
        self.at = at
        self.directed = directed
        self.gap = at.air.lane
        self.texts = at.written()
        self.steps = 0
        self.outer: dict[int, float] = {}
        """Where the way around everything runs for each source that has one."""
        self.level: list[Piece] = []
        self.upright: list[Piece] = []
        self.ends: dict[int, list[Point]] = {i: [] for i in range(len(at.rects))}
        for k, way in at.ways.items():
            link = at.net.links[k]
            self.note(way, link.source)
            self.ends[link.source].append(way[0])
            self.ends[link.target].append(way[-1])

    def note(self, way: Sequence[Point], source: int) -> None:
        """Remember a wire."""
        for (xa, ya), (xb, yb) in pairwise(way):
            if abs(ya - yb) < 1e-6:
                self.level.append((ya, min(xa, xb), max(xa, xb), source))
            elif abs(xa - xb) < 1e-6:
                self.upright.append((xa, min(ya, yb), max(ya, yb), source))

    def ports(self, node: int, leaves: bool) -> list[Port]:
        """Where a wire may meet a node: the point, the end of its stub, whether that is level, and the price."""
        x0, y0, x1, y1 = self.at.rects[node]
        cx, cy, stub = (x0 + x1) / 2, (y0 + y1) / 2, 0.6 * self.gap
        glyph = bool(self.at.net.looks[node].glyph)
        down = self.at.air.direction == "down"
        found: list[Port] = []
        for share in (0.0,) if glyph else self.shares:
            dx, dy = share * (x1 - x0), share * (y1 - y0)
            more = 4.0 if share else 0.0
            against = {
                "north": down and leaves, "south": down and not leaves,
                "west": not down and leaves, "east": not down and not leaves,
            }  # fmt: skip
            for side, end, outer, level in (
                ("east", (x1, cy + dy), (x1 + stub, cy + dy), True),
                ("west", (x0, cy + dy), (x0 - stub, cy + dy), True),
                ("north", (cx + dx, y1), (cx + dx, y1 + stub), False),
                ("south", (cx + dx, y0), (cx + dx, y0 - stub), False),
            ):
                crowded = any(abs(end[0] - p[0]) + abs(end[1] - p[1]) < 3.4 for p in self.ends[node])
                price = more + (30.0 if self.directed and against[side] else 0.0)
                price += (6.0 if leaves else 40.0) if crowded else 0.0
                price += TEXT if any(between(end, outer, text) for text in self.texts) else 0.0
                found.append((end, outer, level, price))
        return found

    def way(self, source: int, target: int) -> list[Point] | None:
        """The cheapest way, or None where the search would be too large or finds none."""
        starts = self.ports(source, True)
        goals = self.ports(target, False)
        lines = self._lines(source, target, [p[1] for p in (*starts, *goals)]) if self.steps < MOST_STEPS else None
        if lines is None:
            return None
        ix = {x: i for i, x in enumerate(lines.xs)}
        iy = {y: i for i, y in enumerate(lines.ys)}
        ends = {(ix[outer[0]], iy[outer[1]]): (end, level, price) for end, outer, level, price in reversed(goals)}
        best: dict[tuple[int, int, bool], float] = {}
        came: dict[tuple[int, int, bool], tuple[tuple[int, int, bool] | None, Point | None]] = {}
        heap: list[tuple[float, int, tuple[int, int, bool]]] = []
        goal = self.at.rects[target]
        gx, gy = (goal[0] + goal[2]) / 2, (goal[1] + goal[3]) / 2
        reach = (goal[2] - goal[0] + goal[3] - goal[1]) / 2 + 2 * self.gap

        def push(
            state: tuple[int, int, bool], cost: float, before: tuple[int, int, bool] | None, end: Point | None
        ) -> None:
            if cost < best.get(state, 1e18) - 1e-9:
                best[state] = cost
                came[state] = before, end
                far = abs(lines.xs[state[0]] - gx) + abs(lines.ys[state[1]] - gy)
                heapq.heappush(heap, (cost + max(0.0, far - reach), len(came), state))

        for end, outer, level, price in starts:
            push((ix[outer[0]], iy[outer[1]], level), price, None, end)
        finish: tuple[float, tuple[int, int, bool], Point] | None = None
        closed: set[tuple[int, int, bool]] = set()
        while heap:
            guess, _, state = heapq.heappop(heap)
            if finish and guess >= finish[0]:
                break
            if state in closed:
                continue
            closed.add(state)
            self.steps += 1
            if self.steps > MOST_STEPS:
                return None
            i, j, level = state
            cost = best[state]
            if (i, j) in ends:
                end, goal_level, price = ends[i, j]
                total = cost + price + (BEND if goal_level != level else 0.0)
                if finish is None or total < finish[0]:
                    finish = total, state, end
            for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                a, b = i + di, j + dj
                if 0 <= a < len(lines.xs) and 0 <= b < len(lines.ys):
                    step = self._step(lines, min(i, a), min(j, b), dj == 0, source)
                    if step < 1e17:
                        turn = BEND if (dj == 0) != level else 0.0
                        push((a, b, dj == 0), cost + step + turn, state, None)
        if finish is None:
            return None
        points = [finish[2]]
        at: tuple[int, int, bool] | None = finish[1]
        while at is not None:
            points.append((lines.xs[at[0]], lines.ys[at[1]]))
            at, end = came[at]
            if end is not None:
                points.append(end)
        return tidy(points[::-1])

    def around(self, source: int, target: int) -> list[Point]:
        """A way outside everything."""
        a, b = self.at.rects[source], self.at.rects[target]
        if source not in self.outer:
            _, _, x1, y1 = self.at.extent()
            self.outer[source] = (x1 if self.at.air.direction == "down" else y1) + self.gap
        if self.at.air.direction == "down":
            ya, yb, x = (a[1] + a[3]) / 2, (b[1] + b[3]) / 2, self.outer[source]
            return [(a[2], ya), (x, ya), (x, yb), (b[2], yb)]
        xa, xb, y = (a[0] + a[2]) / 2, (b[0] + b[2]) / 2, self.outer[source]
        return [(xa, a[3]), (xa, y), (xb, y), (xb, b[3])]

    def _lines(self, source: int, target: int, points: list[Point]) -> _Lines | None:
        """The grid around two nodes."""
        a, b = self.at.rects[source], self.at.rects[target]
        wide = 80.0
        area = (min(a[0], b[0]) - wide, min(a[1], b[1]) - wide, max(a[2], b[2]) + wide, max(a[3], b[3]) + wide)
        near = [r for r in self.at.rects if _meets(r, area)]
        if len(near) > MOST_NODES:
            return None
        texts = [r for r in self.texts if _meets(r, area)]
        frames = [r for _, r, _ in self.at.frames if _meets(r, area)]
        gap, xs, ys = self.gap, {p[0] for p in points}, {p[1] for p in points}
        for r in near:
            xs |= {r[0] - gap, r[2] + gap, r[0] - 2 * gap, r[2] + 2 * gap, (r[0] + r[2]) / 2}
            ys |= {r[1] - gap, r[3] + gap, (r[1] + r[3]) / 2, r[1] - gap / 2, r[3] + gap / 2}
        for r in (*texts, *frames):
            xs |= {r[0] - gap, r[2] + gap}
            ys |= {r[1] - gap, r[3] + gap}
        inside = {*self.at.net.around(source)} & {*self.at.net.around(target)}
        fixed_x, fixed_y = {p[0] for p in points}, {p[1] for p in points}
        lines = _Lines(_thin(xs, fixed_x), _thin(ys, fixed_y))
        lines.frames = [r for group, r, _ in self.at.frames if group in inside]
        lines.level = sorted(p for p in self.level if area[1] <= p[0] <= area[3] and p[1] < area[2] and area[0] < p[2])
        lines.upright = sorted(
            p for p in self.upright if area[0] <= p[0] <= area[2] and p[1] < area[3] and area[1] < p[2]
        )
        margin = 0.4 * gap
        for upright, places in ((True, lines.xs), (False, lines.ys)):
            k = 0 if upright else 1
            for rects, into, m in ((near, lines.walls, margin), (texts, lines.texts, 0.5)):
                for r in rects:
                    low = bisect_right(places, r[k] - m)
                    high = bisect_left(places, r[k + 2] + m)
                    for i in range(low, high):
                        into.setdefault((upright, i), []).append((r[1 - k] - m, r[3 - k] + m))
            for r in frames:
                for edge in (r[k], r[k + 2]):
                    for i in range(bisect_left(places, edge - 2), bisect_right(places, edge + 2)):
                        lines.texts.setdefault((upright, i), []).append((r[1 - k], r[3 - k]))
        return lines

    def _step(self, lines: _Lines, i: int, j: int, level: bool, source: int) -> float:
        """The price of one step from grid point (i, j) to the right or up."""
        key = (level, i, j)
        if key in lines.costs:
            return lines.costs[key]
        if level:
            low, high, place, line = lines.xs[i], lines.xs[i + 1], lines.ys[j], (False, j)
            along, across = lines.level, lines.upright
        else:
            low, high, place, line = lines.ys[j], lines.ys[j + 1], lines.xs[i], (True, i)
            along, across = lines.upright, lines.level
        cost = high - low
        if any(a < high and low < b for a, b in lines.walls.get(line, ())):
            cost = 1e18
        else:
            cost += sum(
                TEXT * min(1.0, (min(b, high) - max(a, low)) / 6)
                for a, b in lines.texts.get(line, ())
                if a < high and low < b
            )
            own = False
            near = 0.55 * self.gap
            for p, a, b, whose in along[bisect_left(along, (place - near,)) : bisect_left(along, (place + near,))]:
                if a < high and low < b:
                    if whose == source and abs(p - place) < 0.1:
                        own = True
                    else:
                        cost += 6 * (min(b, high) - max(a, low))
            for _, a, b, whose in across[bisect_left(across, (low,)) : bisect_left(across, (high,))]:
                if a < place < b and whose != source:
                    cost += CROSSING
            k = 0 if level else 1
            for r in lines.frames:
                if r[1 - k] < place < r[3 - k]:
                    cost += LEAVING * ((low < r[k] <= high) + (low < r[k + 2] <= high))
            if own:
                cost = min(cost, 0.3 * (high - low))
        lines.costs[key] = cost
        return cost


def tidy(way: Sequence[Point]) -> list[Point]:
    """The way without points that lie on a straight piece or upon each other."""
    out: list[Point] = []
    for p in way:
        if out and abs(p[0] - out[-1][0]) < 1e-6 and abs(p[1] - out[-1][1]) < 1e-6:
            continue
        if len(out) > 1 and any(abs(out[-2][k] - p[k]) < 1e-6 and abs(out[-1][k] - p[k]) < 1e-6 for k in (0, 1)):
            out.pop()
        out.append(p)
    return out


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def between(a: Point, b: Point, r: Rect) -> bool:
    """Whether a stub runs through an outline."""
    low = min(a[0], b[0]), min(a[1], b[1])
    high = max(a[0], b[0]), max(a[1], b[1])
    return (low[0] < r[2] and r[0] < high[0] and low[1] <= r[3] and r[1] <= high[1]) or (
        low[0] <= r[2] and r[0] <= high[0] and low[1] < r[3] and r[1] < high[1]
    )


def _thin(places: set[float], fixed: set[float]) -> list[float]:
    """The places in order, without those that lie next to others; fixed ones stay."""
    out: list[float] = []
    for p in sorted(places):
        if out and p - out[-1] < 0.8:
            if p in fixed and out[-1] not in fixed:
                out[-1] = p
            elif p in fixed and p != out[-1]:
                out.append(p)
            continue
        out.append(p)
    return out
