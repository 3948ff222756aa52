"""A view, a transpose and a view back that mix the channels of groups are one layer: a channel shuffle."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.draft import Draft
from nnfig.detail.passes.drop_dead import without_empty_groups
from nnfig.graph import Graph, Layer

_VIEWS = ("view", "reshape", "unflatten", "Unflatten")
_BACK = (*_VIEWS, "flatten", "Flatten")
_TURNS = ("transpose", "permute", "swapaxes", "swapdims")
_COPIES = ("contiguous", "clone")


def shuffles(draft: Draft) -> Draft:
    """`view -> transpose -> contiguous -> view` becomes `channel_shuffle` where it does just that, except at `ops`."""
    graph = draft.graph
    if draft.rules.level == "operations":
        return draft
    chains = [chain for layer in graph.layers if (chain := _chain(layer, graph))]
    if not chains:
        return draft
    gone = {layer.name for chain in chains for layer in chain[:-1]}
    whole = {chain[-1].name: _shuffle(chain) for chain in chains}
    layers = tuple(whole.get(layer.name, layer) for layer in graph.layers if layer.name not in gone)
    return draft.having(without_empty_groups(graph.replace(layers=layers)))


def _shuffle(chain: list[Layer]) -> Layer:
    first, last, attributes = chain[0], chain[-1], {"groups": chain[0].shape[1]}
    return replace(last, kind="channel_shuffle", inputs=first.inputs, mark="", attributes=attributes)


def _chain(first: Layer, graph: Graph) -> list[Layer]:
    """The layers from one that splits channels into groups to the one that joins them again; empty if it is none."""
    before = graph.spec(first.inputs[0].source, first.inputs[0].output) if len(first.inputs) == 1 else None
    if first.kind not in _VIEWS or before is None or len(before.shape) < 3:
        return []
    (batch, _, *pixels), split = before.shape, first.shape
    if len(split) != len(before.shape) + 1 or (split[0], *split[3:]) != (batch, *pixels):
        return []
    chain = [first]
    while (after := _only_taker(chain[-1], graph)) and after.kind in _COPIES:
        chain.append(after)
    if after is None or not _swaps(after, len(split)):
        return []
    chain.append(after)
    while (after := _only_taker(chain[-1], graph)) and after.kind in _COPIES:
        chain.append(after)
    return [*chain, after] if after and after.kind in _BACK and after.shape == before.shape else []


def _only_taker(layer: Layer, graph: Graph) -> Layer | None:
    takers = graph.consumers[layer.name]
    taker = graph.layer[takers[0]] if len(takers) == 1 and layer.name not in graph.outputs else None
    return taker if taker and len(taker.inputs) == 1 else None


def _swaps(layer: Layer, rank: int) -> bool:
    """Whether it is groups and the channels in them, axes 1 and 2, that a layer swaps."""
    given = layer.attributes
    if layer.kind == "permute":
        return tuple(given.get("dims", ())) == (0, 2, 1, *range(3, rank))
    if layer.kind not in _TURNS:
        return False
    axes = [next((given[n] for n in names if n in given), None) for names in (("dim0", "axis0"), ("dim1", "axis1"))]
    return sorted(axis % rank if isinstance(axis, int) else rank for axis in axes) == [1, 2]
