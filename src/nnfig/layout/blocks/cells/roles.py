"""What the nodes of a cell are to each other: what feeds the gates, gates, their activations, outputs."""

from __future__ import annotations

from dataclasses import dataclass

from nnfig.layout.blocks.net import Net
from nnfig.layout.blocks.structure.state import JOINTS, Line


@dataclass(frozen=True, slots=True)
class Roles:
    """The nodes of a cell by what they are; the rest is free."""

    bus: tuple[int, ...]
    """What feeds the gates, in order: what joins the inputs, and what leads there."""
    heads: tuple[int, ...]
    """First nodes of gates: what the bus feeds."""
    followers: frozenset[int]
    """What goes on from a gate's first node, alone: its activation."""
    rows: int
    """The most followers that a gate has."""
    tails: dict[int, int]
    """What comes from a step and leads to no further one (outputs, heads), with that step; the last where several."""
    ends: tuple[int, ...]
    """What the network returns, but for tails."""


def roles(net: Net, line: Line) -> Roles:
    """What every node is."""
    bus, tails = _bus(net, line), _tails(line)
    heads = _heads(net, line, bus)
    depth = _followers(net, line, heads)
    last = [n for n in range(net.size) if not line.after[n] and len(line.before[n]) == 1]
    ends = tuple(n for n in last if net.layers[n] is None and n not in tails)
    return Roles(bus, heads, frozenset(depth), max(depth.values(), default=0), tails, ends)


def _bus(net: Net, line: Line) -> tuple[int, ...]:
    """Nodes that join inputs and feed several boxes, with what leads from the inputs to them."""
    before, after = line.before, line.after
    if line.steps:
        return ()
    early: set[int] = {n for n in range(net.size) if not before[n]}
    found: list[int] = []
    for node in range(net.size):
        if not before[node] or node in line.moves or not all(p in early for p in before[node]):
            continue
        if any(net.looks[n].glyph in JOINTS and not _is_sum(net, line, n) for n in after[node]):
            continue
        early.add(node)
        if len(after[node]) > 1:
            found.append(node)
    members: dict[int, None] = {}
    for node in found:
        stack, chain = [node], list[int]()
        while stack:
            at = stack.pop()
            if before[at] and at not in members and at not in chain:
                chain.append(at)
                stack += before[at]
        members |= dict.fromkeys(sorted(chain))
    return tuple(members)


def _is_sum(net: Net, line: Line, node: int) -> bool:
    """Whether a node only adds up what was made of inputs."""
    return net.looks[node].glyph == "+" and node not in line.moves and all(line.before[p] for p in line.before[node])


def _heads(net: Net, line: Line, bus: tuple[int, ...]) -> tuple[int, ...]:
    """What the bus feeds, and what looks like it."""
    many = {n for n in range(net.size) if not line.before[n] and len(line.after[n]) > 1}
    fed = [
        n
        for n in range(net.size)
        if line.before[n]
        and n not in bus
        and n not in line.moves
        and net.looks[n].glyph not in JOINTS
        and all(p in bus or (not bus and p in many and _has_weights(net, n)) for p in line.before[n])
        and line.after[n]
    ]
    classes = {net.looks[n].cls for n in fed if len(line.before[n]) == 1}
    alike = [
        n
        for n in range(net.size)
        if n not in fed
        and n not in bus
        and len(line.before[n]) == 1
        and line.before[n][0] not in line.moves
        and line.before[n][0] not in fed
        and net.looks[n].cls in classes
        and _has_weights(net, n)
    ]
    return tuple(sorted([*fed, *alike]))


def _has_weights(net: Net, node: int) -> bool:
    layer = net.layers[node]
    return layer is not None and (layer.params > 0 or bool(layer.shared))


def _followers(net: Net, line: Line, heads: tuple[int, ...]) -> dict[int, int]:
    """What goes on from a head alone, with how far it is from it."""
    depth: dict[int, int] = {}
    for head in heads:
        at = head
        while len(line.after[at]) == 1:
            node = line.after[at][0]
            if node in depth or node in line.moves or len(line.before[node]) > 1 or net.layers[node] is None:
                break
            depth[node] = depth.get(at, 0) + 1
            at = node
    return depth


def _tails(line: Line) -> dict[int, int]:
    """What comes from steps alone and leads to none."""
    if not line.steps:
        return {}
    place = {node: k for k, node in enumerate(line.nodes)}
    leads = [False] * len(line.before)
    for node in reversed(range(len(line.before))):
        leads[node] = node in place or any(leads[n] for n in line.after[node])
    came: dict[int, int] = {}
    for node in range(len(line.before)):
        roots = [p if p in place else came.get(p, -1) for p in line.before[node]]
        if roots and -1 not in roots and not leads[node]:
            came[node] = max(roots, key=place.__getitem__)
    return came
