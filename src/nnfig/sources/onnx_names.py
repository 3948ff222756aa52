"""Operators of an ONNX graph -> a layer name, module path and group for each, from whatever names the exporter left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnfig.sources.onnx_kinds import Draft, Op, as_function
from nnfig.sources.onnx_values import Values
from nnfig.sources.scopes import clean, module_path, parent, unique, without_common_root


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer stands."""

    name: str
    kind: str
    path: str = ""
    group: str = ""
    again: str = ""
    """Name of the layer of which this one is a further call."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where all layers stand, and what is known of the groups."""

    each: tuple[Place, ...]
    classes: Mapping[str, str]
    hierarchy: bool
    """Whether the names told of modules at all."""


_WEIGHT = re.compile(r"[._/](weight|bias|kernel|gamma|beta|scale|w|b|W|B|weights|biases)(_0|:0|/read)*$")
_NUMBERED = re.compile(r"^[A-Za-z]{0,12}_?\d+$")
_ANONYMOUS = re.compile(r"^(onnx::|val_|_val|t\d|r\d)|^\d+$")


def places(ops: Sequence[Op], drafts: Sequence[Draft], values: Values, taken: Mapping[str, object]) -> Places:
    """Names for the operators; `taken` are the names of the network's inputs."""
    scopes = [op.scope for op in ops]
    if not any(scopes):
        scopes = _scopes_of_weights(ops, drafts, values)
    rooted = without_common_root([s for s in scopes if s])
    scopes = _put_back(scopes, rooted)
    paths = [module_path(scope) for scope in scopes]
    classes = {
        path: cls
        for op, way in zip(ops, paths, strict=True)
        for path, cls in zip(reversed(way), reversed(op.classes), strict=False)
        if cls
    }
    leaves = _leaves(paths, drafts)
    names: dict[str, object] = dict(taken)
    calls: dict[str, list[str]] = {}
    found: list[Place] = []
    for op, way, item in zip(ops, paths, drafts, strict=True):
        scope = way[-1] if way else ""
        if scope in leaves:
            before = calls.setdefault(scope, [])
            name = unique(f"{scope}@{len(before) + 1}" if before else scope, names)
            place = Place(name, item.kind, scope, parent(scope), before[0] if before else "")
            before.append(name)
        else:
            kind = as_function(item.kind) if any(paths) else item.kind
            name = unique(_own_name(op, kind, scope, bool(leaves)), names)
            place = Place(name, kind, scope, scope)
        names[name] = None
        found.append(place)
    everything = {place.name for place in found}
    found = [_outside_layers(place, everything) for place in found]
    return Places(tuple(found), classes, any(place.group for place in found))


def _put_back(scopes: Sequence[tuple[str, ...]], rest: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    left = iter(rest)
    return [next(left) if scope else () for scope in scopes]


def _leaves(paths: Sequence[tuple[str, ...]], drafts: Sequence[Draft]) -> set[str]:
    """Scopes that hold one computation (perhaps called again), so that scope and computation are one layer."""
    kinds: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    outer: set[str] = set()
    for way, item in zip(paths, drafts, strict=True):
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


def _outside_layers(place: Place, names: set[str]) -> Place:
    """A layer cannot hold layers: where a group has the name of one, the group around it is taken."""
    group = place.group
    while group in names:
        group = parent(group)
    return place if group == place.group else Place(place.name, place.kind, place.path, group, place.again)


def _scopes_of_weights(ops: Sequence[Op], drafts: Sequence[Draft], values: Values) -> list[tuple[str, ...]]:
    """Scopes from the names of weights (`layer1.0.conv1.weight`, `inception_3a/1x1_w_0`); the rest from neighbours."""
    own: list[tuple[str, ...]] = []
    for item in drafts:
        roots = [root for weight in item.weights for root in values.roots.get(weight, ())]
        stem = next((_WEIGHT.sub("", r) for r in roots if _WEIGHT.search(r) and not _ANONYMOUS.match(r)), "")
        own.append(tuple(clean(part) for part in re.split(r"[./]", stem) if part))
    return _spread(ops, own) if any(len(scope) > 1 for scope in own) else own


def _spread(ops: Sequence[Op], own: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put an operator without a name into the group that its producers and consumers share."""
    maker = {out: i for i, op in enumerate(ops) for out in op.outputs}
    takers: dict[int, list[int]] = {}
    before: list[list[int]] = []
    for i, op in enumerate(ops):
        before.append([maker[name] for name in op.inputs if name in maker])
        for j in before[-1]:
            takers.setdefault(j, []).append(i)
    around = [scope[:-1] if scope else None for scope in own]
    for i in range(len(ops)):  # forwards: all producers in one group; a single consumer belongs to its producer
        if around[i] is None and before[i]:
            groups = {around[j] for j in before[i]}
            alone = len(before[i]) > 1 or len(takers.get(before[i][0], ())) == 1
            around[i] = groups.pop() if len(groups) == 1 and alone else None
    for i in reversed(range(len(ops))):  # backwards: all consumers in one group (the pooling branch of an inception)
        if around[i] is None and takers.get(i):
            groups = {around[j] for j in takers[i]}
            around[i] = groups.pop() if len(groups) == 1 else None
    return [scope or (around[i] or ()) for i, scope in enumerate(own)]
