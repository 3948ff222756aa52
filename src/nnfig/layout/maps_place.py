"""Where maps stand: levels of the pyramid from top to bottom, time from left to right, pools and up-convs upright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnfig.layout.maps_tensors import Arrow, Net, Tensor
from nnfig.layout.scene import Side
from nnfig.layout.tensors import damped
from nnfig.layout.text import width

ARROW = 10.0
"""The least length of a horizontal arrow."""

UPRIGHT = 13.0
"""The least length of a vertical arrow."""

SLIVER = 3.0
"""The least width and height of a map."""

PORT = 0.7
"""How high on a map horizontal arrows run, as a share of its height: the size stands below them."""

TEXT_GAP = 2.5


@dataclass(frozen=True, slots=True)
class Scale:
    """Points for each damped unit of space and channels, and the size of text."""

    rule: str
    space: float
    channel: float
    text: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A tensor with its box (centre, width, height) and the texts around it."""

    tensor: Tensor
    x: float
    y: float
    w: float
    h: float
    top: str = ""
    side: str = ""
    below: str = ""
    top_side: Side = "north"
    """east: the number stands right of an arrow that leaves from the top."""

    def port(self, absorbed: bool) -> float:
        """Where vertical arrows meet it: the middle, or the middle of what is not copied."""
        return self.x + (self.w * self.tensor.copied / 2 if absorbed else 0.0)


def place(found: Net, scale: Scale) -> dict[str, Placed]:
    """Every tensor at its place; the lower edge of the lowest level is at 0."""
    heights = _heights(found, scale)
    bodies = {t.name: _body(t, found, heights, scale) for t in found.tensors.values()}
    placed: dict[str, Placed] = {}
    last: dict[int, Placed] = {}
    for name, tensor in found.tensors.items():
        item = bodies[name]
        lefts = [0.0]
        before = last.get(tensor.level)
        if before:
            lefts.append(before.x + before.w / 2 + _gap(item, scale))
            apart = (width(before.top, scale.text) + width(item.top, scale.text)) / 2 + TEXT_GAP
            lefts.append(before.x + apart - item.w / 2)
        for arrow in found.into(name):
            source = placed[arrow.source]
            if source.tensor.level == tensor.level:
                lefts.append(source.x + source.w / 2 + _gap(item, scale))
            else:
                lefts.append(source.x - item.w / 2 - (item.port(True) - item.x))
        item = replace(item, x=max(lefts) + item.w / 2)
        placed[name] = last[tensor.level] = item
    y = _levels(found, heights, scale, any_arcs=arcs(found))
    return {name: replace(item, y=y[item.tensor.level]) for name, item in placed.items()}


def arcs(found: Net) -> dict[int, int]:
    """How many arrows on each level pass over a map."""
    count: dict[int, int] = {}
    for arrow in found.arrows:
        if is_arc(arrow, found):
            level = found.tensors[arrow.source].level
            count[level] = count.get(level, 0) + 1
    return count


def is_arc(arrow: Arrow, found: Net) -> bool:
    """Whether an arrow stays on its level and another map stands between."""
    level = found.tensors[arrow.source].level
    if found.tensors[arrow.target].level != level:
        return False
    on_level = [t.name for t in found.tensors.values() if t.level == level]
    return on_level.index(arrow.target) - on_level.index(arrow.source) > 1


def _heights(found: Net, scale: Scale) -> dict[int, float]:
    """The height of each level: that of its largest map."""
    heights: dict[int, float] = {}
    for tensor in found.tensors.values():
        height = max(scale.space * damped(tensor.size.height, scale.rule), SLIVER)
        heights[tensor.level] = max(height, heights.get(tensor.level, 0.0))
    return heights


def _levels(found: Net, heights: Mapping[int, float], scale: Scale, any_arcs: Mapping[int, int]) -> dict[int, float]:
    """The middle of each level."""
    y: dict[int, float] = {}
    bottom = 0.0
    for level in sorted(heights, reverse=True):
        y[level] = bottom + heights[level] / 2
        bottom += heights[level] + UPRIGHT + scale.text + 2 + 4 * any_arcs.get(level, 0)
    return y


def _gap(item: Placed, scale: Scale) -> float:
    """Room left of a map: for an arrow, and for its size where that stands there."""
    return max(ARROW, scale.text + TEXT_GAP + 1.5 if item.side else ARROW)


def _body(tensor: Tensor, found: Net, heights: Mapping[int, float], scale: Scale) -> Placed:
    """A map with its texts, not placed yet."""
    into = found.into(tensor.name)
    levels = {found.tensors[a.source].level for a in into}
    leaves = {found.tensors[a.target].level for a in found.arrows if a.source == tensor.name}
    h = heights[tensor.level]
    w = max(scale.channel * damped(tensor.size.channels, scale.rule), SLIVER)
    same = len(into) == 1 and found.tensors[into[0].source].size.channels == tensor.size.channels
    from_above = any(level < tensor.level for level in levels)
    top = "" if same and from_above else str(tensor.size.channels)
    item = Placed(tensor, 0.0, 0.0, w, h, top)
    if any(level < tensor.level for level in leaves):
        item = replace(item, top_side="east")
    size = tensor.size
    if size.form == "vector":
        return item
    for text in (size.extent, size.short):
        if width(text, scale.text) <= PORT * h - 3:
            return replace(item, side=text)
    return replace(item, below=size.short)
