"""Sizes as they are written beside a layer: only where they change, channels left out where the label has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from nnfig.detail.categories import category_of
from nnfig.detail.labels.values import sizes
from nnfig.graph import Dim, Edge, Graph, Layer, TensorSpec

_FIRST = ("convolution", "pooling", "upsampling")
_LAST = ("linear", "embedding", "attention", "recurrent")
_FIRST_NORMS = (
    *("BatchNorm", "InstanceNorm", "GroupNorm", "LocalResponseNorm"),
    *("batch_norm", "instance_norm", "group_norm"),
)

_SCALES = ("mul", "div")

COLOURS = 3
"""Channels of an image."""
Positions = tuple[Dim, ...]
"""The axes of a shape that are neither batch nor channels."""


@dataclass(frozen=True)
class Axes:
    """Which axis of each tensor holds the channels, and what the others are."""

    graph: Graph
    inside: Mapping[str, tuple[Layer, ...]]
    """Layers merged into a layer; the last of them makes its output."""

    @cached_property
    def channels_last(self) -> Mapping[str, bool]:
        """For each layer and input whether its last axis holds the features (N L D), as kinds tell."""
        found: dict[str, bool] = {}
        for name in self.graph.inputs:
            kinds = {category_of(self.graph.layer[taker].kind).name for taker in self.graph.consumers[name]}
            spec = self.graph.inputs[name]
            sequence = (len(spec.shape) == 3 and len(_unbatched(spec)) == 2) or "int" in spec.dtype
            found[name] = (sequence or bool(kinds & set(_LAST))) and not kinds & set(_FIRST)
        for layer in self.graph.layers:
            data = [edge.source for edge in self._data(layer) if edge.source in found]
            before = found[data[0]] if data else len(layer.shape) == 3
            before = before and not self._is_turned(layer, found)
            for each in (layer, *self.inside.get(layer.name, ())):
                before = _order(each, before)
            found[layer.name] = before
        return found

    def _is_turned(self, layer: Layer, found: Mapping[str, bool]) -> bool:
        """Whether hidden moves of axes put the channels of an image first again: (1, 56, 56, 96) is (1, 96, 56, 56)."""
        for edge in layer.inputs:
            spec = self.graph.spec(edge.source, edge.output)
            if spec is not None and len(spec.shape) == 4 == len(layer.shape) and found.get(edge.source):
                return layer.shape != spec.shape and layer.shape[1:] == (spec.shape[3], *spec.shape[1:3])
        return False

    @cached_property
    def positions(self) -> Mapping[str, Positions]:
        """For each layer and input the positions of its first output; attention keeps those of what it looks from."""
        found: dict[str, Positions] = {}
        for name, spec in self.graph.inputs.items():
            index = self.channels_last[name] and len(spec.shape) == 2
            found[name] = spec.shape[1:] if index else _positions(spec.shape, self.channels_last[name])
        for layer in self.graph.layers:
            if category_of(layer.kind).name == "attention" and layer.inputs:
                found[layer.name] = found.get(layer.inputs[0].source, ())
            else:
                found[layer.name] = _positions(layer.shape, self.channels_last[layer.name])
        return found

    def channels(self, layer: Layer) -> str:
        """Channels of what a layer gives, told by its shape."""
        if len(layer.shape) < 2:
            return ""
        return str(layer.shape[-1] if self.channels_last[layer.name] or len(layer.shape) == 2 else layer.shape[1])

    def written(self, layer: Layer) -> str:
        """Size beside the layer: `112×112` of an image, `197×768` of a sequence, '' where it did not change."""
        after = self.positions[layer.name]
        known = [found for edge in self._data(layer) or layer.inputs if (found := self._before(edge)) is not None]
        before = next(filter(any, known), ((),))
        if not known or not after or all(after == each or _differ_by_heads(each, after) for each in before):
            return ""
        if not any(before) and set(after) == {1}:  # a vector with axes to spare
            return ""
        return sizes(layer.shape[1:] if len(layer.shape) == 3 else after)

    def _data(self, layer: Layer) -> tuple[Edge, ...]:
        """What a layer takes that tells its size: to be scaled by a vector of weights changes none."""
        if layer.kind not in _SCALES:
            return layer.inputs
        return tuple(edge for edge in layer.inputs if edge.source not in self._weights)

    @cached_property
    def _weights(self) -> frozenset[str]:
        return frozenset(layer.name for layer in self.graph.layers if layer.kind == "Parameter")

    def _before(self, edge: Edge) -> tuple[Positions, ...] | None:
        """Positions of what an edge brings, () of a vector, and those beside its source, of the first output."""
        if edge.kind != "data" or edge.source not in self.positions:
            return None
        beside, spec = self.positions[edge.source], self.graph.spec(edge.source, edge.output)
        if edge.output == 0 or spec is None:
            return (beside,)
        return _positions(spec.shape, self.channels_last.get(edge.source, False)), beside


def _differ_by_heads(one: Positions, other: Positions) -> bool:
    """Whether all that comes or goes is an axis of attention heads: (128,) and (12, 128)."""
    short, long = sorted((one, other), key=len)
    return len(short) == 1 and long[1:] == short


def input_dims(graph: Graph, name: str) -> str:
    """Size of an input without its batch."""
    spec = graph.inputs[name]
    return sizes(spec.shape if name in _whole(graph) else _unbatched(spec))


def _whole(graph: Graph) -> frozenset[str]:
    """Inputs whose first axis is no batch: unlike that of others, or mixed by a product, as nodes of a graph are."""
    first = {n: s.shape[0] for n, s in graph.inputs.items() if len(s.shape) > 1 and isinstance(s.shape[0], int)}
    several = len(set(first.values())) > 1
    mixed = {rows for layer in graph.layers if layer.kind in ("matmul", "mm") for rows in _mixed(layer, graph)}
    return frozenset(name for name, rows in first.items() if rows > 1 and (several or rows in mixed))


def _mixed(layer: Layer, graph: Graph) -> tuple[Dim, ...]:
    """The first axis of the second factor of a product, where that is made of inputs and was not transposed."""
    if len(layer.inputs) != 2:
        return ()
    edge = layer.inputs[1]
    spec, source = graph.spec(edge.source, edge.output), graph.layer.get(edge.source)
    turned = source is not None and (source.mark == "constant" or source.kind in _TURNS or not source.inputs)
    return spec.shape[:1] if spec and len(spec.shape) == 2 and not turned else ()


_TURNS = ("t", "T", "mT", "transpose", "permute", "swapaxes", "numpy_T")
"""Kinds that exchange axes."""


def _unbatched(spec: TensorSpec) -> tuple[Dim, ...]:
    """A shape without its batch; an image that a detector takes in a list has none."""
    image = len(spec.shape) == 3 and spec.shape[0] == COLOURS and "float" in spec.dtype
    return spec.shape if image or len(spec.shape) < 2 else spec.shape[1:]


def _order(layer: Layer, before: bool) -> bool:
    category = category_of(layer.kind).name
    if category in _FIRST or layer.kind.startswith(_FIRST_NORMS) or layer.kind.endswith(("2d", "3d")):
        return False
    closed = category == "block" and len(layer.shape) == 3
    return category in _LAST or category == "normalization" or closed or before


def _positions(shape: tuple[Dim, ...], channels_last: bool) -> Positions:
    if len(shape) < 3:
        return ()
    return shape[1:-1] if channels_last else shape[2:]
