"""Small networks that several tests trace."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    """Two convolutions beside an identity."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv2(self.relu(self.bn(self.conv1(x)))) + x)


class UNet(nn.Module):
    """One level down and up, with a copied map."""

    def __init__(self) -> None:
        super().__init__()
        self.enc, self.mid = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.dec = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        skip = F.relu(self.enc(x))
        deep = F.relu(self.mid(F.max_pool2d(skip, 2)))
        return self.dec(torch.cat([skip, self.up(deep)], 1))


class Attention(nn.Module):
    """Multi-head attention in functions, with a causal mask in a buffer and a class token."""

    def __init__(self, width: int = 8, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("mask", torch.ones(16, 16).tril().bool())

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5
        scores = scores.masked_fill(~self.mask[:n, :n], float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))


class Tied(nn.Module):
    """An embedding whose weight is the output layer's too."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(11, 6), nn.Linear(6, 11, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.embed(ids))


class Siamese(nn.Module):
    """One branch run on two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.branch = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.branch(left) - self.branch(right)


def encoder() -> nn.Module:
    """PyTorch's own transformer encoder."""
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False)


NETWORKS = {
    "residual": (Residual, lambda: (torch.randn(1, 4, 6, 6),)),
    "unet": (UNet, lambda: (torch.randn(1, 1, 8, 8),)),
    "attention": (Attention, lambda: (torch.randn(2, 5, 8),)),
    "tied": (Tied, lambda: (torch.tensor([[1, 2, 3]]),)),
    "siamese": (Siamese, lambda: (torch.randn(2, 4), torch.randn(2, 4))),
    "encoder": (encoder, lambda: (torch.randn(2, 5, 8),)),
    "lstm": (lambda: nn.LSTM(3, 4, 2, bidirectional=True), lambda: (torch.randn(5, 2, 3),)),
    "transformer": (lambda: nn.Transformer(8, 2, 1, 1, 16), lambda: (torch.randn(5, 1, 8), torch.randn(3, 1, 8))),
}
"""Name to (build, inputs)."""
