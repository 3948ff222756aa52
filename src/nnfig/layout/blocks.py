"""The blocks view: an operation is a box or a circle, a tensor an arrow. A drawing becomes a scene that fits its page."""

from __future__ import annotations

from nnfig.graph import Drawing
from nnfig.layout.choose import Room, best
from nnfig.layout.fold import find
from nnfig.layout.keys import legends
from nnfig.layout.net import net
from nnfig.layout.page import frames, nodes, wires
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Parts, corners, finished, small
from nnfig.layout.scene import Scene
from nnfig.layout.strips import broken, strip
from nnfig.options import Options


def scene(drawing: Drawing, options: Options) -> Scene:
    """The figure in the blocks view."""
    panel = drawing.panels[0]
    keys = legends(drawing.legend, options.width, small(options.font_size))
    room = Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - _height(keys))
    numbers = net(panel)
    fold = find(numbers)
    strips = [strip(numbers, fold), strip(numbers)] if fold else [strip(numbers)]
    choice, others = best(strips, room, options.direction, options.font_size)
    at = broken(choice.whole, choice.rows)
    parts = Parts(
        nodes=tuple(nodes(at, panel.graph, choice.whole.sizes)),
        wires=tuple(wires(at)),
        frames=tuple(frames(at)),
        ink=corners([((r[0], r[1]), (r[2], r[3])) for r in at.written()]),
        legends=legends(drawing.legend, options.width, at.air.small),
    )
    report = (choice.words, *(f"instead of {other.words}" for other in others[1:4]))
    return finished(
        parts, drawing, options, view="blocks", font=at.air.font, direction=at.air.direction, report=report
    )


def _height(keys) -> float:
    return LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
