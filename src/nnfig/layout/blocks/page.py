"""A plan on the page: flow coordinates turn into x to the right and y up, and everything gets its outline in pt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nnfig.graph import Graph
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Plan, Rim, Spot
from nnfig.layout.blocks.net import Link, Net
from nnfig.layout.blocks.placing.sizes import Size
from nnfig.layout.blocks.wires.taps import parted
from nnfig.layout.scene import Frame, Node, Point, Side, Wire
from nnfig.layout.text import width
from nnfig.layout.titles import title

Rect = tuple[float, float, float, float]
"""Left, bottom, right, top."""

DASHED = frozenset(["projection"])
"""Classes of wires that are drawn dashed, and so not upon the start of another wire."""


@dataclass(frozen=True, slots=True)
class Back:
    """The way of a gradient edge, and where its label stands."""

    link: Link
    way: list[Point]
    label_at: Point
    label_side: Side
    meets: bool = False
    """Its way ends on that of another gradient of the same node, where the two are added."""


@dataclass(slots=True)
class Page:
    """A panel laid out: where its nodes, wires and frames are. Routing adds ways to it."""

    net: Net
    air: Air
    rects: list[Rect]
    """One for each node."""
    ways: dict[int, list[Point]]
    frames: list[tuple[int, Rect, bool]]
    """Group, outline, and whether it is the continuation of a frame that was broken."""
    texts: dict[int, Point] = field(default_factory=dict)
    """Where labels of links stand."""
    text_sides: dict[int, Side] = field(default_factory=dict)
    """On which side of that place, where it is not `label_side`."""
    classes: dict[int, str] = field(default_factory=dict)
    """Classes of wires that are no plain flow."""
    dims: dict[int, int] = field(default_factory=dict)
    """Nodes whose size does not stand away from the lanes: -1, 1: side across the flow, 0: behind the node."""

    titles_aside: frozenset[int] = frozenset()
    """Groups whose title runs up the left side of their frame."""
    backs: list[Back] = field(default_factory=list)
    """Gradient edges."""

    def dims_side(self, node: int) -> Side:
        """On which side of a node its size is written."""
        down = self.air.direction == "down"
        side = self.dims.get(node, -self.air.lane_side)
        if side:
            return ("east" if side > 0 else "west") if down else ("south" if side > 0 else "north")
        return "south" if down else "east"

    def size_of(self, node: int) -> Rect | None:
        """The outline of the size that is written beside a node."""
        dims = self.net.looks[node].dims
        return beside(self.rects[node], dims, self.air, self.dims_side(node)) if dims else None

    @property
    def label_side(self) -> Side:
        """On which side of its place the label of a wire stands."""
        return "east" if self.air.direction == "down" else "north"

    def written(self) -> list[Rect]:
        """Outlines of all text that stands outside boxes."""
        air, found = self.air, list[Rect]()
        found += [outline for outline in map(self.size_of, range(self.net.size)) if outline]
        for group, (x0, _, x1, y1), more in self.frames:
            name, count = words(self.net, group, more)
            top = y1 + air.line
            if name and group in self.titles_aside:
                found.append((x0 - air.line - 1.6, y1 - width(name, air.font), x0, y1))
            elif name:
                found.append((x0, y1, x0 + width(name, air.font), top))
            found += [(x1 - width(f"×{count}", air.font), y1, x1, top)] if count > 1 else []
        for k, (x, y) in self.texts.items():
            side = self.text_sides.get(k, self.label_side)
            found.append(beside((x, y, x, y), self.net.links[k].label, air, side))
        for b in self.backs:
            found.append(beside((*b.label_at, *b.label_at), b.link.label, air, b.label_side))
        return found

    def extent(self) -> Rect:
        """The outline of everything."""
        rects = [*self.rects, *self.written(), *(rect for _, rect, _ in self.frames)]
        points = [point for way in self.ways.values() for point in way]
        points += [point for b in self.backs for point in b.way]
        xs = [x for r in rects for x in (r[0], r[2])] + [x for x, _ in points]
        ys = [y for r in rects for y in (r[1], r[3])] + [y for _, y in points]
        return min(xs, default=0.0), min(ys, default=0.0), max(xs, default=0.0), max(ys, default=0.0)


def words(net: Net, group: int, more: bool) -> tuple[str, int]:
    """What is written at a frame: its title and how often it stands in the network; nothing where it goes on."""
    it = net.group(group)
    return ("", 1) if more else (it.title or it.cls, it.repeat)


def page(net: Net, air: Air, plan: Plan, more: Sequence[Rim]) -> Page:
    """The plan turned onto the page."""

    def turned(spot: Spot) -> Point:
        return (spot[1], -spot[0]) if air.direction == "down" else (spot[0], -spot[1])

    def outline(a: Spot, b: Spot) -> Rect:
        (x0, y0), (x1, y1) = turned(a), turned(b)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    rects = list[Rect]()
    for i in range(net.size):
        (s, t), (length, wide) = plan.spots[i], plan.sizes[i]
        rects.append(outline((s - length / 2, t - wide / 2), (s + length / 2, t + wide / 2)))
    rims = [(plan.rims[g], False) for g in sorted(plan.rims)] + [(rim, True) for rim in more]
    return Page(
        net,
        air,
        rects,
        {k: [turned(spot) for spot in way] for k, way in plan.ways.items()},
        [(rim.group, outline((rim.s0, rim.t0), (rim.s1, rim.t1)), again) for rim, again in rims],
        {k: turned(spot) for k, spot in plan.texts.items()},
    )


def shifted(at: Page, dx: float, dy: float) -> Page:
    """The page moved."""
    return replace(
        at,
        rects=[(a + dx, b + dy, c + dx, d + dy) for a, b, c, d in at.rects],
        ways={k: [(x + dx, y + dy) for x, y in way] for k, way in at.ways.items()},
        frames=[(group, (a + dx, b + dy, c + dx, d + dy), more) for group, (a, b, c, d), more in at.frames],
        texts={k: (x + dx, y + dy) for k, (x, y) in at.texts.items()},
        backs=[
            replace(b, way=[(x + dx, y + dy) for x, y in b.way], label_at=(b.label_at[0] + dx, b.label_at[1] + dy))
            for b in at.backs
        ],
    )


def nodes(at: Page, graph: Graph, sizes: Sequence[Size], prefix: str = "") -> list[Node]:
    """The nodes of a panel."""
    made: list[Node] = []
    for i, name in enumerate(at.net.names):
        look, size, layer = at.net.looks[i], sizes[i], at.net.layers[i]
        x0, y0, x1, y1 = at.rects[i]
        made.append(
            Node(
                prefix + name, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, look.cls,
                shape="circle" if size.glyph else "box",
                label=size.label,
                rotate=90 if at.air.rotated and not size.glyph else 0,
                dims=look.dims,
                dims_at=at.dims_side(i),
                kind=layer.kind if layer else "",
                data=look.data,
                title=title(graph, name) if layer or name in graph.inputs else name,
            )
        )  # fmt: skip
    return made


def wires(at: Page, prefix: str = "") -> list[Wire]:
    """The wires of a panel, in the order of its links, their ends on the borders of nodes."""
    made: list[Wire] = []
    leaving: dict[int, list[int]] = {}
    for k in at.ways:
        leaving.setdefault(at.net.links[k].source, []).append(k)
    for k, link in enumerate(at.net.links):
        way = at.ways.get(k)
        if way:
            drawn = wire(at, link.source, link.target, way, at.classes.get(k, "flow"), prefix)
            if drawn.cls in DASHED:
                beside = (at.ways.get(n, []) for n in leaving[link.source] if at.classes.get(n) not in DASHED)
                rest = min((parted(way, other) for other in beside), key=len, default=way)
                if rest[0] != way[0]:
                    drawn = replace(drawn, via=tuple(rest[:-1]), tap=True)
            if link.label:
                side = at.text_sides.get(k, at.label_side)
                drawn = replace(drawn, label=link.label, label_at=at.texts[k], label_side=side)
            made.append(drawn)
    return made


def wire(
    at: Page, source: int, target: int, way: Sequence[Point], cls: str, prefix: str = "", tip: bool = True
) -> Wire:
    """A wire along a way."""
    out, out_shift = port(at.rects[source], way[0], way[1])
    into, in_shift = port(at.rects[target], way[-1], way[-2])
    names = at.net.names
    return Wire(
        prefix + names[source], prefix + names[target], out, into, out_shift, in_shift, tuple(way[1:-1]), cls, tip=tip
    )


def frames(at: Page, prefix: str = "") -> list[Frame]:
    """The frames of a panel, outer ones first."""
    held: dict[int, list[str]] = {}
    for i in range(at.net.size):
        for group in at.net.around(i):
            held.setdefault(group, []).append(prefix + at.net.names[i])
    made: list[Frame] = []
    seen: dict[int, int] = {}
    for group, rect, more in at.frames:
        name, count = words(at.net, group, more)
        seen[group] = seen.get(group, 0) + 1
        mark = f"~{seen[group]}" if more else ""
        made.append(
            Frame(
                prefix + at.net.group(group).path + mark, *rect,
                title=name,
                title_at="west" if group in at.titles_aside and not more else "north west",
                repeat=count,
                repeat_at="north",
                members=tuple(held.get(group, ())),
            )
        )  # fmt: skip
    return made


def beside(rect: Rect, text: str, air: Air, side: Side) -> Rect:
    """The outline of a text that stands beside another outline."""
    x0, y0, x1, y1 = rect
    wide, high, x, y = width(text, air.small), air.small * 1.2, (x0 + x1) / 2, (y0 + y1) / 2
    return {
        "west": (x0 - 3.2 - wide, y - high / 2, x0, y + high / 2),
        "east": (x1, y - high / 2, x1 + 3.2 + wide, y + high / 2),
        "south": (x - wide / 2, y0 - 1.6 - high, x + wide / 2, y0),
        "north": (x - wide / 2, y1, x + wide / 2, y1 + 1.6 + high),
    }[side]


def port(rect: Rect, end: Point, near: Point) -> tuple[Side, float]:
    """The side of a box that the end of a wire lies on, and how far from that side's middle."""
    x0, y0, x1, y1 = rect
    off: dict[Side, float] = {
        "west": abs(end[0] - x0), "east": abs(end[0] - x1),
        "south": abs(end[1] - y0), "north": abs(end[1] - y1),
    }  # fmt: skip
    level = abs(end[1] - near[1]) <= abs(end[0] - near[0])
    sides: tuple[Side, ...] = ("west", "east") if level else ("south", "north")
    side = min(sides, key=lambda k: off[k])
    if off[side] > 0.5:
        side = min(off, key=lambda k: off[k])
    shift = end[1] - (y0 + y1) / 2 if side in ("west", "east") else end[0] - (x0 + x1) / 2
    return side, 0.0 if abs(shift) < 0.05 else round(shift, 3)
