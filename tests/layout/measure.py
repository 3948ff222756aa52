"""What can be counted in a scene: overlaps, wires through nodes and text, crossings, bends, straightness, symmetry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnfig.layout.parts import small
from nnfig.layout.scene import Frame, Node, Point, Scene, Wire
from nnfig.layout.text import width

SLACK = 0.6
"""So much two things may share in pt before it counts."""

LINE = 2.0
"""Crossings of two nets that are nearer to each other than this are one."""

Rect = tuple[float, float, float, float]
Way = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Counts:
    """What is wrong with a drawing, and what is good."""

    overlaps: int
    through: int
    crossings: int
    """Places where lines of two tensors cross."""
    pairs: int
    """Pairs of wires that do: a line that many wires share counts as many times."""
    bends: int
    trunk: float
    symmetry: float | None
    width: float
    height: float


def rect(node: Node) -> Rect:
    """Outline of a node."""
    return node.x - node.w / 2, node.y - node.h / 2, node.x + node.w / 2, node.y + node.h / 2


def way(wire: Wire, scene: Scene) -> list[Point]:
    """All points of a wire, its ends included."""
    nodes = {node.name: node for node in scene.nodes}

    def end(name: str, side: str, shift: float) -> Point:
        n = nodes[name]
        return {
            "north": (n.x + shift, n.y + n.h / 2),
            "south": (n.x + shift, n.y - n.h / 2),
            "east": (n.x + n.w / 2, n.y + shift),
            "west": (n.x - n.w / 2, n.y + shift),
        }[side]

    points = [*wire.via, end(wire.target, wire.into, wire.in_shift)]
    return points if wire.tap else [end(wire.source, wire.out, wire.out_shift), *points]


def ways(scene: Scene) -> dict[tuple[str, str], list[Point]]:
    """The wires between nodes by what they join."""
    names = {node.name for node in scene.nodes}
    return {(w.source, w.target): way(w, scene) for w in scene.wires if w.source in names and w.target in names}


def overlaps(rects: Mapping[str, Rect]) -> list[tuple[str, str]]:
    """Pairs of outlines that cover each other."""
    grid = _grid(rects)
    found: set[tuple[str, str]] = set()
    for cell in grid.values():
        for i, a in enumerate(cell):
            for b in cell[i + 1 :]:
                if _share(rects[a], rects[b]):
                    found.add((min(a, b), max(a, b)))
    return sorted(found)


def through(rects: Mapping[str, Rect], paths: Mapping[tuple[str, str], Way]) -> list[tuple[tuple[str, str], str]]:
    """Wires that run through outlines that they do not end at."""
    grid = _grid(rects)
    found: set[tuple[tuple[str, str], str]] = set()
    for pair, path in paths.items():
        for a, b in pairwise(path):
            box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            for name in {n for cell in _cells(box) for n in grid.get(cell, ())}:
                if name not in pair and _enters(a, b, rects[name]):
                    found.add((pair, name))
    return sorted(found)


def crossings(paths: Mapping[tuple[str, str], Way]) -> tuple[int, int]:
    """How often lines of different tensors cross, and how many pairs of wires do; wires with a common end do not count.

    All wires of one tensor are one net: where some of them run on one line, whatever crosses that line crosses it
    once. Wires of one tensor that run apart (as splines do) are crossed one by one.
    """
    pieces = [(pair, a, b) for pair, path in paths.items() for a, b in pairwise(path)]
    grid: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (_, a, b) in enumerate(pieces):
        for cell in _cells((min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))):
            grid[cell].append(i)
    pairs: set[tuple[tuple[str, str], tuple[str, str]]] = set()
    places: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for cell in grid.values():
        for k, i in enumerate(cell):
            for j in cell[k + 1 :]:
                (p, a, b), (q, c, d) = pieces[i], pieces[j]
                if p[0] == q[0] or set(p) & set(q):
                    continue
                at = _meet(a, b, c, d)
                if at:
                    pairs.add((min(p, q), max(p, q)))
                    known = places[min(p[0], q[0]), max(p[0], q[0])]
                    if all(abs(at[0] - x) + abs(at[1] - y) > LINE for x, y in known):
                        known.append(at)
    return sum(map(len, places.values())), len(pairs)


def bends(paths: Mapping[tuple[str, str], Way]) -> int:
    """Quarter turns of all wires."""
    return sum(max(0, len(path) - 2) for path in paths.values())


def straightness(rects: Mapping[str, Rect], trunks: Iterable[Sequence[str]]) -> float:
    """Share of the steps of trunks whose nodes are level, or one above the other."""
    steps = [(a, b) for trunk in trunks for a, b in pairwise(trunk)]
    level = sum(any(abs(_middle(rects[a])[k] - _middle(rects[b])[k]) < 0.8 for k in (0, 1)) for a, b in steps)
    return level / max(1, len(steps))


def symmetry(rects: Mapping[str, Rect], splits: Sequence[tuple[str, Sequence[str]]]) -> float | None:
    """Share of splits whose outer branches lie as far from the merge's axis on both sides."""
    if not splits:
        return None
    good = 0
    for merge, heads in splits:
        for k in (0, 1):
            places = [_middle(rects[head])[k] for head in heads]
            axis = _middle(rects[merge])[k]
            if max(places) - min(places) > 1 and abs(max(places) + min(places) - 2 * axis) < 0.1 * (
                max(places) - min(places)
            ):
                good += 1
                break
    return good / len(splits)


def foreign(scene: Scene) -> list[tuple[str, str]]:
    """Frames with nodes in them that are no members."""
    return [
        (frame.name, node.name)
        for frame in scene.frames
        for node in scene.nodes
        if node.name not in frame.members and _share(rect(node), (frame.x0, frame.y0, frame.x1, frame.y1))
    ]


def texts(scene: Scene) -> dict[str, Rect]:
    """Outlines of the text that stands outside boxes."""
    font, found = scene.font_size, dict[str, Rect]()
    less = small(font)
    for node in scene.nodes:
        if node.dims:
            found[f"dims {node.name}"] = _beside(rect(node), width(node.dims, less), less, node.dims_at)
    for frame in scene.frames:
        found |= _titles(frame, font)
    for wire in scene.wires:
        if wire.label and wire.label_at:
            x, y = wire.label_at
            spot = (x, y, x, y)
            found[f"label {wire.source} {wire.target}"] = _beside(spot, width(wire.label, less), less, wire.label_side)
    for label in scene.labels:
        wide, high = max(width(line, font) for line in label.lines), 1.1 * font * len(label.lines)
        x = label.x - (wide if "east" in label.anchor else 0 if "west" in label.anchor else wide / 2)
        y = label.y - (high if "north" in label.anchor else 0 if "south" in label.anchor else high / 2)
        found[f"text {label.lines[0]} {x:.0f}"] = (x, y, x + wide, y + high)
    return found


def counts(
    scene: Scene, trunks: Iterable[Sequence[str]] = (), splits: Sequence[tuple[str, Sequence[str]]] = ()
) -> Counts:
    """Everything that is counted."""
    rects = {node.name: rect(node) for node in scene.nodes}
    paths = ways(scene)
    crossed, pairs = crossings(paths)
    return Counts(
        len(overlaps(rects)),
        len(through(rects, paths)),
        crossed,
        pairs,
        bends(paths),
        straightness(rects, trunks),
        symmetry(rects, splits),
        scene.width,
        scene.height,
    )


def _titles(frame: Frame, font: float) -> dict[str, Rect]:
    found: dict[str, Rect] = {}
    if frame.title and frame.title_at == "west":
        low = frame.y1 - width(frame.title, font)
        found[f"title {frame.name}"] = (frame.x0 - 1.6 - font, low, frame.x0 - 1.6, frame.y1)
    elif frame.title:
        found[f"title {frame.name}"] = (
            frame.x0, frame.y1 + 1.6, frame.x0 + width(frame.title, font), frame.y1 + 1.6 + font,
        )  # fmt: skip
    if frame.repeat > 1:
        wide = width(f"×{frame.repeat}", font)
        found[f"repeat {frame.name}"] = (frame.x1 - wide, frame.y1 + 1.6, frame.x1, frame.y1 + 1.6 + font)
    return found


def _beside(box: Rect, wide: float, font: float, side: str) -> Rect:
    x0, y0, x1, y1 = box
    x, y, pad, high = (x0 + x1) / 2, (y0 + y1) / 2, 1.6, font
    return {
        "west": (x0 - pad - wide, y - high / 2, x0 - pad, y + high / 2),
        "east": (x1 + pad, y - high / 2, x1 + pad + wide, y + high / 2),
        "south": (x - wide / 2, y0 - pad - high, x + wide / 2, y0 - pad),
        "north": (x - wide / 2, y1 + pad, x + wide / 2, y1 + pad + high),
    }[side]


def _middle(r: Rect) -> Point:
    return (r[0] + r[2]) / 2, (r[1] + r[3]) / 2


def _share(a: Rect, b: Rect) -> bool:
    return (
        min(a[2], b[2]) - max(a[0], b[0]) > SLACK and min(a[3], b[3]) - max(a[1], b[1]) > SLACK
    )  # fmt: skip


def _enters(a: Point, b: Point, r: Rect) -> bool:
    """Whether the piece from a to b runs inside the outline."""
    low, high = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for p, q in (
        (-dx, a[0] - r[0] - SLACK), (dx, r[2] - SLACK - a[0]),
        (-dy, a[1] - r[1] - SLACK), (dy, r[3] - SLACK - a[1]),
    ):  # fmt: skip
        if abs(p) < 1e-9:
            if q < 0:
                return False
        elif p < 0:
            low = max(low, q / p)
        else:
            high = min(high, q / p)
    return (high - low) * (abs(dx) + abs(dy)) > 0.3


def _meet(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Where two pieces cross, each in its inside."""
    cross = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if abs(cross) < 1e-9:
        return None
    t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / cross
    u = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / cross
    if 1e-6 < t < 1 - 1e-6 and 1e-6 < u < 1 - 1e-6:
        return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
    return None


def _cells(r: Rect, pitch: float = 60.0) -> Iterable[tuple[int, int]]:
    for i in range(int(r[0] // pitch), int(r[2] // pitch) + 1):
        for j in range(int(r[1] // pitch), int(r[3] // pitch) + 1):
            yield i, j


def _grid(rects: Mapping[str, Rect]) -> dict[tuple[int, int], list[str]]:
    grid: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, r in rects.items():
        for cell in _cells(r):
            grid[cell].append(name)
    return grid
