"""Drawn graphs -> what the caption says of steps in time: boxes in a row that are one module, run again and again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nnfig.detail.draft import Draft
from nnfig.detail.english import listed
from nnfig.graph import Layer


def steps(drafts: Sequence[Draft]) -> str:
    """`the 3 boxes LSTMCell are steps in time of one module, whose weights they share`; '' where there are none."""
    found = [calls for draft in drafts for calls in recurrences(draft)]
    kinds = listed(list(dict.fromkeys(calls[0].kind for calls in found)))
    whose = "one module" if len(found) == 1 else f"{len(found)} modules"
    boxes = f"the {sum(map(len, found))} boxes {kinds} are steps in time of {whose}, whose weights they share"
    return boxes if found else ""


def recurrences(draft: Draft) -> list[tuple[Layer, ...]]:
    """Layers with the same weights of which each takes what the one before it gave."""
    graph = draft.graph
    calls: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        calls.setdefault(layer.shared or layer.name, []).append(layer)
    return [
        tuple(each) for each in calls.values() if len(each) > 1 and all(a.name in b.sources for a, b in pairwise(each))
    ]
