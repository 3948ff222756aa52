"""Recurrences as they are drawn: states, inputs and outputs by name, equal steps once, in the figure and in panels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nnfig.detail.drawing import drawing
from nnfig.options import Options
from nnfig.sources import trace


@pytest.mark.parametrize("detail", ["paper", "explicit", "ops"])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_an_opened_recurrence_shows_its_states(kind: str, detail: str) -> None:
    """Wherever a step is drawn open, its old state is a box with a name, and what leaves it is named."""
    net = nn.Sequential(nn.Linear(3, 3), getattr(nn, kind)(3, 4))
    drawn = drawing([trace(net, input_size=(5, 2, 3))], Options.of(detail=detail, open="1"))
    assert drawn is not None
    graph = drawn.graph
    assert graph.group["1.l0"].repeat == 5
    assert graph.layer["1.l0.W_hh"].sources == ("1.l0.h",)
    look = graph.layer["1.l0.h"].look
    assert look is not None
    assert look.label[0] == "hₜ₋₁"
    assert [edge.label for edge in graph.layer["1.l0_stack"].inputs] == ["hₜ"]
    assert "zero at first" in drawn.said["states"]


def test_a_cell_is_called_as_in_the_literature() -> None:
    """Inputs, states and outputs of a lone cell, whether its states are given or not."""
    for inputs in ((torch.zeros(2, 3),), (torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))):
        drawn = drawing([trace(nn.LSTMCell(3, 4), inputs=inputs)], Options.of(open="*"))
        assert drawn is not None
        panel = drawn.panels[0]
        looks = (
            *panel.input_looks.values(),
            *(layer.look for layer in panel.graph.layers),
            *panel.output_looks.values(),
        )
        assert {"xₜ", "hₜ₋₁", "cₜ₋₁", "hₜ", "cₜ"} <= {look.label[0] for look in looks if look}


def test_steps_of_an_opened_cell_fold() -> None:
    """A first step without states does what every further one does, so that all are drawn once."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(3, 4)

        def forward(self, x: Tensor) -> Tensor:
            states: Any = None
            for t in range(4):
                states = self.cell(x[:, t], states)
            return states[0]

    drawn = drawing([trace(Loop(), input_size=(2, 4, 3))], Options.of(open="*"))
    assert drawn is not None
    assert [(group.path, group.repeat) for group in drawn.graph.groups] == [("cell", 4)]
    assert [layer.kind for layer in drawn.graph.layers].count("tanh") == 2
    assert [edge.label for edge in drawn.graph.layer["cell.W_ih"].inputs] == ["xₜ"]


class Cell(nn.Module):
    """A gated unit, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.new = nn.Linear(7, 4), nn.Linear(7, 4)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        both = torch.cat([x, h], 1)
        gate = torch.sigmoid(self.gate(both))
        return gate * h + (1 - gate) * torch.tanh(self.new(both))


@pytest.mark.parametrize("detail", ["paper", "explicit", "ops"])
def test_a_folded_recurrence_shows_its_state(detail: str) -> None:
    """Steps written by hand and drawn once take the state of the step before, not what the first one begins with."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = Cell()

        def forward(self, x: Tensor) -> Tensor:
            h = x.new_zeros(x.shape[0], 4)
            for t in range(9):
                h = self.cell(x[:, t], h)
            return h

    drawn = drawing([trace(Loop(), input_size=(2, 9, 3))], Options.of(detail=detail))
    assert drawn is not None
    graph = drawn.graph
    (state_,) = (layer for layer in graph.layers if layer.kind == "state")
    takers = {graph.layer[name].kind for name in graph.consumers[state_.name]}
    assert takers == {"cat", "mul"}
    assert graph.repeats(state_) == 9
    assert "comes from the step before" in drawn.said["states"]


def test_inputs_of_an_inset_have_the_names_of_what_they_are_made_of() -> None:
    """Where each comes from another input of the network; how they came into shape is said outside."""

    class Scaled(nn.Module):
        def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return torch.softmax(q @ k.transpose(-2, -1) / 2, -1) @ v

    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c, self.scaled = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), Scaled()

        def forward(self, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
            split = [x.view(1, 5, 2, 4).transpose(1, 2) for x in (self.a(Q), self.b(K), self.c(V))]
            return self.scaled(*split)

    drawn = drawing([trace(Heads(), input_size=[(1, 5, 8)] * 3)], Options.of(detail="explicit", inset="Scaled"))
    assert drawn is not None
    main, inset = drawn.panels
    assert [look.label[0] for look in inset.input_looks.values()] == ["Q", "K", "V"]
    assert any("heads" in edge.label for edge, _ in main.graph.edges)
    assert not any("heads" in edge.label for edge, _ in inset.graph.edges)


def test_a_lone_cell_has_a_frame_that_its_states_enter() -> None:
    """Old states and inputs stand outside of it, given or not."""
    for inputs in ((torch.zeros(2, 3),), (torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))):
        drawn = drawing([trace(nn.LSTMCell(3, 4), inputs=inputs)], Options.of(style="cell"))
        assert drawn is not None
        (frame,) = drawn.graph.groups
        inside = {layer.kind for layer in drawn.graph.members(frame.path)}
        assert {"Linear", "mul", "add"} <= inside
        assert "state" not in inside


def test_steps_that_stand_side_by_side_take_counted_parts() -> None:
    """Each takes its own part of the sequence: x₁, x₂, x₃, not a first token and indices."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRUCell(3, 4)

        def forward(self, x: Tensor, h: Tensor) -> Tensor:
            for t in range(3):
                h = self.cell(x[:, t], h)
            return h

    drawn = drawing([trace(Loop(), input_size=[(2, 3, 3), (2, 4)])], Options.of())
    assert drawn is not None
    assert [layer.inputs[0].label for layer in drawn.graph.layers] == ["x₁", "x₂", "x₃"]
