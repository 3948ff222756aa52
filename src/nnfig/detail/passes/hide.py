"""Layers that rules hide are contracted: what they took goes to what took them, so that no path is lost or made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.drop_dead import without_empty_groups
from nnfig.detail.passes.moves import move
from nnfig.detail.passes.selections import inner, part, together
from nnfig.graph import Edge, Graph, Layer
from nnfig.graph.every import without_all

NOISE = ("dropout", "reshape")
NOISE_MARKS = ("plumbing", "index")
COUNTING = ("merge", "product", "linear")
"""Categories of layers that give another result where they are given a tensor twice: `h + h`, `h * h`."""
_TIMES = {2: "twice"}


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
    hidden = tuple(
        layer
        for layer in graph.layers
        if among(layer) and draft.rules.fate(layer, graph) == "hide" and not _chooses(layer)
    )
    if not hidden:
        return draft
    say = draft.rules.shows("attributes")
    return draft.having(contracted(graph, {layer.name for layer in hidden}, say), hidden=hidden)


def _chooses(layer: Layer) -> bool:
    """Whether it takes of one tensor what another one says, a computed mask or index: that joins them."""
    return layer.kind == "getitem" and layer.mark == "" and len({*layer.sources}) > 1


@dataclass(frozen=True, slots=True)
class Way:
    """An edge and the hidden layers that it runs through after its source."""

    edge: Edge
    through: tuple[Layer, ...] = ()
    part: str = ""
    """Which part of the tensor comes out at its end, '' for all of it."""


def contracted(graph: Graph, names: set[str], say: bool = False) -> Graph:
    """The graph without the named layers.

    Edges close over them and say which part of a tensor they take, and, if asked, what else happens on the way.
    """
    instead: dict[str, tuple[Way, ...]] = {}
    kept: list[Layer] = []
    for layer in graph.layers:
        ways = tuple(way for edge in layer.inputs for way in _ways(edge, instead, graph))
        if layer.name in names:
            instead[layer.name] = tuple(replace(way, through=(*way.through, layer)) for way in _unique(ways))
        else:
            inputs = tuple(_labelled(way, graph, say) for way in ways)
            kept.append(layer if inputs == layer.inputs else replace(layer, inputs=inputs))
    kept = [_backwards(layer, instead) for layer in kept]
    outputs: list[str] = []
    titles: list[str] = []
    for index, name in enumerate(graph.outputs):
        for way in instead.get(name, (Way(Edge(name)),)):
            if way.edge.kind == "data" and (name not in instead or way.edge.source not in outputs):
                outputs.append(way.edge.source)
                titles.append(graph.output_names[index] if graph.output_names else "")
    named = tuple(titles) if graph.output_names else ()
    return without_empty_groups(graph.replace(layers=tuple(kept), outputs=tuple(outputs), output_names=named))


def _ways(edge: Edge, instead: dict[str, tuple[Way, ...]], graph: Graph) -> tuple[Way, ...]:
    if edge.source not in instead or edge.kind == "gradient":
        return (Way(edge),)
    layer = graph.layer[edge.source]
    spec = graph.spec(layer.inputs[0].source, layer.inputs[0].output) if layer.inputs else None
    word = part(layer, edge.output, spec.shape) if spec else ""
    ways = (way for way in instead[edge.source] if way.edge.kind == "data")
    return tuple(replace(way, part=edge.label or inner(way.part, word)) for way in ways)


def _backwards(layer: Layer, instead: dict[str, tuple[Way, ...]]) -> Layer:
    """The layer with gradient edges, which may come from later layers, led around hidden ones.

    A gradient that comes out of a hidden layer came into it, or began there from what the layer took.
    """
    if not any(edge.source in instead for edge in layer.inputs):
        return layer
    found: dict[tuple[str, int, str], Edge] = {}
    seen: set[str] = set()
    stack = list(reversed(layer.inputs))
    while stack:
        edge = stack.pop()
        if edge.source not in instead:
            if edge.source != layer.name:
                found.setdefault((edge.source, edge.output, edge.kind), edge)
        elif edge.source not in seen:
            seen.add(edge.source)
            before = [way.edge for way in instead[edge.source]]
            flows = [each for each in before if each.kind == "gradient"] or before
            stack += [replace(each, kind="gradient") for each in reversed(flows)]
    return replace(layer, inputs=tuple(found.values()))


def _labelled(way: Way, graph: Graph, say: bool) -> Edge:
    if not way.through:
        return way.edge
    source = graph.layer.get(way.edge.source)
    cut = "" if source is not None and source.mark == "constant" else way.part
    moved = move(way.through, graph) if say and not way.edge.label else ""
    return replace(way.edge, label=_joined(way.edge.label, cut or moved))


def _joined(*words: str) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _unique(ways: Iterable[Way]) -> tuple[Way, ...]:
    """Ways without repetition: what a hidden layer took twice goes on once."""
    found: dict[tuple[str, int, str, int], list[Way]] = {}
    for way in ways:
        every = without_all(way.edge.label)[1]
        found.setdefault((way.edge.source, way.edge.output, way.edge.kind, every), []).append(way)
    return tuple(replace(same[0], part=together(way.part for way in same)) for same in found.values())


def counted(draft: Draft) -> Draft:
    """`h * h` and `cat([h, h])` take one wire that says `twice`, except at `ops`, whatever is hidden later."""
    if draft.rules.level == "operations":
        return draft
    graph = draft.graph
    return draft.having(graph.replace(layers=tuple(map(_counted, graph.layers))))


def _counted(layer: Layer) -> Layer:
    times = Counter(layer.inputs)
    if category_of(layer.kind).name not in COUNTING or len(times) == len(layer.inputs):
        return layer
    words = {edge: _joined(edge.label, "" if n < 2 else _TIMES.get(n, f"{n} times")) for edge, n in times.items()}
    return replace(layer, inputs=tuple(replace(edge, label=word) for edge, word in words.items()))


def single_wires(draft: Draft) -> Draft:
    """A tensor that a layer takes twice (`attention(x, x, x)`) is one wire, except at `ops`."""
    if draft.rules.level == "operations":
        return draft
    graph = draft.graph
    layers = tuple(
        layer if len(edges := one_each(layer.inputs)) == len(layer.inputs) else replace(layer, inputs=edges)
        for layer in graph.layers
    )  # fmt: skip
    return draft.having(graph.replace(layers=layers))


def one_each(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Every tensor once, with what all edges that carry it say."""
    ways = _unique(Way(edge, part=edge.label) for edge in edges)
    return tuple(replace(way.edge, label=way.part) for way in ways)
