"""The neurons view: vectors are columns of circles, joined all to all, with sizes and activations below."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.graph import Drawing
from nnfig.layout.neurons_columns import Column, columns, joined
from nnfig.layout.parts import Parts, caption, finished, small
from nnfig.layout.scene import Label, Node, Scene, Wire
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import title
from nnfig.options import Options

RADIUS = 4.6
PITCH = 14.0
"""Distance of circles in a column, in pt."""

SPREAD = (66.0, 24.0)
"""Distance of columns: as wide as possible between these."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the main panel's vectors as columns."""
    found = columns(drawing.graph)
    text = small(options.font_size)
    most = max((max(width(line, text) for line in _below(c)) for c in found), default=0.0)
    spread = max(SPREAD[1], min(SPREAD[0], (options.width - 2 * RADIUS - most) / max(1, len(found) - 1)))
    spread = max(spread, most + 4)
    nodes: list[Node] = []
    labels: list[Label] = []
    ink: list[tuple[float, float]] = []
    for i, column in enumerate(found):
        node = _node(column, i * spread, drawing)
        nodes.append(node)
        lines = _below(column)
        half = max(width(line, text) for line in lines) / 2
        bottom = node.y - node.h / 2 - 2
        labels.append(Label(node.x, bottom, lines, "dims", "north"))
        ink += [(node.x - half, bottom - LINE * text * len(lines)), (node.x + half, bottom)]
    wires = tuple(Wire(a.name, b.name, cls="dense", tip=False) for a, b in joined(found))
    said = (
        "Circles are units; an ellipsis stands for those that are not drawn." if _cut(found) else "Circles are units."
    )
    if any(c.crossed for c in found):
        said += " Crossed units are dropped in one training step."
    return finished(
        Parts(nodes=tuple(nodes), wires=wires, labels=tuple(labels), ink=tuple(ink)),
        drawing,
        options,
        view="neurons",
        font=options.font_size,
        caption=caption(drawing, said),
    )


def _cut(found: Sequence[Column]) -> bool:
    return any(c.dots_after for c in found)


def _below(column: Column) -> tuple[str, ...]:
    """Size and what follows, one line each."""
    return (str(column.size), *column.words)


def _node(column: Column, x: float, drawing: Drawing) -> Node:
    places = column.units + (1 if column.dots_after else 0)
    return Node(
        column.name,
        x,
        0.0,
        2 * RADIUS,
        (places - 1) * PITCH + 2 * RADIUS,
        column.cls,
        "neurons",
        kind=column.layer.kind if column.layer else "input",
        data=(("units", str(column.size)),),
        title=title(drawing.graph, column.name),
        units=column.units,
        dots_after=column.dots_after,
        crossed=column.crossed,
    )
