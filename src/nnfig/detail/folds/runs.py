"""Where equal blocks stand in a row: the runs at one level of a graph that are worth a frame and can be folded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import compress

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.folds.structure import Codes, Item, level_items, members_by_group
from nnfig.detail.folds.wiring import Units, repeats_wiring
from nnfig.graph import Graph, Layer

LONGEST_PERIOD = 64
SMALLEST = 2
"""Layers that a block must draw to be worth a frame."""
SMALLEST_OF_LAYERS = 3
"""... where it is no module of its own but plain layers in a row, each copy with its own weights; a single layer
or block that runs again and again is worth one, too."""
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


class Known:
    """What every level asks of a graph."""

    def __init__(self, draft: Draft, ignored: Collection[str]) -> None:
        self.graph = graph = draft.graph
        self.members = members_by_group(graph)
        self.codes = Codes(graph, ignored, draft.origin)
        self.children: dict[str, list[str]] = {}
        for group in graph.groups:
            self.children.setdefault(group.parent, []).append(group.path)


def runs(draft: Draft, level: str, known: Known) -> list[Run]:
    """Runs at a level that do not overlap, each the one that covers most from where it begins."""
    items = level_items(draft.graph, known.members, known.codes, level)
    codes, alike = [item.code for item in items], dict[int, list[int]]()
    found: list[Run] = []
    start = 0
    while start < len(items):
        best = _best(draft, items, codes, alike, start)
        if best is None or _begins_amid(draft, items, start, best, codes, alike):
            start += 1
        else:
            found.append(best)
            start += len(best.items) * len(best.units)
    return found


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
    """How many of the units, from the first, have weights of their own where the second has; fewer than two: none.

    Where it has those of the first all have them. If that is not everywhere, they belong to a layer before the units,
    so that none of the copies owns what the others only use.
    """
    owners = [tuple(layer.shared or layer.name for layer in unit if weighs(graph, layer)) for unit in units]
    again = [first == second for first, second in zip(owners[0], owners[1], strict=True)]
    lent = list(compress(owners[0], again))
    if not all(again) and not {layer.name for layer in units[0]}.isdisjoint(lent):
        return 0
    seen = set(lent)
    for count, each in enumerate(owners):
        own = [owner for owner, is_lent in zip(each, again, strict=True) if not is_lent]
        if list(compress(each, again)) != lent or not seen.isdisjoint(own):
            return count
        seen.update(own)
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
    if not all(layer.shared for copy in units[1:] for layer in copy if weighs(graph, layer)):
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
    own = {layer.name for layer in copy}
    again = any(layer.shared and layer.shared not in own for layer in copy)
    if any(item.is_group for item in unit):
        return drawn >= (1 if again else SMALLEST)
    layers = [item.members[0] for item in unit]
    weighted = any(layer.params for layer in layers)
    least = SMALLEST if not weighted else 1 if again else SMALLEST_OF_LAYERS
    return drawn >= least and len(unit) * count >= 4


def weighs(graph: Graph, layer: Layer) -> bool:
    """Whether a layer computes with weights, its own or those of another."""
    return bool(graph.layer.get(layer.shared, layer).params)
