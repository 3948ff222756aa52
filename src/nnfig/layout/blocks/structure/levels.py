"""Which items stand together: every group becomes a level of items (nodes and closed groups) with its own edges.

A group is laid out on its own axis, with one way in and one way out. Groups that several streams run through cannot
be: they are dissolved (and get a frame afterwards where no foreign node falls inside). Edges that enter or leave a
group elsewhere are laterals; they take no part in the placement and are routed last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nnfig.graph.order import running_order
from nnfig.layout.blocks.net import END, START, Net
from nnfig.layout.blocks.structure.beside import set_aside


@dataclass(slots=True)
class Level:
    """A group's inside (or the whole panel's): its items in an order in which they can run, and what joins them."""

    group: int
    items: list[int] = field(default_factory=list)
    order: dict[int, int] = field(default_factory=dict)
    joins: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """Pair of items (or ports) to the links that it stands for; an empty list: only for order."""
    beside: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """What stands beside an item, out of the flow."""
    aside: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """The joins of what stands beside."""


@dataclass(slots=True)
class Levels:
    """All levels, outer before inner, with the links that are routed last and the groups that were dissolved."""

    levels: list[Level]
    laterals: list[int]
    dissolved: list[int]
    paths: list[list[int]]
    """For each node the groups around it that are levels, outermost first."""


def levels(
    net: Net,
    dissolve: frozenset[int] = frozenset(),
    aside: frozenset[int] = frozenset(),
    apart: frozenset[int] = frozenset(),
    bridge: tuple[int, int] | None = None,
    core: bool = False,
) -> Levels:
    """The levels of a net.

    Args:
        net: the panel.
        dissolve: groups that are no levels in any case.
        aside: links that somebody else takes care of.
        apart: nodes that somebody else places.
        bridge: two nodes that follow each other, whatever lies between them.
        core: the outermost level keeps everything in the flow.
    """
    gone = set(dissolve)
    aside = aside | {k for k, link in enumerate(net.links) if link.source in apart or link.target in apart}
    while True:
        paths = [[g for g in net.around(i) if g not in gone] for i in range(net.size)]
        bad = _many_streams(net, paths, aside) or _on_cycles(net, paths)
        if not bad:
            break
        gone |= bad
    laterals = _laterals(net, paths, aside)
    laterals |= _of_memories(net, paths, laterals, aside)
    return Levels(_build(net, paths, laterals | aside, apart, bridge, core), sorted(laterals), sorted(gone), paths)


def split(path_u: list[int], path_v: list[int]) -> int:
    """How many groups two nodes share."""
    shared = 0
    for a, b in zip(path_u, path_v, strict=False):
        if a != b:
            break
        shared += 1
    return shared


@dataclass(slots=True)
class _Doors:
    """How links cross the borders of groups."""

    comes: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    goes: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    fed: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Nodes of a group that take something from inside it."""
    read: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Nodes of a group that something inside it takes."""


def _doors(net: Net, paths: list[list[int]], aside: frozenset[int]) -> _Doors:
    doors = _Doors()
    for k, link in enumerate(net.links):
        if k in aside:
            continue
        pu, pv = paths[link.source], paths[link.target]
        shared = split(pu, pv)
        for g in pu[:shared]:
            doors.fed[g].add(link.target)
            doors.read[g].add(link.source)
        for g in pv[shared:]:
            doors.comes[g].append(k)
        for g in pu[shared:]:
            doors.goes[g].append(k)
    return doors


def _many_streams(net: Net, paths: list[list[int]], aside: frozenset[int]) -> set[int]:
    """Groups that several streams enter at several places, or leave at several places; not those that repeat.

    A frame must say how often those stand there, so further streams reach into it as laterals.
    """
    doors = _doors(net, paths, aside)
    everywhere = _broadcast(net, paths)
    bad: set[int] = set()
    for g in sorted(set(doors.comes) | set(doors.goes)):
        depth = net.around(g)
        outer = [q for q in depth if q in doors.fed or q in doors.comes or q in doors.goes]
        parent = next((q for q in reversed(outer) if q != g), START)

        def near(node: int, parent: int = parent) -> bool:
            """Whether a node lies in the same group as g does: what comes from farther is a lateral anyway."""
            return parent == START or parent in paths[node]

        heads = [net.links[k] for k in doors.comes[g] if net.links[k].target not in doors.fed[g]]
        tails = [net.links[k] for k in doors.goes[g] if net.links[k].source not in doors.read[g]]
        heads = [k for k in heads if near(k.source) and k.source not in everywhere]
        tails = [k for k in tails if near(k.target)]
        wide_in = len({k.source for k in heads}) > 1 and len({k.target for k in heads}) > 1
        wide_out = len({k.source for k in tails}) > 1 and len({k.target for k in tails}) > 1
        if (wide_in or wide_out) and net.group(g).repeat == 1:
            bad.add(g)
    return bad


def _broadcast(net: Net, paths: list[list[int]]) -> set[int]:
    """Nodes that feed three or more other groups side by side (tables, masks): they are no streams."""
    groups: dict[int, set[int]] = defaultdict(set)
    for link in net.links:
        shared = split(paths[link.source], paths[link.target])
        if shared < len(paths[link.target]):
            groups[link.source].add(paths[link.target][shared])
    return {node for node, found in groups.items() if len(found) > 2}


def _laterals(net: Net, paths: list[list[int]], aside: frozenset[int]) -> set[int]:
    """Links that enter a group from another source than its main one, or leave it from the middle."""
    doors = _doors(net, paths, aside)
    found: set[int] = set()
    for g, crossing in doors.comes.items():
        count: dict[int, int] = defaultdict(int)
        for k in crossing:
            if net.links[k].target not in doors.fed[g]:
                count[net.links[k].source] += 1
        if not count:
            continue
        most = max(count.values())
        main = {u for u, n in count.items() if n == most}
        targets = {net.links[k].target for k in crossing if net.links[k].source in main}
        if len(main) > 1 and len(targets) > 1:
            main = {max(main)}
        found |= {k for k in crossing if net.links[k].source not in main}
    for g, crossing in doors.goes.items():
        main = {net.links[k].source for k in crossing if net.links[k].source not in doors.read[g]}
        takers = {net.links[k].target for k in crossing if net.links[k].source in main}
        if main:
            found |= {k for k in crossing if net.links[k].source not in main and net.links[k].target not in takers}
    return found


def _of_memories(net: Net, paths: list[list[int]], laterals: set[int], aside: frozenset[int]) -> set[int]:
    """Links by which a stream that has its own input goes into nodes of another, before it goes into groups of it."""
    found: set[int] = set()
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for link in net.links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    for memory in sorted({net.links[k].source for k in laterals}):
        own = _reached([memory], before)
        into = {net.links[k].target for k in laterals if net.links[k].source == memory}
        for k, link in enumerate(net.links):
            if link.source != memory or k in laterals or k in aside or paths[link.target] != paths[memory]:
                continue
            others = [n for n in before[link.target] if n != memory and before[n]]
            if others and own.isdisjoint(_reached(others, before)) and into & _reached([link.target], after):
                found.add(k)
    return found


def _reached(nodes: Iterable[int], ways: Mapping[int, Sequence[int]]) -> set[int]:
    """The nodes and all that lies on ways from them."""
    found, stack = set(nodes), list(nodes)
    while stack:
        for n in ways.get(stack.pop(), ()):
            if n not in found:
                found.add(n)
                stack.append(n)
    return found


def _lifted(net: Net, paths: list[list[int]], k: int) -> tuple[int, int, int]:
    """The level that a link belongs to, and the two items that it joins there."""
    link = net.links[k]
    pu, pv = [*paths[link.source], link.source], [*paths[link.target], link.target]
    shared = split(pu, pv)
    return (pu[shared - 1] if shared else START), pu[shared], pv[shared]


def _on_cycles(net: Net, paths: list[list[int]]) -> set[int]:
    """Groups that, closed, would stand on a cycle."""
    after: dict[int, dict[int, None]] = defaultdict(dict)
    degree: dict[int, int] = defaultdict(int)
    items: dict[int, None] = {}
    for k in range(len(net.links)):
        _, a, b = _lifted(net, paths, k)
        items[a] = items[b] = None
        if b not in after[a]:
            after[a][b] = None
            degree[b] += 1
    ready = [a for a in items if not degree[a]]
    while ready:
        a = ready.pop()
        for b in after[a]:
            degree[b] -= 1
            if not degree[b]:
                ready.append(b)
    return {a for a in items if degree[a] > 0 and a >= net.size}


def _build(
    net: Net,
    paths: list[list[int]],
    left_out: set[int],
    apart: frozenset[int],
    bridge: tuple[int, int] | None,
    core: bool,
) -> list[Level]:
    made: dict[int, Level] = {START: Level(START)}
    for i in range(net.size):
        if i in apart:
            continue
        above = START
        for g in paths[i]:
            if g not in made:
                made[g] = Level(g)
                made[above].items.append(g)
            above = g
        made[above].items.append(i)
    for k in range(len(net.links)):
        if k in left_out:
            continue
        link = net.links[k]
        home, a, b = _lifted(net, paths, k)
        made[home].joins.setdefault((a, b), []).append(k)
        pu, pv = [*paths[link.source], link.source], [*paths[link.target], link.target]
        shared = split(pu, pv)
        for g, inner in zip(pv[shared:-1], pv[shared + 1 :], strict=False):
            made[g].joins.setdefault((START, inner), []).append(k)
        for g, inner in zip(pu[shared:-1], pu[shared + 1 :], strict=False):
            made[g].joins.setdefault((inner, END), []).append(k)
    if bridge:
        u, v = (([*paths[n], n]) for n in bridge)
        shared = split(u, v)
        made[u[shared - 1] if shared else START].joins.setdefault((u[shared], v[shared]), [])
    loose: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for k in sorted(left_out):
        home, a, b = _lifted(net, paths, k)
        loose[home][a].append((b, k))
        loose[home][b].append((a, k))
    for level in made.values():
        _order(level)
        if not (core and level.group == START):
            set_aside(net, level, loose[level.group])
    return list(made.values())


def _order(level: Level) -> None:
    """Put the items in an order in which they can run, as near to the given one as possible; tie loose ends up."""
    heads = {b for _, b in level.joins}
    tails = {a for a, _ in level.joins}
    for item in level.items:
        if item not in heads:
            level.joins[START, item] = []
        if item not in tails:
            level.joins[item, END] = []
    needs: dict[int, list[int]] = {item: [] for item in level.items}
    for a, b in level.joins:
        if a != START and b != END:
            needs[b].append(a)
    level.items = running_order(needs)
    level.order = {item: i for i, item in enumerate(level.items)}
