"""Networks whose forward is a function that a test writes, and what a test asks of their graphs."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from nnfig.graph import Graph
from nnfig.sources import trace

X = (2, 4)


class Net(nn.Module):
    """A module whose forward is the function under test; `fc`, `drop`, `norm` and `relu` are at hand."""

    def __init__(self, forward: Any, **parts: Any) -> None:
        super().__init__()
        self.fc, self.drop, self.relu = nn.Linear(4, 4), nn.Dropout(), nn.ReLU(inplace=True)
        self.norm = nn.BatchNorm1d(4)
        for name, part in parts.items():
            setattr(self, name, part)
        self._body = forward

    def forward(self, x: Any, *more: Any, **kwargs: Any) -> Any:
        return self._body(self, x, *more, **kwargs)


def edges(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Sources of each layer."""
    return {layer.name: layer.sources for layer in graph.layers}


def traced(forward: Any, *inputs: Any, **parts: Any) -> Graph:
    """The graph of such a network at rest."""
    return trace(Net(forward, **parts).eval(), inputs=inputs or (torch.randn(X),))


def big(forward: Any, **parts: Any) -> Graph:
    """As `traced`, on so large an input that the run takes place on meta."""
    return trace(Net(forward, **parts).eval(), inputs=(torch.empty(1 << 16, 1 << 10, 4),))


def reaches(graph: Graph, source: str, target: str) -> bool:
    """Whether one layer's values come into another's."""
    found = {source}
    for layer in graph.layers:
        if found & set(layer.sources):
            found.add(layer.name)
    return target in found
