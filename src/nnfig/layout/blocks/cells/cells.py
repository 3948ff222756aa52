"""A cell on a grid: the state along its first row, gates in a row of their own, what feeds them along the last."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnfig.layout.blocks.cells.grid import Spot, Ways, cost_of, ways
from nnfig.layout.blocks.cells.roles import Roles, roles
from nnfig.layout.blocks.net import Net
from nnfig.layout.blocks.structure.state import JOINTS, Line

ROUNDS = 3
"""How often every free node is tried in every row."""
TRIES = 80
"""So many placements are weighed; a cell needs fewer, several steps of one take what they get."""
STACK = 4
"""Rows between the line and the gates, beside those that gates themselves take."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Nodes and wires on a grid whose columns run with the flow; even places hold nodes, odd ones are the gaps."""

    spots: dict[int, Spot]
    ways: Ways
    """For each link the places at which it begins, bends and ends."""
    equal: tuple[tuple[int, ...], ...] = ()
    """Nodes that are drawn in one size: gates, steps."""


@dataclass(slots=True)
class _Plan:
    """A cell on its way to the grid."""

    net: Net
    line: Line
    roles: Roles
    column: dict[int, int] = field(default_factory=dict[int, int])
    row: dict[int, int] = field(default_factory=dict[int, int])
    top: dict[int, int] = field(default_factory=dict[int, int])
    """For each column the node that was last put there."""
    last: int = 0


def cell(net: Net, line: Line) -> Cell | None:
    """The best of a few orders in which gates may stand; None where two nodes would stand in one place.

    So it is where several cells follow one another, each with a line of its own.
    """
    found = roles(net, line)
    made = [_settled(_placed(_Plan(net, line, found), order)) for order in (1, -1)]
    plan = min(made, key=lambda each: each[0])[1]
    spots = _spots(plan)
    if len(set(spots.values())) < len(spots):
        return None
    return Cell(spots, ways(_pairs(net), spots, line.nodes), _equal(plan))


def _pairs(net: Net) -> list[tuple[int, int]]:
    return [(link.source, link.target) for link in net.links]


def _spots(plan: _Plan) -> dict[int, Spot]:
    return {node: (2 * plan.column[node], 2 * plan.row[node]) for node in range(plan.net.size)}


def _placed(plan: _Plan, order: int) -> _Plan:
    """Every node in a column and in a row where it may stay or from which it is moved later."""
    net, line, roles = plan.net, plan.line, plan.roles
    before, after = line.before, line.after
    floor = STACK + roles.rows
    lowest = floor + 1
    if not line.steps:
        plan.column[line.nodes[0]] = plan.row[line.nodes[0]] = 0
    for node in roles.bus:
        plan.column[node] = 1 + max((plan.column.get(p, 0) for p in before[node]), default=0)
        plan.row[node] = lowest + sum(plan.column[node] == plan.column[n] for n in roles.bus if n in plan.row)
        plan.last = max(plan.last, plan.column[node])
    for node in line.states:
        plan.column[node], plan.row[node] = 0, -line.states.index(node)
    _place_sources(plan, lowest)
    for node in (*line.moves, *range(net.size)):
        if node not in plan.column and node not in roles.tails and node not in roles.ends and before[node]:
            _visit(plan, node, order, floor)
    for node in roles.ends:
        plan.column[node], plan.row[node] = plan.last + 1, plan.row[before[node][0]]
    for node, step in roles.tails.items():
        if node not in plan.column:
            plan.column[node] = plan.column[step]
            plan.row[node] = min((plan.row[p] for p in before[node]), default=0) - 1
    for node in range(net.size):
        if node not in plan.column:
            plan.column[node] = plan.column[after[node][0]] if after[node] else plan.last
            plan.row[node] = plan.row[after[node][0]] + 1 if after[node] else lowest
    return plan


def _place_sources(plan: _Plan, lowest: int) -> None:
    """Inputs that feed the bus or several nodes: level with what they feed, else below it, else below each other."""
    net, line, bus = plan.net, plan.line, plan.roles.bus
    state = net.shapes[line.nodes[0]]
    sources = [n for n in range(net.size) if not line.before[n] and n not in plan.column]
    for node in sorted(sources, key=lambda n: net.shapes[n] != state):
        takers = line.after[node]
        if len(takers) == 1 and takers[0] not in (*bus, *plan.roles.ends):
            continue
        taken = {(plan.column[n], plan.row[n]) for n in plan.column}
        first = takers[0] if takers and takers[0] in bus else None
        spots = [(0, row) for row in range(lowest, lowest + len(sources) + 1)]
        if first is not None and len(takers) == 1:
            level, under = (0, plan.row[first]), (plan.column[first], plan.row[first] + 1)
            spots = [*([level] if plan.column[first] == 1 else []), under, *spots]
        plan.column[node], plan.row[node] = next(spot for spot in spots if spot not in taken)


def _visit(plan: _Plan, node: int, order: int, floor: int) -> None:
    """Place what a node takes, then the node: above the last of what it takes, or in a column of its own."""
    line = plan.line
    stack = [(node, False)]
    while stack:
        at, ready = stack.pop()
        if at in plan.column:
            continue
        if not ready:
            stack.append((at, True))
            takes = sorted((p for p in line.before[at] if line.before[p]), key=lambda p: (-_depth(plan, p), p * order))
            stack += [(p, False) for p in reversed(takes) if p not in plan.column]
            continue
        _put(plan, at, floor)


def _depth(plan: _Plan, node: int) -> int:
    """0 for what the line gives rise to, which comes after what the gates do."""
    seen, stack = {node}, [node]
    while stack:
        for p in plan.line.before[stack.pop()]:
            if p in plan.line.moves:
                return 1
            if p not in seen:
                seen.add(p)
                stack.append(p)
    return 0


def _put(plan: _Plan, node: int, floor: int) -> None:
    line, net = plan.line, plan.net
    inner = [p for p in line.before[node] if p in plan.column and p not in line.nodes and p not in plan.roles.bus]
    inner = [p for p in inner if line.before[p]]
    at = max((plan.column[p] for p in inner), default=-1)
    under = plan.top.get(at)
    on_line = node in line.moves
    alone = under is not None and (on_line or line.after[under] == (node,))
    follows = node in plan.roles.followers
    stacks = alone and under in inner and (on_line or follows or net.looks[node].glyph in JOINTS)
    before = [plan.column[p] for p in line.nodes if p in plan.column] if on_line else []
    if on_line and before and at <= max(before):
        stacks = False
    if not stacks:
        plan.last += 1
        at = plan.last
    plan.column[node] = at
    if on_line:
        plan.row[node] = 0
        return
    plan.top[at] = node
    if node in plan.roles.heads:
        plan.row[node] = floor
    elif _feeds_gates(plan, node):
        plan.row[node] = floor + 1
    elif follows:
        plan.row[node] = plan.row[line.before[node][0]] - 1
    else:
        plan.row[node] = max(1, floor - plan.roles.rows - 1)


def _feeds_gates(plan: _Plan, node: int) -> bool:
    """Whether a node is to a later step of the cell what the bus is to the first."""
    takers = plan.line.after[node]
    return len(takers) > 1 and all(n in plan.roles.heads for n in takers)


def _settled(plan: _Plan) -> tuple[float, _Plan]:
    """The plan with every free node in the row where wires are best, and what they cost."""
    net, line, roles = plan.net, plan.line, plan.roles
    kept = {*line.nodes, *line.states, *roles.bus, *roles.heads, *roles.followers, *roles.tails, *roles.ends}
    free = [n for n in range(net.size) if n not in kept and line.before[n] and not _feeds_gates(plan, n)]
    floor = max([plan.row[n] for n in roles.heads] or [STACK])
    pairs = _pairs(net)

    def price(limit: float = 1e18) -> float:
        for n in roles.ends:
            plan.row[n] = plan.row[line.before[n][0]]
        spots = _spots(plan)
        clash = 1000.0 * (len(spots) - len(set(spots.values())))
        return clash + cost_of(pairs, spots, line.nodes, limit - clash)

    best, tries = price(), TRIES
    for _ in range(ROUNDS):
        moved = False
        for n in free:
            here = plan.row[n]
            for row in range(1, floor + 1) if tries > 0 else ():
                plan.row[n] = row
                cost = price(best)
                tries -= 1
                if cost < best - 1e-6:
                    best, here, moved = cost, row, True
            plan.row[n] = here
        if not moved:
            break
    price()
    return best + 2.0 * plan.last, plan


def _equal(plan: _Plan) -> tuple[tuple[int, ...], ...]:
    """Gates' first nodes of one class, their activations, steps: each set in one size."""
    sets: dict[tuple[str, int], list[int]] = {}
    for n in (*plan.roles.heads, *sorted(plan.roles.followers)):
        sets.setdefault((plan.net.looks[n].cls, plan.row[n]), []).append(n)
    found = [tuple(nodes) for nodes in sets.values()]
    return (*found, plan.line.nodes) if plan.line.steps else tuple(found)
