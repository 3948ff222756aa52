"""The maps view: tensors are boxes on the level of their resolution, operations are coloured arrows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from nnfig.graph import Drawing, LegendEntry, Panel
from nnfig.layout.keys import legends
from nnfig.layout.maps.draw import parts
from nnfig.layout.maps.legend import PLAIN, entries, signed
from nnfig.layout.maps.net import Net
from nnfig.layout.maps.place import BAR, SLIVER, Scale
from nnfig.layout.maps.tensors import net
from nnfig.layout.parts import LEAST, MARGIN, Drawn, Parts, bounds, composed, fits, small
from nnfig.layout.scene import Legend, Point, Scene
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import damped
from nnfig.layout.unfold import unfolded
from nnfig.options import Options

HEIGHTS = (76.0, 64.0, 52.0, 40.0)
"""Heights of the tallest map that are tried, in pt."""

WIDEST = BAR
"""The widest map in pt."""

POWERS = {"²": "n² are n×n", "³": "n³ are n×n×n"}
"""What is said of sizes that are written short."""

WORDS = {
    "sqrt": "the square roots of their height and channels",
    "log": "the logarithms of their height and channels",
    "linear": "their height and channels",
}


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the tensors of each panel by resolution and time, all panels at one scale."""
    panels = [replace(panel, graph=unfolded(panel.graph)) for panel in drawing.panels]
    nets = signed({panel.name: net(panel.graph) for panel in panels})
    scale, font = _scale(panels, nets, options)
    said = entries(nets.values(), options.width - 2 * MARGIN, scale.text)

    def draw(panel: Panel, share: Options) -> Drawn:
        return _drawn(nets[panel.name], scale, font, panel, said, share)

    return composed(replace(drawing, panels=tuple(panels)), options, "maps", draw)


def _scale(panels: Sequence[Panel], nets: dict[str, Net], options: Options) -> tuple[Scale, float]:
    """The scale and the size of text for all panels: the first that is tried with which each fits, else the last."""
    share = replace(options, max_height=options.max_height / len(panels))
    scale, font = Scale(options.scale, 1.0, 0.0, small(options.font_size)), options.font_size
    for scale, font in _scales(list(nets.values()), share):
        scale = replace(scale, channel=min(_channel(nets[panel.name], scale, panel, options) for panel in panels))
        said = entries(nets.values(), options.width - 2 * MARGIN, scale.text)
        if all(fits(_drawn(nets[panel.name], scale, font, panel, said, share), share) for panel in panels):
            break
    return scale, font


def _scales(nets: Sequence[Net], options: Options) -> Iterator[tuple[Scale, float]]:
    """What is tried: large text and tall maps before small ones."""
    sizes = [t.size for found in nets for t in found.tensors.values()]
    tallest = max((damped(size.height, options.scale) for size in sizes), default=1.0)
    widest = max((damped(size.channels, options.scale) for size in sizes if size.form != "vector"), default=1.0)
    for font in dict.fromkeys((options.font_size, min(options.font_size, LEAST))):
        for height in HEIGHTS:
            space = min(height, 0.3 * options.max_height) / tallest
            yield Scale(options.scale, space, WIDEST / widest, small(font)), font


def _channel(found: Net, scale: Scale, panel: Panel, options: Options) -> float:
    """Points for each damped unit of channels with which a network is as wide as the width allows."""

    def extent(channel: float) -> float:
        x0, _, x1, _ = bounds(parts(found, replace(scale, channel=channel), panel))
        return x1 - x0

    return stretched(extent, scale.channel, options.width - 2 * MARGIN)


def _drawn(found: Net, scale: Scale, font: float, panel: Panel, said: Sequence[LegendEntry], options: Options) -> Drawn:
    """One network at a scale."""
    drawn = parts(found, scale, panel)
    inside = legends(said, options.width, scale.text, columns=1)
    corner = free_corner(drawn, inside) if inside else None
    return Drawn(drawn, font, tuple(said), tuple(_words(found, scale, drawn)), corner)


def _words(found: Net, scale: Scale, drawn: Parts) -> list[str]:
    """Sentences for the caption."""
    tensors = found.tensors.values()
    maps = [t.size for t in tensors if t.size.form != "vector"]
    edges = [(scale.space, size.height) for size in maps] + [(scale.channel, size.channels) for size in maps]
    cut = any(unit * damped(size, scale.rule) < SLIVER for unit, size in edges)
    least = f" (but none shorter than {SLIVER:g} pt)" if cut else ""
    words = [f"Boxes are tensors, with edges proportional to {WORDS[scale.rule]}{least}; arrows are operations."]
    if any(scale.channel * damped(t.size.channels, scale.rule) > BAR for t in tensors if t.size.form == "vector"):
        words.append("Bars are vectors, not to scale.")
    sizes = "".join(node.side + node.below for node in drawn.nodes)
    powers = [said for mark, said in POWERS.items() if mark in sizes]
    if powers:
        words.append(f"Sizes {' and '.join(powers)}.")
    if any(arrow.sign and arrow.cls not in PLAIN for arrow in found.arrows):
        words.append("Letters tell arrows of one colour apart.")
    if any(tensor.copied for tensor in tensors):
        words.append("White parts of boxes are copies.")
    return words


def free_corner(drawn: Parts, inside: Sequence[Legend]) -> Point | None:
    """Upper left corner of a legend that meets nothing, at the lower right or lower left; None where there is none."""
    x0, y0, x1, _ = bounds(drawn)
    wide, high = inside[0].w + 4, inside[0].h + 2
    blocked = [(n.x - n.w / 2 - 16, n.y - n.h / 2 - 12, n.x + n.w / 2 + 12, n.y + n.h / 2 + 14) for n in drawn.nodes]
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
