"""Where columns of units stand: ranks from left to right, those of one rank over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnfig.layout.neurons.columns import Column, ranks
from nnfig.layout.text import LINE, width

RADIUS = 4.6
PITCH = 14.0
"""Distance of circles in a column, in pt."""

BESIDE = 4.0
"""Room between texts under neighbouring columns."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a column stands."""

    x: float
    y: float
    h: float
    """Height of its circles."""

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.y + self.h / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y - self.h / 2


def below(column: Column) -> tuple[str, ...]:
    """Size and what follows, one line each."""
    return (str(column.size), *column.words)


def height(column: Column) -> float:
    """Height of a column's circles."""
    places = column.units + (1 if column.dots_after else 0)
    return (places - 1) * PITCH + 2 * RADIUS


def across(found: Sequence[Column]) -> list[list[Column]]:
    """The columns of each rank."""
    rank = ranks(found)
    return [[column for column in found if rank[column.name] == at] for at in range(max(rank.values(), default=-1) + 1)]


def places(
    networks: Sequence[tuple[Sequence[Column], Mapping[str, Sequence[str]]]], spread: float, text: float
) -> tuple[float, list[float]]:
    """How far texts reach left of the first rank, and where each rank stands: the same for all compared networks.

    Args:
        networks: for each its columns, and the lines over the fan into each.
        spread: distance of ranks where texts need no more.
        text: the size of text.
    """
    halves: list[float] = []
    fans: list[float] = []
    for found, over in networks:
        for at, of in enumerate(across(found)):
            half = max(width(line, text) for column in of for line in below(column)) / 2
            fan = max((width(line, text) for column in of for line in over.get(column.name, ())), default=0.0)
            halves[at : at + 1] = [max([half, *halves[at : at + 1]])]
            fans[at : at + 1] = [max([fan, *fans[at : at + 1]])]
    xs = [0.0] if halves else []
    for before, after in pairwise(range(len(halves))):
        xs.append(xs[-1] + max(spread, halves[before] + halves[after] + BESIDE, fans[after] + BESIDE))
    return max([RADIUS, *halves[:1]]), xs


def spots(found: Sequence[Column], xs: Sequence[float], text: float, apart: float) -> dict[str, Spot]:
    """The place of every column.

    Args:
        found: the columns.
        xs: where each rank stands.
        text: the size of text.
        apart: room between the text of a column and the next column under it.
    """
    found_spots: dict[str, Spot] = {}
    for x, of in zip(xs, across(found), strict=False):
        heights = [height(column) for column in of]
        gaps = [LINE * text * len(below(column)) + apart for column in of[:-1]]
        y = (sum(heights) + sum(gaps)) / 2
        for column, h, gap in zip(of, heights, [*gaps, 0.0], strict=True):
            found_spots[column.name] = Spot(x, y - h / 2, h)
            y -= h + gap
    return found_spots
