"""Small networks for tests: written by hand, and random ones for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify

IMAGE = (1, 8, 16, 16)


class Sketch:
    """A graph while it is being drawn up."""

    def __init__(self, name: str = "net", **inputs: tuple[int, ...]) -> None:
        self.name, self.layers, self.groups = name, [], []
        self.inputs = {n: TensorSpec(shape) for n, shape in (inputs or {"image": IMAGE}).items()}

    def group(self, path: str, cls: str, parent: str = "", **more: Any) -> str:
        """Open a group."""
        self.groups.append(Group(path, cls, parent=parent, **more))
        return path

    def add(self, name: str, kind: str, *sources: str, shape=IMAGE, group="", mark="", params=0, **attributes) -> str:
        """Append a layer."""
        edges = tuple(Edge(source) for source in sources)
        spec = (TensorSpec(shape),)
        self.layers.append(Layer(name, kind, edges, spec, params=params, attributes=attributes, group=group, mark=mark))
        return name

    def conv(self, name: str, source: str, channels: int = 8, kernel: int = 3, group: str = "", **more: Any) -> str:
        """Append a convolution that keeps the size."""
        size = more.pop("size", 16)
        return self.add(
            name, "Conv2d", source, shape=(1, channels, size, size), group=group, params=channels,
            **{"in_channels": 8, "out_channels": channels, "kernel_size": (kernel, kernel), "stride": (1, 1), **more},
        )  # fmt: skip

    def done(self, *outputs: str) -> Graph:
        """The verified graph; its last layer is returned unless others are named."""
        outputs = outputs or (self.layers[-1].name,)
        return verify(Graph(self.name, self.inputs, tuple(self.layers), tuple(self.groups), outputs))


def residual(
    sketch: Sketch, path: str, source: str, *, cls="Block", act="ReLU", norm="BatchNorm2d", skip=True, **conv: Any
) -> str:
    """Append conv - norm - act - conv - norm (+ skip) as a group."""
    group = sketch.group(path, cls)
    x = sketch.conv(f"{path}.conv1", source, group=group, **conv)
    x = sketch.add(f"{path}.bn1", norm, x, group=group, params=16)
    x = sketch.add(f"{path}.act", act, x, group=group)
    x = sketch.conv(f"{path}.conv2", x, group=group)
    x = sketch.add(f"{path}.bn2", norm, x, group=group, params=16)
    return sketch.add(f"{path}.add", "add", x, source, group=group) if skip else x


KINDS = ("Conv2d", "BatchNorm2d", "ReLU", "add", "cat", "Dropout", "view", "MaxPool2d", "Linear", "LayerNorm", "mul")


@st.composite
def random_graphs(draw: st.DrawFn) -> Graph:
    """Any wiring, nested groups of contiguous layers, and now and then a stretch that repeats in a chain."""
    sketch = Sketch("random", a=IMAGE, b=IMAGE)
    known = ["a", "b"]
    for part in range(draw(st.integers(1, 4))):
        plan = [
            (draw(st.sampled_from(KINDS)), draw(st.lists(st.integers(0, 5), min_size=1, max_size=2)))
            for _ in range(draw(st.integers(1, 5)))
        ]
        inner = draw(st.booleans())
        for copy in range(draw(st.sampled_from((1, 1, 2, 3)))):
            path = sketch.group(f"g{part}.{copy}", f"Part{part}")
            if inner:
                path = sketch.group(f"{path}.in", f"Inner{part}", parent=path)
            for index, (kind, back) in enumerate(plan):
                sources = [known[-1 - min(step, len(known) - 1)] for step in back]
                known.append(sketch.add(f"{path}.{index}", kind, *sources, group=path, params=index))
    used = {source for layer in sketch.layers for source in layer.sources}
    ends = [layer.name for layer in sketch.layers if layer.name not in used]
    return sketch.done(*draw(st.lists(st.sampled_from(ends), min_size=1, unique=True)))


def reach(graph: Graph) -> dict[str, frozenset[str]]:
    """For each layer the layers and inputs from which it can be reached."""
    found: dict[str, frozenset[str]] = {name: frozenset() for name in graph.inputs}
    for layer in graph.layers:
        before = [found[source] | {source} for source in layer.sources]
        found[layer.name] = frozenset().union(*before)
    return found
