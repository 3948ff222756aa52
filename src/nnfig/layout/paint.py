"""A plan becomes nodes, wires and frames of a scene: flow coordinates turn into x to the right and y up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnfig.graph import Layer
from nnfig.layout.air import Air
from nnfig.layout.boxes import Plan, Rim, Spot
from nnfig.layout.net import Net
from nnfig.layout.scene import Frame, Node, Point, Side, Wire
from nnfig.layout.sizes import Size

Turn = Callable[[Spot], Point]


def turn(air: Air) -> Turn:
    """How flow coordinates lie on the page."""
    if air.direction == "down":
        return lambda spot: (spot[1], -spot[0])
    return lambda spot: (spot[0], -spot[1])


def nodes(net: Net, plan: Plan, sizes: Sequence[Size], air: Air, prefix: str = "") -> list[Node]:
    """The nodes of a panel."""
    to_page = turn(air)
    made: list[Node] = []
    for i, name in enumerate(net.names):
        look, size, layer = net.looks[i], sizes[i], net.layers[i]
        x, y = to_page(plan.spots[i])
        length, wide = plan.sizes[i]
        w, h = (wide, length) if air.direction == "down" else (length, wide)
        made.append(
            Node(
                prefix + name, x, y, w, h, look.cls,
                shape="circle" if size.glyph else "box",
                label=size.label,
                rotate=90 if air.rotated and not size.glyph else 0,
                dims=look.dims,
                dims_at="west" if air.direction == "down" else "south",
                kind=layer.kind if layer else "",
                data=look.data,
                title=_title(layer) if layer else name,
            )
        )  # fmt: skip
    return made


def wires(net: Net, plan: Plan, air: Air, cls: dict[int, str], prefix: str = "") -> list[Wire]:
    """The wires of a panel, in the order of its links."""
    to_page = turn(air)
    made: list[Wire] = []
    for k, link in enumerate(net.links):
        if k not in plan.ways:
            continue
        way = [to_page(spot) for spot in plan.ways[k]]
        made.append(wire(net, plan, air, link.source, link.target, way, cls.get(k, "flow"), prefix))
        if link.label:
            at = to_page(plan.texts[k]) if k in plan.texts else _middle(way)
            made[-1] = _labelled(made[-1], link.label, at, air)
    return made


def wire(
    net: Net, plan: Plan, air: Air, source: int, target: int, way: list[Point], cls: str, prefix: str = ""
) -> Wire:
    """One wire whose ends lie on the borders of its nodes."""
    to_page = turn(air)
    out, out_shift = _port(to_page(plan.spots[source]), _page_size(plan, source, air), way[0], way[1])
    into, in_shift = _port(to_page(plan.spots[target]), _page_size(plan, target, air), way[-1], way[-2])
    return Wire(
        prefix + net.names[source], prefix + net.names[target], out, into, out_shift, in_shift,
        tuple((round(x, 2), round(y, 2)) for x, y in way[1:-1]), cls,
    )  # fmt: skip


def frames(
    net: Net, rims: Sequence[Rim], air: Air, held: dict[int, list[int]], prefix: str = "", more: bool = False
) -> list[Frame]:
    """The frames of a panel; further pieces of split frames say that they go on."""
    to_page = turn(air)
    made: list[Frame] = []
    for count, rim in enumerate(rims):
        group = net.group(rim.group)
        (xa, ya), (xb, yb) = to_page((rim.s0, rim.t0)), to_page((rim.s1, rim.t1))
        title = group.title or group.cls
        made.append(
            Frame(
                prefix + group.path + (f"~{count + 2}" if more else ""),
                min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb),
                title=f"{title} (cont.)" if more and title else title,
                repeat=1 if more else group.repeat,
                repeat_at="west" if air.direction == "down" else "south",
                members=tuple(prefix + net.names[i] for i in held.get(rim.group, ())),
            )
        )  # fmt: skip
    return made


def _labelled(drawn: Wire, label: str, at: Point, air: Air) -> Wire:
    from dataclasses import replace

    return replace(drawn, label=label, label_at=at, label_side="east" if air.direction == "down" else "north")


def _middle(way: list[Point]) -> Point:
    longest = max(zip(way, way[1:]), key=lambda p: abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
    (xa, ya), (xb, yb) = longest
    return (xa + xb) / 2, (ya + yb) / 2


def _page_size(plan: Plan, node: int, air: Air) -> tuple[float, float]:
    length, wide = plan.sizes[node]
    return (wide, length) if air.direction == "down" else (length, wide)


def _port(middle: Point, size: tuple[float, float], end: Point, near: Point) -> tuple[Side, float]:
    """The side of a box that a wire's end lies on, and how far from that side's middle."""
    dx, dy = end[0] - middle[0], end[1] - middle[1]
    off = {
        "west": abs(dx + size[0] / 2), "east": abs(dx - size[0] / 2),
        "south": abs(dy + size[1] / 2), "north": abs(dy - size[1] / 2),
    }  # fmt: skip
    level = abs(end[1] - near[1]) <= abs(end[0] - near[0])
    sides: tuple[Side, ...] = ("west", "east") if level else ("south", "north")
    side = min(sides, key=lambda k: off[k])
    shift = dy if side in ("west", "east") else dx
    return side, 0.0 if abs(shift) < 0.05 else round(shift, 2)


def _title(layer: Layer) -> str:
    facts = [f"{key}={value}" for key, value in layer.attributes.items()]
    text = f"{layer.name}: {layer.kind}({', '.join(facts)})"
    if layer.output:
        text += " → " + ", ".join(map(str, layer.output))
    if layer.params:
        text += f", {layer.params:,} parameters"
    return text
