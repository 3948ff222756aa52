"""Steps of a recurrence that are folded -> the states that go from each to the next, as boxes inside of the step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nnfig.detail.equations import STATE
from nnfig.detail.folds.wiring import Units
from nnfig.graph import Edge, Graph, Layer, TensorSpec


@dataclass(frozen=True, slots=True)
class Carried:
    """What goes from step to step."""

    layers: tuple[Layer, ...] = ()
    """For each tensor a state, which takes what the first step takes."""
    instead: dict[str, dict[Edge, Edge]] = field(default_factory=dict[str, dict[Edge, Edge]])
    """For layers of the step what they take, and which state they take instead."""
    symbols: dict[str, str] = field(default_factory=dict[str, str])


Tensor = tuple[str, int]
"""A layer of the step, and which of its outputs."""


def carried(units: Units, path: str, level: str, graph: Graph) -> Carried:
    """The states of equal units that follow each other at a level, for the group at `path` that stands for all.

    What is a state already, as in an opened LSTM, stays as it is. A step of one layer alone has room for words on its
    wires instead, unless the state begins as a constant, which may have no wire.
    """
    inside = {layer.name for layer in units[0]}
    begins: dict[Tensor, Edge] = {}
    takers: dict[Tensor, list[tuple[Layer, Edge]]] = {}
    for first, second in zip(*units[:2], strict=True):
        for edge, later in zip(first.inputs, second.inputs, strict=False):
            if first.kind != STATE and edge.kind == "data" and later.source in inside and edge.source not in inside:
                begins.setdefault((later.source, later.output), edge)
                takers.setdefault((later.source, later.output), []).append((first, edge))
    names = dict(zip(begins, _names(path, list(begins.values()), graph), strict=True))
    layers: list[Layer] = []
    instead: dict[str, dict[Edge, Edge]] = {}
    symbols: dict[str, str] = {}
    for tensor, edge in begins.items():
        is_input = edge.source in graph.inputs
        symbol = f"{edge.source}ₜ₋₁" if is_input and len(edge.source) == 1 else ""
        state = Edge(names[tensor])
        if len(inside) == 1 and (is_input or not graph.layer[edge.source].mark):
            state = replace(edge, label=symbol or STATE)
        else:
            spec = graph.spec(edge.source, edge.output) or TensorSpec(())
            group = _common([layer for layer, _ in takers[tensor]], level, graph) or path
            layers.append(Layer(state.source, STATE, (edge,), (spec,), path=path, group=group, macs=0))
            symbols |= {state.source: symbol} if symbol else {}
        for layer, taken in takers[tensor]:
            instead.setdefault(layer.name, {})[taken] = state
    return Carried(tuple(layers), instead, symbols)


def _common(takers: list[Layer], level: str, graph: Graph) -> str:
    """The innermost group below a level around all that take a state; '' if there is none."""
    ways = [graph.ancestors(layer.group) for layer in takers]
    below = ways[0][: ways[0].index(level)] if level else ways[0]
    return next((group for group in below if all(group in way for way in ways)), "")


def _names(path: str, begins: list[Edge], graph: Graph) -> list[str]:
    """A free name for each state: that of the input with which it begins, else `state`."""
    found: list[str] = []
    for number, edge in enumerate(begins, 1):
        word = edge.source if edge.source in graph.inputs else STATE if len(begins) == 1 else f"{STATE} {number}"
        name = f"{path}.{word}"
        while name in graph.layer or name in found:
            name += "~"
        found.append(name)
    return found
