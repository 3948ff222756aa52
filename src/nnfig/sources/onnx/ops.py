"""What an ONNX operator and its translation are, and the few helpers that all translations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnfig.graph import Mark
from nnfig.sources.onnx.values import Values


@dataclass(frozen=True, slots=True)
class Op:
    """One node of an ONNX graph, in plain Python."""

    type: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    """An operand that is left out is ''."""
    outputs: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    scope: tuple[str, ...] = ()
    """Parts of the module path, where the names tell."""
    classes: tuple[str, ...] = ()
    """Class names parallel to `scope`, where known."""

    def input(self, place: int) -> str:
        """The operand at a place; '' where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one computation for counting its multiplications."""

    kind: str
    attributes: Mapping[str, Any]
    inputs: tuple[tuple[Any, ...] | None, ...]
    outputs: tuple[tuple[Any, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer before it has a name."""

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    """Tensors that flow in."""
    weights: tuple[str, ...] = ()
    """Tensors that it owns."""
    mark: Mark = ""
    shapes: tuple[tuple[Any, ...] | None, ...] = ()
    """Shapes to count multiplications with, where those of `inputs` are not the ones that the formula expects."""
    parts: tuple[Part, ...] = ()
    """What it was put together from, to count multiplications part by part."""


def owned(values: Values, name: str) -> bool:
    """Whether a constant operand of an operator that nobody knows is a weight."""
    return name in values.roots and values.is_float(name) and values.number(name) is None


def rank(op: Op, values: Values, place: int = 0) -> int | None:
    shape = values.shape(op.input(place))
    return len(shape) if shape is not None else None


def pairs(pads: Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """ONNX pads (all begins, then all ends) as one number an axis, or as they are where the two sides differ.

    >>> pairs((1, 1, 1, 1), 2), pairs((0, 0, 1, 1), 2)
    ((1, 1), (0, 0, 1, 1))
    """
    pads = tuple(pads or (0,) * (2 * rank))
    return pads[:rank] if pads[:rank] == pads[rank:] else pads


def window(op: Op, rank: int, kernel: Sequence[Any]) -> dict[str, Any]:
    a = op.attributes
    found: dict[str, Any] = {
        "kernel_size": tuple(int(size) for size in kernel),
        "stride": tuple(a.get("strides", (1,) * rank)),
        "padding": pairs(a.get("pads"), rank),
        "dilation": tuple(a.get("dilations", (1,) * rank)),
    }
    if str(a.get("auto_pad", "NOTSET")).startswith("SAME"):
        found["padding"] = "same"
    return found


def rounded(value: float) -> float:
    """A float32 written with the digits that it was given with."""
    return float(f"{value:.6g}")
