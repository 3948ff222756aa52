"""Multiply-accumulates of one layer from its kind, attributes and shapes: one table of formulas for every source.

A MAC is one multiplication with its addition inside a matrix product or a convolution; biases, norms, activations,
pooling and elementwise arithmetic count zero, as in published tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any

Shape = Sequence[Any]
Shapes = Sequence[Shape]
Formula = Callable[[Mapping[str, Any], Shapes, Shapes], int]


def macs(kind: str, attributes: Mapping[str, Any], inputs: Shapes, outputs: Shapes) -> int | None:
    """Multiply-accumulates of one forward pass; None where nobody knows (unknown kind, symbolic or missing sizes).

    Args:
        kind: PyTorch's class or function name.
        attributes: hyper-parameters of a module; a function's weights are among its inputs instead.
        inputs: shapes in argument order.
        outputs: shapes of the results.

    >>> macs("Linear", {"in_features": 512, "out_features": 1000}, [(1, 512)], [(1, 1000)])
    512000
    """
    formula = FORMULAS.get(kind)
    if formula is None:
        return 0 if kind in FREE else None
    ins, outs = ([[size if isinstance(size, int) else None for size in s] for s in each] for each in (inputs, outputs))
    try:
        return formula(attributes, ins, outs)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None  # a symbolic size, or one that the source does not give


def _sizes(shape: Shape) -> int:
    """Number of elements; TypeError for symbolic sizes."""
    if not all(isinstance(size, int) for size in shape):
        raise TypeError("symbolic size")
    return prod(shape)


def _each(value: Any, dims: int) -> int:
    """Product of a per-axis attribute, which may be one number for all axes."""
    return value**dims if isinstance(value, int) else _sizes(value)


def _conv(dims: int) -> Formula:
    def formula(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
        channels = a.get("in_channels") or ins[0][-1 - dims]
        return _sizes(outs[0]) * (channels // a.get("groups", 1)) * _each(a["kernel_size"], dims)

    return formula


def _conv_transpose(dims: int) -> Formula:
    def formula(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
        channels = a.get("out_channels") or outs[0][-1 - dims]
        return _sizes(ins[0]) * (channels // a.get("groups", 1)) * _each(a["kernel_size"], dims)

    return formula


def _f_conv(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * _sizes(ins[1][1:])


def _f_conv_transpose(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(ins[0]) * _sizes(ins[1][1:])


def _linear(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * (a.get("in_features") or ins[0][-1])


def _matmul(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * ins[0][-1]


def _added_matmul(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * ins[1][-1]


def _summed_matmul(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(ins[1]) * ins[2][-1]


def _dot(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(ins[0])


def _inner(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * ins[0][-1]


def _tensordot(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    # |out| = |a| |b| / c^2 for a contraction of c elements
    contracted_squared = _sizes(ins[0]) * _sizes(ins[1]) // max(_sizes(outs[0]), 1)
    return _sizes(outs[0]) * round(contracted_squared**0.5)


def _chain(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    """Matrices multiplied from left to right."""
    rows, total = ins[0][0], 0
    for left, right in pairwise(ins):
        total += rows * left[-1] * right[-1]
    return total


def _einsum(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    """Operands contracted from left to right; axes that nobody needs later are summed at once."""
    left, _, right = a["equation"].replace(" ", "").partition("->")
    terms = [_axes(term, shape) for term, shape in zip(left.split(","), ins, strict=True)]
    if "->" not in a["equation"]:
        letters = left.replace(",", "").replace(".", "")
        right = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    wanted = set(right.replace(".", "")) | {axis for term in terms for axis in term if len(axis) > 1}
    size: dict[str, int] = {}
    for term in terms:
        for axis, length in term.items():
            size[axis] = max(size.get(axis, 1), length)
    held, total = set(terms[0]), 0
    for position, term in enumerate(terms[1:], start=1):
        together = held | set(term)
        total += _sizes([size[axis] for axis in together])
        later = {axis for rest in terms[position + 1 :] for axis in rest}
        held = together & (wanted | later)
    return total


def _axes(term: str, shape: Shape) -> dict[str, int]:
    """Axis names with sizes; those that `...` stands for are named from the right (`.1`, `.2`)."""
    before, dots, after = term.partition("...")
    hidden = len(shape) - len(before) - len(after)
    names = [*before, *(f".{hidden - i}" for i in range(hidden if dots else 0)), *after]
    return dict(zip(names, shape, strict=True))


def _attention(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    query, key, value = ins[0], ins[1], ins[2]
    return _sizes(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _multihead(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    query, key, value = (ins[min(i, len(ins) - 1)] if len(ins) < 3 else ins[i] for i in range(3))
    width = a.get("embed_dim") or query[-1]
    first = a.get("batch_first", False) and len(query) == 3
    length = key[1] if first else key[0]
    tokens = _sizes(query[:-1])
    projections = tokens * width + _sizes(key) + _sizes(value) + tokens * width  # query, key, value, out
    reach = length + bool(a.get("add_bias_kv")) + bool(a.get("add_zero_attn"))
    return projections * width + 2 * tokens * reach * width


def _recurrent(gates: int) -> Formula:
    def formula(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
        hidden, projected = a["hidden_size"], a.get("proj_size") or 0
        directions = 2 if a.get("bidirectional") else 1
        state, per_step = projected or hidden, 0
        for layer in range(a.get("num_layers", 1)):
            taken = (a.get("input_size") or ins[0][-1]) if layer == 0 else state * directions
            per_step += directions * (gates * hidden * (taken + state) + hidden * projected)
        return _sizes(ins[0][:-1]) * per_step

    return formula


def _cell(gates: int) -> Formula:
    def formula(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
        hidden = a["hidden_size"]
        return _sizes(ins[0][:-1]) * gates * hidden * ((a.get("input_size") or ins[0][-1]) + hidden)

    return formula


def _bilinear(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * ins[0][-1] * ins[1][-1]


def _cdist(a: Mapping[str, Any], ins: Shapes, outs: Shapes) -> int:
    return _sizes(outs[0]) * ins[0][-1]


FORMULAS: Mapping[str, Formula] = {
    **{f"{lazy}Conv{n}d": _conv(n) for n in (1, 2, 3) for lazy in ("", "Lazy")},
    **{f"{lazy}ConvTranspose{n}d": _conv_transpose(n) for n in (1, 2, 3) for lazy in ("", "Lazy")},
    **{f"conv{n}d": _f_conv for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _f_conv_transpose for n in (1, 2, 3)},
    "Linear": _linear,
    "LazyLinear": _linear,
    "NonDynamicallyQuantizableLinear": _linear,
    "linear": _linear,
    "matmul": _matmul,
    "mm": _matmul,
    "bmm": _matmul,
    "mv": _dot,
    "dot": _dot,
    "vdot": _dot,
    "inner": _inner,
    "addmm": _added_matmul,
    "addmv": _added_matmul,
    "baddbmm": _added_matmul,
    "addbmm": _summed_matmul,
    "chain_matmul": _chain,
    "multi_dot": _chain,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "_grouped_mm": _matmul,
    "grouped_mm": _matmul,
    "scaled_dot_product_attention": _attention,
    "MultiheadAttention": _multihead,
    "multi_head_attention_forward": _multihead,
    "RNN": _recurrent(1),
    "LSTM": _recurrent(4),
    "GRU": _recurrent(3),
    "RNNCell": _cell(1),
    "LSTMCell": _cell(4),
    "GRUCell": _cell(3),
    "Bilinear": _bilinear,
    "bilinear": _bilinear,
    "cdist": _cdist,
}

_FREE_MODULES = """
AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AlphaDropout
AvgPool1d AvgPool2d AvgPool3d BatchNorm1d BatchNorm2d BatchNorm3d CELU ChannelShuffle CircularPad1d CircularPad2d
CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d CosineSimilarity CrossMapLRN2d Dropout Dropout1d Dropout2d
Dropout3d ELU Embedding EmbeddingBag FeatureAlphaDropout Flatten Fold FractionalMaxPool2d FractionalMaxPool3d GELU GLU
GroupNorm Hardshrink Hardsigmoid Hardswish Hardtanh Identity InstanceNorm1d InstanceNorm2d InstanceNorm3d LPPool1d
LPPool2d LPPool3d LayerNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LeakyReLU LocalResponseNorm LogSigmoid
LogSoftmax MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Mish PReLU PairwiseDistance PixelShuffle
PixelUnshuffle RMSNorm RReLU ReLU ReLU6 ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d
ReplicationPad2d ReplicationPad3d SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign SyncBatchNorm
Tanh Tanhshrink Threshold Unflatten Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d ZeroPad2d
ZeroPad3d CenterCrop Parameter Constant DropPath StochasticDepth FrozenBatchNorm2d
"""

_FREE_FUNCTIONS = """
abs acos acosh adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
adaptive_max_pool3d add addcdiv addcmul affine_grid all alpha_dropout amax amin aminmax any arange argmax argmin argsort
as_strided as_tensor asin asinh atan atan2 atanh avg_pool1d avg_pool2d avg_pool3d batch_norm bernoulli bincount
bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bool broadcast_tensors
broadcast_to bucketize cat ceil center_crop celu channel_shuffle chunk clamp clamp_max clamp_min clip clone complex conj
contiguous
copy cos cosh cosine_similarity cpu cross cummax cummin cumprod cumsum data detach diag diag_embed diagonal diff div
double dropout dropout1d dropout2d dropout3d dsplit dstack elu embedding embedding_bag empty empty_like eq erf erfc
erfinv exp exp2 expand expand_as expm1 eye feature_alpha_dropout fill fill_diagonal flatten flip fliplr flipud float
floor floor_divide fmod fold frac full full_like gather ge gelu getitem glu grid_sample group_norm gt half hardshrink
hardsigmoid hardswish hardtanh hsplit hstack hypot imag index_add index_copy index_fill index_put index_select
instance_norm int interpolate isclose isfinite isinf isnan kthvalue layer_norm le leaky_relu lerp lgamma linspace
local_response_norm log log10 log1p log2 log_softmax logaddexp logcumsumexp logical_and logical_not logical_or
logical_xor logit logsigmoid logspace logsumexp long lt masked_fill masked_scatter masked_select max max_pool1d
max_pool2d max_pool3d maximum mean median meshgrid min minimum mish mode moveaxis movedim mul multinomial nan_to_num
nanmean nansum narrow ne neg new_empty new_full new_ones new_tensor new_zeros nonzero norm normal normalize numel
one_hot ones ones_like outer pad pairwise_distance permute pixel_shuffle pixel_unshuffle polar pow prelu prod quantile
rand rand_like randint randint_like randn randn_like randperm ravel real reciprocal relu relu6 remainder repeat
repeat_interleave requires_grad reshape reshape_as rms_norm roll histc _pack_padded_sequence pad_packed_sequence
 rot90 round rrelu rsqrt scalar_tensor scatter
scatter_add scatter_reduce searchsorted select selu setitem sgn sigmoid sign silu sin sinc sinh softmax softmin
softplus softshrink softsign sort split split_with_sizes sqrt square squeeze stack std std_mean sub sum swapaxes
swapdims t take take_along_dim tan tanh tanhshrink tensor tensor_split threshold tile to topk transpose tril
tril_indices triu triu_indices true_divide trunc type type_as unbind unflatten unfold unique unsqueeze upsample var
var_mean vector_norm view view_as view_as_complex view_as_real vsplit vstack where xlogy zero zeros zeros_like T mT H mH
"""

FREE = frozenset((_FREE_MODULES + _FREE_FUNCTIONS).split())
"""Kinds without a matrix product or convolution inside."""
