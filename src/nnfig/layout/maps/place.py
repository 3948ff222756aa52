"""Where maps stand: levels of the pyramid from top to bottom, time from left to right, pools and up-convs upright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnfig.layout.maps.lanes import LANE, lanes
from nnfig.layout.maps.tensors import Net, Tensor
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

INSET = 1.5
"""How far from the corner of a map a vertical arrow keeps."""

STUB = 3.0
"""How far arcs run level before they rise."""


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
    top_right: bool = False
    """The number above stands right of an arrow that meets the upper edge."""
    below_right: bool = False
    """The size below stands right of an arrow that meets the lower edge."""

    @property
    def left(self) -> float:
        """Left edge."""
        return self.x - self.w / 2

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.w / 2

    @property
    def fresh(self) -> float:
        """Middle of what is not copied: where arrows from other levels meet it."""
        return self.x + self.w * self.tensor.copied / 2

    def top_span(self, text: float) -> tuple[float, float]:
        """Left and right end of the number above."""
        wide = width(self.top, text)
        if self.top_right:
            return self.x, self.x + 1.5 + wide
        return self.x - wide / 2, self.x + wide / 2

    def below_span(self, text: float) -> tuple[float, float]:
        """Left and right end of the size below."""
        wide = width(self.below, text)
        if self.below_right:
            return self.fresh, self.fresh + 1.5 + wide
        return self.x - wide / 2, self.x + wide / 2


def place(found: Net, scale: Scale) -> dict[str, Placed]:
    """Every tensor at its place; the lower edge of the lowest level is at 0."""
    heights = _heights(found, scale)
    placed: dict[str, Placed] = {}
    last: dict[int, Placed] = {}
    for name, tensor in found.tensors.items():
        item = _body(tensor, found, heights, scale)
        x = item.w / 2
        before = last.get(tensor.level)
        if before:
            x = max(x, before.x + _distance(before, item, found, scale))
        for arrow in found.into[name]:
            source = placed[arrow.source]
            if not found.is_level(arrow):
                x = max(x, source.x - (item.fresh - item.x))
        placed[name] = last[tensor.level] = replace(item, x=x)
    _straighten(placed, found, scale)
    y = _levels(found, heights, scale)
    return {name: replace(item, y=y[item.tensor.level]) for name, item in placed.items()}


def _distance(before: Placed, item: Placed, found: Net, scale: Scale) -> float:
    """How far the middles of two neighbours on a level must be apart."""
    before, item = replace(before, x=0.0), replace(item, x=0.0)
    gaps = [ARROW]
    if item.side:
        gaps.append(scale.text + TEXT_GAP + 1.5)
    into = sum(found.is_arc(a) for a in found.into[item.tensor.name])
    out = any(found.is_arc(a) for a in found.out[before.tensor.name])
    if into or out:
        gaps.append(out * stub_out(before, scale.text) + (stub_in(item, scale.text) + 2 * into if into else 0) + STUB)
    found_distances = [before.right + max(gaps) - item.left]
    for mine, theirs in (
        (before.top_span(scale.text), item.top_span(scale.text)),
        (before.below_span(scale.text), item.below_span(scale.text)),
    ):
        found_distances.append(mine[1] - theirs[0] + TEXT_GAP)
    return max(found_distances)


def stub_out(item: Placed, text: float) -> float:
    """How far right of a map its arcs rise: clear of the number above it."""
    return max(STUB, item.top_span(text)[1] - item.right + 1.5)


def stub_in(item: Placed, text: float) -> float:
    """How far left of a map arcs come down to it."""
    return max(STUB, item.left - item.top_span(text)[0] + 1.5)


def _straighten(placed: dict[str, Placed], found: Net, scale: Scale) -> None:
    """Move maps to the right, as far as there is room, until what leaves them upright runs straight."""
    following: dict[int, Placed] = {}
    for name in reversed(placed):
        item = placed[name]
        ahead = following.get(item.tensor.level)
        wanted = [placed[a.target].fresh for a in found.out[name] if not found.is_level(a)]
        settled = any(not found.is_level(a) and abs(placed[a.source].x - item.fresh) < 0.01 for a in found.into[name])
        if wanted and not settled:
            limit = ahead.x - _distance(item, ahead, found, scale) if ahead else min(wanted)
            above = [placed[a.source] for a in found.into[name] if not found.is_level(a)]
            limit = min([limit, *(source.right - 2 * INSET + item.w / 2 for source in above)])
            item = replace(item, x=max(item.x, min(limit, *wanted)))
            placed[name] = item
        following[item.tensor.level] = item


def _heights(found: Net, scale: Scale) -> dict[int, float]:
    """The height of each level: that of its largest map."""
    heights: dict[int, float] = {}
    for tensor in found.tensors.values():
        height = max(scale.space * damped(tensor.size.height, scale.rule), SLIVER)
        heights[tensor.level] = max(height, heights.get(tensor.level, 0.0))
    return heights


def _levels(found: Net, heights: Mapping[int, float], scale: Scale) -> dict[int, float]:
    """The middle of each level."""
    count: dict[int, int] = {}
    for level, lane in lanes(found).values():
        count[level] = max(count.get(level, 0), lane)
    y: dict[int, float] = {}
    bottom = 0.0
    for level in sorted(heights, reverse=True):
        y[level] = bottom + heights[level] / 2
        bottom += heights[level] + UPRIGHT + scale.text + 2 + LANE * count.get(level, 0)
    return y


def _body(tensor: Tensor, found: Net, heights: Mapping[int, float], scale: Scale) -> Placed:
    """A map with its texts, not placed yet: a number or a size is written where it changes."""
    into, out = found.into[tensor.name], found.out[tensor.name]
    sources = [found.tensors[arrow.source] for arrow in into]
    above = any(source.level < tensor.level for source in sources)
    leaves_up = any(found.tensors[arrow.target].level < tensor.level for arrow in out)
    h = heights[tensor.level]
    w = max(scale.channel * damped(tensor.size.channels, scale.rule), SLIVER)
    same = len(sources) == 1 and sources[0].size.channels == tensor.size.channels
    top = "" if same and above else str(tensor.size.channels)
    item = Placed(tensor, 0.0, 0.0, w, h, top, top_right=above or leaves_up)
    size = tensor.size
    stays = bool(sources) and all(s.level == tensor.level and s.size.space == size.space for s in sources)
    if size.form == "vector" or stays:
        return item
    for text in (size.extent, size.short):
        if width(text, scale.text) <= PORT * h - 3:
            return replace(item, side=text)
    arrows = [found.tensors[a.target].level for a in out] + [source.level for source in sources]
    met = any(level > tensor.level for level in arrows)
    return replace(item, below=size.extent if len(size.extent) < 6 else size.short, below_right=met)
