"""What runs inside layers after them: what the legend says of a colour, and what boxes say that are otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from nnfig.graph import Graph, Layer
from nnfig.layout.tensors import operation
from nnfig.layout.volumes.stations import cls_of
from nnfig.layout.words import merged_words

SHARE = 0.75
"""So many layers of a place have it where a caption tells something of them all."""

Pattern = tuple[str, ...]

Place = Literal["sum", "end", ""]
"""Where a layer stands: it feeds only sums, it ends the network, or neither."""

Counts = Mapping[tuple[str, Place], Counter[Pattern]]


def after(graphs: Sequence[Graph]) -> tuple[dict[str, Pattern], list[dict[str, str]]]:
    """By class, what most layers are followed by; for each graph, by layer, what its box says where that is not so."""
    counts: dict[tuple[str, Place], Counter[Pattern]] = {}
    for graph in graphs:
        for layer in graph.layers:
            counts.setdefault((cls_of(layer), _place(layer, graph)), Counter())[tuple(merged_words(layer))] += 1
    usual = {cls: _usual(cls, counts) for cls, _ in counts}
    said = [
        {
            layer.name: text
            for layer in graph.layers
            if (text := _otherwise(layer, _place(layer, graph), usual[cls_of(layer)], counts))
        }
        for graph in graphs
    ]
    return usual, said


def _usual(cls: str, counts: Counts) -> Pattern:
    """What more than half of a class have, of those in no special place if there are such."""
    counter = counts.get((cls, "")) or sum((counts.get((cls, place), Counter()) for place in _SPECIAL), Counter())
    pattern, count = min(counter.items(), key=lambda item: (-item[1], item[0]))
    return pattern if 2 * count > counter.total() else ()


def _otherwise(layer: Layer, place: Place, usual: Pattern, counts: Counts) -> str:
    """`no ReLU`, `only sigmoid` or `+ ReLU` where neither legend nor caption, which tells of places, says so."""
    own, cls = tuple(merged_words(layer)), cls_of(layer)
    told = usual
    if place == "sum" and _agree(own, counts[cls, place]):
        told = own
    if place == "end" and not own and _agree(usual, counts.get((cls, ""), Counter())):
        told = own
    if own == told:
        return ""
    if set(own) <= set(usual):
        return ", ".join(f"no {part}" for part in usual if part not in own)
    return f"{'+' if set(usual) <= set(own) else 'only'} {' + '.join(own)}"


def _agree(pattern: Pattern, counter: Counter[Pattern]) -> bool:
    """Whether so many have a pattern that a caption tells it."""
    return counter[pattern] >= SHARE * counter.total() > 0


def _place(layer: Layer, graph: Graph) -> Place:
    takers = [graph.layer[name] for name in graph.consumers[layer.name]]
    outputs = graph.outputs
    if layer.name in outputs or (
        takers and all(operation(taker) == "softmax" and taker.name in outputs for taker in takers)
    ):
        return "end"
    sums = [operation(taker) == "add" and len(taker.inputs) > 1 for taker in takers]
    return "sum" if sums and all(sums) else ""


_SPECIAL: tuple[Place, ...] = ("sum", "end")
