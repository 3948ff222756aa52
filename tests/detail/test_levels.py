"""How far groups are opened, what a closed one says, and panels that open one beside the figure."""

from __future__ import annotations

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.errors import NnfigError
from nnfig.graph import verify
from nnfig.options import Options


def _resnet(blocks: int = 3) -> graphs.Sketch:
    sketch = graphs.Sketch("ResNet")
    x = sketch.conv("stem", "image")
    for stage in range(4):
        path = sketch.group(f"layer{stage}", "Sequential")
        for index in range(blocks):
            group = sketch.group(f"{path}.{index}", "Block", parent=path)
            kernel = 1 if index == 0 else 3
            a = sketch.conv(f"{group}.conv1", x, 8 + stage, kernel, group=group)
            b = sketch.conv(f"{group}.conv2", a, 8 + stage, group=group)
            x = sketch.add(f"{group}.add", "add", b, x, group=group)
    sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10, params=80)
    return sketch


def test_an_overview_shows_stages_with_their_blocks():
    """A closed Sequential of equal classes says class and number, and its costs are the sum of all in it."""
    graph = _resnet().done()
    drawing = detail.drawing([graph], Options(detail="overview"))
    assert drawing.graph.layer["layer1"].look.label[0].startswith("Block ×3")
    assert drawing.graph.params == graph.params
    assert "×N in a box stands for N blocks in a row, of which the first differs in kernels." in drawing.caption


def test_depth_counts_modules():
    """0 closes the top level, 1 the blocks in it, 2 nothing."""
    names = {n: list(detail.drawing([_resnet().done()], Options(depth=n)).graph.layer) for n in (0, 1, 2)}
    assert names[0] == ["stem", "layer0", "layer1", "layer2", "layer3", "fc"]
    assert "layer0.1" in names[1]
    assert "layer0.1.conv1" in names[2]


def test_open_and_close_by_glob():
    """--close and --open win over the dial, the later over the earlier, for paths and classes."""
    closed = detail.drawing([_resnet().done()], Options(close=("layer2",))).graph
    assert "layer2" in closed.layer
    assert "layer1.0.conv1" in closed.layer
    opened = detail.drawing([_resnet().done()], Options(detail="overview", open=("layer2*",))).graph
    assert "layer2.0.conv1" in opened.layer
    assert "layer1" in opened.layer


def test_a_closed_repeated_group_keeps_its_frame():
    """Block xN: the frame carries the count, the block one copy's costs."""
    drawn = detail.drawing([_resnet().done()], Options(close=("Block",))).graph
    assert drawn.group["layer0.1"].repeat == 2
    assert drawn.layer["layer0.1"].group == "layer0.1"
    assert drawn.params == _resnet().done().params


def test_tightening_closes_deep_groups_first_and_ends():
    """Blocks, then stages, then nothing more; the note says what was closed."""
    graph = _resnet().done()
    first, second = (detail.drawing([graph], Options(), step) for step in (1, 2))
    assert "layer0.0..1" in first.graph.layer
    assert "layer1" in second.graph.layer
    assert "closed so that the figure fits" in first.notes[0]
    assert detail.drawing([graph], Options(), 3) is None


def test_long_runs_of_arithmetic_are_closed_before_any_block():
    """What decodes boxes is one box before a block is; what a layer with weights lies between stays apart."""
    sketch = graphs.Sketch()
    last = sketch.conv("conv", residual_end := graphs.residual(sketch, "block", "image"))
    for i in range(15):
        last = sketch.add(f"f{i}", "exp" if i % 2 else "sigmoid", last)
    last = sketch.conv("between", last, kernel=1)
    for i in range(14):
        last = sketch.add(f"g{i}", "exp" if i % 2 else "sigmoid", last)
    graph = sketch.done(last)
    assert residual_end in graph.layer
    assert "f3" in detail.drawing([graph], Options()).graph.layer
    drawn = detail.drawing([graph], Options(), 1)
    closed = drawn.graph
    assert [layer.look.label for layer in closed.layers if ".." in layer.name] == [
        ("15 operations",),
        ("14 operations",),
    ]
    assert "long run of arithmetic is drawn as one box" in drawn.caption
    assert "between" in closed.layer
    assert residual_end in closed.layer
    assert residual_end not in detail.drawing([graph], Options(), 2).graph.layer
    assert detail.drawing([graph], Options(depth=2), 1) is None


def test_what_was_opened_stays_open_while_the_rest_is_closed_to_fit():
    """--open of one stage leaves fitting on for all the others, and is never undone by it."""
    last = list(detail.drawings([_resnet().done()], Options(open=("layer1",))))[-1].graph
    assert "layer2" in last.layer
    assert "layer1" not in last.layer


@pytest.mark.parametrize("options", [{"depth": 2}, {"detail": "explicit"}, {"detail": "ops"}])
def test_detail_by_hand_is_never_closed(options):
    """Who asks for detail gets it, whether it fits or not."""
    assert detail.drawing([_resnet().done()], Options(**options), 1) is None


def test_a_single_box_has_no_frame():
    """Wrappers around one layer, and containers, dissolve."""
    sketch = graphs.Sketch()
    outer = sketch.group("features", "Sequential")
    inner = sketch.group("features.0", "ConvBNReLU", parent=outer)
    x = sketch.add("features.0.bn", "BatchNorm2d", sketch.conv("features.0.conv", "image", group=inner), group=inner)
    sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10)
    drawn = detail.drawing([sketch.done()], Options()).graph
    assert drawn.groups == ()
    assert drawn.layer["features.0.conv"].look.label == ("3×3 conv, 8", "BN")


def test_a_light_group_is_one_box_under_its_own_name():
    """A hand-written RMSNorm is drawn as such, and opened at ops."""
    sketch = graphs.Sketch(x=(1, 16, 8))
    norm = sketch.group("norm", "MyRMSNorm")
    squared = sketch.add("norm.pow", "pow", "x", shape=(1, 16, 8), group=norm)
    sketch.add("norm.mul", "mul", squared, "x", shape=(1, 16, 8), group=norm)
    sketch.add("fc", "Linear", "norm.mul", shape=(1, 16, 4), out_features=4)
    paper = detail.drawing([sketch.done()], Options()).graph
    assert paper.layer["norm"].look.cls == "norm"
    assert "norm.pow" in detail.drawing([sketch.done()], Options(detail="ops")).graph.layer


def test_an_opened_stage_shows_its_blocks():
    """What was opened by hand is not put together again, also where an overview counts blocks in a row."""
    graph = detail.drawing([_resnet().done()], Options(detail="overview", open=("layer1",))).graph
    assert [layer.name for layer in graph.layers if layer.name.startswith("layer1")] == ["layer1.0", "layer1.1"]
    assert "layer2" in graph.layer


def test_insets_nest_three_levels():
    """Each class is opened once, in a panel that says which box it opens."""
    sketch = graphs.Sketch()
    x = sketch.conv("stem", "image")
    path = ""
    for name, cls in (("a", "A"), ("a.b", "B"), ("a.b.c", "C")):
        path = sketch.group(name, cls, parent=path)
        x = sketch.conv(f"{name}.first", x, group=path)
        x = sketch.conv(f"{name}.second", x, group=path)
    sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10)
    drawing = detail.drawing([sketch.done()], Options(inset=("A", "B", "C")))
    assert [(p.role, p.name, p.of) for p in drawing.panels] == [
        ("main", "", ""),
        ("inset", "A", "a"),
        ("inset", "B", "a.b"),
        ("inset", "C", "a.b.c"),
    ]
    assert [len(verify(p.graph).layers) for p in drawing.panels] == [3, 3, 3, 2]
    assert next(iter(drawing.panels[1].input_looks.values())).label == ("input",)
    assert [look.label for look in drawing.panels[1].output_looks.values()] == [("output",)]
    assert "The insets open A, B and C." in drawing.caption


def test_an_inset_shows_the_block_that_stands_for_most():
    """Of three Block variants the one that is drawn for two is opened."""
    drawing = detail.drawing([_resnet().done()], Options(inset=("Block",)))
    assert "layer0.1.conv1" in drawing.panels[1].graph.layer


def test_a_change_of_shape_is_told_on_its_side_of_the_border_of_a_block():
    """What is split outside comes into the inset as it is there; what is transposed inside is said inside."""
    sketch = graphs.Sketch(x=(1, 128, 512))
    key = sketch.add("key", "Linear", "x", shape=(1, 128, 512))
    split = sketch.add("split", "view", key, shape=(1, 128, 8, 64), mark="plumbing")
    heads = sketch.add("heads", "transpose", split, shape=(1, 8, 128, 64), mark="plumbing")
    sketch.group("core", "Core")
    turned = sketch.add("core.turned", "transpose", heads, shape=(1, 8, 64, 128), group="core", mark="plumbing")
    sketch.add("core.scores", "matmul", "x", turned, shape=(1, 8, 128, 128), group="core")
    sketch.add("core.weights", "Softmax", "core.scores", shape=(1, 8, 128, 128), group="core")
    main, inset = detail.drawing([sketch.done()], Options(detail="explicit", inset=("Core",))).panels
    assert [edge.label for edge in main.graph.layer["core"].inputs] == ["", "split into 8 heads"]
    assert inset.graph.inputs["key"].shape == (1, 8, 128, 64)
    assert [edge.label for edge in inset.graph.layer["core.scores"].inputs] == ["", "transpose"]


def test_an_inset_tells_what_runs_in_its_boxes():
    """It defines the block: merged layers stand in the boxes, and what follows a sum is drawn behind its sign."""
    sketch = graphs.Sketch()
    block = sketch.group("block", "Block")
    x = sketch.add("block.relu", "ReLU", sketch.conv("block.conv1", "image", group=block), group=block)
    x = sketch.conv("block.conv2", x, group=block)
    x = sketch.add("block.add", "add", x, "image", group=block)
    sketch.conv("head", sketch.add("block.relu2", "ReLU", x, group=block))
    drawing = detail.drawing([sketch.done()], Options(inset=("Block",)))
    looks = {layer.name: layer.look for layer in drawing.panels[1].graph.layers}
    assert looks["block.conv1"].label == ("3×3 conv, 8", "ReLU")
    assert looks["block.add"].glyph == "+"
    assert looks["block.relu2"].label == ("ReLU",)


def test_an_unknown_word_is_an_error_with_a_suggestion():
    """All wrong words at once, each with what was meant."""
    with pytest.raises(NnfigError) as caught:
        detail.drawing([_resnet().done()], Options(inset=("Blok",), hide=("actvation",), open=("nowhere.*",)))
    message = str(caught.value)
    assert "did you mean 'Block'?" in message
    assert "did you mean 'activation'?" in message
    assert "nowhere.*" in message


@pytest.mark.parametrize(
    ("option", "word", "said"),
    [
        ("close", "layr1", "did you mean 'layer1'?"),
        ("open", "layer7.*", "did you mean 'layer"),
        ("close", "stem", "'stem' is a single layer"),
        ("inset", "layer1.0", "'layer1.0' is no class of blocks"),
    ],
)
def test_paths_are_checked_and_near_ones_offered(option, word, said):
    """A pattern that opens or closes nothing is an error, not a figure without it."""
    with pytest.raises(NnfigError) as caught:
        detail.drawing([_resnet().done()], Options(**{option: (word,)}))
    assert said in str(caught.value)


def test_a_group_that_hides_a_lie_stays_open():
    """Two towers in one module: one box would join what never meets."""
    sketch = graphs.Sketch(a=graphs.IMAGE, b=graphs.IMAGE)
    group = sketch.group("towers", "Towers")
    for side in "ab":
        x = sketch.conv(f"towers.{side}1", side, group=group)
        sketch.conv(f"towers.{side}2", x, group=group)
    graph = sketch.done("towers.a2", "towers.b2")
    assert "towers" not in detail.drawing([graph], Options(detail="overview")).graph.layer
    assert "towers" in detail.drawing([graph], Options(close=("towers",))).graph.layer


def test_what_one_block_lends_to_the_next_keeps_neither_open():
    """A table of positions that the first block makes and all blocks read, which all take the same memory as well."""
    sketch = graphs.Sketch(x=graphs.IMAGE, memory=graphs.IMAGE)
    x, table = "x", ""
    for index in range(3):
        group = sketch.group(f"block{index}", "Block")
        table = table or sketch.add("block0.table", "Parameter", group=group, params=9)
        mask = sketch.add(f"{group}.mask", "where", table, group=group)
        x = sketch.conv(f"{group}.in", x, 8 + index, group=group)
        x = sketch.add(f"{group}.at", "add", x, mask, group=group)
        x = sketch.add(f"{group}.cross", "add", x, "memory", group=group)
        x = sketch.conv(f"{group}.out", x, 20 + index, group=group)
    for index in range(4):
        x = sketch.conv(f"head{index}", x, 30 + index)
    drawn = detail.drawing([sketch.done()], Options(detail="overview")).graph
    assert not [name for name in drawn.layer if name.startswith("block0.")]


@pytest.mark.parametrize("deep", [False, True])
def test_an_operation_on_a_graph_is_one_box(deep):
    """Nodes to edges and back with one layer of weights is what papers call by its name; a network is drawn."""
    sketch = graphs.Sketch(x=(9, 8), edges=(2, 20))
    group = sketch.group("conv", "HomeConv")
    x = sketch.add("conv.lin", "Linear", "x", shape=(9, 4), group=group, params=32, out_features=4)
    x = sketch.add("conv.gather", "index_select", x, "edges", shape=(20, 4), group=group)
    if deep:
        x = sketch.add("conv.message", "Linear", x, shape=(20, 4), group=group, params=16, out_features=4)
    sketch.add("conv.scatter", "scatter_add", x, "edges", shape=(9, 4), group=group)
    drawn = detail.drawing([sketch.done()], Options()).graph
    labels = ["Linear, 4", "index_select", "Linear, 4", "scatter_add"] if deep else ["HomeConv, 4"]
    assert [" ".join(layer.look.label) for layer in drawn.layers] == labels


def _mixed(*channels: int):
    """Blocks of one class in a row that differ inside, so many channels wide."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(4):
        x = sketch.conv(f"stem{index}", x, 20 + index)
    for index, width in enumerate(channels):
        group = sketch.group(f"mixed{index}", "Mixed")
        x = sketch.conv(f"{group}.a", x, 10 + index, group=group)
        x = sketch.conv(f"{group}.b", x, width, group=group)
    return sketch.done()


def test_blocks_of_one_class_in_a_row_are_one_box_of_an_overview():
    """Whether they are equal inside or not, which the caption tells; the box costs what they cost."""
    graph = _mixed(8, 9, 9, 9)
    drawing = detail.drawing([graph], Options(detail="overview"))
    assert [layer.look.label[0] for layer in drawing.graph.layers][4:] == ["Mixed, 8", "Mixed ×3, 9"]
    assert "×N in a box stands for N blocks of one class in a row, which may differ inside." in drawing.caption
    assert drawing.graph.layers[-1].params == 11 + 9 + 12 + 9 + 13 + 9
    for by_hand in ({"close": ("Mixed",)}, {"fold": False}):
        assert len(detail.drawing([graph], Options(detail="overview", **by_hand)).graph.layers) == 8


def test_where_blocks_are_closed_for_space_only_those_that_look_alike_are_one_box():
    """A block that changes the channels stands apart."""
    drawing = detail.drawing([_mixed(8, 8, 8, 9)], Options(), 1)
    labels = [layer.look.label[0] for layer in drawing.graph.layers][4:]
    assert labels == ["Mixed, 8", "Mixed ×2, 8", "Mixed, 9"]


def test_stages_of_one_network_look_alike():
    """One whose blocks are all equal is no frame between boxes that say how many they hold."""
    sketch = graphs.Sketch()
    x = sketch.conv("stem", "image")
    for stage, channels in enumerate((8, 12, 16)):
        path = sketch.group(f"layer{stage}", "Sequential")
        for index in range(2):
            group = sketch.group(f"{path}.{index}", "Block", parent=path)
            x = sketch.conv(f"{group}.a", x, channels, in_channels=1 if stage and not index else channels, group=group)
            x = sketch.conv(f"{group}.b", x, channels, group=group)
    drawing = detail.drawing([sketch.done()], Options(detail="overview"))
    assert [layer.look.label[0] for layer in drawing.graph.layers[1:]] == [
        "Block ×2, 8",
        "Block ×2, 12",
        "Block ×2, 16",
    ]
    assert not drawing.graph.groups
    assert "stands for N blocks in a row, of which the first may differ" in drawing.caption


def test_a_block_that_is_one_container_is_closed_under_its_own_name():
    """`MBConv`, as its neighbours with a skip are called, and not the Sequential that is all of it."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(2):
        block = sketch.group(f"f.{index}", "MBConv")
        body = sketch.group(f"{block}.block", "Sequential", parent=block)
        y = sketch.conv(f"{body}.b", sketch.conv(f"{body}.a", x, 8 + index, group=body), group=body)
        x = sketch.add(f"{block}.add", "add", x, y, group=block, shape=(1, 9, 16, 16)) if index else y
    drawn = detail.drawing([sketch.done()], Options(), 1).graph
    assert [layer.kind for layer in drawn.layers] == ["MBConv", "MBConv"]


def test_a_count_in_a_box_can_be_read_off_the_graph():
    """`Block ×3` is a layer of kind Block with `repeat` 3; every closed block names the layers in it."""
    sketch, x = graphs.Sketch(), "image"
    for stage in range(4):
        outer = sketch.group(f"stage{stage}", "Sequential")
        x = sketch.conv(f"down{stage}", x, kernel=stage + 1)
        for index in range(3):
            sketch.group(f"{outer}.{index}", "Block", parent=outer)
            y = sketch.conv(f"{outer}.{index}.a", x, group=f"{outer}.{index}")
            x = sketch.conv(f"{outer}.{index}.b", y, group=f"{outer}.{index}", kernel=1 if index else 3)
    stages = [
        layer
        for layer in detail.drawing([sketch.done()], Options(detail="overview")).graph.layers
        if layer.kind == "Block"
    ]
    assert [layer.look.label[0] for layer in stages] == ["Block ×3, 8"] * 4
    assert [layer.attributes["repeat"] for layer in stages] == [3] * 4
    assert stages[1].attributes["members"] == tuple(f"stage1.{i}.{part}" for i in (0, 1) for part in "ab")


def test_titles_of_blocks_are_those_of_the_line_in_a_box(tmp_path):
    """`2 Dense layer` in the box of a stage, where the frame around one of them would say `Dense layer`."""
    sheet = tmp_path / "titles.yaml"
    sheet.write_text("extends: paper\nrules:\n- select: {group: DenseLayer}\n  title: Dense layer\n")
    sketch, x = graphs.Sketch(), "image"
    outer = sketch.group("stage", "DenseBlock")
    for index, kernel in enumerate((1, 3)):
        group = sketch.group(f"stage.{index}", "DenseLayer", parent=outer)
        x = sketch.conv(f"{group}.b", sketch.conv(f"{group}.a", x, group=group), kernel=kernel, group=group)
    sketch.conv("end", x)
    drawing = detail.drawing([sketch.done()], Options(style=(str(sheet),), close=("stage",)))
    assert drawing.graph.layer["stage"].look.label == ("DenseBlock, 8", "2 Dense layer")


def test_stages_of_one_class_of_ones_own_are_opened_together():
    """An overview shows the blocks of both stages or of none, also where a stage is a class and no container."""
    sketch, x = graphs.Sketch(), "image"
    for stage in range(2):
        outer = sketch.group(f"s{stage}", "Stage")
        for index in range(3):
            group = sketch.group(f"s{stage}.{index}", "MB", parent=outer)
            kept = {"group": group, "kernel": 3 - 2 * (index == 0 and stage == 0)}
            x = sketch.conv(f"{group}.b", sketch.conv(f"{group}.a", x, **kept), group=group)
        x = sketch.add(f"pool{stage}", "MaxPool2d", x, kernel_size=2)
    drawn = detail.drawing([sketch.done()], Options(detail="overview")).graph
    assert [layer.kind for layer in drawn.layers if layer.kind != "MaxPool2d"] in (["MB"] * 2, ["MB"] * 3)
