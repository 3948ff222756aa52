"""Whether units in a row repeat their wiring, so that one of them with a loop in mind stands for all."""

from __future__ import annotations

from nnfig.graph import Graph, Layer

Units = tuple[tuple[Layer, ...], ...]
"""Equal stretches of layers, aligned: the m-th layer of one plays the part of the m-th layer of each."""

Place = tuple[int, int]
"""Number of the unit and place in it."""


def repeats_wiring(graph: Graph, units: Units) -> int:
    """How many of the units, from the first, form one chain that can be folded; fewer than two: none.

    Unit k+1 takes from unit k what unit k takes from unit k-1, from outside all take the same tensors, and
    outside sees of the units in between nothing, or the same of all. Folding must not change who reaches whom.
    """
    places = {layer.name: (k, m) for k, unit in enumerate(units) for m, layer in enumerate(unit)}
    count = _chain(units, places)
    while count > 1:
        if not _seen_alike(graph, units, places, count):
            count = min(_first_seen(graph, units, places, count) + 1, count - 1)
        elif not _reach_alike(graph, units, places, count):
            count -= 1
        else:
            return count
    return 0


def _first_seen(graph: Graph, units: Units, places: dict[str, Place], count: int) -> int:
    """Number of the first unit of which something outside the chain takes a tensor."""
    for k, unit in enumerate(units[:count]):
        for layer in unit:
            outer = [t for t in graph.consumers[layer.name] if places.get(t, (count, 0))[0] >= count]
            if outer or layer.name in graph.outputs:
                return k
    return count


def _chain(units: Units, places: dict[str, Place]) -> int:
    """How many units from the first are wired as the second is to the first; they must form a chain."""
    links = _links(units, places, 1)
    if links is None or not any(isinstance(link, int) for link, _ in links):
        return 0
    if not _begins_alike(_outside(units[0], places), links):
        return 0
    count = 2
    while count < len(units) and _links(units, places, count) == links:
        count += 1
    return count


def _links(units: Units, places: dict[str, Place], k: int) -> list[tuple[int | str, int]] | None:
    """For each tensor from outside that unit k takes: place in unit k-1, or the outer layer; None if from elsewhere.

    With a place in the unit before goes the output's number; outer layers may give another output to each unit.
    """
    found: list[tuple[int | str, int]] = []
    for layer in units[k]:
        for edge in layer.inputs:
            unit, place = places.get(edge.source, (-1, -1))
            if unit == k:
                continue
            if unit >= 0 and unit != k - 1:
                return None
            found.append((place, edge.output) if unit >= 0 else (edge.source, 0))
    return found


def _outside(unit: tuple[Layer, ...], places: dict[str, Place]) -> list[tuple[str, int]]:
    """Tensors that the first unit takes from outside, one for each place where it takes one."""
    return [(e.source, e.output) for layer in unit for e in layer.inputs if places.get(e.source, (-1, -1))[0] != 0]


def _begins_alike(first: list[tuple[str, int]], links: list[tuple[int | str, int]]) -> bool:
    """Whether the first unit takes from outside what later ones do.

    What they take of the unit before, it takes from anywhere, but one tensor where they take one; two states may
    begin as the same tensor.
    """
    if len(first) != len(links):
        return False
    begins: dict[tuple[int | str, int], tuple[str, int]] = {}
    for (source, output), link in zip(first, links, strict=True):
        if isinstance(link[0], str) and source != link[0]:
            return False
        if isinstance(link[0], int) and begins.setdefault(link, (source, output)) != (source, output):
            return False
    return True


def _seen_alike(graph: Graph, units: Units, places: dict[str, Place], count: int) -> bool:
    """Whether layers behind the units, and the network's outputs, take of inner units nothing or the same of all."""
    inner = {layer.name for unit in units[: count - 1] for layer in unit}
    takers: dict[str, None] = {}
    for unit in units[: count - 1]:
        for layer in unit:
            for taker in graph.consumers[layer.name]:
                if places.get(taker, (count, 0))[0] >= count:
                    takers[taker] = None
    for taker in takers:
        if not _takes_all([edge.source for edge in graph.layer[taker].inputs], places, count):
            return False
    returned = [name for name in graph.outputs if name in places and places[name][0] < count]
    return not any(name in inner for name in returned) or _takes_all(returned, places, count)


def _takes_all(sources: list[str], places: dict[str, Place], count: int) -> bool:
    """Whether what is taken from one unit is taken from every unit."""
    by_unit: dict[int, list[int]] = {k: [] for k in range(count)}
    for source in sources:
        unit, place = places.get(source, (count, 0))
        if unit < count:
            by_unit[unit].append(place)
    return all(by_unit[k] == by_unit[0] for k in range(count))


def _reach_alike(graph: Graph, units: Units, places: dict[str, Place], count: int) -> bool:
    """Whether everything behind the units is reached, once they are folded, by the same layers as before."""
    taken: dict[str, set[Place]] = {}
    for unit in units[:count]:
        for layer in unit:
            behind = [t for t in graph.consumers[layer.name] if places.get(t, (count, 0))[0] >= count]
            if layer.name in graph.outputs:
                behind.append("return")
            for taker in behind:
                taken.setdefault(taker, set()).add(places[layer.name])
    known: dict[frozenset[Place], bool] = {}
    for sources in taken.values():
        key = frozenset(sources)
        if key not in known:
            unrolled = _reached(units, places, key, count)
            known[key] = unrolled == _reached(units, places, frozenset((0, m) for _, m in key), 1)
    return all(known.values())


def _reached(units: Units, places: dict[str, Place], ends: frozenset[Place], count: int) -> set[str]:
    """Layers of the first unit, and outer layers, from which the ends are reached."""
    seen, stack, found = set(ends), sorted(ends), set[str]()
    while stack:
        k, m = stack.pop()
        layer = units[k][m]
        if k == 0:
            found.add(layer.name)
        for edge in layer.inputs:
            before = places.get(edge.source)
            if before is None or before[0] >= count:
                found.add(edge.source)
            elif before not in seen:
                seen.add(before)
                stack.append(before)
    return found
