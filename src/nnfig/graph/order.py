"""Things and what each of them needs -> an order in which they can run, as near to the given one as possible."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

Thing = TypeVar("Thing", bound=Hashable)


def running_order(needs: Mapping[Thing, Collection[Thing]]) -> list[Thing]:
    """The keys, each after all that it needs; things on a circle, and what follows from them, are missing.

    >>> running_order({"c": ["b"], "a": [], "b": ["a"], "x": ["y"], "y": ["x"]})
    ['a', 'b', 'c']
    """
    takers: dict[Thing, list[Thing]] = {thing: [] for thing in needs}
    for thing, sources in needs.items():
        for source in sources:
            takers[source].append(thing)
    place = {thing: index for index, thing in enumerate(needs)}
    known = list(needs)
    waits = [len(sources) for sources in needs.values()]
    ready = [index for index, count in enumerate(waits) if not count]
    order: list[Thing] = []
    while ready:
        thing = known[heapq.heappop(ready)]
        order.append(thing)
        for taker in takers[thing]:
            waits[place[taker]] -= 1
            if not waits[place[taker]]:
                heapq.heappush(ready, place[taker])
    return order
