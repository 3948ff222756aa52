"""An edge into a block, drawn over hidden layers -> which of them run before the block begins, and which inside it."""

from __future__ import annotations

from dataclasses import dataclass

from nnfig.graph import Edge, Graph, Layer, TensorSpec


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a tensor comes into a block."""

    spec: TensorSpec
    """Of the tensor that comes in."""
    before: tuple[Layer, ...]
    inside: tuple[Layer, ...]
    """Hidden layers on the way, in running order."""


def crossing(origin: Graph, edge: Edge, taker: str, path: str) -> Crossing | None:
    """Where the tensor of an edge enters the block of a path; None where the source's graph has no single way.

    Args:
        origin: the graph as the source gave it.
        edge: what the layer takes, from outside of the block.
        taker: a layer of the block.
        path: of the block's group.
    """
    if taker not in origin.layer:
        return None
    ways = [way for first in origin.layer[taker].inputs if (way := _way(origin, first, edge.source)) is not None]
    if len(ways) != 1:
        return None
    within = [path in origin.ancestors(layer.group) for layer in ways[0]]
    begins = within.index(True) if True in within else len(ways[0])
    if not all(within[begins:]):
        return None
    before, inside = ways[0][:begins], ways[0][begins:]
    spec = before[-1].output[0] if before else origin.spec(edge.source, edge.output)
    return Crossing(spec, before, inside) if spec else None


def _way(origin: Graph, edge: Edge, source: str) -> tuple[Layer, ...] | None:
    """The layers between a source and what takes them, each the only thing that the next takes."""
    found: list[Layer] = []
    at = edge.source
    while at != source:
        layer = origin.layer.get(at)
        if layer is None or len(layer.inputs) != 1 or len(layer.output) != 1:
            return None
        found.append(layer)
        at = layer.sources[0]
    return tuple(reversed(found))
