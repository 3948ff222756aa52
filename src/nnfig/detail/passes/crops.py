"""Slices that cut an image to size are layers of the kind `crop`, so that the sizes in a figure stay true."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.selections import is_crop
from nnfig.graph import Graph, Layer

KIND = "crop"


def crops(draft: Draft) -> Draft:
    """`up-conv -> getitem -> return` becomes `up-conv -> crop -> return`.

    What is only cut to be joined with something stays plumbing: that it fits says so.
    """
    graph = draft.graph
    if draft.rules.level == "operations":
        return draft
    layers = tuple(
        replace(layer, kind=KIND, original=layer.kind, mark="")
        if layer.mark == "plumbing" and is_crop(layer, graph) and not _is_joined(layer, graph)
        else layer
        for layer in graph.layers
    )
    return draft.having(graph.replace(layers=layers))


def _is_joined(layer: Layer, graph: Graph) -> bool:
    """Whether all that takes a tensor, moved or cast as it may be, joins it with another."""
    seen, waiting = {layer.name}, [layer.name]
    while waiting:
        name = waiting.pop()
        if name in graph.outputs:
            return False
        for taker in (graph.layer[each] for each in graph.consumers[name]):
            if taker.mark == "plumbing" and taker.name not in seen:
                seen.add(taker.name)
                waiting.append(taker.name)
            elif taker.mark != "plumbing" and category_of(taker.kind).name != "merge":
                return False
    return True
