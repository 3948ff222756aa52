"""The strip view: a whole network as small unlabelled boxes coloured by operation, with a legend, in few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.graph import Drawing, LegendEntry, Look, Panel
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.choose import Choice, Room, laid
from nnfig.layout.blocks.panels import alone, parts, strips_of
from nnfig.layout.keys import legends
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Drawn, Parts, composed, small
from nnfig.layout.scene import Scene
from nnfig.layout.tensors import operation
from nnfig.options import Options

MEASURES = (3.4, 3.0, 2.6, 2.3, 2.0)
"""Sizes from which boxes and gaps follow, in pt; the largest that keeps to few rows is taken."""

JOINS = {"concat": "Concatenation", "add": "Sum"}

ROWS = 2
"""Rows that a strip may take before it is drawn smaller."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """Every layer as a small box."""
    return composed(drawing, options, "strip", lambda panel, room: _panel(panel, drawing, room))


def _panel(panel: Panel, drawing: Drawing, options: Options) -> Drawn:
    """One network without labels, sizes and arrowheads."""
    graph = panel.graph
    plain = replace(
        panel,
        graph=graph.replace(layers=tuple(replace(layer, look=_bare(layer.look)) for layer in graph.layers)),
        input_looks={name: Look(cls="data") for name in graph.inputs},
        output_looks={},
    )
    entries = (*drawing.legend, *_joins(panel))
    drawn = parts([alone(plain, _choice(plain, entries, options))])
    return Drawn(_quiet(drawn), options.font_size, entries, ("Boxes are operations, coloured by kind.",))


def _joins(panel: Panel) -> tuple[LegendEntry, ...]:
    """What the boxes are in which branches meet."""
    found = {operation(layer): None for layer in panel.graph.layers if layer.look and layer.look.cls == "merge"}
    names = [JOINS[does] for does in found if does in JOINS]
    return (LegendEntry("merge", " or ".join(names)),) if names else ()


def _bare(look: Look | None) -> Look:
    """A look of nothing but its colour."""
    return Look(cls=look.cls, data=look.data, merged=look.merged) if look else Look()


def _choice(panel: Panel, entries: Sequence[LegendEntry], options: Options) -> Choice:
    """The largest measures with which the strip fits in few rows."""
    text = small(options.font_size)
    keys = legends(entries, options.width - 2 * MARGIN, text)
    legend = LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
    room = Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - legend)
    part = strips_of(panel)[-1]
    tried: list[Choice] = []
    for measure in MEASURES:
        tried.append(laid(part, Air(measure, "right"), room))
        if tried[-1].fits and tried[-1].rows.count <= ROWS:
            break
    return next((choice for choice in reversed(tried) if choice.fits), tried[-1])


def _quiet(drawn: Parts) -> Parts:
    """Lines in place of arrows: tips would be larger than the boxes."""
    return replace(
        drawn,
        wires=tuple(replace(wire, tip=False, label="") for wire in drawn.wires),
        frames=(),
        labels=(),
    )
