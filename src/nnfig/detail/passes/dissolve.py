"""Open groups that carry no meaning lose their frame: single boxes, wrappers, containers."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.captions.english import in_words
from nnfig.detail.captions.steps import called_again, first_call
from nnfig.detail.draft import Draft
from nnfig.detail.labels.names import frame_title, own_name
from nnfig.detail.passes.groups import CONTAINERS
from nnfig.graph import Graph, Group


def dissolve(draft: Draft, opened: frozenset[str]) -> Draft:
    """A frame stays around repeated blocks, around what the user opened or titled, and as the style sheet says."""
    graph = draft.graph
    boxes = _boxes(draft)
    parts = _parts(graph, draft, boxes) | _runs_again(graph, boxes)
    kept = [group for group in graph.groups if _keeps_frame(group, draft, opened, boxes, parts)]
    while True:
        inner = _outermost_only(graph, kept, boxes)
        if len(inner) == len(kept):
            break
        kept = inner
    names = {group.path for group in kept}

    def nearest(path: str) -> str:
        return next((above for above in graph.ancestors(path) if above in names), "")

    def framed(group: Group) -> Group:
        title, parent = draft.rules.title(group) or own_name(group) or _plain(group.cls), nearest(group.parent)
        titled = frame_title(group, parent, title) if draft.rules.shows("names") else title
        return replace(group, parent=parent, title=titled)

    groups = tuple(framed(group) for group in kept)
    layers = tuple(
        layer if layer.group in names or not layer.group else replace(layer, group=nearest(layer.group))
        for layer in graph.layers
    )
    return draft.having(graph.replace(groups=groups, layers=layers))


def _plain(cls: str) -> str:
    """What a frame says in place of a class that is written in code's way; '' where it is a word already."""
    return said if (said := in_words(cls)) != cls else ""


def _boxes(draft: Draft) -> dict[str, int]:
    """How many boxes each group would hold."""
    graph = draft.graph
    found = {group.path: 0 for group in graph.groups}
    for layer in graph.layers:
        if layer.name in draft.contents or draft.rules.fate(layer, draft.origin_graph(layer)) != "merge":
            for path in graph.ancestors(layer.group):
                found[path] += 1
    return found


def _keeps_frame(
    group: Group, draft: Draft, opened: frozenset[str], boxes: dict[str, int], parts: frozenset[str]
) -> bool:
    if group.repeat > 1:
        return True
    rules = draft.rules
    if boxes[group.path] < 2 or rules.is_frameless(group):
        return False
    named = bool(group.cls) and group.cls not in CONTAINERS
    if rules.title(group) or (group.path in opened and (named or rules.group_action(group, ("open",)))):
        return True
    return {"all": True, "named": named, "repeated": group.path in parts}[rules.frames]


def _parts(graph: Graph, draft: Draft, boxes: dict[str, int]) -> frozenset[str]:
    """The few large parts of a network (not of an inset) that have a class of their own each: encoder, decoder."""
    total = len(graph.layers)
    if list(graph.inputs) != list(draft.origin.inputs):
        return frozenset()
    top = [
        group
        for group in graph.groups
        if not any(_matters(graph.group[a], boxes, total) for a in graph.ancestors(group.parent))
    ]
    named = [g for g in top if g.cls and g.cls not in CONTAINERS and _matters(g, boxes, total)]
    classes = [group.cls for group in named]
    if len(classes) != len(set(classes)) or not 2 <= len(named) <= 4:
        return frozenset()
    return frozenset(group.path for group in named)


def _runs_again(graph: Graph, boxes: dict[str, int]) -> frozenset[str]:
    """Groups that run again with the same weights: the two encoders of a siamese network."""
    often, drawn = called_again(graph), {layer.name for layer in graph.layers}
    again = [group for group in graph.groups if first_call(group.path) in often and boxes[group.path] > 1]
    found = frozenset(group.path for group in again)
    weighs = {
        first_call(path)
        for layer in graph.layers
        for path in graph.ancestors(layer.group)
        if path in found and layer.shared in drawn and graph.layer[layer.shared].params
    }
    return frozenset(
        path for path in found if first_call(path) in weighs and not found.intersection(graph.ancestors(path)[1:])
    )


def _matters(group: Group, boxes: dict[str, int], total: int) -> bool:
    """Whether a group is a part of the network rather than all of it or a single box."""
    return 2 <= boxes[group.path] < 0.9 * total and group.repeat == 1


def _outermost_only(graph: Graph, kept: list[Group], boxes: dict[str, int]) -> list[Group]:
    """Without frames that hold just one other frame and nothing beside it."""
    names = {group.path for group in kept}
    doubled: set[str] = set()
    for group in kept:
        above = next((a for a in graph.ancestors(group.parent) if a in names), "")
        if above and boxes[above] == boxes[group.path] and graph.group[above].repeat == 1 and above not in doubled:
            doubled.add(above)
    return [group for group in kept if group.path not in doubled]
