"""What a tensor looks like: from a layer and its output shape to channels, height and width, and their damped sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from nnfig.graph import Dim, Graph, Layer, TensorSpec

UNKNOWN = 64
"""The size at which a symbolic dimension is drawn."""

CHANNELS_FIRST = (
    "Conv1d",
    "ConvTranspose1d",
    "MaxPool1d",
    "AvgPool1d",
    "AdaptiveAvgPool1d",
    "AdaptiveMaxPool1d",
    "BatchNorm1d",
    "InstanceNorm1d",
    "conv1d",
    "max_pool1d",
    "avg_pool1d",
)
"""Kinds whose three-dimensional output is N C L; elsewhere it is N L D."""

Form = Literal["map", "sequence", "vector"]


@dataclass(frozen=True, slots=True)
class Size:
    """A tensor without its batch: a map of C channels (H, or H x W, or D x H x W), a sequence, or a vector.

    >>> print(Size("map", 64, (224, 224)), Size("vector", 4096))
    224×224×64 4096
    """

    form: Form
    channels: Dim
    space: tuple[Dim, ...] = ()

    @property
    def height(self) -> Dim:
        """The size that is drawn upright."""
        return self.space[-2] if len(self.space) > 1 else self.space[0] if self.space else 1

    @property
    def width(self) -> Dim:
        """The size that recedes in a volume."""
        return self.space[-1] if len(self.space) > 1 else 1

    @property
    def extent(self) -> str:
        """The size in space, as written: `224×224`, or `224` for one dimension."""
        return "×".join(map(str, self.space))

    @property
    def short(self) -> str:
        """The same in less room: `224²` where all sides are equal."""
        if len(self.space) in (2, 3) and len(set(self.space)) == 1:
            return f"{self.space[0]}{'²³'[len(self.space) - 2]}"
        return self.extent

    def __str__(self) -> str:
        return "×".join(map(str, (*self.space, self.channels)))


def size(spec: TensorSpec | None, kind: str = "") -> Size | None:
    """The size of a tensor that a layer of this kind gives; None for scalars and unknown shapes."""
    if spec is None or len(spec.shape) < 2:
        return None
    _, *rest = spec.shape
    if len(rest) == 1:
        return Size("vector", rest[0])
    if len(rest) == 2 and kind not in CHANNELS_FIRST:
        return Size("sequence", rest[1], (rest[0],))
    return Size("map", rest[0], tuple(rest[1:]))


def output_size(graph: Graph, name: str) -> Size | None:
    """The size of what a layer, or an input of the network, gives."""
    layer = graph.layer.get(name)
    return size(graph.spec(name), layer.kind if layer else _input_kind(graph, name))


def _input_kind(graph: Graph, name: str) -> str:
    """The kind that tells how an input's axes are ordered: that of the first layer that takes it."""
    return next((graph.layer[taker].kind for taker in graph.consumers[name]), "")


def damped(value: Dim, rule: str) -> float:
    """A size on the scale that is drawn: itself, its square root, or the logarithm of one more."""
    number = float(value) if isinstance(value, int) else float(UNKNOWN)
    return {"linear": number, "sqrt": math.sqrt(number), "log": math.log2(1 + number)}[rule]


OPERATIONS: dict[str, tuple[str, ...]] = {
    "conv": ("Conv1d", "Conv2d", "Conv3d", "conv1d", "conv2d", "conv3d", "LazyConv2d"),
    "up": (
        "ConvTranspose1d",
        "ConvTranspose2d",
        "ConvTranspose3d",
        "conv_transpose2d",
        "conv_transpose3d",
        "Upsample",
        "UpsamplingBilinear2d",
        "UpsamplingNearest2d",
        "interpolate",
        "PixelShuffle",
        "pixel_shuffle",
        "MaxUnpool2d",
        "UpSampling2D",
    ),
    "concat": ("cat", "concat", "concatenate", "Concatenate", "Concat", "hstack"),
    "add": ("add", "add_", "iadd", "Add", "sum", "__add__", "__iadd__", "Sum"),
    "flat": ("Flatten", "flatten", "view", "reshape", "squeeze", "Reshape", "Squeeze", "getitem"),
    "drop": (
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "dropout",
        "dropout2d",
        "dropout3d",
    ),
    "softmax": ("Softmax", "softmax", "LogSoftmax", "log_softmax", "Softmax2d"),
    "linear": ("Linear", "linear", "LazyLinear", "Bilinear"),
}
"""Kinds by what they do to a tensor; pooling, norms and activations are told by their class of look."""

DENSE = {"linear", "act", "norm", "drop", "softmax", "flat", "out"}
"""Operations that a multi-layer perceptron is made of."""

_OPERATION = {kind: operation for operation, kinds in OPERATIONS.items() for kind in kinds}


def operation(layer: Layer) -> str:
    """What a layer does: conv, up, concat, add, flat, drop, softmax, linear, or its class of look (pool, act ...)."""
    known = _OPERATION.get(layer.kind)
    if known:
        return known
    if "Pool" in layer.kind or "pool" in layer.kind:
        return "pool"
    if layer.mark == "plumbing":
        return "flat"
    return layer.look.cls if layer.look else "block"
