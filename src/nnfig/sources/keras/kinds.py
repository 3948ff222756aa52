"""One Keras layer or operation -> PyTorch's kinds and attributes; an activation inside a layer is a layer after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from nnfig.graph import Mark
from nnfig.sources.keras.words import Draft, Shape, activation, each, features, is_keras, last, other, sizes
from nnfig.sources.macs import macs


def drafts(op: Any, inputs: Sequence[Shape], outputs: Sequence[Shape], channels_last: bool) -> list[Draft]:
    """The layers that a Keras layer or operation is, in running order.

    Args:
        op: the layer or operation.
        inputs: shapes of the tensors that it takes, channels first.
        outputs: shapes of what it gives, channels first.
        channels_last: whether its own axes count channels last.
    """
    name = type(op).__name__
    translate = _TABLE.get(name)
    if translate is None or not is_keras(op):
        return [other(op, name)]
    if channels_last and name in _LAST_AXIS:
        inputs = [(*s[:1], *s[2:], s[1]) if len(s) > 3 else s for s in inputs]
    found = translate(op, inputs, outputs)
    made = found if isinstance(found, list) else [found]
    made = [_axes(item, outputs) if channels_last else item for item in made]
    after = activation(getattr(op, "activation", None)) if name in _ACTIVATED else None
    if after:
        made.append(Draft(after[0], after[1], after[0].lower()))
    return made


def statistics(op: Any) -> int:
    """Elements of the weights that Keras counts and PyTorch does not (running mean and variance)."""
    return sum(_size(w) for w in getattr(op, "weights", ()) if w.name in _STATISTICS)


def params(op: Any) -> int:
    """Elements of the weights that a layer learns, frozen ones too."""
    return sum(_size(w) for w in getattr(op, "weights", ()) if w.name not in _STATISTICS)


_STATISTICS = frozenset(["moving_mean", "moving_variance", "mean", "variance", "count", "seed_generator_state"])


def _size(weight: Any) -> int:
    return prod(weight.shape)


_LAST_AXIS = frozenset(["Dense", "EinsumDense", "LayerNormalization", "RMSNormalization"])
"""Layers that work along the last axis, whatever it is."""


_ACTIVATED = frozenset(
    f"{kind}{rank}D" for rank in (1, 2, 3) for kind in ("Conv", "DepthwiseConv", "SeparableConv")
) | frozenset(["Dense", "EinsumDense", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"])
"""Layers with an activation of their own that runs after them."""


def _axes(item: Draft, outputs: Sequence[Shape]) -> Draft:
    """The last axis of an image is its channels, which stand second in PyTorch."""
    rank = len(outputs[0]) if outputs else 0
    dim = item.attributes.get("dim")
    if rank < 4 or not isinstance(dim, int) or dim == 0:
        return item
    place = dim % rank
    return Draft(item.kind, {**item.attributes, "dim": 1 if place == rank - 1 else place + 1}, item.suffix, item.output)


def _padding(op: Any) -> Any:
    """Numbers where they say the same as 'same' or 'valid'."""
    rank = op.rank if hasattr(op, "rank") else len(op.kernel_size)
    if op.padding == "valid":
        return (0,) * rank
    reach = [d * (k - 1) for k, d in zip(op.kernel_size, each(op.dilation_rate, rank), strict=True)]
    if op.padding == "same" and all(s == 1 for s in each(op.strides, rank)) and all(r % 2 == 0 for r in reach):
        return tuple(r // 2 for r in reach)
    return op.padding


def _conv(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    rank = op.rank
    channels = features(ins[0])
    transposed = "Transpose" in type(op).__name__
    depthwise = type(op).__name__.startswith("Depthwise")
    attributes: dict[str, Any] = {
        "in_channels": channels,
        "out_channels": channels * op.depth_multiplier if depthwise and isinstance(channels, int) else op.filters,
        "kernel_size": each(op.kernel_size, rank),
        "stride": each(op.strides, rank),
        "padding": _padding(op),
        "dilation": each(op.dilation_rate, rank),
        "groups": channels if depthwise else op.groups if hasattr(op, "groups") else 1,
        "bias": bool(op.use_bias),
    }
    return Draft(f"Conv{'Transpose' if transposed else ''}{rank}d", attributes)


def _separable(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    inside = features(ins[0])
    attributes = {
        "in_channels": inside,
        "out_channels": op.filters,
        "kernel_size": each(op.kernel_size, op.rank),
        "stride": each(op.strides, op.rank),
        "padding": _padding(op),
        "dilation": each(op.dilation_rate, op.rank),
        "bias": bool(op.use_bias),
        **({"depth_multiplier": op.depth_multiplier} if op.depth_multiplier != 1 else {}),
    }

    def count(inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
        middle = inside * op.depth_multiplier if isinstance(inside, int) else 0
        if not middle or not all(isinstance(d, int) for d in outputs[0]):
            return None
        places = prod(d for d in outputs[0] if isinstance(d, int)) // op.filters
        return places * middle * (prod(each(op.kernel_size, op.rank)) + op.filters)

    return Draft(f"SeparableConv{op.rank}d", attributes, macs=count)


def _dense(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    return Draft("Linear", {"in_features": last(ins[0]), "out_features": op.units, "bias": bool(op.use_bias)})


def _pool(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    rank = len(op.pool_size) if isinstance(op.pool_size, (tuple, list)) else len(ins[0]) - 2
    kernel, stride = each(op.pool_size, rank), each(op.strides, rank)
    attributes: dict[str, Any] = {"kernel_size": kernel, "stride": stride, "padding": (0,) * rank, "ceil_mode": False}
    if op.padding == "same":
        grid = ins[0][2:] if rank > 1 else ins[0][1:2]
        whole = all(isinstance(n, int) and n % s == 0 and k == s for n, k, s in zip(grid, kernel, stride, strict=False))
        odd = all(s == 1 and k % 2 for k, s in zip(kernel, stride, strict=True))
        attributes["padding"] = (0,) * rank if whole else tuple(k // 2 for k in kernel) if odd else "same"
    name = "AvgPool" if type(op).__name__.startswith("Average") else "MaxPool"
    return Draft(f"{name}{rank}d", attributes)


def _global_pool(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> list[Draft]:
    """PyTorch's pooling keeps axes of one, which Keras drops: pooling, then flatten."""
    rank = len(ins[0]) - 2
    name = "AdaptiveAvgPool" if "Average" in type(op).__name__ else "AdaptiveMaxPool"
    channels = features(ins[0])
    pool = Draft(f"{name}{rank}d", {"output_size": (1,) * rank}, output=(ins[0][0], channels, *(1,) * rank))
    return [pool] if op.keepdims else [pool, Draft("Flatten", {"start_dim": 1}, "flatten", mark="plumbing")]


def _batch_norm(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    rank = max(1, len(ins[0]) - 2)
    attributes = {
        "num_features": features(ins[0]),
        "eps": op.epsilon,
        "momentum": round(1 - op.momentum, 9),
        "affine": bool(op.center or op.scale),
    }
    return Draft(f"BatchNorm{rank}d", attributes)


def _layer_norm(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    kind = "RMSNorm" if type(op).__name__ == "RMSNormalization" else "LayerNorm"
    return Draft(kind, {"normalized_shape": (last(ins[0]),), "eps": op.epsilon})


def _group_norm(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    channels = features(ins[0])
    return Draft("GroupNorm", {"num_groups": op.groups, "num_channels": channels, "eps": op.epsilon})


def _recurrent(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    inner = op.forward_layer if type(op).__name__ == "Bidirectional" else op
    kind = {"SimpleRNN": "RNN"}.get(type(inner).__name__, type(inner).__name__)
    attributes = {
        "input_size": last(ins[0]),
        "hidden_size": getattr(inner, "units", "?"),
        "batch_first": True,
        "bidirectional": inner is not op,
    }
    return Draft(kind, attributes | _unlike_pytorch(op, inner))


_RECURRENT = {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True, "go_backwards": False}
"""What recurrent layers of PyTorch are, as attributes of those of Keras."""


def _unlike_pytorch(op: Any, inner: Any) -> dict[str, Any]:
    """Attributes in which a recurrent layer is no layer of PyTorch."""
    held = {name: getattr(inner, name, usual) for name, usual in _RECURRENT.items()}
    held |= {"merge_mode": op.merge_mode} if op is not inner and op.merge_mode != "concat" else {}
    plain = {name: getattr(value, "__name__", value) for name, value in held.items()}
    return {name: value for name, value in plain.items() if value != _RECURRENT.get(name)}


def _attention(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    attributes = {"embed_dim": last(ins[0]), "num_heads": op._num_heads, "batch_first": True}
    if op._num_heads * op._key_dim != attributes["embed_dim"]:
        attributes["key_dim"] = op._key_dim

    def count(inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
        query, value = (sizes(shape) for shape in (inputs[0], inputs[1] if len(inputs) > 1 else inputs[0]))
        result = last(outputs[0])
        if len(query) != 3 or len(value) != 3 or not isinstance(result, int):
            return None
        width, heads = op._num_heads * op._key_dim, op._num_heads * (op._value_dim or op._key_dim)
        batch, length, features = query
        _, reach, other = value
        projections = length * features * width + reach * other * (width + heads) + length * heads * result
        return batch * (projections + length * reach * (width + heads))

    return Draft("MultiheadAttention", attributes, macs=count)


def _cat(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    axis = op.axis if op.axis is not None else -1
    return Draft("cat", {"dim": axis})


def _dropout(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    spatial = re.search(r"\dD$", type(op).__name__)
    return Draft(f"Dropout{spatial[0].lower() if spatial else ''}", {"p": op.rate})


def _embedding(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    return Draft("Embedding", {"num_embeddings": op.input_dim, "embedding_dim": op.output_dim})


def _upsample(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    mode = {"nearest": "nearest", "bilinear": "bilinear"}.get(
        getattr(op, "interpolation", "nearest"), op.__class__.__name__
    )
    size = getattr(op, "size", 1)
    return Draft("Upsample", {"scale_factor": tuple(size) if isinstance(size, (tuple, list)) else size, "mode": mode})


def _zero_pad(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    sides = op.padding if isinstance(op.padding[0], (tuple, list)) else (op.padding,)
    flat = tuple(int(n) for pair in reversed(sides) for n in pair)
    return Draft(f"ZeroPad{len(sides)}d", {"padding": flat})


def _relu(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    slope = float(getattr(op, "negative_slope", 0) or 0)
    if slope:
        return Draft("LeakyReLU", {"negative_slope": slope})
    return Draft("ReLU6" if getattr(op, "max_value", None) == 6 else "ReLU")


def _activated(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    kind, attributes = activation(op.activation) or ("Identity", {})
    return Draft(kind, attributes)


def _einsum_dense(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
    kernel = tuple(int(d) for d in op.kernel.shape) if op.built else ()

    def count(inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int | None:
        return macs("einsum", {"equation": op.equation}, [inputs[0], kernel], outputs)

    return Draft("EinsumDense", {"equation": op.equation}, macs=count)


def _inner(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> list[Draft]:
    """TimeDistributed: the layer inside, for each step."""
    steps = [tuple(shape[:1] + shape[2:]) for shape in ins]
    return drafts(op.layer, steps, [tuple(s[:1] + s[2:]) for s in outs], False)


def _named(kind: str, mark: Mark = "", **renamed: str) -> Callable[[Any, Sequence[Shape], Sequence[Shape]], Draft]:
    """A kind whose attributes are the layer's under other names."""

    def translate(op: Any, ins: Sequence[Shape], outs: Sequence[Shape]) -> Draft:
        found = {new: getattr(op, old) for new, old in renamed.items() if hasattr(op, old)}
        found = {
            key: tuple(v) if isinstance(v, list) else float(v) if hasattr(v, "dtype") else v for key, v in found.items()
        }
        return Draft(kind, found, mark=mark)

    return translate


_TABLE: Mapping[str, Callable[[Any, Sequence[Shape], Sequence[Shape]], Draft | list[Draft]]] = {
    **{f"{kind}{n}D": _conv for n in (1, 2, 3) for kind in ("Conv", "DepthwiseConv")},
    **{f"Conv{n}DTranspose": _conv for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    **{f"{kind}Pooling{n}D": _pool for n in (1, 2, 3) for kind in ("Max", "Average")},
    **{f"Global{kind}Pooling{n}D": _global_pool for n in (1, 2, 3) for kind in ("Max", "Average")},
    **{f"ZeroPadding{n}D": _zero_pad for n in (1, 2, 3)},
    **{f"UpSampling{n}D": _upsample for n in (1, 2, 3)},
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), _dropout),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "Bidirectional"), _recurrent),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), _layer_norm),
    **dict.fromkeys(("MultiHeadAttention",), _attention),
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "BatchNormalization": _batch_norm,
    "GroupNormalization": _group_norm,
    "Embedding": _embedding,
    "Concatenate": _cat,
    "ReLU": _relu,
    "LeakyReLU": _relu,
    "Activation": _activated,
    "TimeDistributed": _inner,
    "PReLU": _named("PReLU"),
    "ELU": _named("ELU", alpha="alpha"),
    "Softmax": _named("Softmax", dim="axis"),
    "Add": _named("add"),
    "Subtract": _named("sub"),
    "Multiply": _named("mul"),
    "Average": _named("mean"),
    "Maximum": _named("maximum"),
    "Minimum": _named("minimum"),
    "Dot": _named("matmul"),
    "Rescaling": _named("mul", other="scale"),
    "UnitNormalization": _named("normalize", dim="axis"),
    "Identity": _named("Identity"),
    "Flatten": _named("Flatten", "plumbing"),
    "Reshape": _named("reshape", "plumbing", shape="target_shape"),
    "Permute": _named("permute", "plumbing", dims="dims"),
    "RepeatVector": _named("repeat", "plumbing", repeats="n"),
    "Matmul": _named("matmul"),
    "Einsum": _named("einsum", equation="subscripts"),
}  # fmt: skip
"""Keras's class name -> translation. Classes of keras.ops that are only spelt otherwise are in `_OPERATIONS`."""
