"""A figure with coordinates: nodes, wires, frames, labels, legends. Points (TeX pt), x right, y up.

Layout makes a Scene, emit writes it as TeX. All text is plain Unicode; emit escapes it. Colours, fonts and line
widths are not here: they follow from `cls` in the style file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnfig.graph import LegendEntry

Point = tuple[float, float]
Side = Literal["north", "south", "east", "west"]

DEPTH_ANGLE = 42.0
"""Direction in which the depth edge of a volume recedes, in degrees."""
DEPTH_SCALE = 0.42
"""How much a depth edge is shortened: a volume of depth d covers d * DEPTH_SCALE along that direction.

The front face of a volume is its bounding box (`w`, `h`) less that projection. A wire leaves a volume at the
silhouette's east and enters at its west, level with the centre of the node; one of class `kernel` leaves at the
middle of the right face, where the kernel is drawn.
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing at a place: box, circle, volume, map, column of neurons, or bare text."""

    name: str
    """The layer's (or input's) name, prefixed `panel/` outside the main panel; emit makes it safe for TeX."""
    x: float
    """Centre."""
    y: float
    w: float
    """Width and height of the bounding box at `font_size` of the scene."""
    h: float
    cls: str = "block"
    shape: Literal["box", "circle", "volume", "map", "neurons", "text"] = "box"
    label: tuple[str, ...] = ()
    """Lines; for a circle its sign."""
    rotate: Literal[0, 90] = 0
    """90: the label reads upwards."""
    dims: str = ""
    """Size written beside the node at `dims_at`."""
    dims_at: Side = "south"
    kind: str = ""
    data: tuple[tuple[str, str], ...] = ()
    """Facts for TeX text templates and for `check`: kernel, channels, stride, shape, params ..."""
    title: str = ""
    """What hovering over the node says in SVG and HTML: name, kind, attributes, shapes, parameters."""
    # volumes: the depth edge runs from the front face to the upper right (see DEPTH_SCALE)
    depth: float = 0.0
    """Length of the receding edge before projection, in pt (volume)."""
    seams: tuple[float, ...] = ()
    """Where seams between joined layers run, as shares of the width (volume)."""
    bands: tuple[tuple[float, float, str], ...] = ()
    """(from, to, class) shares of the width painted in another class's colour (volume)."""
    copied: float = 0.0
    """Share of the width, from the left, that is white because it is a copy (map)."""
    top: str = ""
    """Number above (channels; map and volume)."""
    side: str = ""
    """Text along the left edge (size; map and volume)."""
    below: str = ""
    """Text under the node, lines parted by newlines (volume, neurons)."""
    below_shift: float = 0.0
    """How far right of the middle of the front the text under the node stands (volume)."""
    edge: str = ""
    """Text along the receding edge (volume)."""
    window: tuple[float, float, float, float] | None = None
    """A kernel drawn as the small box that slides in the tensor: x, y (centre, relative), size, depth (volume)."""
    units: int = 0
    """Circles drawn (neurons)."""
    dots_after: int = 0
    """An ellipsis after this many circles; 0: none (neurons)."""
    crossed: tuple[int, ...] = ()
    """Circles, from 1, that are crossed out (dropout; neurons)."""


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow from node to node along `via`; its ends sit on the nodes' borders."""

    source: str
    target: str
    out: Side = "east"
    into: Side = "west"
    out_shift: float = 0.0
    """Along the side from its middle, in pt (right or up positive)."""
    in_shift: float = 0.0
    via: tuple[Point, ...] = ()
    cls: str = "flow"
    """flow, skip, projection, lateral, copy, gradient, leader, dense, or a kind of operation in the maps view."""
    label: str = ""
    label_at: Point | None = None
    label_side: Side = "north"
    """On which side of `label_at` the text stands."""
    tip: bool = True
    tap: bool = False
    """Drawn from the first point of `via` on, where it leaves another wire of its source."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around the layers of a group."""

    name: str
    x0: float
    y0: float
    x1: float
    y1: float
    title: str = ""
    title_at: Literal["north west", "north", "south west", "west"] = "north west"
    repeat: int = 1
    repeat_at: Side = "east"
    members: tuple[str, ...] = ()
    cls: str = "group"


@dataclass(frozen=True, slots=True)
class Label:
    """Bare text at a place."""

    x: float
    y: float
    lines: tuple[str, ...]
    cls: str = "note"
    """note, dims, stage, title."""
    anchor: Literal["center", "north", "south", "east", "west", "north west", "south west"] = "center"
    rotate: Literal[0, 90] = 0


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries in a row (or column) whose upper left corner is at (x, y)."""

    x: float
    y: float
    w: float
    h: float
    entries: tuple[LegendEntry, ...]
    columns: int = 1
    column_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A figure, ready to be written; its lower left corner is (0, 0)."""

    width: float
    height: float
    font_size: float
    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()
    labels: tuple[Label, ...] = ()
    legends: tuple[Legend, ...] = ()
    caption: str = ""
    alt: str = ""
    view: str = "blocks"
    direction: Literal["right", "down"] = "right"
    fits: bool = True
    """Whether it keeps to width and height with text of 6 pt or more."""
    folded: bool | None = None
    """Whether it is folded into a U or a ladder; None where it cannot be."""
    report: tuple[str, ...] = ()
    """What layout chose and why, for `draw -v`."""
    refused: str = ""
    """Why the view that was asked for cannot show this network, found when it was laid out; empty where it can."""
    warnings: tuple[str, ...] = ()
    """What the author must know: that a view cannot show this network."""

    def __str__(self) -> str:
        lines = [f"{self.view} {self.width:.1f}x{self.height:.1f}pt, text {self.font_size:g}pt"]
        lines += [f"  frame {f.name} {f.x0:.1f},{f.y0:.1f} {f.x1:.1f},{f.y1:.1f} x{f.repeat}" for f in self.frames]
        lines += [
            f"  {n.shape} {n.name} [{n.cls}] {n.x:.1f},{n.y:.1f} {n.w:.1f}x{n.h:.1f} {' / '.join(n.label)}".rstrip()
            for n in self.nodes
        ]
        lines += [f"  wire {w.source} -> {w.target} [{w.cls}] {len(w.via)} bends" for w in self.wires]
        return "\n".join(lines)
