"""Quality of layout in numbers, beside Graphviz dot: prints Markdown tables (`make layout-report`).

Status 1 where it fell below what is promised.

Known network shapes and random networks are laid out without wrapping; what is counted is in tests/layout/measure.py.
A crossing is a place where lines of two tensors cross, in our drawing and in dot's alike; beside it stands the number
of pairs of wires that cross, in which one crossing of a line that k wires share counts k times.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "layout"))

import measure  # noqa: E402
import pygraphviz  # noqa: E402
import shapes  # noqa: E402

from nnfig.layout import scene  # noqa: E402
from nnfig.layout.scene import Scene  # noqa: E402
from nnfig.options import Options  # noqa: E402

LIMITS = {"trunk": 0.94, "growth": 22.0}
"""Least mean share of straight trunk steps; most that 5,000 layers may cost over 500 (linear: 10, square: 100)."""

FREE = Options.of(view="blocks", direction="down", width=16000, max_height=16000)
RANDOM = 40
STEPS = 8
"""Straight pieces that stand for one Bézier curve."""


@dataclass(frozen=True)
class Row:
    """One network, drawn by both."""

    name: str
    layers: int
    ours: measure.Counts
    struck: int
    seconds: float
    dot: measure.Counts
    dot_seconds: float


def timed(run: Callable[[], Scene]) -> tuple[Scene, float]:
    """What it gives, and the processor time it took, garbage collection apart."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    made = run()
    spent = time.process_time() - start
    gc.enable()
    return made, spent


def dot(builder: shapes.Builder, ours: Scene) -> tuple[measure.Counts, float]:
    """The same nodes and edges by dot, with splines, the trunk given as edge weights."""
    start = time.process_time()
    graph = pygraphviz.AGraph(directed=True)
    graph.graph_attr.update(rankdir="TB", nodesep="0.14", ranksep="0.16", splines="true")
    size = {node.name: (node.w, node.h) for node in ours.nodes}
    names = {name: f"n{i}" for i, name in enumerate(size)}
    for name, (w, h) in size.items():
        graph.add_node(names[name], shape="box", fixedsize="true", label="", width=w / 72, height=h / 72)
    heavy = {pair for trunk in builder.trunks for pair in pairwise(trunk)}
    for edge, target in builder.graph().edges:
        pair = (edge.source, target)
        if pair[0] in names and pair[1] in names:
            graph.add_edge(names[pair[0]], names[pair[1]], weight="20" if pair in heavy else "1")
    graph.layout(prog="dot")
    rects: dict[str, measure.Rect] = {}
    for name, (w, h) in size.items():
        x, y = map(float, graph.get_node(names[name]).attr["pos"].split(","))
        rects[name] = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    back = {short: name for name, short in names.items()}
    ways = {(back[e[0]], back[e[1]]): curve(e.attr["pos"]) for e in graph.edges()}
    crossed, pairs = measure.crossings(ways)
    spent = time.process_time() - start
    xs = [x for r in rects.values() for x in (r[0], r[2])]
    ys = [y for r in rects.values() for y in (r[1], r[3])]
    counts = measure.Counts(
        len(measure.overlaps(rects)), len(measure.through(rects, ways)), crossed, pairs, turns(ways),
        measure.straightness(rects, builder.trunks), measure.symmetry(rects, builder.splits),
        max(xs) - min(xs), max(ys) - min(ys),
    )  # fmt: skip
    return counts, spent


def curve(text: str) -> list[measure.Point]:
    """Points along a Bézier path of dot."""
    end, spots = None, []
    for part in text.split():
        if part.startswith(("e,", "s,")):
            end = tuple(map(float, part[2:].split(",")))
            continue
        x, y = map(float, part.split(","))
        spots.append((x, y))
    found = [spots[0]]
    for i in range(0, len(spots) - 3, 3):
        a, b, c, d = spots[i : i + 4]
        for k in range(1, STEPS + 1):
            t, u = k / STEPS, 1 - k / STEPS
            weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            found.append(
                tuple(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=False)) for axis in (0, 1))
            )
    return [*found, end] if end else found


def turns(ways: dict[tuple[str, str], list[measure.Point]]) -> int:
    """Curves counted as bends: changes of direction of more than a quarter radian."""
    count = 0
    for way in ways.values():
        for a, b, c in zip(way, way[1:], way[2:], strict=False):
            u, v = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
            cross = abs(u[0] * v[1] - u[1] * v[0])
            count += cross > 0.25 * ((u[0] ** 2 + u[1] ** 2) * (v[0] ** 2 + v[1] ** 2)) ** 0.5 > 0
    return count


def row(builder: shapes.Builder) -> Row:
    """One network drawn and measured."""
    drawing = builder.drawing()
    ours, seconds = timed(lambda: scene(drawing, FREE))
    counts = measure.counts(ours, builder.trunks, builder.splits)
    struck = len(measure.through(measure.texts(ours), measure.ways(ours)))
    theirs, spent = dot(builder, ours)
    return Row(builder.name, len(ours.nodes), counts, struck, seconds, theirs, spent)


def residual(seed: int) -> shapes.Builder:
    """A random network of blocks: residual, parallel and dense."""
    r = random.Random(seed)
    b = shapes.Builder(f"random{seed}")
    trunk = [b.input("x", 1, 8)]
    for k in range(r.randint(2, 6)):
        g = b.group(f"g{k}", f"block {k}")
        kind = r.random()
        if kind < 0.5:
            names = b.chain(g, *((f"n{k}{i}", "3×3 conv") for i in range(r.randint(1, 3))), after=trunk[-1])
            trunk += [*names, b.add(f"a{k}", "+", names[-1], trunk[-1], group=g)]
        elif kind < 0.8:
            ends = [
                b.chain(g, *((f"n{k}{j}{i}", "conv") for i in range(r.randint(1, 3))), after=trunk[-1])[-1]
                for j in range(r.randint(2, 4))
            ]
            trunk.append(b.add(f"c{k}", "concat", *ends, group=g, cls="merge"))
        else:
            taken = [trunk[-1]]
            for i in range(r.randint(2, 4)):
                taken.append(b.add(f"n{k}{i}", "layer", *taken, group=g))
            trunk += taken[1:]
    b.trunks = [trunk]
    return b


def growth() -> float:
    """Time for 5,000 layers over that for 500."""
    return timed_blocks(5000) / timed_blocks(500)


def timed_blocks(layers: int) -> float:
    """Processor time of a residual network of so many layers, the best of three runs."""
    b = shapes.Builder("long")
    last = b.input("x", 1, 8)
    for k in range(layers // 4):
        g = b.group(f"g{k}", "block")
        names = b.chain(g, *((f"n{k}.{i}", "3×3 conv") for i in range(3)), after=last)
        last = b.add(f"a{k}", "+", names[-1], last, group=g)
    drawing = b.drawing()
    return min(timed(lambda: scene(drawing, Options(view="blocks")))[1] for _ in range(3))


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown: ours / dot."""
    lines = [
        "| network | nodes | crossings | pairs of wires | through nodes | text struck | bends | trunk | symmetry "
        "| size, pt | time, ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in rows:
        a, b = r.ours, r.dot
        even = "" if a.symmetry is None else f"{a.symmetry:.2f} / {b.symmetry or 0:.2f}"
        lines.append(
            f"| {r.name} | {r.layers} | {a.crossings} / {b.crossings} | {a.pairs} / {b.pairs} "
            f"| {a.through} / {b.through} "
            f"| {r.struck} | {a.bends} / {b.bends} | {a.trunk:.2f} / {b.trunk:.2f} | {even} "
            f"| {a.width:.0f}x{a.height:.0f} / {b.width:.0f}x{b.height:.0f} "
            f"| {1000 * r.seconds:.0f} / {1000 * r.dot_seconds:.0f} |"
        )
    return "\n".join(lines)


def summary(name: str, rows: Sequence[Row]) -> str:
    """Sums and means in one line."""
    n = len(rows)
    return (
        f"{name}: crossings {sum(r.ours.crossings for r in rows)} (dot {sum(r.dot.crossings for r in rows)}), "
        f"as pairs of wires {sum(r.ours.pairs for r in rows)} (dot {sum(r.dot.pairs for r in rows)}), "
        f"through nodes {sum(r.ours.through for r in rows)}, overlaps {sum(r.ours.overlaps for r in rows)}, "
        f"text struck {sum(r.struck for r in rows)}, "
        f"trunk {sum(r.ours.trunk for r in rows) / n:.3f} (dot {sum(r.dot.trunk for r in rows) / n:.3f})"
    )


def faults(known: Sequence[Row], others: Sequence[Row], grew: float) -> list[str]:
    """What is worse than it was promised."""
    found: list[str] = []
    if sum(r.ours.trunk for r in known) / len(known) < LIMITS["trunk"]:
        found.append(f"trunks are straight in less than {LIMITS['trunk']} of their steps")
    if any(r.ours.through or r.ours.overlaps or r.struck for r in known):
        found.append("a wire runs through a node or text of a known network, or nodes overlap")
    if any(r.ours.through or r.ours.overlaps for r in others):
        found.append("a wire runs through a node of a random network, or nodes overlap")
    if sum(r.ours.crossings for r in known) > sum(r.dot.crossings for r in known):
        found.append("lines of known networks cross more often than dot's")
    if grew > LIMITS["growth"]:
        found.append(f"5,000 layers cost {grew:.1f} times what 500 do")
    return found


def main() -> int:
    """Print everything; 1 if something fell below its limit."""
    known = [row(make()) for make in shapes.ALL]
    others = [row(residual(seed)) for seed in range(RANDOM)]
    grew = growth()
    print("Ours / dot (splines, trunk given as weights), laid out downwards, not wrapped.\n")
    print(table(known), "\n")
    print(summary("known networks", known))
    print(summary(f"{RANDOM} random networks of blocks", others))
    print(f"500 to 5,000 layers: {grew:.1f} times the time")
    for fault in faults(known, others, grew):
        print("worse than promised:", fault, file=sys.stderr)
    return 1 if faults(known, others, grew) else 0


if __name__ == "__main__":
    sys.exit(main())
