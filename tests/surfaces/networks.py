"""A small network with two stages, for the tests of surfaces."""

from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify


def _conv(name: str, source: str, group: str, channels: int, size: int, kernel: int = 3) -> Layer:
    attributes = {
        "in_channels": channels,
        "out_channels": channels,
        "kernel_size": (kernel, kernel),
        "stride": (1, 1),
        "padding": (kernel // 2, kernel // 2),
    }
    params = channels * channels * kernel * kernel
    shape = (1, channels, size, size)
    return Layer(
        name,
        "Conv2d",
        (Edge(source),),
        (TensorSpec(shape),),
        params,
        params * size * size,
        group,
        attributes,
        group=group,
    )


def _block(path: str, source: str, kernel: int) -> list[Layer]:
    spec = (TensorSpec((1, 8, 16, 16)),)
    first = _conv(f"{path}.conv1", source, path, 8, 16)
    second = _conv(f"{path}.conv2", f"{path}.relu", path, 8, 16, kernel)
    relu = Layer(f"{path}.relu", "ReLU", (Edge(first.name),), spec, path=path, group=path)
    add = Layer(f"{path}.add", "add", (Edge(second.name), Edge(source)), spec, path=path, group=path)
    return [first, relu, second, add]


def staged(blocks: int = 2, kernel: int = 7) -> Graph:
    """A stem, two stages of residual blocks, a classifier."""
    layers = [_conv("stem", "image", "", 8, 16, kernel)]
    groups: list[Group] = []
    for stage, size in (("early", 5), ("late", 3)):
        groups.append(Group(stage, "Stage"))
        for i in range(blocks):
            groups.append(Group(f"{stage}.{i}", "Block", parent=stage))
            layers += _block(f"{stage}.{i}", layers[-1].name, size)
    spec = (TensorSpec((1, 10)),)
    layers.append(
        Layer(
            "fc",
            "Linear",
            (Edge(layers[-1].name),),
            spec,
            20490,
            20480,
            "fc",
            {"in_features": 2048, "out_features": 10},
        )
    )
    image = {"image": TensorSpec((1, 8, 16, 16))}
    return verify(Graph("staged", image, tuple(layers), tuple(groups), ("fc",)))
