"""A path or a size that depends on values is followed for the given inputs, and the graph's notes say where."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from bodies import X, edges, traced
from torch import Tensor

from nnfig.errors import NnfigError

ONES = torch.ones(X)


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda self, x: self.fc(x).nonzero(), "nonzero()"),
        (lambda self, x: torch.masked_select(x, self.fc(x) > 0), "masked_select"),
        (lambda self, x: torch.unique(self.fc(x)), "unique()"),
        (lambda self, x: torch.unique(self.fc(x), return_inverse=True), "unique()"),
        (lambda self, x: torch.unique(self.fc(x), dim=0), "unique()"),
        (lambda self, x: x[self.fc(x) > 0], "indexing with a mask"),
        (lambda self, x: x[:, (self.fc(x) > 0).any(0)], "indexing with a mask"),
        (lambda self, x: torch.where(self.fc(x) > 0)[0], "where(condition)"),
        (lambda self, x: torch.argwhere(self.fc(x) > 0), "argwhere()"),
        (lambda self, x: x[: (self.fc(x) > 0).sum()], "computed bound"),
        (lambda self, x: x.repeat_interleave((x[:, 0] > 0).long(), dim=0), "repeat_interleave"),
        (lambda self, x: F.one_hot((self.fc(x) > 0).long()), "one_hot"),
        (lambda self, x: x if torch.equal(self.fc(x), x) else self.norm(x), "equal()"),
        (lambda self, x: torch.arange((x > 0).sum()) + self.fc(x).mean(), "arange()"),
    ],
)
def test_results_sized_by_values_are_noted(forward: Any, said: str) -> None:
    """The note has the function and the line."""
    notes = [note for note in traced(forward, ONES).notes if "looks at values" in note]
    assert [(said in note, "test_pytorch_values.py:" in note) for note in notes] == [(True, True)]


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: torch.where(x > 0, self.fc(x), x),
        lambda self, x: self.fc(x)[:, torch.tensor([True, False, True, True])],
        lambda self, x: self.fc(x)[:, torch.arange(3)].repeat_interleave(2, dim=1),
        lambda self, x: self.fc(x)[torch.zeros(1, dtype=torch.long)].expand(torch.tensor(2), -1),
        lambda self, x: F.one_hot((self.fc(x) > 0).long(), 2),
    ],
)
def test_results_sized_without_values_are_not(forward: Any) -> None:
    """Masks and bounds that depend on no input, and selections by value that keep their size, need no note."""
    assert not any("looks at values" in note for note in traced(forward, ONES).notes)


needs_stance = pytest.mark.skipif(not hasattr(torch.compiler, "set_stance"), reason="PyTorch 2.6 follows compiled code")


@needs_stance
def test_branches_and_loops_written_as_functions_are_followed() -> None:
    """torch.cond takes the branch of these values and says so; while_loop, scan and map run their steps."""
    higher = importlib.import_module("torch._higher_order_ops")
    graph = traced(lambda self, x: torch.cond(x.sum() > 0, lambda x: self.fc(x), lambda x: self.norm(x), (x,)), ONES)
    assert (list(graph.layer), "fc" in graph.outputs) == (["sum", "fc"], True)
    assert any("bool() at" in note and "test_pytorch_values.py:" in note for note in graph.notes)

    def steps(self: Any, x: Tensor) -> Any:
        start = (torch.tensor(0), x)
        return higher.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, self.fc(x)), start)[1]

    assert edges(traced(steps, ONES)) | {"fc@2": ("fc",), "fc@3": ("fc@2",)} == edges(traced(steps, ONES))
    scan = importlib.import_module("torch._higher_order_ops.scan").scan
    graph = traced(lambda self, x: scan(lambda h, y: (self.fc(h) + y, h * 1.5), x[0], x), ONES)
    assert [graph.layer[name].sources[0] for name in ("fc", "fc@2")] == ["getitem", "add"]
    assert [graph.layer[name].shape for name in graph.outputs] == [(4,), X]
    each = importlib.import_module("torch._higher_order_ops.map").map
    graph = traced(lambda self, x: each(lambda row: self.fc(row), x), ONES)
    assert (graph.layer[graph.outputs[0]].sources, graph.layer[graph.outputs[0]].shape) == (("fc", "fc@2"), X)


@pytest.mark.skipif(not hasattr(torch, "cond"), reason="new in PyTorch 2.3")
def test_what_an_older_pytorch_only_compiles_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 2.6 nothing makes torch.cond run as plain Python: the message says so, and at which line."""
    importlib.import_module("torch._dynamo")
    monkeypatch.delattr(torch.compiler, "set_stance", raising=False)
    with pytest.raises(NnfigError, match=r"test_pytorch_values.py:\d+: this PyTorch compiles .*torch.cond"):
        traced(lambda self, x: torch.cond(x.sum() > 0, lambda x: self.fc(x), lambda x: self.norm(x), (x,)), ONES)
