"""Columns side by side are stretched so that equal sizes, and in them layers that are written alike, are level."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from nnfig.layout.blocks.boxes import Plan, Rim, Spot
from nnfig.layout.blocks.net import Net
from nnfig.layout.blocks.strips import Long

Words = tuple[str, ...]
"""What is written in a node."""
MOST = 250_000
"""Pairs of layers of two columns that are compared at one size."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A node of a column that can be moved on, with everything behind it."""

    label: Words
    cut: float
    """The s below which the wire into it lies."""
    s: float
    """Its middle."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a column in which tensors have one size."""

    name: str
    area: int
    node: int
    """The node of its first stop."""
    stops: list[Stop]


def aligned(wholes: Sequence[Long]) -> tuple[dict[str, float], list[Long]]:
    """Where each size begins, and the columns stretched so that they agree."""
    columns = [stages(whole.strip.net, whole.plan) for whole in wholes]
    areas = {stage.name: stage.area for column in columns for stage in column}
    shifts = [0.0] * len(wholes)
    steps: list[list[tuple[float, float]]] = [[] for _ in wholes]
    rows: dict[str, float] = {}

    def level(stops: dict[int, Stop], target: float) -> None:
        for k, stop in stops.items():
            if target - stop.s - shifts[k] > 0.01:
                shifts[k] = target - stop.s
                steps[k].append((stop.cut + 0.01, shifts[k]))

    for name in sorted(areas, key=lambda n: (-areas[n], n)):
        here = {k: stage.stops for k, column in enumerate(columns) for stage in column if stage.name == name}
        rows[name] = max(stops[0].s + shifts[k] for k, stops in here.items())
        level({k: stops[0] for k, stops in here.items()}, rows[name])
        longest = max(here, key=lambda k: (_length(columns[k], name, wholes[k].plan.length), -k))
        for lead, stops in _alike(here, longest):
            level(stops, lead.s + shifts[longest])
    return rows, [_stretched(whole, step) for whole, step in zip(wholes, steps, strict=True)]


def stages(numbers: Net, plan: Plan) -> list[Stage]:
    """The sizes of a column from the largest to the smallest, each with its stops, the first where it begins.

    Frames are not stretched, unless a size begins in them.
    """
    order = sorted((plan.spots[i][0] - plan.sizes[i][0] / 2, i) for i in range(numbers.size))
    ends = sorted(rim.s1 for rim in plan.rims.values())
    found: list[Stage] = []
    bottom = 0.0
    axes: tuple[int, ...] = ()
    sizes_of = sizes(numbers)
    for top, i in order:
        k = bisect_right(ends, top)
        bottom = max(bottom, ends[k - 1] if k else 0.0)
        stop = Stop(numbers.looks[i].label, bottom, plan.spots[i][0])
        now = sizes_of[i]
        if not now and axes and len(numbers.shapes[i]) == 2:
            now = (1,) * len(axes)
        on_trunk = abs(plan.spots[i][1]) < 0.5
        if now and (not found or prod(now) < found[-1].area):
            axes = now
            found.append(Stage("×".join(map(str, now)), prod(now), i, [stop]))
        elif on_trunk and found and not any(rim.s0 < top < rim.s1 for rim in plan.rims.values()):
            found[-1].stops.append(stop)
        if on_trunk:
            bottom = max(bottom, plan.spots[i][0] + plan.sizes[i][0] / 2)
    return found


def _length(column: Sequence[Stage], name: str, end: float) -> float:
    """How far a size goes in a column that ends there."""
    at = next(i for i, stage in enumerate(column) if stage.name == name)
    return (column[at + 1].stops[0].s if at + 1 < len(column) else end) - column[at].stops[0].s


def sizes(numbers: Net) -> list[tuple[int, ...]]:
    """For each node the axes behind the channels; nothing for a sequence of features, which has these last."""
    least = 3 if any(layer is not None and "1d" in layer.kind.lower() for layer in numbers.layers) else 4
    known = [shape[2:] if len(shape) >= least else () for shape in numbers.shapes]
    return [tuple(d for d in axes if isinstance(d, int)) for axes in known]


def _alike(columns: dict[int, list[Stop]], longest: int) -> list[tuple[Stop, dict[int, Stop]]]:
    """Stops of the longest column, and those of others to be level with them, since the same is written on them."""
    rows: dict[int, dict[int, Stop]] = {}
    leads = columns[longest][1:]
    words = tuple(stop.label for stop in leads)
    for k, stops in columns.items():
        for a, b in _common(words, tuple(stop.label for stop in stops[1:])) if k != longest else ():
            rows.setdefault(a, {})[k] = stops[1 + b]
    return [(leads[at], rows[at]) for at in sorted(rows)]


@lru_cache(maxsize=64)
def _common(a: tuple[Words, ...], b: tuple[Words, ...]) -> list[tuple[int, int]]:
    """Places of the longest sequence that is part of both, the first of its kind; none of very long ones."""
    if len(a) * len(b) > MOST:
        return []
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            best[i][j] = best[i + 1][j + 1] + 1 if a[i] == b[j] else max(best[i + 1][j], best[i][j + 1])
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


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
