"""Networks side by side in columns, aligned by output size.

A size that all of them have is written once, at the left; others stand beside the layers that have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.graph import Panel
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.choose import Room
from nnfig.layout.blocks.net import net
from nnfig.layout.blocks.page import Page, shifted
from nnfig.layout.blocks.panels import Set
from nnfig.layout.blocks.placing.align import aligned, sizes, stages
from nnfig.layout.blocks.strips import Strip, broken, long, strip
from nnfig.layout.blocks.wrap import Rows
from nnfig.layout.parts import LEAST
from nnfig.layout.scene import Label
from nnfig.layout.text import width

TIGHT = (1.0, 0.8, 0.62, 0.5, 0.42, 0.34, 0.26)
"""How far gaps shrink before the text does."""
APART = 24.0
"""Between columns, at 8 pt, where the width allows it."""


def side_by_side(panels: Sequence[Panel], room: Room, font: float) -> tuple[list[Set], list[Label], tuple[str, ...]]:
    """The panels in columns, the labels at their left and above them, and what was chosen."""
    parts, common = _taken_apart(panels, font)
    tried: list[tuple[float, list[Set], list[Label], str]] = []
    size = font
    while True:
        for tight in TIGHT:
            for label in (92.0, 56.0):
                air = Air(size, "down", label=label, tight=tight)
                sets, labels, w, h = _columns(panels, parts, common, air, room.width)
                over = max(0.0, w / room.width - 1) + max(0.0, h / room.height - 1)
                words = f"{len(panels)} columns aligned by size, text {size:g} pt: {w:.0f} x {h:.0f} pt"
                tried.append((over, sets, labels, words))
                if not over:
                    return sets, labels, (words,)
        if size <= LEAST:
            break
        size = max(LEAST, size - 1.0)
    over, sets, labels, words = min(tried, key=lambda t: t[0])
    return sets, labels, (words,)


def _taken_apart(panels: Sequence[Panel], font: float) -> tuple[list[Strip], frozenset[str]]:
    """The panels taken apart, with only those sizes beside their nodes that not all of them have, and the others."""
    nets = [net(panel) for panel in panels]
    air = Air(font, "down")
    columns = [stages(numbers, long(strip(numbers), air).plan) for numbers in nets]
    common = frozenset[str].intersection(*(frozenset(stage.name for stage in column) for column in columns))
    parts: list[Strip] = []
    for numbers, column in zip(nets, columns, strict=True):
        if any(sizes(numbers)):
            own = {stage.node: stage.name for stage in column if stage.name not in common}
            looks = tuple(replace(look, dims=own.get(i, "")) for i, look in enumerate(numbers.looks))
            numbers = replace(numbers, looks=looks)
        parts.append(strip(numbers))
    return parts, common


def _columns(
    panels: Sequence[Panel], parts: Sequence[Strip], common: frozenset[str], air: Air, room: float
) -> tuple[list[Set], list[Label], float, float]:
    """The columns beside each other, as far apart as without any tightness where the width allows it."""
    rows, wholes = aligned([long(part, air) for part in parts])
    pages = [broken(whole, Rows((0.0, whole.plan.length))) for whole in wholes]
    rows = {name: s for name, s in rows.items() if name in common}
    text = max((width(name, air.font) for name in rows), default=0.0)
    wide = [max(_wide(at), width(panel.title, air.font)) for panel, at in zip(panels, pages, strict=True)]
    left = text + (2.5 * air.beside if text else 0.0)
    free = (room - left - sum(wide)) / max(1, len(panels) - 1)
    gap = max(2.2 * air.beside, min(APART * air.unit, free))
    head = air.line + air.gap if any(panel.title for panel in panels) else 0.0
    sets: list[Set] = []
    labels: list[Label] = []
    x = left
    for panel, whole, at, w in zip(panels, wholes, pages, wide, strict=True):
        shift = x - at.extent()[0] + (w - _wide(at)) / 2
        placed = shifted(at, shift, -head)
        sets.append(Set(panel, placed, whole.sizes, placed.extent()))
        if panel.title:
            labels.append(Label(shift, 0.0, (panel.title,), cls="title", anchor="north"))
        x += w + gap
    labels += [Label(text, -head - s, (name,), cls="stage", anchor="east") for name, s in rows.items() if name]
    return sets, labels, x - gap, -min(s.rect[1] for s in sets)


def _wide(at: Page) -> float:
    x0, _, x1, _ = at.extent()
    return x1 - x0
