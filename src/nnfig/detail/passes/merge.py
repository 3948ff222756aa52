"""Layers that rules merge are drawn inside the layer that they follow, where nothing else takes that layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.labels.merged import is_add_norm
from nnfig.graph import Edge, Layer

MOST = 6
"""Layers that one box may hold beside its own; of equal ones in a row there may be any number."""

PASSED = ("normalization", "activation", "dropout", "reshape", "data")
"""Categories of hidden layers behind which a box still holds what follows: they say no more than it does."""


def merge(draft: Draft) -> Draft:
    """`conv -> bn -> relu` becomes `conv` with (bn, relu) inside; the drawn layer gives what the last one gave."""
    graph = draft.graph
    host_of: dict[str, str] = {}
    inside: dict[str, list[Layer]] = {}
    apart = _behind_hidden(draft)
    for layer in graph.layers:
        host = "" if layer.name in apart else _host(layer, draft, host_of)
        held = inside.get(host, [])
        if host and (len(held) < MOST or held[-1].kind == layer.kind):
            host_of[layer.name] = host
            inside.setdefault(host, []).append(layer)
    if not host_of:
        return draft
    kept = tuple(
        _holding(_rewired(layer, host_of), inside.get(layer.name, ()))
        for layer in graph.layers
        if layer.name not in host_of
    )
    outputs = tuple(host_of.get(name, name) for name in graph.outputs)
    merged = tuple((host, tuple(layers)) for host, layers in inside.items())
    return draft.having(graph.replace(layers=kept, outputs=outputs), merged=merged)


def _behind_hidden(draft: Draft) -> set[str]:
    """Layers that take what a hidden layer computed, one that nobody names after the layer before it."""
    hidden = {layer.name for layer in draft.record.hidden}
    computed: set[str] = set()
    found: set[str] = set()
    for layer in draft.origin.layers:
        if not computed.isdisjoint(layer.sources):
            (computed if layer.name in hidden else found).add(layer.name)
        if layer.name in hidden and not layer.mark and category_of(layer.kind).name not in PASSED:
            computed.add(layer.name)
    return found


def _host(layer: Layer, draft: Draft, host_of: dict[str, str]) -> str:
    """The layer that this one is drawn in, '' if none: its only source, which feeds nothing else and is drawn."""
    graph = draft.graph
    if draft.rules.fate(layer, graph) != "merge" or len(set(layer.sources)) != 1:
        return ""
    if any(edge.kind != "data" or edge.output or edge.label for edge in layer.inputs):
        return ""
    before = layer.sources[0]
    source = graph.layer.get(before)
    if source is None or before in graph.outputs or graph.consumers[before] != (layer.name,):
        return ""
    if draft.fanout.get(before, 1) > 1:
        return ""
    if source.group != layer.group or not source.inputs:
        return ""
    if source.name in draft.contents and category_of(source.kind).name in ("block", "attention"):
        return ""
    if draft.rules.merged == "label" and _is_sign(source, draft) and not is_add_norm(source, (layer,)):
        return ""
    return host_of.get(before, before)


def _is_sign(layer: Layer, draft: Draft) -> bool:
    """Whether a layer is drawn as a sign in a circle, which has no room for words."""
    return len(layer.inputs) > 1 and bool(draft.rules.writing(layer, draft.origin_graph(layer)).glyph)


def _rewired(layer: Layer, host_of: dict[str, str]) -> Layer:
    if not any(edge.source in host_of for edge in layer.inputs):
        return layer
    return replace(layer, inputs=tuple(_moved(edge, host_of) for edge in layer.inputs))


def _moved(edge: Edge, host_of: dict[str, str]) -> Edge:
    return replace(edge, source=host_of[edge.source]) if edge.source in host_of else edge


def _holding(layer: Layer, inside: Sequence[Layer]) -> Layer:
    """The layer as it stands for itself and what runs in it: the last one's output, the costs of all."""
    if not inside:
        return layer
    macs = [each.macs for each in (layer, *inside) if each.macs is not None]
    return replace(
        layer,
        output=inside[-1].output or layer.output,
        params=layer.params + sum(each.params for each in inside),
        macs=sum(macs) if macs else None,
    )
