"""Long runs of arithmetic that no module holds become one block each, where nothing else makes a figure fit its page.

`head -> sigmoid -> gt -> where -> topk -> ... -> stack` becomes `head -> 35 operations`.
"""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.close import close
from nnfig.detail.passes.groups import LIGHT
from nnfig.graph import Graph, Group, Layer

FEWEST = 12
"""Fewer operations in a row are drawn."""
NOUN = " operations"


def gather(draft: Draft) -> Draft:
    """The draft with every long run of arithmetic closed."""
    graph = draft.graph
    runs = long_runs(draft)
    if not runs:
        return draft
    groups: list[Group] = []
    home: dict[str, str] = {}
    for run in runs:
        path = f"{run[0].name}..{run[-1].name}"
        groups.append(Group(path, f"{len(run)}{NOUN}", parent=run[0].group))
        home |= dict.fromkeys((layer.name for layer in run), path)
    layers = tuple(replace(layer, group=home.get(layer.name, layer.group)) for layer in graph.layers)
    grouped = draft.having(graph.replace(layers=layers, groups=(*graph.groups, *groups)))
    return close(grouped, [group.path for group in groups])


def is_gathered(cls: str) -> bool:
    """Whether a block of this class is a run of arithmetic."""
    return cls.endswith(NOUN)


def long_runs(draft: Draft) -> list[list[Layer]]:
    """The runs that are worth a block."""
    return [run for run in _runs(draft) if len(run) >= FEWEST]


def _runs(draft: Draft) -> list[list[Layer]]:
    """Arithmetic that hangs together, in the order in which it runs.

    Two operations may be one block if no path from one to the other leaves it. So every layer has a stage, which
    grows over a layer that is drawn for itself and over the border of a group: along any path between operations
    of one stage and group there is nothing else.
    """
    graph = draft.graph
    light = {layer.name: _is_light(layer, draft) for layer in graph.layers}
    stage: dict[str, int] = {}
    found: dict[str, list[Layer]] = {}
    run_of: dict[str, str] = {}
    for layer in graph.layers:
        before = [graph.layer[source] for source in layer.sources if source in stage]
        stage[layer.name] = max(
            (stage[b.name] + (not light[b.name] or b.group != layer.group) for b in before), default=0
        )
        if not light[layer.name]:
            continue
        near = [b for b in before if light[b.name] and b.group == layer.group and stage[b.name] == stage[layer.name]]
        joined = list(dict.fromkeys(run_of[b.name] for b in near))
        first = joined[0] if joined else layer.name
        run = found.setdefault(first, [])
        for other in joined[1:]:
            run += found.pop(other)
        run.append(layer)
        run_of |= dict.fromkeys((member.name for member in run), first)
    place = {layer.name: i for i, layer in enumerate(graph.layers)}
    return [sorted(run, key=lambda layer: place[layer.name]) for run in found.values()]


def _is_light(layer: Layer, draft: Draft) -> bool:
    """Whether a layer is a function without weights of its own."""
    light = not layer.params and layer.name not in draft.contents and layer.mark != "constant"
    return light and category_of(layer.kind).name in LIGHT and not _is_module(layer, draft.origin)


def _is_module(layer: Layer, origin: Graph) -> bool:
    return layer.name == layer.path and layer.name in origin.layer
