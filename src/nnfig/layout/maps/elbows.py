"""Where arrows between levels turn that cannot run straight: clear of maps, numbers, arcs and each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nnfig.layout.maps.net import Arrow, Net
from nnfig.layout.maps.place import Level, Placed, Scale, beside, headroom, meet
from nnfig.layout.scene import Point

LOW = 3.0
"""How far over numbers and arcs of the level below the lowest one runs."""

PITCH = 2.5
"""Distance of two that overlap."""

CLEAR = 2.5
"""Room between a map or its texts and an arrow that passes them."""

DETOUR = 12.0
"""How much longer a way with two turns may be than one with four."""

Span = tuple[float, float, str]
"""From, to, and the tensor whose arrows may share the way."""


@dataclass
class Ways:
    """What is taken of the gaps over levels, and of what is free beside their maps."""

    found: Net
    placed: Mapping[str, Placed]
    levels: Mapping[int, Level]
    scale: Scale
    gaps: dict[tuple[int, int], list[Span]] = field(default_factory=dict[tuple[int, int], list[Span]])
    """For a level and a row of the gap over it, what runs there."""
    shafts: dict[int, list[tuple[float, str]]] = field(default_factory=dict[int, "list[tuple[float, str]]"])
    """For a level, at which x arrows pass it."""

    def level_part(self, at: int, x0: float, x1: float, source: str) -> float:
        """The height of a level part in the gap over a level, and the room that it takes there."""
        span = (min(x0, x1), max(x0, x1), source)
        row = 0
        while any(_meets(span, other) for other in self.gaps.get((at, row), ())):
            row += 1
        self.gaps.setdefault((at, row), []).append(span)
        level = self.levels[at]
        return level.y + level.h / 2 + headroom(self.found.arcs.get(at, 0), self.scale.text) + LOW + PITCH * row

    def shaft(self, passed: Sequence[int], x0: float, x1: float, source: str) -> float:
        """The x at which an arrow passes levels: where it begins or ends if it can, else beside the maps there."""
        walls = [wall for item in self.placed.values() if item.tensor.level in passed for wall in (self._walls(item),)]
        others = [x for at in passed for x, name in self.shafts.get(at, ()) if name != source]

        def is_free(x: float) -> bool:
            return all(x < a or x > b for a, b in walls) and all(abs(x - other) >= PITCH for other in others)

        def length(x: float) -> float:
            return abs(x - x0) + abs(x - x1) + (0.0 if x in (x0, x1) else DETOUR)

        free = [x for x in _candidates(x0, x1, walls, len(others)) if is_free(x)]
        x = min(free, key=length, default=x1)
        for at in passed:
            self.shafts.setdefault(at, []).append((x, source))
        return x

    def _walls(self, item: Placed) -> tuple[float, float]:
        """Left and right end of what an arrow must not run through: a map with its texts."""
        text = self.scale.text
        top, below = item.top_span(text), item.below_span(text)
        left = item.left - (text + CLEAR if item.texts.side else 0.0)
        return min(left, top[0], below[0]) - CLEAR, max(item.right, top[1], below[1]) + CLEAR


def elbows(
    found: Net, placed: Mapping[str, Placed], levels: Mapping[int, Level], scale: Scale
) -> Mapping[Arrow, tuple[Point, ...]]:
    """The turns of every arrow between levels; none where it runs straight; not of those that leave beside."""
    ways = Ways(found, placed, levels, scale)
    upright = [arrow for arrow in found.arrows if not found.is_level(arrow)]
    return {arrow: _turns(arrow, ways) for arrow in upright if not beside(arrow, found, placed, scale.text)}


def _turns(arrow: Arrow, ways: Ways) -> tuple[Point, ...]:
    source, target = ways.placed[arrow.source], ways.placed[arrow.target]
    first, last = source.tensor.level, target.tensor.level
    x0, x1 = meet(arrow, ways.found, ways.placed)
    order = sorted(ways.levels)
    up = last < first
    passed = [at for at in order if min(first, last) < at < max(first, last)]
    below_target = order[order.index(last) + 1] if up else last
    over_source = first if up else order[order.index(first) + 1]
    x = ways.shaft(passed, x0, x1, arrow.source) if passed else x0
    points: list[Point] = []
    for at, start, end in ((over_source, x0, x), (below_target, x, x1)):
        if abs(start - end) > 0.01:
            y = ways.level_part(at, start, end, arrow.source)
            points += [(start, y), (end, y)]
    return tuple(points)


def _candidates(x0: float, x1: float, walls: Sequence[tuple[float, float]], count: int) -> Iterator[float]:
    """Where an arrow may pass: at its ends, beside each wall, and further from it by as many as pass there already."""
    yield from (x1, x0)
    for left, right in walls:
        for number in range(count + 1):
            yield left - 0.01 - number * PITCH
            yield right + 0.01 + number * PITCH


def _meets(one: Span, other: Span) -> bool:
    """Whether two overlap; those of one tensor may share their way."""
    return one[0] < other[1] and other[0] < one[1] and one[2] != other[2]
