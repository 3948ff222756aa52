"""Branches side by side: what reads one tensor begins level, and boxes of short branches stand in rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, takewhile
from statistics import median
from typing import TYPE_CHECKING

from nnfig.layout.blocks.boxes import Box, plan
from nnfig.layout.blocks.placing.sizes import Size
from nnfig.layout.blocks.structure.chains import Segment

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.lay_chain import Series
    from nnfig.layout.blocks.placing.place import Placer

SHORT = 4
"""Of branches of more boxes only the first ones are level: two long columns keep a rhythm of their own."""
FAR = 70.0
"""Ends of a wire across that lie farther apart along the flow, at 8 pt, are not made level."""
TOWERS = 0.6
"""Streams of which the shortest is at least this part of the longest begin level, and not where they meet."""
ALIKE = 1.6
"""Boxes of a row become equally long where none need grow beyond the median by more than this factor."""


def parallel(placer: Placer, segment: Segment) -> Box:
    """Branches side by side, centred on the axis; level where they begin; what nothing feeds, where they end."""
    first, last = segment.branches[0].cuts[0], segment.branches[0].cuts[-1]
    loose_start = not any(placer.links((first, branch.cuts[1])) for branch in segment.branches)
    loose_end = not any(placer.links((branch.cuts[-2], last)) for branch in segment.branches)
    series = [placer.branches[id(branch)] for branch in segment.branches]
    towers = loose_start and not loose_end and _are_towers(placer, segment)
    if not loose_start or towers:
        _level(series)
    elif loose_end:
        _joined(placer, series)
    boxes = [placer.done[id(branch)] for branch in segment.branches]
    gap = placer.air.beside * (2 if loose_start or loose_end else 1)
    out = Box(length=max(box.length for box in boxes))
    axes: list[float] = []
    t = 0.0
    for box in boxes:
        axes.append(t + box.before)
        t = axes[-1] + box.after + gap
    # centred on the axes of the outer branches; a middle one that is nearly straight becomes so
    middle = (axes[0] + axes[-1]) / 2
    if len(axes) % 2 and abs(axes[len(axes) // 2] - middle) < 2 * gap:
        middle = axes[len(axes) // 2]
    for box, axis in zip(boxes, axes, strict=False):
        t = axis - middle
        s = out.length - box.length if loose_start and not loose_end and not towers else 0.0
        out.put(box, s, t)
        for at, pair in box.ins:
            out.wires += [(k, [(0.0, t + at), (s, t + at)]) for k in placer.links(pair)]
            out.ins.append((t + at, pair))
        for at, pair in box.outs:
            end = s + box.length
            out.wires += [(k, [(end, t + at), (out.length, t + at)]) for k in placer.links(pair)]
            out.outs.append((t + at, pair))
    return out


def _are_towers(placer: Placer, segment: Segment) -> bool:
    """Whether branches are about as long as each other, and each begins with an input of the network."""
    net, lengths = placer.net, [placer.done[id(branch)].length for branch in segment.branches]
    heads = [branch.cuts[1] for branch in segment.branches]
    inputs = all(head < net.size and net.layers[head] is None for head in heads)
    return inputs and min(lengths) >= TOWERS * max(lengths)


def _level(branches: Sequence[Series]) -> None:
    """Stretch the branches so that their first boxes are level, and the others as well where all are short."""
    leading = [_leading(series) for series in branches]
    rows = 1 if any(series.n - 2 > SHORT for series in branches) else SHORT
    held = [[k for k, boxes in enumerate(leading) if len(boxes) > row] for row in range(rows)]
    held = list(takewhile(lambda row: len(row) > 1, held))
    for row, here in enumerate(held):
        _evened([leading[k][row] for k in here], branches[0].p.sizes)
    if not held:
        return
    for series in branches:
        series.again()
    moved = [0.0] * len(branches)
    for row, here in enumerate(held):
        middles = {k: branches[k].top[row + 1] + _middle(leading[k][row]) + moved[k] for k in here}
        target = max(middles.values())
        for k, middle in middles.items():
            branches[k].extra[row] += target - middle
            moved[k] += target - middle
    for series in branches:
        series.again()


def _joined(placer: Placer, branches: Sequence[Series]) -> None:
    """Stretch a stream so that the one wire which joins it to another (an encoder's memory) is straight."""
    if not placer.levels.laterals:
        return
    net = placer.net
    spots = [plan(placer.done[id(series.chain)]).spots for series in branches]
    home = {node: k for k, found in enumerate(spots) for node in found}
    ends = {(net.links[k].source, net.links[k].target) for k in placer.levels.laterals}
    ends = {pair for pair in ends if home.get(pair[0], -1) >= 0 and home.get(pair[1], home[pair[0]]) != home[pair[0]]}
    if len(ends) != 1:
        return
    first, last = sorted(ends.pop(), key=lambda node: spots[home[node]][node][0])
    series, more = branches[home[first]], spots[home[last]][last][0] - spots[home[first]][first][0]
    held = {first, *net.around(first)}
    at = next((i for i, cut in enumerate(series.chain.cuts) if cut in held), 0)
    if at > 1 and more <= FAR * placer.air.unit:
        series.extra[at - 1] += more
        series.again()


def _leading(series: Series) -> list[Box]:
    """The nodes that a branch begins with, one behind the other."""
    found: list[Box] = []
    for i in takewhile(lambda i: i < series.n - 1, count(1)):
        item, before = series.items[i], series.segment_boxes[i - 1]
        if item is None or item.leaf is None or before is not None:
            break
        found.append(item)
    return found


def _middle(box: Box) -> float:
    return box.leaf.at if box.leaf else 0.0


def _evened(boxes: Sequence[Box], sizes: Sequence[Size]) -> None:
    """Make the boxes equally long where they nearly are."""
    found = [(box, box.leaf) for box in boxes if box.leaf and not box.parts and not sizes[box.leaf.node].glyph]
    if len(found) < 2:
        return
    limit = ALIKE * median(leaf.length for _, leaf in found)
    longest = max(leaf.length for _, leaf in found if leaf.length <= limit)
    for box, leaf in found:
        more = max(0.0, longest - leaf.length)
        padded = leaf.at > leaf.length / 2 + 0.01
        leaf.length += more
        # what is written behind a node moves on; a text longer than its node has it in its middle
        leaf.at = max(leaf.at, leaf.length / 2) if padded else leaf.length / 2
        box.length = max(box.length, leaf.at + leaf.length / 2) if padded else box.length + more
