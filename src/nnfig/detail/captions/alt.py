"""Drawn graph -> a description for readers who cannot see the figure."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.detail.captions.english import in_words, listed, sentence
from nnfig.detail.captions.ties import said_of_weights
from nnfig.detail.draft import Draft
from nnfig.graph import Group, Layer

MOST = 30
"""Layers that are told one by one."""


def alt(drafts: Sequence[Draft], opened: Sequence[Draft] = (), title: str = "") -> str:
    """`Diagram of LeNet. Input: image. Layers in order: 5×5 conv, 6; ...; Linear, 10.`, then what insets open."""
    networks = [_network(draft, title if index == 0 else "") for index, draft in enumerate(drafts)]
    weights = [sentence(said) for draft in drafts if (said := said_of_weights(draft))]
    return " ".join((*networks, *weights, *map(_inset, opened)))


def _network(draft: Draft, title: str) -> str:
    inputs = listed([in_words(name) for name in draft.graph.inputs]) or "nothing"
    name = title or draft.origin.name or "a network"
    return f"Diagram of {name}. Input: {inputs}. Layers in order: {_steps(draft)}."


def _inset(draft: Draft) -> str:
    name = draft.rules.title(Group("", draft.graph.name)) or draft.graph.name
    return f"Inset: inside {name} there are, in order: {_steps(draft)}."


def _steps(draft: Draft) -> str:
    graph = draft.graph
    steps: list[str] = []
    seen: set[str] = set()
    for layer in graph.layers:
        for group in (graph.group[path] for path in reversed(graph.ancestors(layer.group))):
            if group.repeat > 1 and group.path not in seen:
                seen.add(group.path)
                steps.append(f"{group.repeat} times in a row {group.title or group.cls or 'the following'}:".rstrip())
        steps.append(_step(layer))
    over = len(steps) - MOST
    more = f"; and {over} more step{'s' * (over > 1)}" if over > 0 else ""
    return "; ".join(steps[:MOST]).replace(":;", ":") + more


def _step(layer: Layer) -> str:
    label = " ".join(layer.look.label) if layer.look else layer.kind
    return f"{label} of {len(layer.inputs)} tensors" if len(layer.inputs) > 1 else label
