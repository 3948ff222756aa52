"""Which way of laying a strip out suits the page: direction, labels, font and rows, by cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nnfig.layout.blocks.air import LABEL, Air
from nnfig.layout.blocks.strips import Long, Strip, gutter, long, stub
from nnfig.layout.blocks.wrap import Rows, frames_split, rows, sides
from nnfig.layout.parts import LEAST

MANY = 400
"""More nodes than this are not tried in every way."""
CROWDED = 3.0
"""What takes so many pages with text of the usual size rarely fits one with the smallest."""
HOPELESS = 2.5
"""What takes so many pages with the smallest text fits one in no other direction either."""

HEIGHT, BREAK, SPLIT, TORN, FONT, ROTATED, NARROW, OVER, TURNED = 40.0, 8.0, 3.0, 12.0, 12.0, 24.0, 9.0, 400.0, 25.0
"""Costs: of the whole page's height, of a break between rows, of a frame broken and of one marked ×N, of a pt of font,
of rotated labels, of labels broken to keep boxes narrow, of exceeding the page by its own size, and of a cell that is
turned."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the figure may take, in pt."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A strip laid out and broken, with what it costs."""

    whole: Long
    rows: Rows
    width: float
    height: float
    cost: float
    fits: bool

    def pages(self, room: Room) -> float:
        """How many pages it covers."""
        return self.width * self.height / (room.width * room.height)

    @property
    def words(self) -> str:
        """The choice in words, for the report."""
        air, count = self.whole.air, self.rows.count
        lines = ("column" if air.direction == "down" else "row") + ("s" if count > 1 else "")
        turned = ", labels rotated" if air.rotated else ""
        folded = ", folded" if self.whole.strip.fold else ""
        return (
            f"{air.direction}, {count} {lines}, text {air.font:g} pt{turned}{folded}: "
            f"{self.width:.0f} x {self.height:.0f} pt, cost {self.cost:.0f}"
        )


def best(
    strips: list[Strip],
    room: Room,
    direction: str | None,
    font: float,
    fixed: bool = False,
    quick: bool = False,
) -> tuple[Choice, list[Choice]]:
    """The cheapest choice, and all that were weighed, cheapest first.

    Args:
        strips: ways of taking a net apart; later ones are tried where earlier ones do not fit.
        room: the page.
        direction: right, down, or None for either.
        font: preferred size of text.
        fixed: the text has just this size.
        quick: nobody wants to see what does not fit.
    """
    found: list[Choice] = []
    for part in strips:
        crowded = False
        for air in _ways(part, direction, font):
            tried = [laid(part, air, room)] if fixed else list(_sized(part, air, room, crowded))
            crowded = crowded or tried[0].pages(room) > CROWDED
            found += tried
            if quick and tried[-1].pages(room) > HOPELESS:
                break
        if any(choice.fits for choice in found):
            break
    found.sort(key=lambda choice: choice.cost)
    return found[0], found


def _ways(part: Strip, direction: str | None, font: float) -> Iterator[Air]:
    """Measures to try."""
    down, right = direction in (None, "down"), direction in (None, "right")
    if part.fold:
        yield Air(font, "down")
        yield Air(font, "down", label=60.0)
        return
    small = part.net.size <= MANY
    if down:
        yield Air(font, "down")
        if small:
            yield Air(font, "down", label=56.0)
    if right and small:
        yield Air(font, "right")
        yield Air(font, "right", label=48.0)
    if right:
        yield Air(font, "right", rotated=True)


def _sized(part: Strip, air: Air, room: Room, crowded: bool) -> Iterator[Choice]:
    """The layout with the largest font that fits; with the smallest where none does (asked first if crowded)."""
    if crowded and part.net.size <= MANY:
        last = laid(part, _with_font(air, LEAST, 0.7), room)
        yield last
        if not last.fits:
            return
    if part.net.size <= MANY:
        first = laid(part, air, room)
        yield first
        if first.fits or air.font <= LEAST:
            return
    least = laid(part, _with_font(air, LEAST), room)
    yield least
    if not least.fits:
        if part.net.size <= MANY:
            yield laid(part, _with_font(air, LEAST, 0.7), room)
        return
    low, high = LEAST, air.font
    for _ in range(2):
        middle = round(low + high) / 2
        if not low < middle < high:
            break
        tried = laid(part, _with_font(air, middle), room)
        yield tried
        if tried.fits:
            low = middle
        else:
            high = middle


def _with_font(air: Air, font: float, tight: float = 1.0) -> Air:
    return Air(font, air.direction, air.rotated, air.label, tight)


def laid(part: Strip, air: Air, room: Room) -> Choice:
    """The strip laid out with given measures, broken so that it keeps to the page if it can."""
    whole = long(part, air)
    along, across = (room.height, room.width) if air.direction == "down" else (room.width, room.height)
    limit = along - 2 * stub(air)
    cut = rows(whole.plan, along) if whole.plan.length <= along else rows(whole.plan, limit)
    before, after = sides(whole.plan, cut)
    wide = sum(before) + sum(after) + gutter(air) * (cut.count - 1)
    lengths = [b - a for a, b in pairwise(cut.cuts)]
    length = max(lengths) + (2 * stub(air) if cut.count > 1 else 0)
    width, height = (wide, length) if air.direction == "down" else (length, wide)
    over = max(0.0, width / room.width - 1) + max(0.0, height / room.height - 1)
    over = over if length > along + 0.1 or wide > across + 0.1 else 0.0
    cost = HEIGHT * height / room.height + BREAK * (cut.count - 1)
    cost += sum(TORN if part.net.group(g).repeat > 1 else SPLIT for g in frames_split(whole.plan, cut))
    cost += FONT * (8.0 - air.font) + (ROTATED if air.rotated else 0.0) + (OVER * (over + 1) if over else 0.0)
    cost += 20 * (1 - air.tight) + (NARROW if air.label < LABEL else 0.0)
    cost += TURNED if part.cell and (air.direction == "down" or air.rotated) else 0.0
    return Choice(whole, cut, width, height, cost, not over)
