"""Layers that compute with the weights of a layer of another kind: an output layer and its embedding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnfig.detail.draft import Draft
from nnfig.graph import Layer


@dataclass(frozen=True, slots=True)
class Tie:
    """Whose weights something computes with."""

    owner: Layer
    """As the source gave it."""
    home: str
    """Name of what it is drawn in: itself, or a closed block."""


def ties(draft: Draft) -> Mapping[str, Tie]:
    """What is drawn with the weights of something else that is drawn, by name: `lm_head` with those of `wte`.

    A module that is called again is no tie: its calls are equal, and one name tells that.
    """
    at = _places(draft)
    origin = draft.origin
    found: dict[str, Tie] = {}
    for layer in origin.layers:
        owner = origin.layer.get(layer.shared)
        if owner is None or owner.kind == layer.kind or layer.name not in at or owner.name not in at:
            continue
        if at[layer.name] != at[owner.name]:
            found.setdefault(at[layer.name], Tie(owner, at[owner.name]))
    return found


def _places(draft: Draft) -> Mapping[str, str]:
    """For each layer that is drawn, or stands in a closed block or inside another layer, what it is drawn in."""
    found = {layer.name: layer.name for layer in draft.graph.layers}
    for name, contents in draft.contents.items():
        if name in found:
            found.update((member.name, name) for member in contents.members)
    for name, inside in draft.record.merged:
        found.update((layer.name, name) for layer in inside)
    return found
