"""The blocks view: operations are boxes and circles, tensors are arrows; a drawing becomes a scene on its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.graph import Drawing
from nnfig.layout.blocks.choose import Room, best
from nnfig.layout.blocks.compare import side_by_side
from nnfig.layout.blocks.panels import Set, alone, parts, strips_of, with_insets
from nnfig.layout.keys import legends
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Drawn, finished, small
from nnfig.layout.scene import Label, Legend, Scene
from nnfig.options import Options


def scene(drawing: Drawing, options: Options) -> Scene:
    """The figure in the blocks view."""
    keys = legends(drawing.legend, options.width - 2 * MARGIN, small(options.font_size))
    room = Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - _height(keys))
    made, labels, report = _arranged(drawing, options, room)
    air = made[0].page.air
    drawn = Drawn(replace(parts(made), labels=tuple(labels)), air.font, drawing.legend)
    return replace(finished(drawn, drawing, options, "blocks"), direction=air.direction, report=report)


def _arranged(drawing: Drawing, options: Options, room: Room) -> tuple[list[Set], list[Label], tuple[str, ...]]:
    """The panels at their places, labels, and what was chosen and why."""
    main, *others = drawing.panels
    if any(panel.role == "compare" for panel in others):
        panels = [main, *(panel for panel in others if panel.role == "compare")]
        return side_by_side(panels, room, options.font_size)
    if others:
        made, report = with_insets(drawing.panels, room, options.direction, options.font_size)
        return made, [], report
    choice, tried = best(strips_of(main), room, options.direction, options.font_size)
    return [alone(main, choice)], [], (choice.words, *(f"instead of {c.words}" for c in tried[1:4]))


def _height(keys: Sequence[Legend]) -> float:
    """Room that a legend takes below the figure."""
    return LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
