"""One vocabulary: what ONNX, Keras, Caffe and aten call a computation -> PyTorch's kind and attribute names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnfig.graph import Mark


@dataclass(frozen=True, slots=True)
class Word:
    """PyTorch's name for one computation of another framework."""

    kind: str
    """As a module (`ReLU`), or as a function where there is no module (`add`)."""
    function: str = ""
    """As a function, where the source shows that it is called inside another module (`relu`)."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """The source's attribute names -> PyTorch's; others are left out."""
    operands: tuple[str, ...] = ()
    """Names of the inputs after the first, for those that are constants and become attributes."""
    mark: Mark = ""


FUNCTIONS: Mapping[str, str] = {
    "ReLU": "relu",
    "ReLU6": "relu6",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "SELU": "selu",
    "CELU": "celu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Mish": "mish",
    "Hardswish": "hardswish",
    "Hardsigmoid": "hardsigmoid",
    "Hardtanh": "hardtanh",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "MaxPool1d": "max_pool1d",
    "MaxPool2d": "max_pool2d",
    "MaxPool3d": "max_pool3d",
    "AvgPool1d": "avg_pool1d",
    "AvgPool2d": "avg_pool2d",
    "AvgPool3d": "avg_pool3d",
    "AdaptiveAvgPool1d": "adaptive_avg_pool1d",
    "AdaptiveAvgPool2d": "adaptive_avg_pool2d",
    "AdaptiveAvgPool3d": "adaptive_avg_pool3d",
    "AdaptiveMaxPool1d": "adaptive_max_pool1d",
    "AdaptiveMaxPool2d": "adaptive_max_pool2d",
    "AdaptiveMaxPool3d": "adaptive_max_pool3d",
    "Upsample": "interpolate",
    "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle",
}
"""Module kinds without parameters -> the function of the same arithmetic."""

_AXIS = {"axis": "dim"}
_AS_SPELT = """
Add Sub Mul Div Pow Sqrt Exp Log Neg Abs Erf Sin Cos Tan Floor Ceil Round Sign Reciprocal Asin Acos Atan Sinh Cosh Asinh
Acosh Atanh Det
"""
"""Operators that PyTorch spells the same, in small letters."""

ONNX: Mapping[str, Word] = {
    # activations
    "Relu": Word("ReLU"),
    "LeakyRelu": Word("LeakyReLU", attributes={"alpha": "negative_slope"}),
    "ThresholdedRelu": Word("Threshold", attributes={"alpha": "threshold"}),
    "Elu": Word("ELU", attributes={"alpha": "alpha"}),
    "Selu": Word("SELU"),
    "Celu": Word("CELU", attributes={"alpha": "alpha"}),
    "Gelu": Word("GELU", attributes={"approximate": "approximate"}),
    "Swish": Word("SiLU"),
    "Mish": Word("Mish"),
    "HardSwish": Word("Hardswish"),
    "HardSigmoid": Word("Hardsigmoid"),
    "Sigmoid": Word("Sigmoid"),
    "Tanh": Word("Tanh"),
    "Softplus": Word("Softplus"),
    "Softsign": Word("Softsign"),
    "Softmax": Word("Softmax", attributes=_AXIS),
    "LogSoftmax": Word("LogSoftmax", attributes=_AXIS),
    "Hardmax": Word("hardmax", attributes=_AXIS),
    "Shrink": Word("Softshrink", attributes={"lambd": "lambd"}),
    # arithmetic
    **{name: Word(name.lower()) for name in _AS_SPELT.split()},
    "Sum": Word("add"),
    "Mean": Word("mean"),
    "Max": Word("maximum"),
    "Min": Word("minimum"),
    "Mod": Word("remainder"),
    "MatMul": Word("matmul"),
    "MatMulInteger": Word("matmul"),
    "Einsum": Word("einsum", attributes={"equation": "equation"}),
    "CumSum": Word("cumsum", operands=("dim",)),
    "Clip": Word("clamp", attributes={"min": "min", "max": "max"}, operands=("min", "max")),
    # reductions
    "ReduceMean": Word("mean"),
    "ReduceSum": Word("sum"),
    "ReduceMax": Word("amax"),
    "ReduceMin": Word("amin"),
    "ReduceProd": Word("prod"),
    "ReduceL2": Word("norm"),
    "ReduceL1": Word("norm"),
    "ReduceLogSumExp": Word("logsumexp"),
    "ReduceSumSquare": Word("sum_square"),
    "ArgMax": Word("argmax", attributes={"axis": "dim", "keepdims": "keepdim"}),
    "ArgMin": Word("argmin", attributes={"axis": "dim", "keepdims": "keepdim"}),
    "TopK": Word("topk", attributes={"axis": "dim"}, operands=("k",)),
    # joining and sampling
    "Concat": Word("cat", attributes=_AXIS),
    "Where": Word("where"),
    "GridSample": Word("grid_sample", attributes={"mode": "mode", "padding_mode": "padding_mode"}),
    "DepthToSpace": Word("PixelShuffle", attributes={"blocksize": "upscale_factor"}),
    "SpaceToDepth": Word("PixelUnshuffle", attributes={"blocksize": "downscale_factor"}),
    "LRN": Word(
        "LocalResponseNorm",
        "local_response_norm",
        attributes={"size": "size", "alpha": "alpha", "beta": "beta", "bias": "k"},
    ),
    "LpNormalization": Word("normalize", attributes={"p": "p", "axis": "dim"}),
    "MeanVarianceNormalization": Word("mean_variance_norm", attributes={"axes": "dim"}),
    "NonMaxSuppression": Word("nms"),
    "RoiAlign": Word("roi_align", attributes={"output_height": "output_height", "output_width": "output_width"}),
    "MaxRoiPool": Word("roi_pool", attributes={"pooled_shape": "output_size"}),
    # plumbing
    "Reshape": Word("reshape", operands=("shape",), mark="plumbing"),
    "Flatten": Word("Flatten", mark="plumbing"),
    "Transpose": Word("permute", attributes={"perm": "dims"}, mark="plumbing"),
    "Squeeze": Word("squeeze", attributes={"axes": "dim"}, operands=("dim",), mark="plumbing"),
    "Unsqueeze": Word("unsqueeze", attributes={"axes": "dim"}, operands=("dim",), mark="plumbing"),
    "Expand": Word("expand", operands=("shape",), mark="plumbing"),
    "Tile": Word("repeat", operands=("repeats",), mark="plumbing"),
    "Slice": Word("getitem", mark="plumbing"),
    "Gather": Word("index_select", attributes=_AXIS, operands=("index",)),
    "GatherElements": Word("gather", attributes=_AXIS),
    "GatherND": Word("gather_nd", attributes={"batch_dims": "batch_dims"}),
    "ScatterElements": Word("scatter", attributes=_AXIS),
    "ScatterND": Word("index_put"),
    "Split": Word("split", attributes=_AXIS, operands=("split_size",), mark="plumbing"),
    "Cast": Word("to", mark="plumbing"),
    "CastLike": Word("to", mark="plumbing"),
    "QuantizeLinear": Word("quantize_per_tensor", mark="plumbing"),
    "DynamicQuantizeLinear": Word("quantize_per_tensor_dynamic", mark="plumbing"),
    "DequantizeLinear": Word("dequantize", mark="plumbing"),
    "Range": Word("arange", mark="index"),
    "Shape": Word("size", mark="index"),
    "Size": Word("numel", mark="index"),
    "NonZero": Word("nonzero", mark="index"),
    "OneHot": Word("one_hot", attributes=_AXIS, mark="index"),
    "Trilu": Word("triu", mark="plumbing"),
    **{name: Word(word, mark="index") for name, word in (
        ("Equal", "eq"), ("Greater", "gt"), ("GreaterOrEqual", "ge"), ("Less", "lt"), ("LessOrEqual", "le"),
        ("And", "logical_and"), ("Or", "logical_or"), ("Xor", "logical_xor"), ("Not", "logical_not"),
        ("IsNaN", "isnan"), ("IsInf", "isinf"),
    )},
}  # fmt: skip
"""ONNX operators whose translation is a renaming; `onnx.kinds` has those that need more."""

_ACTIVATION_MODULES = (
    "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid",
    "Hardtanh", "Sigmoid", "Tanh", "Softplus", "Softsign",
)  # fmt: skip
ACTIVATIONS = frozenset(_ACTIVATION_MODULES) | {FUNCTIONS.get(kind, kind) for kind in _ACTIVATION_MODULES}
"""Kinds that close a block when they follow its join."""
