"""A figure's file and the network as it is now go in; what the figure says that is no longer true comes out.

The network is drawn again as the figure's first lines say, and the two files' macros are compared: layers, their
facts and sizes, edges, repeats. Places, labels and looks are the author's, and are not compared.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nnfig.emit import layer_name
from nnfig.emit.parse import Macro, macros
from nnfig.errors import NnfigError, Problem
from nnfig.figure import draw
from nnfig.graph import Graph
from nnfig.options import Options

LIMIT = 20_000_000
"""Bytes of a figure's file; more is no figure."""

LOOKS = frozenset(
    (
        *("at", "size", "rotate", "depth", "seams", "bands", "window", "copied", "edge", "dims at", "style"),
        *("label", "title", "title at", "repeat at", "out", "in", "out shift", "in shift", "via", "label at"),
        *("label side", "crossed", "dots after", "count", "name", "top", "side", "below"),
    )
)
"""Options that say where and how, not what."""

LISTS = ("show", "hide", "merge", "open", "close", "inset", "style", "compare")
"""Options that can be given more than once."""


def check(path: str | Path, graph: Graph) -> list[Problem]:
    """Every way in which the figure no longer tells the truth about the network; empty when it does.

    Args:
        path: a `.tex` that nnfig wrote, edited or not.
        graph: the network as it is now.

    Raises:
        NnfigError: the file cannot be read, or is no figure of nnfig.
    """
    path = Path(path)
    text = _read(path)
    drawn = macros(text)
    if not any(macro.command == "nnflayer" for macro in drawn):
        raise NnfigError("holds no \\nnflayer, so it is no figure that nnfig wrote", where=str(path))
    now = macros(draw(graph, **{**options_of(text), "page": "input"}).tex)
    return [*_layers(path, drawn, now), *_edges(path, drawn, now), *_groups(path, drawn, now)]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LIMIT:
            raise NnfigError(f"is larger than {LIMIT // 10**6} MB, too large for a figure", where=str(path))
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise NnfigError(f"cannot be read: {reason}", where=str(path)) from None


def options_of(text: str) -> dict[str, Any]:
    """The keywords of `draw` that the command in a figure's first comments gives; none where it has no command.

    >>> options_of("% nnfig draw net.yaml -o net.tex --detail overview --open layer1 --no-fold")
    {'detail': 'overview', 'open': ['layer1'], 'fold': False}
    """
    command = re.search(r"^%.*?\bnnfig draw (.*)$", text[:20_000], re.MULTILINE)
    if command is None:
        return {}
    try:
        words = shlex.split(command[1])
    except ValueError:
        return {}
    known = {f.name for f in fields(Options)} | {"compare"}
    found: dict[str, Any] = {}
    waiting = ""
    for word in words:
        if waiting:
            _give(found, waiting, word)
            waiting = ""
            continue
        flag, equals, value = word.removeprefix("--").partition("=")
        name = flag.replace("-", "_")
        if not word.startswith("--"):
            continue
        if name in ("fold", "no_fold"):
            found["fold"] = name == "fold"
        elif name in known and equals:
            _give(found, name, value)
        elif name in known:
            waiting = name
    return found


def _give(found: dict[str, Any], name: str, value: str) -> None:
    if name in LISTS:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value


def _of(command: str, found: Sequence[Macro]) -> dict[str, Macro]:
    return {macro.names[-1]: macro for macro in found if macro.command == command}


def _layers(path: Path, drawn: Sequence[Macro], now: Sequence[Macro]) -> Iterator[Problem]:
    """Layers that are gone, new, or changed."""
    before, after = _of("nnflayer", drawn), _of("nnflayer", now)
    for name, macro in before.items():
        where = f"{path}:{macro.line}"
        if name not in after:
            near = get_close_matches(name, sorted(after.keys() - before.keys()), 1)
            hint = f"is it '{_called(near[0])}' now?" if near else ""
            yield Problem(f"the network has no layer '{_called(name)}' to draw", where, hint)
            continue
        for fact, was, is_now in _changes(macro, after[name]):
            what = f"{_called(name)}: {fact} is {_said(was)} in the figure, {_said(is_now)} in the network"
            yield Problem(what, where)
    for name in after:
        if name not in before:
            yield Problem(f"the network has '{_called(name)}', the figure does not", str(path))


def _changes(before: Macro, after: Macro) -> Iterator[tuple[str, str, str]]:
    for fact in (*before.facts, *(key for key in after.facts if key not in before.facts)):
        was, is_now = before.facts.get(fact, ""), after.facts.get(fact, "")
        if fact not in LOOKS and was != is_now:
            yield fact, was or "not given", is_now or "not given"


def _edges(path: Path, drawn: Sequence[Macro], now: Sequence[Macro]) -> Iterator[Problem]:
    """Connections that are gone or new, between layers that are in both."""
    shared = _of("nnflayer", drawn).keys() & _of("nnflayer", now).keys()
    before, after = (
        Counter(m.names for m in found if m.command == "nnfedge" and shared.issuperset(m.names))
        for found in (drawn, now)
    )
    lines = {macro.names: macro.line for macro in drawn if macro.command == "nnfedge"}
    for ends in before - after:
        what = f"nothing goes from '{_called(ends[0])}' to '{_called(ends[1])}' in the network"
        yield Problem(what, f"{path}:{lines[ends]}")
    for ends in after - before:
        taker, taken = _called(ends[1]), _called(ends[0])
        yield Problem(f"in the network '{taker}' takes '{taken}', in the figure it does not", str(path))


def _groups(path: Path, drawn: Sequence[Macro], now: Sequence[Macro]) -> Iterator[Problem]:
    """Frames whose number of repeats changed, and blocks that repeat where they did not."""
    before, after = _of("nnfgroup", drawn), _of("nnfgroup", now)
    for name in dict.fromkeys((*before, *after)):
        was, is_now = (found[name].facts.get("repeat", "1") if name in found else "" for found in (before, after))
        where = f"{path}:{before[name].line}" if name in before else str(path)
        if not is_now:
            yield Problem(f"the network has no group '{_called(name)}' to draw", where)
        elif was != is_now and (was, is_now) != ("", "1"):
            what = f"{_called(name)} repeats x{was or 1} in the figure, x{is_now} in the network"
            yield Problem(what, where)


def _called(node: str) -> str:
    """A layer's name for its node's; what a person wrote as it is."""
    try:
        return layer_name(node)
    except (ValueError, IndexError, OverflowError):
        return node


def _said(value: str) -> str:
    """A fact as a person reads it."""
    return re.sub(r"\\nnfx\b *(?:\{\})?", "x", value)
