"""A net taken apart, and laid out on a page with given measures: the parts of the engine in their order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Plan, plan
from nnfig.layout.blocks.cells.cells import Cell, cell
from nnfig.layout.blocks.net import END, START, Net
from nnfig.layout.blocks.page import Page, page
from nnfig.layout.blocks.placing.place import Placer
from nnfig.layout.blocks.placing.sizes import Size, sizes
from nnfig.layout.blocks.structure.chains import Chain, Decomposition
from nnfig.layout.blocks.structure.fold import Fold
from nnfig.layout.blocks.structure.levels import Levels, levels
from nnfig.layout.blocks.structure.series import decomposition
from nnfig.layout.blocks.structure.state import line_of, quiet
from nnfig.layout.blocks.wires.framing import frame_dissolved
from nnfig.layout.blocks.wires.gradients import gradients
from nnfig.layout.blocks.wires.route import route
from nnfig.layout.blocks.wires.wire_labels import place_labels
from nnfig.layout.blocks.wrap import Rows, wrapped


@dataclass(frozen=True, slots=True)
class Strip:
    """A net taken apart: everything that does not depend on measures."""

    net: Net
    levels: Levels
    parts: dict[int, Decomposition]
    fold: Fold | None = None
    cell: Cell | None = None
    """The net as a cell, or as steps in time."""


@dataclass(frozen=True, slots=True)
class Long:
    """A strip laid out along the flow, not yet broken into rows."""

    air: Air
    strip: Strip
    sizes: list[Size]
    plan: Plan
    dims: dict[int, int]
    """Where sizes of nodes stand that do not stand away from the lanes."""
    titles_aside: frozenset[int]
    """Groups whose title runs up the left side of their frame."""


def strip(net: Net, fold: Fold | None = None) -> Strip:
    """The net taken apart."""
    line = None if fold else line_of(net)
    if line and (made := cell(inner := quiet(net, line), line)):
        found = levels(inner, frozenset(range(inner.size, inner.size + len(inner.groups))), core=True)
        return Strip(inner, found, {START: Decomposition(Chain([START, END]), [], [])}, cell=made)
    found = levels(net, fold.dissolve, fold.aside, fold.apart, fold.bridge) if fold else levels(net)
    parts = {
        level.group: decomposition(level, partial(_main_branch, net), 0 if fold else net.size) for level in found.levels
    }
    return Strip(net, found, parts, fold)


def long(part: Strip, air: Air) -> Long:
    """The strip laid out."""
    found = sizes(part.net, part.levels, part.parts, air, part.cell.equal if part.cell else None)
    placer = Placer(part.net, part.levels, part.parts, found, air, part.fold, part.cell)
    box = placer.box()
    if len({aside for aside, _ in placer.titles.values()}) > 1:
        # titles stand one way in a figure
        one_way = all(fits for _, fits in placer.titles.values())
        placer = Placer(part.net, part.levels, part.parts, found, air, part.fold, part.cell, one_way)
        box = placer.box()
    laid = plan(box)
    for level in part.levels.levels:
        for pair in part.parts[level.group].misfits:
            for k in level.joins.get(pair, ()):
                laid.ways.pop(k, None)
    return Long(
        air, part, found, laid, placer.dims, frozenset(group for group, (aside, _) in placer.titles.items() if aside)
    )


def broken(whole: Long, rows: Rows) -> Page:
    """The strip on its page in rows, all wires routed."""
    air, part = whole.air, whole.strip
    placed, more = wrapped(whole.plan, rows, gutter(air), stub(air), air.direction == "right")
    at = page(part.net, air, placed, more)
    at.titles_aside = whole.titles_aside
    frame_dissolved(at)
    at.classes = _classes(part)
    at.dims = whole.dims
    place_labels(at)
    route(at, [k for k in range(len(part.net.links)) if k not in at.ways])
    place_labels(at)
    at.backs = gradients(at)
    return at


def gutter(air: Air) -> float:
    """Room between two rows, where the wire runs back."""
    return 2.2 * air.gap


def stub(air: Air) -> float:
    """How far beyond the ends of a row that wire turns."""
    return 0.4 * air.gap


def _main_branch(net: Net, u: int, v: int, branches: list[list[int]]) -> int | None:
    """Which of two branches is the trunk: a projection never is, nor is a short one beside a long one."""
    if u == START and v == END:
        return None
    a, b = len(branches[0]), len(branches[1])
    projection = [_is_projection(net, items) for items in branches]
    if projection[0] != projection[1]:
        return int(projection[0])
    glyph = 0 <= v < net.size and bool(net.looks[v].glyph)
    if a != b and ((glyph and min(a, b) <= 2) or (abs(a - b) >= 3 and min(a, b) <= 3)):
        return 0 if a > b else 1
    return None


def _is_projection(net: Net, items: list[int]) -> bool:
    return len(items) == 1 and items[0] < net.size and ("shortcut", "projection") in net.looks[items[0]].data


def _classes(part: Strip) -> dict[int, str]:
    """Classes of the wires that are no plain flow."""
    found: dict[int, str] = dict.fromkeys(part.levels.laterals, "lateral")
    for level in part.levels.levels:
        for chain in part.parts[level.group].chains:
            for lane in chain.lanes:
                if lane.branch is None:
                    found |= dict.fromkeys(level.joins.get(lane.pair, ()), "skip")
    for rung in part.fold.rungs if part.fold else ():
        found |= dict.fromkeys(rung.links, "skip" if len(rung.nodes) == 2 else "flow")
    for k, link in enumerate(part.net.links if not part.cell else ()):
        if _is_projection(part.net, [link.source]) or _is_projection(part.net, [link.target]):
            found[k] = "projection"
    return found
