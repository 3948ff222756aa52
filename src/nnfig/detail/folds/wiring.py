"""Whether units in a row repeat their wiring, so that one of them with a loop in mind stands for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.graph import Edge, Graph, Layer

Units = tuple[tuple[Layer, ...], ...]
"""Equal stretches of layers, aligned: the m-th layer of one plays the part of the m-th layer of each."""

Place = tuple[int, int]
"""Number of the unit and place in it."""
Tensor = tuple[int, int]
"""Place in a unit of the layer that gives it, and which of its outputs."""


def repeats_wiring(graph: Graph, units: Units) -> int:
    """How many of the units, from the first, form one chain that can be folded; fewer than two: none.

    Unit k+1 takes from unit k what unit k takes from unit k-1, from outside all take the same tensors, and
    outside sees of the units in between nothing, or of each in turn what goes on to the next. Folding must not
    change who reaches whom.
    """
    places = places_of(units)
    count = _chain(units, places)
    while count > 1:
        if not _seen_alike(graph, units, places, count):
            count = min(_first_seen(graph, units, places, count) + 1, count - 1)
        elif not _reach_alike(graph, units, places, count):
            count -= 1
        else:
            return count
    return 0


def _first_seen(graph: Graph, units: Units, places: Mapping[str, Place], count: int) -> int:
    """Number of the first unit of which something outside the chain takes a tensor."""
    for k, unit in enumerate(units[:count]):
        for layer in unit:
            outer = [t for t in graph.consumers[layer.name] if not _is_within(t, places, count)]
            if outer or layer.name in graph.outputs:
                return k
    return count


def _chain(units: Units, places: Mapping[str, Place]) -> int:
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


def _links(units: Units, places: Mapping[str, Place], k: int) -> list[tuple[int | str, int]] | None:
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


def _outside(unit: tuple[Layer, ...], places: Mapping[str, Place]) -> list[tuple[str, int]]:
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


def _seen_alike(graph: Graph, units: Units, places: Mapping[str, Place], count: int) -> bool:
    """Whether layers behind the units, and the network's outputs, take of inner units nothing or the same of each.

    That must be what goes on to the next unit: of `x = block(x); kept.append(head(x))` drawn once nobody would know
    that the head is no part of the chain. Steps of a loop have their state drawn, and may give anything beside it.
    """
    given = given_by_each(graph, units[:count], places)
    again = any(b.shared and b.shared in (a.name, a.shared) for a, b in zip(*units[:2], strict=True))
    return given is not None and (again or given <= _goes_on(units, places))


def leaves_beside(graph: Graph, units: Units) -> bool:
    """Whether outside takes of each unit something that does not go on to the next one."""
    places = places_of(units)
    return not (given_by_each(graph, units, places) or set[Tensor]()) <= _goes_on(units, places)


def places_of(units: Units) -> dict[str, Place]:
    """Where each layer stands."""
    return {layer.name: (k, m) for k, unit in enumerate(units) for m, layer in enumerate(unit)}


def _goes_on(units: Units, places: Mapping[str, Place]) -> set[Tensor]:
    links = _links(units, places, 1) or ()
    return {(place, output) for place, output in links if isinstance(place, int)}


def given_by_each(graph: Graph, units: Units, places: Mapping[str, Place]) -> set[Tensor] | None:
    """The tensors that something outside takes of each unit in turn; None where it takes inner ones in other ways."""
    inner = (layer.name for unit in units[:-1] for layer in unit)
    takers = dict.fromkeys(t for name in inner for t in graph.consumers[name] if not _is_within(t, places, len(units)))
    found: set[Tensor] = set()
    for edges in (*(graph.layer[taker].inputs for taker in takers), [Edge(name) for name in graph.outputs]):
        together = taken_together(edges, places, len(units))
        if together is None:
            return None
        found.update((places[edge.source][1], edge.output) for edge, times in together if times > 1)
    return found


def taken_together(edges: Sequence[Edge], places: Mapping[str, Place], count: int) -> list[tuple[Edge, int]] | None:
    """Edges to a layer outside, those from each of the units in turn as one: the first, and how many there are.

    None where it takes of inner units anything else. What it takes of the last unit alone it takes of the chain.
    """
    found: list[tuple[Edge, int]] = []
    at = 0
    while at < len(edges):
        edge, times = edges[at], 1
        unit, place = places.get(edge.source, (count, 0))
        if unit == 0:
            times = count
            each = [(places.get(e.source), e.output, e.label, e.kind) for e in edges[at : at + count]]
            if each != [((k, place), edge.output, edge.label, edge.kind) for k in range(count)]:
                return None
        elif unit < count - 1:
            return None
        found.append((edge, times))
        at += times
    return found


def _is_within(name: str, places: Mapping[str, Place], count: int) -> bool:
    return places.get(name, (count, 0))[0] < count


def _reach_alike(graph: Graph, units: Units, places: Mapping[str, Place], count: int) -> bool:
    """Whether everything behind the units is reached, once they are folded, by the same layers as before."""
    taken: dict[str, set[Place]] = {}
    for unit in units[:count]:
        for layer in unit:
            behind = [t for t in graph.consumers[layer.name] if not _is_within(t, places, count)]
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


def _reached(units: Units, places: Mapping[str, Place], ends: frozenset[Place], count: int) -> set[str]:
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
