"""Random graphs that keep every law: branches, nested groups, repeats, many outputs, gradients, marks, odd names."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st

from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify
from nnfig.graph.defaults import normal

ODD_NAMES = (
    *("0", "true", "no", "null", "~", "1e-5", "- a", "a: b", "#x", "a#b", "[1]", "{x}", "conv@2", "a.b.c", "input"),
    *(
        "name",
        "Größe",
        "卷积层",
        "αβγ",
        "e\u0301",
        "🙂",
        "tab\there",
        "line\nbreak",
        "\u2028",
        "\ufeff",
        " space ",
        "'",
        '"',
    ),
    *("\\", "50 %", "x_1^2", "&amp;", "$x$", "*a", "&a", "!x", "%TAG", "@x", "long" * 40, "\x7f", "\x85"),
)
"""Names that have to be quoted, escaped or measured with care somewhere."""

_LETTERS = st.characters(min_codepoint=1, exclude_categories=("Cs",))
words = (
    st.sampled_from(ODD_NAMES)
    | st.from_regex(r"[a-z]{1,6}(\.[0-9])?", fullmatch=True)
    | st.text(_LETTERS, min_size=1, max_size=12)
)
"""Text for names, labels and notes."""

FREE_KINDS = (
    "Block",
    "add",
    "cat",
    "mul",
    "matmul",
    "MyAttention",
    "patch embed",
    "Öffnung",
    "aten::op",
    "LlamaRMSNorm",
)
SAME_KINDS = ("ReLU", "Tanh", "Dropout", "Identity", "GELU", "Sigmoid")

_numbers = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.booleans() | st.none() | words
values = st.recursive(_numbers, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
"""Attributes."""

shapes = st.lists(st.integers(1, 8) | st.sampled_from(["batch", "length"]), max_size=4).map(tuple)
specs = st.builds(TensorSpec, shapes, st.sampled_from(["float32", "int64", "bool", "bfloat16"]))


@st.composite
def graphs(draw: st.DrawFn, *, most: int = 12, names: st.SearchStrategy[str] = words) -> Graph:
    """A lawful graph of up to `most` layers."""
    taken = draw(st.lists(names, min_size=2, max_size=most + 2, unique=True))
    count = draw(st.integers(1, min(2, len(taken) - 1)))
    inputs = {name: draw(specs) for name in taken[:count]}
    groups = draw(_groups())
    paths = ["", *(group.path for group in groups)]
    known: dict[str, tuple[TensorSpec, ...]] = {name: (spec,) for name, spec in inputs.items()}
    layers: list[Layer] = []
    for name in taken[count:]:
        layer = draw(_layer(name, known, [layer.name for layer in layers], paths))
        layers.append(layer)
        known[name] = layer.output
    layers = [draw(_with_gradient(layer, layers)) for layer in layers]
    outputs = tuple(draw(st.lists(st.sampled_from(list(known)), max_size=3, unique=True)))
    output_names = tuple(draw(words) for _ in outputs) if draw(st.booleans()) else ()
    notes = tuple(draw(st.lists(words, max_size=2)))
    returned: dict[str, tuple[int, ...]] = {}
    for name in (name for name in outputs if len(known[name]) > 1):
        numbers = draw(st.permutations(range(len(known[name]))))[: 1 if output_names else draw(st.integers(1, 3))]
        returned |= {name: tuple(numbers)} if set(numbers) != {0} else {}
    name = draw(words | st.just(""))
    return verify(Graph(name, inputs, tuple(layers), groups, outputs, output_names, notes, returned))


@st.composite
def _groups(draw: st.DrawFn) -> tuple[Group, ...]:
    found: list[Group] = []
    for path in draw(st.lists(words, max_size=4, unique=True)):
        parent = draw(st.sampled_from(["", *(group.path for group in found)]))
        path = f"{parent}.{path}" if parent and draw(st.booleans()) else path
        if path not in {group.path for group in found}:
            title = draw(st.just("") | words)
            found.append(Group(path, draw(st.just("") | words), title, draw(st.integers(1, 3)), parent))
    return tuple(found)


@st.composite
def _layer(
    draw: st.DrawFn, name: str, known: dict[str, tuple[TensorSpec, ...]], earlier: list[str], paths: list[str]
) -> Layer:
    sources = [source for source in known if known[source]]
    count = draw(st.integers(1, 3))
    edges = [draw(_edge(draw(st.sampled_from(sources)), known)) for _ in range(count if sources else 0)]
    facts: dict[str, Any] = {
        "path": draw(st.just("") | words),
        "group": draw(st.sampled_from(paths)),
        "mark": draw(st.sampled_from(["", "", "plumbing", "constant", "index", "opaque"])),
        "original": draw(st.just("") | words),
        "shared": draw(st.sampled_from(["", *earlier])),
        "macs": draw(st.none() | st.integers(0, 10**12)),
        "params": draw(st.integers(0, 10**9)),
    }
    first = known[edges[0].source][edges[0].output] if edges else None
    choice = draw(st.sampled_from(["free", "same", "conv", "alone"]))
    if choice == "same" and first:
        kind = draw(st.sampled_from(SAME_KINDS))
        return Layer(name, kind, tuple(edges[:1]), (first,), attributes=normal(kind, {}), **facts)
    if choice == "conv" and first and len(first.shape) == 4 and all(isinstance(n, int) for n in first.shape):
        return _conv(name, edges[0], first, draw(st.integers(1, 16)), facts)
    if choice == "alone":
        output = (TensorSpec(tuple(draw(st.lists(st.integers(1, 5), max_size=3)))),)
        kind = draw(st.sampled_from(["Parameter", "Constant"]))
        return Layer(name, kind, (), output, **{**facts, "params": prod(output[0].shape)})
    attributes = draw(st.dictionaries(words, values, max_size=3))
    output = tuple(draw(st.lists(specs, max_size=2)))
    return Layer(name, draw(st.sampled_from(FREE_KINDS)), tuple(edges), output, attributes=attributes, **facts)


def _conv(name: str, edge: Edge, first: TensorSpec, channels: int, facts: dict[str, Any]) -> Layer:
    given = {"in_channels": first.shape[1], "out_channels": channels, "kernel_size": 1, "bias": channels % 2 == 0}
    output = TensorSpec((first.shape[0], channels, *first.shape[2:]), first.dtype)
    return Layer(name, "Conv2d", (edge,), (output,), attributes=normal("Conv2d", given), **facts)


@st.composite
def _edge(draw: st.DrawFn, source: str, known: dict[str, tuple[TensorSpec, ...]]) -> Edge:
    output = draw(st.integers(0, len(known[source]) - 1))
    return Edge(source, output, draw(st.just("") | words))


@st.composite
def _with_gradient(draw: st.DrawFn, layer: Layer, layers: list[Layer]) -> Layer:
    """Now and then an edge from a later layer back to this one."""
    if draw(st.integers(0, 4)):
        return layer
    source = draw(st.sampled_from(layers))
    edge = Edge(source.name, 0, draw(st.just("") | words), "gradient")
    return Layer(**{**{f: getattr(layer, f) for f in layer.__dataclass_fields__}, "inputs": (*layer.inputs, edge)})
