"""Statements with names as they are written -> the layers that these mean, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnfig.graph import Edge
from nnfig.graph.order import running_order
from nnfig.sources.language.expand import MAX_BLOCKS, NOTHING, Expansion, Ref, Scope, Statement, Value
from nnfig.sources.language.models import BROKEN, EdgeModel
from nnfig.sources.language.words import count, meant_or


@dataclass(frozen=True, slots=True)
class Wired:
    """A statement and its edges."""

    statement: Statement
    edges: tuple[Edge, ...]


@dataclass
class Names:
    """Looks names up from where they stand: in the block, then in the blocks around it."""

    walk: Expansion

    def names(self, value: Value, seen: frozenset[int] = frozenset()) -> tuple[str, ...]:
        """The layers and inputs that a value means; what cannot be found is reported and left out."""
        return tuple(name for one in value for name in ((one,) if isinstance(one, str) else self._looked_up(one, seen)))

    def output(self, ref: Ref) -> tuple[Ref, int]:
        """The name and the number of one of its outputs, where `lstm.1` is no name of its own."""
        name, _, digits = ref.text.rpartition(".")
        if not (name and digits.isdecimal() and len(digits) < 10) or self._lookup(ref.text, ref.scope) is not None:
            return ref, 0
        return (Ref(name, ref.scope, ref.place), int(digits)) if self._lookup(name, ref.scope) else (ref, 0)

    def _looked_up(self, ref: Ref, seen: frozenset[int]) -> tuple[str, ...]:
        if id(ref) in seen or len(seen) > MAX_BLOCKS:
            self.walk.report(f"'{ref.text}' leads back to itself, through blocks without layers", at=ref.place)
            return (NOTHING,)
        if not ref.text:
            return self._which(ref)
        found = self._lookup(ref.text, ref.scope)
        if found is None:
            hint = meant_or(ref.text, self._visible(ref.scope))
            self.walk.report(f"there is no layer, block or input '{ref.text}'", hint, at=ref.place)
            return (NOTHING,)
        return self.names(found, seen | {id(ref)})

    def _lookup(self, text: str, scope: Scope | None) -> Value | None:
        while scope is not None:
            if text in scope.values:
                text, scope = str(scope.values[text]), scope.parent
                continue
            if (found := self.walk.known.get(scope.full(text))) is not None:
                return found
            if text == "input" and scope.path:
                return scope.input
            scope = scope.parent
        return None

    def _which(self, ref: Ref) -> tuple[str, ...]:
        inputs = [name for name, place in self.walk.places.items() if place[0] == "inputs"]
        what = f"this layer takes one of {len(inputs)} inputs, but which?"
        self.walk.report(what, f"add 'from:' with {' or '.join(inputs)}", at=ref.place)
        return (NOTHING,)

    def _visible(self, scope: Scope | None) -> list[str]:
        """Names as they can be written in a scope, near ones first."""
        found: dict[str, None] = {}
        while scope is not None:
            start = f"{scope.path}." if scope.path else ""
            found.update(
                (name[len(start) :], None) for name in self.walk.known if name.startswith(start) and BROKEN not in name
            )
            scope = scope.parent
        return list(found)


def wired(walk: Expansion) -> list[Wired]:
    """Every statement with its edges, in an order in which they can run: the written one where that is possible."""
    names = Names(walk)
    return _ordered([Wired(statement, _edges(names, statement)) for statement in walk.statements], walk)


def _edges(names: Names, statement: Statement) -> tuple[Edge, ...]:
    extras = statement.model.edges or ()
    if extras and len(extras) != len(statement.sources):
        what = f"{count(len(extras), 'edge')} for {count(len(statement.sources), 'source')}"
        names.walk.report(what, "write {} for an edge that is as usual", at=(*statement.place, "edges"))
        extras = ()
    found: list[Edge] = []
    for position, one in enumerate(statement.sources):
        extra = extras[position] if extras else EdgeModel()
        source, output = (one, 0) if isinstance(one, str) else names.output(one)
        for name in names.names((_placed(source, statement),)):
            found.append(Edge(name, extra.output or output, extra.label, extra.kind))
    return tuple(found)


def _placed(one: str | Ref, statement: Statement) -> str | Ref:
    """'Which input?' is asked where the layer stands."""
    return one if isinstance(one, str) or one.text else Ref("", one.scope, statement.place)


def _ordered(layers: Sequence[Wired], walk: Expansion) -> list[Wired]:
    place = {one.statement.name: i for i, one in enumerate(layers)}
    waits = [{place[e.source] for e in one.edges if e.kind == "data" and e.source in place} for one in layers]
    if all(source < i for i, sources in enumerate(waits) for source in sources):
        return list(layers)
    order = running_order(dict(enumerate(waits)))
    if len(order) < len(layers):
        _report_cycle(layers, waits, set(order), walk)
    return [layers[i] for i in order]


def _report_cycle(layers: Sequence[Wired], waits: Sequence[set[int]], done: set[int], walk: Expansion) -> None:
    """Follow what waits until a layer comes up again."""
    at = min(i for i in range(len(layers)) if i not in done)
    seen: list[int] = []
    while at not in seen:
        seen.append(at)
        at = min(i for i in waits[at] if i not in done)
    ring = [layers[i].statement for i in [*seen[seen.index(at) :], at]]
    names = " → ".join(statement.name for statement in reversed(ring))
    hint = "derivatives that run backwards are edges of kind gradient"
    walk.report(f"a cycle: {names}", hint, at=(*ring[0].place, "from"))
