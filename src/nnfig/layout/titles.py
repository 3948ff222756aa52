"""What hovering over a node says: name, kind, attributes, shapes, parameters of a layer in one text."""

from __future__ import annotations

from collections.abc import Iterable

from nnfig.graph import Graph


def titles(graph: Graph, names: Iterable[str]) -> str:
    """Facts of several layers that one node stands for, in the order in which they run."""
    return " + ".join(title(graph, name) for name in names)


def title(graph: Graph, name: str) -> str:
    """Facts of a layer or input of the graph.

    >>> from nnfig.graph import TensorSpec
    >>> title(Graph(inputs={"x": TensorSpec((1, 3))}), "x")
    'x: input 1x3'
    """
    if name in graph.inputs:
        return f"{name}: input {graph.inputs[name]}"
    layer = graph.layer[name]
    attributes = ", ".join(f"{key}={value}" for key, value in layer.attributes.items())
    output = ", ".join(map(str, layer.output))
    facts = [f"{layer.name}: {layer.kind}({attributes})"]
    if output:
        facts.append(f"output {output}")
    if layer.params:
        facts.append(f"{layer.params:,} parameters")
    return "; ".join(facts)
