"""Wires of derivatives: beside the wire that they run against, on its right hand, or on a way of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nnfig.layout.blocks.page import Back, Page
from nnfig.layout.blocks.route import Board
from nnfig.layout.scene import Point, Side

APART = 4.0
"""Distance from the wire that it runs against, at 8 pt."""


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
    return found


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
