"""From placed maps to nodes, coloured arrows and labels of a scene."""

from __future__ import annotations

from collections.abc import Mapping

from nnfig.graph import Drawing
from nnfig.layout.maps_place import PORT, Placed, Scale, is_arc
from nnfig.layout.maps_tensors import Arrow, Net
from nnfig.layout.parts import Parts
from nnfig.layout.scene import Label, Node, Point, Wire
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import title

LANE = 4.0
"""Distance between arrows that pass over maps."""


def parts(placed: Mapping[str, Placed], found: Net, scale: Scale, drawing: Drawing) -> Parts:
    """Everything but the legend."""
    nodes = tuple(_node(p, drawing) for p in placed.values())
    labels = tuple(_beside(p) for p in placed.values() if p.top and p.top_side == "east")
    wires: list[Wire] = []
    lanes: dict[int, int] = {}
    for arrow in found.arrows:
        if is_arc(arrow, found):
            level = found.tensors[arrow.source].level
            lanes[level] = lanes.get(level, 0) + 1
            wires.append(_arc(arrow, placed, lanes[level], scale))
        else:
            wires.append(_wire(arrow, placed))
    return Parts(nodes=nodes, wires=tuple(wires), labels=labels, ink=tuple(_ink(placed, scale)))


def _node(item: Placed, drawing: Drawing) -> Node:
    tensor = item.tensor
    layer = tensor.layer
    facts = (layer.look.data if layer and layer.look else ()) + (("shape", str(tensor.size)),)
    return Node(
        tensor.name,
        item.x,
        item.y,
        item.w,
        item.h,
        tensor.cls,
        "map",
        kind=layer.kind if layer else "input",
        data=facts,
        title=title(drawing.graph, tensor.name),
        copied=round(tensor.copied, 4),
        top=item.top if item.top_side == "north" else "",
        side=item.side,
        below=item.below,
    )


def _beside(item: Placed) -> Label:
    """A channel number right of the arrow that leaves from the top."""
    return Label(item.x + 1.5, item.y + item.h / 2 + 1, (item.top,), "dims", "south west")


def _wire(arrow: Arrow, placed: Mapping[str, Placed]) -> Wire:
    """An arrow along a level, or up or down to another."""
    source, target = placed[arrow.source], placed[arrow.target]
    if source.tensor.level == target.tensor.level:
        return Wire(
            arrow.source,
            arrow.target,
            "east",
            "west",
            (PORT - 0.5) * source.h,
            (PORT - 0.5) * target.h,
            cls=arrow.cls,
        )
    down = source.tensor.level < target.tensor.level
    shift = target.port(True) - target.x
    x0, x1 = source.x, target.x + shift
    via: tuple[Point, ...] = ()
    if abs(x0 - x1) > 0.05:
        edge = target.y + target.h / 2 if down else target.y - target.h / 2
        y = edge + 8 if down else edge - 8
        via = ((x0, y), (x1, y))
    out, into = ("south", "north") if down else ("north", "south")
    return Wire(arrow.source, arrow.target, out, into, 0.0, shift, via, arrow.cls)


def _arc(arrow: Arrow, placed: Mapping[str, Placed], lane: int, scale: Scale) -> Wire:
    """An arrow that passes over maps of its level."""
    source, target = placed[arrow.source], placed[arrow.target]
    y = source.y + source.h / 2 + scale.text + 2 + LANE * lane
    shift = -target.w * (1 - target.tensor.copied) / 2 if target.tensor.copied else 0.0
    return Wire(
        arrow.source,
        arrow.target,
        "north",
        "north",
        0.0,
        shift,
        ((source.x, y), (target.x + shift, y)),
        arrow.cls,
    )


def _ink(placed: Mapping[str, Placed], scale: Scale) -> list[Point]:
    """Corners of texts around maps."""
    points: list[Point] = []
    for item in placed.values():
        half = width(item.top, scale.text) / 2
        top = item.y + item.h / 2
        if item.top:
            shift = half + 1.5 if item.top_side == "east" else 0.0
            points += [(item.x - half + shift, top), (item.x + half + shift, top + 1 + scale.text)]
        if item.side:
            points.append((item.x - item.w / 2 - scale.text - 1, item.y))
        if item.below:
            half = width(item.below, scale.text) / 2
            bottom = item.y - item.h / 2
            points += [(item.x - half, bottom - 1 - scale.text * LINE), (item.x + half, bottom)]
    return points
