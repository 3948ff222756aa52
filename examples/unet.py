"""U-Net (Ronneberger, Fischer and Brox, 2015) with valid convolutions, as in its Figure 1, and with padding.

nnfig draw examples/unet.py:unet --input 1,1,572,572 --view maps -o unet.tex
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DoubleConv(nn.Sequential):
    """Two 3x3 convolutions, each followed by a ReLU."""

    def __init__(self, in_channels: int, out_channels: int, padding: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=padding),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """A contracting path, an expanding path, and copies from one to the other on each level."""

    def __init__(self, in_channels: int = 1, out_channels: int = 2, padding: int = 0) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(
            DoubleConv(before, after, padding) for before, after in zip((in_channels, *widths), widths, strict=False)
        )
        self.pool = nn.MaxPool2d(kernel_size=2)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2) for width in reversed(widths[:-1])
        )
        self.merge = nn.ModuleList(DoubleConv(2 * width, width, padding) for width in reversed(widths[:-1]))
        self.head = nn.Conv2d(widths[0], out_channels, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        x, copies = image, []
        for number, block in enumerate(self.down):
            x = block(self.pool(x) if number else x)
            copies.append(x)
        for up, merge, copy in zip(self.up, self.merge, reversed(copies[:-1]), strict=False):
            x = up(x)
            x = merge(torch.cat([cropped(copy, x), x], dim=1))
        return self.head(x)


def cropped(copy: Tensor, like: Tensor) -> Tensor:
    """The middle of a map, as large as another."""
    top = (copy.shape[2] - like.shape[2]) // 2
    left = (copy.shape[3] - like.shape[3]) // 2
    if not top and not left:
        return copy
    return copy[:, :, top : top + like.shape[2], left : left + like.shape[3]]


def unet() -> UNet:
    """Valid convolutions, 572x572 to 388x388: 31,030,658 parameters."""
    return UNet()


def unet_same() -> UNet:
    """Padded convolutions: the output is as large as the input."""
    return UNet(in_channels=3, padding=1)
