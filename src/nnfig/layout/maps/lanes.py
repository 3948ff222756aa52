"""Which lane an arrow that passes over maps takes: shorter ones run nearer to the maps."""

from __future__ import annotations

from nnfig.layout.maps.tensors import Arrow, Net

LANE = 4.0
"""Distance between lanes."""


def lanes(found: Net) -> dict[Arrow, tuple[int, int]]:
    """Level and lane, from 1, of every arc; arcs that overlap along their level have different lanes."""
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    given: dict[Arrow, tuple[int, int]] = {}
    arcs = [arrow for arrow in found.arrows if found.is_arc(arrow)]
    for arrow in sorted(arcs, key=lambda a: (found.place[a.target] - found.place[a.source], found.place[a.source])):
        level = found.tensors[arrow.source].level
        span = (found.place[arrow.source], found.place[arrow.target])
        lane = 1
        while any(a < span[1] and span[0] < b for a, b in taken.get((level, lane), ())):
            lane += 1
        taken.setdefault((level, lane), []).append(span)
        given[arrow] = (level, lane)
    return given
