"""The strip view: a whole network as small unlabelled boxes coloured by operation, with a legend, in few rows."""

from __future__ import annotations

from dataclasses import replace

from nnfig.graph import Drawing, Look, Panel
from nnfig.layout.air import Air
from nnfig.layout.choose import Choice, Room, laid
from nnfig.layout.keys import legends
from nnfig.layout.panels import Set, alone, parts, strips_of
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Drawn, Parts, composed, small
from nnfig.layout.scene import Scene
from nnfig.options import Options

MEASURES = (3.4, 3.0, 2.6, 2.3, 2.0)
"""Sizes from which boxes and gaps follow, in pt; the largest that keeps to few rows is taken."""

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
    made = alone(plain, _choice(plain, drawing, options))
    drawn = parts([made])
    return Drawn(_quiet(drawn, made), options.font_size, drawing.legend, ("Boxes are operations, coloured by kind.",))


def _bare(look: Look | None) -> Look:
    """A look of nothing but its colour."""
    return Look(cls=look.cls, data=look.data, merged=look.merged) if look else Look()


def _choice(panel: Panel, drawing: Drawing, options: Options) -> Choice:
    """The largest measures with which the strip fits in few rows."""
    text = small(options.font_size)
    keys = legends(drawing.legend, options.width - 2 * MARGIN, text)
    legend = LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
    room = Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - legend)
    part = strips_of(panel)[-1]
    tried: list[Choice] = []
    for measure in MEASURES:
        tried.append(laid(part, Air(measure, "right"), room))
        if tried[-1].fits and tried[-1].rows.count <= ROWS:
            break
    return next((choice for choice in reversed(tried) if choice.fits), tried[-1])


def _quiet(drawn: Parts, made: Set) -> Parts:
    """Lines in place of arrows: tips would be larger than the boxes."""
    return replace(
        drawn,
        wires=tuple(replace(wire, tip=False, label="") for wire in drawn.wires),
        frames=tuple(replace(frame, title="", repeat=1) for frame in drawn.frames),
        labels=(),
    )
