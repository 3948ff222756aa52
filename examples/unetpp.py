"""U-Net++ (Zhou et al., 2018): nested U-Nets whose levels are densely joined.

nnfig draw examples/unetpp.py:unetpp --input 1,3,96,96 --view maps -o unetpp.tex
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Node(nn.Sequential):
    """Two padded 3x3 convolutions, each followed by a ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )


class UNetPP(nn.Module):
    """Node x[i][j] takes all nodes before it on level i, and the up-sampled one below."""

    def __init__(
        self, in_channels: int = 3, out_channels: int = 1, widths: tuple[int, ...] = (32, 64, 128, 256)
    ) -> None:
        super().__init__()
        depth = len(widths)
        self.pool = nn.MaxPool2d(2)
        self.nodes = nn.ModuleDict()
        self.ups = nn.ModuleDict()
        for i, width in enumerate(widths):
            self.nodes[f"x{i}0"] = Node(widths[i - 1] if i else in_channels, width)
            for j in range(1, depth - i):
                self.ups[f"u{i}{j}"] = nn.ConvTranspose2d(widths[i + 1], width, kernel_size=2, stride=2)
                self.nodes[f"x{i}{j}"] = Node((j + 1) * width, width)
        self.head = nn.Conv2d(widths[0], out_channels, kernel_size=1)
        self.depth = depth

    def forward(self, image: Tensor) -> Tensor:
        x: dict[tuple[int, int], Tensor] = {}
        for i in range(self.depth):
            x[i, 0] = self.nodes[f"x{i}0"](self.pool(x[i - 1, 0]) if i else image)
            for j in range(1, i + 1):
                k = i - j
                up = self.ups[f"u{k}{j}"](x[k + 1, j - 1])
                x[k, j] = self.nodes[f"x{k}{j}"](torch.cat([*(x[k, n] for n in range(j)), up], dim=1))
        return self.head(x[0, self.depth - 1])


def unetpp() -> UNetPP:
    """Four levels."""
    return UNetPP()


def unetpp_small() -> UNetPP:
    """Three levels."""
    return UNetPP(widths=(32, 64, 128))
