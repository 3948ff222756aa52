"""Panels beside the figure: each opens one block of a class, drawn once, with insets in insets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnfig.detail.draft import Draft
from nnfig.detail.passes.crossing import Crossing, crossing
from nnfig.detail.passes.moves import move
from nnfig.detail.passes.selections import is_part
from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec


@dataclass(frozen=True, slots=True)
class Inset:
    """A block that is to be opened in a panel of its own."""

    cls: str
    path: str
    """Of the group that is shown for all of its class."""


def insets(draft: Draft) -> tuple[Inset, ...]:
    """What style sheet and options ask to open in panels, outer blocks first, one for each class.

    Of each class the block is taken that stands for most; inside a block that is shown already, if there is one.
    """
    graph, rules = draft.graph, draft.rules
    wanted: dict[str, list[Group]] = {}
    for group in graph.groups:
        if rules.group_action(group, ("open", "close", "inset")) == "inset":
            wanted.setdefault(group.cls, []).append(group)
    chosen: list[Inset] = []
    for cls, groups in sorted(wanted.items(), key=lambda item: min(len(graph.ancestors(g.path)) for g in item[1])):
        shown = [g for g in groups if any(inset.path in graph.ancestors(g.parent) for inset in chosen)]
        best = max(shown or groups, key=lambda g: _times(graph, g))
        chosen.append(Inset(cls, best.path))
    return tuple(chosen)


def _times(graph: Graph, group: Group) -> int:
    times = 1
    for path in graph.ancestors(group.path):
        times *= graph.group[path].repeat
    return times


def opened(draft: Draft, inset: Inset) -> Draft:
    """The inside of a block as a network of its own: what comes from outside is its input."""
    graph = draft.graph
    members = graph.members(inset.path)
    inside = {layer.name for layer in members}
    specs: dict[str, TensorSpec] = {}
    ways: dict[tuple[str, Edge], Crossing] = {}
    for layer in members:
        for edge in layer.inputs:
            if edge.source not in inside:
                if way := crossing(draft.origin, edge, layer.name, inset.path):
                    ways[layer.name, edge] = way
                spec = way.spec if way else graph.spec(edge.source, edge.output)
                specs.setdefault(_input(edge), spec or TensorSpec(()))
    groups = tuple(
        replace(group, parent="" if group.parent == inset.path else group.parent)
        for group in graph.groups
        if inset.path in graph.ancestors(group.parent)
    )
    says = draft.rules.shows("attributes")
    turns = {key: move(way.inside, draft.origin) for key, way in ways.items() if says}
    layers = tuple(_moved(layer, inside, inset.path, turns) for layer in members)
    outputs = tuple(
        layer.name
        for layer in members
        if layer.name in graph.outputs or any(taker not in inside for taker in graph.consumers[layer.name])
    )
    part = Graph(inset.cls, specs, layers, groups, outputs or (members[-1].name,))
    rules = replace(draft.rules, level="units" if draft.rules.level == "blocks" else draft.rules.level, depth=None)
    return Draft(part, rules, origin=draft.origin, fanout=draft.fanout, symbols=draft.symbols, whole=False)


def _input(edge: Edge) -> str:
    return f"{edge.source}:{edge.output}" if edge.output else edge.source


def _moved(layer: Layer, inside: set[str], path: str, turns: Mapping[tuple[str, Edge], str]) -> Layer:
    inputs = tuple(
        edge if edge.source in inside else _brought(edge, turns.get((layer.name, edge), "")) for edge in layer.inputs
    )
    return replace(layer, inputs=inputs, group="" if layer.group == path else layer.group)


def _brought(edge: Edge, turn: str) -> Edge:
    """The edge from an input of the panel; how the tensor came into shape before is said where it stands."""
    return replace(edge, source=_input(edge), output=0, label=edge.label if is_part(edge.label) else turn)


def names_of_inputs(whole: Graph, panel: Graph) -> Mapping[str, str]:
    """Inputs of a panel by the inputs of the network of which they are made, where each is made of another one."""
    made: dict[str, frozenset[str]] = {name: frozenset([name]) for name in whole.inputs}
    for layer in whole.layers:
        made[layer.name] = frozenset[str]().union(*(made[e.source] for e in layer.inputs if e.kind == "data"))
    roots = {name: made.get(name.partition(":")[0], frozenset[str]()) for name in panel.inputs}
    told = {name: next(iter(root)) for name, root in roots.items() if len(root) == 1}
    return told if len(panel.inputs) == len(told) == len(set(told.values())) > 1 else {}


def home(graph: Graph, whole: Graph, path: str) -> str:
    """The layer of a drawn graph that stands for a group or for a block around it, or the group's path; '' if none."""
    for above in whole.ancestors(path):
        if above in graph.layer:
            return above
    return path if path in graph.group else ""
