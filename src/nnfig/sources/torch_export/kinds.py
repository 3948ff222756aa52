"""One aten operator of an exported program -> the module's kind and attributes, and its tensors and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfig.graph import Mark
from nnfig.sources.torch_export.program import Call, Ref

Shapes = Mapping[str, tuple[Any, ...]]

PLUMBING = frozenset(
    [
        "view",
        "reshape",
        "flatten",
        "unflatten",
        "permute",
        "transpose",
        "t",
        "squeeze",
        "unsqueeze",
        "expand",
        "expand_as",
        "contiguous",
        "clone",
        "detach",
        "alias",
        "to",
        "_to_copy",
        "type_as",
        "slice",
        "select",
        "split",
        "chunk",
        "unbind",
        "split_with_sizes",
        "narrow",
        "lift_fresh_copy",
        "getitem",
        "movedim",
        "detach_copy",
        "_unsafe_view",
        "view_as",
        "unfold",
        "_assert_tensor_metadata",
    ]
)
"""Operators that move or relabel values."""
SIZES = frozenset(
    [
        "sym_size",
        "sym_numel",
        "sym_stride",
        "_assert_scalar",
        "sym_constrain_range_for_size",
        "sym_constrain_range",
        "add",
        "mul",
        "sub",
        "floordiv",
        "eq",
        "ge",
        "le",
        "gt",
        "lt",
        "ne",
        "and",
        "or",
        "not",
        "pow",
        "mod",
        "truediv",
        "sym_min",
        "sym_max",
        "sym_not",
        "sym_sum",
    ]
)
"""Operators that, where they give no tensor, compute or check sizes."""

FUNCTIONS: Mapping[str, str] = {
    "mm": "matmul", "addmm": "linear", "max_pool2d_with_indices": "max_pool2d", "_softmax": "softmax",
    "_log_softmax": "log_softmax", "native_layer_norm": "layer_norm", "native_group_norm": "group_norm",
    "_native_batch_norm_legit_no_training": "batch_norm", "_native_batch_norm_legit": "batch_norm",
    "native_dropout": "dropout", "convolution": "conv2d", "slice": "getitem", "_to_copy": "to", "index": "getitem",
    "upsample_nearest2d": "interpolate", "upsample_bilinear2d": "interpolate", "_unsafe_view": "view",
    "_adaptive_avg_pool2d": "adaptive_avg_pool2d", "_scaled_dot_product_flash_attention_for_cpu":
    "scaled_dot_product_attention", "index_put": "setitem", "hardtanh": "hardtanh", "constant_pad_nd": "pad",
}  # fmt: skip
"""aten's names that are not torch's."""

MODULES: Mapping[str, str] = {
    "linear": "Linear", "addmm": "Linear", "embedding": "Embedding", "layer_norm": "LayerNorm",
    "group_norm": "GroupNorm", "native_layer_norm": "LayerNorm", "native_group_norm": "GroupNorm",
    "rms_norm": "RMSNorm", "prelu": "PReLU", "lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN",
}  # fmt: skip
"""Operators with weights whose module is the same whatever the rank."""


def function_kind(call: Call) -> str:
    """PyTorch's function."""
    return FUNCTIONS.get(call.op, call.op)


def mark(call: Call) -> Mark:
    """What the operator is beside arithmetic."""
    return "plumbing" if call.op in PLUMBING else ""


def module_kind(call: Call, shapes: Shapes) -> str:
    """The module that PyTorch has for an operator with weights."""
    if call.op in (
        "conv1d",
        "conv2d",
        "conv3d",
        "convolution",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
    ):
        weight = _weight(call, shapes)
        transposed = "transpose" in call.op or call.arguments.get("transposed") is True
        return f"Conv{'Transpose' if transposed else ''}{max(1, len(weight) - 2)}d"
    if "batch_norm" in call.op or call.op == "instance_norm":
        rank = len(_input(call, shapes))
        name = "InstanceNorm" if call.op == "instance_norm" else "BatchNorm"
        return f"{name}{ {2: 1, 3: 1, 5: 3}.get(rank, 2) }d"
    return MODULES.get(call.op, function_kind(call))


def attributes(call: Call, shapes: Shapes) -> dict[str, Any]:
    """Hyper-parameters with PyTorch's names."""
    special = _SPECIAL.get(call.op) or (_batch_norm if "batch_norm" in call.op else None)
    found = special(call, shapes) if special else {}
    for key, value in call.arguments.items():
        if key in _KEPT and not _has_tensors(value) and value is not None:
            found.setdefault(_KEPT[key], value)
    return found


_SAME = """
kernel_size stride padding dilation groups ceil_mode count_include_pad output_size dim dims start_dim end_dim p eps
negative_slope approximate keepdim is_causal alpha other shape start step index chunks split_size dtype min_val max_val
normalized_shape num_groups output_padding equation bidirectional num_layers batch_first min max exponent pad diagonal
"""
_KEPT = {**{name: name for name in _SAME.split()}, "size": "shape", "end": "stop", "scale_factors": "scale_factor"}
"""Names in aten's schema that say something about a layer -> PyTorch's."""


def _has_tensors(value: Any) -> bool:
    return isinstance(value, Ref) or (isinstance(value, tuple) and any(isinstance(item, Ref) for item in value))


def _input(call: Call, shapes: Shapes) -> tuple[Any, ...]:
    name = next(iter(call.refs), "")
    return shapes.get(name, ())


def _weight(call: Call, shapes: Shapes) -> tuple[Any, ...]:
    weight = call.arguments.get("weight")
    return shapes.get(weight.name, ()) if isinstance(weight, Ref) else ()


def _bias(call: Call) -> bool:
    return isinstance(call.arguments.get("bias"), Ref)


def _conv(call: Call, shapes: Shapes) -> dict[str, Any]:
    weight = _weight(call, shapes)
    rank, groups = len(weight) - 2, call.arguments.get("groups", 1)
    transposed = "transpose" in call.op or call.arguments.get("transposed") is True
    into, out = (weight[0], weight[1] * groups) if transposed else (weight[1] * groups, weight[0])
    found = {
        "in_channels": into,
        "out_channels": out,
        "kernel_size": tuple(weight[2:]),
        "groups": groups,
        "bias": _bias(call),
    }
    for key, default in (("stride", 1), ("padding", 0), ("dilation", 1)):
        value = call.arguments.get(key, default)
        found[key] = value if isinstance(value, str) or len(_tuple(value)) == rank else _tuple(value) * rank
    return found


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _linear(call: Call, shapes: Shapes) -> dict[str, Any]:
    weight = _weight(call, shapes)
    return {"in_features": weight[-1], "out_features": weight[0], "bias": _bias(call)} if len(weight) == 2 else {}


def _batch_norm(call: Call, shapes: Shapes) -> dict[str, Any]:
    shape = _input(call, shapes)
    features = shape[1] if len(shape) > 1 else "?"
    return {
        "num_features": features,
        "eps": call.arguments.get("eps", 1e-5),
        "momentum": call.arguments.get("momentum", 0.1),
        "affine": isinstance(call.arguments.get("weight"), Ref),
    }


def _layer_norm(call: Call, shapes: Shapes) -> dict[str, Any]:
    affine = isinstance(call.arguments.get("weight"), Ref)
    return {"elementwise_affine": affine, **({"bias": _bias(call)} if affine else {})}


def _group_norm(call: Call, shapes: Shapes) -> dict[str, Any]:
    shape = _input(call, shapes)
    return {"num_channels": shape[1] if len(shape) > 1 else "?"}


def _embedding(call: Call, shapes: Shapes) -> dict[str, Any]:
    weight = _weight(call, shapes)
    return {"num_embeddings": weight[0], "embedding_dim": weight[1]} if len(weight) == 2 else {}


def _prelu(call: Call, shapes: Shapes) -> dict[str, Any]:
    return {"num_parameters": _weight(call, shapes)[0]} if _weight(call, shapes) else {}


def _recurrent(call: Call, shapes: Shapes) -> dict[str, Any]:
    gates = {"lstm": 4, "gru": 3}.get(call.op, 1)
    weights = [
        shapes[ref.name] for ref in call.arguments.get("params", ()) if isinstance(ref, Ref) and ref.name in shapes
    ]
    if not weights:
        return {}
    return {
        "input_size": weights[0][-1],
        "hidden_size": weights[0][0] // gates,
        "bias": bool(call.arguments.get("has_biases")),
    }


_SPECIAL: Mapping[str, Callable[[Call, Shapes], dict[str, Any]]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv),
    **dict.fromkeys(("linear", "addmm"), _linear),
    **dict.fromkeys(("layer_norm", "native_layer_norm", "rms_norm"), _layer_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), _group_norm),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _recurrent),
    "embedding": _embedding,
    "prelu": _prelu,
}
