"""What passes work on: a graph on its way to being drawn, and the record of what has been done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nnfig.detail.labels.contents import Contents
from nnfig.detail.sheets.rules import Rules
from nnfig.graph import Graph, Layer


@dataclass(frozen=True, slots=True)
class Fold:
    """Equal blocks of which the first is kept."""

    path: str
    """Path of the group that stands for all."""
    name: str
    """What they are called: a class, or the kinds in them."""
    repeat: int
    differ: tuple[str, ...] = ()
    """What they drop at rates of their own where that is not drawn: `dropout`, `stochastic depth`."""


@dataclass(frozen=True, slots=True)
class Record:
    """What passes did; the caption is written from it."""

    hidden: tuple[Layer, ...] = ()
    merged: tuple[tuple[str, tuple[Layer, ...]], ...] = ()
    """Name of the drawn layer, and what runs inside it after it."""
    folded: tuple[Fold, ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    """Path and class of groups that became one block."""
    dead: tuple[str, ...] = ()
    shut: tuple[tuple[str, str], ...] = ()
    """Layers that were to be opened and cannot be, with the reason."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A graph under work. Passes are functions Draft -> Draft."""

    graph: Graph
    rules: Rules
    record: Record = field(default_factory=Record)
    origin: Graph = field(default_factory=Graph)
    """As the source gave it."""
    contents: Mapping[str, Contents] = field(default_factory=dict[str, Contents])
    """For each closed block what it holds, by the name of the layer that stands for it."""

    fanout: Mapping[str, int] = field(default_factory=dict[str, int])
    """For layers of folded blocks how many layers take them in the whole network, the next block included."""

    symbols: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the literature calls inputs of the network and parts of opened layers: `h_next` is `hₜ`."""

    whole: bool = True
    """Whether this is the network, not a block of it that an inset opens."""

    def origin_graph(self, layer: Layer) -> Graph:
        """The graph in which rules look for the groups around a layer: the source's where it stands there."""
        return self.origin if layer.name in self.origin.layer else self.graph

    def having(self, graph: Graph | None = None, **record: Any) -> Draft:
        """A copy with another graph and with tuples appended to fields of the record."""
        grown = {name: (*getattr(self.record, name), *more) for name, more in record.items()}
        return replace(self, graph=graph or self.graph, record=replace(self.record, **grown))
