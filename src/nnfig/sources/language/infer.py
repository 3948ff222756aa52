"""Statements with edges -> layers: attributes completed, shapes inferred and checked, parameters and MACs counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.graph.defaults import complete
from nnfig.graph.save import enclosing
from nnfig.records import found
from nnfig.sources import kinds
from nnfig.sources.kinds import Clash, Kind, Shape
from nnfig.sources.kinds_windows import written
from nnfig.sources.language.expand import Expansion, Statement
from nnfig.sources.language.models import BROKEN
from nnfig.sources.language.resolve import Wired
from nnfig.sources.language.words import count, meant_or
from nnfig.sources.macs import macs

_FREE_NUMBERS = frozenset(("value", "other", "alpha", "exponent", "weight", "init", "min", "max"))
"""Attributes that may be anything."""


class Inference:
    """The walk along the layers; holds the tensors that are known so far."""

    def __init__(self, walk: Expansion, inputs: Mapping[str, TensorSpec]) -> None:
        self.walk = walk
        self.specs: dict[str, tuple[TensorSpec, ...] | None] = {name: (spec,) for name, spec in inputs.items()}
        self.notes: list[str] = []
        self.layers: dict[str, Layer] = {}

    def layer(self, one: Wired, paths: frozenset[str]) -> Layer:
        """A complete layer."""
        statement, model = one.statement, one.statement.model
        row = kinds.KINDS.get(statement.kind)
        takes = [self._taken(edge, statement) for edge in one.edges if edge.kind == "data"]
        attributes, inferred = self._inferred(statement, row, one.edges, takes)
        output = self._output(statement, inferred, takes, row)
        self.specs[statement.name] = output
        shared = self._shared(statement)
        given = model.given
        group = model.group if "group" in given else statement.scope.path or enclosing(statement.name, paths)
        is_class = statement.kind[:1].isupper()
        layer = Layer(
            name=statement.name,
            kind=statement.kind,
            inputs=one.edges,
            output=output or (),
            params=model.params
            if model.params is not None
            else 0
            if shared
            else _params(statement.kind, row, attributes, output),
            macs=model.macs if "macs" in given else _macs(statement.kind, attributes, takes, output),
            path=model.path if model.path is not None else statement.name if is_class else group or "",
            attributes=attributes,
            shared=shared,
            group=group or "",
            mark=("constant" if statement.kind == "Constant" else "") if model.mark is None else model.mark,
            original=model.original or "",
        )
        self.layers[layer.name] = layer
        return layer

    def _taken(self, edge: Edge, statement: Statement) -> TensorSpec | None:
        """The tensor on an edge; None where nobody knows."""
        specs = self.specs.get(edge.source)
        if not specs:
            return None
        if edge.output >= len(specs):
            what = (
                f"'{edge.source}' has {count(len(specs), 'output')}, there is no output {edge.output} (counted from 0)"
            )
            self.walk.report(what, at=(*statement.place, "edges"))
            return None
        return specs[edge.output]

    def _inferred(
        self, statement: Statement, row: Kind | None, edges: Sequence[Edge], takes: Sequence[TensorSpec | None]
    ) -> tuple[dict[str, Any], list[Shape] | None]:
        """All attributes, and shapes of the outputs as far as they follow."""
        given = dict(statement.attributes)
        if row is None or statement.kind == BROKEN:
            return given, None
        by_hand = statement.model.output is None
        try:
            if by_hand:
                given = {**(row.habits or {}), **given}
                self._check(statement, row, given, len(takes))
            shapes = [spec.shape for spec in takes if spec is not None]
            if len(shapes) < len(takes) or (not by_hand and not _comparable(statement)):
                return complete(statement.kind, given), None
            if row.takes == (0, 0):
                return given, [given["shape"]] if "shape" in given else None
            if not shapes:
                return complete(statement.kind, given), None
            follows = row.follows(given, shapes)
            for name, value in follows.items():
                if name in given and given[name] != value:
                    raise Clash(f"{name} is {found(given[name])}, but the input has {value}")
                if isinstance(value, str) and name not in given:
                    raise Clash(f"{name} follows from the input and is the symbol '{value}'; write it: '{name} 64'")
            attributes = complete(statement.kind, {**follows, **given})
            if by_hand and statement.kind == "Linear" and len(shapes[0]) == 4:
                self._unflattened(statement, edges[0].source, shapes[0])
            return attributes, row.output(attributes, shapes)
        except Clash as clash:
            self._clash(statement, str(clash), edges, takes)
        except (KeyError, TypeError, IndexError, ValueError, OverflowError, ZeroDivisionError):
            if by_hand:
                self._clash(
                    statement, f"its output cannot be computed from these attributes: {_listed(given)}", edges, takes
                )
        return complete(statement.kind, given), None

    def _unflattened(self, statement: Statement, source: str, shape: Shape) -> None:
        """Say that a Linear after feature maps does what few mean."""
        before = self.layers.get(source)
        if before and before.kind.endswith("2d"):
            what = f"{_label(statement)} works on the last axis of {written(shape)} alone; Flatten before it takes all"
            self.notes.append(what)

    def _check(self, statement: Statement, row: Kind, given: Mapping[str, Any], given_inputs: int) -> None:
        """Number of inputs, attributes that have to be there, and their types."""
        least, most = row.takes
        if given_inputs < least or (most is not None and given_inputs > most):
            range_ = "" if least == most else "at least " if most is None else f"{least} to "
            raise Clash(f"takes {range_}{count(most or least, 'input')}, found {given_inputs}")
        for name in row.required:
            if name not in given:
                example = _EXAMPLES.get(name, f"{name} 2")
                raise Clash(f"has no {name}; write it, for instance '{statement.kind} {example}'")
        defaults = complete(statement.kind, {})
        for name, value in given.items():
            expected = _expected(name, value, defaults.get(name))
            if expected:
                raise Clash(f"{name} is {found(value)}, expected {expected}")

    def _clash(
        self, statement: Statement, what: str, edges: Sequence[Edge], takes: Sequence[TensorSpec | None]
    ) -> None:
        data = [edge for edge in edges if edge.kind == "data"]
        taken = [f"{e.source} {written(s.shape)}" for e, s in zip(data, takes, strict=True) if s is not None]
        hint = f"it takes {', '.join(taken)}" if taken else ""
        self.walk.report(f"{_label(statement)}: {what}", hint, at=(*statement.place, "kind"))

    def _output(
        self, statement: Statement, inferred: list[Shape] | None, takes: Sequence[TensorSpec | None], row: Kind | None
    ) -> tuple[TensorSpec, ...] | None:
        """The outputs: as given, else as inferred; a contradiction is reported."""
        model = statement.model
        if model.output is None:
            if inferred is None:
                return None
            first = _dtype(row, takes)
            dtypes = model.dtype or [first, (row.more_dtype if row else "") or first]
            return tuple(TensorSpec(shape, dtypes[min(i, len(dtypes) - 1)]) for i, shape in enumerate(inferred))
        shapes = [tuple(shape) for shape in model.output]
        if inferred is not None and len(inferred) == len(shapes):
            for own, other in zip(shapes, inferred, strict=True):
                if not _agree(own, other):
                    what = f"{_label(statement)}: output is {written(own)}, but {written(other)} follows from its input"
                    taken = ", ".join(written(spec.shape) for spec in takes if spec is not None)
                    self.walk.report(what, f"it takes {taken}", at=(*statement.place, "output"))
        dtypes = model.dtype or [_dtype(row, takes)] * len(shapes)
        if len(dtypes) != len(shapes):
            self.walk.report(
                f"{count(len(dtypes), 'dtype')} for {count(len(shapes), 'output')}", at=(*statement.place, "dtype")
            )
            return None
        return tuple(map(TensorSpec, shapes, dtypes))

    def _shared(self, statement: Statement) -> str:
        """Full name of the layer whose weights this one runs."""
        text, scope = statement.model.shared, statement.scope
        if not text:
            return ""
        while scope is not None:
            if scope.full(text) in self.layers:
                return scope.full(text)
            scope = scope.parent
        hint = meant_or(text, self.layers)
        self.walk.report(
            f"there is no earlier layer '{text}' to share weights with", hint, at=(*statement.place, "shared")
        )
        return ""


def _label(statement: Statement) -> str:
    return statement.name if statement.name == statement.kind else f"{statement.name} ({statement.kind})"


_EXAMPLES = {
    "kernel_size": "3x3, 64",
    "out_channels": "3x3, 64",
    "out_features": "128",
    "num_embeddings": "10000, 512",
} | {
    "embedding_dim": "10000, 512",
    "hidden_size": "256",
    "num_heads": "8",
    "num_groups": "32",
    "output_size": "7x7",
}


def _comparable(statement: Statement) -> bool:
    """Whether a layer that comes with its shape can be compared with PyTorch's rule: not where it was another's."""
    unclear = ("LSTM", "GRU", "RNN", "MultiheadAttention")
    return not statement.model.original and statement.kind[:1].isupper() and statement.kind not in unclear


def _expected(name: str, value: Any, default: Any) -> str:
    """What an attribute should be where it is something else, else empty."""
    if name in _FREE_NUMBERS or value is None:
        return ""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, str):
        return "" if isinstance(value, str) else f"a word such as {default}"
    if name == "padding" and value in ("same", "valid"):
        return ""
    numbers = value if isinstance(value, tuple) else (value,)
    if isinstance(default, (int, float, tuple)) or name in _WHOLE:
        whole = name in _WHOLE
        fits = all(
            (isinstance(n, (int,) if whole else (int, float)) and not isinstance(n, bool)) or n is None for n in numbers
        )
        return "" if fits else "a whole number" if whole else "a number"
    return ""


_WHOLE = frozenset(
    {name for row in kinds.KINDS.values() for name in row.required if row.params is not kinds.Kind().params}
    | {"in_channels", "in_features", "num_features", "num_channels", "embed_dim", "input_size", "num_layers", "groups"}
    | {
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "output_size",
        "start_dim",
        "end_dim",
        "normalized_shape",
        "dims",
    }
    | {"upscale_factor", "downscale_factor", "chunks", "size"}
)


def _agree(own: Shape, other: Shape) -> bool:
    """Whether shapes are equal; symbolic sizes may be anything."""
    return len(own) == len(other) and all(
        a == b or isinstance(a, str) or isinstance(b, str) for a, b in zip(own, other, strict=True)
    )


def _dtype(row: Kind | None, takes: Sequence[TensorSpec | None]) -> str:
    if row is not None and row.dtype:
        return row.dtype
    known = [spec.dtype for spec in takes if spec is not None]
    return next((dtype for dtype in known if "float" in dtype), known[0] if known else "float32")


def _params(kind: str, row: Kind | None, attributes: Mapping[str, Any], output: Sequence[TensorSpec] | None) -> int:
    if row is None or output is None:
        return 0
    if kind == "Constant":
        return 0
    if row.takes == (0, 0):
        return prod(size if isinstance(size, int) else 0 for size in output[0].shape) if output else 0
    try:
        return int(row.params(attributes))
    except (KeyError, TypeError):
        return 0


def _macs(kind: str, attributes: Mapping[str, Any], takes: Sequence[TensorSpec | None], output: Any) -> int | None:
    if output is None or any(spec is None for spec in takes):
        return None
    return macs(kind, attributes, [spec.shape for spec in takes if spec is not None], [spec.shape for spec in output])


def _listed(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in attributes.items()) or "none"


def outputs(graph_layers: Sequence[Layer], inputs: Mapping[str, TensorSpec]) -> tuple[str, ...]:
    """What nothing takes, in order."""
    graph = Graph(inputs=inputs, layers=tuple(graph_layers))
    taken = {edge.source for edge, _ in graph.edges if edge.kind == "data"}
    return tuple(
        layer.name for layer in graph_layers if layer.name not in taken and layer.kind not in ("Parameter", "Constant")
    )
