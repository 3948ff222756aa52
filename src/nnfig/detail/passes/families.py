"""Closed blocks of one class in a row are drawn as one box, so that an overview has one look for one idea."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.draft import Draft
from nnfig.detail.folds.structure import free_path
from nnfig.detail.passes.groups import CONTAINERS, Groups
from nnfig.detail.passes.levels import Levels
from nnfig.graph import Graph, Group, TensorSpec

FEW = 6
"""An overview with so few boxes can show each of them."""
FAMILY = "Sequential"
"""Class of the group that is made around a family: blocks in a row and nothing else."""


def families(draft: Draft, state: Levels) -> tuple[Draft, frozenset[str]]:
    """`A -> A' -> A'` with all three closed becomes `[A -> A' -> A']`, closed: the box will say `A ×3`.

    An overview takes blocks of one class together that give tensors of one size; where blocks are closed only to
    save space, those that take tensors of one size as well, which nobody could tell apart. What was closed by hand
    stays as it is, and so does what stands in a group that was opened by hand.

    Returns:
        The draft with groups around the families, and what is to be closed instead.
    """
    graph, rules, closed = draft.graph, draft.rules, state.closed
    groups = Groups(graph, rules)
    loose = rules.level == "blocks"
    free = [
        group.path
        for group in graph.groups
        if group.path in closed
        and group.parent not in state.opened
        and (loose or group.path in state.for_space)
        and group.cls not in CONTAINERS
        and groups.weight[group.path] > 1
        and not rules.group_action(group, ("open", "close", "inset"))
    ]
    boxes = groups.weight[""] - sum(groups.weight[path] - 1 for path in closed)
    runs = _runs(groups, free, loose) if rules.fold and (boxes > FEW or not loose) else []
    found = [run for run in runs if len(run) > 1]
    if found or any(groups.stage(path) for path in closed):
        found = [run for run in runs if len(run) > 1 or graph.group[run[0]].repeat > 1]
    for run in found:
        graph = _around(graph, run)
    made = [group.path for group in graph.groups if group.path not in draft.graph.group]
    return replace(draft, graph=graph), closed.difference(*found).union(made)


def _runs(groups: Groups, free: list[str], loose: bool) -> list[list[str]]:
    """Groups of one class, each of which takes nothing but what the one before it gives, and alone takes that."""
    runs: list[list[str]] = []
    for path in free:
        before = runs[-1][-1] if runs else ""
        if before and _alike(groups, before, path, loose) and _follows(groups, before, path):
            runs[-1].append(path)
        else:
            runs.append([path])
    return runs


def _alike(groups: Groups, before: str, path: str, loose: bool) -> bool:
    one, other = groups.graph.group[before], groups.graph.group[path]
    same = (one.cls, one.parent) == (other.cls, other.parent) and _gives(groups, before) == _gives(groups, path)
    return same and (loose or _takes(groups, before) == _takes(groups, path))


def _gives(groups: Groups, path: str) -> tuple[TensorSpec, ...]:
    return groups.members[path][-1].output


def _takes(groups: Groups, path: str) -> TensorSpec | None:
    names = {layer.name for layer in groups.members[path]}
    taken = [edge for layer in groups.members[path] for edge in layer.inputs if edge.source not in names]
    return groups.graph.spec(taken[0].source, taken[0].output) if taken else None


def _follows(groups: Groups, before: str, path: str) -> bool:
    graph = groups.graph
    first, second = ({layer.name for layer in groups.members[each]} for each in (before, path))
    given = {source for layer in groups.members[path] for source in layer.sources} - second
    taken = {taker for name in first for taker in graph.consumers[name]} - first
    return given <= first and taken <= second and not first.intersection(graph.outputs)


def _around(graph: Graph, run: list[str]) -> Graph:
    """The graph with a group around those of a run, which stand in one group already."""
    times = f"×{graph.group[run[0]].repeat}" if len(run) == 1 else f"..{run[-1].rpartition('.')[2]}"
    path = free_path(graph, f"{run[0]}{times}")
    family = Group(path, FAMILY, parent=graph.group[run[0]].parent)
    found: list[Group] = []
    for group in graph.groups:
        if group.path == run[0]:
            found.append(family)
        found.append(replace(group, parent=path) if group.path in run else group)
    return graph.replace(groups=tuple(found))
