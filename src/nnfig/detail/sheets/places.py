"""A YAML file -> plain values with the place of each, so that a fault can be shown with its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nnfig.errors import NnfigError, Problem

LIMIT = 1_000_000
"""Characters of a style sheet; more is no style sheet."""
DEPTH = 20
WIDEST = 100
"""Characters of a line that a message shows."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Loc = tuple[Any, ...]


@dataclass(frozen=True)
class Document:
    """Values of a YAML file and where each stands."""

    name: str
    value: Any
    places: dict[Loc, tuple[int, int]]
    lines: tuple[str, ...]

    def problem(self, loc: Sequence[Any], what: str, hint: str = "") -> Problem:
        """A fault at the innermost known place of `loc`, with the line and a caret."""
        loc = tuple(loc)
        while loc not in self.places and loc:
            loc = loc[:-1]
        line, column = self.places.get(loc, (0, 0))
        shown = self.lines[line] if line < len(self.lines) else ""
        cut = max(0, column - WIDEST // 2) if len(shown) > WIDEST else 0
        shown = f"{'…' if cut else ''}{shown[cut : cut + WIDEST]}"
        excerpt = f"{shown}\n{' ' * (column - cut + bool(cut))}^" if shown else ""
        return Problem(what, where=f"{self.name}:{line + 1}:{column + 1}", hint=hint, excerpt=excerpt)


def read_document(path: Path) -> Document:
    """The values of a YAML file.

    Raises NnfigError where it cannot be read, is no YAML, has a key twice, aliases, or is deep or long beyond reason.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NnfigError(f"cannot read the style sheet: {reason}", where=str(path)) from None
    if len(content) > LIMIT:
        raise NnfigError(f"has more than {LIMIT:,} characters, too many for a style sheet", where=str(path))
    document = Document(str(path), None, {}, tuple(content.splitlines()))
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, _LOADER)):
            raise NnfigError("YAML aliases (*name) are not read in style sheets", where=str(path))
        root = yaml.compose(content, _LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        document.places[()] = (mark.line, mark.column) if mark else (0, 0)
        raise NnfigError(document.problem((), f"no valid YAML: {error.problem}")) from None
    except yaml.YAMLError as error:
        raise NnfigError(f"no valid YAML: {error}", where=str(path)) from None
    faults: list[Problem] = []
    value = _value(root, (), document, faults) if root else {}
    if not isinstance(value, dict):
        faults.append(document.problem((), "expected keys such as extends, hide, rules"))
    if faults:
        raise NnfigError(*faults)
    return Document(document.name, value, document.places, document.lines)


def _value(node: yaml.Node, loc: Loc, document: Document, faults: list[Problem]) -> Any:
    document.places.setdefault(loc, (node.start_mark.line, node.start_mark.column))
    if len(loc) > DEPTH:
        faults.append(document.problem(loc, f"nested more than {DEPTH} deep"))
        return None
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            place = (*loc, name)
            document.places[place] = (key.start_mark.line, key.start_mark.column)
            if name in found:
                faults.append(document.problem(place, f"key '{name}' is given twice"))
            found[name] = _value(value, place, document, faults)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*loc, index), document, faults) for index, item in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    constructor = yaml.SafeLoader("")
    try:
        value = constructor.construct_object(node)
    except (yaml.YAMLError, ValueError):
        return str(node.value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(node.value)
