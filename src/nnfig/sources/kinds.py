"""One row for each kind of layer that papers use: what a bare number means, what follows from the input, its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnfig.graph.defaults import attribute_names
from nnfig.sources import kinds_arrays as arrays
from nnfig.sources import kinds_weights as weights
from nnfig.sources import kinds_windows as windows
from nnfig.sources.kinds_windows import Attributes, Clash, Follows, Output, Shape, Shapes

__all__ = ["KINDS", "Clash", "Kind", "Shape", "Shapes", "names"]


def _nothing(a: Attributes, shapes: Shapes) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a layer list reads one of PyTorch's classes or functions."""

    output: Output = arrays.same
    """Attributes and shapes of the inputs -> shapes of the outputs. Raises Clash."""
    size: tuple[str, ...] = ()
    """Attributes that bare numbers give, in order."""
    window: str = "kernel_size"
    """Attribute that `7x7` gives."""
    follows: Follows = _nothing
    """Attributes that the inputs determine."""
    params: weights.Count = weights.no_params
    """Attributes -> number of parameters."""
    takes: tuple[int, int | None] = (1, 1)
    """Fewest and most inputs."""
    dtype: str = ""
    """Of the outputs; empty: that of the input."""
    more_dtype: str = ""
    """Of the outputs after the first, where theirs is another."""
    habits: Mapping[str, Any] | None = None
    """What papers mean where PyTorch's default is another or none: the axis of channels, not of the batch."""
    arguments: tuple[str, ...] = ()
    """Of a function: names of its attributes. A class has those of its signature."""
    required: tuple[str, ...] = ()
    """Attributes without which there is no such layer and which do not follow from the input."""


def _windowed(n: int) -> dict[str, Kind]:
    """The kinds that exist for one, two and three axes."""
    conv = Kind(
        size=("out_channels",),
        follows=windows.channels(n, "in_channels"),
        params=weights.conv_params(n),
        output=windows.convolution(n),
        required=("out_channels", "kernel_size"),
    )
    pool = Kind(windows.pool(n), size=("kernel_size",), required=("kernel_size",), more_dtype="int64")
    lp_pool = Kind(windows.pool(n), size=("norm_type",), required=("norm_type", "kernel_size"))
    adaptive = Kind(
        windows.adaptive(n), size=("output_size",), window="output_size", required=("output_size",), more_dtype="int64"
    )
    norm = Kind(
        follows=weights.second("num_features"), size=("num_features",), params=weights.affine_params("num_features")
    )
    pad = Kind(windows.pad, size=("padding",), required=("padding",))
    return {
        f"Conv{n}d": conv,
        f"ConvTranspose{n}d": Kind(
            windows.transposed(n), conv.size, follows=conv.follows, params=conv.params, required=conv.required
        ),
        f"MaxPool{n}d": pool,
        f"AvgPool{n}d": pool,
        f"LPPool{n}d": lp_pool,
        f"MaxUnpool{n}d": Kind(windows.unpool(n), ("kernel_size",), takes=(2, 2), required=("kernel_size",)),
        f"AdaptiveAvgPool{n}d": adaptive,
        f"AdaptiveMaxPool{n}d": adaptive,
        f"BatchNorm{n}d": norm,
        f"InstanceNorm{n}d": norm,
        **{f"{name}Pad{n}d": pad for name in ("Zero", "Reflection", "Replication", "Circular")},
        f"ConstantPad{n}d": Kind(windows.pad, ("padding", "value"), required=("padding", "value")),
        **({f"FractionalMaxPool{n}d": Kind(windows.fractional(n), required=("kernel_size",))} if n > 1 else {}),
    }


def _many(names: str, row: Kind) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), row)


_CHANNELS = {"dim": 1}
_REDUCTION = Kind(arrays.reduce, ("dim",), arguments=("dim", "keepdim", "p", "ord", "correction", "unbiased", "dtype"))
_SCALE = Kind(windows.upsample, ("scale_factor",), window="size")
_ANY = (1, None)


def _recurrent(gates: int, states: int) -> Kind:
    return Kind(
        weights.recurrent(states),
        ("hidden_size", "num_layers"),
        follows=weights.last("input_size"),
        params=weights.recurrent_params(gates),
        takes=(1, 3),
        required=("hidden_size",),
    )


def _cell(gates: int, states: int) -> Kind:
    return Kind(
        weights.cell(states),
        ("hidden_size",),
        follows=weights.last("input_size"),
        params=weights.cell_params(gates),
        takes=(1, 3),
        required=("hidden_size",),
    )


_CLASSES: dict[str, Kind] = {
    **_windowed(1),
    **_windowed(2),
    **_windowed(3),
    "Linear": Kind(
        weights.linear,
        ("out_features",),
        follows=weights.last("in_features"),
        params=weights.linear_params,
        required=("out_features",),
    ),
    "Bilinear": Kind(
        weights.linear,
        ("out_features",),
        follows=weights.bilinear_follows,
        params=weights.bilinear_params,
        takes=(2, 2),
        required=("out_features",),
    ),
    "SyncBatchNorm": Kind(
        follows=weights.second("num_features"), size=("num_features",), params=weights.affine_params("num_features")
    ),
    **_many(
        "LayerNorm RMSNorm",
        Kind(
            weights.layer_norm,
            ("normalized_shape",),
            window="normalized_shape",
            follows=weights.layer_norm_follows,
            params=weights.layer_norm_params,
        ),
    ),
    "GroupNorm": Kind(
        weights.group_norm,
        ("num_groups", "num_channels"),
        follows=weights.second("num_channels"),
        params=weights.affine_params("num_channels"),
        required=("num_groups",),
    ),
    **_many("LocalResponseNorm CrossMapLRN2d", Kind(size=("size",), required=("size",))),
    "Embedding": Kind(
        weights.embedding,
        ("num_embeddings", "embedding_dim"),
        params=weights.embedding_params,
        dtype="float32",
        required=("num_embeddings", "embedding_dim"),
    ),
    "EmbeddingBag": Kind(
        weights.embedding_bag,
        ("num_embeddings", "embedding_dim"),
        params=weights.embedding_params,
        takes=(1, 3),
        dtype="float32",
        required=("num_embeddings", "embedding_dim"),
    ),
    "RNN": _recurrent(1, 1),
    "GRU": _recurrent(3, 1),
    "LSTM": _recurrent(4, 2),
    "RNNCell": _cell(1, 1),
    "GRUCell": _cell(3, 1),
    "LSTMCell": _cell(4, 2),
    "MultiheadAttention": Kind(
        weights.attention,
        ("num_heads",),
        follows=weights.attention_follows,
        params=weights.attention_params,
        takes=(1, 5),
        required=("num_heads",),
    ),
    **_many("Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout", Kind(size=("p",))),
    **_many(
        "Identity ReLU ReLU6 SELU SiLU Mish GELU Hardsigmoid Hardswish Sigmoid Tanh LogSigmoid Softsign Tanhshrink "
        "Softmax2d Hardtanh RReLU Softplus",
        Kind(),
    ),
    "LeakyReLU": Kind(size=("negative_slope",)),
    **_many("ELU CELU", Kind(size=("alpha",))),
    **_many("Hardshrink Softshrink", Kind(size=("lambd",))),
    "Threshold": Kind(size=("threshold", "value"), required=("threshold", "value")),
    "PReLU": Kind(size=("num_parameters",), params=lambda a: a["num_parameters"]),
    "GLU": Kind(arrays.halve, ("dim",)),
    **_many("Softmax LogSoftmax Softmin", Kind(size=("dim",))),
    "Flatten": Kind(arrays.flatten, ("start_dim", "end_dim")),
    "Unflatten": Kind(arrays.unflatten, ("dim",), window="unflattened_size", required=("dim", "unflattened_size")),
    **_many("Upsample UpsamplingNearest2d UpsamplingBilinear2d", _SCALE),
    "PixelShuffle": Kind(windows.shuffle, ("upscale_factor",), required=("upscale_factor",)),
    "PixelUnshuffle": Kind(windows.unshuffle, ("downscale_factor",), required=("downscale_factor",)),
    "ChannelShuffle": Kind(size=("groups",), required=("groups",)),
    "Unfold": Kind(windows.unfold, ("kernel_size",), required=("kernel_size",)),
    "Fold": Kind(windows.fold, ("output_size",), "output_size", required=("output_size", "kernel_size")),
    **_many("CosineSimilarity PairwiseDistance", Kind(weights.cosine, takes=(2, 2))),
    **_many(
        "CrossEntropyLoss NLLLoss MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss",
        Kind(arrays.scalar, takes=(1, 2), arguments=("reduction",)),
    ),
    **_many("Parameter Constant", Kind(window="shape", takes=(0, 0), dtype="float32", arguments=("shape",))),
}
"""torch.nn's classes; `Parameter` and `Constant` are tensors that functions read."""

_FUNCTIONS: dict[str, Kind] = {
    **_many(
        "add sub mul div pow maximum minimum where lerp addcmul addcdiv atan2 remainder fmod floor_divide hypot",
        Kind(arrays.broadcast, ("other",), takes=_ANY, arguments=("other", "alpha", "exponent", "weight", "value")),
    ),
    **_many(
        "eq ne lt le gt ge logical_and logical_or logical_xor",
        Kind(arrays.broadcast, ("other",), takes=(1, 2), dtype="bool", arguments=("other",)),
    ),
    **_many(
        "relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid tanh hardtanh hardsigmoid hardswish logsigmoid "
        "softplus softsign softshrink hardshrink tanhshrink threshold exp expm1 log log1p log2 sqrt rsqrt square "
        "reciprocal neg abs sign sin cos tan asin acos atan sinh cosh erf floor ceil round clamp clip nan_to_num "
        "contiguous clone detach cumsum cumprod roll flip tril triu masked_fill normalize dropout dropout1d dropout2d "
        "dropout3d alpha_dropout instance_norm local_response_norm batch_norm layer_norm group_norm rms_norm",
        Kind(
            takes=_ANY,
            arguments=(
                "dim",
                "p",
                "min",
                "max",
                "negative_slope",
                "alpha",
                "beta",
                "approximate",
                "inplace",
                "value",
                "training",
                "shifts",
                "dims",
                "diagonal",
                "eps",
                "normalized_shape",
                "num_groups",
                "size",
                "k",
                "lambd",
                "threshold",
                "momentum",
            ),
        ),
    ),
    **_many(
        "softmax log_softmax softmin gumbel_softmax",
        Kind(size=("dim",), habits={"dim": -1}, arguments=("dim", "tau", "hard")),
    ),
    "glu": Kind(arrays.halve, ("dim",), arguments=("dim",)),
    "cat": Kind(arrays.cat, ("dim",), takes=_ANY, habits=_CHANNELS, arguments=("dim",)),
    "stack": Kind(arrays.stack, ("dim",), takes=_ANY, habits=_CHANNELS, arguments=("dim",)),
    **_many("matmul mm bmm mv dot", Kind(arrays.matmul, takes=(2, 2))),
    "linear": Kind(arrays.linear, takes=(2, 3)),
    "einsum": Kind(arrays.einsum, takes=_ANY, arguments=("equation",), required=("equation",)),
    "scaled_dot_product_attention": Kind(
        arrays.attention, takes=(3, 4), arguments=("dropout_p", "is_causal", "scale", "enable_gqa")
    ),
    **_many("mean sum prod amax amin std var norm logsumexp all any median", _REDUCTION),
    **_many("argmax argmin", Kind(arrays.reduce, ("dim",), dtype="int64", arguments=("dim", "keepdim"))),
    **_many("max min", Kind(arrays.extreme, ("dim",), takes=(1, 2), more_dtype="int64", arguments=("dim", "keepdim"))),
    "flatten": Kind(
        arrays.flatten, ("start_dim", "end_dim"), habits={"start_dim": 1}, arguments=("start_dim", "end_dim")
    ),
    "unflatten": Kind(
        arrays.unflatten, ("dim",), window="sizes", arguments=("dim", "sizes"), required=("dim", "sizes")
    ),
    **_many("reshape view", Kind(arrays.reshape, window="shape", arguments=("shape",), required=("shape",))),
    "permute": Kind(arrays.permute, arguments=("dims",), required=("dims",)),
    **_many("transpose swapaxes", Kind(arrays.transpose, ("dim0", "dim1"), arguments=("dim0", "dim1"))),
    "t": Kind(arrays.transpose),
    "squeeze": Kind(arrays.squeeze, ("dim",), arguments=("dim",)),
    "unsqueeze": Kind(arrays.unsqueeze, ("dim",), arguments=("dim",), required=("dim",)),
    **_many("expand broadcast_to", Kind(arrays.expand, window="size", arguments=("size", "shape"))),
    "chunk": Kind(arrays.chunk, ("chunks", "dim"), habits=_CHANNELS, arguments=("chunks", "dim"), required=("chunks",)),
    "split": Kind(
        arrays.split, ("split_size", "dim"), habits=_CHANNELS, arguments=("split_size", "dim"), required=("split_size",)
    ),
    "unbind": Kind(arrays.unbind, ("dim",), arguments=("dim",)),
    "select": Kind(arrays.select, ("dim", "index"), arguments=("dim", "index"), required=("index",)),
    "narrow": Kind(
        arrays.narrow, ("dim", "start", "length"), arguments=("dim", "start", "length"), required=("length",)
    ),
    "pad": Kind(windows.pad, arguments=("pad", "mode", "value"), required=("pad",)),
    "interpolate": Kind(
        windows.upsample, ("scale_factor",), window="size", arguments=("size", "scale_factor", "mode", "align_corners")
    ),
    **_many("center_crop CenterCrop", Kind(windows.crop, ("output_size",), "output_size", arguments=("output_size",))),
    "pixel_shuffle": Kind(
        windows.shuffle, ("upscale_factor",), arguments=("upscale_factor",), required=("upscale_factor",)
    ),
    **{
        f"{name}_pool{n}d": Kind(
            windows.pool(n),
            ("kernel_size",),
            arguments=(
                "kernel_size",
                "stride",
                "padding",
                "dilation",
                "ceil_mode",
                "count_include_pad",
                "return_indices",
            ),
            required=("kernel_size",),
        )
        for name in ("max", "avg")
        for n in (1, 2, 3)
    },
    **{
        f"adaptive_{name}_pool{n}d": Kind(
            windows.adaptive(n), ("output_size",), "output_size", arguments=("output_size",), required=("output_size",)
        )
        for name in ("avg", "max")
        for n in (1, 2, 3)
    },
}
"""PyTorch's functions."""

KINDS: Mapping[str, Kind] = {**_CLASSES, **_FUNCTIONS}


def names(kind: str) -> tuple[str, ...]:
    """Attributes that a kind of the table can have."""
    row = KINDS.get(kind)
    return (row.arguments if row else ()) or attribute_names(kind)
