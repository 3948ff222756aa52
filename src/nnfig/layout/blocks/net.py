"""A panel as numbers: nodes, groups and edges get indices in reading order, so that layout is quick and repeatable."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from nnfig.graph import Group, Layer, Look, Panel

START, END = -1, -2
"""The two ports of a level: where its tensors come in and go out."""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two nodes."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Net:
    """What layout needs of a panel. Nodes are 0 .. n-1, groups n .. n+g-1, parents before children."""

    names: tuple[str, ...]
    looks: tuple[Look, ...]
    layers: tuple[Layer | None, ...]
    """None for inputs and outputs of the network."""
    home: tuple[int, ...]
    """The group of a node, the parent of a group; START at the top. Indexed by node or group."""
    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    """Edges that carry data, each pair of nodes once."""
    gradients: tuple[Link, ...] = ()
    """Edges that carry derivatives; they run against the others and do not decide where nodes stand."""
    shapes: tuple[tuple[int | str, ...], ...] = field(default=())
    """Shape of the tensor that a node gives."""

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.names)

    def group(self, index: int) -> Group:
        """The group with this index."""
        return self.groups[index - len(self.names)]

    def kinship(self, one: int, other: int) -> int:
        """How many modules, outer ones first, two nodes or groups have in common: many for two layers of one block."""
        shared = 0
        for a, b in zip(self._modules(one), self._modules(other), strict=False):
            if a != b:
                break
            shared += 1
        return shared

    def _modules(self, index: int) -> list[str]:
        if index >= self.size:
            path = self.group(index).path
        else:
            layer = self.layers[index]
            path = layer.path if layer else ""
        return path.split(".") if path else []

    def around(self, index: int) -> list[int]:
        """The groups around a node or group, outermost first."""
        path: list[int] = []
        at = self.home[index]
        while at != START:
            path.append(at)
            at = self.home[at]
        path.reverse()
        return path


def net(panel: Panel) -> Net:
    """The panel's graph with its inputs as nodes in front and its named outputs as nodes behind."""
    graph = panel.graph
    ends = [name for name in dict.fromkeys(graph.outputs) if name in panel.output_looks]
    names = [*graph.inputs, *(layer.name for layer in graph.layers)]
    index = {name: i for i, name in enumerate(names)}
    used = [bool(graph.consumers[name]) or name in ends for name in graph.inputs]
    names += [f"{name}:out" for name in ends]
    layers: list[Layer | None] = [*([None] * len(graph.inputs)), *graph.layers, *([None] * len(ends))]
    looks = [panel.input_looks.get(name) or _input_look(name, str(spec)) for name, spec in graph.inputs.items()]
    looks += [layer.look or Look(label=(layer.kind,)) for layer in graph.layers]
    looks += [panel.output_looks[name] for name in ends]
    shapes = [tuple(spec.shape) for spec in graph.inputs.values()]
    shapes += [layer.shape for layer in graph.layers]
    for name in ends:
        spec = graph.spec(name)
        shapes.append(spec.shape if spec else ())
    first_group = len(names)
    place = {group.path: first_group + i for i, group in enumerate(graph.groups)} | {"": START}
    home = [place[layer.group] if layer else START for layer in layers]
    home += [place[group.parent] for group in graph.groups]
    links: dict[tuple[int, int], Link] = {}
    back: dict[tuple[int, int], Link] = {}
    tensors: dict[tuple[int, int], set[int]] = defaultdict(set)
    for edge, target in graph.edges:
        pair = (index[edge.source], index[target])
        into = back if edge.kind == "gradient" else links
        said = into[pair].label if pair in into else ""
        words = dict.fromkeys(word for word in (said, edge.label) if word)
        into[pair] = Link(*pair, label=said if edge.label in said.split(", ") else ", ".join(words))
        if edge.kind == "data":
            tensors[pair].add(edge.output)
    for pair, outputs in tensors.items():
        if len(outputs) > 1 and not links[pair].label:
            links[pair] = Link(*pair, label=f"{len(outputs)} tensors")
    for i, name in enumerate(ends):
        pair = (index[name], len(graph.inputs) + len(graph.layers) + i)
        links[pair] = Link(*pair)
    if not all(used):
        return _without(
            [i for i, keep in enumerate(used) if not keep],
            Net(
                tuple(names), tuple(looks), tuple(layers), tuple(home), graph.groups,
                tuple(links.values()), tuple(back.values()), tuple(shapes),
            ),
        )  # fmt: skip
    return Net(
        tuple(names), tuple(looks), tuple(layers), tuple(home), graph.groups,
        tuple(links.values()), tuple(back.values()), tuple(shapes),
    )  # fmt: skip


def _without(drop: list[int], whole: Net) -> Net:
    """The net without some nodes that nothing is linked to."""
    gone = set(drop)
    keep = [i for i in range(whole.size) if i not in gone]
    new = {old: i for i, old in enumerate(keep)} | {START: START}
    new |= {whole.size + i: len(keep) + i for i in range(len(whole.groups))}

    def moved(links: tuple[Link, ...]) -> tuple[Link, ...]:
        return tuple(Link(new[k.source], new[k.target], k.label) for k in links)

    return Net(
        tuple(whole.names[i] for i in keep),
        tuple(whole.looks[i] for i in keep),
        tuple(whole.layers[i] for i in keep),
        tuple(new[whole.home[i]] for i in [*keep, *range(whole.size, whole.size + len(whole.groups))]),
        whole.groups,
        moved(whole.links),
        moved(whole.gradients),
        tuple(whole.shapes[i] for i in keep),
    )


def _input_look(name: str, shape: str) -> Look:
    return Look(label=(f"{name} {shape.replace('x', '×')}".strip(),), cls="data")
