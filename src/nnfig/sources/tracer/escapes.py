"""Values that became plain numbers or NumPy arrays -> which of them a new tensor, or a number in a call, comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from nnfig.sources.tracer.compat import quiet

WRITTEN = 3
"""Decimals of a number that may as well have been written by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Escape:
    """A tensor that Python or NumPy read whole."""

    number: int
    """Of its value in the recording."""
    place: str
    """`item() at file:line`."""
    tensor: torch.Tensor


def sources_of(tensor: torch.Tensor, escapes: Sequence[Escape]) -> tuple[list[Escape], bool]:
    """The escapes from which a tensor made of plain values is taken to come, and whether they are used up by it.

    Those that have the same values; else those of the same size; else all that there are. Of several that are alike
    but for their size any may come back later.
    """
    with quiet():
        if same := [each for each in escapes if _has_values(each.tensor, tensor)]:
            return same, True
        alike = [each for each in escapes if each.tensor.shape == tensor.shape]
        return alike or list(escapes), len(alike) < 2


def numbers_of(args: Sequence[Any], kwargs: Mapping[str, Any], escapes: Sequence[Escape]) -> list[Escape]:
    """The escapes of one real number that stands as such among the arguments of a call."""
    if not escapes:
        return []
    given = set(_floats((*args, *kwargs.values())))
    with quiet():
        return [each for each in escapes if given and _number(each.tensor) in given]


def _floats(values: Iterable[Any]) -> Iterable[float]:
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from (each for each in value if isinstance(each, float))
        elif isinstance(value, float):
            yield value


def _number(tensor: torch.Tensor) -> float | None:
    """The number in a tensor; None for those that authors write, as 0.0 and 0.5: to equal one of them says nothing."""
    if tensor.numel() != 1 or not tensor.is_floating_point() or tensor.is_meta:
        return None
    value = tensor.item()
    return None if round(value, WRITTEN) == value else value


def _has_values(one: torch.Tensor, other: torch.Tensor) -> bool:
    if one.shape != other.shape or one.is_meta or other.is_meta:
        return False
    return bool(torch.equal(one.detach().to(other.dtype), other.detach()))
