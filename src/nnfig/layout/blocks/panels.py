"""Several panels in one figure: insets beside or below what they open, each with a leader to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Panel
from nnfig.layout.blocks.choose import ROTATED, Choice, Room, best
from nnfig.layout.blocks.net import START, Net, net
from nnfig.layout.blocks.page import Page, Rect, frames, nodes, shifted, wires
from nnfig.layout.blocks.placing.lay_fold import astray, turning
from nnfig.layout.blocks.placing.sizes import Size
from nnfig.layout.blocks.strips import Strip, broken, strip
from nnfig.layout.blocks.structure.fold import find
from nnfig.layout.blocks.wires.gradients import backwards, sums
from nnfig.layout.blocks.wires.leaders import leaders
from nnfig.layout.parts import LEAST, Parts, corners
from nnfig.layout.scene import Frame
from nnfig.layout.text import width


@dataclass(frozen=True, slots=True)
class Set:
    """A panel at its place in the figure."""

    panel: Panel
    page: Page
    sizes: Sequence[Size]
    rect: Rect
    """Its outline; that of its frame for an inset."""

    @property
    def prefix(self) -> str:
        """What its names begin with."""
        return f"{self.panel.name}/" if self.panel.name else ""

    @property
    def frame(self) -> str:
        """Name of its frame."""
        return f"{self.panel.name}:frame"


def strips_of(panel: Panel) -> list[Strip]:
    """Ways of taking a panel apart, the better first."""
    numbers = net(panel)
    folded = _folded(numbers)
    return [folded, strip(numbers)] if folded else [strip(numbers)]


def _folded(numbers: Net) -> Strip | None:
    """The net folded, if it can be; rungs that begin or end beside a column become wires like others."""
    lost = frozenset[int]()
    for _ in range(2):
        fold = find(numbers, lost)
        if fold is None:
            return None
        folded = strip(numbers, fold)
        chain = folded.parts[START].chain
        if turning(chain, numbers, fold) is not None:
            return folded
        lost = astray(chain, numbers, fold)
        if not lost:
            return None
    return None


def alone(panel: Panel, choice: Choice) -> Set:
    """A panel that stands on its own."""
    at = broken(choice.whole, choice.rows)
    return Set(panel, at, choice.whole.sizes, at.extent())


def with_insets(
    panels: Sequence[Panel], room: Room, direction: str | None, font: float
) -> tuple[list[Set], tuple[str, ...]]:
    """The main panel with insets beside or below it, all with text of one size."""
    main, others = strips_of(panels[0]), [strips_of(panel) for panel in panels[1:]]
    found: list[tuple[float, list[Set], str]] = []
    size = font
    while True:
        for beside in (True, False):
            made = _arranged(panels, main, others, room, direction, size, beside)
            x0, y0, x1, y1 = _outline(made)
            over = max(0.0, (x1 - x0) / room.width - 1) + max(0.0, (y1 - y0) / room.height - 1)
            cost = (1000 * (over + 1) if over > 0.001 else 0.0) + 40 * (y1 - y0) / room.height + 12 * (font - size)
            cost += ROTATED * any(s.page.air.rotated for s in made)
            where = "beside" if beside else "below"
            found.append(
                (cost, made, f"insets {where}, text {size:g} pt: {x1 - x0:.0f} x {y1 - y0:.0f} pt, cost {cost:.0f}")
            )
        if min(found, key=lambda f: f[0])[0] < 1000 or size <= LEAST:
            break
        size = max(LEAST, size - 1.0)
    found.sort(key=lambda f: f[0])
    return found[0][1], tuple(words for _, _, words in found[:3])


def _arranged(
    panels: Sequence[Panel],
    main: list[Strip],
    others: list[list[Strip]],
    room: Room,
    direction: str | None,
    font: float,
    beside: bool,
) -> list[Set]:
    """Main panel and insets placed, in a column to the right or in rows below."""
    small = Room(room.width * (0.62 if beside else 1.0), room.height)
    made: list[Set] = []
    for panel, parts in zip(panels[1:], others, strict=False):
        choice, _ = best(parts, small, direction, font, fixed=True)
        made.append(_framed(panel, choice))
    gap = 16.0 * font / 8
    wide = max(map(_width, made))
    if beside:
        made = [_widened(s, wide - _width(s)) for s in made]
        rest = Room(max(60.0, room.width - wide - gap), room.height)
    else:
        rows = _rows(made, room.width, gap)
        high = sum(max(_height(s) for s in row) for row in rows) + gap * len(rows)
        rest = Room(room.width, max(60.0, room.height - high))
    choice, _ = best(main, rest, direction, font, fixed=True)
    first = alone(panels[0], choice)
    x0, y0, x1, y1 = first.rect
    placed = [first]
    if beside:
        total = sum(_height(s) for s in made) + gap * (len(made) - 1)
        y = max(y1, (y0 + y1) / 2 + total / 2)
        y = y1 if total > (y1 - y0) else (y0 + y1) / 2 + total / 2
        for s in made:
            placed.append(_moved(s, x1 + gap - s.rect[0], y - s.rect[3]))
            y -= _height(s) + gap
    else:
        y = y0 - gap
        rows = _rows(made, room.width, gap)
        totals = [sum(map(_width, row)) + gap * (len(row) - 1) for row in rows]
        for row, total in zip(rows, totals, strict=True):
            # all rows begin and end at one place
            x, more = (x0 + x1) / 2 - max(totals) / 2, (max(totals) - total) / len(row)
            for s in row:
                placed.append(_moved(_widened(s, more), x - s.rect[0] + more / 2, y - s.rect[3]))
                x += _width(s) + more + gap
            y -= max(_height(s) for s in row) + gap
    return placed


def _widened(s: Set, more: float) -> Set:
    """An inset with a wider frame, what it holds in the middle."""
    a, b, c, d = s.rect
    return replace(s, rect=(a - more / 2, b, c + more / 2, d))


def _width(s: Set) -> float:
    return s.rect[2] - s.rect[0]


def _framed(panel: Panel, choice: Choice) -> Set:
    """An inset with its frame, whose title stands above it."""
    made = alone(panel, choice)
    air = made.page.air
    x0, y0, x1, y1 = made.rect
    pad = air.pad * 1.4
    x1 = max(x1, x0 + width(panel.title, air.font) - 2 * pad)
    return Set(panel, made.page, made.sizes, (x0 - pad, y0 - pad, x1 + pad, y1 + pad + air.header))


def _height(s: Set) -> float:
    return s.rect[3] - s.rect[1]


def _rows(made: list[Set], room: float, gap: float) -> list[list[Set]]:
    """Insets in rows that keep to the width."""
    rows: list[list[Set]] = [[]]
    used = 0.0
    for s in made:
        wide = _width(s)
        if rows[-1] and used + gap + wide > room:
            rows.append([])
            used = 0.0
        rows[-1].append(s)
        used += wide + gap
    return rows


def _moved(s: Set, dx: float, dy: float) -> Set:
    a, b, c, d = s.rect
    return Set(s.panel, shifted(s.page, dx, dy), s.sizes, (a + dx, b + dy, c + dx, d + dy))


def _outline(made: Sequence[Set]) -> Rect:
    return (
        min(s.rect[0] for s in made),
        min(s.rect[1] for s in made),
        max(s.rect[2] for s in made),
        max(s.rect[3] for s in made),
    )


def parts(made: Sequence[Set]) -> Parts:
    """Everything that is drawn of some panels."""
    found = Parts()
    outlines: list[Frame] = []
    for s in made:
        ink = corners([((r[0], r[1]), (r[2], r[3])) for r in s.page.written()])
        if s.panel.role == "inset":
            a, b, c, d = s.rect
            members = tuple(s.prefix + name for name in s.page.net.names)
            head = s.page.air.header if s.panel.title else 0.0
            outlines.append(Frame(s.frame, a, b, c, d - head, title=s.panel.title, members=members, cls="inset"))
            ink += ((a, b), (c, d))
        found = Parts(
            (*found.nodes, *nodes(s.page, s.panel.graph, s.sizes, s.prefix), *sums(s.page, s.prefix)),
            (*found.wires, *wires(s.page, s.prefix), *backwards(s.page, s.prefix)),
            (*found.frames, *frames(s.page, s.prefix)),
            ink=(*found.ink, *ink),
        )
    return Parts(found.nodes, (*found.wires, *leaders(made)), (*found.frames, *outlines), ink=found.ink)
