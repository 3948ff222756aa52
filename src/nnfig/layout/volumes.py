"""The volumes view: from a drawing to boxes to scale of their tensors, damped, with text of constant size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nnfig.graph import Drawing
from nnfig.layout.keys import legends
from nnfig.layout.parts import MARGIN, caption, finished, small
from nnfig.layout.scene import Scene
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import damped
from nnfig.layout.volumes_draw import parts
from nnfig.layout.volumes_place import Placed, extent, place
from nnfig.layout.volumes_rows import rows
from nnfig.layout.volumes_scale import Scale, sentence, space_scale, unit_scale
from nnfig.layout.volumes_stations import Station, stations
from nnfig.layout.volumes_words import entries
from nnfig.options import Options

HEIGHTS = (0.22, 0.18, 0.14, 0.11, 0.08)
"""Heights of the largest map that are tried, as shares of the width."""

WIDEST = 0.28
"""The widest slab, as a share of the largest map's height."""

ROOMY = 9.0
"""The widest slab is to have this width in pt, or sizes are written short."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the main panel's tensors as volumes within the width."""
    found = stations(drawing.graph)
    row = rows(found)
    placed, scale, font = _fitted(found, row, options)
    drawn = parts(placed, row, scale, drawing.graph)
    drawn = replace(drawn, legends=legends(entries(found), options.width, scale.text))
    words = sentence(scale.rule, found)
    return finished(drawn, drawing, options, view="volumes", font=font, caption=caption(drawing, words))


def _fitted(
    found: Sequence[Station], row: Mapping[str, int], options: Options
) -> tuple[tuple[Placed, ...], Scale, float]:
    """The first of the ways to draw that keeps to the width: whole sizes before short ones, large before small."""
    best: tuple[tuple[Placed, ...], Scale, float] | None = None
    room = options.width - 2 * MARGIN
    for font in dict.fromkeys((options.font_size, min(options.font_size, 7.0))):
        for whole in (True, False):
            for share in HEIGHTS[:2] if whole else HEIGHTS:
                placed, scale = _widest(found, row, _scale(found, options, share, small(font), whole), room)
                best = placed, scale, font
                if extent(placed, scale.text) <= room and (not whole or _is_roomy(placed)):
                    return best
    assert best is not None
    return best


def _is_roomy(placed: Sequence[Placed]) -> bool:
    """Whether boxes keep enough width beside sizes that are written whole."""
    fronts = [p.body.front / len(p.station.slabs) for p in placed if p.station.role == "stack"]
    return max(fronts, default=ROOMY) >= ROOMY


def _scale(found: Sequence[Station], options: Options, share: float, text: float, whole: bool) -> Scale:
    """A scale for a height of the largest map, with the narrowest slabs."""
    sizes = [s.size for s in found if s.role != "join"]
    height = min(share * options.width, 0.45 * options.max_height)
    flat = all(size.form == "vector" for size in sizes)
    return Scale(
        options.scale,
        space_scale(sizes, options.scale, height),
        0.0,
        unit_scale(sizes, options.scale, height * (1.0 if flat else 0.5)),
        text,
        whole,
    )


def _widest(
    found: Sequence[Station], row: Mapping[str, int], scale: Scale, room: float
) -> tuple[tuple[Placed, ...], Scale]:
    """The widest slabs with which everything still fits the room."""
    sizes = [s.size for s in found if s.size.form != "vector" and s.role != "join"]
    tallest = scale.space / space_scale(sizes, scale.rule, 1.0)
    largest = max((damped(s.channels, scale.rule) for s in sizes), default=1.0)

    def wide(channel: float) -> float:
        return extent(place(found, row, replace(scale, channel=channel)), scale.text)

    scale = replace(scale, channel=stretched(wide, WIDEST * tallest / largest, room))
    return place(found, row, scale), scale
