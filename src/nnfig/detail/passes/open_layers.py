"""Layers that PyTorch computes in one piece are opened where rules ask: a group of their operations in their place."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.draft import Draft
from nnfig.detail.equations import ALSO, EQUATIONS, Parts, StaysClosed, Taken
from nnfig.detail.sheets.rules import Rules
from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec
from nnfig.graph.defaults import attribute_names


def open_layers(draft: Draft) -> Draft:
    """`x -> LSTMCell -> y` becomes `x -> [linear, gates, products, sums] -> y`, with the same weights and costs.

    From here on the opened graph counts as what the source gave.
    """
    graph = draft.graph
    wanted = [layer for layer in graph.layers if _is_wanted(layer, draft.rules)]
    if not wanted:
        return draft
    opened: dict[str, Parts] = {}
    shut: list[tuple[str, str]] = []
    for layer in wanted:
        try:
            opened[layer.name] = _parts(graph, layer)
        except StaysClosed as reason:
            shut.append((layer.name, str(reason)))
    inside = _with_parts(graph, opened)
    symbols = {name: symbol for parts in opened.values() for name, symbol in parts.symbols.items()}
    return replace(draft, origin=inside, symbols=symbols).having(inside, shut=shut)


def _is_wanted(layer: Layer, rules: Rules) -> bool:
    if layer.kind not in EQUATIONS:
        return False
    action = rules.group_action(Group(layer.name, layer.kind), ("open", "close", "inset"))
    return action in ("open", "inset") or (rules.level == "operations" and not action)


def _parts(graph: Graph, layer: Layer) -> Parts:
    """What a layer computes; StaysClosed unless weights and costs come out as they were."""
    foreign = [name for name in layer.attributes if name not in (*attribute_names(layer.kind), *ALSO)]
    if foreign:
        raise StaysClosed(f"'{foreign[0]}' is nothing that PyTorch's {layer.kind} has")
    weights = graph.layer.get(layer.shared, layer).params
    taken = [Taken(edge, graph.spec(edge.source, edge.output) or TensorSpec(())) for edge in layer.inputs]
    parts = Parts(layer, taken, _used(graph, layer), weights, whole=len(graph.layers) == 1)
    try:
        EQUATIONS[layer.kind](parts)
    except (KeyError, TypeError, ValueError, IndexError):
        raise StaysClosed("its sizes are not known") from None
    sketch = Graph(layers=tuple(parts.layers), groups=(*_around(graph, layer), *parts.groups))
    if sketch.params != weights:
        raise StaysClosed(f"it has {weights:,} parameters, and PyTorch's equations {sketch.params:,}")
    for number, edge in parts.gives.items():
        if number < len(layer.output) and sketch.spec(edge.source, edge.output) != layer.output[number]:
            raise StaysClosed(f"what it gives is {layer.output[number]}, another size than PyTorch's")
    if layer.macs is not None and sketch.macs != layer.macs:
        raise StaysClosed(f"it costs {layer.macs:,} multiply-accumulates, and PyTorch's equations {sketch.macs:,}")
    return parts


def _around(graph: Graph, layer: Layer) -> tuple[Group, ...]:
    """The groups around a layer, as if each ran once."""
    return tuple(replace(graph.group[path], repeat=1) for path in reversed(graph.ancestors(layer.group)))


def _used(graph: Graph, layer: Layer) -> frozenset[int]:
    """Outputs that another layer takes or that the network returns."""
    taken = {
        edge.output
        for name in graph.consumers[layer.name]
        for edge in graph.layer[name].inputs
        if edge.source == layer.name
    }
    return frozenset(taken | set(_returned(graph, layer)))


def _returned(graph: Graph, layer: Layer) -> tuple[int, ...]:
    """Outputs that the network returns, in the order in which `outputs` names them; of a lone layer all."""
    if layer.name not in graph.outputs:
        return ()
    known = graph.returned.get(layer.name)
    if known is not None:
        return known
    return tuple(range(len(layer.output))) if len(graph.layers) == 1 else (0,)


def _with_parts(graph: Graph, opened: dict[str, Parts]) -> Graph:
    layers: list[Layer] = []
    for layer in graph.layers:
        if layer.name in opened:
            layers += _owned(layer, opened)
        else:
            layers.append(layer)
    outputs: list[str] = []
    names: list[str] = []
    for position, name in enumerate(graph.outputs):
        found = [name]
        if name in opened:
            numbers = _returned(graph, graph.layer[name])
            if graph.outputs.count(name) == len(numbers) > 1:  # each output has a place and a name of its own
                numbers = numbers[(at := graph.outputs[:position].count(name)) : at + 1]
            found = [opened[name].gives[number].source for number in numbers]
        outputs += found
        names += [graph.output_names[position] if graph.output_names else ""] * len(found)
    return graph.replace(
        layers=tuple(replace(layer, inputs=tuple(_led(edge, opened) for edge in layer.inputs)) for layer in layers),
        groups=(*graph.groups, *(group for parts in opened.values() for group in parts.groups)),
        outputs=tuple(outputs),
        output_names=tuple(names) if any(names) else (),
    )


def _owned(layer: Layer, opened: dict[str, Parts]) -> list[Layer]:
    """The layers inside; of a layer that runs another one's weights they run those of the other's parts."""
    parts = opened[layer.name].layers
    if not layer.shared:
        return parts
    if layer.shared not in opened:
        return [replace(part, params=0, shared=layer.shared if part.params else "") for part in parts]
    owners = [part.name for part in opened[layer.shared].layers if part.params]
    return [replace(part, params=0, shared=owners.pop(0) if part.params else "") for part in parts]


def _led(edge: Edge, opened: dict[str, Parts]) -> Edge:
    """The edge from the part that makes the tensor."""
    while edge.source in opened:
        gives = opened[edge.source].gives
        given = gives[edge.output]
        edge = replace(given, label=edge.label or given.label, kind=edge.kind)
    return edge
