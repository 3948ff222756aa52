"""What is written into a tensor, a part of one or a view of one, is what its later readers get, and no more."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bodies import Net, X, big, edges, reaches, traced
from torch import Tensor, nn

RUNS = pytest.mark.parametrize("run", [traced, big], ids=["real", "meta"])


@RUNS
def test_a_copy_replaces_what_was_there(run: Any) -> None:
    """y.copy_(z) is z from then on: the layer that made y leads nowhere."""
    graph = run(lambda self, x: self.fc(x).copy_(self.other(x)), other=nn.Linear(4, 4))
    assert (edges(graph)["copy"], graph.layer["copy"].mark) == (("other",), "plumbing")


@RUNS
def test_a_copy_into_a_part_keeps_the_rest(run: Any) -> None:
    """Both layers reach the whole, through a layer that no reader may hide."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = self.fc(x)
        y[..., :2].copy_(self.other(x)[..., :2])
        return y

    graph = run(forward, other=nn.Linear(4, 4))
    assert [reaches(graph, name, graph.outputs[0]) for name in ("fc", "other")] == [True, True]
    assert graph.layer["copy"].mark == ""


def test_a_result_written_into_a_part_keeps_the_rest() -> None:
    """torch.add(a, b, out=y[:, :2]) leaves what else y holds."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = self.fc(x).detach().clone()
        torch.add(x[:, :2], 1, out=y[:, :2])
        return y

    graph = traced(forward)
    assert reaches(graph, "fc", graph.outputs[0])


@RUNS
def test_halves_of_a_chunk_are_told_apart(run: Any) -> None:
    """One half is changed in place: the other is still what it was, and the whole holds both changes."""

    def forward(self: Net, x: Tensor) -> Any:
        whole = self.fc(x)
        left, right = whole.chunk(2, -1)
        left += self.one(right)
        before = right + 0.5
        right *= self.two(x)
        return whole, before

    graph = run(forward, one=nn.Linear(2, 2), two=nn.Linear(4, 2))
    whole, before = graph.outputs
    assert [reaches(graph, name, whole) for name in ("fc", "one", "two")] == [True, True, True]
    assert [reaches(graph, name, before) for name in ("fc", "one", "two")] == [True, False, False]


@RUNS
def test_columns_filled_one_by_one(run: Any) -> None:
    """An empty table holds everything that was assigned to it."""

    def forward(self: Net, x: Tensor) -> Tensor:
        table = torch.empty_like(x)
        table[..., 0] = self.fc(x)[..., 0]
        table[..., 1:] = self.other(x)[..., 1:]
        return table

    graph = run(forward, other=nn.Linear(4, 4))
    assert [reaches(graph, name, graph.outputs[0]) for name in ("fc", "other")] == [True, True]


def test_a_choice_by_a_computed_mask_is_no_plumbing() -> None:
    """It joins what is chosen from and what chooses; one by numbers only moves values."""
    graph = traced(lambda self, x: (y := self.fc(x))[y.sum(1) > -100])
    assert [(layer.kind, layer.mark) for layer in graph.layers][-2:] == [("gt", "index"), ("getitem", "")]
    graph = traced(lambda self, x: self.fc(x)[torch.tensor([1, 0])])
    assert graph.layer["getitem"].mark == "plumbing"


@pytest.mark.parametrize("kept", [True, False])
def test_a_tensor_given_other_memory_holds_what_is_there(kept: bool) -> None:
    """y.set_(z), which no function mode sees: y is z from then on, and no longer what its old memory holds."""

    def forward(self: Net, x: Tensor) -> Tensor:
        old = x * 2
        y = old.view(X)
        z = self.fc(x)
        y.set_(z)
        if not kept:
            del z
        old.mul_(3)
        return self.other(y)

    graph = traced(forward, other=nn.Linear(4, 4))
    assert edges(graph)["other"] == (("fc",) if kept else ("set",))
    assert kept or (edges(graph)["set"], graph.layer["set"].mark) == (("fc",), "plumbing")
