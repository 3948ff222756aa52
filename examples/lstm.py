"""LSTM and GRU cells, and a recurrence unrolled in time, written out in PyTorch operations.

nnfig draw examples/lstm.py:lstm_cell --input 1,128 --input 1,256 --input 1,256 --style cell -o lstm.tex
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class State(NamedTuple):
    """What an LSTM cell gives: the hidden state and the cell state."""

    h: Tensor
    c: Tensor


class LSTMCell(nn.Module):
    """Three gates and a candidate, each a linear map of the input and of the last hidden state."""

    def __init__(self, input_size: int = 128, hidden_size: int = 256) -> None:
        super().__init__()
        both = input_size + hidden_size
        self.forget = nn.Linear(both, hidden_size)
        self.input = nn.Linear(both, hidden_size)
        self.candidate = nn.Linear(both, hidden_size)
        self.output = nn.Linear(both, hidden_size)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> State:
        both = torch.cat([h, x], dim=1)
        c = torch.sigmoid(self.forget(both)) * c + torch.sigmoid(self.input(both)) * torch.tanh(self.candidate(both))
        h = torch.sigmoid(self.output(both)) * torch.tanh(c)
        return State(h, c)


class GRUCell(nn.Module):
    """A reset gate, an update gate and a candidate."""

    def __init__(self, input_size: int = 128, hidden_size: int = 256) -> None:
        super().__init__()
        both = input_size + hidden_size
        self.reset = nn.Linear(both, hidden_size)
        self.update = nn.Linear(both, hidden_size)
        self.candidate = nn.Linear(both, hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        both = torch.cat([h, x], dim=1)
        r = torch.sigmoid(self.reset(both))
        z = torch.sigmoid(self.update(both))
        candidate = torch.tanh(self.candidate(torch.cat([r * h, x], dim=1)))
        return (1 - z) * h + z * candidate


class Unrolled(nn.Module):
    """The same cell for each of three time steps."""

    def __init__(self, input_size: int = 128, hidden_size: int = 256) -> None:
        super().__init__()
        self.cell = LSTMCell(input_size, hidden_size)

    def forward(self, x0: Tensor, x1: Tensor, x2: Tensor, h: Tensor, c: Tensor) -> dict[str, Tensor]:
        h0, c = self.cell(x0, h, c)
        h1, c = self.cell(x1, h0, c)
        h2, _ = self.cell(x2, h1, c)
        return {"h0": h0, "h1": h1, "h2": h2}


def lstm_cell() -> LSTMCell:
    """Inputs x (1, 128), h (1, 256), c (1, 256); 394,240 parameters."""
    return LSTMCell()


def gru_cell() -> GRUCell:
    """Inputs x (1, 128), h (1, 256); 295,680 parameters."""
    return GRUCell()


def unrolled() -> Unrolled:
    """Inputs three times (1, 128), then h and c (1, 256)."""
    return Unrolled()
