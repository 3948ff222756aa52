"""ONNX operators on sizes, axes and scales, computed on small numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

LARGEST = 4096
"""Elements up to which constants are computed."""

DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
}  # fmt: skip


def _axes(operands: Sequence[Any], attributes: Mapping[str, Any]) -> tuple[int, ...] | None:
    given = attributes.get("axes")
    if given is None and len(operands) > 1 and operands[1] is not None:
        given = operands[1].reshape(-1).tolist()
    return tuple(int(a) for a in given) if given is not None else None


def _slice(np: Any, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    data = operands[0]
    if "starts" in attributes:
        starts, ends = attributes["starts"], attributes["ends"]
        axes, steps = attributes.get("axes"), None
    else:
        starts, ends = operands[1].tolist(), operands[2].tolist()
        axes = operands[3].tolist() if len(operands) > 3 and operands[3] is not None else None
        steps = operands[4].tolist() if len(operands) > 4 and operands[4] is not None else None
    cut = [slice(None)] * data.ndim
    for place, axis in enumerate(axes or range(len(starts))):
        cut[axis] = slice(starts[place], ends[place], steps[place] if steps else None)
    return data[tuple(cut)]


def _cast(np: Any, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    if operands[0].dtype == object:
        return operands[0]
    return operands[0].astype(DTYPES.get(attributes.get("to", 7), "int64"))


def _divide(np: Any, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    if operands[0].dtype.kind in "iu":
        return np.trunc(operands[0] / operands[1]).astype(operands[0].dtype)
    return operands[0] / operands[1]


def _range(np: Any, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    start, stop, step = (o.reshape(-1)[0] for o in operands)
    if (stop - start) / step > LARGEST:
        raise ValueError
    return np.arange(start, stop, step)


def _expand(np: Any, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    shape = operands[1].tolist()
    if prod(shape) > LARGEST:
        raise ValueError
    return np.broadcast_to(operands[0], np.broadcast_shapes(operands[0].shape, tuple(shape)))


NUMPY: Mapping[str, Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]] = {
    "Identity": lambda np, o, a: o[0],
    "Cast": _cast,
    "Gather": lambda np, o, a: np.take(o[0], o[1].astype("int64"), axis=a.get("axis", 0)),
    "Concat": lambda np, o, a: np.concatenate(o, axis=a.get("axis", 0)),
    "Unsqueeze": lambda np, o, a: np.expand_dims(o[0], _axes(o, a) or 0),
    "Squeeze": lambda np, o, a: np.squeeze(o[0], _axes(o, a)),
    "Reshape": lambda np, o, a: o[0].reshape(o[1].tolist()),
    "Transpose": lambda np, o, a: np.transpose(o[0], a.get("perm")),
    "Slice": _slice,
    "Range": _range,
    "Expand": _expand,
    "Where": lambda np, o, a: np.where(*o),
    "Equal": lambda np, o, a: o[0] == o[1],
    "Not": lambda np, o, a: ~o[0],
    "Add": lambda np, o, a: o[0] + o[1],
    "Sub": lambda np, o, a: o[0] - o[1],
    "Mul": lambda np, o, a: o[0] * o[1],
    "Div": _divide,
    "Mod": lambda np, o, a: np.fmod(o[0], o[1]) if a.get("fmod") else np.mod(o[0], o[1]),
    "Pow": lambda np, o, a: np.power(o[0], o[1]),
    "Abs": lambda np, o, a: np.abs(o[0]),
    "Neg": lambda np, o, a: -o[0],
    "And": lambda np, o, a: o[0] & o[1],
    "Or": lambda np, o, a: o[0] | o[1],
    "Less": lambda np, o, a: o[0] < o[1],
    "Greater": lambda np, o, a: o[0] > o[1],
    "Sqrt": lambda np, o, a: np.sqrt(o[0]),
    "Floor": lambda np, o, a: np.floor(o[0]),
    "Ceil": lambda np, o, a: np.ceil(o[0]),
    "Min": lambda np, o, a: np.minimum(*o),
    "Max": lambda np, o, a: np.maximum(*o),
    "ReduceProd": lambda np, o, a: np.prod(o[0]),
}
"""Operators on sizes, axes and scales; anything else that is constant keeps only its shape."""
