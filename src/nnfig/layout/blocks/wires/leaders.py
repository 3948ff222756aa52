"""Lines from what an inset opens to the inset's frame, around everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnfig.graph import Look
from nnfig.layout.blocks.net import START, Link, Net
from nnfig.layout.blocks.page import Page, Rect, wire
from nnfig.layout.blocks.wires.route import TEXT, Board, Port, between
from nnfig.layout.scene import Wire
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.panels import Set

CLEAR = 2.0
"""As near to a text no leader runs: dots that touch a digit strike it out."""
ROUND = 6.0
"""As near to the corner of a frame no leader meets it."""


class _Figure(Board):
    """All panels as one board: an inset's frame is something to lead to, and not in its own way."""

    shares = (*Board.shares, 0.44, -0.44)

    def __init__(self, at: Page, made: Sequence[Set]) -> None:
        super().__init__(at, directed=False)
        self.texts = [text for s in made for text in s.page.written()]
        for s in made:
            a, _, _, d = s.rect
            if s.panel.title:
                self.texts.append((a, d - s.page.air.header, a + width(s.panel.title, s.page.air.font), d))
            for way in s.page.ways.values():
                self.note(way, -1)
        self.texts = [(a - CLEAR, b - CLEAR, c + CLEAR, d + CLEAR) for a, b, c, d in self.texts]

    def ports(self, node: int, leaves: bool) -> list[Port]:
        """A leader also meets a frame right across from where it leaves what the frame shows."""
        found = super().ports(node, leaves)
        if leaves:
            return found
        a, b, c, d = self.at.rects[node]
        for (x, y), _, level, _ in super().ports(self.at.net.links[0].source, True):
            ends = (((a, y), -1, 0), ((c, y), 1, 0)) if level else (((x, b), 0, -1), ((x, d), 0, 1))
            for (p, q), dx, dy in ends:
                outer = p + dx * self.gap / 2, q + dy * self.gap / 2
                struck = any(between((p, q), outer, text) for text in self.texts)
                if a + ROUND <= p <= c - ROUND or b + ROUND <= q <= d - ROUND:
                    found.append(((p, q), outer, level, TEXT if struck else 0.0))
        return found


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
