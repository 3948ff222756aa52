"""Inception v1 module and GoogLeNet (Szegedy et al., 2014), without batch normalisation, as in the paper.

nnfig draw examples/inception.py:googlenet --input 1,3,224,224 -o googlenet.tex
nnfig draw examples/inception.py:module --input 1,192,28,28 --detail explicit -o inception.tex
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
"""Channels in, of the 1x1 branch, of the 3x3 branch (reduced, out), of the 5x5 branch, of the pool branch."""


class ConvReLU(nn.Sequential):
    """A convolution and its ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding), nn.ReLU(inplace=True))


class Inception(nn.Module):
    """Four branches, joined by their channels."""

    def __init__(self, before: int, c1: int, r3: int, c3: int, r5: int, c5: int, cp: int) -> None:
        super().__init__()
        self.branch1 = ConvReLU(before, c1, 1)
        self.branch2 = nn.Sequential(ConvReLU(before, r3, 1), ConvReLU(r3, c3, 3, padding=1))
        self.branch3 = nn.Sequential(ConvReLU(before, r5, 1), ConvReLU(r5, c5, 5, padding=2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvReLU(before, cp, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


class AuxiliaryHead(nn.Module):
    """A classifier at the side of the trunk, for training."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = ConvReLU(in_channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(self.pool(x)).flatten(1)
        return self.fc2(self.dropout(self.relu(self.fc1(x))))


class GoogLeNet(nn.Module):
    """A stem, nine Inception modules, one classifier and two auxiliary ones."""

    def __init__(self, num_classes: int = 1000, auxiliary: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvReLU(3, 64, 7, stride=2, padding=3),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.LocalResponseNorm(5),
            ConvReLU(64, 64, 1),
            ConvReLU(64, 192, 3, padding=1),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
        )
        self.inception = nn.ModuleDict({name: Inception(*widths) for name, widths in WIDTHS.items()})
        self.pool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.pool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.aux1 = AuxiliaryHead(512, num_classes) if auxiliary else None
        self.aux2 = AuxiliaryHead(528, num_classes) if auxiliary else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = self.stem(image)
        heads: list[Tensor] = []
        for name, module in self.inception.items():
            x = module(x)
            if name == "3b":
                x = self.pool3(x)
            if name == "4e":
                x = self.pool4(x)
            if name == "4a" and self.aux1 is not None:
                heads.append(self.aux1(x))
            if name == "4d" and self.aux2 is not None:
                heads.append(self.aux2(x))
        x = self.dropout(self.avgpool(x).flatten(1))
        return (self.fc(x), *heads)


def googlenet() -> GoogLeNet:
    """With both auxiliary classifiers: 13,378,280 parameters."""
    return GoogLeNet()


def module() -> Inception:
    """The first module, 3a; input (1, 192, 28, 28)."""
    return Inception(*WIDTHS["3a"])
