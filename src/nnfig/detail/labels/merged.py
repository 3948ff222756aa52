"""What is said of merged layers: once in the caption where it holds for a whole family, else on the box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.sheets.rules import Rules
from nnfig.detail.sheets.templates import render
from nnfig.graph import Graph, Layer

SHARE = 0.75
"""A pattern is told in the caption when this share of the layers of one family and place has it."""

SEVERAL = 2
"""... and so many layers at least; a single one says it itself, except in an overview, where boxes say little."""

Pattern = tuple[str, ...]
"""What runs inside a layer after it, in order, by its short names."""

Place = str
"""Where a layer stands: it feeds only a `sum`, a `concatenation`, a `product`; it ends the network (`end`); or ''."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the caption says of one family of layers."""

    category: str
    patterns: tuple[tuple[Place, Pattern], ...]
    """For each place the pattern that layers there have unless their box says otherwise."""
    exceptions: bool = False
    """Whether the box of some layer says otherwise."""
    single: bool = False
    """Whether it is about one layer only."""

    def at(self, place: Place) -> Pattern | None:
        """The pattern told for a place, None if none is."""
        return dict(self.patterns).get(place)


def told(drafts: Sequence[Draft]) -> Mapping[str, Told]:
    """For each family (category; for sums and the like the kind) what the caption will say of it, in all panels."""
    counts: dict[str, dict[Place, Counter[Pattern]]] = {}
    runs = Counter[str]()
    for draft in drafts:
        inside = dict(draft.record.merged)
        for layer in draft.graph.layers if draft.rules.merged == "caption" else ():
            merged = inside.get(layer.name, ())
            if layer.name not in draft.contents and not is_add_norm(layer, merged):
                places = counts.setdefault(family(layer), {})
                runs[family(layer)] += draft.graph.repeats(layer)
                places.setdefault(place(layer, draft), Counter())[pattern_of(merged, draft)] += 1
    few = 1 if all(draft.rules.level == "blocks" for draft in drafts if draft.whole) else SEVERAL
    found = {name: replace(_told(name, places, few), single=runs[name] == 1) for name, places in counts.items()}
    return {name: each for name, each in found.items() if any(pattern for _, pattern in each.patterns)}


def _told(name: str, places: Mapping[Place, Counter[Pattern]], few: int) -> Told:
    """What most layers of each place have; nothing where those in no special place have nothing in common."""
    common = {where: _common(counter) for where, counter in places.items()}
    if "" in common and common[""] is None:
        return Told(name, ())
    usual = common.get("")
    common = {where: usual if pattern is None else pattern for where, pattern in common.items()}
    times = Counter[Pattern]()
    for where, pattern in common.items():
        if pattern is not None:
            times[pattern] += places[where][pattern]
    patterns = tuple(
        (where, pattern)
        for where, pattern in common.items()
        if pattern is not None and (not pattern or times[pattern] >= few)
    )
    said = len(patterns) < len(places) or any(len(counter) > 1 for counter in places.values())
    return Told(name, patterns, exceptions=said)


def pattern_of(inside: tuple[Layer, ...], draft: Draft) -> Pattern:
    """Short names of merged layers; equal ones in a row are one, `ReLU ×3`."""
    names = (short(layer, draft.rules, draft.origin_graph(layer)) for layer in inside)
    runs = [(name, sum(1 for _ in equal)) for name, equal in groupby(names)]
    return tuple(f"{name} ×{count}" if count > 1 else name for name, count in runs)


def is_add_norm(layer: Layer, inside: tuple[Layer, ...]) -> bool:
    """Whether a sum is followed by layer normalisation, which transformers write as one box."""
    return (
        layer.kind in ("add", "Add")
        and bool(inside)
        and inside[0].kind.lower().replace("_", "").endswith(("layernorm", "rmsnorm"))
    )


def short(layer: Layer, rules: Rules, graph: Graph) -> str:
    """The shortest honest name of a layer: what it is called, without numbers."""
    writing = rules.writing(layer, graph)
    if writing.rename:
        return writing.rename
    return render(writing.label[0], lambda field: layer.kind if field == "kind" else "") or layer.kind


def family(layer: Layer) -> str:
    """Layers that the caption speaks of together."""
    category = category_of(layer.kind)
    return layer.kind if category.name in ("merge", "function", "block", "reshape") else category.name


def place(layer: Layer, draft: Draft) -> Place:
    """Where a layer stands, as far as it matters for what follows it; the end of an opened block is no end."""
    graph = draft.graph
    ends = graph.outputs if draft.whole else ()
    if layer.name in ends:
        return "end"
    takers = [graph.layer[name] for name in graph.consumers[layer.name]]
    if takers and all(category_of(t.kind).name == "softmax" and t.name in ends for t in takers):
        return "end"
    kinds = {_JOINTS.get(taker.kind, "") if len(taker.inputs) > 1 else "" for taker in takers}
    return kinds.pop() if len(kinds) == 1 else ""


_JOINTS = {"add": "sum", "Add": "sum", "cat": "concatenation", "concat": "concatenation", "mul": "product"}


def merged_text(layer: Layer, inside: tuple[Layer, ...], once: Mapping[str, Told], draft: Draft) -> str:
    """What a box says of the layers merged into it: nothing where the caption tells it."""
    pattern = pattern_of(inside, draft)
    if draft.rules.merged == "label":
        return " · ".join(pattern)
    of = once.get(family(layer))
    expected = of.at(place(layer, draft)) if of and layer.name not in draft.contents else None
    if expected is None:
        return " · ".join(pattern)
    if pattern == expected:
        return ""
    return " · ".join(pattern) if pattern else f"without {', '.join(expected)}"


def _common(counter: Counter[Pattern]) -> Pattern | None:
    pattern, count = min(counter.items(), key=lambda item: (-item[1], item[0]))
    return pattern if count >= SHARE * sum(counter.values()) else None
