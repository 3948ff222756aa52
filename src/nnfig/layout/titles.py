"""What hovering over a node says: name, kind, attributes that are no defaults, shapes, parameters in one text."""

from __future__ import annotations

from collections.abc import Iterable

from nnfig.graph import Graph
from nnfig.graph.defaults import call


def titles(graph: Graph, names: Iterable[str]) -> str:
    """Facts of several layers that one node stands for, in the order in which they run."""
    return " + ".join(title(graph, name) for name in names)


def title(graph: Graph, name: str) -> str:
    """Facts of a layer or input of the graph.

    >>> from nnfig.graph import TensorSpec
    >>> title(Graph(inputs={"x": TensorSpec((1, 3))}), "x")
    'x: input 1x3'
    >>> from nnfig.graph import Layer
    >>> conv = Layer("c", "Conv2d", attributes={"in_channels": 3, "out_channels": 8, "groups": 1, "bias": False})
    >>> title(Graph(layers=(conv,)), "c")
    'c: Conv2d(in_channels=3, out_channels=8, bias=False)'
    """
    if name in graph.inputs:
        return f"{name}: input {graph.inputs[name]}"
    layer = graph.layer[name]
    output = ", ".join(map(str, layer.output))
    facts = [f"{layer.name}: {call(layer.kind, layer.attributes)}"]
    if output:
        facts.append(f"output {output}")
    if layer.params:
        facts.append(f"{layer.params:,} parameters")
    if layer.look and layer.look.then:
        facts.append(f"then {', '.join(layer.look.then)}")
    return "; ".join(facts)
