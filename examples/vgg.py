"""VGG (Simonyan and Zisserman, 2014): structure, names and parameter counts of torchvision's models.

nnfig draw examples/vgg.py:vgg16 --input 1,3,224,224 --view volumes -o vgg16.tex
"""

from __future__ import annotations

from torch import Tensor, nn

STAGES = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions in each stage, by depth."""


class VGG(nn.Module):
    """Stages of 3x3 convolutions, each ended by max pooling, and three fully connected layers."""

    def __init__(self, stages: tuple[int, ...], num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(*_features(stages))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
            nn.Softmax(dim=1),
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.classifier(self.features(image).flatten(1))


def _features(stages: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    before = 3
    for channels, depth in zip((64, 128, 256, 512, 512), stages, strict=True):
        for _ in range(depth):
            layers += [nn.Conv2d(before, channels, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
            before = channels
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return layers


def vgg16() -> VGG:
    """13 convolutions and 3 fully connected layers: 138,357,544 parameters."""
    return VGG(STAGES[16])


def vgg19() -> VGG:
    """16 convolutions and 3 fully connected layers: 143,667,240 parameters."""
    return VGG(STAGES[19])
