"""YAML or JSON text -> a document that knows its places, within limits; faults of the text itself -> Problems."""

from __future__ import annotations

import re
from typing import Any

import yaml

from nnfig.errors import NnfigError
from nnfig.graph.scalars import value_of
from nnfig.sources.language.tree import Map, Seq, Source, Spot

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 100
MAX_ENTRIES = 1_000_000
"""Words, lists and mappings; a layer of `nnfig trace` has about forty."""
MAX_COPIES = 100_000
"""Entries that aliases may add beside those that are written."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


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
        return _built(text, source), source
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
        return _TOO_DEEP, ""
    key = re.match(r"\s*(\w+):", line)
    if "mapping values are not allowed" in problem and key and key.end() == column + 1:
        hint = f"name the layer above ('- name: KIND'), or write {{kind: KIND, {key[1]}: ...}}"
        return f"'{key[1]}:' below a layer without a name", hint
    if "mapping values are not allowed" in problem:
        return "a second colon in this entry", "quote text that holds ': ', or write {kind: ..., from: ...}"
    if "block" in str(error.context) and "did not find expected" in problem:
        return "this line does not fit the indentation above it", "entries of one list or mapping begin in one column"
    if "cannot start any token" in problem:
        return f"text cannot begin with '{line[column : column + 1]}'", "put it in quotes"
    context = f" {error.context}" if error.context else ""
    return f"this is no YAML: {problem}{context}", "is a bracket, a quote, a comma or an indentation missing?"


class _Open:
    """A list or mapping that is being read."""

    __slots__ = ("anchor", "at", "depth", "into", "key", "key_at", "size")

    def __init__(self, into: Map | Seq, anchor: str | None) -> None:
        self.into = into
        self.at = into.at
        self.anchor = anchor
        self.key: str | None = None
        self.key_at = into.at
        self.size = 1
        """Entries inside, those of aliases counted anew each time."""
        self.depth = 1


_UNFINISHED = object()
"""What a name stands for while its entry is being read."""


def _built(text: str, source: Source) -> Any:
    """The document, from the YAML reader's events: one pass, without recursion."""
    top = Seq(Spot(0, 0))
    stack = [_Open(top, None)]
    anchors: dict[str, tuple[Any, int, int]] = {}
    written = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if written > MAX_ENTRIES:
            raise NnfigError(f"the file has more than {MAX_ENTRIES:,} entries", where=source.filename)
        if isinstance(event, yaml.ScalarEvent):
            written += 1
            value = event.value if event.style in ("'", '"', "|", ">") else value_of(event.value)
            spot = _scalar_spot(event)
            if event.tag is not None or event.anchor is not None:
                _check_tag(event, spot, source)
                anchors[event.anchor] = (value, 1, 0)
            _add(stack[-1], value, spot, source, 1, 0, event.value)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            written += 1
            spot = Spot(event.start_mark.line, event.start_mark.column)
            _check_tag(event, spot, source)
            into = Seq(spot) if isinstance(event, yaml.SequenceStartEvent) else Map(spot)
            stack.append(_Open(into, event.anchor))
            if len(stack) > MAX_DEPTH + 1:
                _refuse(_TOO_DEEP, spot, source)
            if event.anchor is not None:
                anchors[event.anchor] = (_UNFINISHED, 0, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            if done.anchor is not None:
                anchors[done.anchor] = (done.into, done.size, done.depth)
            _add(stack[-1], done.into, done.at, source, done.size, done.depth)
        elif isinstance(event, yaml.AliasEvent):
            spot = Spot(event.start_mark.line, event.start_mark.column)
            _add_alias(stack, anchors, event.anchor, spot, source)
            if stack[-1].size - written > MAX_COPIES:
                _refuse(f"aliases ('*name') that unfold to more than {MAX_COPIES:,} entries", spot, source)
        elif isinstance(event, yaml.DocumentStartEvent) and top:
            _refuse("a second document ('---'), expected one", Spot(event.start_mark.line, 0), source)
    if not top:
        raise NnfigError("the file is empty, expected a layer list", where=source.filename, hint=_BEGINNING)
    return top[0]


def _add(parent: _Open, value: Any, spot: Spot, source: Source, size: int, depth: int, word: str | None = None) -> None:
    """Put a finished entry into the list or mapping around it; `word` is a scalar as it is written."""
    parent.size += size
    parent.depth = max(parent.depth, depth + 1)
    if isinstance(parent.into, Seq):
        parent.into.append(value)
        parent.into.items_at.append(spot)
        return
    if parent.key is None:
        if word is None:
            _refuse("a key that is no word", spot, source)
        parent.key, parent.key_at = word, spot
        return
    key, parent.key = parent.key, None
    if key in parent.into:
        first = parent.into.keys_at[key].line + 1
        source.report(f"a second key '{key}' (the first is in line {first})", spot=parent.key_at)
    else:
        parent.into.put(key, value, parent.key_at, spot)


def _add_alias(
    stack: list[_Open], anchors: dict[str, tuple[Any, int, int]], name: str, spot: Spot, source: Source
) -> None:
    """Put what an alias names where the alias stands."""
    if name not in anchors:
        _refuse(f"'*{name}' stands for nothing: there is no '&{name}' before it", spot, source)
    value, size, depth = anchors[name]
    if value is _UNFINISHED:
        _refuse(f"'*{name}' stands inside the entry that it names", spot, source)
    if len(stack) + depth > MAX_DEPTH + 1:
        _refuse(_TOO_DEEP, spot, source)
    _add(stack[-1], value, spot, source, size, depth, str(value) if isinstance(value, (str, int)) else None)


def _check_tag(event: Any, spot: Spot, source: Source) -> None:
    if event.tag is not None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        source.report(f"a YAML tag ('{tag}'); layer lists are plain data", "leave it out", spot=spot)


def _refuse(what: str, spot: Spot, source: Source) -> None:
    source.report(what, spot=spot)
    source.stop()


def _scalar_spot(event: Any) -> Spot:
    start = event.start_mark
    quoted = event.style in ("'", '"')
    return Spot(start.line, start.column + quoted, event.end_mark.line == start.line)
