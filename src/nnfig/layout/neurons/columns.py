"""From a drawn graph to the columns of the neurons view: vectors with their units, activations and dropped units."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nnfig.graph import Dim, Graph, Layer
from nnfig.layout.tensors import UNKNOWN, operation, output_size
from nnfig.layout.words import merged_words

MOST = 8
"""The largest vector of which every unit is drawn."""

CUT = (3, 6)
"""Circles of the shortest and of the longest vectors of which not all are: an ellipsis stands before the last."""

GROWTH = 4
"""One circle more stands for so many times as many units."""

KEPT = 0.5
"""Share of units that dropout keeps where its probability is unknown."""

FOLLOWING = ("act", "norm", "softmax", "drop", "flat")
"""Operations that change no size: words under a column."""


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
    added: tuple[str, ...] = ()
    """Columns whose units are added to its own."""
    layer: Layer | None = None


@dataclass
class Reading:
    """What is known while the graph is read."""

    graph: Graph
    least: int
    """Circles of vectors that are cut, at least."""
    columns: dict[str, Column] = field(default_factory=dict[str, Column])
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    """Columns that together are what a layer or input gives."""
    unread: list[Layer] = field(default_factory=list[Layer])
    """Layers that take columns and cannot be shown between columns."""

    def add(self, column: Column) -> None:
        """One more column."""
        self.columns[column.name] = column
        self.owners[column.name] = (column.name,)

    def taken(self, layer: Layer) -> tuple[str, ...]:
        """The columns that a layer takes, in order."""
        return tuple(dict.fromkeys(name for source in layer.sources for name in self.owners.get(source, ())))


def columns(graph: Graph, least: int = CUT[0]) -> tuple[Column, ...]:
    """The vectors of a graph, from the last map that becomes a vector on.

    Linear 8, ReLU, Dropout, Linear 3 becomes a column of 8 circles, some crossed out, and one of 3.
    """
    found = list(read(graph, least).columns.values())
    met = {name for column in found for name in (*column.sources, *column.added)}
    return tuple(column for column in found if column.sources or column.name in met) or tuple(found)


def most_whole(graphs: Iterable[Graph]) -> int:
    """Circles of the largest vector that is drawn whole: longer ones have no fewer."""
    return max((c.units for graph in graphs for c in columns(graph) if not c.dots_after), default=0)


def read(graph: Graph, least: int = CUT[0]) -> Reading:
    """The columns of a graph, and the layers that have no place among them."""
    found = Reading(graph, least)
    for name in graph.inputs:
        size = output_size(graph, name)
        if size and size.form == "vector":
            found.add(_column(name, "data", size.channels, least))
    for layer in graph.layers:
        _read(layer, found)
    return found


def _read(layer: Layer, found: Reading) -> None:
    """Read one layer: a column, a word under the one before, crossed units in it, or columns taken together."""
    size = output_size(found.graph, layer.name)
    if size is None or size.form != "vector":
        return
    does = operation(layer)
    taken = found.taken(layer)
    alone = len(taken) == 1 and found.columns[taken[0]].size == size.channels
    if alone and does in FOLLOWING:
        found.owners[layer.name] = taken
        found.columns[taken[0]] = _followed(found.columns[taken[0]], layer, does)
    elif does == "concat" and all(source in found.owners for source in layer.sources):
        found.owners[layer.name] = taken
    elif does == "add" and _is_residual(layer, taken, found):
        *others, last = sorted(taken, key=list(found.columns).index)
        words = (*found.columns[last].words, "sum", *merged_words(layer))
        found.columns[last] = replace(found.columns[last], words=words, added=tuple(others))
        found.owners[layer.name] = (last,)
    else:
        if taken and (does not in ("linear", "flat", "out") or not _fits(layer, taken, found)):
            found.unread.append(layer)
        if does == "linear" and not taken:
            taken = _flattened(layer, found)
        given = does in FOLLOWING
        cls = "data" if given else layer.look.cls if layer.look else "block"
        words = (*_map_words(layer, found), *merged_words(layer)) if given else merged_words(layer)
        fresh = replace(_column(layer.name, cls, size.channels, found.least), sources=taken, words=tuple(words))
        found.add(_followed(fresh, layer, does) if given else replace(fresh, layer=layer))


def _fits(layer: Layer, taken: Sequence[str], found: Reading) -> bool:
    """Whether a layer takes as many units as the columns have: none of them is given to it twice."""
    sizes = [found.columns[name].size for name in taken]
    asked = layer.attributes.get("in_features")
    known = [size for size in sizes if isinstance(size, int)]
    return not isinstance(asked, int) or len(known) < len(sizes) or sum(known) == asked


def _followed(column: Column, layer: Layer, does: str) -> Column:
    column = replace(column, words=(*column.words, *_words(layer, does)))
    if does != "drop":
        return column
    return replace(column, crossed=crossed(column.units, layer.attributes.get("p", KEPT), layer.name))


def _is_residual(layer: Layer, taken: Sequence[str], found: Reading) -> bool:
    """Whether a layer adds equal columns, of which the last is taken by nothing else."""
    if len(taken) < 2 or len({found.columns[name].size for name in taken}) > 1:
        return False
    last = max(taken, key=list(found.columns).index)
    names = [name for name, owner in found.owners.items() if owner == (last,)]
    return all(len(found.graph.consumers[name]) == 1 for name in names)


def _flattened(layer: Layer, found: Reading) -> tuple[str, ...]:
    """A column for what a fully connected layer takes from a part of the network that is not drawn."""
    source = layer.sources[0] if layer.sources else ""
    size = layer.attributes.get("in_features")
    if not source or not isinstance(size, int):
        return ()
    found.add(replace(_column(source, "data", size, found.least), words=_map_words(layer, found)))
    return (source,)


def _map_words(layer: Layer, found: Reading) -> tuple[str, ...]:
    """The size of the map that a vector is made of."""
    shape = output_size(found.graph, layer.sources[0]) if layer.sources else None
    return (str(shape),) if shape and shape.form == "map" and set(shape.space) != {1} else ()


def _column(name: str, cls: str, size: Dim, least: int) -> Column:
    """A column of every unit, or of a few and an ellipsis before the last."""
    if isinstance(size, int) and size <= MOST:
        return Column(name, cls, size, size)
    units = max(least, cut(size))
    return Column(name, cls, size, units, units - 1)


def cut(size: Dim) -> int:
    """Circles of a vector that is too long to be drawn whole: a longer one never has fewer.

    >>> [cut(size) for size in (10, 32, 128, 256, 784, 4096)]
    [3, 3, 4, 5, 6, 6]
    """
    number = size if isinstance(size, int) else UNKNOWN
    return min(CUT[1], CUT[0] + int(math.log(max(number / (MOST + 1), 1), GROWTH)))


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


def common(found: Sequence[Column]) -> tuple[str, ...]:
    """What is written under all hidden columns alike."""
    words = {column.words for column in _hidden(found)}
    return words.pop() if len(words) == 1 else ()


def brief(found: Sequence[Column]) -> tuple[Column, ...]:
    """The columns without what is written under all hidden ones alike."""
    hidden = _hidden(found) if common(found) else []
    return tuple(replace(column, words=()) if column in hidden else column for column in found)


def _hidden(found: Sequence[Column]) -> list[Column]:
    taken = {name for column in found for name in column.sources}
    return [column for column in found if column.sources and column.name in taken]


def joined(found: Iterable[Column]) -> list[tuple[str, str]]:
    """Names of columns between which every unit is joined with every unit."""
    return [(source, column.name) for column in found for source in column.sources]


def ranks(found: Sequence[Column]) -> Mapping[str, int]:
    """How many columns a vector is away from the first; what only later columns take stands right before them."""
    rank: dict[str, int] = {}
    for column in found:
        rank[column.name] = 1 + max((rank[source] for source in column.sources), default=-1)
    takers: dict[str, list[int]] = {}
    for source, target in joined(found):
        takers.setdefault(source, []).append(rank[target])
    for column in found:
        if not column.sources and column.name in takers:
            rank[column.name] = min(takers[column.name]) - 1
    return rank


def far(found: Sequence[Column]) -> tuple[str, str] | None:
    """Two columns that are joined past another one, if there are such."""
    rank = ranks(found)
    return next(((a, b) for a, b in joined(found) if rank[b] - rank[a] > 1), None)
