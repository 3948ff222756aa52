"""DenseNet (Huang et al., 2017): structure, names and parameter counts of torchvision's models.

nnfig draw examples/densenet.py:densenet121 --input 1,3,224,224 -o densenet.tex
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DenseLayer(nn.Module):
    """BN, ReLU, 1x1 convolution, BN, ReLU, 3x3 convolution on everything before."""

    def __init__(self, in_channels: int, growth: int, bottleneck: int = 4) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(in_channels, bottleneck * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(bottleneck * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bottleneck * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, before: list[Tensor]) -> Tensor:
        x = self.conv1(self.relu1(self.norm1(torch.cat(before, dim=1))))
        return self.conv2(self.relu2(self.norm2(x)))


class DenseBlock(nn.Module):
    """Layers that take the maps of all layers before them."""

    def __init__(self, depth: int, in_channels: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DenseLayer(in_channels + n * growth, growth) for n in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.layers:
            maps.append(layer(maps))
        return torch.cat(maps, dim=1)


class Transition(nn.Sequential):
    """Half the channels, half the size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, in_channels // 2, kernel_size=1, bias=False),
            nn.AvgPool2d(kernel_size=2, stride=2),
        )


class DenseNet(nn.Module):
    """Dense blocks with transitions between them."""

    def __init__(self, depths: tuple[int, ...], growth: int = 32, stem: int = 64, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, stem, kernel_size=7, stride=2, padding=3, bias=False)
        self.norm0 = nn.BatchNorm2d(stem)
        self.relu0 = nn.ReLU(inplace=True)
        self.pool0 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        blocks: list[nn.Module] = []
        channels = stem
        for number, depth in enumerate(depths):
            blocks.append(DenseBlock(depth, channels, growth))
            channels += depth * growth
            if number < len(depths) - 1:
                blocks.append(Transition(channels))
                channels //= 2
        self.blocks = nn.Sequential(*blocks)
        self.norm5 = nn.BatchNorm2d(channels)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.pool0(self.relu0(self.norm0(self.conv0(image))))
        x = F.relu(self.norm5(self.blocks(x)))
        return self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))


def densenet121() -> DenseNet:
    """Blocks of 6, 12, 24 and 16 layers: 7,978,856 parameters."""
    return DenseNet((6, 12, 24, 16))


def dense_block() -> DenseBlock:
    """One block of five layers, as in the paper's Figure 1; input (1, 64, 32, 32)."""
    return DenseBlock(5, 64, 32)
