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
    [(["[:, :, :8, :8]"], True), (["[:, :, ::2, ::2]"], False), (["[..., :8]", "[..., 8:]"], False)],
)
def test_only_a_piece_of_an_image_is_a_crop(indices, said):
    """Every second pixel is none, nor are halves of which each goes its way."""
    sketch = graphs.Sketch()
    shape = (1, 8, 8, 8) if len(indices) == 1 else (1, 8, 16, 8)
    x = sketch.conv("conv", "image")
    taken = [
        sketch.add(f"cut{i}", "getitem", x, shape=shape, mark="plumbing", index=each) for i, each in enumerate(indices)
    ]
    sketch.add("cat", "cat", *taken, sketch.add("other", "MaxPool2d", x, shape=shape), shape=shape)
    assert ("Crops" in detail.drawing([sketch.done()], Options()).caption) == said
