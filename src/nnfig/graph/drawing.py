"""What detail hands to layout: panels (a graph each, every layer with its Look), words for caption and legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nnfig.graph.model import Graph, Look


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One colour and what it means."""

    cls: str
    """TeX class of the layers (or of the arrows) that it explains."""
    text: str
    what: Literal["node", "edge"] = "node"


@dataclass(frozen=True, slots=True)
class Panel:
    """One network or one opened block, laid out on its own."""

    name: str
    """Unique in the drawing; the main panel is ''."""
    graph: Graph
    """As drawn: every layer has its Look."""
    role: Literal["main", "inset", "compare"] = "main"
    title: str = ""
    of: str = ""
    """For an inset: name of the layer or path of the group (in any panel) that it opens."""
    input_looks: Mapping[str, Look] = field(default_factory=dict[str, Look])
    """How each input of the graph is drawn, by its name."""
    output_looks: Mapping[str, Look] = field(default_factory=dict[str, Look])
    """Outputs that get a node of their own behind the layer that makes them, by that layer's (or input's) name."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure before geometry."""

    panels: tuple[Panel, ...]
    """The main panel first."""
    caption: str = ""
    """Plain text; says what is merged, hidden, folded and closed."""
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    """The caption's sentences by what they are about, for views in which some of them do not hold."""
    alt: str = ""
    """Plain text for screen readers."""
    legend: tuple[LegendEntry, ...] = ()
    notes: tuple[str, ...] = ()
    """What the figure's maker should know (printed by `draw -v`), not for the reader of the paper."""

    @property
    def graph(self) -> Graph:
        """The main panel's graph as drawn."""
        return self.panels[0].graph
