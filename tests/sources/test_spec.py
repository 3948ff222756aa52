"""The layer list as people write it: short forms, chains, definitions, groups, repeats, names, and the examples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnfig.graph import Edge, Graph, verify
from nnfig.graph.save import as_dict
from nnfig.sources.spec import json_schema, read, read_text

EXAMPLES = {
    "lenet": 61_706,
    "alexnet-two-streams": 60_965_224,
    "vgg16": 138_357_544,
    "inception-module": 163_696,
    "inception-resnet-v1": 22_756_328,
    "resnet50": 25_557_032,
    "unet": 31_030_658,
    "lstm-cell": 4 * (256 * (128 + 256) + 256),
    "gru-cell": 3 * (256 * (128 + 256) + 256),
    "transformer": 44_138_496 + 37_000 * 512,
    "mlp-dropout": 1_276_810,
    "dropout-standard": 66,
    "dropout-thinned": 66,
    "attention": 1_050_624,
    "batchnorm-gradients": 128,
}
"""Published totals, or what the equations give."""


def net(layers: str, inputs: str = "x: [1, 3, 32, 32]", more: str = "") -> Graph:
    """A graph from its layers alone."""
    return verify(read_text(f"nnfig: 1\ninputs: {{{inputs}}}\n{more}layers:\n{layers}"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_published_number_of_parameters(root: Path, name: str):
    """Each example is short, lawful, says its total in its first lines, and has that total."""
    path = root / "examples" / f"{name}.yaml"
    text = path.read_text()
    assert EXAMPLES[name] == verify(read(path)).params
    assert f"{EXAMPLES[name]:,}" in text.split("nnfig:")[0]
    assert len(text.splitlines()) <= 60


def test_every_example_is_tested(root: Path):
    """A new layer list in examples/ needs its number here."""
    assert set(EXAMPLES) == {path.stem for path in (root / "examples").glob("*.yaml")}


def test_arguments_of_the_short_form():
    """7x7 is the window, /2 the stride, a bare number the size, the rest `attribute value`; in_channels follows."""
    conv = net("- Conv2d 7x7, 64, /2, padding 3, bias false").layers[0]
    expected = {
        "in_channels": 3,
        "out_channels": 64,
        "kernel_size": (7, 7),
        "stride": (2, 2),
        "padding": (3, 3),
        "dilation": (1, 1),
        "groups": 1,
        "bias": False,
        "padding_mode": "zeros",
    }
    assert expected == conv.attributes
    assert (conv.shape, conv.params) == ((1, 64, 16, 16), 64 * 3 * 49)


@pytest.mark.parametrize(
    "layer",
    [
        "- conv: Conv2d 3x3, 8, /2",
        "- {conv: 'Conv2d 3x3, 8, /2'}",
        "- conv: Conv2d 3x3, 8, /2\n  from: x",
        "- conv: {kind: Conv2d, attributes: {kernel_size: 3, out_channels: 8, stride: [2, 2]}}",
        "- {name: conv, kind: Conv2d, from: [x], attributes: {kernel_size: [3, 3], out_channels: 8, stride: 2}}",
        "- {name: conv, kind: 'Conv2d 3x3, /2', attributes: {out_channels: 8}, output: [1, 8, 15, 15]}",
        "- name: conv\n  kind: Conv2d kernel_size 3, out_channels 8, stride 2x2\n  output: [[1, 8, 15, 15]]",
    ],
)
def test_all_ways_to_write_a_layer_mean_the_same(layer: str):
    """Short, named, long, and mixed forms give one graph."""
    assert net("- {conv: 'Conv2d 3x3, 8, /2'}") == net(layer)


def test_layers_form_a_chain_and_from_names_other_sources():
    """The first layer takes the only input; `from` leaves the chain."""
    graph = net("- a: Conv2d 1x1, 3\n- ReLU\n- sum: add\n  from: [relu, x]\n- Tanh")
    assert [layer.sources for layer in graph.layers] == [("x",), ("a",), ("relu", "x"), ("sum",)]
    assert graph.outputs == ("tanh",)


def test_layers_may_be_named_before_they_are_written():
    """The order is the written one where it can run, else the nearest that can."""
    graph = net("- {name: sum, kind: add, from: [b, a]}\n- {name: a, kind: ReLU, from: x}\n- b: Tanh")
    assert [layer.name for layer in graph.layers] == ["a", "b", "sum"]


def test_a_definition_is_a_group_of_its_name():
    """Parameters, defaults, arithmetic, `input`, and members from outside."""
    define = """\
define:
  block(width, stride=1, act=ReLU):
  - conv: Conv2d 3x3, 2*width, /stride, padding 1
  - ReLU
  - {name: sum, kind: add, from: [input, relu]}
"""
    layers = "- first: block(width=4)\n- out: cat\n  from: [first.conv, first]"
    graph = net(layers, "x: [1, 8, 4, 4]", define)
    assert [layer.name for layer in graph.layers] == ["first.conv", "first.relu", "first.sum", "out"]
    assert graph.layer["first.sum"].sources == ("x", "first.relu")
    assert graph.layer["out"].sources == ("first.conv", "first.sum")
    assert [(g.path, g.cls, g.parent) for g in graph.groups] == [("first", "block", "")]
    assert graph.layer["first.conv"].group == "first"
    assert graph.layer["out"].shape == (1, 16, 4, 4)


def test_repeats_unroll_into_groups_with_an_index():
    """Each turn takes what the last one gave; a definition alone inside gives its name."""
    define = "define:\n  block(n): [Linear n, ReLU]\n"
    layers = "- {repeat: 3, layers: [block(5)]}\n- {repeat: 2, name: tail, layers: [Linear 7]}\n"
    graph = net(layers + "- add: add\n  from: [block.0, block.2]", "x: [1, 5]", define)
    assert [group.path for group in graph.groups] == ["block.0", "block.1", "block.2", "tail.0", "tail.1"]
    assert graph.layer["block.1.linear"].sources == ("block.0.relu",)
    assert graph.layer["tail.1.linear"].sources == ("tail.0.linear",)
    assert graph.layer["add"].sources == ("block.0.relu", "block.2.relu")


def test_groups_nest_and_names_are_looked_up_outwards():
    """A name means the nearest: in the block, then around it."""
    graph = net(
        """\
- a: ReLU
- group: Encoder
  layers:
  - a: Tanh
  - group: Inner
    layers:
    - b: Sigmoid
    - {name: sum, kind: add, from: [a, b, input]}
- {name: end, kind: add, from: [Encoder, Encoder.a, Encoder.Inner.b, a]}
"""
    )
    assert graph.layer["Encoder.Inner.sum"].sources == ("Encoder.a", "Encoder.Inner.b", "Encoder.a")
    assert graph.layer["end"].sources == ("Encoder.Inner.sum", "Encoder.a", "Encoder.Inner.b", "a")
    assert graph.group["Encoder.Inner"].parent == "Encoder"


def test_a_parameter_may_be_the_name_of_a_layer():
    """A decoder is told which encoder it looks at, whatever the names inside it are."""
    mix = "{name: mix, kind: add, from: [memory_norm, memory]}"
    define = f"define:\n  look(memory):\n  - memory_norm: LayerNorm\n  - {mix}\n"
    graph = net("- mix: ReLU\n- look(mix)\n- two: look(look)", "x: [1, 4]", define)
    assert graph.layer["look.mix"].sources == ("look.memory_norm", "mix")
    assert graph.layer["two.mix"].sources == ("two.memory_norm", "look.mix")


def test_kinds_of_ones_own_are_drawn_when_their_shape_is_given():
    """No table knows them; they are layers like any other."""
    graph = net("- attn: {kind: Fancy Attention, output: [1, 5], params: 12}\n- Linear 2")
    assert (graph.layers[0].kind, graph.layers[0].params, graph.layers[1].shape) == ("Fancy Attention", 12, (1, 2))


def test_a_drawn_graph_keeps_its_repeats():
    """`repeat` of a group in `groups:` is not unrolled: it counts."""
    graph = net("- {name: b.fc, kind: Linear 4}", "x: [1, 4]", "groups: [{path: b, class: B, repeat: 3}]\n")
    assert (graph.params, graph.layers[0].group) == (60, "b")


def test_gradients_run_backwards():
    """A gradient edge may come from a later layer, and takes no part in shapes."""
    layers = "- a: Linear 2\n  from: [x, b]\n  edges: [{}, {kind: gradient, label: g}]\n- b: Linear 1\n  from: a"
    graph = net(layers, "x: [1, 4]")
    assert [edge.kind for edge in graph.layers[0].inputs] == ["data", "gradient"]
    assert graph.layer["b"].shape == (1, 1)


def test_symbolic_sizes_flow_through():
    """A word is a size that is not known; what can be said of it is said."""
    graph = net("- Conv2d 3x3, 8, padding 1\n- MaxPool2d 2x2\n- Conv2d 3x3, 8\n- Flatten", "x: [batch, 3, H, W]")
    shapes = [str(layer.output[0]) for layer in graph.layers]
    assert shapes[:3] == ["batchx8xHxW", "batchx8xH/2xW/2", "batchx8xH/2-2xW/2-2"]


def test_inputs_are_shapes_with_dtypes():
    """A list, text, or the long form."""
    inputs = "a: [1, 3], b: '1,7:int64', c: {shape: [2], dtype: bool}"
    graph = net("- {name: e, kind: 'Embedding 10, 4', from: b}", inputs)
    assert [spec.dtype for spec in graph.inputs.values()] == ["float32", "int64", "bool"]
    assert (str(graph.layers[0].output[0]), graph.layers[0].dtype[0]) == ("1x7x4", "float32")


def test_linear_after_feature_maps_is_remarked():
    """What PyTorch allows and few mean is said, and not forbidden."""
    graph = net("- Conv2d 3x3, 8\n- fc: Linear 10")
    assert graph.notes == ("fc (Linear) works on the last axis of 1x8x30x30 alone; Flatten before it takes all",)


def test_json_is_read_by_the_same_reader():
    """The same keys, tabs and escapes included."""
    text = '{\n\t"nnfig": 1,\n\t"name": "\\ud83d\\ude42 \\/",\n\t"inputs": {"x": [1, 4]},\n\t"layers": ["Linear 2"]\n}'
    assert read_text(text, "net.json").name == "🙂 /"


def test_large_lists_are_read_in_time_and_depth():
    """A chain of 3,000 layers, and 40 nested groups."""
    assert len(net("- ReLU\n" * 3000).layers) == 3000
    nested = "[ReLU]"
    for _ in range(40):
        nested = f"[{{group: g, layers: {nested}}}]"
    assert len(read_text(f"{{nnfig: 1, inputs: {{x: [1]}}, layers: {nested}}}").groups) == 40


def test_reading_a_list_needs_no_torch(root: Path):
    """Neither torch nor jinja2 is imported; the probe itself would see them, as it sees yaml."""
    probe = "import sys; from pathlib import Path; from nnfig.sources.spec import read; read(Path(sys.argv[1])); "
    probe += "print(sorted({'torch', 'jinja2', 'yaml'} & set(sys.modules)))"
    run = [sys.executable, "-c", probe, str(root / "examples" / "lenet.yaml")]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip() == "['yaml']"


def test_the_schema_knows_both_forms(root: Path):
    """It accepts every example and what is written, and refuses what the reader refuses."""
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    checker = jsonschema.Draft202012Validator(json.loads(json.dumps(json_schema())))
    for name in EXAMPLES:
        document = yaml.safe_load((root / "examples" / f"{name}.yaml").read_text())
        assert [error.message for error in checker.iter_errors(document)] == []
        assert checker.is_valid(as_dict(read(root / "examples" / f"{name}.yaml")))
    good = {"nnfig": 1, "inputs": {"x": [1, 3]}}
    misspelt = ({"kind": "ReLU", "frm": "x"}, {"layers": ["ReLU"], "repeats": 2}, {"a": {"knd": "ReLU"}})
    for layers in (5, [5], *([layer] for layer in misspelt)):
        assert not checker.is_valid({**good, "layers": layers}), layers


def test_the_schema_names_kinds_and_keys():
    """What an editor completes: kinds with their names, keys of layers with a description."""
    schema = json_schema()
    assert "Conv2d" in schema["$defs"]["Short"]["anyOf"][0]["enum"]
    assert "Layers, groups or inputs" in schema["$defs"]["LayerModel"]["properties"]["from"]["description"]


def test_further_outputs_are_named_by_their_number() -> None:
    """`lstm.1`, in `from:` and in `outputs:`; a layer that is called so goes first."""
    start = "nnfig: 1\ninputs: {x: [5, 1, 4]}\nlayers:\n- lstm: LSTM 8\n"
    graph = read_text(f"{start}- {{name: y, kind: Tanh, from: lstm.1}}\noutputs: [lstm, lstm.2, y]")
    assert (graph.layer["y"].inputs, graph.layer["y"].shape) == ((Edge("lstm", 1),), (1, 1, 8))
    assert (graph.outputs, graph.returned) == (("lstm", "y"), {"lstm": (0, 2)})
    graph = read_text(f"{start}- lstm.1: Linear 3\n- {{name: y, kind: Tanh, from: lstm.1}}\noutputs: [lstm.1, y]")
    assert (graph.layer["y"].inputs, graph.returned) == ((Edge("lstm.1"),), {})
