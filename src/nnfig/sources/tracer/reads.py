"""Which values a torch function looks at, beyond sizes: they decide what Python does next, or how large a result is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from nnfig.sources.tracer.functions import Function
from nnfig.sources.tracer.structure import tensors

_MASKS = (torch.bool, torch.uint8)
"""Dtypes of indices that keep the elements at which they are true."""

Args = tuple[Any, ...]
Keywords = Mapping[str, Any]


def looked_at(function: Function, args: Args, kwargs: Keywords) -> list[torch.Tensor]:
    """The tensors whose values must be known.

    >>> from nnfig.sources.tracer.functions import describe
    >>> x, mask = torch.zeros(3), torch.ones(3, dtype=torch.bool)
    >>> [t.dtype for t in looked_at(describe(torch.masked_select), (x, mask), {})]
    [torch.bool]
    """
    look = _LOOKS.get(function.kind)
    if look is not None:
        return tensors(look(args, kwargs))
    return tensors((args, kwargs)) if function.reads else []


def question(function: Function) -> str:
    """What is asked, as it is called in a message."""
    return _WORDS.get(function.kind) or f"{function.name.strip('_')}()"


def _index(args: Args, kwargs: Keywords) -> Any:
    index = args[1] if isinstance(args[1], tuple) else args[1:2]
    bounds = [(item.start, item.stop, item.step) for item in index if isinstance(item, slice)]
    return bounds, [t for t in tensors(index) if t.dtype in _MASKS]


def _condition(args: Args, kwargs: Keywords) -> Any:
    return args if len(args) + len(kwargs) == 1 else ()


def _mask(args: Args, kwargs: Keywords) -> Any:
    return args[1:2], kwargs.get("mask")


def _repeats(args: Args, kwargs: Keywords) -> Any:
    if kwargs.get("output_size") is not None:
        return ()
    return (args[1:2] if len(args) > 1 else args if "input" not in kwargs else ()), kwargs.get("repeats")


def _classes(args: Args, kwargs: Keywords) -> Any:
    count = args[1] if len(args) > 1 else kwargs.get("num_classes", -1)
    return args[:1] if count == -1 else ()


def _after_first(args: Args, kwargs: Keywords) -> Any:
    return args[1:], kwargs


def _first(args: Args, kwargs: Keywords) -> Any:
    return args[:1], kwargs


def _every(args: Args, kwargs: Keywords) -> Any:
    return args, kwargs


_LOOKS: dict[str, Callable[[Args, Keywords], Any]] = {
    "getitem": _index,
    "where": _condition,
    "masked_select": _mask,
    "repeat_interleave": _repeats,
    "one_hot": _classes,
    "tensor_split": _after_first,
    **dict.fromkeys(("view", "reshape", "expand", "repeat", "tile", "unflatten", "narrow"), _after_first),
    **dict.fromkeys(("zeros", "ones", "empty", "rand", "randn", "arange", "linspace", "eye"), _every),
    "full": _first,
    **dict.fromkeys(("nms", "batched_nms"), _every),
}
"""Functions of which only some arguments are looked at, or that are seldom known for it."""

_WORDS = {
    "getitem": "indexing with a mask or a computed bound",
    "where": "where(condition)",
    "masked_select": "masked_select(x, mask)",
    "repeat_interleave": "repeat_interleave(x, repeats)",
    "one_hot": "one_hot(x) without num_classes",
    "contains": "in",
}
