"""A figure's file and the network as it is now go in; what the figure says that is no longer true comes out.

The network is drawn again as the figure's first lines say, and the two files' macros are compared: layers, their
facts and sizes, edges, repeats. Places, labels and looks are the author's, and are not compared.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nnfig.emit import layer_name
from nnfig.emit.parse import Macro, macros, titles
from nnfig.errors import NnfigError, Problem
from nnfig.figure import draw
from nnfig.graph import Graph
from nnfig.options import Options

LIMIT = 20_000_000
"""Bytes of a figure's file; more is no figure."""

FACTS = ("kind", "kernel", "channels", "stride", "shape", "after", "shortcut", "units", "dims")
"""Options of a layer that say what it is; all others say where it stands and how it looks."""

VIEWS = {"volume": "volumes", "map": "maps", "neurons": "neurons"}
"""Words of a layer that only one view writes, of those that `auto` chooses from."""

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
    if not text.startswith("% nnfig") and not any(macro.command == "nnflayer" for macro in drawn):
        raise NnfigError("holds no \\nnflayer, so it is no figure that nnfig wrote", where=str(path))
    options = options_of(text)
    options["page"] = "input"
    figure = draw(graph, **options)
    shapes = dict.fromkeys(word for macro in drawn for word in macro.words)
    view = next((VIEWS[word] for word in shapes if word in VIEWS), "blocks")
    # what `auto` chose then it must choose again
    if figure.options.view == "auto" and figure.scene.view != view:
        options["view"] = view
        figure = draw(graph, **options)
    tex = figure.tex
    now = macros(tex)
    unsaid = _titles(path, drawn, titles(text), titles(tex))
    return [*_layers(path, drawn, now, unsaid), *_edges(path, drawn, now), *_groups(path, drawn, now)]


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


def _layers(
    path: Path, drawn: Sequence[Macro], now: Sequence[Macro], unsaid: Mapping[str, Problem]
) -> Iterator[Problem]:
    """Layers that are gone, new, or changed; what only the titles tell where nothing else does."""
    before, after = _of("nnflayer", drawn), _of("nnflayer", now)
    for name, macro in before.items():
        where = f"{path}:{macro.line}"
        if name not in after:
            near = get_close_matches(name, sorted(after.keys() - before.keys()), 1)
            hint = f"is it '{_called(near[0])}' now?" if near else ""
            yield Problem(f"the network has no layer '{_called(name)}' to draw", where, hint)
            continue
        changes = list(_changes(macro, after[name]))
        if not changes and name in unsaid:
            yield unsaid[name]
        for fact, was, is_now in changes:
            what = f"{_called(name)}: {fact} is {_said(was)} in the figure, {_said(is_now)} in the network"
            yield Problem(what, where)
    for name in after:
        if name not in before:
            yield Problem(f"the network has '{_called(name)}', the figure does not", str(path))


def _titles(
    path: Path, drawn: Sequence[Macro], before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, Problem]:
    """Layers of which the text on hovering changed: attributes and parameters that are not drawn."""
    found: dict[str, Problem] = {}
    for macro in drawn:
        name = macro.names[-1]
        if macro.command != "nnflayer" or name not in before or name not in after:
            continue
        was, is_now = _all_told(before[name]), _all_told(after[name])
        changed = [key for key in was if key in is_now and was[key] != is_now[key]]
        # a block's layers are named where nothing else tells that they changed
        changed = [key for key in changed if key != "members"] or changed
        if changed:
            clauses = (f"{k} {was[k]} when the figure was drawn, {is_now[k]} in the network" for k in changed)
            what = f"{_called(name)}: {'; '.join(clauses)}"
            found[name] = Problem(what, f"{path}:{macro.line}")
    return found


def _all_told(title: str) -> dict[str, str]:
    """What a title says of one layer, or of several that are drawn as one, each with its name before it.

    >>> _all_told("a: Conv2d(groups=2); then ReLU() + b: ReLU()")
    {'a groups': '2', 'a then': 'ReLU()', 'b then': 'nothing', 'layers': 'a, b'}
    """
    told = [(each.partition(":")[0], _told(each)) for each in re.split(r" \+ (?=[^ ;]+: )", title)]
    if len(told) == 1:
        return told[0][1]
    found = {f"{name} {key}": value for name, facts in told for key, value in facts.items()}
    return {**found, "layers": ", ".join(name for name, _ in told)}


def _told(title: str) -> dict[str, str]:
    """What a title says, by name: attributes, output, parameters; what goes without saying need not be there.

    >>> _told("conv1: Conv2d(kernel_size=(3, 3), bias=False); output 1x8; 216 parameters")
    {'kernel_size': '3', 'bias': 'False', 'then': 'nothing', 'output': '1x8', 'parameters': '216'}
    """
    layer, *parts = title.split("; ")
    found: dict[str, str] = {}
    for key, value in re.findall(r"(\w+)=(\([^()]*\)|[^,()]*)", layer):
        each = dict.fromkeys(value.strip("()").replace(" ", "").split(","))
        found[key] = next(iter(each)) if len(each) == 1 else value
    found["then"] = "nothing"
    for part in parts:
        word, _, rest = part.partition(" ")
        key, value = (rest, word) if rest in ("parameters", "parameter") else (word, rest)
        found[key] = value
    return found


def _changes(before: Macro, after: Macro) -> Iterator[tuple[str, str, str]]:
    for fact in FACTS:
        was, is_now = before.facts.get(fact, ""), after.facts.get(fact, "")
        # sizes are written where they change, and an author may leave one out
        if was != is_now and (was or fact != "dims"):
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
