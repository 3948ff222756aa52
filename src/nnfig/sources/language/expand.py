"""Models -> statements: definitions, groups and repeats unrolled into layers with full names and unresolved sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnfig.graph import Group
from nnfig.records import found
from nnfig.sources import kinds
from nnfig.sources.language.definitions import Definition, Item, arguments, definition
from nnfig.sources.language.models import BROKEN, BlockModel, DocumentModel, LayerModel
from nnfig.sources.language.short import Head, attributes, head, value
from nnfig.sources.language.tree import Map, Path, Source, find
from nnfig.sources.language.words import meant_kind, meant_or

MAX_LAYERS = 20_000
MAX_BLOCKS = 100
NOTHING = "\0nothing"
"""Name of a source that is not there; the tensor is unknown, and of the reason has been told."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A name as it is written, to be looked up from where it stands; empty: 'which input?'."""

    text: str
    scope: Scope
    place: Path


Taken = dict[str, int]
"""Names of a list of layers, with how often one was asked for."""
Value = tuple["str | Ref", ...]
"""What flows: full names of layers and inputs, or names that are still to be looked up."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A block: where names are looked up and parameters have values."""

    path: str = ""
    """Full name of the block, which is the path of its group; empty at the top."""
    parent: Scope | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    input: Value = ()

    def full(self, name: str) -> str:
        """The full name of a member."""
        return f"{self.path}.{name}" if self.path else name


@dataclass(frozen=True, slots=True)
class Statement:
    """One layer to be."""

    name: str
    kind: str
    attributes: Mapping[str, Any]
    sources: Value
    model: LayerModel
    scope: Scope
    place: Path


@dataclass
class Expansion:
    """The walk through the document, and what it has found."""

    document: Map
    source: Source
    definitions: dict[str, Definition] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    known: dict[str, Value] = field(default_factory=dict)
    """Full name of an input, a layer or a block -> what it gives."""
    places: dict[str, Path] = field(default_factory=dict)
    depth: int = 0
    """Blocks around the layers that are being unrolled."""
    active: list[str] = field(default_factory=list)
    """Definitions that are being unrolled."""

    def report(self, what: str, hint: str = "", *, at: Path, offset: int = 0, key: bool = False) -> None:
        """Note a problem at the value (or the key) of a path."""
        self.source.report(what, hint, spot=find(self.document, at)[0 if key else 1], offset=offset)

    def register(self, name: str, given: Value, place: Path) -> str:
        """Make a name known; a second one is reported, and known by a name that nobody can write."""
        if name in self.places:
            first = find(self.document, self.places[name])[0].line + 1
            what = f"a second layer, block or input named '{name}' (the first is in line {first})"
            self.report(what, at=(*place, "name"))
            name += f"{BROKEN}{len(self.known)}"
        self.known[name] = given or (name,)
        self.places[name] = place
        return name


def expanded(model: DocumentModel, document: Map, source: Source) -> Expansion:
    """Unroll a document.

    Args:
        model: the document, checked.
        document: the same as it was written, with places.
        source: takes the problems.
    """
    walk = Expansion(document, source)
    for key, body in (model.define or {}).items():
        path = ("define", key)

        def complain(what: str, hint: str, offset: int, path: Path = path) -> None:
            walk.report(what, hint, at=path, offset=offset, key=True)

        one = definition(key, body, complain)
        if one.name in walk.definitions:
            complain(f"a second definition of '{one.name}'", "", 0)
        walk.definitions[one.name] = one
    for name in model.inputs:
        walk.register(name, (), ("inputs", name))
    top = Scope()
    many = len(model.inputs) > 1
    start: Value = (Ref("", top, ()),) if many else tuple(model.inputs)
    _walk(walk, model.layers, ("layers",), top, start, dict.fromkeys(model.inputs, 1))
    return walk


def _walk(walk: Expansion, items: Sequence[Item], path: Path, scope: Scope, given: Value, taken: Taken) -> Value:
    """Unroll a list of layers, each taking what the one before it gives; returns what the last one gives."""
    taken = taken | {name: 1 for item in items if (name := _explicit(item))}
    for position, item in enumerate(items):
        place = (*path, position)
        if isinstance(item, BlockModel):
            given = _block(walk, item, place, scope, given, taken)
            continue
        parts = head(item.kind)
        if parts.kind in walk.definitions:
            given = _use(walk, item, parts, place, scope, given, taken)
        else:
            given = _layer(walk, item, parts, place, scope, given, taken)
    return given


def _explicit(item: Item) -> str | None:
    return item.name or (item.group if isinstance(item, BlockModel) else None)


def _unique(base: str, taken: Taken) -> str:
    """`conv2d`, then `conv2d_2`."""
    while True:
        count = taken[base] = taken.get(base, 0) + 1
        name = base if count == 1 else f"{base}_{count}"
        if name == base or name not in taken:
            taken.setdefault(name, 1)
            return name


def _taken_by(item: Item, place: Path, scope: Scope, given: Value) -> Value:
    """What an item takes: the sources that it names, or what stands before it."""
    if item.from_ is None:
        return given
    single = len(item.from_) == 1
    return tuple(
        Ref(text, scope, (*place, "from") if single else (*place, "from", position))
        for position, text in enumerate(item.from_)
    )


def _layer(
    walk: Expansion, item: LayerModel, parts: Head, place: Path, scope: Scope, given: Value, taken: Taken
) -> Value:
    if len(walk.statements) >= MAX_LAYERS:
        walk.report(f"more than {MAX_LAYERS:,} layers once definitions and repeats are unrolled", at=place)
        walk.source.stop()
    row = kinds.KINDS.get(parts.kind)
    kind = parts.kind if row else item.kind
    name = scope.full(item.name or _unique(kind.lower() if row else kind, taken))
    sources = () if row and row.takes == (0, 0) and item.from_ is None else _taken_by(item, place, scope, given)
    read = None if kind == BROKEN else _attributes(walk, item, parts, row, place, scope)
    name = walk.register(name, (), place)
    walk.statements.append(Statement(name, BROKEN if read is None else kind, read or {}, sources, item, scope, place))
    return (name,)


def _attributes(
    walk: Expansion, item: LayerModel, parts: Head, row: kinds.Kind | None, place: Path, scope: Scope
) -> dict[str, Any] | None:
    """What a layer says of itself; None where that cannot be read."""
    faults: list[str] = []

    def complain(what: str, hint: str, offset: int) -> None:
        walk.report(what, hint, at=(*place, "kind"), offset=offset)
        faults.append(what)

    if row is None:
        if item.output is None:
            complain(
                f"unknown kind '{parts.kind}'", meant_kind(parts.kind, [*kinds.KINDS, *walk.definitions]), parts.at
            )
            return None
        return {
            key: _plain(walk, each, (*place, "attributes", key), scope) for key, each in (item.attributes or {}).items()
        }
    names = kinds.names(parts.kind)
    if parts.call is not None:
        hint = f"arguments follow the name: '{parts.kind} {', '.join(piece.text for piece in parts.call)}'"
        complain(f"'{parts.kind}' is no definition, its arguments do not stand in brackets", hint, parts.at)
    read = attributes(parts.kind, row, parts.arguments, names, scope.values, complain)
    for key, each in (item.attributes or {}).items():
        at = (*place, "attributes", key)
        if key in read:
            walk.report(f"{key} is given twice", at=at, key=True)
            faults.append(key)
        elif key not in names and item.output is None:
            walk.report(f"{parts.kind} has no attribute '{key}'", meant_or(key, names), at=at, key=True)
            faults.append(key)
        else:
            read[key] = _plain(walk, each, at, scope)
    return None if faults else read


def _plain(walk: Expansion, given: Any, at: Path, scope: Scope) -> Any:
    """A value of the long form: lists as tuples, and parameters in a definition as their values."""
    if isinstance(given, list):
        return tuple(_plain(walk, each, at, scope) for each in given)
    if isinstance(given, dict):
        walk.report(f"{at[-1]} is a mapping, expected a number, a word, true, false or a list", at=at)
        return None
    if isinstance(given, str) and scope.values:
        return value(given, scope.values, lambda what, hint, offset: walk.report(what, hint, at=at, offset=offset), 0)
    return given


def _use(
    walk: Expansion,
    item: LayerModel,
    parts: Head,
    place: Path,
    scope: Scope,
    given: Value,
    taken: Taken,
    name: str = "",
) -> Value:
    """A definition's layers, as a group."""
    one = walk.definitions[parts.kind]

    def complain(what: str, hint: str, offset: int) -> None:
        walk.report(what, hint, at=(*place, "kind"), offset=offset)

    if one.name in walk.active:
        complain(f"the definition '{one.name}' uses itself: {' → '.join([*walk.active, one.name])}", "", parts.at)
        return given
    extra = sorted(item.given - {"kind", "name", "from_"})
    if extra:
        walk.report(
            f"'{extra[0]}' does not go with a definition", "it takes name and from", at=(*place, extra[0]), key=True
        )
    values = arguments(one, parts, scope.values, complain)
    full = scope.full(name or item.name or _unique(one.name, taken))
    inner = Scope(full, scope, values, _taken_by(item, place, scope, given))
    walk.active.append(one.name)
    result = _framed(walk, one.body, ("define", one.key), inner, place, one.name)
    walk.active.pop()
    return result


def _framed(walk: Expansion, items: Sequence[Item], path: Path, inner: Scope, place: Path, cls: str) -> Value:
    """A list of layers with a group around it, which is known by its name."""
    if walk.depth >= MAX_BLOCKS:
        walk.report(f"blocks and definitions inside one another, more than {MAX_BLOCKS} deep", at=place)
        walk.source.stop()
    group, layer = len(walk.groups), len(walk.statements)
    walk.depth += 1
    walk.groups.append(Group(inner.path, cls, parent=inner.parent.path if inner.parent else ""))
    result = _walk(walk, items, path, inner, inner.input, {})
    walk.depth -= 1
    if len(walk.statements) == layer:
        del walk.groups[group:]
    walk.register(inner.path, result or (NOTHING,), place)
    return result


def _block(walk: Expansion, item: BlockModel, place: Path, scope: Scope, given: Value, taken: Taken) -> Value:
    """A group, or the turns of a repeat."""
    taking = _taken_by(item, place, scope, given)
    path = (*place, "layers")
    if item.repeat is None:
        name = _explicit(item) or _unique("group", taken)
        return _framed(
            walk, item.layers, path, Scope(scope.full(name), scope, scope.values, taking), place, item.group or name
        )
    only = item.layers[0] if len(item.layers) == 1 and not item.group else None
    parts = head(only.kind) if isinstance(only, LayerModel) and not only.name and only.from_ is None else None
    used = walk.definitions.get(parts.kind) if parts else None
    name = _explicit(item) or _unique(used.name if used else "block", taken)
    for turn in range(_count(walk, item, place, scope)):
        if used and parts and isinstance(only, LayerModel):
            taking = _use(walk, only, parts, (*path, 0), scope, taking, taken, f"{name}.{turn}")
        else:
            inner = Scope(scope.full(f"{name}.{turn}"), scope, scope.values, taking)
            taking = _framed(walk, item.layers, path, inner, place, item.group or name)
    walk.register(scope.full(name), taking or (NOTHING,), place)
    return taking


def _count(walk: Expansion, item: BlockModel, place: Path, scope: Scope) -> int:
    """How often a block is repeated."""
    at = (*place, "repeat")
    count = item.repeat
    if isinstance(count, str):
        count = value(count, scope.values, lambda what, hint, offset: walk.report(what, hint, at=at, offset=offset), 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_LAYERS:
        known = meant_or(str(item.repeat), scope.values)
        walk.report(f"repeat is {found(count)}, expected a whole number up to {MAX_LAYERS:,}", known, at=at)
        return 1
    return count
