"""Templates, attributes, sizes, marks: what stands on a box."""

from __future__ import annotations

from dataclasses import replace

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.detail.labels.values import big, is_default
from nnfig.detail.sheets.templates import fields, parse, render
from nnfig.options import Options


def _look(kind, shape=graphs.IMAGE, detail_="paper", before=graphs.IMAGE, **attributes):
    sketch = graphs.Sketch(image=before)
    sketch.add("it", kind, "image", shape=shape, **attributes)
    return detail.drawing([sketch.done()], Options(detail=detail_)).graph.layer["it"].look


CONV = {"in_channels": 8, "out_channels": 64, "kernel_size": (7, 7), "stride": (1, 1), "padding": (3, 3)}


@pytest.mark.parametrize(
    ("kind", "attributes", "label"),
    [
        ("Conv2d", {**CONV, "stride": (2, 2)}, "7×7 conv, 64, /2"),
        ("Conv2d", {**CONV, "kernel_size": (1, 7)}, "1×7 conv, 64"),
        ("Conv2d", {**CONV, "groups": 32}, "7×7 conv, 64, 32 groups"),
        ("Conv2d", {**CONV, "groups": 8}, "7×7 depthwise conv, 64"),
        ("Conv2d", {**CONV, "dilation": (2, 2)}, "7×7 conv, 64, dilation 2"),
        ("SeparableConv2d", CONV, "7×7 separable conv, 64"),
        ("mul", {"other": 1 / 255}, "÷ 255"),
        ("mul", {"other": 0.125}, "× 0.125"),
        ("ConvTranspose2d", {**CONV, "kernel_size": 2, "stride": (2, 2)}, "2×2 up-conv, 64, stride 2"),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2}, "3×3 max pool, /2"),
        ("AdaptiveAvgPool2d", {"output_size": (1, 1)}, "global avg pool"),
        ("AdaptiveAvgPool2d", {"output_size": (7, 7)}, "adaptive avg pool, 7×7"),
        ("Linear", {"out_features": 1000}, "Linear, 1000"),
        ("LSTM", {"hidden_size": 512, "num_layers": 2, "bidirectional": True}, "bidirectional LSTM, 512, 2 layers"),
        ("MultiheadAttention", {"embed_dim": 64, "num_heads": 8}, "Multi-head attention, 8 heads"),
        ("MyOwnThing", {}, "MyOwnThing"),
    ],
)
def test_labels_at_paper(kind, attributes, label):
    """One line that people in the field write so."""
    assert _look(kind, **attributes).label == (label,)


def test_explicit_names_what_differs_from_the_default_and_nothing_else():
    """Padding, bias and the like, so that the layer can be built again."""
    look = _look("Conv2d", detail_="explicit", **CONV, bias=False, groups=1, padding_mode="zeros")
    assert look.label == ("7×7 conv, 64", "padding 3, no bias")
    assert _look("AdaptiveAvgPool2d", detail_="explicit", output_size=(1, 1)).label == ("global avg pool",)


def test_what_all_layers_of_a_kind_share_is_told_once():
    """`no bias` of every convolution stands in the caption."""
    sketch = graphs.Sketch()
    x = "image"
    for index in range(4):
        x = sketch.conv(f"c{index}", x, channels=index + 3, bias=False, padding=(index, index))
    drawing = detail.drawing([sketch.done()], Options(detail="explicit"))
    assert "No Conv2d has a bias." in drawing.caption
    assert drawing.graph.layer["c1"].look.label == ("3×3 conv, 4", "padding 1")


@pytest.mark.parametrize(
    ("before", "kind", "after", "dims"),
    [
        ((1, 3, 224, 224), "Conv2d", (1, 64, 112, 112), "112×112"),
        ((1, 3, 224, 224), "Conv2d", (1, 64, 224, 224), ""),
        ((1, 3, 8, 64, 64), "Conv3d", (1, 4, 4, 32, 32), "4×32×32"),
        ((1, 128, 768), "Linear", (1, 128, 3072), ""),
        ((1, 128, 768), "Linear", (1, 64, 768), "64×768"),
        ((1, 512), "Linear", (1, 10), ""),
        ((1, 100), "ConvTranspose2d", (1, 512, 4, 4), "4×4"),
        ((1, 100), "Conv2d", (1, 512, 1, 1), ""),
    ],
)
def test_sizes_are_written_where_positions_change(before, kind, after, dims):
    """Of images height and width, of sequences length and features; never where only channels change."""
    assert _look(kind, shape=after, before=before).dims == dims


def test_what_a_later_output_is_made_into_has_its_size():
    """A block gives a map and its pooled half: the half's size stands beside what takes it."""
    sketch = graphs.Sketch(image=(1, 8, 16, 16))
    sketch.add("down", "Down", "image", shape=(1, 8, 16, 16))
    sketch.add("next", "Conv2d", "down", shape=(1, 8, 8, 8), out_channels=8)
    down, after = sketch.done().layers
    down = replace(down, output=(*down.output, replace(down.output[0], shape=(1, 8, 8, 8))))
    after = replace(after, inputs=(replace(after.inputs[0], output=1),))
    drawing = detail.drawing([replace(sketch.done(), layers=(down, after))], Options())
    assert drawing.graph.layer["next"].look.dims == "8×8"


def test_a_projection_shortcut_is_marked():
    """The convolution alone on the branch beside a residual sum, with its norm."""
    sketch = graphs.Sketch()
    main = sketch.conv("b", sketch.conv("a", "image", 16), 16)
    short = sketch.add("bn", "BatchNorm2d", sketch.conv("short", "image", 16, 1), shape=(1, 16, 16, 16))
    sketch.add("sum", "add", main, short, shape=(1, 16, 16, 16))
    for dial in ("paper", "explicit"):
        graph = detail.drawing([sketch.done()], Options(detail=dial)).graph
        assert dict(graph.layer["short"].look.data)["shortcut"] == "projection"
        assert "shortcut" not in dict(graph.layer["a"].look.data)


def test_equal_heads_that_are_added_later_are_no_shortcuts():
    """The mean and the deviation of a variational encoder stand side by side."""
    sketch = graphs.Sketch()
    code = sketch.add("code", "Linear", "image", shape=(1, 32), in_features=8, out_features=32)
    mean = sketch.add("mean", "Linear", code, shape=(1, 4), in_features=32, out_features=4)
    deviation = sketch.add("deviation", "Linear", code, shape=(1, 4), in_features=32, out_features=4)
    sketch.add("sample", "add", mean, sketch.add("scale", "exp", deviation, shape=(1, 4)), shape=(1, 4))
    layer = detail.drawing([sketch.done()], Options()).graph.layer
    assert not any("shortcut" in dict(layer[name].look.data) for name in ("mean", "deviation"))


def test_what_equal_blocks_give_beside_their_way_on_is_no_shortcut():
    """The outputs of two blocks in a row are added, as in WaveNet: the first one is no way past the second."""
    sketch = graphs.Sketch()
    first = sketch.conv("blocks.0.out", "image", 16)
    skip = sketch.conv("blocks.0.skip", first, 8, 1)
    second = sketch.conv("blocks.1.out", first, 16)
    sketch.add("sum", "add", skip, sketch.conv("blocks.1.skip", second, 8, 1), shape=(1, 8, 16, 16))
    layer = detail.drawing([sketch.done()], Options()).graph.layer
    assert not any("shortcut" in dict(layer[f"blocks.{i}.skip"].look.data) for i in (0, 1))


def test_a_lateral_connection_of_a_pyramid_is_no_shortcut():
    """Beside a way down to a smaller map and up again, a 1×1 convolution projects nothing past a block."""
    sketch = graphs.Sketch()
    fine = sketch.conv("fine", "image", 16)
    small = sketch.add("pool", "MaxPool2d", fine, shape=(1, 16, 8, 8))
    up = sketch.add("up", "interpolate", sketch.add("top", "Conv2d", small, shape=(1, 32, 8, 8)), shape=(1, 32, 16, 16))
    lateral = sketch.conv("lateral", fine, 32, 1)
    sketch.add("sum", "add", up, lateral, shape=(1, 32, 16, 16))
    graph = detail.drawing([sketch.done()], Options(detail="explicit")).graph
    assert "shortcut" not in dict(graph.layer["lateral"].look.data)


def test_sums_and_products_are_signs_where_they_join():
    """A sum of two tensors is a circle; of one tensor and a number it is a box."""
    sketch = graphs.Sketch()
    sketch.add("sum", "add", sketch.conv("c", "image"), "image")
    sketch.add("one", "add", "sum", other=1)
    graph = detail.drawing([sketch.done()], Options()).graph
    assert graph.layer["sum"].look.glyph == "+"
    assert graph.layer["one"].look.glyph == ""


def test_a_block_that_mixes_by_heads_has_no_width():
    """Of (1, 8, 20, 64) that attention gives, 64 is the size of a head."""
    sketch = graphs.Sketch(q=(1, 8, 20, 64), k=(1, 8, 64, 20), v=(1, 8, 20, 64))
    group = sketch.group("mix", "scaled_dot_product")
    x = sketch.add("mix.scores", "matmul", "q", "k", shape=(1, 8, 20, 20), group=group)
    x = sketch.add("mix.softmax", "softmax", x, shape=(1, 8, 20, 20), group=group)
    sketch.add("mix.values", "matmul", x, "v", shape=(1, 8, 20, 64), group=group)
    graph = detail.drawing([sketch.done()], Options(close=("mix",))).graph
    assert graph.layer["mix"].look.label[0] == "scaled dot product"


def test_a_token_of_weights_makes_an_image_a_sequence():
    """What a class token is joined with has its features last: 768 of 197 tokens."""
    sketch = graphs.Sketch()
    patches = sketch.conv("patches", "image", channels=768, size=14)
    tokens = sketch.add("tokens", "flatten", patches, shape=(1, 196, 768), mark="plumbing")
    sketch.add("token", "Parameter", shape=(1, 1, 768), params=768)
    x = sketch.add("cat", "cat", "token", tokens, shape=(1, 197, 768))
    sketch.add("fc", "Linear", x, shape=(1, 197, 768), out_features=768)
    looks = {layer.name: layer.look for layer in detail.drawing([sketch.done()], Options()).graph.layers}
    assert (looks["cat"].label, looks["cat"].dims) == (("concat, 768",), "197×768")
    assert looks["fc"].dims == ""


def test_a_product_with_a_vector_of_weights_changes_no_size():
    """`layer_scale * x` has the size of x, though the vector comes first."""
    sketch = graphs.Sketch()
    x = sketch.conv("conv", "image")
    sketch.add("scale", "Parameter", shape=(8, 1, 1), params=8)
    sketch.add("mul", "mul", "scale", x)
    assert detail.drawing([sketch.done()], Options()).graph.layer["mul"].look.dims == ""


def test_a_class_derived_from_a_convolution_is_written_as_one():
    """Whatever it is called: at explicit with its name, and never taken for equal to a plain one."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(4):
        group = sketch.group(f"b{index}", "Block")
        for part in "ab":
            x = sketch.conv(f"{group}.{part}", x, group=group, transposed=False)
        sketch.layers[-1] = replace(sketch.layers[-1], kind="WS" if index > 1 else "Conv2d")
    paper = detail.drawing([sketch.done()], Options(show=("kernel", "channels"))).graph
    assert {layer.look.label for layer in paper.layers} == {("3×3 conv, 8",)}
    assert [group.repeat for group in paper.groups] == [2, 2]
    exact = detail.drawing([sketch.done()], Options(detail="explicit")).graph
    assert exact.layer["b2.b"].look.label[-1] == "WS"
    assert detail.drawing([sketch.done()], Options(hide=("WS",))).graph.params == 6 * 8


def test_an_activation_is_called_alike_as_function_and_as_module():
    """`F.elu(x)` and `nn.ELU()` are ELU."""
    for kind in ("ReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "GLU", "Mish", "ReLU6", "LeakyReLU"):
        sketch = graphs.Sketch()
        x = sketch.add("module", kind, "image")
        function = "leaky_relu" if kind == "LeakyReLU" else kind.lower()
        sketch.add("function", function, x)
        drawn = detail.drawing([sketch.done()], Options(detail="explicit")).graph
        assert {layer.look.label[0] for layer in drawn.layers} == {kind}


def test_weights_belong_to_their_function_and_data_stay():
    """A weight that a function reads is part of it; a position embedding that a sum reads is drawn."""
    sketch = graphs.Sketch(x=(1, 16, 8))
    sketch.add("w", "Parameter", shape=(8, 8), params=64, mark="constant")
    sketch.add("pos", "Parameter", shape=(1, 16, 8), params=128, mark="constant")
    inner = sketch.add("fc", "linear", "x", "w", shape=(1, 16, 8))
    sketch.add("sum", "add", inner, "pos", shape=(1, 16, 8))
    graph = detail.drawing([sketch.done()], Options()).graph
    assert list(graph.layer) == ["pos", "fc", "sum"] or list(graph.layer) == ["fc", "pos", "sum"]
    assert graph.layer["fc"].params == 64
    assert "w" in detail.drawing([sketch.done()], Options(detail="ops")).graph.layer


def test_edges_say_what_hidden_changes_of_shape_do():
    """At explicit, an edge through view and transpose splits into heads; at paper it says nothing."""
    sketch = graphs.Sketch(x=(1, 16, 8))
    sketch.add("view", "view", "x", shape=(1, 16, 2, 4), mark="plumbing")
    sketch.add("transpose", "transpose", "view", shape=(1, 2, 16, 4), mark="plumbing")
    sketch.add("attend", "scaled_dot_product_attention", "transpose", shape=(1, 2, 16, 4))
    labels = {
        dial: detail.drawing([sketch.done()], Options(detail=dial)).graph.layer["attend"].inputs[0].label
        for dial in ("paper", "explicit")
    }
    assert labels == {"paper": "", "explicit": "split into 2 heads"}


def test_sections_vanish_with_their_fields():
    """Brackets hide their text where a field in them has no value; doubled signs are text."""
    assert render("{a} b[, {c}][ [[{d}]]]", {"a": "1", "d": "2"}.get) == "1 b [2]"
    assert fields("{a}[{b}] {{c}}") == ("a", "b")


@pytest.mark.parametrize("template", ["{a", "a}", "[a", "a]", "[a [b] c]", "{a b}"])
def test_a_template_with_a_loose_brace_is_refused_with_its_place(template):
    """The message says which sign, and where."""
    with pytest.raises(ValueError, match=r"character|not closed"):
        parse(template)


def test_counts_and_defaults():
    """Edge cases of the small helpers."""
    assert [big(n) for n in (0, 999, 1000, 1_500_000, None)] == ["0", "999", "1.00k", "1.50M", ""]
    assert is_default("stride", (1, 1))
    assert not is_default("stride", (1, 2))
    assert not is_default("bias", False)
    assert is_default("eps", 1e-5)
    assert not is_default("eps", 1e-12)


def test_masks_and_numbers_are_named():
    """A causal mask makes attention `Masked`; a sum with a buffer or a number says which."""
    sketch = graphs.Sketch(x=(1, 16, 8))
    sketch.add("ones", "ones", shape=(16, 16), mark="constant")
    sketch.add("triu", "triu", "ones", shape=(16, 16), mark="constant")
    sketch.add("table", "Constant", shape=(1, 16, 8), mark="constant")
    attend = sketch.add("attend", "MultiheadAttention", "x", "x", "x", "triu", shape=(1, 16, 8), num_heads=2)
    summed = sketch.add("sum", "add", attend, "table", shape=(1, 16, 8))
    sketch.add("half", "mul", summed, shape=(1, 16, 8), other=0.5)
    layers = detail.drawing([sketch.done()], Options()).graph.layer
    assert layers["attend"].look.label == ("Masked Multi-head attention, 2 heads",)
    assert layers["attend"].sources == ("x",)
    assert layers["sum"].look.label == ("+ table",)
    assert layers["half"].look.label == ("× 0.5",)


def test_edges_into_attention_say_their_roles():
    """Queries, keys and values from several layers are told apart; those of one layer are one wire without words."""
    sketch = graphs.Sketch()
    encoder, decoder = sketch.conv("encoder", "image"), sketch.conv("decoder", "image")
    sketch.add("own", "MultiheadAttention", decoder, decoder, decoder)
    sketch.add("cross", "MultiheadAttention", "own", encoder, encoder)
    drawn = detail.drawing([sketch.done()], Options()).graph
    said = {name: [(e.source, e.label) for e in drawn.layer[name].inputs] for name in ("own", "cross")}
    assert said == {"own": [("decoder", "")], "cross": [("own", "Q"), ("encoder", "K, V")]}


def _tied(**options):
    sketch = graphs.Sketch(ids=(1, 12))
    inside = sketch.group("words", "WordEmbeddings")
    x = sketch.add("words.wte", "Embedding", "ids", shape=(1, 12, 8), params=800, group=inside, num_embeddings=100)
    x = sketch.add("words.norm", "LayerNorm", x, shape=(1, 12, 8), group=inside)
    x = sketch.add("fc", "Linear", x, shape=(1, 12, 8), out_features=8, params=64)
    sketch.add("head", "Linear", x, shape=(1, 12, 100), out_features=100)
    graph = sketch.done()
    layers = tuple(replace(layer, shared="words.wte") if layer.name == "head" else layer for layer in graph.layers)
    return detail.drawing([graph.replace(layers=layers)], Options(**options))


def test_an_output_layer_with_the_weights_of_the_embedding_says_so():
    """In its box and in the caption, also where the embedding stands in a closed block."""
    drawing = _tied()
    assert drawing.graph.layer["head"].look.label == ("Linear, 100", "tied to Embedding")
    assert "‘Linear, 100’ has the weights of ‘Embedding, 8’." in drawing.caption
    closed = _tied(close=("words",))
    assert "‘Linear, 100’ has the weights of the embedding in ‘WordEmbeddings’." in closed.caption


@pytest.mark.parametrize("options", [{"detail": "explicit"}, {"close": ("attn",)}])
def test_grouped_attention_says_how_many_heads_hold_keys_and_values(options):
    """Open and closed; as many as queries need no word, nor does the usual scale."""
    sketch = graphs.Sketch(q=(1, 8, 12, 4), k=(1, 2, 12, 4))
    group = sketch.group("attn", "SelfAttention")
    name = "attn.scaled_dot_product_attention"
    more = {"shape": (1, 8, 12, 4), "group": group, "enable_gqa": True, "scale": 0.5}
    sketch.add(name, "scaled_dot_product_attention", "q", "k", "k", **more)
    (layer,) = detail.drawing([sketch.done()], Options(**options)).graph.layers
    assert layer.look.label == ("Attention, 8 heads, 2 KV heads",)


def test_a_class_of_ones_own_is_told_where_the_label_has_a_general_word():
    """`Conv2dSame` pads by itself, which `3×3 conv` would not tell; a norm's eps is read off its sum."""
    assert _look("Conv2dSame", detail_="explicit", **CONV).label == ("7×7 conv, 64", "Conv2dSame, padding 3")
    assert _look("Conv2dSame", **CONV).label == ("7×7 conv, 64",)
    sketch = graphs.Sketch(x=(1, 12, 8))
    norm = sketch.group("norm", "MyRMSNorm")
    x = sketch.add("norm.pow", "pow", "x", shape=(1, 12, 8), group=norm, exponent=2)
    x = sketch.add("norm.add", "add", sketch.add("norm.mean", "mean", x, group=norm), group=norm, other=1e-6)
    sketch.add("norm.mul", "mul", "x", sketch.add("norm.rsqrt", "rsqrt", x, group=norm), group=norm)
    (layer,) = detail.drawing([sketch.done()], Options(detail="explicit")).graph.layers
    assert layer.look.label == ("RMSNorm", "eps 1e-06")


def _dims(sketch):
    return [layer.look.dims for layer in detail.drawing([sketch.done()], Options(detail="explicit")).graph.layers]


def test_sizes_are_not_repeated_where_axes_only_change_places():
    """A norm over the channels of an image, and heads that are split off, change no size."""
    sketch = graphs.Sketch()
    x = sketch.conv("a", sketch.add("norm", "LayerNorm2d", sketch.conv("b", "image"), normalized_shape=(8,)))
    sketch.add("pool", "MaxPool2d", x, shape=(1, 8, 8, 8), kernel_size=2, stride=2)
    assert _dims(sketch) == ["", "", "", "8×8"]
    heads = graphs.Sketch(x=(1, 12, 8))
    x = heads.add("q", "Linear", "x", shape=(1, 12, 8), out_features=8)
    x = heads.add("rotary", "apply_rotary_pos_emb", x, shape=(1, 2, 12, 4))
    heads.add("out", "Linear", x, shape=(1, 12, 8), out_features=8)
    assert _dims(heads) == ["", "", ""]


def test_an_image_without_a_batch_keeps_its_colours():
    """Detectors take a list of images of three axes."""
    drawing = detail.drawing([_image(3, 32, 32)], Options())
    assert drawing.panels[0].input_looks["image"].dims == "3×32×32"
    assert "for an input of 3×32×32" in drawing.caption
    assert detail.drawing([_image(1, 32, 16)], Options()).panels[0].input_looks["image"].dims == "32×16"


def _image(*shape):
    sketch = graphs.Sketch(image=shape)
    sketch.add("normalise", "sub", "image", shape=shape, other=0.5)
    return sketch.done()


def test_sizes_are_those_of_an_image_once_its_axes_are_turned_back():
    """A block that computes with channels last gives a map again: 16x16 did not change to 8x16."""
    sketch = graphs.Sketch()
    last = (1, 16, 16, 8)
    turned = sketch.add("turn", "permute", sketch.conv("conv", "image"), shape=last, mark="plumbing")
    back = sketch.add("back", "permute", sketch.add("fc", "Linear", turned, shape=last), mark="plumbing")
    sketch.add("mul", "mul", back, sketch.add("gamma", "Parameter", shape=(8,), mark="constant"))
    graph = detail.drawing([sketch.done()], Options()).panels[0].graph
    assert [layer.look.dims for layer in graph.layers if layer.look] == ["", "", "", ""]


def test_names_from_code_are_said_in_words():
    """Inputs, outputs, frames and the caption; as they are where names are to be shown."""
    sketch = graphs.Sketch(input_image=graphs.IMAGE, x_1=graphs.IMAGE)
    x = sketch.add("both", "add", "input_image", "x_1")
    for index in range(2):
        x = graphs.residual(sketch, f"b.{index}", x, cls="conv_block")
    graph = sketch.done("both", x).replace(output_names=("low_level", "high_level"))
    drawing = detail.drawing([graph], Options())
    panel = drawing.panels[0]
    assert [look.label for look in panel.input_looks.values()] == [("input image",), ("x_1",)]
    assert [look.label for look in panel.output_looks.values()] == [("low level",), ("high level",)]
    assert [group.title for group in panel.graph.groups] == ["conv block"]
    assert "conv block ×2" in drawing.caption
    named = detail.drawing([graph], Options(show=("names",))).panels[0]
    assert named.input_looks["input_image"].label == ("input_image",)


def test_an_identity_on_the_way_is_not_worth_a_word():
    """`flatten, transpose, Identity` makes tokens of an image as it would without."""
    sketch = graphs.Sketch()
    x = sketch.add("flat", "flatten", sketch.conv("stem", "image"), shape=(1, 8, 256), mark="plumbing")
    x = sketch.add("turn", "transpose", x, shape=(1, 256, 8), mark="plumbing", dim0=1, dim1=2)
    x = sketch.add("norm", "Identity", x, shape=(1, 256, 8), mark="plumbing")
    sketch.add("fc", "Linear", x, shape=(1, 256, 8), out_features=8)
    drawn = detail.drawing([sketch.done()], Options(detail="explicit")).graph
    assert drawn.layer["fc"].inputs[0].label == "image to tokens"
