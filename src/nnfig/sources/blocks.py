"""A graph without hierarchy -> the same graph with its repeating blocks (fork, branches, join) as groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Graph, Group, Layer
from nnfig.sources.class_names import JOINS
from nnfig.sources.vocabulary import ACTIVATIONS

LARGEST = 64
"""Layers that a block may have; what is larger is the network's own shape (a U, a ladder) and no block."""

NOTE = "The source tells no module hierarchy"


def with_blocks(graph: Graph) -> Graph:
    """The graph with groups, where it has none and its wiring shows blocks that occur at least twice.

    A block is everything between a layer that all its branches start from and the layer that joins them,
    with an activation that follows; nothing inside is used outside. Of nested blocks the outermost counts.
    """
    if graph.groups:
        return graph
    wiring = _Wiring.of(graph)
    found = [region for join in wiring.joins() if (region := wiring.region(join)) is not None]
    shapes = {region: wiring.signature(region) for region in found}
    often = Counter(shapes.values())
    held: set[int] = set()
    kept: list[tuple[int, ...]] = []
    for region in sorted(found, key=len, reverse=True):
        if often[shapes[region]] > 1 and not held.intersection(region):
            kept.append(region)
            held.update(region)
    if not kept:
        return graph.replace(notes=(*graph.notes, f"{NOTE}."))
    return _grouped(graph, sorted(kept), wiring)


@dataclass(slots=True)
class _Wiring:
    """Layers as numbers in graph order; -1 is everything outside."""

    layers: Sequence[Layer]
    before: list[list[int]]
    after: list[list[int]]
    above: list[int]
    """Immediate dominator: the last layer that every way from the inputs passes."""
    results: set[str]

    @classmethod
    def of(cls, graph: Graph) -> _Wiring:
        number = {layer.name: i for i, layer in enumerate(graph.layers)}
        loose = {layer.name for layer in graph.layers if not layer.inputs}
        before: list[list[int]] = []
        after: list[list[int]] = [[] for _ in graph.layers]
        above: list[int] = []
        depth: list[int] = []
        for i, layer in enumerate(graph.layers):
            sources = sorted({number.get(n, -1) for n in layer.sources if n not in loose})
            before.append(sources)
            for j in sources:
                if j >= 0:
                    after[j].append(i)
            top = sources[0] if sources else -1
            for j in sources[1:]:
                while top != j:  # walk both up the dominator tree until they meet
                    if j == -1 or (top != -1 and depth[top] > depth[j]):
                        top = above[top]
                    else:
                        j = above[j]
            above.append(top)
            depth.append(depth[top] + 1 if top >= 0 else 0)
        return cls(graph.layers, before, after, above, set(graph.outputs))

    def joins(self) -> list[int]:
        """Layers that take two or more tensors from different layers."""
        return [i for i, sources in enumerate(self.before) if len(sources) > 1]

    def region(self, join: int) -> tuple[int, ...] | None:
        """The block that a join ends, or None where it is none."""
        start = self.above[join]
        inside, work = {join}, [join]
        while work:
            for j in self.before[work.pop()]:
                if j != start and j not in inside:
                    if j < 0 or len(inside) >= LARGEST:
                        return None
                    inside.add(j)
                    work.append(j)
        if len(inside) < 3 or any(self._leaks(i, inside) for i in inside if i != join):
            return None
        following = self.after[join]
        if (
            len(following) == 1
            and self.layers[following[0]].kind in ACTIVATIONS
            and len(self.before[following[0]]) == 1
        ):
            inside.add(following[0])
        return tuple(sorted(inside))

    def _leaks(self, i: int, inside: set[int]) -> bool:
        return self.layers[i].name in self.results or any(j not in inside for j in self.after[i])

    def signature(self, region: tuple[int, ...]) -> tuple[object, ...]:
        """Kinds and wiring of a block, the same for two blocks of one design."""
        place = {i: n for n, i in enumerate(region)}
        return tuple((self.layers[i].kind, tuple(place.get(j, -1) for j in self.before[i])) for i in region)

    def cls(self, region: tuple[int, ...]) -> str:
        """What a block is called, by its last join; one that adds channels to its own input is a dense layer."""
        join = [i for i in region if len(self.before[i]) > 1][-1]
        kind = self.layers[join].kind
        grows = kind == "cat" and any(j not in region for j in self.before[join])
        return "DenseLayer" if grows else JOINS.get(kind, "Block")


def _grouped(graph: Graph, regions: Sequence[tuple[int, ...]], wiring: _Wiring) -> Graph:
    paths = _paths(graph, regions)
    stages = _stages(graph, regions, paths)
    parents = {path: stage for stage, held in stages.items() for path in held}
    groups: list[Group] = []
    for path, region in zip(paths, regions, strict=True):
        around = parents.get(path, "")
        if around and stages[around][0] == path:
            groups.append(Group(around, cls="Sequential"))
        groups.append(Group(path, cls=wiring.cls(region), parent=around))
    place = {graph.layers[i].name: path for path, region in zip(paths, regions, strict=True) for i in region}
    for layer in graph.layers:  # parameters and constants stand with the layers that take them
        if not layer.inputs:
            takers = {place.get(name, "") for name in graph.consumers[layer.name]}
            place |= {layer.name: takers.pop()} if len(takers) == 1 else {}
    layers = tuple(replace(layer, group=place.get(layer.name, "")) for layer in graph.layers)
    note = f"{NOTE}; {len(regions)} blocks were found from the wiring."
    return graph.replace(layers=layers, groups=tuple(groups), notes=(*graph.notes, note))


def _stages(graph: Graph, regions: Sequence[tuple[int, ...]], paths: Sequence[str]) -> dict[str, list[str]]:
    """Runs of two and more blocks, one right after the other, whose results have one size: stage1, stage2 ..."""
    runs: list[list[int]] = []
    for i, region in enumerate(regions):
        last = regions[i - 1] if i else ()
        joined = bool(last) and region[0] == last[-1] + 1 and _grid(graph, last) == _grid(graph, region)
        if joined:
            runs[-1].append(i)
        else:
            runs.append([i])
    taken = {*graph.layer, *graph.inputs, *paths}
    names = (name for n in range(1, len(taken) + len(runs) + 1) if (name := f"stage{n}") not in taken)
    long = [run for run in runs if len(run) > 1]
    return {} if len(long) == len(runs) == 1 else {next(names): [paths[i] for i in run] for run in long}


def _grid(graph: Graph, region: tuple[int, ...]) -> tuple[object, ...]:
    """Positions of what a block gives, without batch and channels."""
    return graph.layers[region[-1]].shape[2:]


def _paths(graph: Graph, regions: Sequence[tuple[int, ...]]) -> list[str]:
    """What the names in a block begin with (`conv2_block1`), or block1, block2 ... where that tells nothing."""
    stems = [_beginning([graph.layers[i].name for i in region]).rstrip("_./ ") for region in regions]
    told = all(len(stem) > 2 for stem in stems) and len(set(stems)) == len(stems)
    taken = set(graph.layer) | set(graph.inputs)
    if told and not taken.intersection(stems):
        return stems
    numbers = iter(range(1, len(regions) + len(taken) + 1))
    return [next(name for n in numbers if (name := f"block{n}") not in taken) for _ in regions]


def _beginning(names: Sequence[str]) -> str:
    """The longest text that all names begin with."""
    first, last = min(names), max(names)
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
