"""Where maps stand: levels of the pyramid from top to bottom, time from left to right, pools and up-convs upright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnfig.layout.maps.net import Arrow, Net, Tensor
from nnfig.layout.maps.texts import Texts, texts
from nnfig.layout.tensors import damped
from nnfig.layout.text import LINE, width

ARROW = 10.0
"""The least length of a horizontal arrow."""

UPRIGHT = 13.0
"""The least length of a vertical arrow."""

LOW = 40.0
"""The height from which on the size of a map stands at its side, so that its name has room under it."""

SLIVER = 3.0
"""The least width and height of a map."""

BAR = 32.0
"""The greatest length of the bar that a vector is."""

PORT = 0.2
"""How far over its middle horizontal arrows meet a map, as a share of its height: the size stands below them."""

TEXT_GAP = 2.5

SIGN_GAP = 2.0
"""Room on both sides of what is written over an arrow."""

SIZE_GAP = 5.0
"""Room between sizes below neighbouring maps: `200² 196²` are two numbers."""

INSET = 1.5
"""How far from the corner of a map a vertical arrow keeps."""

STUB = 3.0
"""How far arcs run level before they rise."""

LANE = 4.0
"""Distance between lanes of arcs."""

ROUNDS = 4
"""How often places are found again because numbers stand where arrows were found to leave."""


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
    texts: Texts
    above: float | None = None
    """How far right of its middle an arrow meets the upper edge: the number stands beside it; None: no arrow does."""
    under: float | None = None
    """The same of the lower edge, where a size may stand."""

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
        return self._span(self.texts.top, self.above, text)

    def below_span(self, text: float) -> tuple[float, float]:
        """Left and right end of the size below."""
        return self._span(self.texts.below, self.under, text)

    def _span(self, written: str, arrow: float | None, text: float) -> tuple[float, float]:
        wide = width(written, text)
        if written and arrow is not None:
            return self.x + arrow, self.x + arrow + INSET + wide
        return self.x - wide / 2, self.x + wide / 2


@dataclass(frozen=True, slots=True)
class Level:
    """A row of maps of about the same resolution."""

    y: float
    """Its middle."""
    h: float
    """Height of its tallest map."""
    port: float
    """How far over the middle arrows run along it."""


def place(found: Net, scale: Scale) -> tuple[dict[str, Placed], dict[int, Level]]:
    """Every tensor at its place, and the levels; the lower edge of the lowest level is at 0."""
    heights = {name: _height(tensor, scale) for name, tensor in found.tensors.items()}
    levels = _levels(found, heights, scale)
    written = texts(found, heights, {at: level.port for at, level in levels.items()}, scale.text)
    bodies = {
        name: Placed(tensor, 0.0, levels[tensor.level].y, _width(tensor, scale), heights[name], written[name])
        for name, tensor in found.tensors.items()
    }
    placed = _across(bodies, found, scale)
    for _ in range(ROUNDS):
        marked = _marked(placed, found, scale.text)
        if marked == placed:
            break
        bodies = {name: replace(item, x=0.0) for name, item in marked.items()}
        placed = _across(bodies, found, scale)
    return _marked(placed, found, scale.text), levels


def _height(tensor: Tensor, scale: Scale) -> float:
    return max(scale.space * damped(tensor.size.height, scale.rule), SLIVER)


def _width(tensor: Tensor, scale: Scale) -> float:
    wide = max(scale.channel * damped(tensor.size.channels, scale.rule), SLIVER)
    return min(wide, BAR) if tensor.size.form == "vector" else wide


def _across(bodies: Mapping[str, Placed], found: Net, scale: Scale) -> dict[str, Placed]:
    """Every map as far left as those before it on its level and those over or under it allow, then straightened."""
    placed: dict[str, Placed] = {}
    last: dict[int, Placed] = {}
    for name, item in bodies.items():
        level = item.tensor.level
        x = item.w / 2
        if level in last:
            x = max(x, last[level].x + _distance(last[level], item, found, scale))
        for arrow in found.into[name]:
            if not found.is_level(arrow):
                x = max(x, placed[arrow.source].x - (item.fresh - item.x))
        placed[name] = last[level] = replace(item, x=x)
    _straighten(placed, found, scale)
    return placed


def _distance(before: Placed, item: Placed, found: Net, scale: Scale) -> float:
    """How far the middles of two neighbours on a level must be apart."""
    before, item = replace(before, x=0.0), replace(item, x=0.0)
    gaps = [ARROW]
    if item.texts.side:
        gaps.append(scale.text + TEXT_GAP + 1.5)
    signs = [width(a.sign, scale.text) for a in found.out[before.tensor.name] if a.target == item.tensor.name]
    into = sum(found.is_arc(a) for a in found.into[item.tensor.name])
    out = any(found.is_arc(a) for a in found.out[before.tensor.name])
    stubs = (stub_out(before, scale.text) if out else 0.0, stub_in(item, scale.text) + 2 * into if into else 0.0)
    if any(signs):
        gaps.append(max(signs) + 2 * SIGN_GAP + 2 * max(stubs))
    if into or out:
        gaps.append(stub_out(before, scale.text) + stubs[1] + STUB)
    found_distances = [before.right + max(gaps) - item.left]
    for mine, theirs, gap in (
        (before.top_span(scale.text), item.top_span(scale.text), TEXT_GAP),
        (before.below_span(scale.text), item.below_span(scale.text), SIZE_GAP),
    ):
        found_distances.append(mine[1] - theirs[0] + gap)
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
            over = [placed[a.source] for a in found.into[name] if not found.is_level(a)]
            limit = min([limit, *(s.right - max(2 * INSET, min(s.w, item.w) / 2) + item.w / 2 for s in over)])
            item = replace(item, x=max(item.x, min(limit, *wanted)))
            placed[name] = item
        following[item.tensor.level] = item


def meet(arrow: Arrow, found: Net, placed: Mapping[str, Placed]) -> tuple[float, float]:
    """Where an arrow between two levels leaves and arrives: equal where one map stands over the other."""
    source, target = placed[arrow.source], placed[arrow.target]
    white = target.w * target.tensor.copied if target.tensor.copied < 1 else 0.0
    low = max(source.left, target.left + white) + INSET
    high = min(source.right, target.right) - INSET
    if found.is_aside(arrow):
        x = target.x - 0.25 * target.w
        if arrow.cls == "indices":
            return source.x + 0.25 * source.w, x
        return (x if source.left + INSET <= x <= source.right - INSET else source.x), x
    if low <= high:
        narrow = target.fresh if white or target.w < source.w else source.x
        x = narrow if low <= narrow <= high else (low + high) / 2
        return x, x
    if abs(source.x - target.fresh) < 0.01:
        return source.x, source.x
    return source.x + (0.3 * source.w if target.fresh > source.x else 0.0), target.fresh


def beside(arrow: Arrow, found: Net, placed: Mapping[str, Placed], text: float) -> bool:
    """Whether an arrow down to the next level can leave at the right, since its target stands right of its source.

    So it has one turn, and none of its way in common with what runs straight down.
    """
    source, target = placed[arrow.source], placed[arrow.target]
    at = sorted({item.tensor.level for item in placed.values()})
    first, last = at.index(source.tensor.level), at.index(target.tensor.level)
    below, x = meet(arrow, found, placed)
    if last != first + 1 or found.is_aside(arrow) or below == x or x < source.right + STUB:
        return False
    walls = (p.left - (text if p.texts.side else 0.0) for p in placed.values() if p.y == source.y and p.x > source.x)
    return all(wall > x + STUB for wall in walls)


def _marked(placed: Mapping[str, Placed], found: Net, text: float) -> dict[str, Placed]:
    """The maps with the places at which arrows from other levels meet their edges."""
    above: dict[str, float] = {}
    under: dict[str, float] = {}
    for arrow in found.arrows:
        if found.is_level(arrow):
            continue
        source, target = placed[arrow.source], placed[arrow.target]
        down = source.tensor.level < target.tensor.level
        x0, x1 = meet(arrow, found, placed)
        if beside(arrow, found, placed, text):
            above[arrow.target] = round(max(x1 - target.x, above.get(arrow.target, x1 - target.x)), 3)
            continue
        for item, x, edge in ((source, x0, under if down else above), (target, x1, above if down else under)):
            name = item.tensor.name
            edge[name] = round(max(x - item.x, edge.get(name, x - item.x)), 3)
    return {name: replace(item, above=above.get(name), under=under.get(name)) for name, item in placed.items()}


def _levels(found: Net, heights: Mapping[str, float], scale: Scale) -> dict[int, Level]:
    """Where each level lies: over it numbers, then arcs, then arrows that turn; under it sizes."""
    levels: dict[int, Level] = {}
    bottom = 0.0
    for at in sorted({tensor.level for tensor in found.tensors.values()}, reverse=True):
        names = [name for name, tensor in found.tensors.items() if tensor.level == at]
        of = [heights[name] for name in names]
        if bottom and max(of) < LOW and not all(found.into[name] and found.out[name] for name in names):
            bottom += scale.text * LINE
        levels[at] = Level(bottom + max(of) / 2, max(of), PORT * min(of))
        bottom += (
            max(of) + headroom(found.arcs.get(at, 0), scale.text) + UPRIGHT + (scale.text * LINE if max(of) < 20 else 0)
        )
    return levels


def headroom(arcs: int, text: float) -> float:
    """Room over a level for numbers and arcs."""
    return text + 2 + LANE * arcs
