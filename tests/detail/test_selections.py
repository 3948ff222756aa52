"""Which part of a tensor a hidden layer takes is said on the edge, or in the caption."""

from __future__ import annotations

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.options import Options


def _drawn(graph: Graph):
    return detail.drawing([graph], Options())


def _split(*takers: Layer) -> Graph:
    whole, half = TensorSpec((1, 8)), TensorSpec((1, 4))
    layers = (
        Layer("fc", "Linear", (Edge("x"),), (whole,)),
        Layer("chunk", "chunk", (Edge("fc"),), (half, half), mark="plumbing"),
        *takers,
    )
    return Graph("net", {"x": whole}, layers, outputs=(takers[-1].name,))


def test_a_split_is_no_copy_of_the_whole():
    """Each way says its half, and the caption does not call that a change of shape."""
    half = (TensorSpec((1, 4)),)
    gate = Layer("gate", "sigmoid", (Edge("chunk", 1),), half)
    drawing = _drawn(_split(gate, Layer("mul", "mul", (Edge("chunk"), Edge("gate")), half)))
    layer = drawing.panels[0].graph.layer
    assert [edge.label for name in ("gate", "mul") for edge in layer[name].inputs] == ["second half", "first half", ""]
    assert "changes of shape" not in drawing.caption


def test_all_parts_of_a_split_are_the_whole():
    """One wire that carries both halves claims neither."""
    joined = Layer("cat", "cat", (Edge("chunk", 1), Edge("chunk")), (TensorSpec((1, 8)),))
    assert [edge.label for edge in _drawn(_split(joined)).panels[0].graph.layer["cat"].inputs] == [""]


def test_the_first_token_alone_goes_on():
    """`x[:, 0]` is said at paper, and a norm behind it is not merged into what gives all tokens."""
    sketch = graphs.Sketch(tokens=(1, 9, 8))
    x = sketch.add("fc", "Linear", "tokens", shape=(1, 9, 8))
    x = sketch.add("first", "getitem", x, shape=(1, 8), mark="plumbing", index="[:, 0]")
    sketch.add("norm", "LayerNorm", x, shape=(1, 8))
    graph = _drawn(sketch.done()).panels[0].graph
    assert [edge.label for edge in graph.layer["norm"].inputs] == ["first token"]


def test_crops_are_named_in_the_caption():
    """A skip that is cut to size is no change of shape that loses nothing."""
    sketch = graphs.Sketch()
    small = sketch.conv("conv", "image", size=12)
    cut = sketch.add("crop", "getitem", "image", shape=(1, 8, 12, 12), mark="plumbing", index="[:, :, 2:14, 2:14]")
    sketch.add("cat", "cat", cut, small, shape=(1, 16, 12, 12))
    assert "Crops of what is joined are not drawn." in _drawn(sketch.done()).caption


def test_an_image_that_is_cut_and_returned_has_its_size():
    """`conv -> x[:, :, 2:14, 2:14]` is a box `crop` beside which 12×12 stands, since the convolution gave 16×16."""
    sketch = graphs.Sketch()
    large = sketch.conv("conv", "image", size=16)
    sketch.add("cut", "getitem", large, shape=(1, 8, 12, 12), mark="plumbing", index="[:, :, 2:14, 2:14]")
    drawn = _drawn(sketch.done())
    looks = [(layer.look.label, layer.look.dims) for layer in drawn.graph.layers if layer.look]
    assert looks[-1] == (("crop",), "12×12")
    assert "rops" not in drawn.caption


def test_a_crop_behind_a_closed_block_is_named():
    """What is cut is looked up as the network has it, not as the block that stands for it."""
    sketch = graphs.Sketch()
    small = sketch.conv("conv", "image", size=12)
    sketch.group("stage", "Stage")
    inner = sketch.conv("stage.conv", "image", size=16, group="stage")
    cut = sketch.add("crop", "getitem", inner, shape=(1, 8, 12, 12), mark="plumbing", index="[:, :, 2:14, 2:14]")
    sketch.add("cat", "cat", cut, small, shape=(1, 16, 12, 12))
    drawn = detail.drawing([sketch.done()], Options(close=("stage",)))
    assert "Crops of what is joined are not drawn." in drawn.caption


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        (["[:, :, :8, :8]"], True),
        (["[:, :, ::2, ::2]"], False),
        (["[..., :8]", "[..., 8:]"], False),
        (["[:, :, :, -1:]"], False),
    ],
)
def test_only_a_piece_of_an_image_is_a_crop(indices, said):
    """Every second pixel is none, nor are halves of which each goes its way, nor a single column."""
    sketch = graphs.Sketch()
    shape = (1, 8, 8, 8) if len(indices) == 1 else (1, 8, 16, 8)
    shape = (1, 8, 16, 1) if "-1" in indices[0] else shape
    x = sketch.conv("conv", "image")
    taken = [
        sketch.add(f"cut{i}", "getitem", x, shape=shape, mark="plumbing", index=each) for i, each in enumerate(indices)
    ]
    sketch.add("cat", "cat", *taken, sketch.add("other", "MaxPool2d", x, shape=shape), shape=shape)
    assert ("Crops" in detail.drawing([sketch.done()], Options()).caption) == said


@pytest.mark.parametrize("product", [False, True])
def test_thirds_that_go_to_attention_are_queries_keys_and_values(product):
    """Behind a norm of their own as well, with one operation or with products; elsewhere they are thirds."""
    sketch = graphs.Sketch(x=(1, 9, 8))
    whole = sketch.add("qkv", "Linear", "x", shape=(1, 9, 24), params=9)
    q, k, v = (
        sketch.add(f"part{i}", "getitem", whole, shape=(1, 9, 8), mark="plumbing", index=f"[..., {8 * i}:{8 * i + 8}]")
        for i in range(3)
    )
    q, k = sketch.add("q_norm", "exp", q, shape=(1, 9, 8)), sketch.add("k_norm", "exp", k, shape=(1, 9, 8))
    if product:
        scores = sketch.add("scores", "matmul", q, k, shape=(1, 9, 9))
        scores = sketch.add("softmax", "softmax", scores, shape=(1, 9, 9))
        sketch.add("values", "matmul", scores, v, shape=(1, 9, 8))
    else:
        sketch.add("values", "scaled_dot_product_attention", q, k, v, shape=(1, 9, 8))
    layers = _drawn(sketch.done()).graph.layer
    assert [layers[name].inputs[-1].label for name in ("q_norm", "k_norm", "values")] == ["Q", "K", "V"]
    exact = detail.drawing([sketch.done()], Options(detail="explicit")).graph.layer
    assert [edge.label for edge in exact["q_norm"].inputs] == ["[..., 0:8]"]


def test_parts_of_parts_are_told_twice_over_at_most():
    """What a computed index takes, or a part of a part of a part, is a part."""
    sketch = graphs.Sketch(x=(8, 9, 8))
    x = sketch.add("fc", "Linear", "x", shape=(8, 9, 8))
    shapes, said = ((7, 9, 8), (9, 8), (8,)), []
    for number, (index, shape) in enumerate(zip(("[1:]", "[0]", "[2]"), shapes, strict=True)):
        x = sketch.add(f"cut{number}", "getitem", x, shape=shape, mark="plumbing", index=index)
        said.append(sketch.add(f"read{number}", "exp", x, shape=shape))
    computed = sketch.add("cut", "getitem", "fc", shape=(3, 9, 8), mark="plumbing", index="[·, ·]")
    said.append(sketch.add("read", "exp", computed, shape=(3, 9, 8)))
    layers = _drawn(sketch.done(*said)).graph.layer
    assert [layers[name].inputs[0].label for name in said] == ["[1:]", "[0] of [1:]", "a part", "a part"]


def test_heads_are_told_only_where_there_are_heads():
    """The channels of a map that become features are no heads, nor is a vector that becomes a map."""
    sketch = graphs.Sketch()
    x = sketch.add("turn", "transpose", sketch.conv("conv", "image"), shape=(1, 16, 8, 16), mark="plumbing")
    x = sketch.add("join", "reshape", x, shape=(1, 16, 128), mark="plumbing")
    x = sketch.add("fc", "Linear", sketch.add("flat", "Linear", x, shape=(1, 2048)), shape=(1, 2048))
    sketch.conv("last", sketch.add("map", "Unflatten", x, shape=(1, 8, 16, 16), mark="plumbing"))
    drawing = detail.drawing([sketch.done()], Options(detail="explicit"))
    labels = [edge.label for layer in drawing.graph.layers for edge in layer.inputs if edge.label]
    assert labels == ["transpose, reshape", "unflatten"]
