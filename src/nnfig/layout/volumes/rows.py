"""Which row a volume stands on: the longest path is straight, other streams run beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from nnfig.layout.volumes.stations import Station
from nnfig.layout.volumes.texts import Placed

LINE_ROWS = 1000
"""Rows from one line of a broken network to the next."""


def rows(found: Sequence[Station]) -> dict[str, float]:
    """Row of each station: 0 for the trunk, then 1 (below), -1 (above), 2, ... for streams beside it.

    Where streams come in even numbers and are about as long as the trunk beside them, there is no middle one: what
    they share stands half a row lower, between them.
    """
    rank = ranks(found)
    trunk = _trunk(found, rank)
    row: dict[str, float] = dict.fromkeys(trunk, 0)
    takers = consumers(found)
    taken: dict[int, list[tuple[int, int]]] = {}
    balanced = True
    for station in found:
        if station.name in row:
            continue
        chain = _chain(station, row, takers)
        first = min((rank[s] for s in station.sources), default=rank[station.name] - 1)
        last = max((rank[t] for t in takers[chain[-1]]), default=rank[chain[-1]] + 1)
        number = next(n for n in _outwards() if all(last <= a or b <= first for a, b in taken.get(n, ())))
        taken.setdefault(number, []).append((first, last))
        row |= dict.fromkeys(chain, number)
        rejoins = bool(takers[chain[-1]])
        balanced = balanced and rejoins and sum(first < rank[name] < last for name in trunk) <= 2 * len(chain)
    numbers = sorted({0, *taken})
    if balanced and len(numbers) % 2 == 0:
        spans = [span for row_spans in taken.values() for span in row_spans]
        shared = [name for name in trunk if not any(a < rank[name] < b for a, b in spans)]
        row |= dict.fromkeys(shared, (numbers[0] + numbers[-1]) / 2)
    return row


def levels(found: Sequence[Station]) -> dict[str, float]:
    """Row of each station by resolution: one down where the height is halved, one up where it is doubled."""
    row: dict[str, float] = {}
    by_name = {station.name: station for station in found}
    for station in found:
        before = by_name[station.sources[0]] if station.sources else None
        row[station.name] = row[before.name] + _steps(before, station) if before else 0
    return row


def _steps(before: Station, after: Station) -> int:
    """Levels down from one station to the next; negative where it is larger."""
    old, new = before.size.height, after.size.height
    if not isinstance(old, int) or not isinstance(new, int) or after.size.form != "map":
        return 0
    return round(math.log2(old / max(1, new))) if not 0.75 < old / max(1, new) < 1.34 else 0


def line_of(row: float) -> int:
    """The line of a broken network on which a row is."""
    return round(row / LINE_ROWS)


def lines(placed: Sequence[Placed], row: Mapping[str, float], count: int) -> tuple[dict[str, float], frozenset[str]]:
    """Rows of a network that is broken into lines as equal as may be, and the stations that begin one.

    A line ends where one tensor passes over the break, and neither a folded group nor boxes that touch are parted.
    """
    order = {item.station.name: number for number, item in enumerate(placed)}
    reach = [0] * len(placed)
    for item in placed:
        for source in (*item.station.sources, *(name for name, _ in item.station.projections)):
            reach[order[source]] = max(reach[order[source]], order[item.station.name])
    latest = [max((order[source] for source in item.station.sources), default=-1) for item in placed]
    branching = {last for number, last in enumerate(latest) if last != number - 1}
    """After which something begins later that would have no source on its own line."""
    cuts: list[int] = []
    furthest = 0
    for number, item in enumerate(placed[:-1]):
        after = placed[number + 1]
        parted = after.glued or len(after.station.sources) != 1 or after.station.sources[0] != item.station.name
        parted = parted or item.station.repeat == after.station.repeat != ""
        if furthest <= number and not parted and number not in branching:
            cuts.append(number + 1)
        furthest = max(furthest, reach[number])
    total = max((item.x for item in placed), default=0.0)
    begins = {
        placed[min(cuts, key=lambda cut: abs(placed[cut].x - total * part / count))].station.name
        for part in range(1, count)
        if cuts
    }
    broken: dict[str, float] = {}
    line = 0
    for item in placed:
        line += item.station.name in begins
        broken[item.station.name] = line * LINE_ROWS + row[item.station.name]
    for number in range(line + 1):
        there = [name for name, found in broken.items() if line_of(found) == number]
        if len({broken[name] for name in there}) == 1:
            broken |= dict.fromkeys(there, float(number * LINE_ROWS))
    return broken, frozenset(begins)


def folds(found: Sequence[Station]) -> bool:
    """Whether maps are down-sampled, up-sampled and joined across: an encoder and a decoder."""
    return any(station.copied for station in found)


def ranks(found: Sequence[Station]) -> dict[str, int]:
    """Length of the longest path to each station."""
    rank: dict[str, int] = {}
    for station in found:
        rank[station.name] = 1 + max((rank[s] for s in station.sources), default=-1)
    return rank


def consumers(found: Sequence[Station]) -> dict[str, list[str]]:
    """Stations that take what a station gives."""
    takers: dict[str, list[str]] = {s.name: [] for s in found}
    for station in found:
        for source in station.sources:
            takers[source].append(station.name)
    return takers


def _trunk(found: Sequence[Station], rank: dict[str, int]) -> list[str]:
    """The longest path, earlier sources preferred."""
    sources = {s.name: s.sources for s in found}
    if not sources:
        return []
    name = max(sources, key=lambda n: rank[n])
    path = [name]
    while sources[name]:
        name = max(sources[name], key=lambda n: rank[n])
        path.append(name)
    return path


def _chain(start: Station, row: Mapping[str, float], takers: Mapping[str, Sequence[str]]) -> list[str]:
    """A stream: stations after `start` that have no row yet."""
    chain = [start.name]
    while True:
        free = [t for t in takers[chain[-1]] if t not in row]
        if not free:
            return chain
        chain.append(free[0])


def _outwards() -> Iterator[int]:
    """1, -1, 2, -2, ..."""
    number = 1
    while True:
        yield number
        yield -number
        number += 1
