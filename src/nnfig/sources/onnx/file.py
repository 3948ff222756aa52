"""A `.onnx` file -> Graph: kinds in PyTorch's words, weights counted, groups from scoped names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnfig.errors import NnfigError
from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.sources import scopes
from nnfig.sources.blocks import with_blocks
from nnfig.sources.class_names import with_class_names
from nnfig.sources.macs import macs
from nnfig.sources.onnx.collapse import collapsed
from nnfig.sources.onnx.kinds import draft
from nnfig.sources.onnx.load import load
from nnfig.sources.onnx.names import Place, places
from nnfig.sources.onnx.nodes import operators
from nnfig.sources.onnx.ops import Draft, Op, Part
from nnfig.sources.onnx.patterns import fused
from nnfig.sources.onnx.values import UNKNOWN, Values, head

if TYPE_CHECKING:
    from onnx import ModelProto


def read(path: Path) -> Graph:
    """The network in an ONNX file.

    Raises NnfigError where onnx is missing or the file is no readable model.
    """
    model, notes = load(path)
    return graph_of(model, path, notes)


def graph_of(model: ModelProto, path: Path, notes: Iterable[str] = ()) -> Graph:
    """The Graph of a loaded model; `path` names it where it has no name of its own."""
    values = head(model.graph)
    known = {tensor.name for tensor in model.graph.initializer}
    inputs = {
        i.name: values.specs.get(i.name, TensorSpec((UNKNOWN,))) for i in model.graph.input if i.name not in known
    }
    ops, more = operators(model, values, inputs, path)
    outputs = [o.name for o in model.graph.output]
    ops = fused(ops, values, outputs)
    if not ops:
        raise NnfigError("nothing in the graph depends on an input", where=str(path))
    ops, drafts = collapsed(ops, [draft(op, values) for op in ops], values, outputs)
    shown = _shown(inputs)
    named = places(ops, drafts, values, dict.fromkeys(shown.values()))
    build = _Builder(values, inputs, shown, {name for item in drafts for name in item.inputs} | set(outputs))
    for op, item, place in zip(ops, drafts, named.each, strict=True):
        build.add(op, item, place)
    notes = [*notes, *more, *build.notes()]
    layers = tuple(build.layers)
    graph = Graph(
        name=path.stem if model.graph.name in _NAMELESS else scopes.clean(model.graph.name),
        inputs={shown[name]: spec for name, spec in inputs.items()},
        layers=layers,
        groups=scopes.groups((place.around for place in named.each), named.classes),
        outputs=tuple(build.source(name).source for name in outputs),
        output_names=tuple(outputs),
        notes=tuple(notes),
    )
    joins = {layer.group for layer in layers if len(set(layer.sources)) > 1}
    if named.guessed and 2 * len(joins) < len(graph.groups):  # names of single layers, which say nothing of blocks
        graph = graph.replace(groups=(), layers=tuple(replace(layer, group="") for layer in layers))
    return with_class_names(with_blocks(graph), modules=not named.guessed)


_NAMELESS = ("", "main_graph", "main", "graph", "torch_jit", "torch-jit-export", "tf2onnx", "model", "onnx_graph")
"""What exporters call a graph whose name they do not know."""


def _shown(inputs: Iterable[str]) -> dict[str, str]:
    """The names of inputs without scopes and output numbers (`gpu_0/data_0`, `x:0`), kept apart."""
    found: dict[str, str] = {}
    for name in inputs:
        short = scopes.clean(name.rpartition("/")[2].partition(":")[0])
        found[name] = scopes.unique(short, set(found.values()))
    return found


class _Builder:
    """Layers so far, and who makes which tensor."""

    def __init__(
        self, values: Values, inputs: Mapping[str, TensorSpec], shown: Mapping[str, str], used: Set[str]
    ) -> None:
        self.values, self.used = values, used
        self.layers: list[Layer] = []
        self.made: dict[str, Edge] = {name: Edge(shown[name]) for name in inputs}
        self.names: dict[str, Any] = dict.fromkeys(shown.values())
        self.owner: dict[str, str] = {}
        self.one_sample = False
        self.batch = next((s.shape[0] for s in inputs.values() if s.shape and isinstance(s.shape[0], str)), None)
        """Name of the first axis of the first input that leaves it open."""

    def add(self, op: Op, item: Draft, place: Place) -> None:
        """Append the layer of one operator, after layers for constants and parameters that it takes."""
        edges = tuple(self.source(name, place) for name in item.inputs)
        params, shared = self._weights(item.weights, place.name)
        made = [name for name in op.outputs if name]
        while len(made) > 1 and made[-1] not in self.used:  # masks and statistics that only training reads
            made.pop()
        output = tuple(self.values.specs.get(name, TensorSpec((UNKNOWN,))) for name in made)
        shapes = tuple(map(self.values.shape, item.inputs))
        whole = Part(item.kind, item.attributes, item.shapes or shapes, tuple(spec.shape for spec in output))
        layer = Layer(
            name=place.name,
            kind=place.kind,
            inputs=edges,
            output=output,
            params=params,
            macs=self._macs(item.parts or (whole,)),
            path=place.path,
            attributes=item.attributes,
            shared=shared or place.again,
            group=place.around[-1] if place.around else "",
            mark=item.mark,
            original=op.type if op.type != place.kind else "",
        )
        self._append(layer)
        for index, name in enumerate(made):
            self.made[name] = Edge(layer.name, index)

    def source(self, name: str, place: Place | None = None) -> Edge:
        """The edge for a tensor; a constant or parameter becomes a layer without inputs."""
        if name not in self.made:
            self.made[name] = Edge(self._constant(name, place))
        return self.made[name]

    def _constant(self, name: str, place: Place | None) -> str:
        spec = self.values.specs.get(name, TensorSpec(()))
        roots = [r for r in self.values.roots.get(name, ()) if r not in self.values.filled]
        learnt = self.values.is_float(name) and bool(roots) and self.values.number(name) is None
        group = place.around[-1] if place and place.around else ""
        base = scopes.clean(roots[0] if roots else name).strip("/").replace("/", ".")
        if "::" in base or base.isdigit():
            base = f"{group}.constant" if group else "constant"
        own = scopes.unique(base, self.names)
        params, shared = self._weights((name,), own) if learnt else (0, "")
        kind = "Parameter" if learnt else "Constant"
        self._append(
            Layer(own, kind, (), (spec,), params, 0, group=group, shared=shared, mark="" if learnt else "constant")
        )
        return own

    def _append(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.names[layer.name] = None

    def _weights(self, names: Sequence[str], layer: str) -> tuple[int, str]:
        """Elements of the weights that no earlier layer owns, and the owner of those that one does."""
        total, shared = 0, ""
        for name in names:
            for root in self.values.roots.get(name, ()):
                if root in self.owner:
                    shared = shared or (self.owner[root] if self.owner[root] != layer else "")
                elif self.values.is_weight(root):
                    self.owner[root] = layer
                    total += self.values.count(root)
        return total, shared if not total else ""

    def _macs(self, parts: Sequence[Part]) -> int | None:
        """Multiply-accumulates of one sample where the batch is only a name."""
        counts: list[int | None] = []
        for part in parts:
            inputs = [self._one(shape) for shape in part.inputs]
            counts.append(macs(part.kind, part.attributes, inputs, [self._one(shape) for shape in part.outputs]))
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def _one(self, shape: Sequence[Any] | None) -> tuple[Any, ...]:
        """The shape with one for the batch."""
        self.one_sample |= bool(shape) and self.batch in (shape or ())
        return tuple(1 if size == self.batch else size for size in shape or ())

    def notes(self) -> list[str]:
        """What had to be assumed."""
        if self.one_sample:
            return ["Multiply-accumulates are those of a batch of one, because the file leaves the batch open."]
        return []
