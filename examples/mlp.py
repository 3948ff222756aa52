"""Multi-layer perceptrons.

nnfig draw examples/mlp.py:mnist --input 1,784 --view neurons -o mlp.tex
"""

from __future__ import annotations

from torch import nn


def mlp() -> nn.Sequential:
    """Two hidden layers of five units, one output: the net of the dropout figure; 66 parameters."""
    return nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid())


def mnist() -> nn.Sequential:
    """Digits from 28x28 pixels through two hidden layers: 235,146 parameters."""
    return nn.Sequential(
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 10),
        nn.Softmax(dim=1),
    )
