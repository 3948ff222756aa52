"""Short rows of items that lead nowhere (outputs half way) leave a level's flow, and hang beside what feeds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nnfig.layout.blocks.net import START
from nnfig.layout.blocks.structure.chains import Chain, Lane, Segment

MOST = 3
"""A row of more items is a stream of its own."""

Neighbours = Mapping[int, Sequence[int]]


def tails(dead: Sequence[int], before: Neighbours, after: Neighbours, kept: frozenset[int]) -> list[tuple[int, ...]]:
    """Rows that dead ends end, each behind the item that feeds it and goes on elsewhere; not those of items `kept`."""
    by: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for item in dead:
        row = (item,)
        while (feeder := _only(before[row[0]])) not in (None, START) and len(after[feeder]) == 1:
            row = (feeder, *row)
        if feeder not in (None, START, *kept) and len(row) <= MOST:
            by[feeder].append(row)
    # where nothing but tails follows, none of them is one
    return [(feeder, *row) for feeder, rows in by.items() if len(after[feeder]) > len(rows) for row in rows]


def hang(chains: Sequence[Chain], found: Sequence[tuple[int, ...]]) -> tuple[list[Chain], frozenset[int]]:
    """Put rows into lanes of the chains that their feeders are cuts of: rows as chains, and feeders in no chain."""
    place = {cut: (chain, i) for chain in reversed(chains) for i, cut in enumerate(chain.cuts[:-1])}
    made: list[Chain] = []
    lost = frozenset(feeder for feeder, *_ in found if feeder not in place)
    for feeder, *row in found if not lost else ():
        chain, i = place[feeder]
        then = chain.cuts[i + 1]
        segments = [*(Segment(joined=True) for _ in row), Segment()]
        branch = Chain([feeder, *row, then], segments, branch=True)
        chain.lanes.append(Lane(i, i + 1, (feeder, then), branch))
        made.append(branch)
    return made, lost


def _only(items: Sequence[int]) -> int | None:
    return items[0] if len(items) == 1 else None
