"""Rows and what each takes go in; the wires beside them come out, as `git log --graph` draws branches.

A lane is a column in which a tensor runs down to the rows that take it. A row stands in its leftmost incoming
lane; the others run into it (`|/`), and a lane that is needed further down forks (`|\\`, or `|/|` where it
only gives).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

Line = tuple[tuple[str, int], ...]
"""Characters, each with the number of its lane's colour."""


@dataclass(frozen=True, slots=True)
class Step:
    """What stands beside one row."""

    before: tuple[Line, ...]
    """Lines in which lanes fork, join and move up, above the row."""
    at: Line
    """Beside the row itself: `* | |`."""
    above: Line
    """Lanes that run past a heading that stands above the row (and above `before`)."""
    after: tuple[Line, ...] = ()
    """Lines below the row in which lanes close up because its own ended."""
    unseen: tuple[str, ...] = ()
    """Names that the row takes and whose wire is not drawn, because too many ran side by side."""


@dataclass(slots=True)
class _Lane:
    source: str
    takers: list[int]
    """Numbers of the rows that still take it, last first."""
    color: int


@dataclass(slots=True)
class _Board:
    limit: int
    lanes: list[_Lane] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    colors: count[int] = field(default_factory=count)

    def bars(self) -> dict[int, tuple[str, int]]:
        return {2 * k: ("|", lane.color) for k, lane in enumerate(self.lanes)}

    def line(self, cells: dict[int, tuple[str, int]]) -> None:
        self.lines.append(_line(cells))

    def take_lines(self) -> tuple[Line, ...]:
        lines, self.lines = tuple(self.lines), []
        return lines

    def slide_left(self, cells: dict[int, tuple[str, int]], after: int) -> None:
        """Lanes right of `after` move one column to the left in this line."""
        for k in range(after + 1, len(self.lanes)):
            cells.pop(2 * k, None)
            cells[2 * k - 1] = ("/", self.lanes[k].color)

    def fork(self, at: int) -> None:
        """The lane's further takers get a lane of their own, right of it; the row stands in the old one."""
        lane = self.lanes[at]
        cells = {2 * k: ("|", self.lanes[k].color) for k in range(at + 1)}
        fresh = _Lane(lane.source, lane.takers[:-1], next(self.colors))
        cells[2 * at + 1] = ("\\", fresh.color)
        for k in range(at + 1, len(self.lanes)):
            cells[2 * k + 1] = ("\\", self.lanes[k].color)
        self.line(cells)
        lane.takers = lane.takers[-1:]
        self.lanes.insert(at + 1, fresh)

    def join(self, lane: _Lane, into: int) -> None:
        """Wire a lane into the row's one; it goes on below when others take it too."""
        at = self.lanes.index(lane)
        goes_on = len(lane.takers) > 1
        stroke = ("/", lane.color)
        first = self.bars()
        if not goes_on:
            first.pop(2 * at)
            self.slide_left(first, at)
        for column in range(2 * into + 3, 2 * at - 2, 2):
            first[column] = ("_", lane.color)
        first[2 * at - 1] = stroke
        self.line(first)
        if goes_on:
            lane.takers.pop()
        else:
            del self.lanes[at]
        if at > into + 1:
            self.line({**self.bars(), 2 * into + 1: stroke})

    def end(self, at: int) -> None:
        """Take a lane away; those right of it close up."""
        if at + 1 < len(self.lanes):
            cells = self.bars()
            cells.pop(2 * at)
            self.slide_left(cells, at)
            self.line(cells)
        del self.lanes[at]


def lanes(rows: Sequence[tuple[str, Sequence[str]]], limit: int = 12) -> list[Step]:
    """Draw the wires of rows that stand one below the other.

    Args:
        rows: name of each row, and names of earlier rows that it takes.
        limit: how many lanes may run side by side; of more, the one that is needed last is left out.

    >>> for step in lanes([("a", []), ("b", ["a"]), ("c", ["b", "a"])]):
    ...     for line in (*step.before, step.at):
    ...         print("".join(character for character, _ in line))
    *
    |\\
    * |
    |/
    *
    """
    number = {name: i for i, (name, _) in enumerate(rows)}
    takers: dict[str, list[int]] = {name: [] for name in number}
    for name, sources in reversed(rows):
        for source in dict.fromkeys(sources):
            takers[source].append(number[name])
    board = _Board(max(limit, 1))
    steps: list[Step] = []
    hidden: dict[int, list[str]] = {}
    for here, (name, _) in enumerate(rows):
        above = _line(board.bars())
        incoming = [lane for lane in board.lanes if lane.takers[-1] == here]
        if incoming:
            at = board.lanes.index(incoming[0])
            if len(incoming[0].takers) > 1:
                board.fork(at)
            for lane in incoming[1:]:
                board.join(lane, at)
            own = board.lanes[at]
        else:
            own = _Lane("", [], next(board.colors))
            board.lanes.append(own)
            at = len(board.lanes) - 1
        _thin_out(board, own, hidden)
        at = board.lanes.index(own)
        star = _line({**board.bars(), 2 * at: ("*", own.color)})
        before = board.take_lines()
        own.source, own.takers = name, takers[name]
        if not own.takers:
            board.end(at)
        steps.append(Step(before, star, above, board.take_lines(), tuple(hidden.pop(here, ()))))
    return steps


def _thin_out(board: _Board, keep: _Lane, hidden: dict[int, list[str]]) -> None:
    """Leave out the lanes that are needed last until no more than the limit are left."""
    while len(board.lanes) > board.limit:
        others = [lane for lane in board.lanes if lane is not keep]
        if not others:
            return
        last = max(others, key=lambda lane: lane.takers[-1])
        for row in last.takers:
            hidden.setdefault(row, []).append(last.source)
        board.end(board.lanes.index(last))


def _line(cells: dict[int, tuple[str, int]]) -> Line:
    if not cells:
        return ()
    return tuple(cells.get(column, (" ", -1)) for column in range(max(cells) + 1))
