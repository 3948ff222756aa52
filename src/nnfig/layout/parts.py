"""From the parts of a figure anywhere on the plane to a Scene at the origin, with its legend under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nnfig.graph import Drawing
from nnfig.layout.scene import Frame, Label, Legend, Node, Point, Scene, Wire
from nnfig.options import Options

MARGIN = 2.0
"""Room around the figure, for line widths."""

LEGEND_GAP = 9.0
"""Room between the figure and its legend."""


def small(font: float) -> float:
    """The size of texts beside nodes and in legends, as the style file derives it from the font size."""
    return max(6.0, 0.85 * font)


def caption(drawing: Drawing, *sentences: str) -> str:
    """The drawing's caption, and what the view adds to it."""
    said = drawing.caption.strip()
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
    legends: tuple[Legend, ...] = ()
    """With the upper left corner of the first at the origin."""
    legend_at: Point | None = None
    """Where that corner has room inside the figure; None: centred below."""


def finished(parts: Parts, drawing: Drawing, options: Options, *, view: str, font: float, **more: object) -> Scene:
    """The scene: everything moved so that the lower left corner is (0, 0); whether it fits; the legend placed."""
    x0, y0, x1, y1 = bounds(parts)
    legends: tuple[Legend, ...] = ()
    if parts.legends:
        wide = max(key.x + key.w for key in parts.legends)
        high = max(key.h - key.y for key in parts.legends)
        middle = (x0 + x1) / 2
        x, y = parts.legend_at or (middle - wide / 2, y0 - LEGEND_GAP)
        x0, x1, y0 = min(x0, x), max(x1, x + wide), min(y0, y - high)
        legends = tuple(replace(key, x=key.x + x, y=key.y + y) for key in parts.legends)
    dx, dy = MARGIN - x0, MARGIN - y0
    width, height = x1 - x0 + 2 * MARGIN, y1 - y0 + 2 * MARGIN
    known = {"caption": drawing.caption, "alt": drawing.alt, **more}
    return Scene(
        width,
        height,
        font,
        nodes=tuple(replace(n, x=n.x + dx, y=n.y + dy) for n in parts.nodes),
        wires=tuple(_moved_wire(w, dx, dy) for w in parts.wires),
        frames=tuple(replace(f, x0=f.x0 + dx, y0=f.y0 + dy, x1=f.x1 + dx, y1=f.y1 + dy) for f in parts.frames),
        labels=tuple(replace(label, x=label.x + dx, y=label.y + dy) for label in parts.labels),
        legends=tuple(replace(key, x=key.x + dx, y=key.y + dy) for key in legends),
        view=view,
        fits=width <= options.width + 0.5 and height <= options.max_height + 0.5,
        **known,  # pyright: ignore[reportArgumentType]
    )


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
