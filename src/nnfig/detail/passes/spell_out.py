"""Functions get the attributes that modules have: sizes that their weights tell, the stride of a pooling."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.absorb_weights import weights
from nnfig.graph import Dim, Graph, Layer

Shape = tuple[Dim, ...]
OWN_CLASS = "class"
"""The attribute that keeps what a class is called that is drawn as the one from which it is derived."""
_CONVOLUTION = {"in_channels", "out_channels", "kernel_size", "transposed"}
_LINEAR = {"in_features", "out_features"}


def spell_out(draft: Draft) -> Draft:
    """`conv2d(x, weight)` gets kernel and channels as a `Conv2d` has them; what was given is kept.

    Weights that a layer makes come over a wire that says so. A class of somebody's own that has what a convolution
    has is one, `WSConv` as well as `WS`, except at `ops`; its name is kept as an attribute.
    """
    graph, known = draft.graph, weights(draft.graph)
    plain = draft.rules.level != "operations"
    layers = tuple(_sized(_under_its_base(layer) if plain else layer, graph, known) for layer in graph.layers)
    return draft if layers == graph.layers else draft.having(graph.replace(layers=layers))


def _under_its_base(layer: Layer) -> Layer:
    """The layer as a `Conv2d`, `Linear` ... where its class is derived from that and is called otherwise."""
    given = layer.attributes
    if category_of(layer.kind).name != "block" or not layer.params:
        return layer
    if given.keys() >= _CONVOLUTION and isinstance(given["kernel_size"], tuple | list):
        base = f"Conv{'Transpose' * bool(given['transposed'])}{len(given['kernel_size'])}d"
    elif given.keys() >= _LINEAR:
        base = "Linear"
    else:
        return layer
    return replace(layer, kind=base, original=layer.kind, attributes={**given, OWN_CLASS: layer.kind})


def _sized(layer: Layer, graph: Graph, known: Collection[str]) -> Layer:
    at, read = _READ.get(re.sub(r"\d(?=d$)", "N", layer.kind), (0, _nothing))
    if len(layer.inputs) <= at or (layer.kind in _OF_DATA and layer.inputs[at].source not in known):
        return layer
    weight = graph.spec(layer.inputs[at].source, layer.inputs[at].output)
    found = read(weight.shape, layer) if weight else {}
    more = {name: value for name, value in found.items() if layer.attributes.get(name) is None}
    made = bool(at) and layer.kind not in _OF_DATA and layer.inputs[at].source not in known
    inputs = tuple(
        replace(e, label=e.label or "weights") if made and i == at else e for i, e in enumerate(layer.inputs)
    )
    if not more and inputs == layer.inputs:
        return layer
    return replace(layer, attributes={**layer.attributes, **more}, inputs=inputs)


def _nothing(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    return {}


def _bias(layer: Layer, at: int) -> dict[str, Any]:
    return {} if len(layer.inputs) > at else {"bias": False}


def _groups(layer: Layer) -> int:
    groups = layer.attributes.get("groups", 1)
    return groups if isinstance(groups, int) else 1


def _conv(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    if len(weight) < 3 or not all(isinstance(size, int) for size in weight):
        return {}
    sizes = {"in_channels": int(weight[1]) * _groups(layer), "out_channels": weight[0], "kernel_size": weight[2:]}
    return sizes | _bias(layer, 2)


def _conv_transpose(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    if len(weight) < 3 or not all(isinstance(size, int) for size in weight):
        return {}
    sizes = {"in_channels": weight[0], "out_channels": int(weight[1]) * _groups(layer), "kernel_size": weight[2:]}
    return sizes | _bias(layer, 2)


def _linear(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    return {"in_features": weight[1], "out_features": weight[0]} | _bias(layer, 2) if len(weight) == 2 else {}


def _product(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    return {"in_features": weight[0], "out_features": weight[1]} if len(weight) == 2 else {}


def _embedding(weight: Shape, layer: Layer) -> Mapping[str, Any]:
    return {"num_embeddings": weight[0], "embedding_dim": weight[1]} if len(weight) == 2 else {}


def _pool(data: Shape, layer: Layer) -> Mapping[str, Any]:
    return {"stride": layer.attributes["kernel_size"]} if "kernel_size" in layer.attributes else {}


def _layer_norm(data: Shape, layer: Layer) -> Mapping[str, Any]:
    return {} if len(layer.inputs) > 1 else {"elementwise_affine": False}


def _group_norm(data: Shape, layer: Layer) -> Mapping[str, Any]:
    return {} if len(layer.inputs) > 1 else {"affine": False}


_OF_DATA = ("matmul", "mm")
"""Functions that multiply data as often as they are given weights."""

_READ: Mapping[str, tuple[int, Callable[[Shape, Layer], Mapping[str, Any]]]] = {
    "convNd": (1, _conv),
    "conv_transposeNd": (1, _conv_transpose),
    "linear": (1, _linear),
    "addmm": (2, _product),
    **dict.fromkeys(_OF_DATA, (1, _product)),
    "embedding": (1, _embedding),
    "embedding_bag": (1, _embedding),
    "max_poolNd": (0, _pool),
    "avg_poolNd": (0, _pool),
    "lp_poolNd": (0, _pool),
    "layer_norm": (0, _layer_norm),
    "rms_norm": (0, _layer_norm),
    "group_norm": (0, _group_norm),
}
"""For each function which of its inputs tells something, and what: the weight, where it has one."""
