"""`define:` -> definitions with parameters; a use's arguments -> the values of these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnfig.sources.language.models import BlockModel, LayerModel
from nnfig.sources.language.short import Head, Piece, Report, Values, head, value
from nnfig.sources.language.words import meant_or

Item = LayerModel | BlockModel
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Definition:
    """Layers under a name."""

    name: str
    key: str
    """As it is written: `stage(channels, depth=2)`."""
    parameters: tuple[str, ...]
    defaults: Mapping[str, Any]
    body: Sequence[Item]


def definition(key: str, body: Sequence[Item], report: Report) -> Definition:
    """Read `stage(channels, depth=2)`."""
    parts = head(key)
    names: list[str] = []
    defaults: dict[str, Any] = {}
    for piece in parts.call or ():
        name, equals, text = (part.strip() for part in piece.text.partition("="))
        if not _NAME.fullmatch(name) or name == "input":
            report(f"'{name}' cannot be a parameter", "a parameter is a word, and not 'input'", piece.at)
        elif name in names:
            report(f"a second parameter '{name}'", "", piece.at)
        if equals:
            defaults[name] = value(text, {}, report, piece.at)
        elif defaults:
            report(f"'{name}' has no default, but stands after one that has", "", piece.at)
        names.append(name)
    if not _NAME.fullmatch(parts.kind) or parts.arguments:
        report(f"'{key}' is no definition", "write name(parameter, ...)", 0)
    return Definition(parts.kind, key, tuple(names), defaults, body)


def arguments(used: Definition, use: Head, values: Values, report: Report) -> dict[str, Any]:
    """Values of the definition's parameters in one use; `values` are those around the use."""
    given: dict[str, Any] = {}
    for position, piece in enumerate(use.call or ()):
        name, text = _named(piece)
        if not name:
            if position >= len(used.parameters):
                report(f"{used.key} is given too many arguments", "", piece.at)
                break
            name = used.parameters[position]
        if name not in used.parameters:
            report(f"{used.name} has no parameter '{name}'", meant_or(name, used.parameters), piece.at)
        elif name in given:
            report(f"{used.name} is given {name} twice", "", piece.at)
        elif not text.text:
            report("nothing stands between two commas", "", piece.at)
        else:
            given[name] = value(text.text, values, report, text.at)
    if use.arguments:
        hint = f"arguments stand in brackets: {used.key}"
        report(f"'{use.arguments[0].text}' after the definition '{used.name}'", hint, use.arguments[0].at)
    missing = [name for name in used.parameters if name not in given and name not in used.defaults]
    if missing:
        report(f"{used.name} is not given {', '.join(missing)}", f"it is defined as {used.key}", use.at)
    return {**dict.fromkeys(missing, 1), **used.defaults, **given}


def _named(piece: Piece) -> tuple[str, Piece]:
    """`depth=2` apart."""
    match = re.match(r"([A-Za-z_]\w*)\s*=\s*", piece.text)
    if not match:
        return "", piece
    return match[1], Piece(piece.text[match.end() :], piece.at + match.end())
