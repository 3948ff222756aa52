"""Layers that PyTorch computes in one piece -> what they compute, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nnfig.detail.equations.attention import attention
from nnfig.detail.equations.parts import STATE, Parts, StaysClosed, Taken
from nnfig.detail.equations.recurrent import BACKWARDS, cell, sequence

EQUATIONS: Mapping[str, Callable[[Parts], None]] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), sequence),
    **dict.fromkeys(("LSTMCell", "GRUCell", "RNNCell"), cell),
    "MultiheadAttention": attention,
}
"""Kind -> the function that writes its parts down; it raises StaysClosed where it cannot."""

ALSO = (BACKWARDS,)
"""Attributes that PyTorch's layers lack, and that equations heed."""

__all__ = ["ALSO", "EQUATIONS", "STATE", "Parts", "StaysClosed", "Taken"]
