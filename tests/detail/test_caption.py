"""The caption says what is left out, in English; the alternative text tells the figure in words."""

from __future__ import annotations

from dataclasses import replace

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.detail.captions.english import listed, millions, some
from nnfig.options import Options


def _network() -> graphs.Sketch:
    sketch = graphs.Sketch("Net", image=(1, 8, 16, 16))
    x = sketch.conv("stem", "image")
    for index in range(3):
        x = graphs.residual(sketch, f"b.{index}", x)
    x = sketch.add("drop", "Dropout", x, p=0.1)
    x = sketch.add("flat", "flatten", x, shape=(1, 2048), mark="plumbing")
    sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10, params=20490)
    return sketch


def _caption(**options) -> str:
    return detail.drawing([_network().done()], Options(**options)).caption


def test_the_caption_names_everything_that_is_left_out():
    """Costs, what follows what, folds, and every hidden kind; each a sentence."""
    caption = _caption()
    assert caption.startswith("Net for an input of 8×16×16: ")
    assert "Equal blocks in a row are drawn once: Block ×3." in caption
    assert "Dropout and flattening are not drawn." in caption
    assert caption.endswith(".")
    assert "  " not in caption


def test_nothing_is_said_that_is_not_so():
    """At ops nothing is hidden, merged or closed, and the caption claims none of it."""
    caption = _caption(detail="ops", fold=False)
    for word in ("followed", "drawn once", "not drawn", "one box"):
        assert word not in caption


def test_what_the_user_hides_is_named():
    """A hidden category by its plural, a hidden kind by itself."""
    assert "Activations and flattening are not drawn." in _caption(detail="explicit", hide=("act",))
    assert "pooling is not drawn" not in _caption(hide=("pooling",))


def test_closed_blocks_are_named():
    """By their class; the title option renames the figure."""
    caption = _caption(close=("Block",), title="My net")
    assert "Each Block is drawn as one box." in caption
    assert caption.startswith("My net")


def test_several_networks_are_named_side_by_side():
    """Panels of a comparison carry their names."""
    drawing = detail.drawing([_network().done(), _network().done().replace(name="Other")], Options())
    assert drawing.caption.startswith("Net (")
    assert "Other" in drawing.caption
    assert [(panel.role, panel.title) for panel in drawing.panels] == [("main", "Net"), ("compare", "Other")]


def test_each_network_of_a_comparison_is_told_what_it_merges():
    """One with ReLU, one with BN and ReLU: no box is burdened, the caption tells both."""
    networks = []
    for name, kinds in (("Plain", ("ReLU",)), ("Normed", ("BatchNorm2d", "ReLU"))):
        sketch = graphs.Sketch(name)
        x = "image"
        for index in range(3):
            x = sketch.conv(f"c{index}", x, channels=index + 1)
            for kind in kinds:
                x = sketch.add(f"{kind}{index}", kind, x)
        networks.append(sketch.done())
    drawing = detail.drawing(networks, Options())
    assert "In Plain, every convolution is followed by ReLU. In Normed, every convolution is" in drawing.caption
    assert all(len(layer.look.label) == 1 for panel in drawing.panels for layer in panel.graph.layers)


def test_the_alternative_text_tells_the_layers_in_order():
    """For screen readers: input, layers, repeats."""
    alt = detail.drawing([_network().done()], Options()).alt
    assert alt.startswith("Diagram of Net. Input: image. Layers in order: 3×3 conv, 8")
    assert "3 times in a row Block: 3×3 conv, 8" in alt
    assert alt.endswith("Linear, 10.")


def test_the_legend_explains_what_is_drawn():
    """One entry a class, in the order of the figure, with what every layer of it is followed by."""
    sketch = graphs.Sketch()
    x = sketch.add("relu", "ReLU", sketch.conv("conv", "image"))
    x = sketch.add("relu2", "ReLU", sketch.conv("conv2", x, 16))
    sketch.add("pool", "MaxPool2d", x, kernel_size=2)
    entries = detail.drawing([sketch.done()], Options()).legend
    assert [(entry.cls, entry.text) for entry in entries] == [("conv", "Convolution + ReLU"), ("pool", "Pooling")]


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_drawings_do_not_depend_on_the_hash_seed(hash_seed, tmp_path):
    """Same network, same drawing, in a process of its own."""
    import os
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import test_caption as t\nfrom nnfig import detail\nfrom nnfig.options import Options\n"
        "print(detail.drawing([t._network().done()], Options(inset=('Block',))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(detail.drawing([_network().done()], Options(inset=("Block",))))


def test_small_words():
    """Lists and numbers as sentences have them."""
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert some(["a"] * 9) == "a"
    assert millions(1_236_000) == "1.24 million"
    assert millions(30_995_000) == "31.0 million"
    assert millions(999_960_000) == "1.00 billion"


def test_the_network_is_called_as_it_is_called():
    """A caption that begins with `resnet34` does not make a Resnet34 of it."""
    caption = detail.drawing([_network().done().replace(name="resnet34")], Options()).caption
    assert caption.startswith("resnet34 for an input of 8×16×16: ")


def test_what_follows_drawn_layers_is_not_claimed_of_those_in_closed_blocks():
    """`Every convolution shown` where further ones stand in blocks of which nothing is seen."""
    sketch = graphs.Sketch()
    x = sketch.add("relu", "ReLU", sketch.conv("stem", "image"))
    x = sketch.add("relu2", "ReLU", sketch.conv("stem2", x, 16))
    graphs.residual(sketch, "block", x)
    said = "Every convolution{} is followed by "
    assert said.format(" shown") + "ReLU." in detail.drawing([sketch.done()], Options(close=("Block",))).caption
    assert "shown" not in detail.drawing([sketch.done()], Options()).caption


def test_families_with_the_same_layers_behind_them_share_a_clause():
    """And the exception is of the family that has it."""
    sketch = graphs.Sketch()
    x = sketch.add("relu1", "ReLU", sketch.conv("conv", "image"))
    x = sketch.add("relu0", "ReLU", sketch.conv("conv0", x, 16))
    for index in (2, 3):
        x = sketch.add(f"fc{index}", "Linear", x, out_features=8, shape=(1, 8))
        x = sketch.add(f"relu{index}", "ReLU", x, shape=(1, 8))
    sketch.add("out", "Linear", x, out_features=8, shape=(1, 8))
    assert (
        "Every convolution, and every fully connected layer but the last, is followed by ReLU."
        in detail.drawing([sketch.done()], Options()).caption
    )


def test_where_layers_have_little_in_common_their_boxes_say_what_follows():
    """No sentence speaks of every convolution, nor of the only one before a product."""
    sketch = graphs.Sketch()
    a = sketch.add("relu", "ReLU", sketch.conv("a", "image"))
    b = sketch.add("bn", "BatchNorm2d", sketch.conv("b", a))
    gate = sketch.add("gate", "Sigmoid", sketch.conv("c", b))
    sketch.conv("d", sketch.add("mul", "mul", b, gate))
    drawing = detail.drawing([sketch.done()], Options())
    assert "onvolution" not in drawing.caption
    assert [drawing.graph.layer[name].look.label[1:] for name in "abcd"] == [("ReLU",), ("BN",), ("sigmoid",), ()]


def test_a_layer_that_stands_alone_says_itself_what_follows_it():
    """One tanh among fully connected layers is no sentence; in an overview it is, as boxes say little there."""
    sketch = graphs.Sketch(x=(1, 16))
    x = sketch.add("tanh", "Tanh", sketch.add("a", "Linear", "x", shape=(1, 8), out_features=8), shape=(1, 8))
    sketch.add("b", "Linear", x, shape=(1, 4), out_features=4)
    drawing = detail.drawing([sketch.done()], Options())
    assert drawing.graph.layer["a"].look.label == ("Linear, 8", "tanh")
    assert "tanh" not in drawing.caption
    overview = detail.drawing([sketch.done()], Options(detail="overview"))
    assert overview.graph.layer["a"].look.label == ("Linear, 8",)
    assert "Every fully connected layer but the last is followed by tanh." in overview.caption


def test_what_is_left_out_is_named_in_one_order():
    """Layers, then constants, masks and positions, then changes of shape, whatever comes first in the network."""
    sketch = graphs.Sketch()
    mask = sketch.add("mask", "eq", "image", mark="index")
    table = sketch.add("table", "Constant", mark="constant")
    most = sketch.add("most", "maximum", sketch.add("sum", "add", "image", mask), table)
    x = sketch.add("view", "view", most, shape=(1, 8, 256), mark="plumbing")
    sketch.conv("conv", sketch.add("drop", "Dropout", sketch.add("flat", "flatten", x), p=0.5))
    caption = detail.drawing([sketch.done()], Options()).caption
    assert "Dropout, constants, masks, positions and changes of shape are not drawn" in caption


def test_a_constant_that_a_box_names_is_not_left_out():
    """`+ positions` is drawn; what the costs hold for is said of several inputs too."""
    sketch = graphs.Sketch(source=(1, 128), target=(1, 64))
    x = sketch.add("embed", "Embedding", "source", shape=(1, 128, 8))
    table = sketch.add("positions", "Constant", shape=(1, 128, 8), mark="constant")
    y = sketch.add("other", "Linear", "target", shape=(1, 128, 8), params=8)
    sketch.add("cat", "cat", sketch.add("sum", "add", x, table, shape=(1, 128, 8)), y, shape=(1, 256, 8))
    caption = detail.drawing([sketch.done()], Options()).caption
    assert caption.startswith("net for inputs of length 128 and 64: 8 parameters.")
    assert "constants" not in caption


def test_dashes_are_explained():
    """A projection beside a residual sum is drawn dashed, and only then is there a word of it."""
    sketch = graphs.Sketch()
    x = sketch.conv("stem", "image")
    block = sketch.conv("b", sketch.conv("a", x, 16), 16)
    sketch.add("add", "add", block, sketch.conv("projection", x, 16, 1), shape=(1, 16, 16, 16))
    assert "Dashed shortcuts project to a new shape." in detail.drawing([sketch.done()], Options()).caption
    assert "ashed" not in _caption()


def test_the_caption_calls_kinds_as_boxes_do():
    """`every BN has eps 0.001`; kinds with the same in common share a clause."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(3):
        x = sketch.conv(f"c{index}", x, 8 + index, bias=False)
        x = sketch.add(f"bn{index}", "BatchNorm2d", x, num_features=8, eps=0.001)
        x = sketch.add(f"fc{index}", "Linear", x, out_features=8 + index, bias=False)
    caption = detail.drawing([sketch.done()], Options(detail="explicit")).caption
    assert "No Conv2d or Linear has a bias; every BN has eps 0.001." in caption


def _siamese(single=False):
    sketch = graphs.Sketch(a=graphs.IMAGE, b=graphs.IMAGE)
    ends = []
    for source, again in (("a", ""), ("b", "@2")):
        group = "" if single else sketch.group(f"encoder{again}", "Encoder")
        x = sketch.conv(f"encoder.c1{again}", source, group=group)
        x = sketch.add(f"encoder.act{again}", "Tanh", x, group=group)
        ends.append(x if single else sketch.conv(f"encoder.c2{again}", x, group=group))
    sketch.conv("head", sketch.add("cat", "cat", *ends), channels=3)
    graph = sketch.done()
    return graph.replace(
        layers=tuple(
            replace(layer, shared=layer.name[:-2], params=0) if layer.name.endswith("@2") else layer
            for layer in graph.layers
        )
    )


@pytest.mark.parametrize("options", [{"detail": "overview"}, {"detail": "paper"}, {"detail": "explicit"}])
def test_a_module_that_is_called_twice_shares_its_weights_once(options):
    """A whole block is said once, framed or closed; so is a single layer; what has no weights is not worth a word."""
    drawing = detail.drawing([_siamese()], Options(**options))
    assert drawing.said["ties"] == "The 2 blocks Encoder share their weights."
    assert drawing.said["ties"] in drawing.alt
    assert [g.cls for g in drawing.graph.groups] in (["Encoder"] * 2, [])
    single = detail.drawing([_siamese(single=True)], Options(**options))
    assert single.said["ties"] == "The 2 boxes ‘3×3 conv, 8’ share their weights."


def test_several_modules_that_are_called_again_are_several_sets():
    """Their boxes look alike, and not all of them have the same weights."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(4):
        x = sketch.add(f"pool{index}", "MaxPool2d", sketch.conv(f"c{index}", x), kernel_size=index + 2)
        sketch.layers[-2] = replace(
            sketch.layers[-2], shared=f"c{index - 2}" if index > 1 else "", params=9 * (index < 2)
        )
    said = detail.drawing([sketch.done()], Options()).said["ties"]
    assert said == "The boxes ‘3×3 conv, 8’ share their weights in 2 sets of 2."


def test_the_alternative_text_opens_what_insets_open():
    """A reader who cannot see the figure is told of the inside of the block."""
    sketch = graphs.Sketch()
    graphs.residual(sketch, "block", "image", cls="Bottleneck")
    alt = detail.drawing([sketch.done()], Options(inset=("Bottleneck",))).alt
    assert "Inset: inside Bottleneck there are, in order: 3×3 conv, 8 BN · ReLU; 3×3 conv, 8 BN; sum of 2" in alt


def test_hidden_dropout_tells_its_rates_where_they_differ():
    """So that blocks which are drawn once may differ in it; dropped branches have their own word."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(3):
        block = sketch.group(f"b.{index}", "Block")
        x = sketch.add(
            f"{block}.drop", "Dropout", sketch.conv(f"{block}.c", x, group=block), group=block, p=0.1 * index
        )
        x = sketch.add(
            f"{block}.path",
            "DropPath",
            sketch.conv(f"{block}.d", x, group=block),
            group=block,
            drop_prob=0.2,
            mark="plumbing",
        )
    drawing = detail.drawing([sketch.done()], Options())
    assert [group.repeat for group in drawing.graph.groups] == [3]
    assert "Dropout of 0.1 and 0.2 and stochastic depth are not drawn" in drawing.caption


def test_a_view_that_changes_nothing_is_no_change_of_shape():
    """Neither a copy nor a slice of everything; a transpose may be one though the sizes are the same."""
    for kind, said in (("contiguous", False), ("getitem", False), ("transpose", True)):
        sketch = graphs.Sketch()
        sketch.conv("conv", sketch.add("view", kind, "image", mark="plumbing"))
        assert ("shape" in detail.drawing([sketch.done()], Options()).caption) == said


def test_layers_whose_results_are_not_used_are_told():
    """They are in the costs of the network, so the caption says that they are not drawn."""
    sketch = graphs.Sketch()
    a = sketch.conv("a", "image")
    for name in ("b", "c"):
        sketch.conv(name, a)
    network = sketch.done().replace(outputs=("a",))
    assert "2 convolutions whose results are not used are not drawn" in detail.drawing([network], Options()).caption
    assert "not used" not in _caption()


def test_what_ends_with_less_ends_with_only_that():
    """`At the end, only by tanh` where there is no normalisation as everywhere else."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(4):
        x = sketch.add(f"bn{index}", "BatchNorm2d", sketch.conv(f"c{index}", x))
        x = sketch.add(f"relu{index}", "ReLU", x)
    sketch.add("tanh", "Tanh", sketch.conv("last", x))
    caption = detail.drawing([sketch.done()], Options(detail="overview")).caption
    assert "followed by batch normalisation, then ReLU (at the end, only by tanh)." in caption


def test_a_layer_inside_another_of_its_kind_is_not_said_to_be_followed(tmp_path):
    """A linear layer that a style sheet merges into the one before it is no linear layer shown."""
    sketch, x = graphs.Sketch(x=(1, 8)), "x"
    for index in range(3):
        x = sketch.add(f"up{index}", "Linear", x, shape=(1, 32), out_features=32)
        x = sketch.add(f"relu{index}", "ReLU", x, shape=(1, 32))
        x = sketch.add(f"down{index}", "Linear", x, shape=(1, 8), out_features=8)
    sheet = tmp_path / "sheet.yaml"
    sheet.write_text("rules: [{select: {path: 'down*'}, do: merge}]")
    caption = detail.drawing([sketch.done()], Options(style=(str(sheet),))).caption
    assert "Every fully connected layer shown is followed by ReLU, then a further fully connected layer." in caption


def _dilated(dilation: int, sketch: graphs.Sketch, x: str) -> str:
    block = sketch.group(f"b.{dilation}", "Wave")
    x = sketch.conv(f"{block}.a", x, group=block, dilation=dilation, padding=dilation)
    return sketch.conv(f"{block}.b", x, group=block)


def test_closed_blocks_that_are_drawn_alike_tell_in_what_they_differ():
    """The boxes say one class and nothing of the dilation that makes them different."""
    sketch, x = graphs.Sketch(), "image"
    for dilation in (1, 2, 4):
        x = _dilated(dilation, sketch, x)
    caption = detail.drawing([sketch.done()], Options(close=("b.*",))).caption
    assert "Boxes ‘Wave, 8’ differ in dilation (1, 2 and 4)." in caption
    assert "differ in" not in detail.drawing([sketch.done()], Options()).caption


def test_an_inset_tells_which_of_several_blocks_it_opens():
    """Its numbers are those of one block."""
    sketch, x = graphs.Sketch(), "image"
    for dilation in (1, 2, 4):
        x = _dilated(dilation, sketch, x)
    assert "The inset opens Wave (the first of 3)." in detail.drawing([sketch.done()], Options(inset=("Wave",))).caption


def test_inputs_without_a_batch_keep_all_their_sizes():
    """A product mixes the nodes of a graph; a batch is never mixed."""
    sketch = graphs.Sketch(features=(27, 14), adjacency=(27, 27))
    x = sketch.add("fc", "Linear", "features", shape=(27, 8), out_features=8)
    sketch.add("mix", "matmul", "adjacency", x, shape=(27, 8))
    assert detail.drawing([sketch.done()], Options()).caption.startswith("net for inputs of 27×14 and 27×27")
    sketch = graphs.Sketch(a=(8, 14), b=(8, 14))
    sketch.add("mix", "matmul", "a", sketch.add("t", "t", "b", shape=(14, 8), mark="plumbing"), shape=(8, 8))
    assert detail.drawing([sketch.done()], Options()).caption.startswith("net for inputs of length 14")


def test_a_sum_along_an_axis_has_no_projection():
    """Keys that each query is added to are no shortcut, though both are made of one tensor."""
    sketch = graphs.Sketch(x=(1, 10, 8))
    base = sketch.add("base", "Linear", "x", shape=(1, 10, 8), out_features=8)
    keys = sketch.add("keys", "Linear", base, shape=(1, 10, 16), out_features=16)
    query = sketch.add("query", "Linear", sketch.add("pool", "mean", base, shape=(1, 1, 8)), shape=(1, 1, 16))
    sketch.add("sum", "add", keys, query, shape=(1, 10, 16))
    assert "shortcut" not in detail.drawing([sketch.done()], Options()).caption


def test_shifts_and_padding_are_no_changes_of_shape():
    """What moves or adds values is named."""
    sketch = graphs.Sketch()
    x = sketch.add("pad", "pad", sketch.conv("a", "image"), shape=(1, 8, 18, 18))
    sketch.conv("b", sketch.add("roll", "roll", x, shape=(1, 8, 18, 18)))
    assert "Cyclic shifts and padding are not drawn" in detail.drawing([sketch.done()], Options()).caption
