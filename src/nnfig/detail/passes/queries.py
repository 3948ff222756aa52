"""Thirds of one tensor that go to attention are called what they are there: Q, K and V."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.selections import takes_part
from nnfig.graph import Graph, Layer

Tensor = tuple[str, int]
"""A layer's name and the number of its output."""
Slot = tuple[str, int]
"""A layer's name and the number of its input."""

LETTERS = "QKV"
_ATTENTION = ("scaled_dot_product_attention", "flex_attention")
_PRODUCTS = ("matmul", "bmm")
FAR = 60
"""So many layers may stand between a split and attention: norms, rotary embedding."""


def queries(draft: Draft) -> Draft:
    """`qkv -> split -> attention`: wires say Q, K, V; where all that builds it is told, they say which third."""
    graph = draft.graph
    if draft.rules.level not in ("units", "blocks"):
        return draft
    letters = {tensor: letter for parts in _thirds(graph) for tensor, letter in _called(parts, graph).items()}

    def called(layer: Layer) -> Layer:
        said = [letters.get((edge.source, edge.output), edge.label) for edge in layer.inputs]
        return replace(layer, inputs=tuple(replace(e, label=s) for e, s in zip(layer.inputs, said, strict=True)))

    return draft.having(graph.replace(layers=tuple(map(called, graph.layers)))) if letters else draft


def _thirds(graph: Graph) -> Iterator[list[Tensor]]:
    """For every tensor of which layers take three parts those parts."""
    found: dict[Tensor, list[Tensor]] = {}
    for layer in graph.layers:
        if len(layer.inputs) == 1 and category_of(layer.kind).name == "reshape" and takes_part(layer, graph):
            source = layer.inputs[0].source, layer.inputs[0].output
            found.setdefault(source, []).extend((layer.name, output) for output in range(len(layer.output)))
    return (parts for parts in found.values() if len(parts) == len(LETTERS))


def _called(parts: Sequence[Tensor], graph: Graph) -> dict[Tensor, str]:
    """The letter of each part; none where they are not what one attention takes."""
    slots = [slot for part in parts if (slot := _slot(part, graph))]
    takers = [name for name, _ in slots]
    if len(slots) < len(LETTERS):
        return {}
    scores = max(takers, key=takers.count)
    values = next((name for name in takers if name != scores), scores)
    if values != scores and not _attends(scores, values, graph):
        return {}
    at = [number if name == scores else number + 1 for name, number in slots]
    return {part: LETTERS[n] for part, n in zip(parts, at, strict=True)} if sorted(at) == [0, 1, 2] else {}


def _slot(part: Tensor, graph: Graph) -> Slot | None:
    """The input of attention, or of a product, to which a tensor comes; None if there are several or none."""
    found: set[Slot] = set()
    seen = {part[0]}
    stack: list[tuple[str, tuple[int, ...]]] = [(part[0], (part[1],))]
    while stack and len(seen) < FAR:
        name, outputs = stack.pop()
        for taker in dict.fromkeys(graph.consumers[name]):
            layer = graph.layer[taker]
            taken = [i for i, e in enumerate(layer.inputs) if e.source == name and (not outputs or e.output in outputs)]
            if layer.kind in (*_ATTENTION, *_PRODUCTS):
                found.update((taker, number) for number in taken)
            elif taken and taker not in seen:
                seen.add(taker)
                stack.append((taker, ()))
    return found.pop() if len(found) == 1 and not stack else None


def _attends(scores: str, values: str, graph: Graph) -> bool:
    """Whether one product is the first factor of another, with a softmax on the way."""
    seen, stack = {scores}, [scores]
    while stack and len(seen) < FAR:
        name = stack.pop()
        for taker in graph.consumers[name]:
            layer = graph.layer[taker]
            if taker == values and layer.sources[0] == name:
                return any(category_of(graph.layer[each].kind).name == "softmax" for each in seen)
            if layer.kind not in _PRODUCTS and taker not in seen:
                seen.add(taker)
                stack.append(taker)
    return False
