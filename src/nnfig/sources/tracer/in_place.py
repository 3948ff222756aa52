"""Which values a function takes when it writes: what is left of the tensor itself, and of the memory around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from nnfig.sources.tracer.functions import OVERWRITES, SHAPE_OF_FIRST, SHAPE_OF_SECOND, Function
from nnfig.sources.tracer.memory import Memory, among, congruent, disjoint
from nnfig.sources.tracer.recording import Value
from nnfig.sources.tracer.structure import tensors


def read(
    function: Function,
    taken: Sequence[torch.Tensor],
    kwargs: dict[str, Any],
    written: Sequence[torch.Tensor],
    memory: Memory,
) -> Sequence[torch.Tensor]:
    """The tensors whose values matter, in the order of the arguments of the function's kind."""
    if "out" in kwargs:
        filled = tensors(kwargs["out"])
        in_part = [t for t in filled if not _is_whole(t, memory)]
        return [*(t for t in taken if not among(t, filled)), *in_part]
    if function.kind in OVERWRITES and written and among(taken[0], written) and _is_whole(taken[0], memory):
        return taken[1:]
    if function.kind in SHAPE_OF_FIRST:
        return [t for t in taken[1:] if function.name.startswith("new_")]
    if function.kind in SHAPE_OF_SECOND:
        return taken[:1]
    return taken[::-1] if function.swapped else taken


def _is_whole(tensor: torch.Tensor, memory: Memory) -> bool:
    """Whether nothing is left of what anybody sees in its memory when it is filled anew."""
    return all(congruent(other, tensor) or disjoint(other, tensor) for other in memory.sharing(tensor))


def changed_around(
    written: Sequence[torch.Tensor], ins: Sequence[int], memory: Memory, values: Sequence[Value]
) -> list[int]:
    """Values of tensors of which one part is written into now and another was before, unknown to the first part."""
    found: dict[int, None] = {}
    for tensor in written:
        mine = memory.get(tensor)
        for other in memory.sharing(tensor):
            theirs = memory.get(other)
            if mine is None or theirs is None or values[theirs].call <= values[mine].call:
                continue
            if theirs not in ins and not congruent(other, tensor) and not disjoint(other, tensor):
                found[theirs] = None
    return list(found)
