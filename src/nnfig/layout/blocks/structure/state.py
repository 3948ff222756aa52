"""The line of a recurrent net that is to be drawn straight: a cell's state through its gates, or the steps in time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from nnfig.graph import Layer
from nnfig.layout.blocks.net import Net

MOST = 56
"""A net of more nodes is no cell, nor a few steps of one."""
OTHERS, BY_STEP = 40, 8
"""More nodes than this beside the line, or for each step of it, are not placed around it one by one."""
LEAST_STEPS = 2

PRODUCTS, JOINTS = ("×", "⊙"), ("×", "⊙", "+", "−")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of nodes from left to right, and what else is known of the nodes around it."""

    nodes: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]
    """For each node of the net what it takes, and ..."""
    after: tuple[tuple[int, ...], ...]
    """... what takes it."""
    steps: bool = False
    """Whether it is a module that runs again and again, not a state inside of one."""
    states: tuple[int, ...] = field(default=())
    """Inputs that begin the line of steps: old states."""

    @property
    def moves(self) -> tuple[int, ...]:
        """The nodes of the line that compute."""
        return self.nodes if self.steps else self.nodes[1:]


def line_of(net: Net) -> Line | None:
    """The line of a cell or of steps in time, None where there is none."""
    if net.size > MOST:
        return None
    before: list[list[int]] = [[] for _ in range(net.size)]
    after: list[list[int]] = [[] for _ in range(net.size)]
    for link in net.links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    neighbours = tuple(map(tuple, before)), tuple(map(tuple, after))
    steps = _steps(net, before)
    nodes = steps or _state(net, before, after)
    if nodes and (_is_open(net) if steps else _is_apart(net, nodes)):
        return None
    if not nodes or net.size - len(nodes) > (min(OTHERS, BY_STEP * len(steps)) if steps else OTHERS):
        return None
    return Line(nodes, *neighbours, steps=bool(steps), states=_states(net, steps) if steps else ())


def quiet(net: Net, line: Line) -> Net:
    """The net with words between the first two steps alone: what goes from each to the next is the same everywhere."""
    inner = set(pairwise(line.nodes[1:])) if line.steps else set[tuple[int, int]]()
    links = tuple(replace(k, label="") if (k.source, k.target) in inner else k for k in net.links)
    return replace(net, links=links)


def _state(net: Net, before: list[list[int]], after: list[list[int]]) -> tuple[int, ...]:
    """An input that runs through products and sums alone, at least one of each; of several the one least used else."""
    ways: dict[int, tuple[int, ...]] = {}
    for node in reversed(range(net.size)):
        goes = [ways[n] for n in after[node] if net.looks[n].glyph in JOINTS or not after[n]]
        ways[node] = (node, *max(goes, key=lambda way: (not after[way[-1]], len(way)), default=()))
    found: list[tuple[int, ...]] = []
    for start in range(net.size):
        signs = [net.looks[n].glyph for n in ways[start][1:]]
        is_input = not before[start] and _is_data(net.layers[start])
        if is_input and any(sign in PRODUCTS for sign in signs) and "+" in signs:
            found.append(ways[start])
    return min(found, key=lambda way: len(after[way[0]]), default=())


def _is_open(net: Net) -> bool:
    """Whether a group beside the steps is too large to stand there without its frame: one of them that is open."""
    held = Counter(group for node in range(net.size) for group in net.around(node))
    return any(count > BY_STEP for count in held.values())


def _is_apart(net: Net, nodes: Iterable[int]) -> bool:
    """Whether a group around the line stands for several runs, and not for the whole net: then its frame counts."""
    around = {group for node in nodes for group in net.around(node) if net.group(group).repeat > 1}
    return any(layer is not None and not around <= set(net.around(node)) for node, layer in enumerate(net.layers))


def _is_data(layer: Layer | None) -> bool:
    """Whether what has no source is an input of the network, and no weight or number."""
    return layer is None or not (layer.mark or layer.kind in ("Parameter", "Buffer", "Constant"))


def _steps(net: Net, before: list[list[int]]) -> tuple[int, ...]:
    """Calls of one module, each taking what the one before it gave; then those of the next module that goes on."""
    calls: dict[str, list[int]] = defaultdict(list)
    for node, layer in enumerate(net.layers):
        if layer is not None:
            calls[layer.shared or layer.name].append(node)
    chains = [nodes for nodes in calls.values() if len(nodes) >= LEAST_STEPS and _is_chain(nodes, before)]
    chains = [nodes for nodes in chains if not net.looks[nodes[0]].glyph and len(before[nodes[-1]]) > 1]
    if not chains:
        return ()
    line = max(chains, key=len)
    for nodes in chains:
        if line[-1] in before[nodes[0]]:
            line = [*line, *nodes]
        elif nodes[-1] in before[line[0]]:
            line = [*nodes, *line]
    return tuple(line)


def _is_chain(nodes: Iterable[int], before: list[list[int]]) -> bool:
    return all(a in before[b] for a, b in pairwise(nodes))


def _states(net: Net, steps: tuple[int, ...]) -> tuple[int, ...]:
    """Of what the first step takes, what stands where the second one takes the first: its old states."""
    one, two = (net.layers[node] for node in steps[:2])
    if one is None or two is None or len(one.sources) != len(two.sources):
        return ()
    names = [mine for mine, theirs in zip(one.sources, two.sources, strict=True) if theirs == one.name]
    return tuple(dict.fromkeys(net.names.index(name) for name in names))
