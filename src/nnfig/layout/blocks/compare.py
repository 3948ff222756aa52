"""Networks side by side in columns, aligned by output size, which is written once at the left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from nnfig.graph import Panel
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.boxes import Plan, Rim, Spot
from nnfig.layout.blocks.choose import Room
from nnfig.layout.blocks.net import Net, net
from nnfig.layout.blocks.page import shifted
from nnfig.layout.blocks.panels import Set
from nnfig.layout.blocks.strips import Long, Strip, broken, long, strip
from nnfig.layout.blocks.wrap import Rows
from nnfig.layout.parts import LEAST
from nnfig.layout.scene import Label
from nnfig.layout.text import width

TIGHT = (1.0, 0.8, 0.62, 0.5, 0.42)
"""How far gaps shrink before the text does."""


def side_by_side(panels: Sequence[Panel], room: Room, font: float) -> tuple[list[Set], list[Label], tuple[str, ...]]:
    """The panels in columns, the labels at their left and above them, and what was chosen."""
    parts = [strip(_plain(net(panel))) for panel in panels]
    tried: list[tuple[float, list[Set], list[Label], str]] = []
    size = font
    while True:
        for tight in TIGHT:
            for label in (92.0, 56.0):
                air = Air(size, "down", label=label, tight=tight)
                sets, labels, w, h = _columns(panels, parts, air)
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


def _plain(numbers: Net) -> Net:
    """The net without sizes beside its nodes: they are written once for all columns."""
    sized = [any(isinstance(d, int) for d in shape[2:]) for shape in numbers.shapes]
    if not any(sized):
        return numbers
    return replace(numbers, looks=tuple(replace(look, dims="") for look in numbers.looks))


def _columns(panels: Sequence[Panel], parts: Sequence[Strip], air: Air) -> tuple[list[Set], list[Label], float, float]:
    wholes = [long(part, air) for part in parts]
    stages = [_stages(part.net, whole.plan) for part, whole in zip(parts, wholes, strict=False)]
    rows, stretched = _aligned(wholes, stages)
    text = max((width(name, air.font) for name in rows), default=0.0)
    x = text + (2.5 * air.beside if text else 0.0)
    head = air.line + air.gap if any(panel.title for panel in panels) else 0.0
    sets: list[Set] = []
    labels: list[Label] = []
    low = 0.0
    for panel, whole in zip(panels, stretched, strict=False):
        at = broken(whole, Rows((0.0, whole.plan.length)))
        x0, y0, x1, _ = at.extent()
        wide = max(x1 - x0, width(panel.title, air.font))
        shift = x - x0 + (wide - (x1 - x0)) / 2
        placed = shifted(at, shift, -head)
        sets.append(Set(panel, placed, whole.sizes, placed.extent()))
        if panel.title:
            labels.append(Label(shift, 0.0, (panel.title,), cls="title", anchor="north"))
        x += wide + 2.2 * air.beside
        low = min(low, y0 - head)
    labels += [Label(text, -head - s, (name,), cls="stage", anchor="east") for name, s in rows.items() if name]
    return sets, labels, x - 2.2 * air.beside, -low


def _stages(numbers: Net, plan: Plan) -> list[tuple[str, float, float]]:
    """Each size with the s below which its first node and the wire into it lie, and that node's middle."""
    order = sorted((plan.spots[i][0] - plan.sizes[i][0] / 2, i) for i in range(numbers.size))
    found: list[tuple[str, float, float]] = []
    last, bottom = "", 0.0
    least = 1 << 62
    ends = sorted(rim.s1 for rim in plan.rims.values())
    for top, i in order:
        k = bisect_right(ends, top)
        bottom = max(bottom, ends[k - 1] if k else 0.0)
        shape = numbers.shapes[i] if i < len(numbers.shapes) else ()
        dims = [d for d in shape[2:] if isinstance(d, int)]
        area = 1
        for d in dims:
            area *= d
        name = "×".join(map(str, dims)) if dims else ""
        if name and name != last and area < least:
            found.append((name, bottom, plan.spots[i][0]))
            last, least = name, area
        if abs(plan.spots[i][1]) < 0.5:
            bottom = max(bottom, plan.spots[i][0] + plan.sizes[i][0] / 2)
    return found


def _aligned(
    wholes: Sequence[Long], stages: Sequence[list[tuple[str, float, float]]]
) -> tuple[dict[str, float], list[Long]]:
    """Where each size begins, and the columns stretched so that they agree."""
    names: dict[str, int] = {}
    for found in stages:
        for name, _, _ in found:
            area = 1
            for d in name.split("×"):
                area *= int(d)
            names[name] = area
    shifts = [0.0] * len(wholes)
    steps: list[list[tuple[float, float]]] = [[] for _ in wholes]
    rows: dict[str, float] = {}
    for name in sorted(names, key=lambda n: (-names[n], n)):
        at = {k: s for k, found in enumerate(stages) for n, _, s in found if n == name}
        target = max(s + shifts[k] for k, s in at.items())
        rows[name] = target
        for k, s in at.items():
            room = target - s - shifts[k]
            cut = next(b for n, b, _ in stages[k] if n == name)
            if room > 0.01:
                shifts[k] += room
                steps[k].append((cut + 0.01, shifts[k]))
    return rows, [_stretched(whole, step) for whole, step in zip(wholes, steps, strict=False)]


def _stretched(whole: Long, steps: list[tuple[float, float]]) -> Long:
    """The column with everything behind a place moved on."""
    cuts = [s for s, _ in steps]

    def to(s: float) -> float:
        k = bisect_right(cuts, s)
        return s + (steps[k - 1][1] if k else 0.0)

    def spot(p: Spot) -> Spot:
        return to(p[0]), p[1]

    old = whole.plan
    plan = Plan(
        {n: spot(p) for n, p in old.spots.items()},
        old.sizes,
        {g: Rim(g, to(r.s0), to(r.s1), r.t0, r.t1) for g, r in old.rims.items()},
        {k: [spot(p) for p in way] for k, way in old.ways.items()},
        {k: spot(p) for k, p in old.texts.items()},
        [(to(a), to(b), c, d) for a, b, c, d in old.reaches],
        [],
        to(old.length),
        old.before,
        old.after,
    )
    return replace(whole, plan=plan)
