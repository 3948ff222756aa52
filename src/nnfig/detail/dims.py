"""Sizes as they are written beside a layer: only where they change, channels left out where the label has them."""

from __future__ import annotations

from collections.abc import Mapping

from nnfig.detail.categories import category_of
from nnfig.detail.values import sizes
from nnfig.graph import Dim, Edge, Graph, Layer

_FIRST = ("convolution", "pooling", "upsampling")
_LAST = ("linear", "embedding", "attention", "recurrent")
_BATCH = "BatchNorm InstanceNorm GroupNorm batch_norm instance_norm group_norm LocalResponseNorm".split()


def dims(graph: Graph) -> Mapping[str, str]:
    """For each layer the size to be written, '' where it is that of what comes in.

    Image-like tensors are written without channels (`112×112`), sequences with features (`128×768`), vectors not.
    """
    last = channels_last(graph)
    return {layer.name: _changed(layer, graph, last) for layer in graph.layers}


def input_dims(graph: Graph, name: str) -> str:
    """Size of an input without its batch."""
    spec = graph.inputs[name]
    return sizes(spec.shape[1:] if len(spec.shape) > 1 else spec.shape)


def channels_last(graph: Graph) -> Mapping[str, bool]:
    """For each layer and input whether its last axis holds the features (N L D), as its kind or what it takes says."""
    found: dict[str, bool] = {}
    for name in graph.inputs:
        takers = [graph.layer[taker] for taker in graph.consumers[name]]
        found[name] = bool(takers) and all(category_of(layer.kind).name in _LAST for layer in takers)
    for layer in graph.layers:
        category = category_of(layer.kind).name
        if category in _FIRST or any(layer.kind.startswith(word) for word in _BATCH):
            found[layer.name] = False
        elif category in _LAST or category == "normalization":
            found[layer.name] = True
        else:
            before = [found[source] for source in layer.sources if source in found]
            found[layer.name] = before[0] if before else len(layer.shape) == 3
    return found


def _changed(layer: Layer, graph: Graph, last: Mapping[str, bool]) -> str:
    after = spatial(layer.shape, last[layer.name])
    before = [_before(edge, graph, last) for edge in layer.inputs if edge.kind == "data"]
    known = [shape for shape in before if shape]
    if not after or not known or after in known:
        return ""
    return sizes(after)


def _before(edge: Edge, graph: Graph, last: Mapping[str, bool]) -> tuple[Dim, ...]:
    spec = graph.spec(edge.source, edge.output)
    return spatial(spec.shape, last.get(edge.source, False)) if spec else ()


def spatial(shape: tuple[Dim, ...], channels_last: bool) -> tuple[Dim, ...]:
    """The part of a shape that is written: positions of an image, length and features of a sequence, else nothing."""
    if len(shape) >= 4:
        return shape[1:-1] if channels_last else shape[2:]
    return shape[1:] if len(shape) == 3 else ()
