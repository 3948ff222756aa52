"""What the legend of the maps view calls an operation, and the class of its arrow."""

from __future__ import annotations

import re

from nnfig.graph import Layer
from nnfig.layout.tensors import Size, operation

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

UP_WITHOUT_WEIGHTS = (
    "Upsample",
    "interpolate",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "UpSampling2D",
)


def words(layer: Layer) -> tuple[str, str]:
    """Class of the arrow and its legend text: ('conv', 'conv 3×3, ReLU'), ('pool', 'max pool 2×2')."""
    does = operation(layer)
    kernel = _sides(layer.attributes.get("kernel_size"))
    strides = _sides(layer.attributes.get("stride"))
    name = NAMES.get(does, layer.look.label[0] if layer.look and layer.look.label else layer.kind)
    cls = does if does in NAMES else layer.look.cls if layer.look else "flow"
    if does == "pool":
        name = next((text for mark, text in POOLS if mark in layer.kind), name)
        if "Adaptive" in layer.kind or "adaptive" in layer.kind:
            name, kernel, strides = f"global {name}", (), ()
    if does == "up" and layer.kind in UP_WITHOUT_WEIGHTS:
        name, kernel = "up-sample", _sides(layer.attributes.get("scale_factor")) * 2
        kernel = kernel[:2]
    if does == "conv" and set(kernel) == {1}:
        cls = "conv1"
    strided = does == "conv" and any(isinstance(s, int) and s > 1 for s in strides)
    if strided:
        cls = "down"
    text = f"{name} {'×'.join(map(_plain, kernel))}" if kernel else name
    if strided:
        text += f", /{strides[0]}"
    after = merged_words(layer)
    return cls, ", ".join([text, *after])


def merged_words(layer: Layer) -> list[str]:
    """What runs inside a layer after it, from its label: 'conv 3×3, 64 · BN · ReLU' gives BN and ReLU."""
    if not layer.look or not layer.look.merged:
        return []
    label = " ".join(layer.look.label)
    return [part.strip() for part in label.split("·")[1:] if part.strip()]


def crop_words(source: Size, target: Size) -> str:
    """What happens to a map that is copied into another: nothing, cropping or padding."""
    old, new = source.height, target.height
    if isinstance(old, int) and isinstance(new, int) and old != new and source.form == "map":
        return "copy and crop" if old > new else "copy and pad"
    return "copy"


def _sides(value: object) -> tuple[object, ...]:
    """A hyper-parameter as one number for each axis: 3 on a plane is (3, 3)."""
    if isinstance(value, tuple):
        return value
    return (value, value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ()


def _plain(value: object) -> str:
    return re.sub(r"\.0$", "", str(value))
