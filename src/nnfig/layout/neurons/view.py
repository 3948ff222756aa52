"""The neurons view: vectors are columns of circles, joined all to all, with sizes and activations below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.graph import Drawing, Panel
from nnfig.layout.neurons.columns import Column, columns, joined
from nnfig.layout.parts import MARGIN, Drawn, Parts, composed, small
from nnfig.layout.scene import Label, Node, Scene, Wire
from nnfig.layout.tensors import DENSE, operation
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import title
from nnfig.layout.unfold import unfolded
from nnfig.options import Options

RADIUS = 4.6
PITCH = 14.0
"""Distance of circles in a column, in pt."""

SPREAD = (66.0, 24.0)
"""Distance of columns: as wide as possible between these."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the vectors of each panel as columns, panels beside each other."""
    return composed(drawing, options, "neurons", _panel, beside=True)


def _panel(panel: Panel, options: Options) -> Drawn:
    """One network."""
    panel = replace(panel, graph=unfolded(panel.graph))
    found = columns(panel.graph)
    text = small(options.font_size)
    counted = "params" in options.show
    lines = [line for column in found for line in (*_below(column), *_weights(column)[: int(counted)])]
    widest = max((width(line, text) for line in lines), default=0.0)
    room = options.width - 2 * MARGIN - max(widest, 2 * RADIUS)
    spread = max(widest + 4, SPREAD[1], min(SPREAD[0], room / max(1, len(found) - 1)))
    nodes = tuple(_node(column, i * spread, panel) for i, column in enumerate(found))
    labels = tuple(
        Label(node.x, node.y - node.h / 2 - 2, _below(column), "dims", "north")
        for node, column in zip(nodes, found, strict=True)
    )
    if counted:
        labels += _counts(found, nodes)
    wires = tuple(Wire(a.name, b.name, cls="dense", tip=False) for a, b in joined(found))
    ink = tuple(
        (
            label.x + side * width(line, text) / 2,
            label.y + (text if label.anchor == "south" else -LINE * text * len(label.lines)),
        )
        for label in labels
        for line in label.lines
        for side in (-1, 1)
    )
    return Drawn(Parts(nodes, wires, labels=labels, ink=ink), options.font_size, words=_said(found, panel, counted))


def _weights(column: Column) -> tuple[str, ...]:
    """How many parameters join a column to those before it; empty where there are none."""
    return (f"{column.layer.params:,}",) if column.layer and column.layer.params else ()


def _counts(found: Sequence[Column], nodes: Sequence[Node]) -> tuple[Label, ...]:
    """Numbers of parameters, between the columns that they join."""
    at = {node.name: node for node in nodes}
    top = max(node.y + node.h / 2 for node in nodes) + 3
    return tuple(
        Label((at[column.sources[-1]].x + at[column.name].x) / 2, top, _weights(column), "dims", "south")
        for column in found
        if column.sources and _weights(column)
    )


def _said(found: Sequence[Column], panel: Panel, counted: bool) -> tuple[str, ...]:
    """Sentences for the caption."""
    words = [
        "Circles are units; an ellipsis stands for those that are not drawn." if _cut(found) else "Circles are units."
    ]
    if any(operation(layer) not in DENSE for layer in panel.graph.layers):
        words.append("Only the fully connected part of the network is drawn.")
    if any(column.crossed for column in found):
        words.append("Crossed units are dropped in one training step.")
    if counted:
        words.append("Numbers above count the parameters between columns.")
    return tuple(words)


def _cut(found: Sequence[Column]) -> bool:
    return any(c.dots_after for c in found)


def _below(column: Column) -> tuple[str, ...]:
    """Size and what follows, one line each."""
    return (str(column.size), *column.words)


def _node(column: Column, x: float, panel: Panel) -> Node:
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
        title=title(panel.graph, column.name),
        units=column.units,
        dots_after=column.dots_after,
        crossed=column.crossed,
    )
