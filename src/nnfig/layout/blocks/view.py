"""The blocks view: operations are boxes and circles, tensors are arrows; a drawing becomes a scene on its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nnfig.graph import Drawing
from nnfig.layout.blocks.choose import Choice, Room, best
from nnfig.layout.blocks.compare import side_by_side
from nnfig.layout.blocks.panels import Set, alone, parts, strips_of, with_insets
from nnfig.layout.keys import legends
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Drawn, finished, small
from nnfig.layout.scene import Label, Legend, Scene
from nnfig.options import Options


def scene(drawing: Drawing, options: Options) -> Scene:
    """The figure in the blocks view."""
    return _scene(drawing, options, *_arranged(drawing, options))


def fitting(drawing: Drawing, options: Options) -> Scene | None:
    """The figure in the blocks view, or None where no way of laying it out fits the page."""
    main, *others = drawing.panels
    if others:
        return scene(drawing, options)
    room, parts = _room(drawing, options), strips_of(main)
    choice, tried = best(parts, room, options.direction, options.font_size, quick=True)
    if not choice.fits:
        return None
    made = _scene(drawing, options, *_alone(drawing, choice, tried))
    return replace(made, folded=choice.whole.strip.fold is not None if parts[0].fold else None)


def _scene(
    drawing: Drawing, options: Options, made: Sequence[Set], labels: Sequence[Label], report: tuple[str, ...]
) -> Scene:
    air = made[0].page.air
    drawn = Drawn(replace(parts(made), labels=tuple(labels)), air.font, drawing.legend)
    done = finished(drawn, drawing, options, "blocks")
    return replace(done, direction=air.direction, report=report, warnings=(*done.warnings, *_unframed(made, done)))


def _unframed(made: Sequence[Set], done: Scene) -> Iterator[str]:
    """Blocks that repeat and got no frame, for other boxes stand among theirs: what is drawn once then looks so."""
    framed = {name for frame in done.frames for name in (frame.name, frame.name.rpartition("~")[0])}
    for part in made:
        for group in part.panel.graph.groups:
            if group.repeat > 1 and part.prefix + group.path not in framed:
                what = f"no frame says that '{group.path}' stands there {group.repeat} times"
                yield f"{what}; try --no-fold or another --direction"


Arranged = tuple[Sequence[Set], Sequence[Label], tuple[str, ...]]
"""The panels at their places, labels, and what was chosen and why."""


def _arranged(drawing: Drawing, options: Options) -> Arranged:
    main, *others = drawing.panels
    room = _room(drawing, options)
    if any(panel.role == "compare" for panel in others):
        panels = [main, *(panel for panel in others if panel.role == "compare")]
        return side_by_side(panels, room, options.font_size)
    if others:
        made, report = with_insets(drawing.panels, room, options.direction, options.font_size)
        return made, [], report
    return _alone(drawing, *best(strips_of(main), room, options.direction, options.font_size))


def _alone(drawing: Drawing, choice: Choice, tried: Sequence[Choice]) -> Arranged:
    return [alone(drawing.panels[0], choice)], [], (choice.words, *(f"instead of {c.words}" for c in tried[1:4]))


def _room(drawing: Drawing, options: Options) -> Room:
    """What the panels may take: the page less margins and the legend."""
    keys = legends(drawing.legend, options.width - 2 * MARGIN, small(options.font_size))
    return Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - _height(keys))


def _height(keys: Sequence[Legend]) -> float:
    """Room that a legend takes below the figure."""
    return LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
