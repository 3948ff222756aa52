"""How large volumes are drawn: one damping rule for all sizes, and scales in pt for space, channels and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nnfig.layout.tensors import Size, damped
from nnfig.layout.volumes.solids import Solid
from nnfig.layout.volumes.stations import Station
from nnfig.layout.words import sides

THIN = 4.0
"""Front width of a pooling and the like, and thickness of a bar, in pt."""

BAND = 2.5
"""Width of a band at the end of a bar."""

SLIVER = 2.0
"""The least width of a slab, and the least height of a box."""

JOIN = 9.0
"""Diameter of a join's circle."""


Written = Literal["whole", "split", "short", "tight"]
"""Sizes stand whole below each box; or on two lines; or channels below and space along the edge, which is written
`28²` in the tight way where both stand below."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Points for each damped unit, and how sizes are written."""

    rule: str
    """linear, sqrt or log."""
    space: float
    """Height and width of maps."""
    channel: float
    """Channels of maps, features of sequences."""
    unit: float
    """Units of vectors, upright."""
    text: float
    """Size of text in pt."""
    sizes: Written = "whole"
    kernels: bool = False
    """Kernels are written above boxes and drawn in the tensors in which they slide."""


def solid(station: Station, scale: Scale) -> Solid:
    """The body of a station."""
    if station.role == "join":
        return Solid(JOIN, JOIN, 0)
    size = station.size
    if size.form == "vector":
        height = max(scale.unit * damped(size.channels, scale.rule), SLIVER)
        return Solid(THIN + BAND * len(station.bands), height, THIN)
    slab = max(scale.channel * damped(size.channels, scale.rule), SLIVER)
    height = max(scale.space * damped(size.height, scale.rule), SLIVER)
    depth = max(scale.space * damped(size.width, scale.rule), SLIVER) if len(size.space) > 1 else THIN
    front = THIN if station.role == "thin" else slab * max(1, len(station.slabs))
    return Solid(front, height, depth)


def kernel_size(kernel: object, scale: Scale) -> float:
    """How large a kernel is drawn, by the rule for space; 0 where it covers one point."""
    largest = max((side for side in sides(kernel) if isinstance(side, int)), default=1)
    return scale.space * damped(largest, scale.rule) if largest > 1 else 0.0


def space_scale(sizes: Sequence[Size], rule: str, height: float) -> float:
    """The scale at which the largest map is this high."""
    largest = max((damped(side, rule) for size in sizes for side in size.space[-2:]), default=1.0)
    return height / largest


def unit_scale(sizes: Sequence[Size], rule: str, height: float) -> float:
    """The scale at which the longest vector is this high."""
    return height / max((damped(s.channels, rule) for s in sizes if s.form == "vector"), default=1.0)


WORDS = {
    "sqrt": "proportional to the square roots of height, width and channels",
    "log": "proportional to the logarithms of height, width and channels",
    "linear": "proportional to height, width and channels",
}


def sentence(rule: str, found: Sequence[Station], kernels: bool) -> str:
    """What the caption says about sizes."""
    said = f"Edges of the boxes are {WORDS[rule]}, with a scale of its own for channels"
    if any(station.role == "bar" for station in found):
        said += "; vectors are bars"
    if any(station.role == "thin" for station in found):
        said += "; what keeps the channels is drawn thin"
    said += "."
    if any(station.sign == "‖" for station in found):
        said += " The sign ‖ joins tensors along channels."
    if any(station.exchanged for station in found):
        said += " Arrows that meet at a box bring tensors that are joined along channels."
    if any(station.projections for station in found):
        said += " The 1×1 convolutions on dashed shortcuts are not drawn."
    if kernels:
        said += " Kernels are drawn as small boxes in the tensors in which they slide."
    return said
