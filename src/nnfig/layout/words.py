"""What the legends of maps, volumes and neurons call an operation, and the class of its arrow."""

from __future__ import annotations

import re

from nnfig.graph import Layer
from nnfig.layout.tensors import operation

NAMES = {
    "conv": "conv",
    "up": "up-conv",
    "pool": "pool",
    "linear": "fully connected",
    "add": "add",
    "concat": "concatenate",
}
"""First words of a legend entry by operation."""

POOLS = (("Max", "max pool"), ("max", "max pool"), ("Avg", "average pool"), ("avg", "average pool"))

UNPOOLED = ("Unpool", "unpool")
"""Parts of kinds that put values back to where a pooling took them from."""

UP_WITHOUT_WEIGHTS = (
    "Upsample",
    "interpolate",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "UpSampling2D",
)


def words(layer: Layer) -> tuple[str, str, tuple[str, ...]]:
    """Class of the arrow, the operation, and what runs inside after it: 'conv', 'conv 3×3', ('ReLU',)."""
    does = operation(layer)
    cls = does if does in NAMES else layer.look.cls if layer.look else "flow"
    if does == "conv" and set(sides(layer.attributes.get("kernel_size"))) == {1}:
        cls = "conv1"
    if does == "conv" and _stride(layer) > 1:
        cls = "down"
    return cls, plain_words(layer), tuple(merged_words(layer))


def plain_words(layer: Layer) -> str:
    """The operation alone: 'conv 3×3, /2', 'max pool 2×2', 'global average pool', 'fully connected'."""
    does = operation(layer)
    axes = max(1, len(layer.shape) - 2)
    if layer.look and layer.look.cls == "block":
        return layer.look.label[0].partition(", ")[0] if layer.look.label else layer.kind
    kernel = sides(layer.attributes.get("kernel_size"), axes)
    name = NAMES.get(does, layer.look.label[0] if layer.look and layer.look.label else layer.kind)
    if does == "pool":
        name = next((text for mark, text in POOLS if mark in layer.kind), name)
        if "daptive" in layer.kind:
            return f"global {name}"
    if does == "up" and layer.kind in UP_WITHOUT_WEIGHTS:
        name, kernel = "up-sample", sides(layer.attributes.get("scale_factor"), axes)
    if does == "up" and any(part in layer.kind for part in UNPOOLED):
        name = "max unpool"
    text = f"{name} {'×'.join(map(_plain, kernel))}" if kernel else name
    return f"{text}, /{_stride(layer)}" if does == "conv" and _stride(layer) > 1 else text


def _stride(layer: Layer) -> int:
    """The largest stride; 1 where there is none."""
    return max((s for s in sides(layer.attributes.get("stride")) if isinstance(s, int)), default=1)


def merged_words(layer: Layer) -> list[str]:
    """What runs inside a layer after it: ReLU, or BN and ReLU."""
    after = dict(layer.look.data).get("after", "") if layer.look else ""
    return [part for part in after.split(", ") if part]


def capital(text: str) -> str:
    """An entry of a legend begins with a capital, unless its first word is a name from code.

    >>> capital("max pool 2×2"), capital("up_block"), capital("σ")
    ('Max pool 2×2', 'up_block', 'σ')
    """
    is_word = text[:1].isascii() and "_" not in text.partition(" ")[0]
    return text[:1].upper() + text[1:] if is_word else text


def sides(value: object, axes: int = 2) -> tuple[object, ...]:
    """A hyper-parameter as one number for each axis: 3 on a plane is (3, 3)."""
    if isinstance(value, tuple):
        return value
    return (value,) * axes if isinstance(value, (int, float)) and not isinstance(value, bool) else ()


def _plain(value: object) -> str:
    return re.sub(r"\.0$", "", str(value))
