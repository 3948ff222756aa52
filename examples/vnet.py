"""V-Net (Milletari, Navab and Ahmadi, 2016): volumes of 128x128x64, residual stages, strided convolutions down and up.

nnfig draw examples/vnet.py:vnet --input 1,1,64,128,128 --view maps -o vnet.tex
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn


class Stage(nn.Module):
    """5x5x5 convolutions whose result is added to what the stage was given."""

    def __init__(self, in_channels: int, channels: int, depth: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv3d(channels if n else in_channels, channels, kernel_size=5, padding=2) for n in range(depth)
        )
        self.acts = nn.ModuleList(nn.PReLU(channels) for _ in range(depth))

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        for number, (conv, act) in enumerate(zip(self.convs, self.acts, strict=False)):
            x = conv(x)
            if number == len(self.convs) - 1:
                x = x + residual
            x = act(x)
        return x


class VNet(nn.Module):
    """Five levels; copies from the left path are concatenated on the right."""

    def __init__(
        self, widths: tuple[int, ...] = (16, 32, 64, 128, 256), depths: tuple[int, ...] = (1, 2, 3, 3, 3)
    ) -> None:
        super().__init__()
        self.left = nn.ModuleList(
            Stage(1 if not n else width, width, depth)
            for n, (width, depth) in enumerate(zip(widths, depths, strict=False))
        )
        self.down = nn.ModuleList(nn.Conv3d(a, b, kernel_size=2, stride=2) for a, b in itertools.pairwise(widths))
        rights = (256, 128, 64, 32)
        below = (256, 256, 128, 64)
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(b, r // 2, kernel_size=2, stride=2) for b, r in zip(below, rights, strict=False)
        )
        self.right = nn.ModuleList(Stage(r, r, d) for r, d in zip(rights, (3, 3, 2, 1), strict=False))
        self.head = nn.Conv3d(32, 2, kernel_size=1)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, scan: Tensor) -> Tensor:
        x, copies = scan, []
        for number, stage in enumerate(self.left):
            if number:
                x = self.down[number - 1](x)
            x = stage(x, x)
            copies.append(x)
        for up, stage, copy in zip(self.up, self.right, reversed(copies[:-1]), strict=False):
            x = up(x)
            both = torch.cat([copy, x], dim=1)
            x = stage(both, both)
        return self.softmax(self.head(x))


def vnet() -> VNet:
    """One channel in, two classes out."""
    return VNet()
