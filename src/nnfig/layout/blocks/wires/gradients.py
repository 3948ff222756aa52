"""Wires of derivatives: beside the wire that they run against, on its right hand, or on a way of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import dist

from nnfig.layout.blocks.page import Back, Page, Rect, port
from nnfig.layout.blocks.wires.route import Board
from nnfig.layout.blocks.wires.taps import NEAR
from nnfig.layout.scene import Node, Point, Side, Wire

APART = 5.0
"""Distance from the wire that it runs against, at 8 pt."""

CLEAR = 1.0
"""Room between that wire and a sum of gradients."""


def gradients(at: Page) -> list[Back]:
    """The ways of all gradient edges of a page, with where their labels stand."""
    forward = {(link.source, link.target): k for k, link in enumerate(at.net.links)}
    found: list[Back] = []
    board: Board | None = None
    for link in at.net.gradients:
        k = forward.get((link.target, link.source))
        if k is not None and k in at.ways:
            beside = _shifted(at.ways[k], APART * at.air.unit)
            spot, side = _label(beside, at.classes.get(k, "flow") == "skip", APART * at.air.unit)
            found.append(Back(link, beside[::-1], spot, side))
            continue
        board = board or Board(at, directed=False)
        way = board.way(link.source, link.target) or board.around(link.source, link.target)
        board.note(way, link.source)
        spot, side = _label(way[::-1], False, 0.0)
        found.append(Back(link, way, spot, side))
    met = [_met(back, found[:number] + found[number + 1 :]) for number, back in enumerate(found)]
    return [_labelled_before(back, met) for back in met]


def _met(back: Back, others: Sequence[Back]) -> Back:
    """A way that turns into the last piece of another to the same node ends there, with its label before."""
    if len(back.way) < 3:
        return back
    end, turn = back.way[-1], back.way[-2]
    trunks = [o.way for o in others if o.link.target == back.link.target and dist(o.way[-1], end) < NEAR]
    if not any(_between(turn, way[-2], end) and dist(way[-2], end) > dist(turn, end) + NEAR for way in trunks):
        return back
    own = back.way[:-1]
    spot, side = _label(own[::-1], False, 0.0)
    return replace(back, way=own, label_at=spot, label_side=side, meets=True)


def _labelled_before(back: Back, others: Sequence[Back]) -> Back:
    """A way with its label before the first sum that it runs through."""
    *before, turn, end = back.way
    ends = [o.way[-1] for o in others if o.meets and o.link.target == back.link.target]
    sums = [spot for spot in ends if _between(spot, turn, end)]
    if back.meets or not sums:
        return back
    spot, side = _label([max(sums, key=lambda spot: dist(spot, end)), turn, *before[::-1]], False, 0.0)
    return replace(back, label_at=spot, label_side=side)


def _between(spot: Point, one: Point, other: Point) -> bool:
    return abs(dist(one, spot) + dist(spot, other) - dist(one, other)) < NEAR


def _sums(at: Page) -> dict[str, tuple[int, Rect]]:
    """The outline of every sum of gradients and the node that takes it, by the sum's name."""
    radius = APART * at.air.unit - CLEAR
    met = [back for back in at.backs if back.meets]
    return {
        f"{at.net.names[back.link.target]}.sum{number}": (
            back.link.target,
            (x - radius, y - radius, x + radius, y + radius),
        )
        for number, back in enumerate(met)
        for x, y in [back.way[-1]]
    }


def sums(at: Page, prefix: str = "") -> list[Node]:
    """A circle with a plus where the ways of two gradients meet."""
    return [
        Node(
            prefix + name,
            (x0 + x1) / 2,
            (y0 + y1) / 2,
            x1 - x0,
            y1 - y0,
            "merge",
            "circle",
            ("+",),
            title="sum of gradients",
        )
        for name, (_, (x0, y0, x1, y1)) in _sums(at).items()
    ]


def backwards(at: Page, prefix: str = "") -> list[Wire]:
    """The wires of gradients, from sum to sum where ways meet."""
    places = {name: rect for name, (_, rect) in _sums(at).items()} | dict(zip(at.net.names, at.rects, strict=True))
    circles = _sums(at)
    made: list[Wire] = []
    for back in at.backs:
        stops = [(at.net.names[back.link.source], back.way[0]), *_stops(back, at)]
        for number, ((source, start), (target, end)) in enumerate(pairwise(stops)):
            inner = back.way[1:-1] if number == 0 else []
            way = [start, *inner, end]
            way[0] = _rim(start, way[1], places[source]) if number else start
            way[-1] = _rim(end, way[-2], places[target]) if target in circles else end
            out, out_shift = port(places[source], way[0], way[1])
            into, in_shift = port(places[target], way[-1], way[-2])
            wire = Wire(prefix + source, prefix + target, out, into, out_shift, in_shift, tuple(inner), "gradient")
            said = replace(wire, label=back.link.label, label_at=back.label_at, label_side=back.label_side)
            made.append(wire if number else said)
    return made


def _rim(middle: Point, towards: Point, rect: Rect) -> Point:
    """The point of a sum's circle that lies towards another point."""
    share = (rect[2] - rect[0]) / 2 / (dist(middle, towards) or 1.0)
    return middle[0] + share * (towards[0] - middle[0]), middle[1] + share * (towards[1] - middle[1])


def _stops(back: Back, at: Page) -> list[tuple[str, Point]]:
    """The sums that a way runs through after its last turn, and its end."""
    found = _sums(at)
    middles = {
        name: ((r[0] + r[2]) / 2, (r[1] + r[3]) / 2) for name, (node, r) in found.items() if node == back.link.target
    }
    end = back.way[-1]
    if back.meets:
        return [min(middles.items(), key=lambda item: dist(item[1], end))]
    passed = [item for item in middles.items() if _between(item[1], back.way[-2], end)]
    return [*sorted(passed, key=lambda item: -dist(item[1], end)), (at.net.names[back.link.target], end)]


def _shifted(way: Sequence[Point], by: float) -> list[Point]:
    """The way moved to its right hand."""
    normals: list[Point] = []
    for (xa, ya), (xb, yb) in pairwise(way):
        length = abs(xb - xa) + abs(yb - ya) or 1.0
        normals.append(((yb - ya) / length * by, -(xb - xa) / length * by))
    out = [(way[0][0] + normals[0][0], way[0][1] + normals[0][1])]
    for (x, y), m, n in zip(way[1:-1], normals, normals[1:], strict=False):
        dx = m[0] if abs(m[0]) > abs(n[0]) else n[0]
        dy = m[1] if abs(m[1]) > abs(n[1]) else n[1]
        out.append((x + dx, y + dy))
    out.append((way[-1][0] + normals[-1][0], way[-1][1] + normals[-1][1]))
    return out


def _label(way: Sequence[Point], over: bool, apart: float) -> tuple[Point, Side]:
    """The middle of the longest piece and the side away from the wire beside; beyond that wire for a skip."""
    (xa, ya), (xb, yb) = max(pairwise(way), key=lambda p: abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
    spot = (xa + xb) / 2, (ya + yb) / 2
    if abs(xb - xa) >= abs(yb - ya):
        right = xb > xa
        if over:
            return (spot[0], spot[1] + (apart if right else -apart)), "north" if right else "south"
        return spot, "south" if right else "north"
    up = yb > ya
    if over:
        return (spot[0] + (-apart if up else apart), spot[1]), "west" if up else "east"
    return spot, "east" if up else "west"
