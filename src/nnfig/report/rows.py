"""Graph to rows: layers, inputs, closed groups and the headings of open ones, in an order that can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from nnfig.graph import Graph, Layer, TensorSpec
from nnfig.graph.order import running_order
from nnfig.report.words import operation

Takes = dict[str, dict[str, None]]
"""For each row the rows that it takes, in argument order."""


@dataclass(frozen=True, slots=True)
class Row:
    """One computation as it is listed."""

    name: str
    """Unique: of the layer or the input; path and a slash for a closed group."""
    label: str
    """Its name within the open group around it."""
    text: str
    """What it does."""
    output: tuple[TensorSpec, ...]
    sources: tuple[str, ...]
    """Names of the rows that it takes."""
    params: int = 0
    macs: int | None = None
    group: str = ""
    """Innermost open group around it."""
    repeat: int = 1
    """Of a closed group; `params` and `macs` count all of its repeats."""


def rows(graph: Graph, depth: int | None = None) -> list[Row]:
    """The rows of a graph whose groups are open down to `depth` levels (None: all).

    A group that cannot stand as one row, because something outside runs between its layers, stays open.
    """
    groups = dict.fromkeys(layer.group for layer in graph.layers)
    chains = {path: graph.ancestors(path)[::-1] for path in groups}
    opened: set[str] = set()
    while True:
        place = {
            layer.name: layer.name if depth is None else _place(layer, chains[layer.group][depth:], opened)
            for layer in graph.layers
        }
        takes = _takes(graph, place)
        order = _running_order(graph, takes)
        if len(order) == len(takes):
            break
        opened.add(_in_the_way(graph, place, [n for n in takes if n.endswith("/") and n not in set(order)]))
    members: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        members.setdefault(place[layer.name], []).append(layer)
    returned = _returned(graph, place)
    return [_row(graph, name, members.get(name, []), tuple(takes[name]), returned.get(name, "")) for name in order]


def _place(layer: Layer, closed: Sequence[str], opened: set[str]) -> str:
    return next((path + "/" for path in closed if path + "/" not in opened), layer.name)


def _in_the_way(graph: Graph, place: Mapping[str, str], stuck: Sequence[str]) -> str:
    """Of closed groups that wait for each other, the first that something outside runs between."""
    for name in stuck:
        ahead = [layer.name for layer in graph.layers if place[layer.name] == name]
        outside: set[str] = set()
        while ahead:
            for follower in graph.consumers[ahead.pop()]:
                if place[follower] != name and follower not in outside:
                    outside.add(follower)
                    ahead.append(follower)
        if any(place[follower] == name for found in outside for follower in graph.consumers[found]):
            return name
    return stuck[0]


def _takes(graph: Graph, place: Mapping[str, str]) -> Takes:
    takes: Takes = {name: {} for name in (*graph.inputs, *place.values())}
    for edge, taker in graph.edges:
        source, target = place.get(edge.source, edge.source), place[taker]
        if source != target and edge.kind == "data":
            takes[target][source] = None
    return takes


def _running_order(graph: Graph, takes: Takes) -> list[str]:
    """Names so that each stands after what it takes, as early as it was; inputs just above their first taker.

    Names on a circle, and what follows from them, are missing.
    """
    position = {name: 2 * i + 1 for i, name in enumerate(takes)}
    taken = set(position.values())
    followers: dict[str, list[str]] = {name: [] for name in takes}
    for name, sources in takes.items():
        for source in sources:
            followers[source].append(name)
    for name in list(graph.inputs)[1:]:
        if followers[name]:
            earliest = min(position[follower] for follower in followers[name]) - 1
            while earliest in taken:
                earliest -= 1
            position[name] = earliest
            taken.add(earliest)
    return running_order({name: takes[name] for name in sorted(takes, key=position.__getitem__)})


def _returned(graph: Graph, place: Mapping[str, str]) -> dict[str, str]:
    """Beside rows whose value the network returns: ` (output)` with its name, as git decorates branches."""
    found: dict[str, list[str]] = {}
    for i, name in enumerate(graph.outputs):
        word = graph.output_names[i] if graph.output_names else ""
        found.setdefault(place.get(name, name), []).append(word)
    return {row: f" (output {', '.join(filter(None, words))}".rstrip() + ")" for row, words in found.items()}


def _row(graph: Graph, name: str, members: Sequence[Layer], sources: tuple[str, ...], returned: str) -> Row:
    if name in graph.inputs:
        return Row(name, name, "input" + returned, (graph.inputs[name],), ())
    if not name.endswith("/") or members[0].name == name:
        layer = members[0]
        owner = graph.layer.get(layer.shared)
        shared = f" (weights of {layer.shared})" if owner and owner.params else ""
        text = operation(layer) + shared + returned
        label = within(layer.name, layer.group)
        return Row(name, label, text, layer.output, sources, layer.params, layer.macs, layer.group)
    group = graph.group[name[:-1]]
    params, macs = subtotal(graph, group.path, members)
    inside = {layer.name for layer in members}
    leaving = [m.output for m in members if m.name in graph.outputs or set(graph.consumers[m.name]) - inside]
    output = (leaving or [members[-1].output])[-1]
    label = within(group.path, group.parent)
    text = titled(graph, group.path) + returned
    return Row(name, label, text, output, sources, params, macs, group.parent, group.repeat)


def subtotal(graph: Graph, path: str, members: Sequence[Layer]) -> tuple[int, int | None]:
    """Parameters and MACs of a group's layers; its own repeats and those inside count, not those around."""
    around = [graph.group[outer] for outer in graph.ancestors(path)[1:]]
    runs = prod(group.repeat for group in around)
    copies = prod(group.repeat for group in around if not group.shared)
    known = [layer.macs * (graph.repeats(layer) // runs) for layer in members if layer.macs is not None]
    params = sum(layer.params * (graph.repeats(layer, shared=False) // copies) for layer in members)
    return params, sum(known) if known else None


def titled(graph: Graph, path: str) -> str:
    """What a group is: its title or class, and how often it stands in a row."""
    group = graph.group[path]
    times = f" x{group.repeat}" if group.repeat > 1 else ""
    return (group.title or group.cls or "group") + times


def within(name: str, group: str) -> str:
    """A name without the part that the heading above already says."""
    prefix = group + "."
    return name[len(prefix) :] if group and name.startswith(prefix) and len(name) > len(prefix) else name
