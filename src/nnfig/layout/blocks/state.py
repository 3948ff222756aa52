"""The state of a recurrent cell: an input that runs through products and sums only, and is to be drawn straight."""

from __future__ import annotations

from nnfig.layout.blocks.levels import Level
from nnfig.layout.blocks.net import END, START, Net
from nnfig.layout.blocks.series import Chain, Decomposition, Segment

MOST = 40
"""A net of more nodes is no cell."""


def state_line(net: Net) -> tuple[int, ...]:
    """The nodes of the state's line, from an input over a product and a sum to what is next; () if there is none."""
    if net.size > MOST:
        return ()
    before: list[list[int]] = [[] for _ in range(net.size)]
    after: list[list[int]] = [[] for _ in range(net.size)]
    for link in net.links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    for start in range(net.size):
        if net.layers[start] is not None or before[start]:
            continue
        for first in after[start]:
            if net.looks[first].glyph not in ("×", "⊙"):
                continue
            sums = [b for b in after[first] if net.looks[b].glyph == "+"]
            if sums and len(before[sums[0]]) > 1:
                ends = [b for b in after[sums[0]] if not after[b]]
                return (start, first, sums[0], *ends[:1])
    return ()


def as_core(level: Level) -> Decomposition:
    """The level as one core, which keeps the line straight."""
    chain = Chain([START, END], [Segment(core=list(level.items))])
    return Decomposition(chain, [chain], [])
