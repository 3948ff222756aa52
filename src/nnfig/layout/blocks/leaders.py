"""Lines from what an inset opens to the inset's frame, around everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnfig.graph import Look
from nnfig.layout.blocks.net import START, Link, Net
from nnfig.layout.blocks.page import Page, Rect, wire
from nnfig.layout.blocks.route import Board
from nnfig.layout.scene import Wire

if TYPE_CHECKING:
    from nnfig.layout.blocks.panels import Set


class _Figure(Board):
    """All panels as one board: an inset's frame is something to lead to, and not in its own way."""

    def __init__(self, at: Page, made: Sequence[Set]) -> None:
        super().__init__(at, directed=False)
        self.texts = [text for s in made for text in s.page.written()]
        for s in made:
            a, _, c, d = s.rect
            if s.panel.title:
                self.texts.append((a, d - s.page.air.header, c, d))
            for way in s.page.ways.values():
                self.note(way, -1)


def leaders(made: Sequence[Set]) -> list[Wire]:
    """One leader for each inset whose origin is drawn in another panel."""
    names: list[str] = []
    rects: list[Rect] = []
    for s in made:
        names += [s.prefix + name for name in s.page.net.names]
        rects += s.page.rects
    insets = [s for s in made if s.panel.role == "inset"]
    first = len(names)
    for s in insets:
        a, b, c, d = s.rect
        names.append(s.frame)
        rects.append((a, b, c, d - (s.page.air.header if s.panel.title else 0.0)))
    links: list[Link] = []
    for k, s in enumerate(insets):
        origin = _origin(s, made, names)
        if origin is not None:
            links.append(Link(origin, first + k))
    if not links:
        return []
    found: list[Wire] = []
    for link in links:
        # frames are in the way of other leaders only where these have nothing to do with them
        kept = [
            i for i in range(len(names)) if i < first or i == link.target or not _holds(rects[i], rects[link.source])
        ]
        new = {old: i for i, old in enumerate(kept)}
        net = Net(
            tuple(names[i] for i in kept), tuple(Look() for _ in kept), tuple(None for _ in kept),
            tuple(START for _ in kept), (), (Link(new[link.source], new[link.target]),),
        )  # fmt: skip
        walls = [rects[i] for i in kept]
        at = Page(net, made[0].page.air, walls, {}, [])
        board = _Figure(at, made)
        way = board.way(new[link.source], new[link.target])
        if way:
            found.append(wire(at, new[link.source], new[link.target], way, "leader", tip=False))
    return found


def _origin(s: Set, made: Sequence[Set], names: list[str]) -> int | None:
    """The node that an inset opens; for a group the first of its nodes that is drawn."""
    for other in made:
        if other is s:
            continue
        net = other.page.net
        if s.panel.of in net.names:
            return names.index(other.prefix + s.panel.of)
        for i in range(net.size):
            if any(net.group(group).path == s.panel.of for group in net.around(i)):
                return names.index(other.prefix + net.names[i])
    return None


def _holds(outer: Rect, inner: Rect) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
