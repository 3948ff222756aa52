"""A functional Keras model -> Graph: nested models and layers built of layers are groups, shared layers run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Dim, Edge, Graph, Group, Layer, TensorSpec
from nnfig.sources import scopes
from nnfig.sources.blocks import with_blocks
from nnfig.sources.keras.kinds import drafts, params, statistics
from nnfig.sources.keras.words import Draft, Shape, arguments
from nnfig.sources.macs import macs

DEEPEST = 40


@dataclass(frozen=True)
class _Holder:
    weights: tuple[Any, ...]


def is_functional(model: Any) -> bool:
    """Whether Keras itself knows the graph of calls."""
    return hasattr(model, "_nodes_by_depth") and hasattr(model, "_operations") and bool(getattr(model, "_nodes", ()))


def opened(keras: Any, layer: Any, tensors: Sequence[Any]) -> Any:
    """A layer or model written in Python as a functional model: its call, run once on symbols.

    Raises NnfigError where call cannot run on symbols.
    """
    try:
        if not layer.built:
            layer(*tensors)
        touched = [(op, list(op._inbound_nodes), list(op._outbound_nodes)) for op in layer._flatten_layers()]
        try:
            results = layer.call(*tensors)
            return keras.models.Model(list(tensors), results, name=f"{layer.name}_opened")
        finally:
            for op, taken, given in touched:  # the layers forget that they were called
                op._inbound_nodes[:], op._outbound_nodes[:] = taken, given
    except Exception as error:
        what = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise NnfigError(f"the call of {type(layer).__name__} does not run on symbols: {what}") from None


class Walk:
    """Layers and groups so far."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.layers: list[Layer] = []
        self.groups: list[Group] = []
        self.paths: set[str] = set()
        self.names: dict[str, tuple[TensorSpec, ...]] = {}
        """Inputs and layers -> what they give."""
        self.attributes: dict[int, str] = {}
        """Layers that a class keeps under an attribute, by identity -> that attribute."""
        self.first: dict[int, str] = {}
        """Layers that ran, by identity -> name of their first call."""
        self.calls: dict[int, int] = {}
        self.images: set[int] = set()
        """Symbolic tensors whose last axis is the channels of an image."""
        self.statistics = 0

    def graph(self, model: Any, name: str, whole: Any) -> Graph:
        """The Graph of a functional model."""
        inputs: dict[str, TensorSpec] = {}
        made: dict[int, Edge] = {}
        self._find_images(model)
        self.attributes |= _attribute_names(whole) if not is_functional(whole) else {}
        for tensor in model.inputs:
            own = scopes.unique(scopes.clean(_input_name(tensor)), inputs)
            inputs[own] = TensorSpec(self._shape(tensor), str(tensor.dtype))
            made[id(tensor)] = Edge(own)
        self.names |= {key: (spec,) for key, spec in inputs.items()}
        self._run(model, made, "", 0)
        # only an inner model may have told that an input is an image
        shapes = [self._shape(tensor) for tensor in model.inputs]
        inputs = {own: TensorSpec(shape, inputs[own].dtype) for own, shape in zip(inputs, shapes, strict=True)}
        outputs = [made[id(tensor)].source for tensor in model.outputs]
        graph = Graph(
            name=scopes.clean(name),
            inputs=inputs,
            layers=tuple(self.layers),
            groups=tuple(self.groups),
            outputs=tuple(outputs),
            output_names=_output_names(model, outputs),
            notes=tuple(self._notes()),
        )
        return with_blocks(graph)

    def _notes(self) -> Iterator[str]:
        if self.images:
            yield "The model keeps channels last; sizes are written channels first, as in PyTorch."
        if self.statistics:
            yield (
                f"Keras counts {self.statistics:,} running means and variances as parameters too; "
                "they are left out, as in PyTorch."
            )
        if any("batch" in spec.shape for layer in self.layers for spec in layer.output):
            yield "Multiply-accumulates are those of a batch of one, because the model leaves the batch open."

    def _run(self, model: Any, made: dict[int, Edge], group: str, depth: int) -> None:
        """Add the layers of a functional model; `made` knows its inputs and learns its tensors."""
        self._find_images(model)
        for node in _nodes(model):
            taken = [t for t in node.input_tensors if id(t) in made]
            inner = None if depth >= DEEPEST else self._inside(node.operation, node.input_tensors)
            if inner is None:
                self._layer(node, taken, made, group)
            else:
                self._group(node, inner, made, group, depth)

    def _inside(self, op: Any, tensors: Sequence[Any]) -> Any:
        """The functional model inside a layer, or None where it is one computation."""
        inner = getattr(op, "_functional", None) or op
        if is_functional(inner):
            return inner
        foreign = type(op).__module__.split(".")[0] != "keras"
        if not foreign or not getattr(op, "_layers", None) or not tensors:
            return None
        symbols = [self.keras.Input(batch_shape=t.shape, dtype=t.dtype) for t in tensors]
        try:
            return opened(self.keras, op, symbols)
        except NnfigError:
            return None

    def _group(self, node: Any, inner: Any, made: dict[int, Edge], around: str, depth: int) -> None:
        op = node.operation
        number = self.calls[id(op)] = self.calls.get(id(op), 0) + 1
        path = _inside_name(op, _bare(around), self.attributes)
        path = scopes.unique(f"{path}@{number}" if number > 1 else path, self.paths)
        self.paths.add(path)
        title = op.name if type(op).__name__ in ("Functional", "Sequential") else ""
        self.groups.append(Group(path, type(op).__name__, title, parent=around))
        feed = {id(symbol): made[id(tensor)] for symbol, tensor in zip(inner.inputs, node.input_tensors, strict=False)}
        self.images |= {id(s) for s, t in zip(inner.inputs, node.input_tensors, strict=False) if id(t) in self.images}
        self.attributes |= {} if is_functional(getattr(op, "_functional", None) or op) else _attribute_names(op)
        self._run(inner, feed, path, depth + 1)
        self.images |= {id(t) for s, t in zip(inner.inputs, node.input_tensors, strict=False) if id(s) in self.images}
        for symbol, tensor in zip(inner.outputs, node.outputs, strict=False):
            made[id(tensor)] = feed[id(symbol)]

    def _layer(self, node: Any, taken: list[Any], made: dict[int, Edge], group: str) -> None:
        op = node.operation
        inputs = [self._shape(t) for t in taken]
        outputs = [self._shape(t) for t in node.outputs]
        items = drafts(op, inputs, outputs, any(id(t) in self.images for t in (*taken, *node.outputs)))
        said = arguments(items[0].kind, (*node.arguments.args, *node.arguments.kwargs.values()))
        if said and not ("index" in said and self.images.intersection(map(id, taken))):  # their axes are turned
            items = [replace(items[0], attributes={**items[0].attributes, **said}), *items[1:]]
        path = _inside_name(op, _bare(group), self.attributes)
        number = self.calls[id(op)] = self.calls.get(id(op), 0) + 1
        edges = (*(made[id(t)] for t in taken), *self._parameters(node, group))
        own = params(op) if number == 1 else 0
        self.statistics += statistics(op) if number == 1 else 0
        for item in items:
            last = item is items[-1]
            name = f"{path}_{item.suffix}" if item.suffix else path
            name = scopes.unique(f"{name}@{number}" if number > 1 else name, self.names)
            shapes = outputs if last or item.output is None else [item.output]
            made_here = self._made(op, item, name, edges, shapes, [str(t.dtype) for t in node.outputs])
            first = self.first.setdefault(id(op), name) if item is items[0] else ""
            shared = first if number > 1 else ""
            self.layers.append(replace(made_here, params=own, path=path, group=group, shared=shared))
            self.names[name] = made_here.output
            edges, own = (Edge(name),), 0
        for i, tensor in enumerate(node.outputs):
            made[id(tensor)] = Edge(self.layers[-1].name, i)

    def _parameters(self, node: Any, group: str) -> list[Edge]:
        """Weights that an operation takes directly, each a layer of its own the first time."""
        found: list[Edge] = []
        for value in self.keras.tree.flatten((node.arguments.args, node.arguments.kwargs)):
            if not isinstance(value, self.keras.Variable):
                continue
            if id(value) not in self.first:
                own = scopes.clean(value.name).replace("/", "_")
                name = scopes.unique(f"{_bare(group)}.{own}" if group else own, self.names)
                spec = TensorSpec(tuple(value.shape), str(value.dtype))
                count = params(_Holder((value,)))
                self.layers.append(Layer(name, "Parameter", (), (spec,), count, 0, path=_bare(group), group=group))
                self.first[id(value)], self.names[name] = name, (spec,)
            found.append(Edge(self.first[id(value)]))
        return found

    def _made(
        self, op: Any, item: Draft, name: str, edges: tuple[Edge, ...], shapes: Sequence[Shape], dtypes: Sequence[str]
    ) -> Layer:
        before = [self.names[edge.source][edge.output].shape for edge in edges]
        ones = [[tuple(1 if d == "batch" else d for d in shape) for shape in each] for each in (before, shapes)]
        count = item.macs(*ones) if item.macs else macs(item.kind, item.attributes, *ones)
        kind = type(op).__name__
        specs = tuple(TensorSpec(s, dtypes[min(i, len(dtypes) - 1)]) for i, s in enumerate(shapes))
        attributes = {key: value for key, value in item.attributes.items() if _plain(value)}
        original = kind if kind != item.kind and not item.suffix else ""
        return Layer(
            name, item.kind, edges, specs, macs=count, attributes=attributes, mark=item.mark, original=original
        )

    def _shape(self, tensor: Any) -> Shape:
        """The tensor's shape, channels first where it is an image; open sizes by name."""
        shape: list[Dim] = [d if d is not None else ("batch" if i == 0 else "?") for i, d in enumerate(tensor.shape)]
        if id(tensor) in self.images:
            shape = [shape[0], shape[-1], *shape[1:-1]]
        return tuple(shape)

    def _find_images(self, model: Any) -> None:
        """Tensors of four or five axes that layers with channels last take or give, and what keeps their axes."""
        nodes = list(_nodes(model))
        for _ in range(2):
            for node in (*nodes, *reversed(nodes)):
                tensors = [t for t in (*node.input_tensors, *node.outputs) if len(t.shape) in (4, 5)]
                last = getattr(node.operation, "data_format", None) == "channels_last"
                keeps = type(node.operation).__name__ in _KEEP and any(id(t) in self.images for t in tensors)
                if last or keeps:
                    self.images |= {id(t) for t in tensors}


_KEEP = frozenset(
    [
        "Activation",
        "ReLU",
        "LeakyReLU",
        "PReLU",
        "ELU",
        "Softmax",
        "Dropout",
        "BatchNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "Add",
        "Subtract",
        "Multiply",
        "Average",
        "Maximum",
        "Minimum",
        "Concatenate",
        "Rescaling",
        "Normalization",
        "Identity",
        "GaussianNoise",
        "UnitNormalization",
        "Functional",
        "Sequential",
        "Relu",
        "Gelu",
        "Silu",
        "Sigmoid",
        "Tanh",
        "Divide",
        "TrueDivide",
        "Power",
        "Cast",
        "InputLayer",
    ]
)
"""Layers and operations that keep the order of the axes."""


def _nodes(model: Any) -> Iterator[Any]:
    """Calls in running order."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.is_input and type(node.operation).__name__ != "InputLayer":
                yield node


def _input_name(tensor: Any) -> str:
    history = getattr(tensor, "_keras_history", None)
    return history.operation.name if history is not None else tensor.name


def _output_names(model: Any, outputs: Sequence[str]) -> tuple[str, ...]:
    names = list(getattr(model, "output_names", None) or ())
    return tuple(names) if len(names) == len(outputs) and len(names) > 1 else ()


def _bare(group: str) -> str:
    return group.partition("@")[0]


def _inside_name(op: Any, group: str, told: Mapping[int, str] | None = None) -> str:
    """The path of a layer: its name, or the attribute under which its owner keeps it."""
    own = (told or {}).get(id(op)) or scopes.clean(op.name).replace(".", "_").replace("/", "_")
    return f"{group}.{own}" if group else own


def _attribute_names(owner: Any) -> dict[int, str]:
    """Layers that a layer holds -> the attribute that holds them, `conv1` or `blocks_0`."""
    found: dict[int, str] = {}
    for name, value in {**vars(owner), **(getattr(owner, "_modules", None) or {})}.items():
        if name.startswith("_"):
            continue
        if hasattr(value, "_inbound_nodes"):
            found.setdefault(id(value), name)
        elif isinstance(value, Iterable) and not isinstance(value, (str, Mapping)):
            held = [item for item in value if hasattr(item, "_inbound_nodes")]
            found.update({id(item): f"{name}_{i}" for i, item in enumerate(held) if id(item) not in found})
    return found


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))
