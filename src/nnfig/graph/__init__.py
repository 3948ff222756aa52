"""The nouns that every room speaks: what a network is, and what of it is drawn."""

from nnfig.graph.drawing import Drawing, LegendEntry, Panel
from nnfig.graph.model import Dim, Edge, Graph, Group, Layer, Look, Mark, TensorSpec
from nnfig.graph.verify import verify

__all__ = [
    "Dim",
    "Drawing",
    "Edge",
    "Graph",
    "Group",
    "Layer",
    "LegendEntry",
    "Look",
    "Mark",
    "Panel",
    "TensorSpec",
    "verify",
]
