"""Equal blocks in a row become one, marked xN: the first is kept, its group carries `repeat`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace

from nnfig.detail.captions.english import FAMILIES, in_words, listed
from nnfig.detail.captions.rates import DROPOUT, Drops, dropped
from nnfig.detail.draft import Draft, Fold
from nnfig.detail.folds.carried import Carried, carried
from nnfig.detail.folds.copies import taking, varying
from nnfig.detail.folds.runs import Known, Run, runs, weighs
from nnfig.detail.folds.structure import DROPOUT as RATES
from nnfig.detail.folds.structure import child_of, free_path
from nnfig.detail.folds.wiring import Place, Units, leaves_beside, places_of, taken_together
from nnfig.detail.labels.merged import family, short
from nnfig.detail.passes.drop_dead import without_empty_groups
from nnfig.graph import Graph, Group, Layer
from nnfig.graph.every import with_all

MOST_NAMES = 3
"""Names of what is in a part that repeats and has no name of its own."""


def fold(draft: Draft) -> Draft:
    """`a -> B1 -> B2 -> B3 -> c` with equal blocks B becomes `a -> B1 (x3) -> c`."""
    if not draft.rules.fold:
        return draft
    ignored = RATES if draft.rules.fate(Layer("", "Dropout"), draft.graph) == "hide" else ()
    levels, known, drops = deque([""]), Known(draft, ignored), dropped(draft)
    while levels:
        level = levels.popleft()
        for run in runs(draft, level, known):
            draft = _folded(draft, run, level, drops)
        known = known if known.graph is draft.graph else Known(draft, ignored)
        levels += known.children.get(level, ())
    return draft


def _folded(draft: Draft, run: Run, level: str, drops: Drops) -> Draft:
    """The draft with the run's first unit in place of all."""
    graph, count = draft.graph, len(run.units)
    first = run.units[0]
    instead = {layer.name: kept.name for unit in run.units[1:] for layer, kept in zip(unit, first, strict=True)}
    owners = [tuple(layer.shared or layer.name for layer in unit if weighs(graph, layer)) for unit in run.units[:2]]
    shared = owners[0] == owners[1] != ()
    groups, path, moved = _groups(graph, run, level, shared)
    differing = {copies[0].name: varying(copies) for copies in zip(*run.units, strict=True)}
    taken = {copies[0].name: found for copies in zip(*run.units, strict=True) if (found := taking(copies, graph))}
    own = taken or any("index" in each for each in differing.values())
    own = own or leaves_beside(graph, run.units)
    states = carried(run.units, path, level, graph) if shared and own else Carried()
    places = places_of(run.units)
    layers: list[Layer] = []
    for layer in graph.layers:
        layers += states.layers if layer.name == first[0].name else ()
        if layer.name not in instead:
            edges = taken.get(layer.name, {}) | states.instead.get(layer.name, {})
            kept = replace(layer, inputs=tuple(edges.get(e, e) for e in layer.inputs)) if edges else layer
            group = path if layer.name in moved else layer.group
            kept = kept if layer.name in places else _taking_all(kept, places, count)
            layers.append(_kept(kept, group, differing.get(layer.name, {}), instead))
    outputs = tuple(instead.get(name, name) for name in graph.outputs)
    folded = graph.replace(layers=tuple(layers), groups=groups, outputs=outputs)
    name = _name(draft, run)
    fanout = {**draft.fanout, **_fanout(draft, run.units)}
    done = replace(draft, fanout=fanout, symbols={**draft.symbols, **states.symbols})
    differ = _differ(graph, run, level, drops)
    differ |= {DROPOUT: None} if any(not RATES.isdisjoint(each) for each in differing.values()) else {}
    return done.having(without_empty_groups(folded), folded=(Fold(path, name, count, tuple(differ)),))


def _differ(graph: Graph, run: Run, level: str, drops: Drops) -> dict[str, None]:
    """What the copies drop at rates of their own, of what is hidden."""
    paths = [dict.fromkeys(child_of(graph, layer, level) for layer in unit) for unit in run.units]
    first, *others = (Counter(drop for path in each for drop in drops.get(path, ())) for each in paths)
    return {word: None for other in others for word, _ in (*(first - other), *(other - first))}


def _kept(layer: Layer, group: str, varying: dict[str, str], instead: dict[str, str]) -> Layer:
    layer = layer if layer.group == group else replace(layer, group=group)
    if varying:
        layer = replace(layer, attributes={**layer.attributes, **varying})
    return _rewired(layer, instead)


def _name(draft: Draft, run: Run) -> str:
    """What the repeated part is called: its class, what its only drawn layer is, or the kinds in it if they are few."""
    graph, rules = draft.graph, draft.rules
    shown = [item for item in run.items if item.is_group or rules.fate(item.members[0], graph) == "show"]
    items = shown or run.items
    if len(items) == 1 and not items[0].is_group:
        layer = items[0].members[0]
        return FAMILIES.get(family(layer), layer.kind)
    names = [
        in_words(graph.group[item.name].cls) if item.is_group else short(item.members[0], rules, graph)
        for item in items
    ]
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} more"]
        return f"({listed(names)})"
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _fanout(draft: Draft, units: Units) -> dict[str, int]:
    """The most layers that take any copy of each layer that is kept."""
    graph, known = draft.graph, draft.fanout
    found: dict[str, int] = {}
    for copies in zip(*units, strict=True):
        taken = (max(known.get(layer.name, 0), len(graph.consumers[layer.name])) for layer in copies)
        found[copies[0].name] = max(taken)
    return found


def _groups(graph: Graph, run: Run, level: str, shared: bool) -> tuple[tuple[Group, ...], str, set[str]]:
    """Groups after folding, path of the one that repeats, and the bare layers that move into it."""
    count, items = len(run.units), run.items
    if len(items) == 1 and items[0].is_group:
        path = items[0].name
        return (
            tuple(
                replace(g, repeat=g.repeat * count, shared=g.shared or shared) if g.path == path else g
                for g in graph.groups
            ),
            path,
            set(),
        )
    path = free_path(graph, f"{items[0].name}..{items[-1].name.rpartition('.')[2]}")
    inside = {item.name for item in items if item.is_group}
    around = Group(path, repeat=count, parent=level, shared=shared)
    groups: list[Group] = []
    for group in graph.groups:
        if group.path in inside:
            if around not in groups:
                groups.append(around)
            group = replace(group, parent=path)
        groups.append(group)
    if around not in groups:
        groups.append(around)
    return tuple(groups), path, {item.name for item in items if not item.is_group}


def _taking_all(layer: Layer, places: Mapping[str, Place], count: int) -> Layer:
    """A layer behind the run: what it takes of each copy is one edge, which says so."""
    together = taken_together(layer.inputs, places, count)
    if not together or len(together) == len(layer.inputs):
        return layer
    inputs = (replace(e, label=with_all(e.label, times)) if times > 1 else e for e, times in together)
    return replace(layer, inputs=tuple(inputs))


def _rewired(layer: Layer, instead: dict[str, str]) -> Layer:
    if not any(edge.source in instead for edge in layer.inputs) and layer.shared not in instead:
        return layer
    inputs = tuple(replace(edge, source=instead.get(edge.source, edge.source)) for edge in layer.inputs)
    return replace(layer, inputs=inputs, shared=instead.get(layer.shared, layer.shared))
