"""Irregular cores, neither chain nor branches: Graphviz ranks and orders their items, wires run in channels between.

Long edges get a dummy in every rank that they pass, shared by all edges of one source, so that Graphviz keeps room
for them; the ways through the channels are ours, along the axes, or straight slants where everything joins everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nnfig.layout.blocks.boxes import Box, Spot
from nnfig.layout.blocks.placing.channels import tracks
from nnfig.layout.text import width

if TYPE_CHECKING:
    from nnfig.layout.blocks.placing.place import Placer

Vertex = tuple[int, int]
"""An item and -1, or a dummy: the item whose wire passes and the rank that it passes."""

PORT_IN, PORT_OUT = -1, -2

MOST = 400
"""Larger cores are ranked without Graphviz, whose time grows too fast; nobody can read them in print either."""


@dataclass(slots=True)
class _Ranked:
    """Vertices in ranks, each with its place across the flow."""

    ranks: list[list[Vertex]] = field(default_factory=list)
    t: dict[Vertex, float] = field(default_factory=dict)
    rank: dict[Vertex, int] = field(default_factory=dict)


def core_box(placer: Placer, items: list[int], first: int, last: int) -> Box:
    """The items of a core, placed between two cuts."""
    inside = set(items)
    joins = [pair for pair in placer.level.joins if pair[0] in inside and pair[1] in inside]
    entries = [pair for pair in placer.level.joins if pair[0] == first and pair[1] in inside]
    exits = [pair for pair in placer.level.joins if pair[1] == last and pair[0] in inside]
    boxes = {item: placer.item(item) for item in items}
    lines = _straight(items, joins)
    real_in = [pair for pair in entries if placer.links(pair)]
    real_out = [pair for pair in exits if placer.links(pair)]
    ranked = _ranked(placer, boxes, joins, real_in, real_out, lines)
    chains = _chains(ranked, joins, real_in, real_out)
    return _drawn(placer, boxes, ranked, chains, entries, exits, first, last)


def _straight(items: list[int], joins: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """Edges that are to be straight: the longest way."""
    before: dict[int, list[int]] = {item: [] for item in items}
    for a, b in joins:
        before[b].append(a)
    best: dict[int, tuple[int, int]] = {}
    for item in items:
        best[item] = max(((best[a][0] + 1, a) for a in before[item] if a in best), default=(1, -1))
    at = max(best, key=lambda item: (best[item][0], -items.index(item)))
    way: list[int] = []
    while at != -1:
        way.append(at)
        at = best[at][1]
    way.reverse()
    return set(pairwise(way))


def _ranked(
    placer: Placer,
    boxes: dict[int, Box],
    joins: list[tuple[int, int]],
    real_in: list[tuple[int, int]],
    real_out: list[tuple[int, int]],
    straight: set[tuple[int, int]],
) -> _Ranked:
    """Ranks, orders and places across the flow."""
    edges = [(a, b) for a, b in joins]
    edges += [(PORT_IN, b) for _, b in real_in] + [(a, PORT_OUT) for a, _ in real_out]
    ports = [PORT_IN] if real_in else []
    ports += [PORT_OUT] if real_out else []
    rank = _rank((*boxes, *ports), tuple(edges))
    vertices = dict.fromkeys((v, -1) for v in (*boxes, *ports))
    short: dict[tuple[Vertex, Vertex], int] = {}
    for a, b in edges:
        at: Vertex = (a, -1)
        for r in range(rank[a] + 1, rank[b]):
            dummy = (a, r)
            vertices[dummy] = None
            short[at, dummy] = max(short.get((at, dummy), 1), 8)
            at = dummy
        weight = 40 if (a, b) in straight else 2
        short[at, (b, -1)] = max(short.get((at, (b, -1)), 1), weight)
    sizes = {v: (2 * max(boxes[v[0]].before, boxes[v[0]].after), boxes[v[0]].length) for v in vertices if _held(v)}
    found = _graphviz(list(vertices), sizes, [(u, v, w) for (u, v), w in short.items()], placer.air.beside)
    return _in_ranks(found, {v: v[1] if v[1] >= 0 else rank[v[0]] for v in vertices})


def _in_ranks(found: _Ranked, rank: dict[Vertex, int]) -> _Ranked:
    """The same places across the flow in ranks that are known: sizes may make others of them."""
    ranks: list[list[Vertex]] = [[] for _ in range(max(rank.values()) + 1)]
    for v in sorted(rank, key=lambda v: found.t[v]):
        ranks[rank[v]].append(v)
    return _Ranked(ranks, found.t, rank)


def _held(v: Vertex) -> bool:
    """Whether a vertex is an item: no port and no dummy."""
    return v[0] >= 0 and v[1] < 0


@lru_cache(maxsize=32)
def _rank(items: tuple[int, ...], edges: tuple[tuple[int, int], ...]) -> dict[int, int]:
    """The rank of every item: it follows from the edges alone, whatever the sizes."""
    found = _graphviz([(v, -1) for v in items], {}, [((a, -1), (b, -1), 1) for a, b in edges], 10.0)
    return {v[0]: r for v, r in found.rank.items()}


def _graphviz(
    vertices: list[Vertex],
    sizes: dict[Vertex, tuple[float, float]],
    edges: list[tuple[Vertex, Vertex, int]],
    apart: float,
) -> _Ranked:
    """What dot makes of it."""
    if len(vertices) > MOST:
        return _layered(vertices, sizes, edges)
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=False)
    graph.graph_attr.update(rankdir="TB", nodesep=f"{apart / 72:.4f}", ranksep="0.3", splines="false", ordering="")
    name = {v: f"v{i}" for i, v in enumerate(vertices)}
    for v in vertices:
        wide, high = sizes.get(v, (2.0, 1.0))
        graph.add_node(
            name[v], shape="box", fixedsize="true", label="", width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}"
        )
    for k, (u, v, weight) in enumerate(edges):
        graph.add_edge(name[u], name[v], key=str(k), weight=str(weight))
    for port, kind in ((PORT_IN, "source"), (PORT_OUT, "sink")):
        if (port, -1) in name:
            graph.add_subgraph([name[port, -1]], rank=kind)
    graph.layout(prog="dot")
    place: dict[Vertex, tuple[float, float]] = {}
    for v in vertices:
        node: Any = graph.get_node(name[v])
        x, y = node.attr["pos"].split(",")[:2]
        place[v] = float(x), float(y)
    heights = sorted({round(y, 1) for _, y in place.values()}, reverse=True)
    out = _Ranked([[] for _ in heights])
    for v in sorted(vertices, key=lambda v: place[v][0]):
        out.rank[v] = heights.index(round(place[v][1], 1))
        out.t[v] = place[v][0]
        out.ranks[out.rank[v]].append(v)
    return out


def _layered(
    vertices: list[Vertex], sizes: dict[Vertex, tuple[float, float]], edges: list[tuple[Vertex, Vertex, int]]
) -> _Ranked:
    """Ranks by the longest way from the start, vertices in the order in which they come."""
    before: dict[Vertex, list[Vertex]] = {v: [] for v in vertices}
    for u, v, _ in edges:
        before[v].append(u)
    out = _Ranked()
    waiting = list(vertices)
    while waiting:
        later: list[Vertex] = []
        for v in waiting:
            if all(u in out.rank for u in before[v]):
                out.rank[v] = max((out.rank[u] + 1 for u in before[v]), default=0)
            else:
                later.append(v)
        waiting = later
    out.ranks = [[] for _ in range(max(out.rank.values()) + 1)]
    ends = [0.0] * len(out.ranks)
    for v in vertices:
        r = out.rank[v]
        wide = sizes.get(v, (2.0, 1.0))[0] + 8.0
        out.t[v] = ends[r] + wide / 2
        ends[r] += wide
        out.ranks[r].append(v)
    for r, rank in enumerate(out.ranks):
        for v in rank:
            out.t[v] -= ends[r] / 2
    return out


def _chains(
    ranked: _Ranked,
    joins: list[tuple[int, int]],
    real_in: list[tuple[int, int]],
    real_out: list[tuple[int, int]],
) -> dict[tuple[int, int], list[Vertex]]:
    """For each edge the vertices that it passes, ends included; ports are left out."""
    found: dict[tuple[int, int], list[Vertex]] = {}
    ends = [(pair, pair) for pair in joins]
    ends += [(pair, (PORT_IN, pair[1])) for pair in real_in] + [(pair, (pair[0], PORT_OUT)) for pair in real_out]
    for pair, (a, b) in ends:
        way: list[Vertex] = [(a, -1)] if a >= 0 else []
        way += [(a, r) for r in range(ranked.rank[a, -1] + 1, ranked.rank[b, -1])]
        found[pair] = [*way, *([(b, -1)] if b >= 0 else [])]
    return found


def _by_size(placer: Placer, boxes: dict[int, Box], ranked: _Ranked) -> None:
    """Put items of equal resolution on one line, where there are three or more resolutions in parallel."""
    size: dict[int, int] = {}
    for item in boxes:
        shape = placer.net.shapes[item] if item < placer.net.size else ()
        if len(shape) < 4 or not isinstance(shape[-1], int):
            return
        size[item] = shape[-1]
    steps = sorted(set(size.values()), reverse=True)
    crowded = [v for rank in ranked.ranks for v in rank if v[0] >= 0 and v[1] < 0]
    twice = len({(ranked.rank[v], size[v[0]]) for v in crowded}) < len(crowded)
    if len(steps) < 3 or twice or any(v[1] >= 0 and v[0] >= 0 for v in ranked.rank):
        return
    pitch = max(box.before + box.after for box in boxes.values()) + placer.air.beside
    for v in crowded:
        ranked.t[v] = (steps.index(size[v[0]]) - (len(steps) - 1) / 2) * pitch


def _drawn(
    placer: Placer,
    boxes: dict[int, Box],
    ranked: _Ranked,
    chains: dict[tuple[int, int], list[Vertex]],
    entries: list[tuple[int, int]],
    exits: list[tuple[int, int]],
    first: int,
    last: int,
) -> Box:
    """Items in their ranks, wires through the channels between."""
    _by_size(placer, boxes, ranked)
    air, out = placer.air, Box()
    ranks = [r for r in ranked.ranks if any(v[0] >= 0 or v[1] >= 0 for v in r)]
    ranks = [[v for v in r if v[0] >= 0 or v[1] >= 0] for r in ranks]
    home = {v: k for k, r in enumerate(ranks) for v in r}
    held = [v for v in home if v[1] < 0]
    low = min(ranked.t[v] - boxes[v[0]].before for v in held)
    high = max(ranked.t[v] + boxes[v[0]].after for v in held)
    ports = [ranked.t[p, -1] for p in (PORT_IN, PORT_OUT) if (p, -1) in ranked.t]
    middle = sum(ports) / len(ports) if ports and not _spread(ranks) else (low + high) / 2
    t = {v: ranked.t[v] - middle for v in home}
    steps: list[dict[tuple[Vertex, Vertex], None]] = [{} for _ in ranks]
    for way in chains.values():
        for u, v in pairwise(way):
            steps[home[u]][u, v] = None
    top: dict[Vertex, float] = {}
    bottom: dict[Vertex, float] = {}
    bends: dict[tuple[Vertex, Vertex], float] = {}
    said = _room_for_labels(placer, chains, home)
    dense = any(_joins_all(list(steps[k]), ranks[k], ranks[k + 1], 1.5) for k in range(len(ranks) - 1))
    s = 0.0
    for k, rank in enumerate(ranks):
        s += _room_for_titles(placer, ranks, k)
        length = max((boxes[v[0]].length for v in rank if v[1] < 0), default=0.0)
        for v in rank:
            own = boxes[v[0]].length if v[1] < 0 else length
            top[v] = s + (length - own) / 2
            bottom[v] = top[v] + own
            if v[1] < 0:
                out.put(boxes[v[0]], top[v], t[v])
                leaf = boxes[v[0]].leaf
                if leaf:
                    top[v] += leaf.at - leaf.length / 2
                    bottom[v] = top[v] + leaf.length
            else:
                out.reach(t[v])
        s += length
        if k == len(ranks) - 1:
            break
        here = list(steps[k])
        slanted = dense and _joins_all(here, rank, ranks[k + 1], 1.1)
        if slanted:
            s += 2.2 * air.bus
            continue
        track, count = tracks([(t[u], t[v], u) for u, v in here])
        gap = max(air.bus, 0.7 * air.bus + (count + 1) * 0.6 * air.lane)
        # the bends come behind the words, or before them where wires of one source say different things
        room, own = said.get(k, (0.0, False))
        s += 0.0 if own else room
        for (u, v), at in zip(here, track, strict=False):
            if at is not None:
                bends[u, v] = s + (gap - 0.45 * air.gap) * (at + 1) / (count + 1)
        s += gap + (room if own else 0.0)
    out.length = s
    if any(placer.net.home[v[0]] in placer.dissolved for v in held) and placer.air.direction == "right":
        out.before += placer.air.header + placer.air.pad
    for pair, way in chains.items():
        spots: list[Spot] = []
        if pair[0] == first and pair in entries:
            out.ins.append((t[way[0]], pair))
            spots.append((0.0, t[way[0]]))
        for u, v in pairwise(way):
            spots += [(top[u], t[u])] if u[1] >= 0 else []
            spots.append((bottom[u], t[u]))
            if (u, v) in bends:
                spots += [(bends[u, v], t[u]), (bends[u, v], t[v])]
            spots.append((top[v], t[v]))
        if pair[1] == last and pair in exits:
            out.outs.append((t[way[-1]], pair))
            spots += [(bottom[way[-1]], t[way[-1]]), (s, t[way[-1]])]
        elif len(way) == 1:
            spots.append((top[way[0]], t[way[0]]))
        out.wires += [(k, spots) for k in placer.links(pair)]
    return out


def _joins_all(steps: list[tuple[Vertex, Vertex]], rank: list[Vertex], after: list[Vertex], factor: float) -> bool:
    """Whether so much joins two ranks that straight slants are clearer than bends."""
    return len({u for u, _ in steps}) > 1 and len(steps) > factor * (len(rank) + len(after) - 1)


def _room_for_labels(
    placer: Placer, chains: dict[tuple[int, int], list[Vertex]], home: dict[Vertex, int]
) -> dict[int, tuple[float, bool]]:
    """How wide the channels behind ranks must be for what is written at the wires that begin there.

    With it whether wires of one source say different things, so that each has its words where it runs alone.
    """
    air, found = placer.air, dict[int, tuple[float, bool]]()
    words: dict[Vertex, str] = {}
    for pair, way in chains.items():
        label = placer.label(pair)
        if label and len(way) > 1:
            room, own = found.get(home[way[0]], (0.0, False))
            room = max(room, 1.2 * air.small if air.direction == "down" else width(label, air.small) + 3.2)
            found[home[way[0]]] = room, own or words.setdefault(way[0], label) != label
    return found


def _room_for_titles(placer: Placer, ranks: list[list[Vertex]], k: int) -> float:
    """Room before a rank in which a dissolved group begins, for the title of its frame."""

    def homes(rank: list[Vertex]) -> set[int]:
        return {placer.net.home[v[0]] for v in rank if v[1] < 0}

    new = homes(ranks[k]) - (homes(ranks[k - 1]) if k else set[int]())
    begins = any(group in placer.dissolved for group in new)
    return placer.air.header + placer.air.pad if begins and placer.air.direction == "down" else 0.0


def _spread(ranks: list[list[Vertex]]) -> bool:
    """Whether the first and the last rank both hold several items."""
    return len(ranks[0]) > 1 and len(ranks[-1]) > 1
