"""How big every node is: labels wrapped, boxes of one column or row equally wide or tall, room for sizes beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nnfig.graph import Look
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Box, Leaf
from nnfig.layout.blocks.net import START, Net
from nnfig.layout.blocks.structure.chains import Decomposition
from nnfig.layout.blocks.structure.levels import Levels
from nnfig.layout.text import width, wrap


@dataclass(frozen=True, slots=True)
class Size:
    """A node's label and its box as printed."""

    label: tuple[str, ...]
    w: float
    h: float
    glyph: bool


def natural(look: Look, air: Air) -> Size:
    """The size that a node's label asks for."""
    if look.glyph:
        across = max(air.glyph, width(look.glyph, air.font) + 0.9 * air.font * air.crowded)
        return Size((look.glyph,), across, across, True)
    lines = tuple(part for line in look.label for part in wrap(line, air.label * air.unit, air.font)) or ("",)
    w = max(width(line, air.font) for line in lines) + 2 * air.inset
    h = len(lines) * air.line + air.leading
    return (
        Size(lines, max(h, w) if air.rotated else h, max(h, w), False)
        if air.rotated
        else Size(lines, max(w, 1.8 * air.font), h, False)
    )


def sizes(
    net: Net,
    levels: Levels,
    parts: dict[int, Decomposition],
    air: Air,
    equal: Sequence[Sequence[int]] | None = None,
) -> list[Size]:
    """Sizes of all nodes, calm within each column (or row); or as they come but for sets of `equal` ones."""
    found = [natural(look, air) for look in net.looks]
    if air.rotated:
        found = [s if s.glyph else Size(s.label, len(s.label) * air.line + air.leading, s.h, False) for s in found]
    if equal is not None:
        return _as_equal(found, equal)
    for nodes in _columns(net, levels, parts):
        boxes = [i for i in nodes if not found[i].glyph]
        if len(boxes) < 2:
            continue
        down = air.direction == "down"
        across = [found[i].w if down else found[i].h for i in boxes]
        limit = 1.6 * median(across)
        common = max((a for a in across if a <= limit), default=0.0)
        for i in boxes:
            s = found[i]
            if down:
                found[i] = Size(s.label, max(s.w, common), s.h, False)
            else:
                found[i] = Size(s.label, s.w, max(s.h, common), False)
    return found


def _as_equal(found: list[Size], equal: Sequence[Sequence[int]]) -> list[Size]:
    """The sizes with all of a set as large as its largest."""
    for nodes in equal:
        w, h = max(found[i].w for i in nodes), max(found[i].h for i in nodes)
        for i in nodes:
            found[i] = Size(found[i].label, w, h, found[i].glyph)
    return found


def _columns(net: Net, levels: Levels, parts: dict[int, Decomposition]) -> list[list[int]]:
    """Nodes that stand on one axis, or on parallel ones of one split."""
    columns: dict[int, list[int]] = defaultdict(list)
    of_group = {START: 0}
    count = 0
    for level in levels.levels:
        of_chain: dict[int, int] = {id(parts[level.group].chain): of_group[level.group]}
        for chain in parts[level.group].chains:
            own = of_chain[id(chain)]
            held = [(item, own) for item in (chain.cuts[1:-1] if chain.branch else chain.cuts)]
            for segment in chain.segments:
                if segment.branches or segment.core:
                    count += 1
                    of_chain |= {id(branch): count for branch in segment.branches}
                    held += [(item, count) for item in segment.core]
            for sums in chain.sums:
                count += 1
                held += [(item, count) for item in sums.items]
            for lane in chain.lanes:
                if lane.branch:
                    count += 1
                    of_chain[id(lane.branch)] = count
            for item, column in held:
                if item >= net.size:
                    of_group[item] = column
                elif item >= 0:
                    columns[column].append(item)
    return list(columns.values())


def leaf_box(node: int, size: Size, look: Look, air: Air, across: float = 0.0, dims: int | None = None) -> Box:
    """A node as a box, with room for what is written beside it.

    Args:
        node: its index.
        size: its printed size.
        look: its look.
        air: the measures.
        across: least size across the flow.
        dims: where `look.dims` stands: -1 or 1 for a side of the axis, 0 for behind the node; None: away from lanes.
    """
    down = air.direction == "down"
    length, wide = (size.h, size.w) if down else (size.w, size.h)
    wide = max(wide, across)
    box = Box(wide / 2, wide / 2, length, leaf=Leaf(node, length, wide, length / 2))
    if look.dims:
        text, line = width(look.dims, air.small) + 3.2 + air.unit, air.small * 1.2 + 2.0
        side = -air.lane_side if dims is None else dims
        if side < 0:
            box.before += text if down else line
        elif side > 0:
            box.after += text if down else line
        else:
            box.length += line if down else text
        if not down and side and text > length:
            box.length = text
            box.leaf = Leaf(node, length, wide, text / 2)
    return box
