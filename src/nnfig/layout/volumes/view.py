"""The volumes view: from a drawing to boxes to scale of their tensors, damped, with text of constant size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nnfig.graph import Drawing, Panel
from nnfig.layout.parts import LEAST, MARGIN, Drawn, composed, fits, small
from nnfig.layout.scene import Scene
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import damped
from nnfig.layout.unfold import unfolded
from nnfig.layout.volumes.draw import parts
from nnfig.layout.volumes.place import TURN, extent, place
from nnfig.layout.volumes.rows import folds, levels, lines, rows
from nnfig.layout.volumes.scale import Scale, Written, sentence, space_scale, unit_scale
from nnfig.layout.volumes.stations import Station, is_stack, stations
from nnfig.layout.volumes.texts import Placed
from nnfig.layout.volumes.words import entries
from nnfig.options import Options

HEIGHTS = (0.22, 0.18, 0.14, 0.11, 0.08)
"""Heights of the largest map that are tried, as shares of the width, for one row."""

WIDEST = 0.28
"""The widest slab, as a share of the largest map's height."""

SIZES: tuple[Written, ...] = ("whole", "short", "tight")
"""How sizes are written, the clearest first; panels that are compared do not use the first, so that they look alike."""

MOST_LINES = 3
"""Lines into which a network of one stream may be broken."""

ROOMY = 6.0
"""The widest slab is to have this width in pt, or sizes are written short."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the tensors of each panel as volumes within the width; an encoder and decoder as a U."""
    written = SIZES if len(drawing.panels) == 1 else SIZES[1:]
    return composed(drawing, options, "volumes", lambda panel, room: _panel(panel, room, written))


def _panel(panel: Panel, options: Options, written: Sequence[Written]) -> Drawn:
    """One network: the first way to draw it that fits; a long one of one stream is broken into lines."""
    panel = replace(panel, graph=unfolded(panel.graph, is_stack))
    found = stations(panel.graph)
    row = levels(found) if folds(found) else rows(found)
    starts: frozenset[str] = frozenset()
    count = len(set(row.values()))
    ways = list(_scales(found, count, options, written))
    least = place(found, row, ways[-1][0])
    room = options.width - 2 * MARGIN
    if set(row.values()) == {0.0}:
        for number in range(1, MOST_LINES + 1):
            if extent(least, ways[-1][0].text)[0] <= room - (number > 1) * 4 * TURN:
                break
            row, starts = lines(place(found, dict.fromkeys(row, 0.0), ways[-1][0]), number + 1)
            least = place(found, row, ways[-1][0], starts)
        room -= 4 * TURN if starts else 0.0
    hopeless = extent(least, ways[-1][0].text)[0] > room
    words = (sentence(options.scale, found),)
    best: Drawn | None = None
    for scale, font in ways[-1:] if hopeless else ways:
        placed = _widest(found, row, scale, starts, room)
        if scale.sizes == "whole" and not _is_roomy(placed):
            continue
        best = Drawn(parts(placed, row, scale, panel.graph, starts), font, tuple(entries(found)), words)
        if fits(best, options):
            break
    assert best is not None
    return best


def _scales(
    found: Sequence[Station], rows: int, options: Options, written: Sequence[Written]
) -> Iterator[tuple[Scale, float]]:
    """What is tried: whole sizes before short ones, large boxes and text before small ones; slabs are widened later."""
    sizes = [s.size for s in found if s.role != "join"]
    bars = 1.0 if all(size.form == "vector" for size in sizes) else 0.5
    for font in dict.fromkeys((options.font_size, min(options.font_size, LEAST))):
        for sizes_as in written:
            for share in HEIGHTS[:2] if sizes_as == "whole" else HEIGHTS:
                height = min(share * options.width, 0.45 * options.max_height) / (1 + 0.25 * (rows - 1))
                yield (
                    Scale(
                        options.scale,
                        space_scale(sizes, options.scale, height),
                        0.0,
                        unit_scale(sizes, options.scale, bars * height),
                        small(font),
                        sizes_as,
                        "kernel" in options.show,
                    ),
                    font,
                )


def _widest(
    found: Sequence[Station], row: Mapping[str, float], scale: Scale, starts: frozenset[str], room: float
) -> tuple[Placed, ...]:
    """The widest slabs with which everything still fits the room."""
    sizes = [s.size for s in found if s.size.form != "vector" and s.role != "join"]
    tallest = scale.space / space_scale(sizes, scale.rule, 1.0)
    largest = max((damped(size.channels, scale.rule) for size in sizes), default=1.0)

    def wide(channel: float) -> float:
        return extent(place(found, row, replace(scale, channel=channel), starts), scale.text)[0]

    return place(found, row, replace(scale, channel=stretched(wide, WIDEST * tallest / largest, room)), starts)


def _is_roomy(placed: Sequence[Placed]) -> bool:
    """Whether boxes keep enough width beside sizes that are written whole."""
    fronts = [item.body.front / len(item.station.slabs) for item in placed if item.station.role == "stack"]
    return max(fronts, default=ROOMY) >= ROOMY
