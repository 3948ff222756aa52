"""Values that leave the trace as plain numbers or arrays come back as marked layers and assumed edges, with a note."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bodies import edges, traced

ONES = torch.ones(2, 4)


def test_a_number_that_goes_into_a_result_has_its_edge() -> None:
    """`x * float(y.mean())` depends on y."""
    graph = traced(lambda self, x: self.norm(x) * float(self.fc(x).mean()), ONES)
    assert edges(graph)["mul"] == ("norm", "mean")
    assert edges(traced(lambda self, x: torch.full((2, 4), self.fc(x).mean().item()) + x, ONES))["full"] == ("mean",)
    assert any("came back as a number at" in note for note in graph.notes)


def test_a_whole_number_that_is_a_size_makes_no_edge() -> None:
    """Which columns are taken is said by the note on values alone."""
    graph = traced(lambda self, x: self.fc(x)[:, : int((x > 0).sum() / 8) + 1] * 0.5, ONES)
    assert edges(graph)["mul"] == ("getitem",)
    assert any("looks at values" in note for note in graph.notes)


def test_a_number_that_authors_write_is_no_number_that_was_read() -> None:
    """A branch on a mean of 1.0 does not feed a product with 1.0 elsewhere."""
    graph = traced(lambda self, x: self.fc(x) * 1.0 if float(x.mean()) > 0.5 else x, ONES)
    assert edges(graph)["mul"] == ("fc",)


def _crossing(order: tuple[int, int]) -> Any:
    def forward(self: Any, x: Any) -> Any:
        left = [self.fc(x).detach().numpy(), self.norm(x).detach().numpy()]
        first, second = (torch.from_numpy(left[i].copy()) for i in order)
        return first - second

    return forward


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_comes_back_unchanged_finds_its_own_source(order: tuple[int, int]) -> None:
    """Two arrays that cross do not change places."""
    graph = traced(_crossing(order), ONES)
    layer = graph.layer
    through = [layer[layer[name].sources[0]].sources[0] for name in layer["sub"].sources]
    assert through == [("fc", "norm")[i] for i in order]


def test_what_comes_back_changed_is_never_a_constant() -> None:
    """Where it cannot be told which of two alike arrays was used, both are, and the layer is opaque."""

    def forward(self: Any, x: Any) -> Any:
        left = [self.fc(x).detach().numpy(), self.norm(x).detach().numpy()]
        return torch.from_numpy(np.tanh(left[1])) - torch.from_numpy(np.tanh(left[0]))

    graph = traced(forward, ONES)
    assert [graph.layer[name].mark for name in graph.layer["sub"].sources] == ["opaque", "opaque"]
    assert all(len(graph.layer[name].sources) == 2 for name in graph.layer["sub"].sources)
