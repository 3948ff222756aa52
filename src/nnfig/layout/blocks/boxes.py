"""Pieces of a layout in flow coordinates: s runs with the data, t across it; parts are placed, then made absolute.

A box holds its parts by reference, with where they stand, so that nesting costs nothing until the end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

Spot = tuple[float, float]
"""A point as (s, t)."""


@dataclass(slots=True)
class Box:
    """A part of the figure around its axis t = 0, from s = 0 to its length."""

    before: float = 0.0
    """How far it reaches to the side of negative t."""
    after: float = 0.0
    """How far it reaches to the side of positive t."""
    length: float = 0.0
    parts: list[tuple[Box, float, float]] = field(default_factory=list)
    """Boxes inside, each with the (s, t) of its origin."""
    leaf: Leaf | None = None
    frame: Rim | None = None
    wires: list[tuple[int, list[Spot]]] = field(default_factory=list)
    """A link and a piece of its way."""
    texts: list[tuple[int, float, float]] = field(default_factory=list)
    """A link and where its label stands."""
    breaks: list[tuple[float, float]] = field(default_factory=list)
    """Places where only the trunk passes, with the price of breaking there."""
    ins: list[tuple[float, tuple[int, int]]] = field(default_factory=list)
    """For a branch: the t and the pair of items of every edge that comes in at s = 0."""
    outs: list[tuple[float, tuple[int, int]]] = field(default_factory=list)
    """For a branch: the same for what goes out at its length."""
    upstream: bool = False
    """Whether its inside runs against the flow."""

    def put(self, part: Box, s: float, t: float = 0.0) -> None:
        """Place a part and grow around it."""
        self.parts.append((part, s, t))
        self.before = max(self.before, part.before - t)
        self.after = max(self.after, part.after + t)

    def reach(self, t: float) -> None:
        """Grow to hold something at t."""
        self.before = max(self.before, -t)
        self.after = max(self.after, t)


@dataclass(slots=True)
class Leaf:
    """A node: its length with the flow and its width across it, and where its middle lies in its box."""

    node: int
    length: float
    width: float
    at: float = 0.0
    """Middle along s from the box's start."""


@dataclass(slots=True)
class Rim:
    """The frame of a group: from s0 to s1 and t0 to t1 in its box."""

    group: int
    s0: float
    s1: float
    t0: float
    t1: float


@dataclass(slots=True)
class Plan:
    """A layout with absolute flow coordinates."""

    spots: dict[int, Spot] = field(default_factory=dict)
    """Middle of each node."""
    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Length and width of each node."""
    rims: dict[int, Rim] = field(default_factory=dict)
    ways: dict[int, list[Spot]] = field(default_factory=dict)
    """The way of each link that has one."""
    texts: dict[int, Spot] = field(default_factory=dict)
    reaches: list[tuple[float, float, float, float]] = field(default_factory=list)
    """How far nodes and frames reach with what is written beside them: from s0 to s1, t0 to t1."""
    breaks: list[tuple[float, float]] = field(default_factory=list)
    length: float = 0.0
    before: float = 0.0
    after: float = 0.0


def plan(box: Box) -> Plan:
    """Everything in the box at its absolute place."""
    out = Plan(breaks=sorted(box.breaks), length=box.length, before=box.before, after=box.after)
    pieces: dict[int, list[tuple[tuple[bool, float, float], list[Spot]]]] = defaultdict(list)
    stack: list[tuple[Box, float, float, float]] = [(box, 0.0, 0.0, 1.0)]
    while stack:
        at, s, t, sign = stack.pop()
        if at.upstream:
            s, sign = s + sign * at.length, -sign
        if at.leaf:
            out.spots[at.leaf.node] = (s + sign * at.leaf.at, t)
            out.sizes[at.leaf.node] = (at.leaf.length, at.leaf.width)
        if at.leaf or at.frame:
            near, far = sorted((s, s + sign * at.length))
            out.reaches.append((near, far, t - at.before, t + at.after))
        if at.frame:
            f = at.frame
            s0, s1 = sorted((s + sign * f.s0, s + sign * f.s1))
            out.rims[f.group] = Rim(f.group, s0, s1, f.t0 + t, f.t1 + t)
        for link, way in at.wires:
            moved = [(s + sign * a, b + t) for a, b in way]
            # in the order of the flow: upstream parts come after the others
            key = (sign < 0, round(sign * moved[0][0], 4), round(sign * moved[-1][0], 4))
            pieces[link].append((key, moved))
        for link, a, b in at.texts:
            out.texts[link] = (s + sign * a, b + t)
        # the origin of a part is where its own s begins: its far end where the flow is turned round
        stack += [(part, s + a, t + b, 1.0) if sign > 0 else (part, s - a, t + b, -1.0) for part, a, b in at.parts]
    for link in sorted(pieces):
        ways = sorted(pieces[link], key=lambda piece: piece[0])
        out.ways[link] = straightened([spot for _, way in ways for spot in way])
    return out


def straightened(way: list[Spot]) -> list[Spot]:
    """The way without points that lie on a straight piece or upon each other."""
    out: list[Spot] = []
    for point in way:
        if out and abs(point[0] - out[-1][0]) < 1e-6 and abs(point[1] - out[-1][1]) < 1e-6:
            continue
        while len(out) > 1 and _between(out[-2], out[-1], point):
            out.pop()
        out.append(point)
    return out


def _between(a: Spot, b: Spot, c: Spot) -> bool:
    """Whether b lies on the straight piece from a to c, along one axis."""
    for k in (0, 1):
        if abs(a[k] - b[k]) < 1e-6 and abs(b[k] - c[k]) < 1e-6:
            return (b[1 - k] - a[1 - k]) * (c[1 - k] - b[1 - k]) >= 0
    return False
