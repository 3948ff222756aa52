"""Drawings of known networks, put together by hand, for the tests of the views."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from nnfig.graph import Drawing, Edge, Graph, Group, Layer, Look, Panel, TensorSpec, verify


def layer(
    name: str,
    kind: str,
    sources: str | Iterable[str],
    shape: tuple[int | str, ...],
    cls: str,
    after: str = "",
    **more: Any,
) -> Layer:
    """A drawn layer; `after` names what is merged into it, `group` is its group, the rest are attributes."""
    names = [sources] if isinstance(sources, str) else sources
    group = more.pop("group", "")
    look = Look((kind,), cls, data=(("after", after),) if after else ())
    inputs = tuple(Edge(source) for source in names)
    return Layer(name, kind, inputs, (TensorSpec(shape),), attributes=more, group=group, look=look)


def drawing(
    name: str, layers: Iterable[Layer], inputs: dict[str, tuple[int | str, ...]], groups: tuple[Group, ...] = ()
) -> Drawing:
    """A drawing of one panel, its last layer returned."""
    found = tuple(layers)
    specs = {key: TensorSpec(shape) for key, shape in inputs.items()}
    graph = verify(Graph(name, specs, found, groups, outputs=(found[-1].name,)))
    return Drawing((Panel("", graph),), caption=f"{name}.")


def conv(name: str, source: str, channels: int, size: int, kernel: int = 3, **more: Any) -> Layer:
    """A convolution with its ReLU."""
    return layer(
        name, "Conv2d", source, (1, channels, size, size), "conv", "ReLU", kernel_size=(kernel, kernel), **more
    )


def pool(name: str, source: str, channels: int, size: int) -> Layer:
    """A max pooling of 2x2."""
    return layer(name, "MaxPool2d", source, (1, channels, size, size), "pool", kernel_size=2, stride=2)


def linear(name: str, source: str, features: int, **more: Any) -> Layer:
    """A fully connected layer with its ReLU."""
    return layer(name, "Linear", source, (1, features), "linear", "ReLU", **more)


def vgg16() -> Drawing:
    """13 convolutions, 5 poolings, 3 fully connected layers and a softmax."""
    layers: list[Layer] = []
    size, last = 224, "image"
    for channels, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers.append(conv(f"features.{len(layers)}", last, channels, size))
            last = layers[-1].name
        size //= 2
        layers.append(pool(f"features.{len(layers)}", last, channels, size))
        last = layers[-1].name
    layers.append(layer("flatten", "Flatten", last, (1, 25088), "reshape"))
    for name, features in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        layers.append(linear(name, layers[-1].name, features))
    layers.append(layer("softmax", "Softmax", "fc8", (1, 1000), "out"))
    return drawing("VGG-16", layers, {"image": (1, 3, 224, 224)})


def unet(depth: int = 4, size: int = 572, padded: bool = False) -> Drawing:
    """The U-Net of 2015, with valid convolutions unless padded."""
    layers: list[Layer] = []
    image = (1, 1, size, size)
    lost = 0 if padded else 2
    last, channels = "image", 64
    copies: list[tuple[str, int]] = []

    def double(name: str, source: str, channels: int, size: int) -> int:
        layers.append(conv(f"{name}.0", source, channels, size - lost))
        layers.append(conv(f"{name}.1", f"{name}.0", channels, size - 2 * lost))
        return size - 2 * lost

    for level in range(depth + 1):
        size = double(f"down.{level}", last, channels, size)
        last = layers[-1].name
        if level < depth:
            copies.append((last, channels))
            size //= 2
            layers.append(pool(f"pool.{level}", last, channels, size))
            last, channels = layers[-1].name, 2 * channels
    for level, (copy, channels) in reversed(list(enumerate(copies))):
        size *= 2
        up = f"up.{level}"
        layers.append(layer(up, "ConvTranspose2d", last, (1, channels, size, size), "up", kernel_size=2, stride=2))
        layers.append(layer(f"cat.{level}", "cat", (copy, up), (1, 2 * channels, size, size), "merge"))
        size = double(f"merge.{level}", f"cat.{level}", channels, size)
        last = layers[-1].name
    layers.append(layer("head", "Conv2d", last, (1, 2, size, size), "conv", kernel_size=(1, 1)))
    return drawing("U-Net", layers, {"image": image})


def mlp(*features: int, dropout: float = 0.0) -> Drawing:
    """Fully connected layers, with dropout after each but the last."""
    first, *rest = features
    layers: list[Layer] = []
    last = "x"
    for number, size in enumerate(rest):
        layers.append(linear(f"fc{number}", last, size))
        last = layers[-1].name
        if dropout and number < len(rest) - 1:
            layers.append(layer(f"drop{number}", "Dropout", last, (1, size), "dropout", p=dropout))
            last = layers[-1].name
    return drawing("MLP", layers, {"x": (1, first)})


def residual(blocks: int = 3, size: int = 56) -> Drawing:
    """Two convolutions beside an identity, the first block with a projection."""
    layers = [conv("stem", "image", 32, size)]
    last = "stem"
    for number in range(blocks):
        name = f"block{number}"
        layers += [conv(f"{name}.a", last, 64, size), conv(f"{name}.b", f"{name}.a", 64, size)]
        short = last
        if not number:
            layers.append(conv(f"{name}.down", last, 64, size, kernel=1))
            short = f"{name}.down"
        layers.append(layer(f"{name}.add", "add", (f"{name}.b", short), (1, 64, size, size), "merge"))
        last = f"{name}.add"
    return drawing("residual", layers, {"image": (1, 3, size, size)})


def two_streams() -> Drawing:
    """Two equal streams that meet and part."""
    layers = [conv("a1", "image", 48, 55), conv("b1", "image", 48, 55)]
    layers += [conv("a2", "a1", 128, 27), conv("b2", "b1", 128, 27)]
    layers.append(layer("meet", "cat", ("a2", "b2"), (1, 256, 27, 27), "merge"))
    layers.append(conv("end", "meet", 64, 27))
    return drawing("streams", layers, {"image": (1, 3, 224, 224)})


def transformer() -> Drawing:
    """Attention on a sequence."""
    layers = [
        layer("embed", "Embedding", "tokens", (1, 10, 64), "embed"),
        layer("attn", "MultiheadAttention", "embed", (1, 10, 64), "attn"),
        layer("fc", "Linear", "attn", (1, 10, 64), "linear"),
    ]
    return drawing("Transformer", layers, {"tokens": (1, 10)})


def random_maps(seed: int) -> Drawing:
    """A network of maps and vectors of any wiring: chains, splits, sums, concatenations, poolings, up-samplings."""
    r = random.Random(seed)
    shapes: dict[str, tuple[int | str, ...]] = {"image": (1, 3, 64, 64)}
    layers: list[Layer] = []
    for number in range(r.randint(1, 30)):
        name = f"n{number}"
        source = list(shapes)[-min(len(shapes), r.choice([1, 1, 1, 2, 3]))]
        shape = shapes[source]
        alike = [other for other, size in shapes.items() if other != source and size[2:] == shape[2:] != ()]
        kind = r.choice(["Conv2d", "Conv2d", "MaxPool2d", "ConvTranspose2d", "add", "cat", "ReLU", "Linear", "Flatten"])
        if len(shape) == 2:
            kind = r.choice(["Linear", "ReLU", "Dropout"])
        if kind in ("add", "cat") and not alike:
            kind = "Conv2d"
        match kind:
            case "Conv2d":
                new = conv(name, source, r.choice([8, 64, 512]), int(shape[2]), kernel=r.choice([1, 3]))
            case "MaxPool2d":
                new = pool(name, source, int(shape[1]), max(1, int(shape[2]) // 2))
            case "ConvTranspose2d":
                size = 2 * int(shape[2])
                new = layer(name, kind, source, (1, shape[1], size, size), "up")
            case "add" | "cat":
                other = r.choice(alike)
                channels = int(shape[1]) + (int(shapes[other][1]) if kind == "cat" else 0)
                new = layer(name, kind, (source, other), (1, channels, *shape[2:]), "merge")
            case "Flatten" | "Linear":
                new = layer(name, kind, source, (1, r.choice([3, 100])), "linear" if kind == "Linear" else "reshape")
            case _:
                new = layer(name, kind, source, shape, "act")
        layers.append(new)
        shapes[name] = new.shape
    return drawing(f"random{seed}", layers, {"image": shapes["image"]})
