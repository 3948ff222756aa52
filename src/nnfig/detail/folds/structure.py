"""What makes two stretches of a graph equal: kinds, attributes, shapes, grouping and wiring, names left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnfig.graph import Graph, Layer

NAMES_ONLY = frozenset(
    ["layer_idx", "layer_id", "layer_index", "layer_number", "name", "members", "device", "inplace", "training"]
)
"""Attributes that tell one copy from the next without changing what it computes."""
DROPOUT = frozenset(["dropout", "dropout_p", "attention_dropout"])
"""Rates of dropout that attention and recurrent layers hold as attributes."""

COUNTERS = frozenset(("index", "start"))
"""Attributes of getitem and its like that count the steps of an unrolled loop."""
_COUNTING = frozenset(("getitem", "select", "narrow", "slice"))
RATES = ("p", "drop_prob")
"""What the rate is called of layers that drop something."""
DROPS_BRANCHES = re.compile(r"(?i)\w*(drop_?path|stochastic_?depth)")
"""Kinds of which the rate rises from block to block."""


@dataclass(frozen=True, slots=True)
class Item:
    """A layer, or a group with all its layers, as one member of the level above."""

    name: str
    """The layer's name or the group's path."""
    is_group: bool
    members: tuple[Layer, ...]
    """In graph order."""
    code: int
    """Equal for items that are equal in themselves."""


class Codes:
    """Small numbers for structures: equal structure, equal number."""

    def __init__(self, graph: Graph, ignored: Collection[str] = (), origin: Graph | None = None) -> None:
        """`ignored`: attributes beside `NAMES_ONLY` that make no difference; `origin`: the graph before hiding."""
        self._graph = graph
        self._origin = origin or graph
        self._ignored = NAMES_ONLY.union(ignored)
        self._seen: dict[Any, int] = {}
        self._layers: dict[str, int] = {}
        self._chains: dict[tuple[str, str], int] = {}

    def of(self, members: Sequence[Layer], group: str = "") -> int:
        """The number of a stretch of layers inside a group ('' if it is a bare layer)."""
        place = {layer.name: index for index, layer in enumerate(members)}
        body = tuple(
            (self._layer(layer), self._chain(layer.group, group), tuple(self._ends(layer, place))) for layer in members
        )
        title = self._graph.group[group].cls if group else ""
        return self._number((title, body))

    def _layer(self, layer: Layer) -> int:
        if layer.name not in self._layers:
            owner = self._graph.layer.get(layer.shared, layer)
            self._layers[layer.name] = self._number(
                (layer.kind, _frozen(layer, self._ignored), layer.output, owner.params, layer.mark, layer.macs)
            )
        return self._layers[layer.name]

    def _chain(self, path: str, group: str) -> int:
        """A number for the classes of the groups from here up to the group."""
        if not group:
            return 0
        new: list[str] = []
        while path != group and (path, group) not in self._chains:
            new.append(path)
            path = self._graph.group[path].parent
        found = self._chains.get((path, group), 0)
        for each in reversed(new):
            found = self._chains[each, group] = self._number((self._graph.group[each].cls, found))
        return found

    def _ends(self, layer: Layer, place: dict[str, int]) -> Iterable[Any]:
        """Where inputs come from: a place inside, or a tensor from outside, of which only the form counts here.

        Its form is the one in which the layer takes it, whatever views of it are hidden.
        """
        known = self._origin.layer.get(layer.name)
        seen, taken = (self._origin, known.inputs) if known is not None else (self._graph, layer.inputs)
        if len(taken) != len(layer.inputs):
            seen, taken = self._graph, layer.inputs
        for edge, real in zip(layer.inputs, taken, strict=True):
            if edge.source in place:
                yield place[edge.source], edge.output, edge.kind
            else:
                yield "outside", str(seen.spec(real.source, real.output)), edge.kind

    def _number(self, key: Any) -> int:
        return self._seen.setdefault(key, len(self._seen))


def _frozen(layer: Layer, ignored: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Attributes that change what is computed, in a comparable form."""
    return tuple(
        sorted(
            (name, repr(value))
            for name, value in layer.attributes.items()
            if name not in ignored and not may_differ(layer, name)
        )
    )


def may_differ(layer: Layer, name: str) -> bool:
    """Whether an attribute may differ from copy to copy: a step's slice of a tensor, the rate of dropped branches."""
    if name in RATES:
        return bool(DROPS_BRANCHES.fullmatch(layer.kind))
    return name in COUNTERS and layer.kind in _COUNTING


def level_items(graph: Graph, members: dict[str, list[Layer]], codes: Codes, group: str) -> list[Item]:
    """The layers and groups directly inside a group, in the order in which they begin.

    `members` holds for each group its layers at any depth, for '' all layers.
    """
    found: dict[str, Item] = {}
    for layer in members[group]:
        child = child_of(graph, layer, group)
        if not child:
            found[f"layer {layer.name}"] = Item(layer.name, False, (layer,), codes.of((layer,)))
        elif f"group {child}" not in found:
            inside = tuple(members[child])
            found[f"group {child}"] = Item(child, True, inside, codes.of(inside, child))
    return list(found.values())


def members_by_group(graph: Graph) -> dict[str, list[Layer]]:
    """For each group the layers in it at any depth, for '' all layers."""
    found: dict[str, list[Layer]] = {"": list(graph.layers)} | {group.path: [] for group in graph.groups}
    for layer in graph.layers:
        for path in graph.ancestors(layer.group):
            found[path].append(layer)
    return found


def child_of(graph: Graph, layer: Layer, group: str) -> str:
    """The group directly inside `group` that holds the layer, '' if it stands there itself."""
    above = graph.ancestors(layer.group)
    inside = len(above) - len(graph.ancestors(group))
    return above[inside - 1] if inside else ""


def free_path(graph: Graph, path: str) -> str:
    """The path, or `path~2` and so on where a group or a layer has it."""
    found, number = path, 2
    while found in graph.group or found in graph.layer:
        found, number = f"{path}~{number}", number + 1
    return found
