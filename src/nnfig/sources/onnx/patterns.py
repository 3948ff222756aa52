"""Operators that exporters break into small ones (linear, normalisation, GELU, attention ...) -> one operator again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnfig.sources.onnx.net import Net
from nnfig.sources.onnx.ops import Op
from nnfig.sources.onnx.values import Values


def fused(ops: Sequence[Op], values: Values, results: Sequence[str]) -> list[Op]:
    """The operators with every known pattern made one operator."""
    net = Net.of(ops, values, results)
    for anchor, pattern in PATTERNS:
        for i in [i for i, op in net.ops.items() if op.type == anchor]:
            if i in net.ops:
                pattern(net, i)
    return [net.ops[i] for i in sorted(net.ops)]


def _vector(net: Net, name: str, size: Any = None) -> bool:
    """Whether a constant has one axis longer than one (of this size)."""
    shape = [d for d in net.values.shape(name) or () if d != 1]
    return len(shape) == 1 and net.values.is_float(name) and size in (None, shape[0])


def _scaled_and_shifted(net: Net, i: int) -> tuple[list[int], str, str]:
    """The `Mul` and `Add` of constant vectors that follow an operator: their places, scale and shift ('' if none)."""
    places, scale, shift = [], "", ""
    mul = net.after(i, "Mul")
    pair = net.constant(net.ops[mul]) if mul is not None else None
    if mul is not None and pair and _vector(net, pair[1]):
        places, scale, i = [mul], pair[1], mul
    add = net.after(i, "Add")
    pair = net.constant(net.ops[add]) if add is not None else None
    if add is not None and pair and _vector(net, pair[1]):
        places, shift = [*places, add], pair[1]
    return places, scale, shift


def linear(net: Net, i: int) -> None:
    """MatMul by a matrix of weights, then Add of a vector -> Gemm."""
    op = net.ops[i]
    weight = net.values.shape(op.input(1))
    if weight is None or len(weight) != 2 or not net.values.constant(op.input(1)) or net.values.constant(op.input(0)):
        return
    add = net.after(i, "Add")
    pair = net.constant(net.ops[add]) if add is not None else None
    if add is None or not pair or not _vector(net, pair[1], weight[1]):
        return
    new = Op("Gemm", op.name, (*op.inputs, pair[1]), net.ops[add].outputs, {})
    net.replace((i, add), new)


def batch_norm(net: Net, i: int) -> None:
    """BatchNormalization, then scale and shift by vectors -> BatchNormalization with these."""
    op = net.ops[i]
    places, scale, shift = _scaled_and_shifted(net, i)
    if len(places) == 2 and scale and shift:
        inputs = (op.inputs[0], scale, shift, *op.inputs[3:])
        net.replace((i, *places), replace(op, inputs=inputs, outputs=net.ops[places[-1]].outputs))


def group_norm(net: Net, i: int) -> None:
    """Reshape, InstanceNormalization, Reshape, scale and shift -> GroupNormalization."""
    op = net.ops[i]
    first, last = net.before(op.input(0), "Reshape"), net.after(i, "Reshape")
    groups = net.values.shape(op.input(1))
    if first is None or last is None or not groups or net.after(first, op.type) != i:
        return
    whole, back = net.values.shape(net.ops[first].inputs[0]), net.values.shape(net.ops[last].outputs[0])
    if whole is None or whole != back:
        return
    places, scale, shift = _scaled_and_shifted(net, last)
    weights = (scale, shift) if len(places) == 2 else ()
    places = places if len(places) == 2 else []
    attributes = {"num_groups": groups[0], "epsilon": op.attributes.get("epsilon", 1e-5)}
    outputs = net.ops[places[-1] if places else last].outputs
    new = Op("GroupNormalization", op.name, (net.ops[first].inputs[0], *weights), outputs, attributes)
    net.replace((first, i, last, *places), new)


def layer_norm(net: Net, i: int) -> None:
    """The mean taken off, divided by the root of the mean square, scaled and shifted -> LayerNormalization."""
    root = net.ops[i]
    add = net.before(root.input(0), "Add")
    mean = net.before(net.varying(add), "ReduceMean") if add is not None else None
    square = net.before(net.ops[mean].input(0), "Pow", "Mul") if mean is not None else None
    divide = net.after(i, "Div", "Reciprocal")
    if add is None or mean is None or square is None or divide is None:
        return
    eps = net.scalar(net.ops[add])
    base = net.ops[square].input(0)
    inside = [square, mean, add, i, divide]
    if net.ops[divide].type == "Reciprocal":
        times = net.after(divide, "Mul")
        if times is None:
            return
        inside.append(times)
    end = inside[-1]
    if base not in net.ops[end].inputs or eps is None:
        return
    places, scale, shift = _scaled_and_shifted(net, end)
    centre = net.before(base, "Sub")
    average = net.before(net.ops[centre].input(1), "ReduceMean") if centre is not None else None
    outputs = net.ops[places[-1] if places else end].outputs
    weights = tuple(name for name in (scale, shift) if name)
    if centre is not None and average is not None and net.ops[average].input(0) == net.ops[centre].input(0):
        source, kind, inside = net.ops[centre].input(0), "LayerNormalization", [average, centre, *inside]
    elif not shift:
        source, kind = base, "RMSNormalization"
    else:
        return
    new = Op(kind, root.name, (source, *weights), outputs, {"epsilon": eps, "shape": _normalized(net, source, mean)})
    net.replace((*inside, *places), new)


def _normalized(net: Net, source: str, mean: int) -> tuple[Any, ...]:
    """Sizes of the axes that a mean runs over."""
    shape = net.values.shape(source) or ()
    op = net.ops[mean]
    axes = op.attributes.get("axes") or net.values.tuple(op.input(1)) or (-1,)
    return tuple(shape[a] for a in axes if -len(shape) <= a < len(shape))


def gelu(net: Net, i: int) -> None:
    """x * (1 + erf(x / sqrt 2)) / 2, in whatever order -> Gelu."""
    scale = net.before(net.ops[i].input(0), "Div", "Mul")
    add = net.after(i, "Add")
    pair = net.constant(net.ops[scale]) if scale is not None else None
    if scale is None or add is None or not pair or net.scalar(net.ops[add]) != 1:
        return
    _gelu(net, [scale, i, add], pair[0], {})


def gelu_tanh(net: Net, i: int) -> None:
    """x * (1 + tanh(c (x + 0.044715 x^3))) / 2 -> Gelu with the tanh approximation."""
    inside: list[int] = []
    name, source = net.ops[i].input(0), ""
    scale = net.before(name, "Mul")
    total = net.before(net.varying(scale), "Add") if scale is not None else None
    add = net.after(i, "Add")
    if scale is None or total is None or add is None or net.scalar(net.ops[add]) != 1:
        return
    for way in net.ops[total].inputs:
        cubic = net.before(way, "Mul")
        pair = net.constant(net.ops[cubic]) if cubic is not None else None
        power = net.before(pair[0], "Pow") if pair else None
        if cubic is not None and power is not None:
            inside, source = [power, cubic], net.ops[power].input(0)
    if source and source in net.ops[total].inputs:
        _gelu(net, [*inside, total, scale, i, add], source, {"approximate": "tanh"})


def _gelu(net: Net, inside: list[int], source: str, attributes: Mapping[str, Any]) -> None:
    """Follow the products by x and 1/2 after the sum, in either order, and close the pattern."""
    end, halved, times = inside[-1], False, False
    while not (halved and times):
        product = net.after(end, "Mul")
        if product is None:
            return
        op = net.ops[product]
        other = next((n for n in op.inputs if n not in net.ops[end].outputs), "")
        half = net.before(other, "Mul")
        if net.scalar(op) == 0.5 and not halved:
            halved = True
        elif other == source and not times:
            times = True
        elif half is not None and net.scalar(net.ops[half]) == 0.5 and source in net.ops[half].inputs and not times:
            inside.append(half)
            halved = times = True
        else:
            return
        inside.append(product)
        end = product
    new = Op("Gelu", net.ops[inside[-1]].name, (source,), net.ops[end].outputs, attributes)
    net.replace(inside, new)


def gated(whole: str) -> Callable[[Net, int], None]:
    """x * gate(x) -> one activation."""

    def pattern(net: Net, i: int) -> None:
        source = net.ops[i].input(0)
        product = net.after(i, "Mul")
        if product is not None and set(net.ops[product].inputs) == {source, net.ops[i].outputs[0]}:
            net.replace((i, product), Op(whole, net.ops[i].name, (source,), net.ops[product].outputs))

    return pattern


def mish(net: Net, i: int) -> None:
    """x * tanh(softplus(x)) -> Mish."""
    tanh = net.after(i, "Tanh")
    product = net.after(tanh, "Mul") if tanh is not None else None
    source = net.ops[i].input(0)
    if tanh is not None and product is not None and source in net.ops[product].inputs:
        net.replace((i, tanh, product), Op("Mish", net.ops[i].name, (source,), net.ops[product].outputs))


def attention(net: Net, i: int) -> None:
    """softmax(q k^T s + mask) v -> Attention; the key is taken before it is transposed, where that can be seen."""
    softmax, values = net.ops[i], net.values
    second = net.after(i, "MatMul")
    if second is None or net.ops[second].input(0) != softmax.outputs[0]:
        return
    inside, mask, name = [i, second], "", softmax.input(0)
    for _ in range(3):
        step = net.before(name, "Mul", "Div", "Add")
        if step is None or len(net.users(name)) != 1:
            break
        if net.ops[step].type == "Add":
            flows = next((n for n in net.ops[step].inputs if net.before(n, "MatMul", "Mul", "Div") is not None), "")
            mask = next((n for n in net.ops[step].inputs if n != flows), "")
            name = flows
        elif net.scaled(net.ops[step]):
            name = net.scaled(net.ops[step])
        else:
            break
        inside.append(step)
    first = net.before(name, "MatMul")
    if first is None or len(net.users(name)) != 1 or any(values.constant(n) for n in net.ops[first].inputs):
        return
    inside.append(first)
    ends = []
    for way in net.ops[first].inputs:
        scaled = net.before(way, "Mul", "Div")
        if scaled is not None and net.scaled(net.ops[scaled]) and len(net.users(way)) == 1:
            inside.append(scaled)
            way = net.scaled(net.ops[scaled])
        ends.append(way)
    shapes = [values.shape(n) for n in (ends[0], ends[1], net.ops[second].input(1))]
    inputs = (ends[0], _untransposed(net, ends[1], inside), net.ops[second].input(1), *([mask] if mask else []))
    key = shapes[1]
    told = (shapes[0], (*key[:-2], key[-1], key[-2]) if key and len(key) > 1 else key, shapes[2])
    new = Op("Attention", softmax.name, inputs, net.ops[second].outputs, {"shapes": told})
    net.replace(inside, new)


def _untransposed(net: Net, key: str, inside: list[int]) -> str:
    """The key before the transposition of its last two axes, if that is all that happens to it."""
    flip = net.before(key, "Transpose")
    if flip is None or len(net.users(key)) != 1:
        return key
    perm = net.ops[flip].attributes.get("perm", ())
    if tuple(perm) != (*range(len(perm) - 2), len(perm) - 1, len(perm) - 2):
        return key
    inside.append(flip)
    return net.ops[flip].input(0)


PATTERNS: tuple[tuple[str, Callable[[Net, int], None]], ...] = (
    ("MatMul", linear),
    ("BatchNormalization", batch_norm),
    ("InstanceNormalization", group_norm),
    ("Sqrt", layer_norm),
    ("Erf", gelu),
    ("Tanh", gelu_tanh),
    ("Sigmoid", gated("Swish")),
    ("HardSigmoid", gated("HardSwish")),
    ("Softplus", mish),
    ("Softmax", attention),
)
"""Type of the operator by which a pattern is found, and the pattern; in this order."""
