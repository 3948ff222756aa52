"""Words that Keras spells otherwise, operations of keras.ops and activations, and what all translations share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnfig.graph import Dim, Mark

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """One of the layers that a Keras layer is, before it has a name."""

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    """What its name has after the Keras layer's name; empty for the layer itself."""
    output: Shape | None = None
    """Where it differs from what Keras gives."""
    mark: Mark = ""
    macs: Callable[[Sequence[Shape], Sequence[Shape]], int | None] | None = None
    """Where the kind's own formula does not do."""


def last(shape: Shape) -> Dim:
    """Size of the last axis."""
    return shape[len(shape) - 1] if shape else "?"


def features(shape: Shape) -> Dim:
    """Channels: second of an image, last of a sequence or a vector."""
    return shape[1] if len(shape) > 3 else last(shape)


def sizes(shape: Shape) -> tuple[int, ...]:
    """Only the sizes that are known."""
    return tuple(size for size in shape if isinstance(size, int))


def each(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(int(v) for v in value) if isinstance(value, (tuple, list)) else (int(value),) * rank


def is_keras(op: Any) -> bool:
    return type(op).__module__.split(".")[0] in ("keras", "tf_keras")


def activation(function: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Kind and attributes of an activation function; None for none."""
    name = getattr(function, "__name__", "") or type(function).__name__
    if function is None or name == "linear":
        return None
    return ACTIVATIONS.get(name, (name, {}))


def other(op: Any, name: str) -> Draft:
    """An operation of keras.ops in PyTorch's spelling, or a layer of the user's own under its own name."""
    if not is_keras(op) or (hasattr(op, "get_config") and hasattr(op, "weights")):
        return Draft(name)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return Draft(_OPERATIONS.get(name, snake), mark="plumbing" if name in _MOVES else "")


def arguments(kind: str, given: Sequence[Any]) -> Mapping[str, Any]:
    """What an operation is given beside tensors: the number of `x * 0.5`, the index of `x[:, 0]`.

    >>> arguments("mul", ("x", 0.5)), arguments("sub", (1, "x")), arguments("getitem", ("x", (slice(None), 0)))
    ({'other': 0.5}, {'input': 1}, {'index': '[:, 0]'})
    """
    if kind == "getitem" and len(given) > 1:
        return {"index": _index_text(given[1])}
    names = _OPERANDS.get(kind, ())
    return {name: value for name, value in zip(names, given, strict=False) if type(value) in (int, float)}


def _index_text(key: Any) -> str:
    """As the tracer writes it; arrays as `·`."""
    return f"[{', '.join(map(_item_text, key if isinstance(key, tuple) else (key,)))}]"


def _item_text(item: Any) -> str:
    if isinstance(item, slice):
        sides = ["" if side is None else _item_text(side) for side in (item.start, item.stop)]
        return ":".join(sides) + ("" if item.step is None else f":{_item_text(item.step)}")
    return "..." if item is Ellipsis else str(item) if isinstance(item, (int, type(None))) else "·"


_OPERANDS = dict.fromkeys(("add", "sub", "mul", "div"), ("input", "other")) | {"pow": ("input", "exponent")}
_OPERATIONS = {
    "Subtract": "sub", "Multiply": "mul", "Divide": "div", "TrueDivide": "div", "Power": "pow", "Negative": "neg",
    "Concatenate": "cat", "Transpose": "permute", "Absolute": "abs", "ExpandDims": "unsqueeze", "GetItem": "getitem",
    "BroadcastTo": "expand", "Cast": "to", "Relu": "ReLU", "Gelu": "GELU", "Silu": "SiLU", "Sigmoid": "Sigmoid",
    "Tanh": "Tanh", "Softmax": "Softmax", "Stack": "stack", "Max": "amax", "Min": "amin", "Take": "index_select",
    "DotProductAttention": "scaled_dot_product_attention", "LeakyRelu": "LeakyReLU", "Relu6": "ReLU6",
}  # fmt: skip
_MOVES = frozenset(["Reshape", "Transpose", "ExpandDims", "Squeeze", "GetItem", "BroadcastTo", "Cast", "Split", "Flip"])
ACTIVATIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "relu": ("ReLU", {}), "relu6": ("ReLU6", {}), "sigmoid": ("Sigmoid", {}), "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"dim": -1}), "log_softmax": ("LogSoftmax", {"dim": -1}), "gelu": ("GELU", {}),
    "silu": ("SiLU", {}), "swish": ("SiLU", {}), "elu": ("ELU", {"alpha": 1.0}), "selu": ("SELU", {}),
    "celu": ("CELU", {}), "leaky_relu": ("LeakyReLU", {}), "softplus": ("Softplus", {}), "mish": ("Mish", {}),
    "softsign": ("Softsign", {}), "hard_sigmoid": ("Hardsigmoid", {}), "hard_silu": ("Hardswish", {}),
    "hard_swish": ("Hardswish", {}), "exponential": ("exp", {}), "log_sigmoid": ("LogSigmoid", {}), "glu": ("GLU", {}),
}  # fmt: skip
