"""The maps view: tensors are boxes on the level of their resolution, operations are coloured arrows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from nnfig.graph import Drawing, LegendEntry, Panel
from nnfig.layout.keys import legends
from nnfig.layout.maps.draw import parts
from nnfig.layout.maps.place import Scale, place
from nnfig.layout.maps.tensors import Arrow, Net, net
from nnfig.layout.parts import LEAST, MARGIN, Drawn, Parts, bounds, composed, fits, small
from nnfig.layout.scene import Legend, Point, Scene
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import damped
from nnfig.layout.unfold import unfolded
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
    """Place the tensors of each panel by resolution and time."""
    return composed(drawing, options, "maps", _panel)


def _panel(panel: Panel, options: Options) -> Drawn:
    """One network: the first way to draw it that fits."""
    panel = replace(panel, graph=unfolded(panel.graph))
    found = net(panel.graph)
    best: Drawn | None = None
    for scale, font in _scales(found, options):
        best = _drawn(found, scale, font, panel, options)
        if fits(best, options):
            break
    assert best is not None
    return best


def _drawn(found: Net, scale: Scale, font: float, panel: Panel, options: Options) -> Drawn:
    """The panel with maps as wide as the width allows."""

    def at(channel: float) -> Parts:
        wider = replace(scale, channel=channel)
        return parts(place(found, wider), found, wider, panel)

    def extent(channel: float) -> float:
        x0, _, x1, _ = bounds(at(channel))
        return x1 - x0

    widest = max((damped(t.size.channels, scale.rule) for t in found.tensors.values()), default=1.0)
    drawn = at(stretched(extent, WIDEST / widest, options.width - 2 * MARGIN))
    entries = arrow_entries(found)
    inside = legends(entries, options.width, scale.text, columns=1)
    words = [f"Boxes are tensors, with edges proportional to {WORDS[scale.rule]}; arrows are operations."]
    if any(tensor.copied for tensor in found.tensors.values()):
        words.append("White boxes are copies.")
    return Drawn(drawn, font, tuple(entries), tuple(words), free_corner(drawn, inside) if inside else None)


def _scales(found: Net, options: Options) -> Iterator[tuple[Scale, float]]:
    """What is tried: large text and tall maps before small ones."""
    tallest = max((damped(t.size.height, options.scale) for t in found.tensors.values()), default=1.0)
    for font in dict.fromkeys((options.font_size, min(options.font_size, LEAST))):
        for share in HEIGHTS:
            height = min(share * options.width, 0.3 * options.max_height)
            yield Scale(options.scale, height / tallest, 0.0, small(font)), font


def arrow_entries(found: Net) -> list[LegendEntry]:
    """One entry for each class of arrow, with every operation that it stands for: `up-conv 7×7 / 2×2, ReLU`."""
    groups: dict[str, list[Arrow]] = {}
    for arrow in found.arrows:
        groups.setdefault(arrow.cls, []).append(arrow)
    return [LegendEntry(cls, arrow_text(arrows), "edge") for cls, arrows in groups.items()]


def arrow_text(arrows: Sequence[Arrow]) -> str:
    """What arrows of one class have in common: their names, and what most of them are followed by."""
    names = list(dict.fromkeys(arrow.name for arrow in arrows))
    after, count = Counter(arrow.after for arrow in arrows).most_common(1)[0]
    return ", ".join([_common(names), *(after if 2 * count > len(arrows) else ())])


def _common(names: Sequence[str]) -> str:
    """Names with what all begin and end with said once: `conv 7×7, /2` and `conv 1×1, /2` are `conv 7×7 / 1×1, /2`."""
    if len(names) == 1:
        return names[0]
    heads = {name.partition(" ")[0] for name in names}
    tails = {name.rpartition(",")[2] if "," in name else "" for name in names}
    head = f"{heads.pop()} " if len(heads) == 1 else ""
    tail = f",{tails.pop()}" if len(tails) == 1 and "" not in tails else ""
    return head + " / ".join(name.removeprefix(head).removesuffix(tail) for name in names) + tail


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
