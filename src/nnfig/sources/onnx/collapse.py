"""Operators that one leaf module of PyTorch made (LSTM with its transpositions, attention with projections) -> one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnfig.sources.onnx.ops import Draft, Op, Part
from nnfig.sources.onnx.values import Values


def collapsed(
    ops: Sequence[Op], drafts: Sequence[Draft], values: Values, results: Sequence[str]
) -> tuple[list[Op], list[Draft]]:
    """The operators and drafts, with those of one leaf module in the place of the last of them."""
    members: dict[tuple[str, ...], list[int]] = {}
    outer: set[tuple[str, ...]] = set()
    for i, op in enumerate(ops):
        if op.scope:
            members.setdefault(op.scope, []).append(i)
            outer.update(op.scope[:depth] for depth in range(1, len(op.scope)))
    new_ops: dict[int, Op | None] = dict(enumerate(ops))
    new_drafts = dict(enumerate(drafts))
    takers = _takers(ops, results)
    for scope, inside in members.items():
        if scope in outer:
            continue
        found = _whole([ops[i] for i in inside], [drafts[i] for i in inside], values)
        made = [name for i in inside for name in ops[i].outputs if takers.get(name, set()) - set(inside)]
        if found is None or len(made) != 1:
            continue
        within = {name for i in inside for name in ops[i].outputs}
        taken = dict.fromkeys(n for i in inside for n in drafts[i].inputs if n not in within)
        last = inside[-1]
        for i in inside:
            new_ops[i] = None
        new_ops[last] = replace(ops[last], type=found.kind, inputs=tuple(taken), outputs=(made[0],))
        new_drafts[last] = replace(found, inputs=_arguments(found.kind, tuple(taken)))
    kept = [i for i, op in new_ops.items() if op is not None]
    return [op for op in new_ops.values() if op is not None], [new_drafts[i] for i in kept]


def _arguments(kind: str, taken: tuple[str, ...]) -> tuple[str, ...]:
    """Attention takes query, key and value, which are often the same tensor."""
    return (*taken, *(taken[-1:] * (3 - len(taken)))) if kind == "MultiheadAttention" else taken


def _takers(ops: Sequence[Op], results: Sequence[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {name: {-1} for name in results}
    for i, op in enumerate(ops):
        for name in op.inputs:
            found.setdefault(name, set()).add(i)
    return found


def _whole(ops: Sequence[Op], drafts: Sequence[Draft], values: Values) -> Draft | None:
    """The module that these operators are, if they are one."""
    heavy = [i for i, item in enumerate(drafts) if item.mark not in ("plumbing", "index")]
    kinds = [drafts[i].kind for i in heavy]
    cls = ops[0].classes[-1] if ops[0].classes else ""
    if kinds == ["mean"] and cls.startswith("AdaptiveAvgPool"):
        return Draft(cls, {"output_size": (1,) * int(cls[-2])})
    parts = tuple(_part(ops[i], drafts[i], values) for i in heavy)
    if len(ops) > 1 and len(heavy) == 1 and drafts[heavy[0]].weights:
        return replace(drafts[heavy[0]], parts=parts)
    projections, attention = kinds[:-2], kinds[-2:]
    named = cls == "MultiheadAttention" or any("in_proj" in root for item in drafts for root in _roots(item, values))
    whole = attention == ["scaled_dot_product_attention", "Linear"] and projections in (
        ["Linear"] * n for n in (1, 2, 3)
    )
    if whole and named:
        return _multihead([drafts[i] for i in heavy], parts)
    return None


def _roots(item: Draft, values: Values) -> list[str]:
    return [root for name in item.weights for root in values.roots.get(name, ())]


def _part(op: Op, item: Draft, values: Values) -> Part:
    shapes = item.shapes or tuple(map(values.shape, item.inputs))
    return Part(item.kind, item.attributes, shapes, tuple(map(values.shape, op.outputs)))


def _multihead(heavy: Sequence[Draft], parts: tuple[Part, ...]) -> Draft:
    query = parts[-2].inputs[0] or ()
    attributes = {"embed_dim": heavy[-1].attributes["out_features"], "bias": heavy[-1].attributes["bias"]}
    if len(query) == 4:
        attributes["num_heads"] = query[1]
    weights = tuple(name for item in heavy for name in item.weights)
    return Draft("MultiheadAttention", attributes, weights=weights, parts=parts)
