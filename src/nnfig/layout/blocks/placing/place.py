"""Chains become boxes: items along the axis, branches centred on it, lanes beside it, frames around."""

from __future__ import annotations

from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Box, Rim, plan
from nnfig.layout.blocks.cells.cells import Cell
from nnfig.layout.blocks.cells.lay import cell_box
from nnfig.layout.blocks.net import END, START, Net
from nnfig.layout.blocks.page import words
from nnfig.layout.blocks.placing.lay_chain import Series
from nnfig.layout.blocks.placing.lay_fold import fold_box
from nnfig.layout.blocks.placing.sizes import Size, leaf_box
from nnfig.layout.blocks.structure.chains import Decomposition
from nnfig.layout.blocks.structure.fold import Fold, dims_sides, upstream
from nnfig.layout.blocks.structure.levels import Level, Levels
from nnfig.layout.text import width


class Placer:
    """Lays out every level of a net, inner ones first."""

    def __init__(
        self,
        net: Net,
        levels: Levels,
        parts: dict[int, Decomposition],
        sizes: list[Size],
        air: Air,
        fold: Fold | None = None,
        cell: Cell | None = None,
        aside: bool | None = None,
    ) -> None:
        self.net = net
        self.levels = levels
        self.parts = parts
        self.sizes = sizes
        self.air = air
        self.dissolved = frozenset(levels.dissolved)
        self.groups: dict[int, Box] = {}
        self.level = levels.levels[0]
        self.done: dict[int, Box] = {}
        self.branches: dict[int, Series] = {}
        """The branches that are laid out."""
        self.gradients = {(link.source, link.target): link.label for link in net.gradients}
        self.decorated: dict[int, Box] = {}
        self.aside = aside
        """Whether titles run up the left side of their frames; None: each where that suits it."""
        self.titles: dict[int, tuple[bool, bool]] = {}
        """For each group with a title whether it runs up the side, and whether it has room there."""
        self.dims: dict[int, int] = dims_sides(fold) if fold else {}
        """Where sizes of nodes stand that do not stand on the side away from the lanes."""
        self.fold = fold
        self.cell = cell
        self.upstream = upstream(net, fold) if fold else frozenset[int]()
        """Groups whose inside runs against the flow (right columns of a fold)."""

    def box(self) -> Box:
        """The whole panel."""
        box = Box()
        if self.cell:
            return cell_box(self, self.cell)
        for level in reversed(self.levels.levels):
            self.level = level
            self.done = {}
            if level.group == START and self.fold:
                for chain in reversed(self.parts[START].chains[1:]):
                    self.done[id(chain)] = Series(self, chain).box()
                return fold_box(self, self.fold)
            for chain in reversed(self.parts[level.group].chains):
                box = self.done[id(chain)] = Series(self, chain).box()
            if level.group != START:
                self.groups[level.group] = self._framed(level, box)
        return box

    def item(self, item: int, across: float = 0.0) -> Box:
        """A node or a closed level as a box."""
        if item < 0:
            return Box()
        if item >= self.net.size:
            box = self.groups[item]
        else:
            if self.level.beside.get(item):
                self.dims.setdefault(item, self.air.lane_side)
            box = self.leaf(item, across)
        others = self.level.beside.get(item)
        if others and id(box) not in self.decorated:
            self.decorated[id(box)] = box
            self._beside(item, box, others)
        return box

    def leaf(self, node: int, across: float = 0.0) -> Box:
        """A node as a box."""
        return leaf_box(node, self.sizes[node], self.net.looks[node], self.air, across, self.dims.get(node))

    def _beside(self, item: int, box: Box, others: list[int]) -> None:
        """Put what belongs to an item beside it, on the side away from the lanes."""
        air, side = self.air, -self.air.lane_side
        boxes = [self.leaf(n) for n in others]
        total = sum(b.length for b in boxes) + 0.5 * air.gap * (len(boxes) - 1)
        if total > box.length and box.leaf:
            box.leaf.at += (total - box.length) / 2
            box.length = total
        leaf = box.leaf
        starts = self._rows(box, others, boxes, total)
        box.length = max(box.length, *(s + b.length for s, b in zip(starts, boxes, strict=False)))
        reach = box.before if side < 0 else box.after
        edge = leaf.width / 2 if leaf else reach
        for n, b, s in zip(others, boxes, starts, strict=False):
            near = (b.after if side < 0 else b.before) + reach + 1.3 * air.gap
            box.put(b, s, side * near)
            links = self.level.aside.get((n, item), []) or self.level.aside.get((item, n), [])
            middle = s + (b.leaf.at if b.leaf else 0.0)
            if leaf:
                near_edge = side * (near - b.leaf.width / 2 if b.leaf else near)
                bend = side * (edge + 0.6 * air.gap)
                ends = [(middle, near_edge), (middle, bend), (leaf.at, bend), (leaf.at, side * edge)]
                into = (n, item) in self.level.aside
                box.wires += [(k, ends if into else ends[::-1]) for k in links]

    def _rows(self, box: Box, others: list[int], boxes: list[Box], total: float) -> list[float]:
        """Where each thing beside an item begins: centred on a node, level with what it is joined to in a group."""
        gap = 0.5 * self.air.gap
        if box.leaf:
            row = [box.leaf.at - total / 2]
            for b in boxes[:-1]:
                row.append(row[-1] + b.length + gap)
            return row
        inside = plan(box).spots
        joined: dict[int, list[float]] = {n: [] for n in others}
        for link in self.net.links:
            for n, m in ((link.source, link.target), (link.target, link.source)):
                if n in joined and m in inside:
                    joined[n].append(inside[m][0])
        wish = {n: (joined[n] or [box.length / 2])[0] - b.length / 2 for n, b in zip(others, boxes, strict=False)}
        starts: dict[int, float] = {}
        least = 0.0
        for n in sorted(others, key=lambda n: (wish[n], n)):
            starts[n] = max(least, wish[n])
            least = starts[n] + boxes[others.index(n)].length + gap
        return [starts[n] for n in others]

    def links(self, pair: tuple[int, int]) -> list[int]:
        """The links that an edge of the level stands for."""
        return self.level.joins.get(pair, [])

    def label(self, pair: tuple[int, int]) -> str:
        """What is written at an edge of the level: outside of it where the edge alone crosses its frame with words."""
        for k, port in enumerate((START, END)):
            if pair[k] == port and self.level.group != START:
                crossing = (links for other, links in self.level.joins.items() if other[k] == port)
                if len({self.net.links[j].label for links in crossing for j in links} - {""}) <= 1:
                    return ""
        return next((self.net.links[k].label for k in self.links(pair) if self.net.links[k].label), "")

    def back(self, pair: tuple[int, int]) -> str:
        """What is written at the gradient that runs against an edge of the level."""
        found = ((self.net.links[k].target, self.net.links[k].source) for k in self.links(pair))
        return next((self.gradients[p] for p in found if p in self.gradients), "")

    def enters_inside(self, pair: tuple[int, int]) -> bool:
        """Whether an edge of the level goes on inside a group."""
        return pair[1] >= self.net.size or pair[1] == END

    def _framed(self, level: Level, inner: Box) -> Box:
        air = self.air
        title, count = words(self.net, level.group, False)
        named = width(title, air.font) + 2.0 * air.unit if title else 0.0
        times = width(f"×{count}", air.font) + 2.0 * air.unit if count > 1 else 0.0
        box = Box()
        fits = air.direction == "down" and inner.length > 1.2 * named
        aside = named > 0 and fits and (_too_wide(named, inner, air) if self.aside is None else self.aside)
        if named:
            self.titles[level.group] = aside, fits
        head = air.header if (named and not aside) or times else 0.0
        if air.direction == "down":
            up = level.group in self.upstream
            start = air.pad if up else head + air.pad
            box.put(inner, start)
            box.length = inner.length + head + 2 * air.pad
            # title and count stand above the frame, on both sides of the wire that comes in
            before = max(box.before + air.pad, named + 2.0 * air.unit if named and not aside else 0.0)
            after = max(box.after + air.pad, times + 2.0 * air.unit if times else 0.0)
            if abs(before - after) < 12 * air.unit:
                before = after = max(before, after)
            # the title stands above the frame, whichever way the flow runs
            box.frame = Rim(level.group, 0.0 if up else head, box.length - (head if up else 0.0), -before, after)
        else:
            box.length = max(inner.length + 2 * air.pad, named + times + (air.pad if times else 0.0))
            start = (box.length - inner.length) / 2
            box.put(inner, start)
            before, after = box.before + air.pad + head, box.after + air.pad
            box.frame = Rim(level.group, 0.0, box.length, head - before, after)
        box.before, box.after = before + (air.header if aside else 0.0), after
        box.breaks = [(s + start, price + (3 if count > 1 else 1)) for s, price in inner.breaks]
        for (a, _), links in level.joins.items():
            if a == START:
                box.wires += [(k, [(0.0, 0.0), (start, 0.0)]) for k in links]
        for (_, b), links in level.joins.items():
            if b == END:
                box.wires += [(k, [(start + inner.length, 0.0), (box.length, 0.0)]) for k in links]
        return box


def _too_wide(title: float, inner: Box, air: Air) -> bool:
    """Whether a title left of the trunk would widen a frame much."""
    return title - inner.before - air.pad > 14 * air.unit
