"""Drawn graph -> a description for readers who cannot see the figure."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.detail.draft import Draft
from nnfig.detail.english import listed
from nnfig.graph import Layer

MOST = 30
"""Layers that are told one by one."""


def alt(drafts: Sequence[Draft], title: str = "") -> str:
    """`Diagram of LeNet: from image through 5×5 conv, 6; ... to Linear, 10. 1 residual sum ...`."""
    return " ".join(_network(draft, title if index == 0 else "") for index, draft in enumerate(drafts))


def _network(draft: Draft, title: str) -> str:
    graph = draft.graph
    steps: list[str] = []
    seen: set[str] = set()
    for layer in graph.layers:
        around = [graph.group[path] for path in reversed(graph.ancestors(layer.group))]
        for group in around:
            if group.repeat > 1 and group.path not in seen:
                seen.add(group.path)
                steps.append(f"{group.repeat} times in a row {group.title or group.cls or 'the following'}:".rstrip())
        steps.append(_step(layer))
    more = f"; and {len(steps) - MOST} more steps" if len(steps) > MOST else ""
    inputs = listed(list(graph.inputs)) or "nothing"
    told = "; ".join(steps[:MOST]).replace(":;", ":")
    return f"Diagram of {title or draft.origin.name or 'a network'}. Input: {inputs}. Layers in order: {told}{more}."


def _step(layer: Layer) -> str:
    label = " ".join(layer.look.label) if layer.look else layer.kind
    return f"{label} of {len(layer.inputs)} tensors" if len(layer.inputs) > 1 else label
