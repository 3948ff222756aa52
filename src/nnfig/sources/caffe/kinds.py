"""One Caffe layer -> PyTorch's kind, attributes, and what its own rules of shape and weights say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from nnfig.sources.caffe.moves import MOVES, Draft, Shape, channels
from nnfig.sources.kinds import KINDS

OLD_TYPES: Mapping[str, str] = {
    "ABSVAL": "AbsVal", "BNLL": "BNLL", "HDF5_DATA": "HDF5Data", "IM2COL": "Im2col", "IMAGE_DATA": "ImageData",
    "INNER_PRODUCT": "InnerProduct", "LRN": "LRN", "MEMORY_DATA": "MemoryData", "MVN": "MVN", "RELU": "ReLU",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss", "SOFTMAX_LOSS": "SoftmaxWithLoss", "TANH": "TanH",
    "WINDOW_DATA": "WindowData", "DUMMY_DATA": "DummyData", "ARGMAX": "ArgMax", "HINGE_LOSS": "HingeLoss",
    "EUCLIDEAN_LOSS": "EuclideanLoss", "CONTRASTIVE_LOSS": "ContrastiveLoss", "INFOGAIN_LOSS": "InfogainLoss",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss", "HDF5_OUTPUT": "HDF5Output",
}  # fmt: skip
"""Types of the older format (`INNER_PRODUCT`) whose newer name is not the same word capitalised."""

DATA = frozenset(
    [
        "Data",
        "ImageData",
        "HDF5Data",
        "MemoryData",
        "WindowData",
        "DummyData",
        "Input",
        "AnnotatedData",
        "DenseImageData",
    ]
)
"""Layers that give the network's inputs."""
LEFT_OUT = frozenset(["Accuracy", "Silence", "HDF5Output"])
"""Layers that are no part of the network's arithmetic; so are losses, whose type ends in Loss."""


def modern(kind: str) -> str:
    """The newer format's name of a type.

    >>> modern("CONVOLUTION"), modern("INNER_PRODUCT"), modern("Pooling")
    ('Convolution', 'InnerProduct', 'Pooling')
    """
    if kind in OLD_TYPES:
        return OLD_TYPES[kind]
    return "".join(part.capitalize() for part in kind.split("_")) if kind.isupper() and len(kind) > 3 else kind


def is_left_out(kind: str) -> bool:
    """Whether a type is loss, accuracy or the like."""
    return kind in LEFT_OUT or kind.endswith("Loss") or kind == "SoftmaxWithLoss"


def draft(layer: Any, kind: str, shapes: Sequence[Shape]) -> Draft:
    """The layer in PyTorch's words; one of a type that nobody knows keeps its own name."""
    translate = _TABLE.get(kind)
    if translate:
        return translate(layer, shapes)
    name = layer.python_param.layer if kind == "Python" and layer.python_param.layer else kind
    return Draft(name, {}, (("?",),))


def finished(item: Draft, shapes: Sequence[Shape]) -> tuple[tuple[Shape, ...], int]:
    """Output shapes and number of parameters. Raises Clash where sizes contradict one another."""
    row = KINDS.get(item.kind)
    output, params = item.output, item.params
    if params is None:
        params = row.params(item.attributes) if row and not _open(item.attributes) else 0
    if output is None:
        known = bool(row) and all("?" not in shape for shape in shapes)
        output = tuple(row.output(item.attributes, list(shapes))) if row and known else tuple(shapes[:1])
    return output, params


def _open(attributes: Mapping[str, Any]) -> bool:
    return any(value == "?" for value in attributes.values())


def _pair(values: Sequence[int], height: int, width: int, default: int, rank: int = 2) -> tuple[int, ...]:
    """`kernel_size`, or `kernel_h` and `kernel_w`, for each axis."""
    if height or width:
        return (height, width)
    if not values:
        return (default,) * rank
    return tuple(values) if len(values) > 1 else (values[0],) * rank


def _window(p: Any, default: int = 1) -> dict[str, Any]:
    rank = max(2, len(p.kernel_size))
    return {
        "kernel_size": _pair(p.kernel_size, p.kernel_h, p.kernel_w, default, rank),
        "stride": _pair(p.stride, p.stride_h, p.stride_w, 1, rank),
        "padding": _pair(p.pad, p.pad_h, p.pad_w, 0, rank),
    }


def _bias(p: Any) -> bool:
    return p.bias_term if p.HasField("bias_term") else True


def _conv(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.convolution_param
    window = _window(p)
    rank = len(window["kernel_size"])
    groups = p.group or 1
    into = channels(shapes[0])
    if layer.type.startswith("DepthwiseConv") or layer.type == "ConvolutionDepthwise":
        groups = into if isinstance(into, int) else 1
    attributes = {
        "in_channels": into,
        "out_channels": p.num_output,
        **window,
        "dilation": _pair(p.dilation, 0, 0, 1, rank),
        "groups": groups,
        "bias": _bias(p),
    }
    kind = "ConvTranspose" if modern(layer.type) == "Deconvolution" else "Conv"
    return Draft(f"{kind}{rank}d", attributes)


def _pool(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.pooling_param
    mean = p.pool == "AVE"
    if p.global_pooling:
        return Draft("AdaptiveAvgPool2d" if mean else "AdaptiveMaxPool2d", {"output_size": (1, 1)})
    rounds_up = p.ceil_mode if p.HasField("ceil_mode") else p.round_mode != "FLOOR"
    attributes = {**_window(p), "ceil_mode": rounds_up}
    if mean:
        attributes["count_include_pad"] = True
    name = {"AVE": "AvgPool2d", "STOCHASTIC": "StochasticPool2d"}.get(p.pool, "MaxPool2d")
    return Draft(name, attributes)


def _linear(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.inner_product_param
    axis = p.axis if p.HasField("axis") else 1
    flat = shapes[0][axis:]
    features = prod(d for d in flat if isinstance(d, int)) if flat and all(isinstance(d, int) for d in flat) else "?"
    attributes = {"in_features": features, "out_features": p.num_output, "bias": _bias(p)}
    return Draft("Linear", attributes, ((*shapes[0][:axis], p.num_output),))


def _lrn(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.lrn_param
    attributes: dict[str, Any] = {
        "size": p.local_size or 5,
        "alpha": p.alpha if p.HasField("alpha") else 1.0,
        "beta": p.beta if p.HasField("beta") else 0.75,
        "k": p.k if p.HasField("k") else 1.0,
    }
    kind = "LRN within channel" if p.norm_region == "WITHIN_CHANNEL" else "LocalResponseNorm"
    return Draft(kind, attributes, tuple(shapes[:1]))


def _dropout(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.dropout_param
    return Draft("Dropout", {"p": p.dropout_ratio if p.HasField("dropout_ratio") else 0.5})


def _eltwise(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.eltwise_param
    kind = {"PROD": "mul", "MAX": "maximum"}.get(p.operation, "add")
    if kind == "add" and tuple(p.coeff) == (1.0, -1.0):
        kind = "sub"
    return Draft(kind, {}, tuple(shapes[:1]))


def _batch_norm(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.batch_norm_param
    kept = p.moving_average_fraction if p.HasField("moving_average_fraction") else 0.999
    attributes = {
        "num_features": channels(shapes[0]),
        "eps": p.eps if p.HasField("eps") else 1e-5,
        "momentum": round(1 - kept, 9),
        "affine": layer.type == "BN",
    }
    count = attributes["num_features"] if attributes["affine"] else 0
    return Draft("BatchNorm2d", attributes, tuple(shapes[:1]), 2 * count if isinstance(count, int) else 0)


def _scale(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.scale_param if layer.type == "Scale" else layer.bias_param
    if len(layer.bottom) > 1:
        return Draft("mul" if layer.type == "Scale" else "add", {}, tuple(shapes[:1]))
    axis = p.axis if p.HasField("axis") else 1
    size = channels(shapes[0], axis)
    each = (2 if p.bias_term else 1) if layer.type == "Scale" else 1
    attributes = {"num_features": size, "bias": bool(p.bias_term)} if layer.type == "Scale" else {"num_features": size}
    return Draft(layer.type, attributes, tuple(shapes[:1]), each * size if isinstance(size, int) else 0)


def _relu(layer: Any, shapes: Sequence[Shape]) -> Draft:
    slope = layer.relu_param.negative_slope
    return Draft("LeakyReLU", {"negative_slope": slope}) if slope else Draft("ReLU")


def _prelu(layer: Any, shapes: Sequence[Shape]) -> Draft:
    return Draft("PReLU", {"num_parameters": 1 if layer.prelu_param.channel_shared else channels(shapes[0])})


def _elu(layer: Any, shapes: Sequence[Shape]) -> Draft:
    return Draft("ELU", {"alpha": layer.elu_param.alpha if layer.elu_param.HasField("alpha") else 1.0})


def _softmax(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.softmax_param
    return Draft("Softmax", {"dim": p.axis if p.HasField("axis") else 1})


def _power(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.power_param
    given = {name: getattr(p, name) for name in ("power", "scale", "shift") if p.HasField(name)}
    return Draft(
        "pow" if given.get("power", 1.0) != 1.0 else "mul" if "scale" in given else "add", given, tuple(shapes[:1])
    )


def _embed(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.embed_param
    params = p.input_dim * p.num_output + (p.num_output if _bias(p) else 0)
    attributes = {"num_embeddings": p.input_dim, "embedding_dim": p.num_output}
    return Draft("Embedding", attributes, ((*shapes[0], p.num_output),), params)


def _normalize(layer: Any, shapes: Sequence[Shape]) -> Draft:
    size = 1 if layer.norm_param.channel_shared else channels(shapes[0])
    return Draft("Normalize", {"dim": 1}, tuple(shapes[:1]), size if isinstance(size, int) else 0)


def _plain(kind: str, **attributes: Any) -> Callable[[Any, Sequence[Shape]], Draft]:
    return lambda layer, shapes: Draft(kind, attributes, tuple(shapes[:1]))


_TABLE: Mapping[str, Callable[[Any, Sequence[Shape]], Draft]] = {
    **MOVES,
    **dict.fromkeys(("Convolution", "Deconvolution", "DepthwiseConvolution", "ConvolutionDepthwise"), _conv),
    "Pooling": _pool,
    "InnerProduct": _linear,
    "LRN": _lrn,
    "Dropout": _dropout,
    "Eltwise": _eltwise,
    "BatchNorm": _batch_norm,
    "BN": _batch_norm,
    "Scale": _scale,
    "Bias": _scale,
    "ReLU": _relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "Softmax": _softmax,
    "Power": _power,
    "Embed": _embed,
    "Normalize": _normalize,
    "ReLU6": _plain("ReLU6"),
    "Sigmoid": _plain("Sigmoid"),
    "TanH": _plain("Tanh"),
    "AbsVal": _plain("abs"),
    "BNLL": _plain("Softplus"),
    "Exp": _plain("exp"),
    "Log": _plain("log"),
    "Swish": _plain("SiLU"),
    "Mish": _plain("Mish"),
    "Threshold": _plain("Threshold"),
    "Clip": _plain("clamp"),
    "MVN": _plain("MVN"),
    "ShuffleChannel": _plain("ChannelShuffle"),
}
