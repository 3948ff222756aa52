"""Layers that run with other weights than their own, and tensors inside function transforms."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bodies import Net, big, edges, traced
from torch import Tensor, nn
from torch.func import functional_call, vmap

RUNS = pytest.mark.parametrize("run", [traced, big], ids=["real", "meta"])


def made_by_functional_call(self: Net, x: Tensor) -> Tensor:
    """One layer's output is another one's weight."""
    return functional_call(self.fc, {"weight": self.other(torch.eye(4))}, (x,))


def made_by_assignment(self: Net, x: Tensor) -> Tensor:
    """The same, in the place of a parameter that is deleted."""
    del self.fc.weight
    self.fc.weight = self.other(torch.eye(4))
    return self.fc(x)


@RUNS
@pytest.mark.parametrize("forward", [made_by_functional_call, made_by_assignment])
def test_computed_weights_are_taken(run: Any, forward: Any) -> None:
    """There is an edge from what made them; the parameter that they replace is not counted."""
    graph = run(forward, other=nn.Linear(4, 4))
    assert edges(graph)["fc"] == ("x", "other")
    assert (graph.layer["fc"].params, graph.layer["other"].params, graph.layer["fc"].kind) == (4, 20, "Linear")
    assert graph.layer["fc"].macs == 4 * torch.Size(graph.layer["fc"].shape).numel()
    assert any("16 parameters take no part" in note or "24 parameters take no part" in note for note in graph.notes)


def test_weights_made_anew_in_every_run() -> None:
    """A layer that never had a weight of its own takes what the inputs made."""

    def forward(self: Net, x: Tensor) -> Tensor:
        self.free.weight = self.fc(x)[:1] * torch.ones(4, 1)
        return self.free(x)

    free = nn.Linear(4, 4)
    del free.weight
    assert edges(traced(forward, free=free))["free"] == ("x", "mul")


def test_weights_of_another_layer() -> None:
    """They are parameters of their own name, and the layer's own take no part."""
    graph = traced(
        lambda self, x: functional_call(self.fc, dict(self.other.named_parameters()), (x,)), other=nn.Linear(4, 4)
    )
    assert edges(graph)["fc"] == ("x", "other.weight", "other.bias")
    assert graph.params == 20


@RUNS
def test_sizes_inside_vmap_are_those_of_the_whole_batch(run: Any) -> None:
    """Also where nothing is computed, and without a view that nobody wrote."""
    graph = run(lambda self, x: vmap(lambda row: self.fc(row).relu())(x))
    assert list(graph.layer) == ["fc", "relu"]
    assert graph.layer["relu"].shape == graph.inputs["x"].shape
