"""A document as dicts, lists and values that know their places, and what was found wrong with it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nnfig.errors import NnfigError, Problem

Path = tuple[str | int, ...]
"""Keys and positions from the top of the document: `("layers", 3, "from")`."""


class Spot(NamedTuple):
    """A place in the text, counted from 0."""

    line: int
    column: int
    plain: bool = False
    """Whether a value stands there letter by letter, so that a place inside it can be shown."""


class Map(dict[str, Any]):
    """A mapping; `keys_at` and `values_at` are the places of its entries, `at` is its own."""

    def __init__(self, at: Spot) -> None:
        super().__init__()
        self.at = at
        self.keys_at: dict[str, Spot] = {}
        self.values_at: dict[str, Spot] = {}

    def put(self, key: str, value: Any, key_at: Spot, at: Spot) -> None:
        """Set an entry with its places."""
        self[key] = value
        self.keys_at[key], self.values_at[key] = key_at, at


class Seq(list[Any]):
    """A list; `items_at` are the places of its entries, `at` is its own."""

    def __init__(self, at: Spot) -> None:
        super().__init__()
        self.at = at
        self.items_at: list[Spot] = []


@dataclass(slots=True)
class Source:
    """A text with its file's name, and what was found wrong with it so far."""

    filename: str
    lines: list[str]
    problems: dict[Problem, None] = field(default_factory=dict)

    def report(self, what: str, hint: str = "", *, spot: Spot, offset: int = 0) -> None:
        """Note a problem, once; `offset` counts letters into a value that stands there as it is."""
        column = spot.column + (offset if spot.plain else 0)
        line = self.lines[spot.line] if spot.line < len(self.lines) else ""
        excerpt = _excerpt(line, column)
        where = f"{self.filename}:{spot.line + 1}:{column + 1}"
        self.problems[Problem(what, where=where, hint=hint, excerpt=excerpt)] = None

    def stop(self) -> None:
        """Raise NnfigError if anything was found, in the order of the lines."""
        if self.problems:
            raise NnfigError(*sorted(self.problems, key=lambda p: [int(n) for n in p.where.rsplit(":", 2)[1:]]))


def _excerpt(line: str, column: int) -> str:
    """The line with a caret below the column; a long line is cut around it."""
    start = max(0, column - 60) if len(line) > 100 else 0
    shown = line[start : start + 100].rstrip().replace("\t", " ")
    before = line[start:column]
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
    return f"{'…' if start else ''}{shown}\n{' ' * (width + bool(start))}^"


def find(document: Any, path: Path) -> tuple[Spot, Spot]:
    """Places of the key and of the value at a path, or of the nearest that is there."""
    key_at = value_at = document.at if isinstance(document, (Map, Seq)) else Spot(0, 0)
    for step in path:
        if isinstance(document, Map) and step in document:
            key_at, value_at = document.keys_at[str(step)], document.values_at[str(step)]
            document = document[str(step)]
        elif isinstance(document, Seq) and isinstance(step, int) and step < len(document):
            key_at = value_at = document.items_at[step]
            document = document[step]
        else:
            break
    return key_at, value_at
