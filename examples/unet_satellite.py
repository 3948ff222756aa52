"""A U-Net for satellite images: the same network as blocks, whose parts are blocks again; norm before ReLU, dropout."""

import torch
from torch import nn


class ConvUnit(nn.Sequential):
    """3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)
        )


class DoubleConv(nn.Sequential):
    """Two units with dropout between them."""

    def __init__(self, in_channels: int, out_channels: int, p: float = 0.1) -> None:
        super().__init__(ConvUnit(in_channels, out_channels), nn.Dropout2d(p), ConvUnit(out_channels, out_channels))


class Down(nn.Module):
    """A double convolution whose result is kept for the way up, and the pooled result for the way down."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = DoubleConv(in_channels, out_channels)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        kept = self.conv(x)
        return kept, self.pool(kept)


class Up(nn.Module):
    """Doubles the size, joins what the way down kept, and convolves twice."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.conv = DoubleConv(2 * out_channels, out_channels)

    def forward(self, x, kept):
        return self.conv(torch.cat((kept, self.up(x)), dim=1))


class SatelliteUNet(nn.Module):
    """Eight bands in, a mask of ten classes out, four levels."""

    def __init__(self, bands: int = 8, classes: int = 10, width: int = 32) -> None:
        super().__init__()
        self.down1 = Down(bands, width)
        self.down2 = Down(width, 2 * width)
        self.down3 = Down(2 * width, 4 * width)
        self.down4 = Down(4 * width, 8 * width)
        self.bottom = DoubleConv(8 * width, 16 * width)
        self.up4 = Up(16 * width, 8 * width)
        self.up3 = Up(8 * width, 4 * width)
        self.up2 = Up(4 * width, 2 * width)
        self.up1 = Up(2 * width, width)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, image):
        kept1, x = self.down1(image)
        kept2, x = self.down2(x)
        kept3, x = self.down3(x)
        kept4, x = self.down4(x)
        x = self.up4(self.bottom(x), kept4)
        x = self.up3(x, kept3)
        x = self.up2(x, kept2)
        return torch.sigmoid(self.head(self.up1(x, kept1)))


def unet() -> SatelliteUNet:
    """The size used for 160 x 160 tiles."""
    return SatelliteUNet()
