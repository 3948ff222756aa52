"""From placed maps to nodes, coloured arrows and labels of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nnfig.graph import Panel
from nnfig.layout.maps.elbows import elbows
from nnfig.layout.maps.net import Arrow, Net
from nnfig.layout.maps.place import LANE, UPRIGHT, Level, Placed, Scale, headroom, meet, place, stub_in, stub_out
from nnfig.layout.parts import Parts
from nnfig.layout.scene import Label, Node, Point, Wire
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import titles

OUT = 0.4
"""How far over its middle arcs leave a map, as a share of its height."""

LOW = 0.3
"""How far under its middle an arrow leaves a map at the right to turn down, as a share of its height."""

BESIDE = 1.5
"""Room between an arrow and the number beside it."""


def parts(found: Net, scale: Scale, panel: Panel) -> Parts:
    """Everything but the legend."""
    placed, levels = place(found, scale)
    turns = elbows(found, placed, levels, scale)
    wires: list[Wire] = []
    for arrow in found.arrows:
        if arrow in found.lanes:
            wires.append(_arc(arrow, placed, found, scale, levels))
        elif found.is_level(arrow):
            wires.append(_level(arrow, placed, levels))
        else:
            wires.append(_upright(arrow, found, placed, turns[arrow]) if arrow in turns else _beside(arrow, placed))
    labels = [_number(p) for p in placed.values() if p.texts.top and p.above is not None]
    labels += [
        Label(p.x + p.under + BESIDE, p.y - p.h / 2 - 1.6, (p.texts.below,), "dims", "north west")
        for p in placed.values()
        if p.texts.below and p.under is not None
    ]
    labels += _ends(placed, panel, scale.text)
    labels += [
        _clear(_sign(arrow, wire, placed, found, scale, levels), labels, scale.text)
        for arrow, wire in zip(found.arrows, wires, strict=True)
        if arrow.sign
    ]
    return Parts(
        nodes=tuple(_node(p, panel) for p in placed.values()),
        wires=tuple(wires),
        labels=tuple(labels),
        ink=tuple(_ink(placed, labels, scale)),
    )


def _node(item: Placed, panel: Panel) -> Node:
    tensor = item.tensor
    layer = tensor.layer
    facts = (layer.look.data if layer and layer.look else ()) + (("shape", str(tensor.size)),)
    return Node(
        tensor.name,
        item.x,
        item.y,
        item.w,
        item.h,
        "conv",
        "map",
        kind=layer.kind if layer else "input",
        data=tuple(dict(facts).items()),
        title=titles(panel.graph, tensor.runs or (tensor.name,)),
        copied=round(tensor.copied, 4),
        seams=tensor.seams,
        top=item.texts.top if item.above is None else "",
        side=item.texts.side,
        below=item.texts.below if item.under is None else "",
    )


def _number(item: Placed) -> Label:
    """A channel number right of the arrow that meets the upper edge."""
    x = item.x + (item.above or 0.0) + BESIDE
    return Label(x, item.y + item.h / 2 + 1, (item.texts.top,), "dims", "south west")


def _sign(
    arrow: Arrow, wire: Wire, placed: Mapping[str, Placed], found: Net, scale: Scale, levels: Mapping[int, Level]
) -> Label:
    """What is written at an arrow: over level ones and arcs, right of the upright part where others end."""
    source, target = placed[arrow.source], placed[arrow.target]
    if arrow in found.lanes:
        x, y = wire.via[1]
        return Label(x + BESIDE, y + 0.6, (arrow.sign,), "dims", "south west")
    if found.is_level(arrow):
        x, y = (source.right + target.left) / 2, source.y + wire.out_shift + 0.6
        return Label(x, y, (arrow.sign,), "dims", "south")
    low, x = (target, target.x + wire.in_shift) if target.y < source.y else (source, source.x + wire.out_shift)
    at = low.tensor.level
    y = levels[at].y + levels[at].h / 2 + headroom(found.arcs.get(at, 0), scale.text) + UPRIGHT / 2
    return Label(x + BESIDE, y, (arrow.sign,), "dims", "west")


def _clear(sign: Label, others: list[Label], text: float) -> Label:
    """What stands right of an upright arrow goes to its left where a name is in the way."""
    left, low, right, high = _box(sign, text)
    spans = (_box(other, text) for other in others)
    meets = any(left < x1 and x0 < right and low < y1 and y0 < high for x0, y0, x1, y1 in spans)
    return replace(sign, x=sign.x - 2 * BESIDE, anchor="east") if meets and sign.anchor == "west" else sign


def _box(label: Label, text: float) -> tuple[float, float, float, float]:
    """Left, lower, right and upper end of a text."""
    wide, high = width(label.lines[0], text), text * LINE
    left = label.x - {"north": 0.5, "south": 0.5, "east": 1.0}.get(label.anchor, 0.0) * wide
    low = label.y - {"south": 0.0, "south west": 0.0, "west": 0.5, "east": 0.5}.get(label.anchor, 1.0) * high
    return left, low, left + wide, low + high


def _ends(placed: Mapping[str, Placed], panel: Panel, text: float) -> list[Label]:
    """Names of inputs and of what is returned: under maps and those beside them; where arrows end, above or beside."""
    names = {name: _input_name(name, panel) for name in panel.graph.inputs}
    returned = panel.graph.output_names or ("output",) * len(panel.graph.outputs)
    names |= dict(zip(panel.graph.outputs, returned, strict=True))
    labels: list[Label] = []
    made = {run: item for item in placed.values() for run in (item.tensor.name, *item.tensor.runs)}
    for name, said in names.items():
        item = made.get(name)
        if item is None or not said:
            continue
        half = width(said, text) / 2 + BESIDE
        over = [p for p in placed.values() if p.y == item.y and p.left < item.x + half and p.right > item.x - half]
        y = min(p.y - p.h / 2 - (text * LINE if p.texts.below else 0.0) for p in over) - 2
        if item.under is not None and item.above is None:
            top = item.y + item.h / 2 + 1 + (text * LINE if item.texts.top else 0)
            labels.append(Label(item.x, top, (said,), "dims", "south"))
        elif item.under is None:
            labels.append(Label(item.x, y, (said,), "dims", "north"))
        else:
            labels.append(Label(item.x + item.under + BESIDE, y, (said,), "dims", "north west"))
    return labels


def _input_name(name: str, panel: Panel) -> str:
    look = panel.input_looks.get(name)
    return look.label[0] if look and look.label else name


def _level(arrow: Arrow, placed: Mapping[str, Placed], levels: Mapping[int, Level]) -> Wire:
    """A straight arrow along a level."""
    shift = levels[placed[arrow.source].tensor.level].port
    return Wire(arrow.source, arrow.target, "east", "west", shift, shift, cls=arrow.cls)


def _upright(arrow: Arrow, found: Net, placed: Mapping[str, Placed], via: tuple[Point, ...]) -> Wire:
    """An arrow to another level: straight where one map stands over the other, else with turns."""
    source, target = placed[arrow.source], placed[arrow.target]
    out, into = ("south", "north") if source.tensor.level < target.tensor.level else ("north", "south")
    x0, x1 = meet(arrow, found, placed)
    return Wire(arrow.source, arrow.target, out, into, x0 - source.x, x1 - target.x, via, arrow.cls)


def _beside(arrow: Arrow, placed: Mapping[str, Placed]) -> Wire:
    """An arrow that leaves low at the right of its source and turns down to its target."""
    source, target = placed[arrow.source], placed[arrow.target]
    down = LOW * source.h
    via = ((target.fresh, source.y - down),)
    return Wire(arrow.source, arrow.target, "east", "north", -down, target.fresh - target.x, via, arrow.cls)


def _arc(
    arrow: Arrow,
    placed: Mapping[str, Placed],
    found: Net,
    scale: Scale,
    levels: Mapping[int, Level],
) -> Wire:
    """An arrow that rises over maps of its level; of those that end together the longest ends highest."""
    source, target = placed[arrow.source], placed[arrow.target]
    at, lane = source.tensor.level, found.lanes[arrow]
    together = sorted((a for a in found.into[arrow.target] if a in found.lanes), key=lambda a: found.lanes[a])
    rank = together.index(arrow)
    port = levels[at].port
    y_out = OUT * source.h
    y_in = port + (target.h / 2 - port) * (rank + 1) / (len(together) + 1)
    y = levels[at].y + levels[at].h / 2 + scale.text + 1 + LANE * lane
    x0 = source.right + stub_out(source, scale.text)
    x1 = target.left - stub_in(target, scale.text) - 2 * (len(together) - 1 - rank)
    via = ((x0, source.y + y_out), (x0, y), (x1, y), (x1, target.y + y_in))
    return Wire(arrow.source, arrow.target, "east", "west", y_out, y_in, via, arrow.cls)


def _ink(placed: Mapping[str, Placed], labels: list[Label], scale: Scale) -> list[Point]:
    """Corners of texts around maps."""
    points: list[Point] = []
    for item in placed.values():
        top, bottom = item.y + item.h / 2, item.y - item.h / 2
        if item.texts.top:
            left, right = item.top_span(scale.text)
            points += [(left, top), (right, top + 1.6 + scale.text)]
        if item.texts.side:
            points.append((item.left - scale.text - 1.6, item.y))
        if item.texts.below:
            left, right = item.below_span(scale.text)
            points += [(left, bottom - 1.6 - scale.text * LINE), (right, bottom)]
    for left, low, right, high in (_box(label, scale.text) for label in labels):
        points += [(left, low), (right, high)]
    return points
