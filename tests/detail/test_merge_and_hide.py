"""What is merged keeps its order and feeds nothing else; what is hidden leaves wires behind."""

from __future__ import annotations

from dataclasses import replace

import detail_graphs as graphs
import pytest

import nnfig
from nnfig import detail
from nnfig.graph import Edge, Graph, Layer, TensorSpec, verify
from nnfig.options import Options


def _drawn(sketch, **options):
    return detail.drawing([sketch.done()], Options(**options))


def _conv_net(order: tuple[str, ...]) -> graphs.Sketch:
    sketch = graphs.Sketch()
    x = "image"
    for index in range(4):
        x = sketch.conv(f"conv{index}", x, channels=index + 1)
        for kind in order:
            x = sketch.add(f"{kind}{index}", kind, x, params=2)
    sketch.add("head", "Linear", x, shape=(1, 10), out_features=10)
    return sketch


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (("BatchNorm2d", "ReLU"), "followed by batch normalisation, then ReLU"),
        (("ReLU", "BatchNorm2d"), "followed by ReLU, then batch normalisation"),
    ],
)
def test_the_caption_keeps_the_true_order(order, said):
    """conv, BN, ReLU is not conv, ReLU, BN."""
    drawing = _drawn(_conv_net(order))
    assert said in drawing.caption
    assert drawing.graph.layer["conv0"].look.merged == tuple(f"{kind}0" for kind in order)
    assert drawing.graph.params == drawing.graph.params


def test_an_odd_layer_says_so_on_its_box():
    """Where one layer of many is followed by something else, its box says what, and the caption that it does."""
    sketch = _conv_net(("BatchNorm2d", "ReLU"))
    sketch.layers = [
        layer
        if layer.name != "ReLU2"
        else type(layer)(**{f: getattr(layer, f) for f in layer.__slots__} | {"kind": "GELU"})
        for layer in sketch.layers
    ]
    drawing = _drawn(sketch)
    assert drawing.graph.layer["conv2"].look.label[-1] == "BN · GELU"
    assert drawing.graph.layer["conv1"].look.label == ("3×3 conv, 2",)
    assert "unless its box says otherwise" in drawing.caption


def test_a_layer_that_lacks_what_the_caption_tells_says_so():
    """A bare convolution among many with BN and ReLU is written as such."""
    sketch = graphs.Sketch()
    x = "image"
    for index in range(6):
        x = sketch.conv(f"conv{index}", x)
        if index != 3:
            x = sketch.add(f"bn{index}", "BatchNorm2d", x)
    drawing = _drawn(sketch)
    assert drawing.graph.layer["conv3"].look.label == ("3×3 conv, 8", "without BN")


def test_a_bare_layer_says_so_before_a_concatenation_too():
    """Where layers before a concatenation have nothing in common, the rule for all others holds for them."""
    sketch = _conv_net(("ReLU",))
    x = "ReLU3"
    bare = [sketch.conv(f"bare{index}", x) for index in range(2)]
    last = sketch.add("last", "ReLU", sketch.conv("full", x))
    sketch.conv("after", sketch.add("cat", "cat", *bare, last))
    layer = _drawn(sketch).graph.layer
    assert layer["bare0"].look.label == ("3×3 conv, 8", "without ReLU")
    assert layer["full"].look.label == ("3×3 conv, 8",)


def test_nothing_merges_into_a_layer_that_feeds_something_else():
    """A tap between convolution and norm keeps them apart."""
    sketch = graphs.Sketch()
    sketch.add("bn", "BatchNorm2d", sketch.conv("conv", "image"))
    sketch.add("both", "add", "conv", "bn")
    assert "bn" in _drawn(sketch).graph.layer


def test_a_tap_by_the_next_copy_of_a_folded_block_counts():
    """A layer that the next block takes before its activation does not swallow that activation."""
    sketch = graphs.Sketch()
    main, side = sketch.conv("stem", "image"), "stem"
    for index in range(3):
        group = sketch.group(f"b.{index}", "Block")
        conv = sketch.conv(f"b.{index}.conv", main, group=group)
        side = sketch.add(f"b.{index}.add", "add", conv, side, group=group)
        main = sketch.add(f"b.{index}.relu", "ReLU", side, group=group)
    graph = _drawn(sketch).graph
    assert [group.repeat for group in graph.groups] == [2] or [group.repeat for group in graph.groups] == [3]
    assert "b.1.relu" in graph.layer or "b.0.relu" in graph.layer


def test_add_and_norm():
    """Layer normalisation after a residual sum is written as transformers write it."""
    sketch = graphs.Sketch(x=(1, 16, 8))
    inner = sketch.add("fc", "Linear", "x", shape=(1, 16, 8), out_features=8)
    summed = sketch.add("sum", "add", inner, "x", shape=(1, 16, 8))
    sketch.add("norm", "LayerNorm", summed, shape=(1, 16, 8))
    look = _drawn(sketch).graph.layer["sum"].look
    assert (look.label, look.glyph, look.cls) == (("Add & Norm",), "", "norm")


def test_merged_costs_are_counted_with_their_host():
    """The graph as drawn has the network's parameters."""
    sketch = _conv_net(("BatchNorm2d", "ReLU"))
    assert _drawn(sketch).graph.params == sketch.done().params


@pytest.mark.parametrize("word", ["act", "activation", "ReLU", "Re*"])
def test_long_words_short_words_kinds_and_globs_hide(word):
    """A category by either word, a kind, or a glob; the wire closes."""
    graph = _drawn(_conv_net(("ReLU",)), detail="explicit", hide=(word,)).graph
    assert not [layer for layer in graph.layers if layer.kind == "ReLU"]
    assert graph.layer["conv1"].sources == ("conv0",)


def test_show_draws_what_the_dial_merges():
    """--show norm gives every normalisation a box of its own."""
    graph = _drawn(_conv_net(("BatchNorm2d", "ReLU")), show=("norm",)).graph
    assert graph.layer["BatchNorm2d0"].look.label == ("BN",)
    assert graph.layer["BatchNorm2d0"].look.merged == ("ReLU0",)


def test_dead_layers_are_not_drawn():
    """What reaches no output is left out."""
    sketch = graphs.Sketch()
    sketch.conv("dead", "image")
    sketch.conv("alive", "image", channels=4)
    graph = detail.drawing([sketch.done("alive")], Options()).graph
    assert list(graph.layer) == ["alive"]


def test_gradients_are_led_around_what_is_hidden():
    """A backward edge out of a hidden layer comes from where that layer had its own."""
    sketch = graphs.Sketch(x=(1, 8))
    for name, source in (("a", "x"), ("b", "a"), ("c", "b"), ("loss", "c")):
        sketch.add(name, "mul" if name == "b" else "pow", source, shape=(1, 8))
    back = {"a": "b", "b": "c", "c": "loss"}
    sketch.layers = [
        replace(layer, inputs=(*layer.inputs, Edge(back[layer.name], kind="gradient"))) if layer.name in back else layer
        for layer in sketch.layers
    ]
    graph = verify(detail.drawing([sketch.done()], Options(detail="ops", hide=("mul",))).graph)
    assert [(edge.source, edge.kind) for edge in graph.layer["a"].inputs] == [("x", "data"), ("c", "gradient")]
    assert [(edge.source, edge.kind) for edge in graph.layer["c"].inputs] == [("a", "data"), ("loss", "gradient")]


def test_equal_layers_in_a_row_are_counted_and_a_box_holds_few_others():
    """Six hundred ReLUs are `ReLU x599`; a long row of different layers goes on in the next box."""
    sketch = graphs.Sketch()
    x = sketch.add("relu0", "ReLU", "image")
    for index in range(1, 600):
        x = sketch.add(f"relu{index}", "ReLU", x)
    drawing = detail.drawing([sketch.done()], Options())
    assert len(drawing.graph.layers) == 1
    assert drawing.graph.layers[0].look.label == ("ReLU", "ReLU ×599")
    sketch = graphs.Sketch()
    x = sketch.conv("conv", "image")
    for index in range(10):
        x = sketch.add(f"bn{index}", "BatchNorm2d", x)
        x = sketch.add(f"relu{index}", "ReLU", x)
    assert [layer.name for layer in detail.drawing([sketch.done()], Options()).graph.layers] == ["conv", "bn3", "relu6"]


def test_a_single_layer_is_not_every_layer():
    """`The fully connected layer shown`, where an overview tells of the only one."""
    sketch = graphs.Sketch()
    x = graphs.residual(sketch, "block", "image")
    x = sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10)
    sketch.add("out", "Sigmoid", x, shape=(1, 10))
    caption = detail.drawing([sketch.done()], Options(detail="overview", close=("block",))).caption
    assert "The fully connected layer is followed by sigmoid." in caption


@pytest.mark.parametrize(("between", "host"), [("MaxPool2d", ""), ("Dropout", "conv")])
def test_nothing_merges_across_a_hidden_layer_that_computes(between, host):
    """`conv -> pool -> ReLU` with pooling hidden is not `conv, ReLU`; what only drops at random is passed over."""
    sketch = graphs.Sketch()
    x = sketch.add("between", between, sketch.conv("conv", "image"))
    sketch.conv("last", sketch.add("act", "ReLU", x))
    drawn = detail.drawing([sketch.done()], Options(hide=(between,))).graph
    assert ("act" in drawn.layer["conv"].look.merged) == bool(host)
    assert ("act" in drawn.layer) != bool(host)


def test_a_choice_by_a_computed_mask_is_kept() -> None:
    """It joins two tensors: hidden, it would leave two outputs where the network returns one."""
    spec = TensorSpec((2, 4))
    layers = (
        Layer("fc", "Linear", (Edge("x"),), (spec,)),
        Layer("gt", "gt", (Edge("x"),), (spec,), mark="index"),
        Layer("getitem", "getitem", (Edge("fc"), Edge("gt")), (TensorSpec((3,)),), attributes={"index": "[·]"}),
    )
    drawn = detail.drawing([Graph("net", {"x": spec}, layers, outputs=("getitem",))], Options())
    assert drawn is not None
    assert list(drawn.panels[0].graph.outputs) == ["getitem"]


def test_a_tensor_given_twice_is_said_where_it_matters(tmp_path):
    """`h * h` and `cat([r, r, r])` say how often, also where `r` is hidden; self-attention is one bare wire."""
    path = tmp_path / "net.yaml"
    path.write_text(
        "nnfig: 1\ninputs: {x: [1, 5, 8]}\nlayers:\n- {name: h, kind: Linear 8}\n- {kind: mul, from: [h, h]}\n"
        "- {name: r, kind: ReLU}\n- {name: three, kind: cat dim 2, from: [r, r, r]}\n"
        "- {name: a, kind: scaled_dot_product_attention, from: [three, three, three]}\n"
    )
    drawn = nnfig.draw(path, hide=["ReLU"]).graph.edges
    labels = {(edge.source, target): edge.label for edge, target in drawn}
    assert labels == {("x", "h"): "", ("h", "mul"): "twice", ("mul", "three"): "3 times", ("three", "a"): ""}
