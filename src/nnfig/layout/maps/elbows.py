"""At which height arrows between levels turn that cannot run straight: clear of numbers, arcs and each other."""

from __future__ import annotations

from collections.abc import Mapping

from nnfig.layout.maps.lanes import lanes
from nnfig.layout.maps.place import Level, Placed, Scale, headroom, meet
from nnfig.layout.maps.tensors import Arrow, Net

LOW = 3.0
"""How far over numbers and arcs of the level below the lowest one runs."""

PITCH = 2.5
"""Distance of two that overlap."""


def elbows(
    found: Net, placed: Mapping[str, Placed], levels: Mapping[int, Level], scale: Scale
) -> Mapping[Arrow, float]:
    """The height of the level part of every arrow that turns, in the gap next to the map at which it ends."""
    arcs: dict[int, int] = {}
    for at, lane in lanes(found).values():
        arcs[at] = max(arcs.get(at, 0), lane)
    order = sorted(levels)
    heights: dict[Arrow, float] = {}
    taken: dict[tuple[int, int], list[tuple[float, float, str]]] = {}
    for arrow in found.arrows:
        if found.is_level(arrow):
            continue
        source, target = placed[arrow.source], placed[arrow.target]
        x0, x1 = meet(source, target, arrow.cls)
        if abs(x0 - x1) < 0.01:
            continue
        up = target.tensor.level < source.tensor.level
        lower = order[order.index(target.tensor.level) + 1] if up else target.tensor.level
        span = (min(x0, x1), max(x0, x1), arrow.source)
        row = 0
        while any(_meets(span, other) for other in taken.get((lower, row), ())):
            row += 1
        taken.setdefault((lower, row), []).append(span)
        level = levels[lower]
        heights[arrow] = level.y + level.h / 2 + headroom(arcs.get(lower, 0), scale.text) + LOW + PITCH * row
    return heights


def _meets(one: tuple[float, float, str], other: tuple[float, float, str]) -> bool:
    """Whether two overlap; those of one tensor may share their way."""
    return one[0] < other[1] and other[0] < one[1] and one[2] != other[2]
