"""A torch.export program (`.pt2`, or live) -> Graph, with the module hierarchy that the export kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.sources import scopes
from nnfig.sources.macs import macs
from nnfig.sources.torch_export.kinds import SIZES, attributes, function_kind, mark, module_kind
from nnfig.sources.torch_export.program import Call, Program, from_archive, from_program

_LEAVES = "torch.nn.modules."
_CONTAINERS = frozenset(
    [
        "Sequential",
        "ModuleList",
        "ModuleDict",
        "Transformer",
        "TransformerEncoder",
        "TransformerDecoder",
        "TransformerEncoderLayer",
        "TransformerDecoderLayer",
    ]
)


def read(path: Path) -> Graph:
    """The network in a `.pt2` archive; only its graph is read, neither weights nor pickles.

    Raises NnfigError for what is no such archive, or is damaged.
    """
    return _graph(from_archive(path), path.stem)


def trace(program: Any) -> Graph:
    """The network in a `torch.export.ExportedProgram`."""
    return _graph(from_program(program), "")


@dataclass(frozen=True, slots=True)
class _Run:
    """Calls that one leaf module made in one run, or a single call."""

    calls: tuple[Call, ...]
    leaf: str = ""
    """Path of the leaf module, with `@n` as the export numbers its runs."""
    cls: str = ""
    around: tuple[tuple[str, str], ...] = ()
    """Paths and classes of the modules around it."""


def _graph(program: Program, name: str) -> Graph:
    build = _Builder(program)
    for run in _runs(program):
        build.add(run)
    outputs = [build.source(output, "") for output in program.outputs]
    numbers: dict[str, tuple[int, ...]] = {}
    for edge in outputs:
        numbers[edge.source] = (*numbers.get(edge.source, ()), edge.output)
    return Graph(
        name=scopes.clean(program.cls or name),
        inputs=build.inputs,
        layers=tuple(build.layers),
        groups=scopes.groups(build.ways, build.classes),
        outputs=tuple(edge.source for edge in outputs),
        returned={name: found for name, found in numbers.items() if any(found)},
        notes=tuple(build.notes()),
    )


def _runs(program: Program) -> list[_Run]:
    """Calls in order, those of one run of a leaf module together; arithmetic on sizes left out."""
    runs: list[_Run] = []
    for call in program.calls:
        if not call.outputs or (call.op in SIZES and not any(name in program.specs for name in call.outputs)):
            continue
        path, cls = call.stack[-1] if call.stack else ("", "")
        short = cls.rpartition(".")[2]
        if not (cls.startswith(_LEAVES) and short not in _CONTAINERS):
            runs.append(_Run((call,), around=call.stack))
            continue
        last = runs[-1] if runs else None
        if last is not None and last.leaf == path and (short in _MANY or not call.refs or call.op not in _ops(last)):
            runs[-1] = _Run((*last.calls, call), path, short, call.stack[:-1])
        else:
            runs.append(_Run((call,), path, short, call.stack[:-1]))
    return runs


_MANY = frozenset(["MultiheadAttention"])
"""Leaf modules that run one operator several times."""


def _ops(run: _Run) -> set[str]:
    return {call.op for call in run.calls if call.refs}


@dataclass(slots=True)
class _Builder:
    program: Program
    layers: list[Layer] = field(default_factory=list)
    ways: list[tuple[str, ...]] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, TensorSpec] = field(default_factory=dict)
    made: dict[str, Edge] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    owner: dict[str, str] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)
    shapes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    batch: str = ""
    one_sample: bool = False
    uses: Counter[str] = field(default_factory=Counter)
    """How often a value is taken or returned."""

    def __post_init__(self) -> None:
        leading = [self.program.specs[name].shape[:1] for name in self.program.inputs]
        self.batch = next((shape[0] for shape in leading if shape and isinstance(shape[0], str)), "")
        self.shapes |= {name: spec.shape for name, spec in self.program.specs.items()}
        self.uses.update(name for call in self.program.calls for name in call.refs)
        self.uses.update(self.program.outputs)
        for name in self.program.inputs:
            self.inputs[name] = self.spec(name)
            self.made[name] = Edge(name)
        self.names |= set(self.inputs)

    def spec(self, name: str) -> TensorSpec:
        """The tensor, with the symbol of its open first axis called batch."""
        found = self.program.specs.get(name, TensorSpec(("?",)))
        return TensorSpec(tuple("batch" if d == self.batch else d for d in found.shape), found.dtype)

    def add(self, run: _Run) -> None:
        """Append the layer of a run."""
        shapes, main = self.shapes, self._main(run)
        within = {name for call in run.calls for name in call.outputs}
        taken = list(dict.fromkeys(n for c in run.calls for n in c.refs if n not in within))
        weights = [n for n in taken if n in self.program.parameters and (run.leaf or self._is_owned(main, run))]
        flows = [n for n in taken if n not in weights and not (n in self.program.buffers and run.leaf)]
        kind = run.cls or (module_kind(main, shapes) if weights else function_kind(main))
        found = (
            attributes(main, shapes)
            if len(run.calls) == 1 or run.cls != "MultiheadAttention"
            else _multihead(run, shapes)
        )
        if run.cls == "MultiheadAttention":
            flows = [*flows, *flows[-1:] * (3 - len(flows))]
        name, path, again = self._name(run, kind)
        around = tuple(way for way, _ in run.around)
        group = around[-1] if around else ""
        self.classes |= {way: cls.rpartition(".")[2] for way, cls in run.around}
        edges = tuple(self.source(n, group) for n in flows)
        params, shared = self._weights(weights, name)
        outputs = self._outputs(run)
        self.layers.append(
            Layer(
                name=name,
                kind=kind,
                inputs=edges,
                output=tuple(self.spec(n) for n in outputs),
                params=params,
                macs=self._macs(run, kind, found),
                path=path,
                attributes={key: value for key, value in found.items() if _is_plain(value)},
                shared=shared or again,
                group=group,
                mark="" if run.leaf else mark(main),
                original=f"aten.{main.op}" if main.op != kind and not run.leaf else "",
            )
        )
        self.ways.append(around)
        self.names.add(name)
        for i, n in enumerate(outputs):
            self.made[n] = Edge(name, i)

    def _outputs(self, run: _Run) -> list[str]:
        """What a run gives; of several calls what others take, first what is made of the last product."""
        if run.cls not in _MANY:
            return [n for n in run.calls[-1].outputs if n in self.program.specs]
        inside = Counter(name for call in run.calls for name in call.refs)
        left = [n for c in run.calls for n in c.outputs if n in self.program.specs and self.uses[n] > inside[n]]
        products = [call for call in run.calls if any(name in self.program.parameters for name in call.refs)]
        made = set(products[-1].outputs) if products else set[str]()
        for call in run.calls:
            made |= set(call.outputs) if any(name in made for name in call.refs) else set()
        return sorted(left, key=lambda name: name not in made)

    def _main(self, run: _Run) -> Call:
        """The call that gives a run its attributes: the one with weights, else the last that computes."""
        owning = [c for c in run.calls if any(n in self.program.parameters for n in c.refs)]
        return next(iter(owning), next((c for c in reversed(run.calls) if not mark(c)), run.calls[-1]))

    def _is_owned(self, call: Call, run: _Run) -> bool:
        """Whether a function's weights are all of the module that it runs in, as in a layer written by hand."""
        paths = [self.program.parameters[n] for n in call.refs if n in self.program.parameters]
        return bool(paths) and call.op in _OWNING and all(p.rpartition(".")[0] == _bare(run) for p in paths)

    def _name(self, run: _Run, kind: str) -> tuple[str, str, str]:
        """Name, module path, and the first run of the same module."""
        path = run.leaf.partition("@")[0] if run.leaf else _bare(run)
        if not run.leaf:
            own = function_kind(run.calls[0]) if kind == kind.lower() else kind.lower()
            return scopes.unique(f"{path}.{own}" if path else own, self.names), path, ""
        before = self.first.setdefault(path, [])
        name = scopes.unique(f"{path}@{len(before) + 1}" if before else path, self.names)
        before.append(name)
        return name, path, before[0] if len(before) > 1 else ""

    def source(self, name: str, group: str) -> Edge:
        """The edge for a value; a weight or buffer that a function reads is a layer of its own."""
        if name not in self.made:
            learnt = name in self.program.parameters
            path = self.program.parameters.get(name) or self.program.buffers.get(name) or name
            own = scopes.unique(scopes.clean(path), self.names)
            params, shared = self._weights([name], own) if learnt else (0, "")
            kind = "Parameter" if learnt else "Constant"
            spec = self.spec(name)
            around = next((w for w in reversed(self.ways) if w and w[-1] == group), ())
            group = around[-1] if around else ""
            mark = "" if learnt else "constant"
            self.layers.append(Layer(own, kind, (), (spec,), params, 0, own, shared=shared, group=group, mark=mark))
            self.ways.append(around)
            self.names.add(own)
            self.made[name] = Edge(own)
        return self.made[name]

    def _weights(self, names: Sequence[str], layer: str) -> tuple[int, str]:
        total, shared = 0, ""
        for name in names:
            path = self.program.parameters[name]
            if path in self.owner:
                shared = shared or self.owner[path]
            else:
                self.owner[path] = layer
                total += prod(d for d in self.program.specs[name].shape if isinstance(d, int))
        return total, "" if total or shared == layer else shared

    def _macs(self, run: _Run, kind: str, found: dict[str, Any]) -> int | None:
        counts: list[int | None] = []
        for call in run.calls:
            inputs = [self._one(n) for n in call.refs]
            outputs = [self._one(n) for n in call.outputs if n in self.program.specs]
            alone = len(run.calls) == 1 or (
                kind in ("LSTM", "GRU", "RNN") and call.op in ("lstm", "gru", "rnn_tanh", "rnn_relu")
            )
            counts.append(macs(kind if alone else function_kind(call), found if alone else {}, inputs, outputs))
        return None if any(count is None for count in counts) else sum(count or 0 for count in counts)

    def _one(self, name: str) -> tuple[Any, ...]:
        shape = self.spec(name).shape
        self.one_sample |= "batch" in shape
        return tuple(1 if d == "batch" else d for d in shape)

    def notes(self) -> list[str]:
        """What had to be assumed."""
        if self.one_sample:
            return ["Multiply-accumulates are those of a batch of one, because the program leaves the batch open."]
        return []


_OWNING = frozenset(
    [
        "linear",
        "addmm",
        "conv1d",
        "conv2d",
        "conv3d",
        "convolution",
        "layer_norm",
        "group_norm",
        "batch_norm",
        "rms_norm",
        "embedding",
    ]
)


def _bare(run: _Run) -> str:
    return run.around[-1][0].partition("@")[0] if run.around else ""


def _multihead(run: _Run, shapes: Any) -> dict[str, Any]:
    """Width, heads and order of axes of an attention module, from the products inside.

    It turns batches that come first before all else.
    """
    found: dict[str, Any] = {}
    for call in run.calls:
        query = shapes.get(call.refs[0], ()) if call.refs else ()
        if call.op == "linear":
            linear = attributes(call, shapes)
            found["embed_dim"] = linear.get("out_features")
            found |= {"bias": False} if linear.get("bias") is False else {}
        elif call.op == "scaled_dot_product_attention" and len(query) == 4:
            found["num_heads"] = query[1]
        elif call.op in ("bmm", "baddbmm") and len(query) == 3:
            found.setdefault("head", query[2])
    head, width = found.pop("head", 0), found.get("embed_dim")
    if head and isinstance(width, int):
        found.setdefault("num_heads", width // head)
    return found | ({"batch_first": True} if run.calls[0].op == "transpose" else {})


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))
