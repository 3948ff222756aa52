"""Arrows between volumes: straight along a row, with a turn between rows, as arcs over what lies between."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nnfig.layout.scene import Point, Wire
from nnfig.layout.volumes.place import FRAME_PAD, TURN
from nnfig.layout.volumes.texts import Placed

LANE = 5.0
"""Distance between arcs, and of the first one from the boxes."""

ASIDE = 1.5
"""Arcs enter a join left of its middle and leave it right of it."""

Arc = tuple[Placed, Placed, str]


def wires(
    placed: Sequence[Placed], rows: Mapping[str, float], text: float, starts: Collection[str]
) -> tuple[list[Wire], list[Point]]:
    """All arrows, and the corners of those that bend around boxes."""
    at = {item.station.name: item for item in placed}
    order = {item.station.name: i for i, item in enumerate(placed)}
    found: list[Wire] = []
    arcs: list[Arc] = []
    ink: list[Point] = []
    for item in placed:
        station = item.station
        if station.name in starts:
            found.append(_to_next_line(at[station.sources[0]], item, placed, rows, text))
            ink += found[-1].via
            continue
        for source in () if item.glued else station.sources:
            if rows[source] != rows[station.name]:
                found.append(_between(at[source], item, text))
            elif any(
                rows[p.station.name] == rows[source] and p.x > at[source].x
                for p in placed[order[source] + 1 : order[station.name]]
            ):
                arcs.append((at[source], item, "skip"))
            else:
                found.append(Wire(source, station.name))
        arcs += [(at[source], item, "projection") for source, _ in station.projections]
    drawn, corners = _arcs(arcs, placed, rows if starts else {})
    return found + drawn, ink + corners


def _to_next_line(
    source: Placed, target: Placed, placed: Sequence[Placed], rows: Mapping[str, float], text: float
) -> Wire:
    """An arrow from the end of one line to the beginning of the next, close under the first."""
    line = [item for item in placed if rows[item.station.name] == rows[source.station.name]]
    right = source.x + source.reach(text)[1] + TURN
    left = target.x + target.reach(text)[0] - 2 * TURN
    low = min(item.y + y for item in line for shape in item.shapes(text) for _, y in shape)
    y = low - TURN - (FRAME_PAD + 2 * text if any(item.station.repeat for item in line) else 0.0)
    via = ((right, source.y), (right, y), (left, y), (left, target.y))
    return Wire(source.station.name, target.station.name, via=via)


def _between(source: Placed, target: Placed, text: float) -> Wire:
    """An arrow to another row: with turns, or straight where the target takes from several rows."""
    names = source.station.name, target.station.name
    if target.station.role == "join":
        into = "north" if source.y > target.y else "south"
        return Wire(*names, into=into, via=((target.x, source.y),))
    if len(target.station.sources) > 1 and not target.station.copied:
        return Wire(*names)
    x = source.x + source.reach(text)[1] + TURN
    if target.station.copied:
        shift = target.body.front * target.station.copied / 2 - target.body.dx / 2
        return Wire(*names, into="south", in_shift=shift, via=((target.x + shift, source.y),))
    return Wire(*names, via=((x, source.y), (x, target.y)))


def _arcs(arcs: Sequence[Arc], placed: Sequence[Placed], lines: Mapping[str, float]) -> tuple[list[Wire], list[Point]]:
    """Skips above everything that they pass (on their line, where there are lines), shorter ones nearer."""
    found: list[Wire] = []
    ink: list[Point] = []
    lanes: list[tuple[float | None, float, float, float]] = []
    for source, target, cls in sorted(arcs, key=lambda a: (a[1].x - a[0].x, a[0].x)):
        out = ASIDE if source.station.role == "join" else source.body.dx / 2
        into = -ASIDE if target.station.role == "join" else target.body.dx / 2
        x0, x1 = source.x + out, target.x + into
        line = lines.get(source.station.name)
        there = [p for p in placed if lines.get(p.station.name) == line]
        passed = [p for p in there if p.x - p.body.w / 2 < x1 and p.x + p.body.w / 2 > x0]
        y = max(p.y + p.body.h / 2 for p in (source, target, *passed)) + LANE
        y = max([y, *(level + LANE for own, a, b, level in lanes if own == line and a < x1 and b > x0)])
        lanes.append((line, x0, x1, y))
        via = ((x0, y), (x1, y))
        names = source.station.name, target.station.name
        found.append(Wire(*names, "north", "north", out, into, via, cls))
        ink += via
    return found, ink
