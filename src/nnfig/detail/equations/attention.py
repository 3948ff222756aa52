"""Multi-head attention as projections, heads, attention (step by step where its weights are taken), a projection."""

from __future__ import annotations

from nnfig.detail.equations.parts import Parts, Shape, StaysClosed, Taken, product
from nnfig.graph import Dim, Edge

KERAS = "MultiHeadAttention"
"""The kind that takes query, value, key."""


def attention(parts: Parts) -> None:
    """MultiheadAttention; its weights are computed step by step only where somebody takes them."""
    a = parts.attributes
    query, key, value, masks = _taken(parts)
    if any(len(taken.spec.shape) not in (2, 3) for taken in (query, key, value)):
        raise StaysClosed("the shapes of what it takes are not known")
    width, heads, bias = a["embed_dim"], a["num_heads"], bool(a.get("bias", True))
    first = bool(a.get("batch_first")) and len(query.spec.shape) == 3
    lengths = [taken.spec.shape[1 if first else 0] for taken in (query, key)]
    batch = query.spec.shape[:1] if first else query.spec.shape[1:-1]
    given = zip(("q", "k", "v"), (query, key, value), (width, a.get("kdim"), a.get("vdim")), strict=True)
    split: list[Edge] = []
    more = 0
    for name, what, features in given:
        edge = parts.linear(f"{name}_proj", what.edge, what.spec.shape[:-1], features or width, width, bias)
        shape = (*what.spec.shape[:-1], width)
        if name != "q":
            edge, shape, more = _longer(parts, name, edge, shape, 1 if first else 0)
        split.append(_heads(parts, name, edge, shape, heads, first))
    length, reach = lengths[0], _plus(lengths[1], more)
    head = width // heads
    if 1 in parts.used:
        mixed = _step_by_step(parts, split, masks, (*batch, heads), length, reach, head)
    else:
        shape = (*batch, heads, length, head)
        macs = product(shape, 2, reach)
        taken = [*split, *(mask.edge for mask in masks)]
        mixed = parts.add("attention", "scaled_dot_product_attention", taken, shape, macs=macs)
    apart = (*batch, length, heads, head) if first else (length, *batch, heads, head)
    joined = parts.add("join_heads", "permute", [mixed], apart, mark="plumbing", dims=_orders(batch, first)[1])
    merged = (*query.spec.shape[:-1], width)
    joined = parts.add("merge_heads", "flatten", [joined], merged, mark="plumbing", start_dim=-2)
    parts.gives[0] = parts.linear("out_proj", joined, query.spec.shape[:-1], width, width, bias)


def _taken(parts: Parts) -> tuple[Taken, Taken, Taken, list[Taken]]:
    """Query, key, value and masks; what is not said is as in a layer list: the key is the query, the value the key."""
    if not parts.inputs:
        raise StaysClosed("it takes nothing")
    taken = list(parts.inputs)
    while len(taken) < 3:
        taken.append(taken[-1])
    query, key, value, *masks = taken
    return (query, value, key, masks) if parts.layer.original == KERAS else (query, key, value, masks)


def _plus(length: Dim, more: int) -> Dim:
    return length + more if isinstance(length, int) else length


def _longer(parts: Parts, name: str, edge: Edge, shape: Shape, axis: int) -> tuple[Edge, Shape, int]:
    """Keys or values with the learned row and the row of zeros that the layer may put after them."""
    extra: list[Edge] = []
    if parts.attributes.get("add_bias_kv"):
        row = parts.add(f"bias_{name}", "Parameter", [], (1, 1, shape[-1]), params=shape[-1], mark="")  # type: ignore[arg-type]
        extra.append(row)
    if parts.attributes.get("add_zero_attn"):
        extra.append(parts.add(f"zero_{name}", "zeros", [], (1, 1, shape[-1]), mark="constant"))
    if not extra:
        return edge, shape, 0
    longer = tuple(_plus(size, len(extra)) if number == axis else size for number, size in enumerate(shape))
    return parts.add(f"{name}_cat", "cat", [edge, *extra], longer, dim=axis), longer, len(extra)


def _heads(parts: Parts, name: str, edge: Edge, shape: Shape, heads: int, first: bool) -> Edge:
    """`N L E` (or `L N E`) becomes `N heads L head`."""
    apart = (*shape[:-1], heads, shape[-1] // heads)  # type: ignore[operator]
    edge = parts.add(f"{name}_split", "unflatten", [edge], apart, mark="plumbing", dim=-1, sizes=apart[-2:])
    batch, length = (shape[:1], shape[1]) if first else (shape[1:-1], shape[0])
    there = (*batch, heads, length, apart[-1])
    return parts.add(f"{name}_heads", "permute", [edge], there, mark="plumbing", dims=_orders(batch, first)[0])


def _orders(batch: Shape, first: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Axes on the way to `N heads L head` and on the way back."""
    if first:
        return (0, 2, 1, 3), (0, 2, 1, 3)
    return ((1, 2, 0, 3), (2, 0, 1, 3)) if batch else ((1, 0, 2), (1, 0, 2))


def _step_by_step(
    parts: Parts, split: list[Edge], masks: list[Taken], outer: Shape, length: Dim, reach: Dim, head: int
) -> Edge:
    """Scores, softmax and the weighted sum, and what the layer returns of the weights: their mean over the heads."""
    q, k, v = split
    square = (*outer, length, reach)
    macs = product(square, head)
    q = parts.add("scale", "mul", [q], (*outer, length, head), other=round(head**-0.5, 6))
    k = parts.add("k_transposed", "transpose", [k], (*outer, head, reach), mark="plumbing", dim0=-2, dim1=-1)
    scores = parts.add("scores", "matmul", [q, k], square, macs=macs)
    for number, mask in enumerate(masks):
        kind = "masked_fill" if mask.spec.dtype == "bool" else "add"
        scores = parts.add(f"mask_{number}" if number else "mask", kind, [scores, mask.edge], square)
    weights = parts.add("softmax", "softmax", [scores], square, dim=-1)
    if parts.attributes.get("dropout"):
        weights = parts.add("dropout", "dropout", [weights], square, p=parts.attributes["dropout"])
    mean = (*outer[:-1], length, reach)
    returned = parts.layer.output[1].shape if len(parts.layer.output) > 1 else mean
    parts.gives[1] = (
        weights if returned == square else parts.add("weights", "mean", [weights], mean, dim=len(outer) - 1)
    )
    return parts.add("mix", "matmul", [weights, v], (*outer, length, head), macs=macs)
