"""Small networks for the tests of text summaries."""

from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify

SHAPE = (1, 8, 4, 4)


def layer(name: str, kind: str, *sources: str, group: str = "", params: int = 0, **attributes: object) -> Layer:
    """A layer with one output of the common shape."""
    edges = tuple(Edge(source) for source in sources)
    macs = params * 16 if params else None
    return Layer(name, kind, edges, (TensorSpec(SHAPE),), params, macs, group, attributes, group=group)


def residual(repeat: int = 1) -> Graph:
    """x, a convolution, one residual block (repeated), a sum with two branches, a classifier."""
    block = "stage.0"
    return verify(
        Graph(
            "net",
            {"x": TensorSpec((1, 3, 8, 8))},
            (
                layer("stem", "Conv2d", "x", params=100, kernel_size=(3, 3), out_channels=8, stride=(2, 2)),
                layer(f"{block}.conv1", "Conv2d", "stem", group=block, params=600, kernel_size=3, out_channels=8),
                layer(f"{block}.conv2", "Conv2d", f"{block}.conv1", group=block, params=600, kernel_size=3),
                layer(f"{block}.add", "add", f"{block}.conv2", "stem", group=block),
                layer("fc", "Linear", f"{block}.add", params=90, out_features=10),
            ),
            (Group("stage", "Sequential"), Group(block, "Block", repeat=repeat, parent="stage")),
            ("fc",),
        )
    )


def interleaved() -> Graph:
    """Group g cannot be one row: h runs between its two layers."""
    return verify(
        Graph(
            "braid",
            {"x": TensorSpec(SHAPE)},
            (
                layer("g.a", "ReLU", "x", group="g"),
                layer("h.a", "Tanh", "g.a", group="h"),
                layer("g.b", "ReLU", "h.a", group="g"),
            ),
            (Group("g", "Two"), Group("h", "One")),
            ("g.b",),
        )
    )


def chain(length: int) -> Graph:
    """A network of so many layers in a row."""
    layers = [layer("n0", "ReLU", "x")]
    layers += [layer(f"n{i}", "ReLU", f"n{i - 1}") for i in range(1, length)]
    return verify(Graph("chain", {"x": TensorSpec(SHAPE)}, tuple(layers), (), (layers[-1].name,)))


def nested(depth: int) -> Graph:
    """One layer inside so many groups."""
    paths = [".".join("b" * (i + 1)) for i in range(depth)]
    groups = tuple(Group(path, "B", parent=paths[i - 1] if i else "") for i, path in enumerate(paths))
    inner = layer(paths[-1] + ".relu", "ReLU", "x", group=paths[-1])
    return verify(Graph("deep", {"x": TensorSpec(SHAPE)}, (inner,), groups, (inner.name,)))
