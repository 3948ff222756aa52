"""Steps in time, a module that runs again and again: what the caption says of them, what their tensors are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from nnfig.detail.captions.english import listed
from nnfig.detail.draft import Draft
from nnfig.detail.equations import STATE
from nnfig.graph import Edge, Graph, Layer


def steps(drafts: Sequence[Draft]) -> str:
    """`the 3 boxes LSTMCell are steps in time of one module, whose weights they share`; '' where there are none."""
    known = [(draft, calls) for draft in drafts for calls in recurrences(draft)]
    found = [calls for _, calls in known]
    times = sum(draft.graph.repeats(layer) for draft, calls in known for layer in calls)
    kinds = listed(list(dict.fromkeys(calls[0].kind for calls in found)))
    whose = "one module" if len(found) == 1 else f"{len(found)} modules"
    boxes = sum(map(len, found))
    are = f"are {'' if times == boxes else f'{times} '}steps"
    return f"the {boxes} boxes {kinds} {are} in time of {whose}, whose weights they share" if found else ""


def states(drafts: Sequence[Draft]) -> str:
    """`the states hₜ₋₁ and cₜ₋₁ come from the step before, zero at first`: what their boxes mean."""
    at_first: dict[str, bool] = {}
    for draft in drafts:
        origin = draft.origin
        for layer in draft.graph.layers:
            if layer.kind == STATE:
                sources = origin.layer[layer.name].sources if layer.name in origin.layer else layer.sources
                zero = sources and all(n in origin.layer and origin.layer[n].kind == "zeros" for n in sources)
                name = draft.symbols.get(layer.name) or f"‘{layer.name.rpartition('.')[2]}’"
                at_first[name] = at_first.get(name, True) and bool(zero)
    zeros = [name for name, zero in at_first.items() if zero]
    if not at_first:
        return ""
    noun = "state" if len(at_first) == 1 else "states"
    whose = "" if len(zeros) == len(at_first) else f"{listed(zeros)} "
    begin = f", {whose}zero at first" if zeros else ""
    return f"the {noun} {listed(list(at_first))} come{'s' * (len(at_first) == 1)} from the step before{begin}"


def recurrences(draft: Draft) -> list[tuple[Layer, ...]]:
    """Calls of one module of which each takes what the one before it gave, and an input of its own."""
    graph = draft.graph
    calls: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        calls.setdefault(layer.shared or layer.name, []).append(layer)
    return [tuple(each) for each in calls.values() if len(each) > 1 and _are_steps(each)]


def names_of_steps(draft: Draft) -> Mapping[str, str]:
    """`encoder` and `decoder` for the steps of two modules, whose boxes are alike otherwise; nothing for one module."""
    found = recurrences(draft)
    names = [calls[0].name.partition("@")[0].rpartition(".")[2] for calls in found]
    if len(set(names)) < 2 or any(name.isdigit() for name in names):
        return {}
    return {layer.name: name for name, calls in zip(names, found, strict=True) for layer in calls}


def _are_steps(calls: Sequence[Layer]) -> bool:
    """Whether layers are no mere repetition in depth: each has a state from the one before and something new."""
    if not all(a.name in b.sources for a, b in pairwise(calls)):
        return False
    names = {layer.name for layer in calls}
    new = [{(e.source, e.output, e.label) for e in layer.inputs if e.source not in names} for layer in calls]
    return all(after - before for before, after in pairwise(new))


@dataclass(frozen=True, slots=True)
class Port:
    """A tensor that every run of a block takes from outside."""

    takers: tuple[str, ...]
    """The layers that take it, one in each run, and ..."""
    taken: tuple[Edge, ...]
    """... what it is there."""
    state: int = -1
    """The place in the block of the layer that gives it to the next run; -1: it does not come from the run before."""


def ports(graph: Graph, path: str) -> tuple[list[tuple[Layer, ...]], list[Port]]:
    """The runs of the block at `path`, and what they take; nothing where it runs once or each time otherwise."""
    runs = [graph.members(group.path) for group in graph.groups if first_call(group.path) == first_call(path)]
    places = [{layer.name: place for place, layer in enumerate(run)} for run in runs]
    if len(runs) < 2 or any([layer.kind for layer in run] != [layer.kind for layer in runs[0]] for run in runs):
        return [], []
    found: list[Port] = []
    for same in zip(*runs, strict=True):
        for taken in zip(*(layer.inputs for layer in same), strict=False):
            outside = [edge.source not in inside for edge, inside in zip(taken, places, strict=True)]
            given = {before.get(edge.source, -1) for edge, before in zip(taken[1:], places, strict=False)}
            if all(outside):
                found.append(Port(tuple(layer.name for layer in same), taken, given.pop() if len(given) == 1 else -1))
    return runs, found


def first_call(path: str) -> str:
    """The path of a block's first run."""
    base, _, number = path.rpartition("@")
    return base if number.isdigit() else path


def called_again(graph: Graph) -> frozenset[str]:
    """Paths of the first runs of groups that run again."""
    return frozenset(first for group in graph.groups if (first := first_call(group.path)) != group.path)


def names_in_time(graph: Graph, path: str) -> Mapping[str, str]:
    """For a block that runs in every step of time: `h` -> `hₜ₋₁`, `x0` -> `xₜ`, and `hₜ` for what becomes the next `h`.

    Only what the network's inputs are called is known; all else gets no name.
    """
    runs, found = ports(graph, path)
    here = next((k for k, run in enumerate(runs) if run and run[0] in graph.members(path)), 0)
    said: dict[str, str] = {}
    for port in found if any(port.state >= 0 for port in found) else ():
        edge, first = port.taken[here], port.taken[0].source
        source = f"{edge.source}:{edge.output}" if edge.output else edge.source
        sources = [each.source for each in port.taken]
        stem = _stem(sources)
        if port.state >= 0 and first in graph.inputs:
            said[source] = f"{first}ₜ₋₁"
            said[runs[here][port.state].name] = f"{first}ₜ"
        elif stem and len(set(sources)) > 1 and all(name in graph.inputs for name in sources):
            said[source] = f"{stem}ₜ"
    return said


def _stem(names: Sequence[str]) -> str:
    """What names have in common before they count.

    >>> _stem(["x_1", "x_2"]), _stem(["start", "word"])
    ('x', '')
    """
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike).rstrip("0123456789_")


def name_states(draft: Draft) -> Draft:
    """What goes from a step to the next gets the names of the first ones, where there are several; parts are counted.

    A part of one tensor that each step takes for itself is `x₁`, `x₂` or `step 1`, `step 2`.
    """
    graph = draft.graph
    again = dict.fromkeys(first for group in graph.groups if (first := first_call(group.path)) != group.path)
    said: dict[tuple[str, Edge], str] = {}
    for calls in recurrences(draft):
        for taken in zip(*(call.inputs for call in calls), strict=False):
            said |= _counted([call.name for call in calls], taken, graph)
    for path in again:
        runs, found = ports(graph, path)
        before = {layer.name for layer in runs[0]} if runs else set[str]()
        states = [port for port in found if port.state >= 0 and port.taken[0].source in graph.inputs]
        if len({port.state for port in states}) > 1:
            for port in states:
                named = zip(port.takers[1:], port.taken[1:], strict=True)
                said |= {pair: pair[1].label or port.taken[0].source for pair in named}
        recurs = bool(before) and any(name in before for layer in runs[1] for name in layer.sources)
        for port in found if recurs else ():
            said |= _counted(port.takers, port.taken, graph)
    if not said:
        return draft
    layers = tuple(
        replace(
            layer, inputs=tuple(replace(edge, label=said.get((layer.name, edge), edge.label)) for edge in layer.inputs)
        )
        for layer in graph.layers
    )
    return draft.having(graph.replace(layers=layers))


def _counted(takers: Sequence[str], taken: Sequence[Edge], graph: Graph) -> dict[tuple[str, Edge], str]:
    """Words for what each step takes, where these are parts of one tensor."""
    labels = {edge.label for edge in taken}
    if len({edge.source for edge in taken}) > 1 or "" in labels or len(labels) < len(taken):
        return {}
    source = taken[0].source
    symbol = source in graph.inputs and len(source) == 1
    words = [f"{source}{str(k).translate(_DOWN)}" if symbol else f"step {k}" for k in range(1, len(taken) + 1)]
    return dict(zip(zip(takers, taken, strict=True), words, strict=True))


_DOWN = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
