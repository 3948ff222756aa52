"""Control flow that PyTorch writes as functions (`torch.cond` and its like), run as the Python that it stands for.

Which branch runs and how often a loop turns is read off the values, as in a model that says `if` and `while`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from nnfig.sources.tracer.functions import Function


def body(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Callable[[], Any] | None:
    """What runs instead of the function; None where it is no control flow, or of an unknown form."""
    follow = _FOLLOWED.get(function.name)
    how = {name: value for name, value in kwargs.items() if name != "mutated_arg_indices"}  # PyTorch 2.14 adds it
    return follow(*args, **how) if follow and any(map(callable, args[:2])) else None


def _cond(pred: Any, true_fn: Any, false_fn: Any, operands: Sequence[Any] = ()) -> Callable[[], Any]:
    return lambda: (true_fn if pred else false_fn)(*operands)


def _while_loop(
    cond_fn: Any, body_fn: Any, carried: Sequence[Any], more: Sequence[Any] = (), **how: Any
) -> Callable[[], Any] | None:
    def run() -> Any:
        values = tuple(carried)
        while cond_fn(*values, *more):
            values = tuple(body_fn(*values, *more))
        return values

    return None if how.get("stack_output") else run


def _scan(combine_fn: Any, init: Sequence[Any], xs: Sequence[Any], *rest: Any, **how: Any) -> Callable[[], Any] | None:
    if not xs or how or len(rest) > 1 or not all(isinstance(more, (list, tuple)) for more in rest):
        return None  # as PyTorch 2.5 and 2.6 call it

    def run() -> Any:
        state: list[Any] = list(init)
        steps: list[Sequence[Any]] = []
        for step in range(xs[0].shape[0]):
            made = combine_fn(*state, *(x[step] for x in xs), *(value for more in rest for value in more))
            state, out = list(made[: len(init)]), made[len(init) :]
            steps.append(out)
        return [*state, *(torch.stack(outs) for outs in zip(*steps, strict=True))]

    return run


def _map(function: Any, xs: Sequence[Any], more: Sequence[Any] = ()) -> Callable[[], Any] | None:
    def run() -> Any:
        made = [function(*(x[step] for x in xs), *more) for step in range(xs[0].shape[0])]
        if isinstance(made[0], torch.Tensor):
            return torch.stack(made)
        return tuple(torch.stack(outs) for outs in zip(*made, strict=True))

    return run if xs else None


_FOLLOWED: Mapping[str, Callable[..., Callable[[], Any] | None]] = {
    "cond": _cond,
    "while_loop": _while_loop,
    "scan": _scan,
    "map_impl": _map,
}
