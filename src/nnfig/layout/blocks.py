"""The blocks view: an operation is a box or a circle, a tensor an arrow. A drawing becomes a scene that fits its page."""

from __future__ import annotations

from dataclasses import dataclass

from nnfig.graph import Drawing, Panel
from nnfig.layout.air import Air
from nnfig.layout.boxes import plan
from nnfig.layout.levels import Level, Levels, levels
from nnfig.layout.net import END, START, Net, net
from nnfig.layout.fold import Fold, find
from nnfig.layout.keys import legends
from nnfig.layout.page import Page, frames, nodes, page, wires
from nnfig.layout.parts import Parts, corners, finished
from nnfig.layout.place import Placer
from nnfig.layout.route import route
from nnfig.layout.scene import Scene
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
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One way to lay a panel out."""

    page: Page
    sizes: list[Size]
    rows: int

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height on the page."""
        x0, y0, x1, y1 = self.page.extent()
        return x1 - x0, y1 - y0


def strip(numbers: Net, fold: Fold | None = None) -> Strip:
    """The net taken apart."""
    found = levels(numbers, fold.dissolve, fold.aside, fold.apart, fold.bridge) if fold else levels(numbers)
    parts = {level.group: decomposition(level, _trunk_of(numbers, level)) for level in found.levels}
    return Strip(numbers, found, parts, fold)


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
    placer = Placer(part.net, part.levels, part.parts, found, air, part.fold)
    whole = plan(placer.box())
    cut = rows(whole, limit)
    placed, more = wrapped(whole, cut, 2 * air.gap, 0.4 * air.gap)
    at = page(part.net, air, placed, more)
    at.classes = _classes(part)
    at.flipped = frozenset(placer.dims_on_lane_side)
    left = [k for k in range(len(part.net.links)) if k not in at.ways]
    route(at, left)
    return Draft(at, found, cut.count)


def scene(drawing: Drawing, options: Options) -> Scene:
    """The figure in the blocks view."""
    panel = drawing.panels[0]
    numbers = net(panel)
    fold = find(numbers)
    best = _best(strip(numbers, fold), options)
    at = best.page
    parts = Parts(
        nodes=tuple(nodes(at, panel.graph, best.sizes)),
        wires=tuple(wires(at)),
        frames=tuple(frames(at)),
        ink=corners([((r[0], r[1]), (r[2], r[3])) for r in at.written()]),
        legends=legends(drawing.legend, options.width, at.air.small),
    )
    report = f"{at.air.direction}, {best.rows} rows, text {at.air.font:g} pt"
    return finished(
        parts, drawing, options, view="blocks", font=at.air.font, direction=at.air.direction, report=(report,)
    )


def _best(part: Strip, options: Options) -> Draft:
    found: list[tuple[tuple[float, float], Draft]] = []
    directions = [options.direction] if options.direction else ["right", "down"]
    for direction in ["down"] if part.fold else directions:
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


