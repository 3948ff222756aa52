"""Equal blocks in a row become one, marked xN: the first is kept, its group carries `repeat`."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from nnfig.detail.carried import Carried, carried
from nnfig.detail.categories import category_of
from nnfig.detail.copies import taking, varying
from nnfig.detail.draft import Draft, Fold
from nnfig.detail.drop_dead import without_empty_groups
from nnfig.detail.english import FAMILIES
from nnfig.detail.merged import family, short
from nnfig.detail.structure import DROPOUT, Codes, Item, free_path, level_items, members_by_group
from nnfig.detail.wiring import Units, repeats_wiring
from nnfig.graph import Edge, Graph, Group, Layer

LONGEST_PERIOD = 64
SMALLEST = 2
"""Layers that a block must draw to be worth a frame."""
SMALLEST_OF_LAYERS = 3
"""... where it is no module of its own but plain layers in a row, each copy with its own weights; a single layer that
runs again and again is worth one, too."""
STEPS, STEP_BOXES = 6, 4
"""Longer recurrences, and steps of more boxes, are folded like everything else."""
ASKED = ("open", "close", "inset")
FOLLOWERS = ("normalization", "activation", "dropout")
"""Categories of layers that people name after the layer whose output they change."""


@dataclass(frozen=True, slots=True)
class Run:
    """Equal units in a row at one level."""

    items: tuple[Item, ...]
    """Of the first unit."""
    units: Units


def fold(draft: Draft) -> Draft:
    """`a -> B1 -> B2 -> B3 -> c` with equal blocks B becomes `a -> B1 (x3) -> c`."""
    if not draft.rules.fold:
        return draft
    ignored = DROPOUT if draft.rules.fate(Layer("", "Dropout"), draft.graph) == "hide" else ()
    levels, known = deque([""]), _Known(draft, ignored)
    while levels:
        level = levels.popleft()
        for run in _runs(draft, level, known):
            draft = _folded(draft, run, level)
        known = known if known.graph is draft.graph else _Known(draft, ignored)
        levels += known.children.get(level, ())
    return draft


class _Known:
    """What every level asks of a graph."""

    def __init__(self, draft: Draft, ignored: Collection[str]) -> None:
        self.graph = graph = draft.graph
        self.members = members_by_group(graph)
        self.codes = Codes(graph, ignored, draft.origin)
        self.children: dict[str, list[str]] = {}
        for group in graph.groups:
            self.children.setdefault(group.parent, []).append(group.path)


def _runs(draft: Draft, level: str, known: _Known) -> list[Run]:
    """Runs at a level that do not overlap, each the one that covers most from where it begins."""
    items = level_items(draft.graph, known.members, known.codes, level)
    codes, alike = [item.code for item in items], dict[int, list[int]]()
    runs: list[Run] = []
    start = 0
    while start < len(items):
        best = _best(draft, items, codes, alike, start)
        if best is None or _begins_amid(draft, items, start, best, codes, alike):
            start += 1
        else:
            runs.append(best)
            start += len(best.items) * len(best.units)
    return runs


def _best(draft: Draft, items: list[Item], codes: list[int], alike: dict[int, list[int]], start: int) -> Run | None:
    found: Run | None = None
    for period in range(1, min(LONGEST_PERIOD, (len(items) - start) // 2) + 1):
        if codes[start] != codes[start + period] or _is_periodic(codes[start : start + period]):
            continue
        if period not in alike:
            alike[period] = _alike(codes, period)
        count = alike[period][start] // period + 1
        if count < 2 or (found and count * period <= len(found.items) * len(found.units)):
            continue
        unit = tuple(items[start : start + period])
        if not _worth_it(draft, unit, _members(items, start + period, period), count):
            continue
        count = _asked_alike(draft, items, start, period, count)
        units = tuple(_members(items, start + k * period, period) for k in range(count))
        alike_in_weights = _alike_in_weights(draft.graph, units) if count > 1 else 0
        longest = repeats_wiring(draft.graph, units[:alike_in_weights]) if alike_in_weights > 1 else 0
        if _is_told_in_time(draft, unit, units[:longest]):
            continue
        if longest > 1 and (not found or longest * period > len(found.items) * len(found.units)):
            found = Run(unit, units[:longest])
    return found


def _asked_alike(draft: Draft, items: list[Item], start: int, period: int, count: int) -> int:
    """How many units, from the first, are to be opened or closed as the first is, or are not named by themselves."""
    if not any(rule.select.path for rule in draft.rules.group_rows):
        return count
    asked = [_asked(draft, items[start + k * period : start + (k + 1) * period]) for k in range(count)]
    return next((k for k in range(1, count) if asked[k] != asked[0] and any(asked[k])), count)


def _asked(draft: Draft, unit: Sequence[Item]) -> list[str]:
    """What rules ask of the groups in a unit."""
    graph = draft.graph
    inside = {
        path: None for item in unit if item.is_group for layer in item.members for path in graph.ancestors(layer.group)
    }
    around = graph.ancestors(graph.group[unit[0].name].parent) if unit[0].is_group else ()
    return [draft.rules.group_action(graph.group[path], ASKED) for path in inside if path not in around]


def _alike_in_weights(graph: Graph, units: Units) -> int:
    """How many of the units, from the first, run either all the same weights or all their own; fewer than two: none."""
    owners = [tuple(layer.shared or layer.name for layer in unit if _weights(graph, layer)) for unit in units]
    same = owners[0] == owners[1]
    seen: set[str] = set(owners[0])
    for count, each in enumerate(owners[1:], 1):
        if each != owners[0] if same else not seen.isdisjoint(each):
            return count
        seen.update(each)
    return len(units)


def _is_told_in_time(draft: Draft, unit: Sequence[Item], units: Units) -> bool:
    """Whether the units are a few steps of a recurrence, each with an input of its own: A, A, A says more than A x3."""
    graph = draft.graph
    if draft.rules.level not in ("units", "blocks") or draft.rules.singles:
        return False
    if not 1 < len(units) <= STEPS or _boxes(draft, unit) > STEP_BOXES:
        return False
    if not any(item.is_group or category_of(item.members[0].kind).name == "recurrent" for item in unit):
        return False
    if not all(layer.shared for copy in units[1:] for layer in copy if _weights(graph, layer)):
        return False
    inside = {layer.name for copy in units for layer in copy}
    outer = {source for layer in units[1] for source in layer.sources if source not in inside}
    return any(source in graph.inputs or not graph.layer[source].mark for source in outer)


def _boxes(draft: Draft, unit: Sequence[Item]) -> int:
    """Boxes of a unit: one for each item, but what is asked to be open shows all of its layers."""
    rules, group = draft.rules, draft.graph.group
    opened = [item.is_group and rules.group_action(group[item.name], ASKED) == "open" for item in unit]
    return sum(len(item.members) if is_open else 1 for item, is_open in zip(unit, opened, strict=True))


def _begins_amid(
    draft: Draft, items: list[Item], start: int, run: Run, codes: list[int], alike: dict[int, list[int]]
) -> bool:
    """Whether a run begins with what belongs to the layer before it: `(ReLU, conv)` where `(conv, ReLU)` is meant.

    What is drawn inside the layer before it never begins a run; where all is drawn, the order in which people think
    of it is taken if it folds as much.
    """
    if not _follows(draft, items, start):
        return False
    if draft.rules.fate(items[start].members[0], draft.graph) == "merge":
        return True
    period = len(run.items)
    later = next((at for at in range(start + 1, start + period) if not _follows(draft, items, at)), 0)
    instead = _best(draft, items, codes, alike, later) if later else None
    return instead is not None and len(instead.items) == period and len(instead.units) >= len(run.units)


def _follows(draft: Draft, items: list[Item], at: int) -> bool:
    """Whether an item is a normalisation, activation or the like right behind the layer before it."""
    if at == 0 or items[at].is_group:
        return False
    layer, before = items[at].members[0], items[at - 1].members[-1].name
    followers = category_of(layer.kind).name in FOLLOWERS or draft.rules.fate(layer, draft.graph) == "merge"
    return followers and set(layer.sources) == {before}


def _members(items: list[Item], start: int, period: int) -> tuple[Layer, ...]:
    return tuple(layer for item in items[start : start + period] for layer in item.members)


def _alike(codes: list[int], period: int) -> list[int]:
    """For each place how many codes from there on equal the one a period later."""
    found = [0] * len(codes)
    for i in range(len(codes) - period - 1, -1, -1):
        found[i] = found[i + 1] + 1 if codes[i] == codes[i + period] else 0
    return found


def _is_periodic(unit: list[int]) -> bool:
    """Whether a unit is itself some shorter unit several times over."""
    return any(unit == unit[:part] * (len(unit) // part) for part in range(1, len(unit)) if len(unit) % part == 0)


def _worth_it(draft: Draft, unit: tuple[Item, ...], copy: Sequence[Layer], count: int) -> bool:
    """Whether a frame around the unit says more than its layers one by one; `copy` holds the second unit's layers."""
    rules, graph = draft.rules, draft.graph
    if any(
        rules.group_action(graph.group[item.name], ("fold", "unfold")) == "unfold" for item in unit if item.is_group
    ):
        return False
    if rules.singles:
        return True
    drawn = sum(1 for item in unit for layer in item.members if rules.fate(layer, graph) == "show")
    if any(item.is_group for item in unit):
        return drawn >= SMALLEST
    layers = [item.members[0] for item in unit]
    weighted = any(layer.params for layer in layers)
    again = any(layer.shared for layer in copy)
    least = SMALLEST if not weighted else 1 if again else SMALLEST_OF_LAYERS
    return drawn >= least and len(unit) * count >= 4


def _folded(draft: Draft, run: Run, level: str) -> Draft:
    """The draft with the run's first unit in place of all."""
    graph, count = draft.graph, len(run.units)
    first = run.units[0]
    instead = {layer.name: kept.name for unit in run.units[1:] for layer, kept in zip(unit, first, strict=True)}
    owners = [tuple(layer.shared or layer.name for layer in unit if _weights(graph, layer)) for unit in run.units[:2]]
    shared = owners[0] == owners[1] != ()
    groups, path, moved = _groups(graph, run, level, shared)
    differing = {copies[0].name: varying(copies) for copies in zip(*run.units, strict=True)}
    taken = {copies[0].name: found for copies in zip(*run.units, strict=True) if (found := taking(copies, graph))}
    own = taken or any("index" in each for each in differing.values())
    states = carried(run.units, path, level, graph) if shared and own else Carried()
    layers: list[Layer] = []
    for layer in graph.layers:
        layers += states.layers if layer.name == first[0].name else ()
        if layer.name not in instead:
            edges = taken.get(layer.name, {}) | states.instead.get(layer.name, {})
            kept = replace(layer, inputs=tuple(edges.get(e, e) for e in layer.inputs)) if edges else layer
            group = path if layer.name in moved else layer.group
            layers.append(_kept(kept, group, differing.get(layer.name, {}), instead))
    outputs, names = _outputs(graph, instead)
    folded = graph.replace(layers=tuple(layers), groups=groups, outputs=outputs, output_names=names)
    name = _name(draft, run)
    fanout = {**draft.fanout, **_fanout(draft, run.units)}
    done = replace(draft, fanout=fanout, symbols={**draft.symbols, **states.symbols})
    return done.having(without_empty_groups(folded), folded=(Fold(path, name, count),))


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
    names = [graph.group[item.name].cls if item.is_group else short(item.members[0], rules, graph) for item in items]
    return names[0] if len(names) == 1 else f"({', '.join(names)})" if len(names) <= 3 else f"({len(names)} layers)"


def _fanout(draft: Draft, units: Units) -> dict[str, int]:
    """The most layers that take any copy of each layer that is kept."""
    graph, known = draft.graph, draft.fanout
    found: dict[str, int] = {}
    for copies in zip(*units, strict=True):
        taken = (max(known.get(layer.name, 0), len(graph.consumers[layer.name])) for layer in copies)
        found[copies[0].name] = max(taken)
    return found


def _weights(graph: Graph, layer: Layer) -> bool:
    return bool(graph.layer.get(layer.shared, layer).params)


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


def _rewired(layer: Layer, instead: dict[str, str]) -> Layer:
    if not any(edge.source in instead for edge in layer.inputs) and layer.shared not in instead:
        return layer
    edges: dict[tuple[str, int, str], Edge] = {}
    for edge in layer.inputs:
        edge = replace(edge, source=instead.get(edge.source, edge.source))
        edges.setdefault((edge.source, edge.output, edge.kind), edge)
    return replace(layer, inputs=tuple(edges.values()), shared=instead.get(layer.shared, layer.shared))


def _outputs(graph: Graph, instead: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, str] = {}
    for index, name in enumerate(graph.outputs):
        found.setdefault(instead.get(name, name), graph.output_names[index] if graph.output_names else "")
    return tuple(found), tuple(found.values()) if graph.output_names else ()
