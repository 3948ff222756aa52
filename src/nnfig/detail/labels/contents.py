"""What a closed block says of its inside, on one line: the blocks in it, or its layers in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.detail.categories import category_of
from nnfig.detail.labels.values import kernel
from nnfig.detail.passes.groups import LIGHT, Groups
from nnfig.graph import Graph, Layer

LONGEST = 34
"""Characters of the line; more is said by counting."""

_SILENT = ("merge", "reshape", "data", "dropout", "function", "activation", "normalization")
"""Categories that the line leaves out where anything else is in the block."""

_NOUNS = {
    "convolution": "conv",
    "upsampling": "up-conv",
    "pooling": "pool",
    "attention": "attention",
    "linear": "linear",
    "embedding": "embedding",
    "product": "matmul",
    "softmax": "softmax",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a closed block holds."""

    members: tuple[Layer, ...]
    """All layers."""
    units: tuple[Layer, ...] = ()
    """Of these the ones that would be drawn at `paper`, as often as they run; attention by one layer."""
    blocks: tuple[tuple[str, int], ...] = ()
    """Classes of the groups in it, in order, each with how many there are in a row."""
    equal: tuple[int, ...] = ()
    """How many equal ones in a row these are made of: (1, 2) where the first of three differs."""
    beside: int = 0
    """Layers that the line would name, beside those groups."""

    @property
    def is_stage(self) -> bool:
        """Whether it holds several blocks of one class and nothing beside."""
        return len(self.blocks) == 1 and not self.beside and self.blocks[0][1] > 1

    @property
    def is_light(self) -> bool:
        """Whether there is only elementwise arithmetic in it."""
        return all(category_of(layer.kind).name in LIGHT for layer in self.members)

    @property
    def drawn(self) -> int:
        """How many boxes it stands for."""
        return len(self.units)


def contents_of(groups: Groups, path: str) -> Contents:
    """What a group holds."""
    graph, rules = groups.graph, groups.rules
    members = tuple(groups.members[path])
    units: dict[str, Layer] = {}
    times: dict[str, int] = {}
    for layer in members:
        around = graph.ancestors(layer.group)
        closed = next((p for p in around if p in groups.attention), "")
        if closed and closed != path:
            if category_of(layer.kind).name in ("attention", "product"):
                units[closed] = replace(layer, kind=graph.group[closed].cls)
                times[closed] = _times_in(graph, layer, path)
        elif rules.fate(layer, graph) == "show":
            units[layer.name] = layer
            times[layer.name] = _times_in(graph, layer, path)
    blocks = _blocks(groups, path)
    held = sum(block.count for block in blocks)
    inside = {layer.name for block in blocks for layer in groups.members[block.path]}
    beside = [u for u in units.values() if u.name not in inside and category_of(u.kind).name not in _SILENT]
    drawn = tuple(unit for name, unit in units.items() for _ in range(times[name]))
    return Contents(members, drawn, _runs(blocks) if held > 1 else (), tuple(b.count for b in blocks), len(beside))


def _times_in(graph: Graph, layer: Layer, path: str) -> int:
    """How often a layer stands in one copy of a group around it."""
    return graph.repeats(layer) // graph.repeats(replace(layer, group=path))


@dataclass(frozen=True, slots=True)
class _Block:
    path: str
    cls: str
    count: int


def _blocks(groups: Groups, path: str) -> list[_Block]:
    """The named groups directly inside; containers are looked through."""
    graph = groups.graph
    found: list[_Block] = []
    stack = [(child.path, 1) for child in reversed(groups.children[path])]
    while stack:
        at, times = stack.pop()
        group = graph.group[at]
        count = times * group.repeat
        if groups.is_container(at):
            stack += [(child.path, count) for child in reversed(groups.children[at])]
        elif groups.weight[at] > 1:
            found.append(_Block(at, group.cls.lstrip("_"), count))
    return found


def _runs(blocks: list[_Block]) -> tuple[tuple[str, int], ...]:
    runs: list[tuple[str, int]] = []
    for block in blocks:
        if runs and runs[-1][0] == block.cls:
            runs[-1] = (block.cls, runs[-1][1] + block.count)
        else:
            runs.append((block.cls, block.count))
    return tuple(runs)


def inside_line(contents: Contents) -> str:
    """The line; empty where it would say nothing or too much.

    Bottleneck -> `1×1, 3×3, 1×1 conv`, a stage of them -> `3 Bottleneck`.
    """
    if contents.blocks and not contents.beside:
        line = ", ".join(_times(count, name) for name, count in contents.blocks)
        return line if len(line) <= LONGEST else ""
    loud = [layer for layer in contents.units if category_of(layer.kind).name not in _SILENT]
    branches = _branches(contents.members)
    line = "" if branches else _in_order(loud)
    if branches or len(line) > LONGEST:
        line = _counted(loud)
    return line if len(line) <= LONGEST else ""


def _branches(layers: Sequence[Layer]) -> bool:
    """Whether two or more layers of the block are concatenated there."""
    names = {layer.name for layer in layers}
    joints = [layer for layer in layers if layer.kind in ("cat", "concat", "Concat", "Concatenate")]
    return any(len(set(layer.sources) & names) > 1 for layer in joints)


def _in_order(layers: Sequence[Layer]) -> str:
    """Neighbours of one category share its noun: `1×1, 3×3 conv, pool`."""
    runs: list[tuple[str, list[str]]] = []
    for layer in layers:
        noun = _noun(layer)
        if not runs or runs[-1][0] != noun:
            runs.append((noun, []))
        size = kernel(layer) if category_of(layer.kind).name == "convolution" else ""
        runs[-1][1].append(size if "×" in size else "")
    words: list[str] = []
    for noun, sizes in runs:
        known = [size for size in sizes if size]
        words.append(f"{', '.join(known)} {noun}" if len(known) == len(sizes) else _times(len(sizes), noun))
    return ", ".join(words)


def _counted(layers: Sequence[Layer]) -> str:
    """`12 conv, 2 pool`."""
    return ", ".join(_times(count, noun) for noun, count in Counter(map(_noun, layers)).items())


def _noun(layer: Layer) -> str:
    category = category_of(layer.kind).name
    learnt = category != "upsampling" or "transpose" in layer.kind.lower()
    return _NOUNS.get(category, layer.kind) if learnt else "upsampling"


def _times(count: int, noun: str) -> str:
    return f"{count} {noun}" if count > 1 else noun
