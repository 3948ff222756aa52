"""From panels drawn anywhere on the plane to a Scene at the origin, with a legend and a caption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Drawing, LegendEntry, Panel
from nnfig.layout.keys import legends
from nnfig.layout.scene import Frame, Label, Node, Point, Scene, Wire
from nnfig.options import Options

MARGIN = 3.0
"""Room around the figure, for line widths."""

LEAST = 6.03
"""The smallest text, in TeX's points: six of PDF's."""

PANEL_GAP = 18.0
"""Room between panels."""

LEGEND_GAP = 9.0
"""Room between the figure and its legend."""

OVERHANG = 1.25
"""How much wider than the figure its legend may be where it could have more lines."""


def small(font: float) -> float:
    """The size of texts beside nodes and in legends, as the style file derives it from the font size."""
    return max(LEAST, 0.85 * font)


_TENSORS = {"boxes", "sizes", "alike"}
UNSAID = {
    "maps": {"merged", "shortcuts", "gradients", "crops", *_TENSORS},
    "neurons": {"merged", "shortcuts", "gradients", *_TENSORS},
    "volumes": _TENSORS,
}
"""Sentences that do not hold in a view: it shows itself what follows what and is cropped, dashes no arrow, has no
gradients, and writes sizes into or beside the tensors that it draws."""

WRITTEN_OUT = ("maps", "neurons", "volumes")
"""Views that write repeated blocks out, or frame them with their number."""

REWORDED = {
    "maps": {"drawn as one box": "drawn as one arrow", "×N in a box": "×N in the legend", "he blocks ": "he runs of "},
    "strip": {", unless its box says otherwise": ", as a rule", "written in the box of the layer before": "not marked"},
}
"""Words for what a view draws otherwise than boxes do."""


def caption(drawing: Drawing, view: str, frames: Sequence[Frame], *sentences: str) -> str:
    """The drawing's caption as far as it holds for a view, and what the view adds to it."""
    unsaid = UNSAID.get(view, set())
    if view in WRITTEN_OUT and all(frame.repeat == 1 for frame in frames):
        unsaid = {*unsaid, "folded"}
    said = drawing.caption.strip()
    if drawing.said:
        said = " ".join(text for about, text in drawing.said.items() if about not in unsaid)
    for words, instead in REWORDED.get(view, {}).items():
        said = said.replace(words, instead)
    if said and said[-1] not in ".?!":
        said += "."
    return " ".join(part for part in (said, *sentences) if part)


@dataclass(frozen=True, slots=True)
class Parts:
    """Nodes and what joins and explains them, at coordinates of any origin."""

    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()
    labels: tuple[Label, ...] = ()
    ink: tuple[Point, ...] = ()
    """Corners of everything that the boxes of nodes do not cover: texts beside them, arcs."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One panel as a view draws it."""

    parts: Parts
    font: float
    entries: tuple[LegendEntry, ...] = ()
    """What its colours mean."""
    words: tuple[str, ...] = ()
    """Sentences for the caption."""
    corner: Point | None = None
    """Upper left corner of room for a legend in one column inside the figure, if there is any."""


def composed(
    drawing: Drawing, options: Options, view: str, draw: Callable[[Panel, Options], Drawn], *, beside: bool = False
) -> Scene:
    """The panels of a drawing, each drawn by the view, below each other (or beside), with one legend and a caption."""
    count = len(drawing.panels)
    if count == 1:
        drawn = draw(drawing.panels[0], options)
        return finished(drawn, drawing, options, view)
    share = (
        replace(options, width=(options.width - PANEL_GAP * (count - 1)) / count)
        if beside
        else replace(options, max_height=options.max_height / count)
    )
    several = [draw(panel, share) for panel in drawing.panels]
    whole = _together(drawing, several, beside)
    return finished(whole, drawing, options, view)


def _together(drawing: Drawing, several: Sequence[Drawn], beside: bool) -> Drawn:
    """Panels as one, each under its title."""
    font = min(drawn.font for drawn in several)
    pieces: list[Parts] = []
    at = 0.0
    for panel, drawn in zip(drawing.panels, several, strict=True):
        x0, y0, x1, y1 = bounds(drawn.parts)
        name = panel.title or panel.graph.name
        title = Label((x0 + x1) / 2, y1 + font, (name,), "title", "south") if name else None
        top = y1 + (2.4 * font if title else 0.0)
        labels = (*drawn.parts.labels, *((title,) if title else ()))
        dx, dy = (at - x0, 0.0) if beside else (-x0, at - top)
        piece = replace(drawn.parts, labels=labels, ink=(*drawn.parts.ink, (x0, top)))
        pieces.append(moved(_named(piece, panel.name), dx, dy))
        at += (x1 - x0 + PANEL_GAP) if beside else (y0 - top - PANEL_GAP)
    entries = tuple(dict.fromkeys(entry for drawn in several for entry in drawn.entries))
    words = tuple(dict.fromkeys(word for drawn in several for word in drawn.words))
    return Drawn(joined(pieces), font, entries, words)


def _named(parts: Parts, panel: str) -> Parts:
    """Names with the panel before them, outside the main one."""
    if not panel:
        return parts

    def full(name: str) -> str:
        return f"{panel}/{name}"

    return replace(
        parts,
        nodes=tuple(replace(node, name=full(node.name)) for node in parts.nodes),
        wires=tuple(replace(w, source=full(w.source), target=full(w.target)) for w in parts.wires),
        frames=tuple(replace(f, name=full(f.name), members=tuple(map(full, f.members))) for f in parts.frames),
    )


def joined(pieces: Sequence[Parts]) -> Parts:
    """All parts as one."""
    return Parts(
        tuple(node for piece in pieces for node in piece.nodes),
        tuple(wire for piece in pieces for wire in piece.wires),
        tuple(frame for piece in pieces for frame in piece.frames),
        tuple(label for piece in pieces for label in piece.labels),
        tuple(point for piece in pieces for point in piece.ink),
    )


def moved(parts: Parts, dx: float, dy: float) -> Parts:
    """The same parts elsewhere."""
    return Parts(
        tuple(replace(n, x=n.x + dx, y=n.y + dy) for n in parts.nodes),
        tuple(_moved_wire(w, dx, dy) for w in parts.wires),
        tuple(replace(f, x0=f.x0 + dx, y0=f.y0 + dy, x1=f.x1 + dx, y1=f.y1 + dy) for f in parts.frames),
        tuple(replace(label, x=label.x + dx, y=label.y + dy) for label in parts.labels),
        tuple((x + dx, y + dy) for x, y in parts.ink),
    )


def finished(drawn: Drawn, drawing: Drawing, options: Options, view: str) -> Scene:
    """The scene: everything moved so that the lower left corner is (0, 0); whether it fits; the legend placed."""
    parts = drawn.parts
    x0, y0, x1, y1 = bounds(parts)
    text = small(drawn.font)
    room = min(options.width - 2 * MARGIN, OVERHANG * (x1 - x0))
    keys = legends(drawn.entries, room, text, columns=1 if drawn.corner else 0)
    if keys:
        wide = max(key.x + key.w for key in keys)
        high = max(key.h - key.y for key in keys)
        x, y = drawn.corner or ((x0 + x1 - wide) / 2, y0 - LEGEND_GAP)
        x0, x1, y0 = min(x0, x), max(x1, x + wide), min(y0, y - high)
        keys = tuple(replace(key, x=key.x + x, y=key.y + y) for key in keys)
    dx, dy = MARGIN - x0, MARGIN - y0
    width, height = x1 - x0 + 2 * MARGIN, y1 - y0 + 2 * MARGIN
    parts = moved(parts, dx, dy)
    return Scene(
        width,
        height,
        drawn.font,
        nodes=parts.nodes,
        wires=parts.wires,
        frames=parts.frames,
        labels=parts.labels,
        legends=tuple(replace(key, x=key.x + dx, y=key.y + dy) for key in keys),
        caption=caption(drawing, view, parts.frames, *drawn.words),
        alt=drawing.alt,
        view=view,
        fits=width <= options.width + 0.5 and height <= options.max_height + 0.5,
    )


def fits(drawn: Drawn, options: Options) -> bool:
    """Whether a panel keeps to the width and, with a line of legend, to the height."""
    x0, y0, x1, y1 = bounds(drawn.parts)
    legend = LEGEND_GAP + 2 * drawn.font if drawn.entries and not drawn.corner else 0.0
    return x1 - x0 + 2 * MARGIN <= options.width + 0.5 and y1 - y0 + legend + 2 * MARGIN <= options.max_height + 0.5


def bounds(parts: Parts) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of all parts but the legend."""
    points: list[Point] = list(parts.ink)
    for node in parts.nodes:
        points += [(node.x - node.w / 2, node.y - node.h / 2), (node.x + node.w / 2, node.y + node.h / 2)]
    for frame in parts.frames:
        points += [(frame.x0, frame.y0), (frame.x1, frame.y1)]
    for wire in parts.wires:
        points += wire.via
    xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
    return min(xs), min(ys), max(xs), max(ys)


def corners(shapes: Iterable[Iterable[Point]]) -> tuple[Point, ...]:
    """All corners of some outlines."""
    return tuple(point for shape in shapes for point in shape)


def _moved_wire(wire: Wire, dx: float, dy: float) -> Wire:
    at = wire.label_at
    return replace(
        wire,
        via=tuple((x + dx, y + dy) for x, y in wire.via),
        label_at=(at[0] + dx, at[1] + dy) if at else None,
    )
