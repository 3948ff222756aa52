"""The 34-layer plain network (He et al., 2015): ResNet-34 without its shortcuts."""

from torch import nn


def convolution(in_channels: int, out_channels: int, stride: int = 1) -> list[nn.Module]:
    """3x3 convolution, batch normalisation, ReLU."""
    return [
        nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    ]


def stage(in_channels: int, out_channels: int, convolutions: int) -> nn.Sequential:
    """Convolutions of one width; the first halves the size where the width grows."""
    layers = convolution(in_channels, out_channels, 1 if in_channels == out_channels else 2)
    for _ in range(convolutions - 1):
        layers += convolution(out_channels, out_channels)
    return nn.Sequential(*layers)


class Plain34(nn.Module):
    """Stem, four stages of 6, 8, 12 and 6 convolutions, average pooling, classifier."""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = stage(64, 64, 6)
        self.layer2 = stage(64, 128, 8)
        self.layer3 = stage(128, 256, 12)
        self.layer4 = stage(256, 512, 6)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, image):
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def plain34() -> Plain34:
    """The network without shortcuts."""
    return Plain34()
