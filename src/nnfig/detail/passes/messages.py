"""Layers of a block -> whether it is one operation on a graph: rows go along edges and are summed where they meet."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nnfig.detail.categories import category_of
from nnfig.graph import Layer

_GATHERS = ("index_select", "gather", "take_along_dim", "getitem")
_SCATTERS = re.compile(r"(scatter|index_add|segment)\w*")
_WITH_WEIGHTS = ("linear", "convolution", "attention", "recurrent")


def passes_messages(members: Sequence[Layer]) -> bool:
    """Whether what is gathered by an index is scattered by one, through one layer with weights at most.

    `GATConv` is such an operation; a block that runs a network on every message or node is more than one.
    """
    weighted: dict[str, int] = {}
    gathered: set[str] = set()
    scatters = False
    for layer in members:
        by_index = len(layer.inputs) > 1
        weighted[layer.name] = max((weighted.get(source, 0) for source in layer.sources), default=0)
        weighted[layer.name] += bool(layer.params) and category_of(layer.kind).name in _WITH_WEIGHTS
        if (layer.kind in _GATHERS and by_index) or not gathered.isdisjoint(layer.sources):
            gathered.add(layer.name)
        scatters |= bool(_SCATTERS.fullmatch(layer.kind)) and layer.name in gathered
    return scatters and max(weighted.values()) <= 1
