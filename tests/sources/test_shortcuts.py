"""What the tracer answers without running a function on `meta` is what the function gives there, or no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from nnfig.sources.tracer import shortcuts


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


PICTURE = meta(2, 6, 8, 8)
ORDERED = PICTURE.contiguous(memory_format=torch.channels_last)
TURNED = meta(2, 5, 3).transpose(1, 2)

ANSWERED: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (F.linear, (meta(4), meta(3, 4))),
    (F.linear, (meta(2, 7, 4), meta(3, 4), meta(3))),
    (F.linear, (TURNED, meta(8, 5), meta(8))),
    (torch.cat, ([meta(2, 3), meta(2, 4)], 1)),
    (torch.cat, ((PICTURE, PICTURE, meta(2, 1, 8, 8)), -3)),
    (torch.cat, ([TURNED, meta(2, 1, 5)], 1)),
    (F.adaptive_avg_pool1d, (meta(2, 3, 9), 4)),
    (F.adaptive_avg_pool2d, (PICTURE, (1, 1))),
    (F.adaptive_avg_pool2d, (meta(6, 8, 8), (None, 3))),
    (F.adaptive_avg_pool3d, (meta(1, 2, 4, 4, 4), 1)),
    (F.dropout, (PICTURE, 0.5, True)),
]
LEFT: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (F.linear, (meta(2, 5), meta(3, 4))),
    (F.linear, (meta(2, 4), meta(3, 4), meta(4))),
    (F.linear, (meta(2, 4), meta(3, 4, dtype=torch.float16))),
    (torch.cat, ([ORDERED, ORDERED], 1)),
    (torch.cat, ([meta(0), meta(2, 4)], 1)),
    (torch.cat, ([meta(2, 3), meta(2, 4)], 0)),
    (torch.cat, ([meta(2, 3), meta(2, 3)], 2)),
    (torch.cat, ([meta(2, 3), meta(2, 3, dtype=torch.float64)], 1)),
    (F.adaptive_avg_pool2d, (ORDERED, 1)),
    (F.adaptive_avg_pool2d, (meta(8, 8), 1)),
    (F.adaptive_avg_pool2d, (PICTURE, (1, 1, 1))),
    (F.dropout, (PICTURE, 0.5, False)),
    (F.dropout, (PICTURE, 0.5, True, True)),
]


def answer(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The tracer's answer; anything that goes wrong is no answer, as in a trace."""
    try:
        return shortcuts._SHORTCUTS[function.__name__](*args)
    except (TypeError, AttributeError, IndexError, ValueError, RuntimeError):
        return None


@pytest.mark.parametrize(("function", "args"), ANSWERED)
def test_an_answer_is_what_the_function_gives(function: Callable[..., Any], args: tuple[Any, ...]):
    """Shape, type and strides."""
    expected, found = function(*args), answer(function, args)
    assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())


@pytest.mark.parametrize(("function", "args"), LEFT)
def test_what_is_wrong_or_unclear_is_left_to_the_function(function: Callable[..., Any], args: tuple[Any, ...]):
    """So that errors are PyTorch's own, and orders in memory too."""
    assert answer(function, args) is None


@pytest.mark.skipif("enable_gqa" not in (F.scaled_dot_product_attention.__doc__ or ""), reason="new in PyTorch 2.5")
@pytest.mark.parametrize(("heads", "shared", "grouped"), [(8, 2, True), (8, 8, True), (8, 8, False)])
def test_attention_with_shared_heads(heads: int, shared: int, grouped: bool) -> None:
    """Of queries, where several share a key; shape, type and strides."""
    given = meta(2, heads, 5, 4), meta(2, shared, 7, 4), meta(2, shared, 7, 6)
    expected = F.scaled_dot_product_attention(*given, enable_gqa=grouped)
    found = shortcuts._attention(*given, enable_gqa=grouped)
    assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())
    assert shortcuts._attention(*given[:1], meta(2, 3, 7, 4), meta(2, 3, 7, 6), enable_gqa=True) is None
    assert shortcuts._attention(*given[:1], meta(2, 2, 7, 4), meta(2, 2, 7, 6)) is None
