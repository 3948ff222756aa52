"""Operators of an ONNX graph -> a layer name, module path and group for each, from whatever names the exporter left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from nnfig.sources.onnx.kinds import as_function
from nnfig.sources.onnx.ops import Draft, Op
from nnfig.sources.onnx.values import Values
from nnfig.sources.scopes import clean, module_path, unique, without_common_root


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer stands."""

    name: str
    kind: str
    path: str = ""
    around: tuple[str, ...] = ()
    """Paths of the groups that hold it, outermost first."""
    again: str = ""
    """Name of the layer of which this one is a further call."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where all layers stand, and what is known of the groups."""

    each: tuple[Place, ...]
    classes: Mapping[str, str]
    guessed: bool
    """Whether the groups come from the names of weights only, which may be of single layers."""


_WEIGHT = re.compile(r"[._/](sc_w|sc_b|weight|bias|kernel|gamma|beta|scale|s|w|b|W|B|weights|biases)(_0|:0|/read)*$")
_NUMBERED = re.compile(r"^[A-Za-z]{0,12}_?\d+$")
_ANONYMOUS = re.compile(r"^(onnx::|val_|_val|t\d|r\d)|^\d+$")


def places(ops: Sequence[Op], drafts: Sequence[Draft], values: Values, taken: Mapping[str, object]) -> Places:
    """Names for the operators; `taken` are the names of the network's inputs."""
    stems = [_stem(item, values) for item in drafts]
    scoped = any(op.scope for op in ops)
    if scoped:
        ways = _ways(ops, drafts, values, stems)
        leaves = _leaves(ways, drafts)
    else:
        ways, leaves = _ways_of_weights(ops, stems)
    names: dict[str, object] = dict(taken)
    calls: dict[str, list[str]] = {}
    found: list[Place] = []
    for op, way, item in zip(ops, ways, drafts, strict=True):
        scope = way[-1] if way else ""
        path = _CALL.sub("", scope)
        if scope in leaves:
            before = calls.setdefault(path, [])
            name = unique(f"{path}@{len(before) + 1}" if before else path, names)
            place = Place(name, item.kind, path, _outside(way[:-1], leaves), before[0] if before else "")
            before.append(name)
        else:
            kind = as_function(item.kind) if scoped else item.kind
            name = unique(_own_name(op, kind, path, bool(leaves)), names)
            place = Place(name, kind, path, way)
        names[name] = None
        found.append(place)
    return Places(tuple(found), _classes(ops, ways), not scoped)


_CALL = re.compile(r"@\d+")


def _outside(way: tuple[str, ...], leaves: Set[str]) -> tuple[str, ...]:
    """The groups around a layer; one that has the name of a layer is none, because a layer cannot hold layers."""
    return tuple(path for path in way if path not in leaves)


def _classes(ops: Sequence[Op], ways: Sequence[tuple[str, ...]]) -> dict[str, str]:
    """Class names by path, as far as exporters tell."""
    return {
        path: cls
        for op, way in zip(ops, ways, strict=True)
        for path, cls in zip(reversed(way), reversed(op.classes), strict=False)
        if cls
    }


def _leaves(ways: Sequence[tuple[str, ...]], drafts: Sequence[Draft]) -> set[str]:
    """Scopes that hold one computation (perhaps called again), so that scope and computation are one layer."""
    kinds: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    outer: set[str] = set()
    for way, item in zip(ways, drafts, strict=True):
        if way:
            kinds.setdefault(way[-1], set()).add((item.kind, item.weights))
            outer.update(way[:-1])
    return {path for path, held in kinds.items() if len(held) == 1 and path not in outer}


def _own_name(op: Op, kind: str, scope: str, hierarchy: bool) -> str:
    """`layer1.0.add`, or where there are no modules the node's own name if it is one."""
    if scope:
        return f"{scope}.{kind.lower()}"
    own = clean(op.name)
    if hierarchy or not op.name or "/" in own or _NUMBERED.match(own):
        return kind.lower()
    return own


# Scopes that the exporter wrote


def _ways(
    ops: Sequence[Op], drafts: Sequence[Draft], values: Values, stems: Sequence[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    scopes = [op.scope for op in ops]
    if all(scopes) and not any(op.name.startswith("/") or op.classes for op in ops):
        scopes = without_common_root(scopes)
    scopes = _further_calls(scopes, drafts, values)
    ways = [module_path(scope) for scope in scopes]
    return [_of_weight(op, way, stem) for op, way, stem in zip(ops, ways, stems, strict=True)]


def _of_weight(op: Op, way: tuple[str, ...], stem: tuple[str, ...]) -> tuple[str, ...]:
    """The module of the weights, where that is another than the scope tells.

    A folded convolution is left in the scope of its normalisation; a function that takes the weights of a module
    inside (`linear(x, self.qkv.weight)`) stands for that module.
    """
    path, scope = ".".join(stem), way[-1] if way else ""
    folded = op.classes and op.classes[-1].startswith("BatchNorm") and op.type != "BatchNormalization"
    if folded and way and stem:
        return (*way[:-1], path)
    return (*way, path) if scope and path.startswith(f"{scope}.") else way


_AGAIN = re.compile(r"^(.+)_(\d+)$")


def _further_calls(scopes: Sequence[tuple[str, ...]], drafts: Sequence[Draft], values: Values) -> list[tuple[str, ...]]:
    """`relu_1` beside an equal `relu` is its second call, `relu@2`; equal includes the weights."""
    inside: dict[tuple[str, ...], list[Any]] = {}
    for scope, item in zip(scopes, drafts, strict=True):
        roots = tuple(root for weight in item.weights for root in values.roots.get(weight, ()))
        for depth in range(1, len(scope) + 1):
            rest = tuple(_AGAIN.sub(r"\1", part) for part in scope[depth:])
            inside.setdefault(scope[:depth], []).append((rest, item.kind, roots))
    renamed: dict[tuple[str, ...], str] = {}
    for scope, held in inside.items():
        again = _AGAIN.match(scope[-1])
        if again and inside.get((*scope[:-1], again[1])) == held:
            renamed[scope] = f"{again[1]}@{int(again[2]) + 1}"
    return [tuple(renamed.get(scope[: i + 1], part) for i, part in enumerate(scope)) for scope in scopes]


# Scopes from the names of weights


def _stem(item: Draft, values: Values) -> tuple[str, ...]:
    """Parts of the path that the weights' names begin with; empty where they tell nothing."""
    if item.kind == "MultiheadAttention":
        return ()  # its weights are its own and its last projection's
    roots = [root for weight in item.weights for root in values.roots.get(weight, ())]
    stem = next((_WEIGHT.sub("", r) for r in roots if _WEIGHT.search(r) and not _ANONYMOUS.match(r)), "")
    return tuple(clean(part) for part in re.split(r"[./]", stem) if part)


def _ways_of_weights(ops: Sequence[Op], stems: Sequence[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], set[str]]:
    """Layers with weights are named by these (`inception_3a/1x1_w_0`); others take the group of their neighbours."""
    told = without_common_root([stem for stem in stems if stem])
    rest = iter(told)
    own = [next(rest) if stem else () for stem in stems]
    leaves = {".".join(stem) for stem in told}
    around = [_outside(module_path(stem[:-1]), leaves) if stem else None for stem in own]
    held = _spread(ops, around) if any(around) else [way or () for way in around]
    return [(*way, *module_path(stem)[-1:]) for stem, way in zip(own, held, strict=True)], leaves


def _spread(ops: Sequence[Op], groups: Sequence[tuple[str, ...] | None]) -> list[tuple[str, ...]]:
    """Put an operator without a name into the group that its producers or its consumers share."""
    around = list(groups)
    maker = {out: i for i, op in enumerate(ops) for out in op.outputs}
    takers: dict[int, list[int]] = {}
    before: list[list[int]] = []
    for i, op in enumerate(ops):
        before.append([maker[name] for name in op.inputs if name in maker])
        for j in before[-1]:
            takers.setdefault(j, []).append(i)
    for i in range(len(ops)):  # forwards: a join of one group's tensors; a single consumer belongs to its producer
        held = {around[j] for j in before[i] if around[j] is not None or len(before[i]) == 1}
        last = before[i][0] if len(before[i]) == 1 else -1
        leaves = (
            "Pool" in ops[i].type and last >= 0 and len(before[last]) > 1
        )  # a pooling after a join is the next step
        if around[i] is None and len(held) == 1 and not leaves and (last < 0 or len(takers[last]) == 1):
            around[i] = held.pop()
    for i in reversed(range(len(ops))):  # backwards: all consumers in one group (the pooling branch of an inception)
        if around[i] is None and takers.get(i):
            held = {around[j] for j in takers[i]}
            around[i] = held.pop() if len(held) == 1 else None
    return [way or () for way in around]
