"""How far groups are opened: rules, `--depth`, the dial, and steps of closing more so that a figure fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnfig.detail.passes.groups import Groups
from nnfig.detail.sheets.rules import Rules
from nnfig.graph import Graph, Group

FEW = 6
"""An overview with fewer boxes opens the largest container of blocks."""
MANY = 24
"""No group is opened in an overview when more boxes would be drawn."""
NOTHING = 3
"""... but where so few say nothing, twice as many may be."""
STEPS = 12
"""At most so many states of closing more."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Which groups are drawn as one block, and which open ones the user asked for."""

    closed: frozenset[str]
    opened: frozenset[str] = frozenset()
    for_space: tuple[str, ...] = ()
    """Groups that are closed only so that the figure fits."""


Step = tuple[bool, int]
"""One step of closing: whether it is plain containers (last), and minus the level of hierarchy (deepest first)."""


def levels(graphs: Sequence[Graph], rules: Rules, tighter: int = 0) -> list[Levels] | None:
    """The state of every group of each network; None where `tighter` asks for more than can be closed.

    Networks side by side are closed in step: blocks of one level of hierarchy in all of them at once, then those
    of the level above; containers of plain layers last.
    """
    everything = [Groups(graph, rules) for graph in graphs]
    bases = [_base(groups) for groups in everything]
    if not tighter:
        return bases
    if not may_close(rules):
        return None
    steps = [_steps(groups, base) for groups, base in zip(everything, bases, strict=True)]
    order = sorted({step for each in steps for step in each})
    at = len(order) - min(len(order), STEPS) + tighter
    if at > len(order):
        return None
    return [
        _tightened(groups, base, each, order[:at]) for groups, base, each in zip(everything, bases, steps, strict=True)
    ]


def may_close(rules: Rules) -> bool:
    """Whether detail may choose to draw less so that a figure fits."""
    return rules.fit == "close" and not rules.by_hand


def _base(groups: Groups) -> Levels:
    graph, rules = groups.graph, groups.rules
    asked = {group.path: rules.group_action(group, ("open", "close", "inset")) for group in graph.groups}
    by_word = {path for path, action in asked.items() if action == "open"}
    by_word |= {above for path in by_word for above in graph.ancestors(graph.group[path].parent) if asked[above] == ""}
    closed: set[str] = set()
    opened: set[str] = set(by_word)
    frontier = _frontier(groups, by_word) if rules.level == "blocks" and rules.depth is None else frozenset[str]()
    for group in graph.groups:
        path = group.path
        if group.parent and (group.parent in closed or any(above in closed for above in graph.ancestors(group.parent))):
            continue
        if asked[path] in ("close", "inset"):
            closed.add(path)
        elif path in by_word or not group.cls:
            continue
        elif (rules.depth is not None and groups.level(path) > rules.depth) or _closed_by_level(groups, path, frontier):
            closed.add(path)
        elif rules.depth is not None:
            opened.add(path)
    return Levels(frozenset(_worth_closing(groups, closed, asked)), frozenset(opened))


def _closed_by_level(groups: Groups, path: str, frontier: frozenset[str]) -> bool:
    level = groups.rules.level
    if level == "operations":
        return False
    if path in groups.light:
        return True
    if level == "layers" or groups.rules.depth is not None:
        return False
    if path in groups.attention or path in groups.messages or path in groups.steps:
        return True
    return level == "blocks" and path in frontier


def _worth_closing(groups: Groups, closed: set[str], asked: dict[str, str]) -> list[str]:
    """Closed groups but those that would draw one box anyway and that nobody named."""
    return [p for p in sorted(closed) if groups.weight[p] > 1 or asked[p] or p in groups.light]


def _frontier(groups: Groups, by_word: set[str]) -> frozenset[str]:
    """Groups that an overview draws as blocks: the highest ones that say enough."""
    open_: set[str] = set(by_word)
    while True:
        shut = _shut(groups, open_)
        boxes = _boxes(groups, open_)
        best: list[str] = []
        for path in shut:
            alike = _alike(groups, path, shut)
            more = sum(_boxes(groups, open_, each) - 1 for each in alike)
            fits = boxes + more <= (MANY if boxes > NOTHING else 2 * MANY) and groups.graph.group[path].repeat == 1
            if fits and _says_more_open(groups, path, boxes) and not _is_one_of_stages(groups, path, shut):
                best = alike if not best or groups.weight[path] > groups.weight[best[0]] else best
        if not best:
            return groups.wholes(shut)
        open_.update(best)


def _alike(groups: Groups, path: str, shut: list[str]) -> list[str]:
    """The group and those of its class, which are opened with it, so that they look alike."""
    cls = groups.graph.group[path].cls
    others = [each for each in shut if each != path and groups.graph.group[each].cls == cls]
    return [path, *(others if not groups.is_container(path) else ())]


def _says_more_open(groups: Groups, path: str, boxes: int) -> bool:
    blocks = groups.blocks(path)
    useful = ((len(blocks) > 1 or _holds_repeat(groups, path)) and boxes < FEW) or _is_one_repeat(groups, path)
    return useful or (groups.is_container(path) and not blocks) or _wraps_all(groups, path, blocks)


def _is_one_of_stages(groups: Groups, path: str, shut: list[str]) -> bool:
    """Whether there are several stages of one class of blocks: they are closed together, so that they look alike."""
    cls = groups.stage(path)
    return bool(cls) and any(groups.stage(other) == cls for other in shut if other != path)


def _wraps_all(groups: Groups, path: str, blocks: list[str]) -> bool:
    """Whether the group is a shell around a single block that is most of the network."""
    return len(blocks) == 1 and groups.weight[path] * 2 > groups.weight[""] and groups.weight[blocks[0]] > 1


def _is_one_repeat(groups: Groups, path: str) -> bool:
    """Whether the group holds equal blocks and nothing else."""
    children = groups.children[path]
    return len(children) == 1 and children[0].repeat > 1 and groups.weight[children[0].path] == groups.weight[path]


def _holds_repeat(groups: Groups, path: str) -> bool:
    return any(child.repeat > 1 for child in groups.children[path])


def _shut(groups: Groups, open_: set[str]) -> list[str]:
    """Groups that are not open and stand in open ones only; frames that folding made are always open."""
    found: list[str] = []
    reached = {""}
    for group in groups.graph.groups:
        if group.parent in reached:
            if group.path in open_ or not group.cls or groups.weight[group.path] == 1:
                reached.add(group.path)
            else:
                found.append(group.path)
    return found


def _boxes(groups: Groups, open_: set[str], path: str = "") -> int:
    """Boxes drawn directly inside a group (or at the top) with the other groups as they are."""
    count, stack = 0, [path]
    while stack:
        here = stack.pop()
        inner = groups.children[here]
        own = groups.weight[here] - sum(groups.weight[child.path] for child in inner)
        count += max(own, 0)
        for child in inner:
            if child.path in open_ or not child.cls:
                stack.append(child.path)
            else:
                count += 1
    return count


def _steps(groups: Groups, base: Levels) -> dict[Step, list[str]]:
    """Groups that may be closed further, by the step that closes them."""
    graph = groups.graph
    steps: dict[Step, list[str]] = {}
    closed = set(base.closed)
    free = [
        group.path
        for group in graph.groups
        if group.cls
        and group.path not in base.opened
        and groups.weight[group.path] > 1
        and not any(a in base.closed for a in graph.ancestors(group.path))
        and not _is_all_of_a_block(groups, group)
    ]
    step_of = {path: (groups.is_container(path) and not groups.blocks(path), -groups.level(path)) for path in free}
    for step in sorted(set(step_of.values())):
        now = [path for path in free if step_of[path] == step and _shrinks(groups, path, closed)]
        if whole := groups.wholes(now):
            steps[step] = [path for path in now if path in whole]
            closed |= whole
    return steps


def _is_all_of_a_block(groups: Groups, group: Group) -> bool:
    """Whether a container holds all that a named block draws, so that the block is closed in its place."""
    around = groups.graph.group.get(group.parent)
    if around is None or not groups.is_container(group.path) or groups.is_container(around.path):
        return False
    return groups.weight[around.path] == groups.weight[group.path]


def _tightened(groups: Groups, base: Levels, steps: Mapping[Step, list[str]], taken: Sequence[Step]) -> Levels:
    """The state after some steps of closing."""
    graph = groups.graph
    closed = set(base.closed).union(*(steps.get(step, ()) for step in taken))
    outer = frozenset(p for p in closed if not any(a in closed for a in graph.ancestors(graph.group[p].parent)))
    more = tuple(p for p in graph.group if p in outer and p not in base.closed)
    return Levels(outer, base.opened, more)


def _shrinks(groups: Groups, path: str, closed: set[str]) -> bool:
    """Whether closing the group draws fewer boxes than it draws now."""
    inner = [child for child in groups.children[path] if child.path in closed]
    drawn = groups.weight[path] - sum(groups.weight[child.path] - 1 for child in inner)
    return drawn > 1
