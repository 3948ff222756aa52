"""Small things that stand beside an item and not in the flow: position encodings, masks, constants, side outputs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nnfig.layout.blocks.net import END, START, Net

if TYPE_CHECKING:
    from nnfig.layout.blocks.structure.levels import Level

MOST = 4
"""More things than this do not stand beside one item."""


def set_aside(net: Net, level: Level, loose: dict[int, list[tuple[int, int]]]) -> None:
    """Move what stands beside an item out of the level's flow, into `level.beside`.

    Args:
        net: the panel.
        level: the level; changed.
        loose: for each node that only laterals join to the rest, those laterals as (item of the level, link).
    """
    before, after = _neighbours(level)
    depth = _depth(level, before)
    rest = _depth_to_end(level, after)
    constant = {i for i in level.items if i < net.size and _is_constant(net, i)}
    gone: set[int] = set()
    for item in list(level.items):
        if item >= net.size:
            continue
        ins, outs = before[item], after[item]
        real_in = [a for a in ins if level.joins[a, item]]
        real_out = [b for b in outs if level.joins[item, b]]
        host = None
        if not real_in and len(real_out) == 1 and real_out[0] != END:
            others = [a for a in before[real_out[0]] if a != item]
            deep = any(depth.get(a, 9) > 1 for a in others)
            if deep or (item in constant and any(a not in constant for a in others)):
                host = real_out[0]
        elif not real_out and len(real_in) == 1 and real_in[0] != START:
            others = [b for b in after[real_in[0]] if b != item]
            if any(rest.get(b, 9) > 1 for b in others):
                host = real_in[0]
        elif not real_in and not real_out and item in loose:
            host = loose[item][0][0]
        if host is None or host == item or host in gone or item in level.beside:
            continue
        if host >= net.size and (real_in or real_out):
            continue  # its wire leaves or enters the group at its ends
        guests = level.beside.get(host, [])
        if len(guests) >= MOST or _is_crowded(net, host, [a for a in before[host] if a != item]):
            continue
        if guests and ((host, item) in level.joins) != ((host, guests[0]) in level.aside):
            continue
        gone.add(item)
        level.beside[host].append(item)
        level.items.remove(item)
        for pair in [pair for pair in level.joins if item in pair]:
            level.aside[pair] = level.joins.pop(pair)
            before[pair[1]] = [a for a in before[pair[1]] if a != pair[0]]
            after[pair[0]] = [b for b in after[pair[0]] if b != pair[1]]
    level.order = {item: i for i, item in enumerate(level.items)}


def _is_crowded(net: Net, host: int, others: list[int]) -> bool:
    """Whether a node has its size on one side and perhaps skips on the other."""
    return host < net.size and bool(net.looks[host].dims) and len(others) > 1


def _neighbours(level: Level) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for a, b in level.joins:
        before[b].append(a)
        after[a].append(b)
    return before, after


def _depth(level: Level, before: dict[int, list[int]]) -> dict[int, int]:
    """How many items stand before each, itself included; what enters through the port counts as much."""
    depth: dict[int, int] = {START: 0}
    if any(links for (a, _), links in level.joins.items() if a == START):
        depth[START] = 9
    for item in level.items:
        depth[item] = 1 + max((depth[a] for a in before[item] if level.joins[a, item]), default=0)
    return depth


def _depth_to_end(level: Level, after: dict[int, list[int]]) -> dict[int, int]:
    rest: dict[int, int] = {END: 0}
    if any(links for (_, b), links in level.joins.items() if b == END):
        rest[END] = 9
    for item in reversed(level.items):
        rest[item] = 1 + max((rest[b] for b in after[item] if level.joins[item, b]), default=0)
    return rest


def _is_constant(net: Net, node: int) -> bool:
    layer = net.layers[node]
    return layer is not None and (layer.mark == "constant" or layer.kind in ("Parameter", "Constant"))
