"""Arrows between volumes: straight along a row, with a turn between rows, as arcs over what lies between."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from nnfig.layout.scene import Point, Wire
from nnfig.layout.text import LINE, width
from nnfig.layout.volumes.place import FRAME_PAD, TAP, TURN
from nnfig.layout.volumes.rows import line_of
from nnfig.layout.volumes.solids import Solid, moved, strikes
from nnfig.layout.volumes.texts import Placed

ASIDE = 2.5
"""How far left of its middle an arc enters a join from which an arrow rises."""

LANE = 5.0
"""Distance between arcs, and of the first one from the boxes."""

STUB = 3.0
"""How far arrows that cross from row to row run straight at their ends where a text is in the way."""

Arc = tuple[Placed, Placed, str]


def wires(
    placed: Sequence[Placed],
    rows: Mapping[str, float],
    text: float,
    starts: Collection[str],
    windows: Mapping[str, Solid],
) -> tuple[list[Wire], list[Point]]:
    """All arrows, and the corners of those that bend around boxes and of the kernels written over arrows."""
    at = {item.station.name: item for item in placed}
    order = {item.station.name: i for i, item in enumerate(placed)}
    found: list[Wire] = []
    arcs: list[Arc] = []
    ink: list[Point] = []
    turns: dict[int, tuple[Point, ...]] = {}
    """How the arrow to each line runs until it is left of it."""
    bent = _bent(placed, at, text)
    for item in placed:
        station = item.station
        if station.name in starts:
            found.append(_to_next_line(at[station.sources[0]], item, placed, rows, text))
            ink += found[-1].via
            turns[line_of(rows[station.name])] = found[-1].via[:3]
        for source in () if item.glued or station.name in starts else station.sources:
            if line_of(rows[source]) != line_of(rows[station.name]):
                arcs.append((at[source], item, "skip"))
            elif rows[source] != rows[station.name]:
                found.append(_between(at[source], item, text, source in windows, bent))
            elif any(
                rows[p.station.name] == rows[source] and p.x > at[source].x
                for p in placed[order[source] + 1 : order[station.name]]
            ):
                arcs.append((at[source], item, "skip"))
            else:
                found.append(Wire(source, station.name, cls="kernel" if source in windows and item.kernel else "flow"))
        if item.kernel and station.name not in starts and (wire := _spoken(found, item, at)):
            said = _with_kernel(
                wire, at[wire.source], item, windows.get(wire.source), _comes_from_above(item, at), text
            )
            found[found.index(wire)] = said
            ink += _kernel_corners(said, text)
        arcs += [(at[source], item, "projection") for source, _ in station.projections]
    drawn, corners = _arcs(arcs, placed, rows if starts else {}, turns, text)
    return found + drawn, ink + corners


def _spoken(found: Sequence[Wire], item: Placed, at: Mapping[str, Placed]) -> Wire | None:
    """The arrow over which a kernel is written: that along the row if there is one."""
    own = [wire for wire in found if wire.target == item.station.name and wire.into == "west"]
    return min(own, key=lambda wire: abs(at[wire.source].y - item.y), default=None)


def _comes_from_above(item: Placed, at: Mapping[str, Placed]) -> bool:
    """Whether an arrow comes down to a box, so that its kernel is written under the arrow."""
    levels = [at[source].y for source in item.station.sources]
    return max(levels) > item.y + 1.0 and min(levels) > item.y - 1.0


def _with_kernel(wire: Wire, source: Placed, item: Placed, window: Solid | None, down: bool, text: float) -> Wire:
    """An arrow with its kernel: beside its end, on the side to which the rays of the sliding box open less."""
    right, left = item.x - item.body.w / 2, source.x + source.body.w / 2 + 2 * TAP * source.tapped
    half = width(item.kernel, text) / 2
    x = max((left + right) / 2, right - half - 3 * STUB) if source.y != item.y else (left + right) / 2
    room = 0.0
    if window and wire.cls == "kernel":
        start = source.x + source.body.front / 2 + (-window.dx if down else window.dx) / 2
        ray = window.h / 2 + (item.y - source.y if down else source.y - item.y)
        room = max(0.0, ray * (right - x + half) / (right - start))
    side = "south" if down else "north"
    return replace(wire, label=item.kernel, label_at=(x, item.y - room if down else item.y + room), label_side=side)


def _kernel_corners(wire: Wire, text: float) -> list[Point]:
    """The corners of what is written over an arrow."""
    assert wire.label_at is not None
    x, y = wire.label_at
    half, high = width(wire.label, text) / 2, LINE * text * (-1 if wire.label_side == "south" else 1)
    return [(x - half, y), (x + half, y + high)]


def _to_next_line(
    source: Placed, target: Placed, placed: Sequence[Placed], rows: Mapping[str, float], text: float
) -> Wire:
    """An arrow from the end of one line to the beginning of the next, close under the first."""
    line = [item for item in placed if line_of(rows[item.station.name]) == line_of(rows[source.station.name])]
    right = source.x + source.reach(text)[1] + TURN + (FRAME_PAD if source.station.repeat else 0.0)
    left = target.x + target.reach(text)[0] - 2 * TURN
    low = min(item.y + y for item in line for shape in item.shapes(text) for _, y in shape)
    y = low - TURN - (FRAME_PAD + 2 * text if any(item.station.repeat for item in line) else 0.0)
    via = ((right, source.y), (right, y), (left, y), (left, target.y))
    return Wire(source.station.name, target.station.name, via=via)


def _between(source: Placed, target: Placed, text: float, slides: bool, bent: bool) -> Wire:
    """An arrow to another row: with turns, or straight where the target takes from several rows or a kernel slides."""
    names = source.station.name, target.station.name
    if target.station.role == "join":
        into = "north" if source.y > target.y else "south"
        return Wire(*names, into=into, via=((target.x, source.y),))
    if target.station.exchanged or (slides and target.kernel):
        if not target.station.exchanged or not bent:
            return Wire(*names, cls="flow" if target.station.exchanged else "kernel")
        right = max(source.x + source.reach(text)[1], source.x + source.body.w / 2 + STUB)
        left = min(target.x + target.reach(text)[0], target.x - target.body.w / 2 - STUB)
        return Wire(*names, via=((right, source.y), (left, target.y)))
    if len(target.station.sources) > 1 and not target.station.copied:
        left = target.x + target.reach(text)[0] - TURN
        return Wire(*names, via=((left, source.y), (left, target.y)))
    x = source.x + source.reach(text)[1] + TURN
    if (upright := _upright(source, target)) is not None:
        return upright
    if target.station.copied:
        return Wire(*names, into="south", in_shift=target.new_half, via=((target.x + target.new_half, source.y),))
    return Wire(*names, via=((x, source.y), (x, target.y)))


def _upright(source: Placed, target: Placed) -> Wire | None:
    """A straight arrow up from a top or down from a front, where the target stands over or under it."""
    names = source.station.name, target.station.name
    body, up = source.body, target.y > source.y
    shift = target.new_half if up else target.body.dx / 2
    out = target.x + shift - source.x
    left = -body.w / 2 + (body.dx if up else 0.0)
    if not left - 0.01 <= out <= left + body.front + 0.01:
        return None
    return Wire(*names, "north" if up else "south", "south" if up else "north", out, shift)


def _bent(placed: Sequence[Placed], at: Mapping[str, Placed], text: float) -> bool:
    """Whether all arrows across rows begin and end level, since a straight one would run through a text."""
    texts = [moved(shape, p.x, p.y) for p in placed for shape in p.shapes(text)[1:]]
    across = (
        ((source.x + source.body.w / 2, source.y), (item.x - item.body.w / 2, item.y))
        for item in placed
        if item.station.exchanged
        for source in (at[name] for name in item.station.sources)
        if source.y != item.y
    )
    return any(strikes(start, end, shape) for start, end in across for shape in texts)


def _tap(source: Placed, target: Placed, placed: Sequence[Placed]) -> float:
    """Where an arc leaves the arrow behind its source: close to that, or within or outside the frame of a group."""
    if source.station.repeat and source.station.repeat != target.station.repeat:
        return source.x + source.body.w / 2 + FRAME_PAD + TAP / 2
    if target.station.repeat and target.station.repeat != source.station.repeat:
        inside = [p.x - p.body.w / 2 for p in placed if p.station.repeat == target.station.repeat]
        return min(inside) - FRAME_PAD + TAP / 2
    return source.x + source.body.w / 2 + TAP


def _arcs(
    arcs: Sequence[Arc],
    placed: Sequence[Placed],
    lines: Mapping[str, float],
    turns: Mapping[int, tuple[Point, ...]],
    text: float,
) -> tuple[list[Wire], list[Point]]:
    """Skips from the arrow behind a box, above everything that they pass on their line, shorter ones nearer.

    One from the end of a line runs with the arrow to the next line, and leaves it where that line begins.
    """
    found: list[Wire] = []
    ink: list[Point] = []
    lanes: list[tuple[tuple[float | None, float], float, float, float]] = []
    for source, target, cls in sorted(arcs, key=lambda a: (a[1].x - a[0].x, a[0].x)):
        rises = any(p.y > target.y and target.station.name in p.station.sources for p in placed)
        into = -ASIDE if rises and target.station.role == "join" else target.body.dx / 2
        line = lines.get(target.station.name)
        crosses = line is not None and line_of(lines[source.station.name]) != line_of(line)
        turn = turns[line_of(line)] if line is not None and crosses else ()
        start = turn or ((_tap(source, target, placed), source.y),)
        x0, x1 = start[-1][0], target.x + into
        level = source.y == target.y or (source.y > target.y and not crosses)
        there = [p for p in placed if lines.get(p.station.name) == line and (p.y == target.y or not level)]
        passed = [p for p in there if p.x - p.body.w / 2 < x1 and p.x + p.body.w / 2 > x0]
        y = max(p.y + p.height(text) for p in (target, *passed)) + LANE
        y += FRAME_PAD if any(p.station.repeat for p in (target, *passed)) else 0.0
        y = max([y, *(high + LANE for own, a, b, high in lanes if own == (line, target.y) and a < x1 and b > x0)])
        lanes.append(((line, target.y), x0, x1, y))
        via = (*start, (x0, y), (x1, y))
        found.append(Wire(source.station.name, target.station.name, "east", "north", 0.0, into, via, cls))
        ink += via
    return found, ink
