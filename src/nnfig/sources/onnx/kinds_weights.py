"""ONNX operators with weights (convolution, linear, norms, recurrent, embedding) -> PyTorch's modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfig.sources.onnx.ops import Draft, Op, owned, rank, rounded, window
from nnfig.sources.onnx.values import Values


def _conv(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or not values.constant(op.input(1)) or len(weight) < 3:
        return None
    axes, groups = len(weight) - 2, op.attributes.get("group", 1)
    transposed = op.type == "ConvTranspose"
    first, second = weight[0], weight[1]
    attributes = {
        "in_channels": first if transposed else _times(second, groups),
        "out_channels": _times(second, groups) if transposed else first,
        **window(op, axes, op.attributes.get("kernel_shape") or weight[2:]),
        "groups": groups,
        "bias": bool(op.input(2)),
    }
    if transposed:
        attributes["output_padding"] = tuple(op.attributes.get("output_padding", (0,) * axes))
    kind = f"ConvTranspose{axes}d" if transposed else f"Conv{axes}d"
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


def _times(size: Any, factor: int) -> Any:
    return size * factor if isinstance(size, int) else size


def _gemm(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or len(weight) != 2 or not values.constant(op.input(1)) or not values.constant(op.input(2)):
        return None
    out, features = weight if op.attributes.get("transB", 0) else weight[::-1]
    attributes = {"in_features": features, "out_features": out, "bias": bool(op.input(2))}
    return Draft("Linear", attributes, op.inputs[:1], op.inputs[1:3])


def _matmul(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or len(weight) != 2 or not values.constant(op.input(1)) or values.constant(op.input(0)):
        return None
    attributes = {"in_features": weight[0], "out_features": weight[1], "bias": False}
    return Draft("Linear", attributes, op.inputs[:1], op.inputs[1:2])


def _batch_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(1)) or ("?",)
    axes = rank(op, values) or 4
    attributes = {
        "num_features": shape[0],
        "eps": rounded(op.attributes.get("epsilon", 1e-5)),
        "momentum": rounded(1 - op.attributes.get("momentum", 0.9)),
        "affine": True,
    }
    kind = {2: "BatchNorm1d", 3: "BatchNorm1d", 5: "BatchNorm3d"}.get(axes, "BatchNorm2d")
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


def _instance_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(1)) or ("?",)
    axes = {3: "1d", 5: "3d"}.get(rank(op, values) or 4, "2d")
    attributes = {"num_features": shape[0], "eps": rounded(op.attributes.get("epsilon", 1e-5)), "affine": True}
    return Draft(f"InstanceNorm{axes}", attributes, op.inputs[:1], op.inputs[1:3])


def _group_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(0)) or ("?", "?")
    attributes = {
        "num_groups": op.attributes.get("num_groups", 1),
        "num_channels": shape[1],
        "eps": rounded(op.attributes.get("epsilon", 1e-5)),
    }
    return Draft("GroupNorm", attributes, op.inputs[:1], op.inputs[1:3])


def _layer_norm(op: Op, values: Values) -> Draft:
    shape = (values.shape(op.input(1)) if op.input(1) else None) or op.attributes.get("shape") or ("?",)
    attributes = {"normalized_shape": tuple(shape), "eps": rounded(op.attributes.get("epsilon", 1e-5))}
    kind = "RMSNorm" if op.type in ("RMSNormalization", "SimplifiedLayerNormalization") else "LayerNorm"
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


_UNLIKE_PYTORCH = ("activations", "clip", "input_forget", "layout")
"""Attributes of recurrent operators that those made from PyTorch do not have."""


def _recurrent(op: Op, values: Values) -> Draft:
    weight = values.shape(op.input(1)) or ("?", "?", "?")
    attributes = {
        "input_size": weight[-1],
        "hidden_size": op.attributes.get("hidden_size", "?"),
        "bias": bool(op.input(3)),
        "bidirectional": op.attributes.get("direction", "forward") == "bidirectional",
    }
    foreign = {name: value for name, value in op.attributes.items() if name in _UNLIKE_PYTORCH}
    functions = {str(name).lower() for name in foreign.get("activations", ())}
    if op.type == "RNN" and functions in ({"tanh"}, {"relu"}):
        attributes["nonlinearity"] = functions.pop()
        del foreign["activations"]
    attributes |= foreign
    if op.type == "GRU" and not op.attributes.get("linear_before_reset", 0):
        attributes["linear_before_reset"] = 0
    if op.attributes.get("direction") == "reverse":
        attributes["direction"] = "reverse"
    weights = tuple(op.input(place) for place in (1, 2, 3, 7) if op.input(place))
    states = tuple(op.input(p) for p in (0, 5, 6) if op.input(p) and not values.known(op.input(p)))
    return Draft(op.type, attributes, states, weights)


def _prelu(op: Op, values: Values) -> Draft | None:
    if not values.constant(op.input(1)):
        return None
    slopes = [d for d in values.shape(op.input(1)) or () if d != 1]
    return Draft("PReLU", {"num_parameters": slopes[0] if slopes else 1}, op.inputs[:1], op.inputs[1:2])


def _gather(op: Op, values: Values) -> Draft | None:
    table = values.shape(op.input(0))
    if table is not None and len(table) == 2 and owned(values, op.input(0)) and op.attributes.get("axis", 0) == 0:
        attributes = {"num_embeddings": table[0], "embedding_dim": table[1]}
        return Draft("Embedding", attributes, op.inputs[1:2], op.inputs[:1])
    if values.number(op.input(1)) is not None and not values.constant(op.input(0)):
        attributes = {"dim": op.attributes.get("axis", 0), "index": values.number(op.input(1))}
        return Draft("select", attributes, op.inputs[:1], mark="plumbing")
    return None


WITH_WEIGHTS: Mapping[str, Callable[[Op, Values], Draft | None]] = {
    "Conv": _conv,
    "ConvTranspose": _conv,
    "ConvInteger": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _layer_norm,
    "SimplifiedLayerNormalization": _layer_norm,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "PRelu": _prelu,
    "Gather": _gather,
}
"""By type; None where the operator's weights are no constants, so that it is a function."""
