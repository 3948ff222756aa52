"""One network from PyTorch, ONNX, torch.export and Keras gives one figure but for names."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

import nnfig
from nnfig import detail, sources
from nnfig.graph import Graph
from nnfig.options import Options

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch", minversion="2.6", reason="older exporters write other operations")
nn: Any = torch.nn


class Block(nn.Module):
    """Two convolutions and their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width, eps=1e-3)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, eps=1e-3)

    def forward(self, x: Any) -> Any:
        """The sum, after a ReLU."""
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + x)


class Net(nn.Module):
    """A small residual network."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.block1, self.block2 = Block(8), Block(8)
        self.mean = nn.AdaptiveAvgPool2d((1, 1))
        self.flat = nn.Flatten()
        self.head = nn.Linear(8, 10)
        self.prob = nn.Softmax(dim=-1)

    def forward(self, x: Any) -> Any:
        """Image to classes."""
        x = self.block2(self.block1(self.pool(self.stem(x))))
        return self.prob(self.head(self.flat(self.mean(x))))


def from_torch(folder: Path) -> Graph:
    return nnfig.trace(Net().eval(), input_size=(1, 3, 16, 16))


def from_onnx(folder: Path) -> Graph:
    path = folder / "net.onnx"
    keep = torch.onnx.TrainingMode.PRESERVE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Net().eval(), (torch.zeros(1, 3, 16, 16),), path, dynamo=False, training=keep, do_constant_folding=False
        )
    return sources.load(path)


def from_export(folder: Path) -> Graph:
    return sources.trace(torch.export.export(Net().eval(), (torch.zeros(1, 3, 16, 16),)))


def from_keras(folder: Path) -> Graph:
    keras = pytest.importorskip("keras")
    layers: Any = keras.layers

    class Block(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = layers.Conv2D(8, 3, padding="same", use_bias=False)
            self.bn1 = layers.BatchNormalization(momentum=0.9)
            self.conv2 = layers.Conv2D(8, 3, padding="same", use_bias=False)
            self.bn2 = layers.BatchNormalization(momentum=0.9)

        def call(self, x: Any) -> Any:
            y = keras.ops.relu(self.bn1(self.conv1(x)))
            return keras.ops.relu(self.bn2(self.conv2(y)) + x)

    x = image = keras.Input((16, 16, 3), batch_size=1)
    x = layers.MaxPooling2D(2)(layers.Conv2D(8, 5, padding="same")(x))
    x = layers.GlobalAveragePooling2D()(Block()(Block()(x)))
    return nnfig.trace(keras.Model(image, layers.Dense(10, activation="softmax")(x)))


def test_a_transformer_that_an_exporter_broke_up_is_whole_again(tmp_path: Path) -> None:
    """Attention, normalisation, GELU and the feed-forward layers; dropout is gone from an export for inference."""
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, activation="gelu")
    model = nn.Sequential(nn.Linear(32, 32), layer).eval()
    path = tmp_path / "layer.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.zeros(1, 16, 32),), path, dynamo=False, opset_version=17)
    reference, other = nnfig.trace(model, input_size=(1, 16, 32)), sources.load(path)
    kept = [n for n in reference.layers if n.kind != "Dropout"]
    assert [(n.kind, n.params, n.macs) for n in other.layers] == [(n.kind, n.params, n.macs) for n in kept]
    assert other.params == sum(p.numel() for p in model.parameters())


def drawn(graph: Graph) -> tuple[Any, ...]:
    """The figure without names: every box with its text and class, and which box takes which."""
    panel = detail.drawing([graph], Options(detail="paper")).graph
    place = {name: i for i, name in enumerate([*panel.inputs, *(n.name for n in panel.layers)])}
    boxes = [
        (n.look.label, n.look.cls, n.look.glyph, n.look.dims, tuple(place[s] for s in n.sources)) for n in panel.layers
    ]
    return boxes, [g.repeat for g in panel.groups], [str(spec) for spec in panel.inputs.values()]


def facts(graph: Graph) -> list[tuple[Any, ...]]:
    """Every layer without its name."""
    place = {name: i for i, name in enumerate([*graph.inputs, *(n.name for n in graph.layers)])}
    given = [{k: v for k, v in n.attributes.items() if k != "inplace"} for n in graph.layers]
    return [
        (n.kind, a, n.params, n.macs, str(n.output[0]), [place[s] for s in n.sources])
        for n, a in zip(graph.layers, given, strict=True)
    ]


@pytest.mark.parametrize("source", [from_onnx, from_export, from_keras])
def test_the_same_network_gives_the_same_figure(tmp_path: Path, source: Any) -> None:
    """Kinds, attributes, weights, multiplications, sizes and wiring, and what is drawn of them."""
    reference, other = from_torch(tmp_path), source(tmp_path)
    assert other.params == sum(p.numel() for p in Net().parameters())
    assert facts(other) == facts(reference)
    assert drawn(other) == drawn(reference)
