"""From a drawn graph to the columns of the neurons view: vectors with their units, activations and dropped units."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Dim, Graph, Layer
from nnfig.layout.tensors import operation, output_size
from nnfig.layout.words import merged_words

MOST = 10
"""The largest vector of which every unit is drawn."""

CUT = 7
"""Circles of a longer one: an ellipsis stands before the last."""

KEPT = 0.5
"""Share of units that dropout keeps where its probability is unknown."""


@dataclass(frozen=True, slots=True)
class Column:
    """One vector: how many units it has, how many circles are drawn, and which of them are dropped."""

    name: str
    cls: str
    size: Dim
    units: int
    """Circles drawn."""
    dots_after: int = 0
    """An ellipsis follows this circle; 0: every unit is drawn."""
    words: tuple[str, ...] = ()
    """Activations and norms after the layer."""
    crossed: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    """Columns that it takes everything from."""
    layer: Layer | None = None


def columns(graph: Graph, most: int = MOST) -> tuple[Column, ...]:
    """The vectors of a graph, from the last map that becomes a vector on.

    Linear 8, ReLU, Dropout, Linear 3 becomes a column of 8 circles, some crossed out, and one of 3.
    """
    found: dict[str, Column] = {}
    owner: dict[str, str] = {}
    for name in graph.inputs:
        size = output_size(graph, name)
        if size and size.form == "vector":
            found[name] = _column(name, "data", size.channels, most)
            owner[name] = name
    for layer in graph.layers:
        _add(layer, graph, found, owner, most)
    return tuple(found.values())


def _add(layer: Layer, graph: Graph, found: dict[str, Column], owner: dict[str, str], most: int) -> None:
    """Read one layer: a column, a word under the one before, or crossed units in it."""
    size = output_size(graph, layer.name)
    if size is None or size.form != "vector":
        return
    does = operation(layer)
    sources = tuple(dict.fromkeys(owner[s] for s in layer.sources if s in owner))
    before = found[sources[0]] if len(sources) == 1 else None
    cls = layer.look.cls if layer.look else "block"
    if before and does in ("act", "norm", "softmax", "drop", "flat") and before.size == size.channels:
        owner[layer.name] = before.name
        changed = replace(before, words=(*before.words, *_words(layer, does)))
        if does == "drop":
            changed = replace(changed, crossed=crossed(before.units, layer.attributes.get("p", KEPT), layer.name))
        found[before.name] = changed
        return
    if does == "linear" and not sources:
        sources = _flattened(layer, graph, found, owner, most)
    fresh = _column(layer.name, "data" if does == "flat" else cls, size.channels, most)
    found[layer.name] = replace(fresh, sources=sources, words=tuple(merged_words(layer)), layer=layer)
    owner[layer.name] = layer.name


def _flattened(
    layer: Layer, graph: Graph, found: dict[str, Column], owner: dict[str, str], most: int
) -> tuple[str, ...]:
    """A column for what a fully connected layer takes from a part of the network that is not drawn."""
    source = layer.sources[0] if layer.sources else ""
    size = layer.attributes.get("in_features")
    if not source or not isinstance(size, int):
        return ()
    shape = output_size(graph, source)
    words = (str(shape),) if shape and shape.form == "map" and set(shape.space) != {1} else ()
    found[source] = replace(_column(source, "data", size, most), words=words)
    owner[source] = source
    return (source,)


def _column(name: str, cls: str, size: Dim, most: int) -> Column:
    """A column of every unit, or of a few and an ellipsis before the last."""
    if isinstance(size, int) and size <= most:
        return Column(name, cls, size, size)
    return Column(name, cls, size, CUT, CUT - 1)


def crossed(units: int, p: object, seed: str) -> tuple[int, ...]:
    """Which circles dropout crosses out, the same ones for the same layer.

    >>> len(crossed(8, 0.5, "drop1"))
    4
    """
    share = float(p) if isinstance(p, (int, float)) else 1 - KEPT
    count = min(units - 1, max(1, round(share * units))) if share > 0 else 0
    return tuple(sorted(random.Random(seed).sample(range(1, units + 1), max(0, count))))


def _words(layer: Layer, does: str) -> tuple[str, ...]:
    """What is written under a column for an operation that changes no size."""
    if does == "flat":
        return ()
    if does == "drop":
        p = layer.attributes.get("p")
        return (f"dropout {p:g}" if isinstance(p, (int, float)) else "dropout",)
    label = layer.look.label if layer.look and layer.look.label else (layer.kind,)
    return (label[0],)


def joined(found: Sequence[Column]) -> list[tuple[Column, Column]]:
    """Pairs of columns between which every unit is joined with every unit."""
    by_name = {c.name: c for c in found}
    return [(by_name[s], c) for c in found for s in c.sources]
