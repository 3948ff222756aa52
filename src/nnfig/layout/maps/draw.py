"""From placed maps to nodes, coloured arrows and labels of a scene."""

from __future__ import annotations

from collections.abc import Mapping

from nnfig.graph import Panel
from nnfig.layout.maps.lanes import LANE, lanes
from nnfig.layout.maps.place import INSET, PORT, Placed, Scale, stub_in, stub_out
from nnfig.layout.maps.tensors import Arrow, Net
from nnfig.layout.parts import Parts
from nnfig.layout.scene import Label, Node, Point, Wire
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import titles

ELBOW = 8.0
"""How far from its target a vertical arrow that is not straight turns."""

OUT = 0.9
"""How high on a map arcs leave it, as a share of its height."""


def parts(placed: Mapping[str, Placed], found: Net, scale: Scale, panel: Panel) -> Parts:
    """Everything but the legend."""
    given = lanes(found)
    wires: list[Wire] = []
    for arrow in found.arrows:
        if arrow in given:
            wires.append(_arc(arrow, placed, found, given, scale))
        elif found.is_level(arrow):
            wires.append(_level(arrow, placed))
        else:
            wires.append(_upright(arrow, placed))
    labels = [_beside(p, wires) for p in placed.values() if p.top and p.top_right]
    labels += [
        Label(p.fresh + 1.5, p.y - p.h / 2 - 1.6, (p.below,), "dims", "north west")
        for p in placed.values()
        if p.below and p.below_right
    ]
    labels += _ends(placed, found, panel)
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
        tensor.cls,
        "map",
        kind=layer.kind if layer else "input",
        data=tuple(dict(facts).items()),
        title=titles(panel.graph, tensor.runs or (tensor.name,)),
        copied=round(tensor.copied, 4),
        top="" if item.top_right else item.top,
        side=item.side,
        below="" if item.below_right else item.below,
    )


def _beside(item: Placed, wires: list[Wire]) -> Label:
    """A channel number right of the arrow that meets the upper edge."""
    name = item.tensor.name
    shifts = [w.out_shift for w in wires if w.source == name and w.out == "north"]
    shifts += [w.in_shift for w in wires if w.target == name and w.into == "north"]
    return Label(item.x + max(shifts, default=0.0) + 1.5, item.y + item.h / 2 + 1, (item.top,), "dims", "south west")


def _ends(placed: Mapping[str, Placed], found: Net, panel: Panel) -> list[Label]:
    """Names of inputs and of what is returned, under maps whose lower edge is free."""
    names = {name: _input_name(name, panel) for name in panel.graph.inputs}
    returned = panel.graph.output_names or ("output",) * len(panel.graph.outputs)
    names |= dict(zip(panel.graph.outputs, returned, strict=True))
    labels: list[Label] = []
    for name, text in names.items():
        item = placed.get(name)
        if item and text and not item.below and not _meets_below(name, found):
            labels.append(Label(item.x, item.y - item.h / 2 - 2, (text,), "dims", "north"))
    return labels


def _input_name(name: str, panel: Panel) -> str:
    look = panel.input_looks.get(name)
    return look.label[0] if look and look.label else name


def _meets_below(name: str, found: Net) -> bool:
    """Whether an arrow meets the lower edge of a map."""
    level = found.tensors[name].level
    others = [found.tensors[a.target] for a in found.out[name]] + [found.tensors[a.source] for a in found.into[name]]
    return any(other.level > level for other in others)


def _level(arrow: Arrow, placed: Mapping[str, Placed]) -> Wire:
    """A straight arrow along a level."""
    shift = (PORT - 0.5) * placed[arrow.source].h
    return Wire(arrow.source, arrow.target, "east", "west", shift, shift, cls=arrow.cls)


def _upright(arrow: Arrow, placed: Mapping[str, Placed]) -> Wire:
    """An arrow to another level: straight where one map stands over the other, else with two turns."""
    source, target = placed[arrow.source], placed[arrow.target]
    down = source.tensor.level < target.tensor.level
    out, into = ("south", "north") if down else ("north", "south")
    white = target.w * target.tensor.copied if target.tensor.copied < 1 else 0.0
    low = max(source.left, target.left + white) + INSET
    high = min(source.right, target.right) - INSET
    via: tuple[Point, ...] = ()
    if low <= high:
        narrow = target.fresh if white or target.w < source.w else source.x
        x0 = x1 = min(max(narrow, low), high)
    elif abs(source.x - target.fresh) < 0.01:
        x0 = x1 = source.x
    else:
        aside = 0.3 * source.w if target.fresh > source.x else 0.0
        x0, x1 = source.x + aside, target.fresh
        y = target.y + (target.h / 2 + ELBOW if down else -target.h / 2 - ELBOW)
        via = ((x0, y), (x1, y))
    return Wire(arrow.source, arrow.target, out, into, x0 - source.x, x1 - target.x, via, arrow.cls)


def _arc(
    arrow: Arrow, placed: Mapping[str, Placed], found: Net, given: Mapping[Arrow, tuple[int, int]], scale: Scale
) -> Wire:
    """An arrow that rises over maps of its level; of those that end together the longest ends highest."""
    source, target = placed[arrow.source], placed[arrow.target]
    _, lane = given[arrow]
    together = sorted((a for a in found.into[arrow.target] if a in given), key=lambda a: given[a][1])
    rank = together.index(arrow)
    share = PORT + (1 - PORT) * (rank + 1) / (len(together) + 1)
    y_out, y_in = (OUT - 0.5) * source.h, (share - 0.5) * target.h
    y = source.y + source.h / 2 + scale.text + 1 + LANE * lane
    x0 = source.right + stub_out(source, scale.text)
    x1 = target.left - stub_in(target, scale.text) - 2 * (len(together) - 1 - rank)
    via = ((x0, source.y + y_out), (x0, y), (x1, y), (x1, target.y + y_in))
    return Wire(arrow.source, arrow.target, "east", "west", y_out, y_in, via, arrow.cls)


def _ink(placed: Mapping[str, Placed], labels: list[Label], scale: Scale) -> list[Point]:
    """Corners of texts around maps."""
    points: list[Point] = []
    for item in placed.values():
        top, bottom = item.y + item.h / 2, item.y - item.h / 2
        if item.top:
            left, right = item.top_span(scale.text)
            points += [(left, top), (right, top + 1.6 + scale.text)]
        if item.side:
            points.append((item.left - scale.text - 1.6, item.y))
        if item.below:
            left, right = item.below_span(scale.text)
            points += [(left, bottom - 1.6 - scale.text * LINE), (right, bottom)]
    for label in labels:
        if label.anchor == "north":
            half = width(label.lines[0], scale.text) / 2
            points += [(label.x - half, label.y - scale.text * LINE), (label.x + half, label.y)]
    return points
