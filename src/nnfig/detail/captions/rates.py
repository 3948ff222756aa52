"""Layers that drop something and are hidden -> what the caption calls them, with their rates where these differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.folds.structure import DROPS_BRANCHES, RATES
from nnfig.graph import Layer

DROPOUT, BRANCHES = "dropout", "stochastic depth"
Drops = Mapping[str, Sequence[tuple[str, float | None]]]
"""For each group, at any depth of it, what it drops, and at which rate."""


def drops(layer: Layer) -> str:
    """`dropout`, or `stochastic depth` for what drops whole branches; '' for what drops nothing."""
    if category_of(layer.kind).name != "dropout" or layer.kind == "Identity" or _rate(layer) == 0:
        return ""
    return BRANCHES if DROPS_BRANCHES.fullmatch(layer.kind) else DROPOUT


def with_rates(word: str, drafts: Sequence[Draft]) -> str:
    """`dropout of 0.1 and 0.4` where hidden layers differ, so that blocks that are drawn once may differ in it."""
    hidden = [layer for draft in drafts for layer in draft.record.hidden if drops(layer) == word]
    rates = sorted({rate for layer in hidden if (rate := _rate(layer)) is not None})
    between = "and" if len(rates) == 2 else "to"
    return f"{word} of {rates[0]:.2g} {between} {rates[-1]:.2g}" if len(rates) > 1 else word


def dropped(draft: Draft) -> Drops:
    """What is hidden so far that drops something, by the source's groups."""
    found: dict[str, list[tuple[str, float | None]]] = {}
    for layer in draft.record.hidden:
        if word := drops(layer):
            for path in draft.origin.ancestors(layer.group):
                found.setdefault(path, []).append((word, _rate(layer)))
    return found


def _rate(layer: Layer) -> float | None:
    found = next((layer.attributes[name] for name in RATES if name in layer.attributes), None)
    return float(found) if isinstance(found, (int, float)) else None
