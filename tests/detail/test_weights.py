"""Weights that functions read are told by the functions: their sizes, their count, and whose they are."""

from __future__ import annotations

from dataclasses import replace

import detail_graphs as graphs

from nnfig import detail
from nnfig.options import Options


def _drawn(sketch, **options):
    return detail.drawing([sketch.done()], Options(**options))


def test_functions_say_the_sizes_of_their_weights():
    """`conv2d(x, weight)` can be built again from the explicit figure: kernel, channels, bias."""
    sketch = graphs.Sketch(image=(1, 3, 16, 16))
    weight = sketch.add("weight", "Parameter", shape=(8, 3, 5, 5), params=600)
    deep = sketch.add("deep", "Parameter", shape=(8, 1, 3, 3), params=72)
    x = sketch.add("conv", "conv2d", "image", weight, stride=2, padding=1)
    x = sketch.add("depthwise", "conv2d", x, deep, groups=8)
    x = sketch.add("pool", "max_pool2d", x, kernel_size=2, stride=None)
    table = sketch.add("table", "Parameter", shape=(10, 8), params=80)
    sketch.add("fc", "linear", sketch.add("mean", "mean", x, shape=(1, 8)), table, shape=(1, 10))
    layers = _drawn(sketch, detail="explicit").graph.layer
    assert layers["conv"].look.label == ("5×5 conv, 8, /2", "padding 1, no bias")
    assert layers["depthwise"].look.label == ("3×3 depthwise conv, 8", "no bias")
    assert layers["pool"].look.label == ("2×2 max pool, /2",)
    assert layers["fc"].look.label == ("Linear, 8→10", "no bias")
    assert [layers[name].params for name in ("conv", "depthwise", "fc")] == [600, 72, 80]


def test_a_norm_without_weights_says_so():
    """`layer_norm(x, shape)` has nothing to learn, `layer_norm(x, shape, weight)` has."""
    sketch = graphs.Sketch(x=(1, 8))
    weight = sketch.add("weight", "Parameter", shape=(8,), params=8)
    sketch.add("plain", "layer_norm", sketch.add("norm", "layer_norm", "x", weight, shape=(1, 8)), shape=(1, 8))
    layers = _drawn(sketch, detail="explicit").graph.layer
    assert layers["norm"].look.label == ("LayerNorm",)
    assert layers["plain"].look.label == ("LayerNorm", "no elementwise affine")


def test_a_transposed_weight_is_a_weight():
    """`linear(x, encoder.weight.t())` is tied to the encoder, and its transpose is no step of the network."""
    sketch = graphs.Sketch(x=(1, 32))
    code = sketch.add("encoder", "Linear", "x", shape=(1, 8), params=264, out_features=8)
    weight = sketch.add("encoder.weight", "Parameter", shape=(8, 32))
    turned = sketch.add("t", "t", weight, shape=(32, 8), mark="plumbing")
    sketch.add("decoder", "linear", code, turned, shape=(1, 32))
    graph = sketch.done()
    layers = tuple(replace(each, shared="encoder") if each.name == weight else each for each in graph.layers)
    drawing = detail.drawing([graph.replace(layers=layers)], Options())
    assert [layer.name for layer in drawing.graph.layers] == ["encoder", "decoder"]
    assert "‘Linear, 32’ has the weights of ‘Linear, 8’." in drawing.caption
    assert "not drawn" not in drawing.caption


def test_a_weight_that_is_also_data_stays_a_layer():
    """What a sum reads is drawn, and every way from it is kept."""
    sketch = graphs.Sketch(x=(1, 8))
    weight = sketch.add("weight", "Parameter", shape=(8, 8), params=64)
    turned = sketch.add("t", "t", weight, shape=(8, 8), mark="plumbing")
    x = sketch.add("fc", "linear", "x", turned, shape=(1, 8))
    sketch.add("sum", "add", x, weight, shape=(8, 8))
    graph = _drawn(sketch).graph
    assert graph.layer["fc"].sources == ("x", "weight")
    assert graph.layer["sum"].sources == ("fc", "weight")


def test_weights_that_a_layer_makes_come_over_a_wire_that_says_so():
    """As in a hypernetwork, where a convolution takes two tensors and one of them is no image."""
    sketch = graphs.Sketch(image=(1, 3, 16, 16), z=(1, 4))
    made = sketch.add("make", "Linear", "z", shape=(1, 216), out_features=216)
    weight = sketch.add("view", "view", made, shape=(8, 3, 3, 3), mark="plumbing")
    sketch.add("conv", "conv2d", "image", weight, padding=1)
    drawn = _drawn(sketch).graph.layer["conv"]
    assert [(edge.source, edge.label) for edge in drawn.inputs] == [("image", ""), ("make", "weights")]
    assert drawn.look.label == ("3×3 conv, 8",)
