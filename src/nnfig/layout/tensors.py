"""What a tensor looks like: from a layer and its output shape to channels, height and width, and their damped sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
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
"""Kinds whose three-dimensional output is N C L."""

CHANNELS_LAST = {"linear", "attn", "embed", "recurrent"}
"""Classes of look of layers whose three-dimensional output is N L D."""

_POWERS = {2: "²", 3: "³"}

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
        """The same in less room: `224²`, `64×128²`; neighbours that are equal are written once."""
        runs = [(side, sum(1 for _ in equal)) for side, equal in groupby(self.space)]
        return "×".join(
            f"{side}{_POWERS[n]}" if n in _POWERS and side != 1 else "×".join([str(side)] * n) for side, n in runs
        )

    def __str__(self) -> str:
        return "×".join(map(str, (*self.space, self.channels)))


def size(spec: TensorSpec | None, channels_first: bool = False) -> Size | None:
    """The size of a tensor; None for scalars and unknown shapes.

    Args:
        spec: its shape.
        channels_first: whether three dimensions are N C L; else they are N L D.
    """
    if spec is None or len(spec.shape) < 2:
        return None
    _, *rest = spec.shape
    if len(rest) == 1:
        return Size("vector", rest[0])
    if len(rest) == 2 and not channels_first:
        return Size("sequence", rest[1], (rest[0],))
    return Size("map", rest[0], tuple(rest[1:]))


def output_size(graph: Graph, name: str) -> Size | None:
    """The size of what a layer, or an input of the network, gives."""
    spec = graph.spec(name)
    return size(spec, spec is not None and len(spec.shape) == 3 and _channels_first(graph, name))


def _channels_first(graph: Graph, name: str) -> bool:
    """Whether three dimensions are N C L: told by the nearest layer before, else behind, that knows of no other."""

    def before(name: str) -> Iterable[str]:
        return graph.layer[name].sources if name in graph.layer else ()

    def known(name: str) -> bool | None:
        layer = graph.layer.get(name)
        if layer is None:
            return None
        if layer.kind in CHANNELS_FIRST:
            return True
        return False if layer.look and layer.look.cls in CHANNELS_LAST else None

    found = _nearest(graph, name, before, known)
    return bool(_nearest(graph, name, lambda at: graph.consumers[at], known) if found is None else found)


def _nearest(
    graph: Graph, name: str, step: Callable[[str], Iterable[str]], known: Callable[[str], bool | None]
) -> bool | None:
    """What the nearest layer along `step` knows, as long as tensors keep one of their two last axes in place."""
    seen, waiting = {name}, [name]
    while waiting:
        at = waiting.pop(0)
        if (told := known(at)) is not None:
            return told
        for other in step(at):
            if other not in seen and _same_axes(graph.spec(at), graph.spec(other)):
                seen.add(other)
                waiting.append(other)
    return None


def _same_axes(one: TensorSpec | None, other: TensorSpec | None) -> bool:
    if one is None or other is None or len(one.shape) != 3 or len(other.shape) != 3:
        return False
    return any(a == b for a, b in zip(one.shape[1:], other.shape[1:], strict=True))


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
        "MaxUnpool1d",
        "MaxUnpool2d",
        "MaxUnpool3d",
        "max_unpool1d",
        "max_unpool2d",
        "max_unpool3d",
        "UpSampling2D",
    ),
    "concat": ("cat", "concat", "concatenate", "Concatenate", "Concat", "hstack"),
    "crop": ("center_crop", "CenterCrop", "crop", "Crop", "Cropping1D", "Cropping2D", "Cropping3D"),
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
    "linear": ("Linear", "linear", "LazyLinear"),
    "bilinear": ("Bilinear", "bilinear"),
}
"""Kinds by what they do to a tensor; pooling, norms and activations are told by their class of look."""

DENSE = {"linear", "act", "norm", "drop", "softmax", "flat", "out"}
"""Operations that a multi-layer perceptron is made of."""

_OPERATION = {kind: operation for operation, kinds in OPERATIONS.items() for kind in kinds}


def operation(layer: Layer) -> str:
    """What a layer does: conv, up, concat, add, flat, drop, softmax, linear ..., or its class of look (pool ...)."""
    known = _OPERATION.get(layer.kind)
    if known:
        return known
    if "Pool" in layer.kind or "pool" in layer.kind:
        return "pool"
    if layer.mark == "plumbing":
        return "flat"
    return layer.look.cls if layer.look else "block"
