"""The maps view: tensors are boxes on the level of their resolution, operations are coloured arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from nnfig.graph import Drawing, LegendEntry
from nnfig.layout.keys import legends
from nnfig.layout.maps_draw import parts
from nnfig.layout.maps_place import Placed, Scale, place
from nnfig.layout.maps_tensors import Net, net
from nnfig.layout.parts import Parts, bounds, finished, small
from nnfig.layout.scene import Legend, Point, Scene
from nnfig.layout.tensors import damped
from nnfig.layout.text import width
from nnfig.options import Options

HEIGHTS = (0.19, 0.16, 0.13, 0.1)
"""Heights of the tallest map that are tried, as shares of the width."""

WIDEST = 32.0
"""The widest map in pt."""

WORDS = {
    "sqrt": "the square roots of their height and channels",
    "log": "the logarithms of their height and channels",
    "linear": "their height and channels",
}


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the main panel's tensors by resolution and time."""
    found = net(drawing.graph)
    placed, scale, font = _fitted(found, options)
    drawn = parts(placed, found, scale, drawing)
    entries = arrow_entries(found)
    key = legends(entries, options.width, scale.text)
    inside = legends(entries, options.width, scale.text, columns=1)
    corner = free_corner(drawn, placed, inside) if inside else None
    drawn = replace(drawn, legends=inside if corner else key, legend_at=corner)
    said = f"Boxes are tensors, with edges proportional to {WORDS[scale.rule]}; arrows are operations."
    copies = " White boxes are copied." if any(t.copied for t in found.tensors.values()) else ""
    caption = f"{drawing.caption} {said}{copies}".strip()
    return finished(drawn, drawing, options, view="maps", font=font, caption=caption)


def arrow_entries(found: Net) -> list[LegendEntry]:
    """One entry for each class of arrow, with every operation that it stands for."""
    texts: dict[str, dict[str, None]] = {}
    for arrow in found.arrows:
        texts.setdefault(arrow.cls, {})[arrow.words] = None
    return [LegendEntry(cls, " / ".join(words), "edge") for cls, words in texts.items()]


def _fitted(found: Net, options: Options) -> tuple[dict[str, Placed], Scale, float]:
    """The first scale that keeps to the width: large text and tall maps before small ones."""
    sizes = [t.size for t in found.tensors.values()]
    tallest = max((damped(s.height, options.scale) for s in sizes), default=1.0)
    widest = max((damped(s.channels, options.scale) for s in sizes), default=1.0)
    best: tuple[dict[str, Placed], Scale, float] | None = None
    for font in dict.fromkeys((options.font_size, min(options.font_size, 7.0))):
        text = small(font)
        for share in HEIGHTS:
            height = min(share * options.width, 0.3 * options.max_height)
            scale = Scale(options.scale, height / tallest, 0.0, text)
            best = (*_widest(found, scale, WIDEST / widest, options.width - 4), font)
            if _extent(best[0], text) <= options.width - 4:
                return best
    assert best is not None
    return best


def _widest(found: Net, scale: Scale, most: float, room: float) -> tuple[dict[str, Placed], Scale]:
    """The widest maps that fit the room."""
    low, high = 0.0, most
    for channel in (high, *[None] * 10):
        middle = channel if channel is not None else (low + high) / 2
        placed = place(found, replace(scale, channel=middle))
        if _extent(placed, scale.text) <= room:
            low = middle
            if channel is not None:
                break
        else:
            high = middle
    scale = replace(scale, channel=low)
    return place(found, scale), scale


def _extent(placed: Mapping[str, Placed], text: float) -> float:
    """Width of all maps with their texts."""
    lefts = [min(p.x - p.w / 2 - (text + 1 if p.side else 0), p.x - width(p.top, text) / 2) for p in placed.values()]
    rights = [max(p.x + p.w / 2, p.x + width(p.top, text) / 2) for p in placed.values()]
    return max(rights) - min(lefts) if lefts else 0.0


def free_corner(drawn: Parts, placed: Mapping[str, Placed], inside: Sequence[Legend]) -> Point | None:
    """Upper left corner of a legend that meets nothing, at the lower right or lower left; None where there is none."""
    x0, y0, x1, _ = bounds(drawn)
    wide, high = inside[0].w + 4, inside[0].h + 2
    blocked = [
        (p.x - p.w / 2 - 16, p.y - p.h / 2 - 12, p.x + p.w / 2 + 12, p.y + p.h / 2 + 14) for p in placed.values()
    ]
    blocked += wire_boxes(drawn)
    for x in (x1 - wide, x0):
        box = (x, y0, x + wide, y0 + high)
        if not any(a < box[2] and c > box[0] and b < box[3] and d > box[1] for a, b, c, d in blocked):
            return x, y0 + high
    return None


def wire_boxes(drawn: Parts) -> list[tuple[float, float, float, float]]:
    """Boxes around the pieces of all arrows."""
    at = {node.name: node for node in drawn.nodes}
    boxes: list[tuple[float, float, float, float]] = []
    for wire in drawn.wires:
        points = [(at[wire.source].x, at[wire.source].y), *wire.via, (at[wire.target].x, at[wire.target].y)]
        for (xa, ya), (xb, yb) in pairwise(points):
            boxes.append((min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)))
    return boxes
