"""A convolutional autoencoder for 28x28 digits, and a dense one.

nnfig draw examples/autoencoder.py:convolutional --input 1,1,28,28 --view maps -o autoencoder.tex
"""

from __future__ import annotations

from torch import Tensor, nn


class Autoencoder(nn.Module):
    """An encoder to a small code and a decoder back."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image: Tensor) -> Tensor:
        return self.decoder(self.encoder(image))


def convolutional() -> Autoencoder:
    """16 and 32 channels, strides of 2, back by transposed convolutions."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, kernel_size=7),
    )
    decoder = nn.Sequential(
        nn.ConvTranspose2d(64, 32, kernel_size=7),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, kernel_size=2, stride=2),
        nn.Sigmoid(),
    )
    return Autoencoder(encoder, decoder)


def dense() -> Autoencoder:
    """784 to 32 and back."""
    encoder = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32))
    decoder = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid())
    return Autoencoder(encoder, decoder)
