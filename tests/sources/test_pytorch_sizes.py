"""Every way in which people write the sizes of their inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nnfig.errors import NnfigError
from nnfig.graph import TensorSpec
from nnfig.sources import trace


class Tokens(nn.Module):
    """Token ids, and a mask that can be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.embed(ids)
        return x if mask is None else x * mask[..., None]


IDS = {"ids": TensorSpec((1, 7), "int64")}
BOTH = IDS | {"mask": TensorSpec((1, 7), "bool")}


@pytest.mark.parametrize(
    ("size", "inputs"),
    [
        ((1, 7), IDS),
        ([(1, 7)], IDS),
        (torch.Size((1, 7)), IDS),
        ((np.int64(1), 7), IDS),
        ("1,7:int64", IDS),
        ("(1, 7):torch.int64", IDS),
        (((1, 7), torch.int64), IDS),
        ([((1, 7), torch.int64)], IDS),
        (((1, 7), "int64"), IDS),
        (((1, 7), "torch.long"), IDS),
        (((1, 7), int), IDS),
        (((1, 7), None), IDS),
        (((1, 7), np.int64), IDS),
        (((1, 7), np.dtype("int64")), IDS),
        ({"shape": (1, 7), "dtype": "int64"}, IDS),
        (TensorSpec((1, 7), "int64"), IDS),
        ([((1, 7), torch.int64), ((1, 7), torch.bool)], BOTH),
        (["1,7:int64", "mask=1,7:bool"], BOTH),
        ([(1, 7), {"mask": ((1, 7), torch.bool)}], BOTH),
        ({"ids": (1, 7), "mask": "1,7:bool"}, BOTH),
        ({"ids": [1, 7], "mask": [[1, 7], "bool"]}, BOTH),
        ({"ids": TensorSpec((1, 7), "int64"), "mask": {"shape": (1, 7), "dtype": torch.bool}}, BOTH),
    ],
    ids=repr,
)
def test_sizes_with_dtypes(size: Any, inputs: Any) -> None:
    """Shapes, pairs of shape and dtype, text, specs; alone, in lists and by name."""
    assert trace(Tokens(), input_size=size).inputs == inputs


@pytest.mark.parametrize(
    "size",
    [
        [(5, 1, 3), [(1, 1, 4), (1, 1, 4)]],
        {"input": (5, 1, 3), "hx": [(1, 1, 4), (1, 1, 4)]},
        ["5,1,3", "hx.0=1,1,4", "hx.1=1,1,4"],
    ],
)
def test_sizes_of_a_tuple(size: Any) -> None:
    """An argument that is a tuple of tensors is given as sizes in a list, or part by part."""
    assert list(trace(nn.LSTM(3, 4), input_size=size).inputs) == ["input", "hx.0", "hx.1"]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((None, 7), "(None, 7) is no shape"),
        ((-1, 7), "every length is a number"),
        (("batch", 7), "('batch', 7) is no shape"),
        ((1, 7.0), "is no shape"),
        ((True, 7), "is no shape"),
        (7, "7 is no shape"),
        (((1, 7), "flot32"), "'flot32' is no dtype"),
        (torch.ones(1, 7), "inputs=(x, ...) takes tensors"),
        (np.array([1, 7]), "a ndarray is no size"),
        ("1,7:int65", "'int65' is no dtype"),
        ({"ids": (1, 7), "mask": {"shape": 7}}, "7 is no shape"),
    ],
    ids=repr,
)
def test_what_is_no_size_is_said(size: Any, said: str) -> None:
    """With what was given, and what can be."""
    with pytest.raises(NnfigError) as error:
        trace(Tokens(), input_size=size)
    assert said in str(error.value)


@pytest.mark.parametrize(("inputs", "said"), [((1, 7), "input_size="), (np.ones((1, 7), int), "inputs= takes tensors")])
def test_inputs_that_are_no_tensors(inputs: Any, said: str) -> None:
    """A shape given as inputs, or an array, is told where it belongs."""
    with pytest.raises(NnfigError, match=said):
        trace(Tokens(), inputs=inputs)


class Keywords(nn.Module):
    """Takes keywords alone."""

    def forward(self, *, image: Tensor, mask: Tensor | None = None) -> Tensor:
        return image if mask is None else image * mask


@pytest.mark.parametrize("size", [(1, 4), {"image": (1, 4)}, ["1,4"], "image=1,4"])
def test_sizes_of_keywords(size: Any) -> None:
    """In order, or by name."""
    assert list(trace(Keywords(), input_size=size).inputs) == ["image"]
