"""The Transformer (Vaswani et al., 2017) around torch.nn.Transformer, with embeddings, positions and an output."""

import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    """Adds sines and cosines of the position."""

    def __init__(self, width: int, length: int = 512) -> None:
        super().__init__()
        angle = torch.arange(length)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        self.register_buffer("pe", torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1), persistent=False)

    def forward(self, x):
        return x + self.pe[: x.shape[1]]


class Transformer(nn.Module):
    """Encoder and decoder of six layers each, width 512, eight heads."""

    def __init__(self, vocabulary: int = 37000, width: int = 512, layers: int = 6) -> None:
        super().__init__()
        self.input_embedding = nn.Embedding(vocabulary, width)
        self.output_embedding = nn.Embedding(vocabulary, width)
        self.input_position = PositionalEncoding(width)
        self.output_position = PositionalEncoding(width)
        self.transformer = nn.Transformer(width, 8, layers, layers, batch_first=True)
        self.linear = nn.Linear(width, vocabulary)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, inputs, outputs):
        causal = nn.Transformer.generate_square_subsequent_mask(outputs.shape[1])
        source = self.input_position(self.input_embedding(inputs))
        target = self.output_position(self.output_embedding(outputs))
        return self.softmax(self.linear(self.transformer(source, target, tgt_mask=causal, tgt_is_causal=True)))


def transformer() -> Transformer:
    """The base size."""
    return Transformer()
