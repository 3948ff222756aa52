"""From placed volumes to nodes, arrows, arcs and frames of a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nnfig.graph import Graph
from nnfig.layout.parts import Parts, corners
from nnfig.layout.scene import Frame, Node, Wire
from nnfig.layout.text import LINE
from nnfig.layout.titles import title
from nnfig.layout.volumes_place import Placed
from nnfig.layout.volumes_scale import Scale
from nnfig.layout.volumes_solids import moved
from nnfig.layout.volumes_stations import cls_of

LANE = 5.0
"""Distance between arcs, and of the first one from the boxes."""

ROW_GAP = 12.0
FRAME_PAD = 4.0


def parts(placed: Sequence[Placed], rows: Mapping[str, int], scale: Scale, graph: Graph) -> Parts:
    """Everything but the legend."""
    standing = _on_rows(placed, rows, scale)
    at = {p.station.name: p for p in standing}
    wires, ink = _wires(standing, at, rows)
    shapes = [moved(s, p.x, p.y) for p in standing for s in p.shapes(scale.text)]
    return Parts(
        nodes=tuple(_node(p, graph) for p in standing),
        wires=tuple(wires),
        frames=tuple(_frames(standing, graph, scale.text)),
        ink=(*corners(shapes), *ink),
    )


def _on_rows(placed: Sequence[Placed], rows: Mapping[str, int], scale: Scale) -> list[Placed]:
    """Every station at the height of its row, rows as close as what stands on them allows."""
    reach: dict[int, tuple[float, float]] = {}
    for item in placed:
        row = rows[item.station.name]
        ys = [y for shape in item.shapes(scale.text) for _, y in shape]
        low, high = reach.get(row, (0.0, 0.0))
        reach[row] = (min(low, *ys), max(high, *ys))
    y: dict[int, float] = {}
    level = 0.0
    for row in sorted(reach):
        y[row] = level - reach[row][1]
        level = y[row] + reach[row][0] - ROW_GAP
    base = y.get(0, 0.0)
    return [replace(p, y=y[rows[p.station.name]] - base) for p in placed]


def _node(item: Placed, graph: Graph) -> Node:
    """One station as a volume, or as the circle of a join."""
    station, body = item.station, item.body
    layer = station.slabs[-1] if station.slabs else None
    named = {"kind": layer.kind if layer else "input", "title": title(graph, station.name)}
    if station.role == "join":
        return Node(
            station.name, item.x, item.y, body.w, body.h, station.cls, "circle", (station.sign,), **named
        )  # fmt: skip
    count = max(1, len(station.slabs))
    return Node(
        station.name,
        item.x,
        item.y,
        body.w,
        body.h,
        station.cls,
        "volume",
        data=_data(item),
        depth=body.depth,
        seams=tuple(round(i / count, 4) for i in range(1, count)),
        bands=_bands(item),
        below=item.below,
        side=item.side,
        edge=item.edge,
        **named,
    )


def _bands(item: Placed) -> tuple[tuple[float, float, str], ...]:
    """What runs after a slab, painted at its end: each band a sixth of the slab."""
    count = max(1, len(item.station.slabs))
    found: list[tuple[float, float, str]] = []
    for slab in range(count):
        classes = [cls_of(layer) for where, layer in item.station.bands if where == slab]
        share = min(1 / 6, 0.6 / max(1, len(classes))) / count
        for i, cls in enumerate(classes):
            end = (slab + 1) / count - share * (len(classes) - 1 - i)
            found.append((round(end - share, 4), round(end, 4), cls))
    return tuple(found)


def _data(item: Placed) -> tuple[tuple[str, str], ...]:
    """Facts for text templates and for `nnfig check`."""
    station = item.station
    facts = list(station.slabs[-1].look.data) if station.slabs and station.slabs[-1].look else []
    facts.append(("shape", str(station.size)))
    if len(station.slabs) > 1:
        facts.append(("layers", " ".join(layer.name for layer in station.slabs)))
    return tuple(facts)


def _wires(
    standing: Sequence[Placed], at: Mapping[str, Placed], rows: Mapping[str, int]
) -> tuple[list[Wire], list[tuple[float, float]]]:
    """Arrows between neighbours, straight lines between rows, arcs over what lies between; and the arcs' corners."""
    order = {p.station.name: i for i, p in enumerate(standing)}
    wires: list[Wire] = []
    arcs: list[tuple[Placed, Placed, str, str]] = []
    for item in standing:
        station = item.station
        for source in station.sources:
            if item.glued:
                continue
            between = [
                p
                for p in standing[order[source] + 1 : order[station.name]]
                if rows[p.station.name] == rows[source] and p.x > at[source].x
            ]
            if rows[source] == rows[station.name] and between:
                arcs.append((at[source], item, "skip", ""))
            else:
                wires.append(Wire(source, station.name))
        for source, layer in station.projections:
            arcs.append((at[source], item, "projection", layer.name))
    drawn, ink = _arcs(arcs, standing)
    return wires + drawn, ink


def _arcs(
    arcs: Sequence[tuple[Placed, Placed, str, str]], standing: Sequence[Placed]
) -> tuple[list[Wire], list[tuple[float, float]]]:
    """Skips above everything that they pass, shorter ones nearer."""
    wires: list[Wire] = []
    ink: list[tuple[float, float]] = []
    lanes: list[tuple[float, float, float]] = []
    for source, target, cls, _ in sorted(arcs, key=lambda a: (a[1].x - a[0].x, a[0].x)):
        shift_out, shift_in = source.body.dx / 2, target.body.dx / 2
        x0, x1 = source.x + shift_out, target.x + shift_in
        passed = [p for p in standing if p.x - p.body.w / 2 < x1 and p.x + p.body.w / 2 > x0]
        y = max(p.y + p.body.h / 2 for p in passed) + LANE
        y = max([y, *(level + LANE for a, b, level in lanes if a < x1 and b > x0)])
        lanes.append((x0, x1, y))
        wires.append(
            Wire(
                source.station.name,
                target.station.name,
                "north",
                "north",
                shift_out,
                shift_in,
                via=((x0, y), (x1, y)),
                cls=cls,
            )
        )
        ink += [(x0, y), (x1, y)]
    return wires, ink


def _frames(standing: Sequence[Placed], graph: Graph, text: float) -> list[Frame]:
    """A frame around each folded group, with its count."""
    frames: list[Frame] = []
    for group in graph.groups:
        members = [p for p in standing if p.station.repeat == group.path]
        if group.repeat < 2 or not members:
            continue
        points = corners(moved(s, p.x, p.y) for p in members for s in p.shapes(text))
        xs, ys = [x for x, _ in points], [y for _, y in points]
        frames.append(
            Frame(
                group.path,
                min(xs) - FRAME_PAD,
                min(ys) - FRAME_PAD,
                max(xs) + FRAME_PAD,
                max(ys) + FRAME_PAD + text * LINE,
                title=group.title or group.cls,
                repeat=group.repeat,
                members=tuple(p.station.name for p in members),
            )
        )
    return frames
