"""The blocks view: an operation is a box or a circle, a tensor an arrow. A drawing becomes a scene that fits its page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nnfig.graph import Drawing, Panel
from nnfig.layout.air import Air
from nnfig.layout.boxes import Plan, Rim, plan
from nnfig.layout.levels import Level, Levels, levels
from nnfig.layout.net import END, START, Net, net
from nnfig.layout.paint import frames, nodes, wires
from nnfig.layout.place import Placer
from nnfig.layout.scene import Frame, Node, Scene, Wire
from nnfig.layout.series import Decomposition, decomposition
from nnfig.layout.sizes import Size, sizes
from nnfig.layout.wrap import rows, wrapped
from nnfig.options import Options


@dataclass(frozen=True, slots=True)
class Strip:
    """A panel taken apart: everything that does not depend on sizes."""

    net: Net
    levels: Levels
    parts: dict[int, Decomposition]


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to lay a panel out."""

    air: Air
    strip: Strip
    sizes: list[Size]
    plan: Plan
    more: list[Rim]
    rows: int

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height on the page."""
        across = self.plan.before + self.plan.after
        return (across, self.plan.length) if self.air.direction == "down" else (self.plan.length, across)


def strip(panel: Panel) -> Strip:
    """The panel taken apart."""
    numbers = net(panel)
    found = levels(numbers)
    parts = {level.group: decomposition(level, _trunk_of(numbers, level)) for level in found.levels}
    return Strip(numbers, found, parts)


def _trunk_of(numbers: Net, level: Level):
    def main(u: int, v: int, branches: list[list[int]]) -> int | None:
        a, b = len(branches[0]), len(branches[1])
        short, long = min(a, b), max(a, b)
        projection = [
            len(items) == 1 and items[0] < numbers.size and ("shortcut", "projection") in numbers.looks[items[0]].data
            for items in branches
        ]
        if projection[0] != projection[1]:
            return int(projection[0])
        if u == START and v == END:
            return None
        glyph = 0 <= v < numbers.size and numbers.looks[v].glyph
        if a != b and ((glyph and short <= 2) or long - short >= 3 and short <= 3):
            return 0 if a > b else 1
        return None

    return main


def draft(part: Strip, air: Air, limit: float) -> Draft:
    """The panel laid out along the flow, broken where it is longer than `limit`."""
    found = sizes(part.net, part.levels, part.parts, air)
    box = Placer(part.net, part.levels, part.parts, found, air).box()
    whole = plan(box)
    cut = rows(whole, limit)
    placed, more = wrapped(whole, cut, 2 * air.gap, 0.4 * air.gap)
    return Draft(air, part, found, placed, more, cut.count)


def scene(drawing: Drawing, options: Options) -> Scene:
    """The figure in the blocks view."""
    part = strip(drawing.panels[0])
    best = _best(part, options)
    made_nodes = nodes(part.net, best.plan, best.sizes, best.air)
    classes = _classes(part)
    made_wires = wires(part.net, best.plan, best.air, classes)
    held: dict[int, list[int]] = {}
    for i in range(part.net.size):
        for g in part.net.around(i):
            held.setdefault(g, []).append(i)
    made_frames = frames(part.net, [best.plan.rims[g] for g in sorted(best.plan.rims)], best.air, held)
    made_frames += frames(part.net, best.more, best.air, held, more=True)
    return _settled(drawing, options, best, made_nodes, made_wires, made_frames)


def _best(part: Strip, options: Options) -> Draft:
    found: list[tuple[tuple[float, float], Draft]] = []
    for direction in [options.direction] if options.direction else ["right", "down"]:
        for font in (options.font_size, 6.0):
            air = Air(font, "down" if direction == "down" else "right")
            made = draft(part, air, options.max_height if direction == "down" else options.width)
            w, h = made.extent
            over = max(0.0, w / options.width - 1) + max(0.0, h / options.max_height - 1)
            found.append(((over, -font), made))
            if not over:
                break
    return min(found, key=lambda f: f[0])[1]


def _classes(part: Strip) -> dict[int, str]:
    """Classes of the wires that are no plain flow."""
    found: dict[int, str] = dict.fromkeys(part.levels.laterals, "lateral")
    for level in part.levels.levels:
        for chain in part.parts[level.group].chains:
            for lane in chain.lanes:
                kind = "projection" if lane.branch else "skip"
                if lane.branch is None:
                    found |= dict.fromkeys(level.joins.get(lane.pair, ()), kind)
    return found


def _settled(
    drawing: Drawing, options: Options, best: Draft, n: list[Node], w: list[Wire], f: list[Frame]
) -> Scene:
    """The scene with its lower left corner at (0, 0)."""
    xs = [x for node in n for x in (node.x - node.w / 2, node.x + node.w / 2)]
    ys = [y for node in n for y in (node.y - node.h / 2, node.y + node.h / 2)]
    for wire in w:
        xs += [x for x, _ in wire.via]
        ys += [y for _, y in wire.via]
    for frame in f:
        xs += [frame.x0, frame.x1]
        ys += [frame.y0, frame.y1]
    for node in n:
        if node.dims:
            pass
    x0, y0, x1, y1 = min(xs, default=0), min(ys, default=0), max(xs, default=0), max(ys, default=0)
    dx, dy = 1 - x0, 1 - y0

    def at(p):
        return (round(p[0] + dx, 2), round(p[1] + dy, 2))

    n = [replace(k, x=round(k.x + dx, 2), y=round(k.y + dy, 2), w=round(k.w, 2), h=round(k.h, 2)) for k in n]
    w = [replace(k, via=tuple(at(p) for p in k.via), label_at=at(k.label_at) if k.label_at else None) for k in w]
    f = [replace(k, x0=round(k.x0 + dx, 2), x1=round(k.x1 + dx, 2), y0=round(k.y0 + dy, 2), y1=round(k.y1 + dy, 2)) for k in f]
    width, height = x1 - x0 + 2, y1 - y0 + 2
    return Scene(
        round(width, 2), round(height, 2), best.air.font, tuple(n), tuple(w), tuple(f),
        caption=drawing.caption, alt=drawing.alt, direction=best.air.direction,
        fits=width <= options.width + 0.5 and height <= options.max_height + 0.5,
        report=(f"{best.air.direction}, {best.rows} rows, {best.air.font:g} pt",),
    )  # fmt: skip
