"""YAML or JSON text -> dicts, lists and values that know their places; faults of the text itself -> Problems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from nnfig.errors import NnfigError, Problem

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 100
MAX_COPIES = 100_000
"""Entries that aliases may add beside those that are written."""

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


def parsed(text: str, filename: str) -> tuple[Any, Source]:
    """The document and its source.

    Raises:
        NnfigError: no YAML, empty, too large, nested too deep, with tags, or with aliases that multiply.
    """
    source = Source(filename, text.splitlines() or [""])
    if len(text) > MAX_BYTES:
        raise NnfigError(f"the file has more than {MAX_BYTES // 2**20} MiB", where=filename)
    if "\0" in text:
        raise NnfigError("the file is binary, expected YAML or JSON text", where=filename)
    if strange := _STRANGE.search(text):
        line = text.count("\n", 0, strange.start())
        what = f"the character U+{ord(strange[0]):04X} is not allowed in YAML"
        source.report(what, spot=Spot(line, strange.start() - text.rfind("\n", 0, strange.start()) - 1))
        source.stop()
    try:
        return build(text, source), source
    except yaml.MarkedYAMLError as error:
        unclosed = _unclosed(error)
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        spot = Spot(mark.line, mark.column) if mark else Spot(0, 0)
        line = source.lines[spot.line] if spot.line < len(source.lines) else ""
        source.report(*(unclosed or _explained(error, line, spot.column)), spot=spot)
    except yaml.YAMLError as error:
        source.report(f"this is no YAML: {error}", spot=Spot(0, 0))
    source.stop()
    raise AssertionError("a fault of the text has been reported")


_STRANGE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_BEGINNING = "a layer list begins with\nnnfig: 1\ninputs: {image: [1, 3, 224, 224]}\nlayers:\n- Conv2d 3x3, 64"


def _unclosed(error: yaml.MarkedYAMLError) -> tuple[str, str] | None:
    """Where something begins that the text never ends, YAML complains at the text's end, which helps nobody."""
    problem, context = str(error.problem), str(error.context)
    if error.context_mark is None:
        return None
    if "quoted scalar" in context and "end of stream" in problem:
        return "the text that begins here has no closing quote", ""
    if "while parsing a flow" in context and "did not find expected" in problem:
        bracket, end = ("[", "]") if "sequence" in context else ("{", "}")
        return f"after this '{bracket}' a comma or a closing '{end}' is missing", ""
    return None


def _explained(error: yaml.MarkedYAMLError, line: str, column: int) -> tuple[str, str]:
    """What the YAML reader complains about, in words for someone who writes layers."""
    problem = str(error.problem or error)
    tab = line[column : column + 1] == "\t" or "\t" in line[: len(line) - len(line.lstrip())]
    if tab:
        return "a tab; YAML is indented with spaces", "replace the tab by two spaces"
    if "nesting level" in problem or "nesting depth" in problem:
        return TOO_DEEP, ""
    if "mapping values are not allowed" in problem:
        return "a second colon in this entry", "quote text that holds ': ', or put `kind:` and `from:` on lines of their own"
    if "block" in str(error.context) and "did not find expected" in problem:
        return "this line does not fit the indentation above it", "entries of one list or mapping begin in one column"
    if "cannot start any token" in problem:
        return f"text cannot begin with '{line[column : column + 1]}'", "put it in quotes"
    context = f" {error.context}" if error.context else ""
    return f"this is no YAML: {problem}{context}", "is a bracket, a quote, a comma or an indentation missing?"


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
