"""Encoder-decoders folded into a U or a ladder: down on the left, up on the right, each skip a level rung between.

`find` reads a net and says what the two sides and the rungs are; lay_fold lays them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nnfig.layout.blocks.net import START, Net

LEAST_RUNGS = 2
MOST_SPANS = 60
"""In a net of more skips than this nobody looks for a fold."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A skip across the fold: its nodes from left to right, ends included, and the links that join them."""

    nodes: tuple[int, ...]
    links: tuple[int, ...]
    hung: tuple[tuple[int, int, int], ...] = ()
    """Dead ends below nodes of a row: the node, what hangs there, and the link between them."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What is needed to fold a net."""

    turn: int
    """Nodes up to this place of the trunk belong to the left column."""
    trunk: tuple[int, ...]
    bottom: tuple[int, ...]
    """Nodes between the columns, at the end of the left one."""
    rungs: tuple[Rung, ...]
    """Outer ones first."""
    tails: tuple[Rung, ...]
    """Side outputs of the right column."""
    dissolve: frozenset[int]
    across: frozenset[int] = frozenset()
    """Other links from one column to the other, or from beside to all over them: they are routed last."""

    @property
    def aside(self) -> frozenset[int]:
        """Links that are no part of a column."""
        hung = {k for tail in self.tails for _, _, k in tail.hung}
        return self.across | hung | {k for part in (*self.rungs, *self.tails) for k in part.links}

    @property
    def bridge(self) -> tuple[int, int]:
        """The nodes at the lower ends of the two columns."""
        return self.trunk[self.turn - 1 - len(self.bottom)], self.trunk[self.turn]

    @property
    def apart(self) -> frozenset[int]:
        """Nodes that the fold places."""
        on_rungs = [n for rung in self.rungs for n in rung.nodes[1:-1]]
        on_tails = [n for tail in self.tails for n in (*tail.nodes[1:], *(n for _, n, _ in tail.hung))]
        return frozenset([*on_rungs, *on_tails, *self.bottom])


def find(net: Net, astray: frozenset[int] = frozenset()) -> Fold | None:
    """The fold of a net whose skips are nested around a deepest place, or None.

    Args:
        net: the net.
        astray: nodes of the trunk that no rung may end at.
    """
    after: dict[int, list[tuple[int, int]]] = defaultdict(list)
    before: dict[int, list[int]] = defaultdict(list)
    for k, link in enumerate(net.links):
        after[link.source].append((link.target, k))
        before[link.target].append(link.source)
    trunk = _longest(net, {n: before[n] for n in range(net.size)})
    if trunk and _is_map(net, trunk[-1]):
        # a time or a class may pass more layers than the image does before they meet
        maps = [n for n in range(net.size) if _is_map(net, n)]
        trunk = _longest(net, {n: [p for p in before[n] if _is_map(net, p)] for n in maps})
    place = {n: i for i, n in enumerate(trunk)}
    chained = {k for a, b in pairwise(trunk) for v, k in after[a] if v == b}
    spans, tails = _beside(trunk, place, after, before)
    wide = [(i, j, rung) for i, j, rung in spans if _is_rung(net, trunk, i, j)]
    if not LEAST_RUNGS <= len(wide) <= MOST_SPANS:
        return None
    top = _deepest(wide, len(trunk))
    around = [(i, j, rung) for i, j, rung in wide if i < top < j and astray.isdisjoint(rung.nodes)]
    across = _nested(around)
    if len(across) < (1 if astray else LEAST_RUNGS) or not _shrinks(net, trunk, across):
        return None
    i, j, _ = across[-1]
    maps = all(_is_map(net, trunk[i]) for i, _, _ in across)
    if j - i < 2 or (not maps and (len(across) < len(around) or any(net.looks[n].glyph for n in trunk[i + 1 : top]))):
        return None  # without sizes in space, skips that are not nested may be anything
    rungs = tuple(rung for _, _, rung in across)
    turn, bottom = _turn(net, trunk, i, j)
    # what has a side output belongs to the right column, where these stand
    fed = [place[tail.nodes[0]] for tail in tails if i < place[tail.nodes[0]] < turn]
    turn, bottom = (min(fed), ()) if fed else (turn, bottom)
    if _tears(net, trunk, turn):
        return None
    spare = [rung for a, b, rung in spans if a < turn <= b and rung not in rungs]
    if len(spare) > len(rungs) + 2 or any(len(rung.nodes) > 2 for rung in spare):
        return None
    inner = set(bottom)
    if any(link.source in inner or link.target in inner for k, link in enumerate(net.links) if k not in chained):
        bottom = ()
    right = place[trunk[turn]]
    kept: tuple[Rung, ...] = tuple(tail for tail in tails if place[tail.nodes[0]] >= right)
    end = place[rungs[0].nodes[-1]]
    if kept and 0 < len(trunk) - 1 - end < 4:
        # the network's own end lies beside the column as the others do
        last = trunk[end:]
        kept = (Rung(last, tuple(next(k for v, k in after[a] if v == b) for a, b in pairwise(last))), *kept)
        trunk = trunk[: end + 1]
    ends = [n for rung in rungs for n in (rung.nodes[0], rung.nodes[-1])]
    dissolve = _wrappers(net, ends, [*rungs, *kept], trunk, turn, len(bottom))
    loose = frozenset(k for rung in spare for k in rung.links) | _broadcast(place, after)
    return Fold(turn, trunk, bottom, rungs, kept, dissolve, loose)


def _tears(net: Net, trunk: Sequence[int], turn: int) -> bool:
    """Whether a block that repeats would begin in one column and end in the other, where no frame could show it."""
    left, right = ({group for n in side for group in net.around(n)} for side in (trunk[:turn], trunk[turn:]))
    return any(net.group(group).repeat > 1 for group in left & right)


def _is_rung(net: Net, trunk: tuple[int, ...], i: int, j: int) -> bool:
    """Whether the way that a skip goes past is smaller than both its ends; True where sizes are unknown."""

    def size(k: int) -> int:
        shape = net.shapes[trunk[k]] if trunk[k] < len(net.shapes) else ()
        return shape[-1] if len(shape) >= 4 and isinstance(shape[-1], int) else 0

    ends = size(i), size(j)
    return not all(ends) or any(0 < size(k) < min(ends) for k in range(i + 1, j))


def _deepest(spans: list[tuple[int, int, Rung]], length: int) -> int:
    """The place of the trunk that most skips run across."""
    change = [0] * (length + 1)
    for i, j, _ in spans:
        change[i + 1] += 1
        change[j] -= 1
    most, top, now = 0, 0, 0
    for p, step in enumerate(change):
        now += step
        if now > most:
            most, top = now, p
    return top


def _nested(spans: list[tuple[int, int, Rung]]) -> list[tuple[int, int, Rung]]:
    """The most skips that lie strictly inside each other, the outer ones first."""
    order = sorted(spans, key=lambda span: (span[0], -span[1]))
    best: list[tuple[int, int]] = []
    for y, (a, b, _) in enumerate(order):
        inner = [(best[x][0] + 1, x) for x, (c, d, _) in enumerate(order[:y]) if c < a and b < d]
        best.append(max(inner, key=lambda found: found[0], default=(1, -1)))
    at = max(range(len(best)), key=lambda y: (best[y][0], -y), default=-1)
    found: list[tuple[int, int, Rung]] = []
    while at != -1:
        found.append(order[at])
        at = best[at][1]
    return found[::-1]


def _broadcast(place: dict[int, int], after: dict[int, list[tuple[int, int]]]) -> frozenset[int]:
    """Links from nodes beside the trunk that feed places all over it (a time, a class), but for the first of each."""
    found: set[int] = set()
    for n, taken in after.items():
        fed = sorted((place[v], k) for v, k in taken if v in place)
        if n not in place and len(fed) > 2:
            found |= {k for _, k in fed[1:]}
    return frozenset(found)


def _is_map(net: Net, node: int) -> bool:
    """Whether a node gives a tensor with channels and two or more sizes in space."""
    return node < len(net.shapes) and len(net.shapes[node]) >= 4


def _longest(net: Net, before: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """The longest way along nodes, each with those before it."""
    depth: dict[int, tuple[int, int]] = {}
    for n in range(net.size):
        if n in before:
            depth[n] = max(((depth[p][0] + 1, p) for p in before[n]), default=(1, -1))
    at = max(((d, n) for n, (d, _) in depth.items()), default=(0, -1))[1]
    way: list[int] = []
    while at != -1:
        way.append(at)
        at = depth[at][1]
    return tuple(reversed(way))


def _beside(
    trunk: tuple[int, ...],
    place: dict[int, int],
    after: dict[int, list[tuple[int, int]]],
    before: dict[int, list[int]],
) -> tuple[list[tuple[int, int, Rung]], list[Rung]]:
    """Skips from trunk to trunk, bare or through a row of nodes, and rows of nodes that end beside it."""
    spans: list[tuple[int, int, Rung]] = []
    tails: list[Rung] = []
    for u in trunk:
        for v, k in after[u]:
            nodes, links, at, hung = [u, v], [k], v, list[tuple[int, int, int]]()
            while at not in place and len(before[at]) == 1 and after[at]:
                ends = [(at, n, link) for n, link in after[at] if not after[n] and len(before[n]) == 1]
                on = [step for step in after[at] if step[0] not in {n for _, n, _ in ends}] or [ends.pop()[1:]]
                if len(on) > 1:
                    break
                hung += ends
                at, link = on[0]
                nodes.append(at)
                links.append(link)
            rung = Rung(tuple(nodes), tuple(links), tuple(hung))
            if at in place and place[at] > place[u] + 1 and not hung:
                spans.append((place[u], place[at], rung))
            elif at not in place and len(before[at]) == 1 and not after[at]:
                tails.append(rung)
    return spans, tails


def _shrinks(net: Net, trunk: tuple[int, ...], across: list[tuple[int, int, Rung]]) -> bool:
    """Whether resolution never grows towards the fold (that of sequences falls); unknown, three skips are enough."""
    sizes: list[int] = []
    maps = all(_is_map(net, trunk[i]) for i, _, _ in across)
    for i, _, _ in across:
        shape = net.shapes[trunk[i]] if trunk[i] < len(net.shapes) else ()
        if len(shape) < 3 or not isinstance(shape[-1], int):
            return len(across) > LEAST_RUNGS
        sizes.append(shape[-1])
    return all(a > b or (a == b and maps) for a, b in pairwise(sizes))


def _turn(net: Net, trunk: tuple[int, ...], i: int, j: int) -> tuple[int, tuple[int, ...]]:
    """Where the right column begins, and the nodes of the bottom row before it."""
    inner = list(range(i + 1, j))
    shapes = [net.shapes[trunk[k]] for k in inner]
    sizes = [s[-1] for s in shapes if len(s) >= 3 and isinstance(s[-1], int)]
    if len(sizes) == len(inner):
        low = [k for k, size in zip(inner, sizes, strict=False) if size == min(sizes)]
        flat = [k for k in low if net.looks[trunk[k]].cls not in ("pool", "up")]
        if flat:
            first, last = flat[0], flat[-1]
            plain = all(net.home[trunk[k]] == START for k in range(first, last + 1))
            if plain and last - first < 3:
                return last + 1, trunk[first : last + 1]
            return last + 1, ()
    for k in inner[1:]:
        a, b = net.around(trunk[k - 1]), net.around(trunk[k])
        if a[:1] != b[:1]:
            return k, ()
    return (i + j) // 2 + 1, ()


def _wrappers(
    net: Net, ends: list[int], parts: list[Rung], trunk: tuple[int, ...], turn: int, low: int
) -> frozenset[int]:
    """Groups that hold ends of several rungs, or parts of both columns: they are no items of a column."""
    count: dict[int, int] = defaultdict(int)
    for n in ends:
        for g in net.around(n):
            count[g] += 1
    left = {g for n in trunk[: turn - low] for g in net.around(n)}
    right = {g for n in trunk[turn:] for g in net.around(n)}
    beside = {g for part in parts for n in part.nodes[1:-1] for g in net.around(n)}
    beside |= {g for part in parts for n in part.nodes[-1:] if n not in trunk for g in net.around(n)}
    return frozenset(g for g in {*count, *left, *right, *beside} if count[g] > 1 or g in left & right or g in beside)


def upstream(net: Net, fold: Fold) -> frozenset[int]:
    """Groups of the right column."""
    return frozenset(g for n in fold.trunk[fold.turn :] for g in net.around(n)) - fold.dissolve


def dims_sides(fold: Fold) -> dict[int, int]:
    """Where sizes stand that rungs would strike: outside the right column, below what stands in rows."""
    return dict.fromkeys(fold.trunk[fold.turn :], 1) | dict.fromkeys(sorted(fold.apart), 0)
