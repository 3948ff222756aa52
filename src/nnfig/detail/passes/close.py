"""Groups that are to be closed become one layer each: named by the group's path, of its class, with sums of costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.folds.structure import members_by_group
from nnfig.detail.labels.contents import Contents, contents_of
from nnfig.detail.labels.operands import key_value_heads
from nnfig.detail.labels.values import heads
from nnfig.detail.passes.crossing import crossing
from nnfig.detail.passes.drop_dead import without_empty_groups
from nnfig.detail.passes.groups import CONTAINERS, Groups
from nnfig.detail.passes.hide import one_each
from nnfig.detail.passes.moves import move
from nnfig.detail.passes.selections import is_step
from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.graph.order import running_order

LARGEST_EPS = 0.01
"""A norm's sum with a smaller number is what keeps it from dividing by zero."""


@dataclass(frozen=True, slots=True)
class Block:
    """A closed group on its way."""

    layer: Layer
    members: tuple[Layer, ...]
    gives: tuple[tuple[str, int], ...]
    """The tensors that leave it, in the order of its outputs."""


def close(draft: Draft, closed: Iterable[str]) -> Draft:
    """`a -> [b -> c] -> d` becomes `a -> block -> d`; a repeated group keeps its frame around the block."""
    graph = draft.graph
    members = members_by_group(graph)
    wanted = [path for path in closed if members.get(path)]
    while True:
        blocks = {path: _block(draft, path, tuple(members[path])) for path in wanted}
        order = _order(graph, blocks)
        if isinstance(order, list):
            break
        wanted.remove(order)
    groups = Groups(graph, draft.rules)
    contents = {block.layer.name: contents_of(groups, path) for path, block in blocks.items()}
    blocks = {path: replace(block, layer=_telling(block.layer, contents)) for path, block in blocks.items()}
    layers = _layers(graph, blocks, order)
    owner = {name: path for path in blocks for name, _ in _values(blocks[path])}
    renamed = {name: blocks[path].layer.name for name, path in owner.items()}
    outputs = tuple(renamed.get(name, name) for name in graph.outputs)
    frames = tuple(
        replace(group, cls="") if group.path in blocks else group
        for group in graph.groups
        if not any(above in blocks for above in graph.ancestors(group.parent))
        and (group.path not in blocks or group.repeat > 1)
    )
    shut = without_empty_groups(graph.replace(layers=tuple(layers), groups=frames, outputs=outputs))
    done = replace(draft, contents={**draft.contents, **contents})
    return done.having(shut, closed=tuple((path, graph.group[path].cls) for path in blocks))


def _telling(layer: Layer, contents: Mapping[str, Contents]) -> Layer:
    """The block with what its box will claim: a stage is of the class that it repeats, and names of what is inside."""
    inside = contents[layer.name]
    said: dict[str, Any] = {"members": tuple(member.name for member in inside.members)}
    if inside.is_stage and layer.kind in CONTAINERS:
        cls, count = inside.blocks[0]
        return replace(layer, kind=cls, attributes={**layer.attributes, "repeat": count, **said})
    return replace(layer, attributes={**layer.attributes, **said})


def _values(block: Block) -> list[tuple[str, int]]:
    return [(layer.name, index) for layer in block.members for index in range(max(1, len(layer.output)))]


def _block(draft: Draft, path: str, members: tuple[Layer, ...]) -> Block:
    graph, group = draft.graph, draft.graph.group[path]
    inside = {layer.name for layer in members}
    times = [graph.repeats(layer) // graph.repeats(replace(layer, group=path)) for layer in members]
    taken = one_each(
        replace(edge, label="") if count > 1 and is_step(edge.label) else _outside(draft, edge, layer, path)
        for layer, count in zip(members, times, strict=True)
        for edge in layer.inputs
        if edge.source not in inside
    )
    gives: dict[tuple[str, int], None] = {}
    for layer in members:
        if layer.name in graph.outputs:
            gives[layer.name, 0] = None
        for taker in graph.consumers[layer.name]:
            if taker not in inside:
                for edge in graph.layer[taker].inputs:
                    if edge.source == layer.name:
                        gives[edge.source, edge.output] = None
    if not gives:
        gives[members[-1].name, 0] = None
    specs = [graph.spec(name, output) or TensorSpec(()) for name, output in gives]
    known = [layer.macs for layer in members]
    sets = [
        graph.repeats(layer, shared=False) // graph.repeats(replace(layer, group=path), shared=False)
        for layer in members
    ]
    macs = sum((m or 0) * n for m, n in zip(known, times, strict=True)) if any(m is not None for m in known) else None
    base = path.rpartition("@")[0]
    return Block(
        Layer(
            name=_free(graph, path, inside),
            kind=group.cls or "block",
            inputs=taken,
            output=tuple(specs),
            params=sum(layer.params * n for layer, n in zip(members, sets, strict=True)),
            macs=macs,
            path=path,
            attributes=_attributes(group.cls, members, draft.origin),
            shared=base if base in graph.group and all(m.shared or not m.params for m in members) else "",
            group=path if group.repeat > 1 else group.parent,
        ),
        members,
        tuple(gives),
    )


def _outside(draft: Draft, edge: Edge, taker: Layer, path: str) -> Edge:
    """The edge into a block, which says no more than what happens before it."""
    way = crossing(draft.origin, edge, taker.name, path) if edge.label else None
    if not way or not way.inside or (way.before and not draft.rules.shows("attributes")):
        return edge
    return replace(edge, label=move(way.before, draft.origin))


def _free(graph: Graph, path: str, inside: set[str]) -> str:
    """The group's path as a layer's name; a layer of that name outside the group makes it `path~2`."""
    name, number = path, 2
    while (name in graph.layer and name not in inside) or name in graph.inputs:
        name, number = f"{path}~{number}", number + 1
    return name


def _attributes(cls: str, members: tuple[Layer, ...], origin: Graph) -> dict[str, Any]:
    """What a block says of itself: heads where all attention in it agrees, what a norm or an activation computes."""
    found: dict[str, Any] = {}
    attention = [layer for layer in members if heads(layer)]
    queries, keys = {heads(layer) for layer in attention}, {key_value_heads(layer, origin) for layer in attention}
    for name, numbers in (("num_heads", queries), ("num_key_value_heads", keys)):
        if len(numbers) == 1 and "" not in numbers:
            found[name] = int(numbers.pop())
    if found.get("num_key_value_heads") == found.get("num_heads"):
        found.pop("num_key_value_heads", None)
    if attention and all(layer.attributes.get("is_causal") is True for layer in attention):
        found["is_causal"] = True
    category = category_of(cls).name
    added = [layer.attributes.get("other") for layer in members if layer.kind == "add"]
    small = [other for other in added if isinstance(other, float) and 0 < other < LARGEST_EPS]
    if category == "normalization" and len(small) == 1:
        found["eps"] = small[0]
    kept = [layer.attributes.get("other") for layer in members if layer.kind == "div"]
    if category == "dropout" and len(kept) == 1 and isinstance(kept[0], float) and 0 < kept[0] <= 1:
        found["p"] = round(1 - kept[0], 4)
    if category == "activation" and "gelu" in cls.lower() and any(layer.kind == "tanh" for layer in members):
        found["approximate"] = "tanh"
    return found


def _order(graph: Graph, blocks: dict[str, Block]) -> list[str] | str:
    """Names of what is drawn, in an order in which it can run; a block that stands in a circle if there is none."""
    home = {layer.name: path for path, block in blocks.items() for layer in block.members}
    key = {**{path: f"group {path}" for path in blocks}}
    node = {layer.name: key[home[layer.name]] if layer.name in home else layer.name for layer in graph.layers}
    needs: dict[str, set[str]] = {name: set() for name in dict.fromkeys(node.values())}
    for layer in graph.layers:
        for edge in layer.inputs:
            if edge.kind == "data" and edge.source in node:
                source, target = node[edge.source], node[layer.name]
                if source != target:
                    needs[target].add(source)
    order = running_order(needs)
    return order if len(order) == len(needs) else _culprit(needs, key)


def _culprit(needs: dict[str, set[str]], key: dict[str, str]) -> str:
    """Path of a block that reaches itself through others."""
    for path, name in key.items():
        seen, stack = set[str](), sorted(needs[name])
        while stack:
            at = stack.pop()
            if at == name:
                return path
            if at not in seen:
                seen.add(at)
                stack.extend(sorted(needs[at]))
    raise AssertionError("a circle without a block: the graph was not in running order")


def _layers(graph: Graph, blocks: dict[str, Block], order: list[str]) -> list[Layer]:
    output = {value: (block.layer.name, index) for block in blocks.values() for index, value in enumerate(block.gives)}
    by_key = {f"group {path}": block.layer for path, block in blocks.items()}
    layers: list[Layer] = []
    for name in order:
        layer = by_key.get(name) or graph.layer[name]
        if any((edge.source, edge.output) in output for edge in layer.inputs):
            layer = replace(layer, inputs=tuple(_moved(edge, output) for edge in layer.inputs))
        layers.append(layer)
    return layers


def _moved(edge: Edge, output: dict[tuple[str, int], tuple[str, int]]) -> Edge:
    if (edge.source, edge.output) not in output:
        return edge
    name, index = output[edge.source, edge.output]
    return replace(edge, source=name, output=index)
