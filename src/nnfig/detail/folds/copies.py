"""Equal layers of blocks that are folded -> what the one that is kept says of those in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from nnfig.detail.folds.structure import DROPOUT, may_differ
from nnfig.detail.labels.values import text
from nnfig.graph import Edge, Graph, Layer


def varying(copies: Sequence[Layer]) -> dict[str, str]:
    """Attributes in which equal copies may differ, counters and rates of dropout: from first to last."""
    found: dict[str, str] = {}
    for name in copies[0].attributes:
        values = [copy.attributes.get(name) for copy in copies]
        if (may_differ(copies[0], name) or name in DROPOUT) and any(value != values[0] for value in values):
            found[name] = f"{text(values[0])} to {text(values[-1])}" if _in_order(values) else "varies"
    return found


def taking(copies: Sequence[Layer], graph: Graph) -> dict[Edge, Edge]:
    """Of the edges that the first of equal copies takes, those that bring each copy another part of one tensor.

    Instead of its own part the one that is kept takes that of step t.
    """
    found: dict[Edge, Edge] = {}
    for edges in zip(*(copy.inputs for copy in copies), strict=False):
        parts = {(edge.output, edge.label) for edge in edges}
        if len({edge.source for edge in edges}) == 1 and len(parts) == len(copies):
            source = edges[0].source
            symbol = source in graph.inputs and len(source) == 1
            found[edges[0]] = replace(edges[0], label=f"{source}ₜ" if symbol else "step t")
    return found


def _in_order(values: Sequence[Any]) -> bool:
    """Whether numbers only rise or only fall; of other values nobody expects more than that they go on."""
    if not all(isinstance(value, (int, float)) for value in values):
        return True
    steps = [after - before for before, after in pairwise(values)]
    return all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
