"""Layers that rules hide are contracted: what they took goes to what took them, so that no path is lost or made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.drop_dead import without_empty_groups
from nnfig.detail.draft import Draft
from nnfig.graph import Edge, Graph, Layer

NOISE = ("dropout", "reshape")
NOISE_MARKS = ("plumbing", "index")


def hide(draft: Draft) -> Draft:
    """`conv -> relu -> linear` becomes `conv -> linear` where activations are hidden."""
    return _without(draft, lambda layer: True)


def hide_noise(draft: Draft) -> Draft:
    """As `hide`, but only what leaves equal blocks equal: dropout, changes of shape, masks and positions.

    It runs before equal blocks are looked for; all else is hidden after, so that blocks that differ in what is
    hidden are never taken for equal.
    """
    return _without(draft, lambda layer: layer.mark in NOISE_MARKS or category_of(layer.kind).name in NOISE)


def _without(draft: Draft, among: Callable[[Layer], bool]) -> Draft:
    graph = draft.graph
    hidden = tuple(layer for layer in graph.layers if among(layer) and draft.rules.fate(layer, graph) == "hide")
    if not hidden:
        return draft
    return draft.having(contracted(graph, {layer.name for layer in hidden}), hidden=hidden)


def contracted(graph: Graph, names: set[str]) -> Graph:
    """The graph without the named layers; edges close over them."""
    instead: dict[str, tuple[Edge, ...]] = {}
    kept: list[Layer] = []
    for layer in graph.layers:
        inputs = _unique([through for edge in layer.inputs for through in _through(edge, instead)])
        if layer.name in names:
            instead[layer.name] = inputs
        else:
            kept.append(layer if inputs == layer.inputs else replace(layer, inputs=inputs))
    outputs: list[str] = []
    titles: list[str] = []
    for index, name in enumerate(graph.outputs):
        for edge in instead.get(name, (Edge(name),)):
            if edge.source not in outputs:
                outputs.append(edge.source)
                titles.append(graph.output_names[index] if graph.output_names else "")
    named = tuple(titles) if graph.output_names else ()
    return without_empty_groups(graph.replace(layers=tuple(kept), outputs=tuple(outputs), output_names=named))


def _through(edge: Edge, instead: dict[str, tuple[Edge, ...]]) -> tuple[Edge, ...]:
    if edge.source not in instead:
        return (edge,)
    return tuple(replace(before, label=before.label or edge.label, kind=edge.kind) for before in instead[edge.source])


def _unique(edges: list[Edge]) -> tuple[Edge, ...]:
    """Edges without repetition; the same tensor taken twice by a layer itself (`x + x`) is one wire, too."""
    found: dict[tuple[str, int, str], Edge] = {}
    for edge in edges:
        found.setdefault((edge.source, edge.output, edge.kind), edge)
    return tuple(found.values())
