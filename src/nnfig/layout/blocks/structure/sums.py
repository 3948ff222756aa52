"""A row of sums that collects what items of a chain give beside their way on: it leaves the flow, to run along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from nnfig.layout.blocks.structure.chains import Sums

LEAST = 2
"""Fewer sums before the last one are parts of the flow."""
MOST = 2
"""More items between the chain and a sum are a stream of their own."""

Neighbours = Mapping[int, Sequence[int]]


def sums(end: int, inside: Sequence[int], first: int, before: Neighbours, after: Neighbours) -> Sums | None:
    """The sums that lead to an item, each of the one before it and of what an item further on gives.

    Args:
        end: the last sum, where they meet the chain.
        inside: items between two cuts, in order; the second cut is `end`.
        first: the first cut.
        before: what each item takes.
        after: what takes each item.
    """
    place = {first: -1} | {item: i for i, item in enumerate(inside)}
    row = [end]
    while True:
        found = [a for a in before[row[0]] if a in place and list(after[a]) == [row[0]] and len(before[a]) == 2]
        if len(found) != 1:
            break
        row.insert(0, found[0])
    if len(row) <= LEAST or any(a not in place for b in row[:-1] for a in before[b]):
        return None
    heads = sorted(before[row[0]], key=place.__getitem__)
    heads += [a for previous, b in pairwise(row[:-1]) for a in before[b] if a != previous]
    feeds = [_feed(a, place, before, after) for a in heads]
    steps = [place[source] for source, _ in feeds]
    known = all(len(items) <= MOST for _, items in feeds)
    return Sums(tuple(row[:-1]), tuple(feeds), end) if known and all(a < b for a, b in pairwise(steps)) else None


def _feed(item: int, place: Mapping[int, int], before: Neighbours, after: Neighbours) -> tuple[int, tuple[int, ...]]:
    """The item of the chain from which a sum is fed, and what stands between."""
    between: list[int] = []
    while place[item] >= 0 and len(before[item]) == len(after[item]) == 1 and before[item][0] in place:
        between.insert(0, item)
        item = before[item][0]
    return item, tuple(between)
