"""What reading an ONNX file promises: kinds, weights, names, groups, shapes, and one message for a bad file."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nnfig import sources
from nnfig.errors import NnfigError
from nnfig.graph import Graph

onnx = pytest.importorskip("onnx")
helper: Any = onnx.helper
FLOAT = 1

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


def model(
    nodes: Sequence[Any], weights: dict[str, tuple[int, ...]], inputs: dict[str, tuple[Any, ...]], **more: Any
) -> Any:
    """A model whose weights are zeros; the last node's first output is its result."""
    zeros = [helper.make_tensor(n, FLOAT, s, bytes(4 * _count(s)), raw=True) for n, s in weights.items()]
    given = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()]
    result = helper.make_empty_tensor_value_info(nodes[-1].output[0])
    graph = helper.make_graph(nodes, "net", given, [result], zeros + more.pop("constants", []))
    return helper.make_model(graph, opset_imports=more.pop("opsets", [helper.make_opsetid("", 17)]), **more)


def _count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def ints(name: str, *values: int) -> Any:
    return helper.make_tensor(name, 7, (len(values),), values)


def read(tmp_path: Path, made: Any) -> Graph:
    path = tmp_path / "made.onnx"
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return sources.load(path)


@pytest.mark.parametrize(
    ("name", "params", "macs", "groups"),
    [
        ("bvlc_alexnet", 60_965_224, 654_560_384, 0),
        ("densenet121", 7_978_856, 2_834_161_664, 58 + 4),
        ("inception_v1", 6_998_552, None, 12),
        ("inception_v2", None, None, 13),
        ("resnet50", 25_557_032, 4_089_184_256, 16 + 4),
        ("shufflenet", None, None, 16 + 3),
        ("squeezenet", 1_235_496, None, 8),
        ("vgg19", 143_667_240, 19_632_062_464, 0),
        ("zfnet512", None, None, 0),
    ],
)
def test_the_graphs_that_ship_with_onnx_are_read(name: str, params: int | None, macs: int | None, groups: int) -> None:
    """Nine published networks: parameters and multiplications as published, every shape known, nothing unknown."""
    graph = sources.load(LIGHT / f"light_{name}.onnx")
    assert params in (None, graph.params)
    assert macs in (None, graph.macs)
    assert groups == len(graph.groups)
    assert all(isinstance(size, int) for layer in graph.layers for spec in layer.output for size in spec.shape)
    assert not [layer.kind for layer in graph.layers if layer.macs is None or layer.kind in ("Constant", "Parameter")]


def test_scoped_names_become_module_paths_and_groups(tmp_path: Path) -> None:
    """`/layer1/layer1.0/conv1/Conv` is layer `layer1.0.conv1` in group `layer1.0`; `relu_1` is `relu` again."""
    nodes = [
        helper.make_node("Conv", ["x", "layer1.0.conv1.weight"], ["a"], "/layer1/layer1.0/conv1/Conv", pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"], "/layer1/layer1.0/relu/Relu"),
        helper.make_node("Add", ["b", "x"], ["c"], "/layer1/layer1.0/Add"),
        helper.make_node("Relu", ["c"], ["y"], "/layer1/layer1.0/relu_1/Relu"),
    ]
    graph = read(tmp_path, model(nodes, {"layer1.0.conv1.weight": (4, 4, 3, 3)}, {"x": (1, 4, 8, 8)}))
    assert [n.name for n in graph.layers] == ["layer1.0.conv1", "layer1.0.relu", "layer1.0.add", "layer1.0.relu@2"]
    assert [n.kind for n in graph.layers] == ["Conv2d", "ReLU", "add", "ReLU"]
    assert [g.path for g in graph.groups] == ["layer1", "layer1.0"]
    assert {"layer1.0"} == {n.group for n in graph.layers}
    assert graph.layers[-1].shared == "layer1.0.relu"


def test_symbolic_sizes_keep_their_names_and_macs_are_of_one_sample(tmp_path: Path) -> None:
    """A named batch runs through; multiplications are counted for one sample, and a note says so."""
    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1)]
    graph = read(tmp_path, model(nodes, {"w": (10, 32), "b": (10,)}, {"x": ("batch", 32)}))
    assert graph.layers[0].shape == ("batch", 10)
    assert (graph.params, graph.macs) == (330, 320)
    assert any("batch of one" in note for note in graph.notes)
    assert dict(graph.layers[0].attributes) == {"in_features": 32, "out_features": 10, "bias": True}


def test_names_of_inputs_are_cleaned(tmp_path: Path) -> None:
    """Scopes and output numbers go, as long as the names stay apart."""
    nodes = [helper.make_node("Add", ["a/x:0", "b/x:0"], ["y"])]
    graph = read(tmp_path, model(nodes, {}, {"a/x:0": (1, 4), "b/x:0": (1, 4)}))
    assert (tuple(graph.inputs), graph.layers[0].sources) == (("x", "x_1"), ("x", "x_1"))


def test_deep_graphs_are_read_in_linear_time(tmp_path: Path) -> None:
    """Three thousand layers, each with a skip to the next."""
    nodes = [helper.make_node("Relu", ["x"], ["t0"])]
    for i in range(1500):
        nodes += [
            helper.make_node("Tanh", [f"t{i}"], [f"u{i}"]),
            helper.make_node("Add", [f"u{i}", f"t{i}"], [f"t{i + 1}"]),
        ]
    assert len(read(tmp_path, model(nodes, {}, {"x": (1, 4)})).layers) == 3001


def test_without_the_package_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback where onnx is missing."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"")
    with pytest.raises(NnfigError, match="onnx package") as raised:
        sources.load(path)
    assert "nnfig[onnx]" in str(raised.value)


def test_weights_used_twice_are_counted_once(tmp_path: Path) -> None:
    """A second layer with the same weights owns none and names the first."""
    nodes = [helper.make_node("Gemm", ["x", "w"], ["a"]), helper.make_node("Gemm", ["a", "w"], ["y"])]
    first, second = read(tmp_path, model(nodes, {"w": (8, 8)}, {"x": (1, 8)})).layers
    assert (first.params, second.params) == (64, 0)
    assert first.name == second.shared


def test_unknown_operators_keep_their_name_weights_and_place(tmp_path: Path) -> None:
    """An operator of a domain that nobody knows is a layer of its own name with its weights counted."""
    nodes = [
        helper.make_node("Swirl", ["x", "w"], ["a"], domain="acme", turns=3),
        helper.make_node("Relu", ["a"], ["y"]),
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    graph = read(tmp_path, model(nodes, {"w": (5, 7)}, {"x": (1, 3)}, opsets=opsets))
    swirl = graph.layers[0]
    assert (swirl.kind, swirl.params, swirl.attributes["turns"], swirl.macs) == ("Swirl", 35, 3, None)
    assert (swirl.name,) == graph.layers[1].sources


@pytest.mark.parametrize("opset", [11, 13])
def test_axes_are_read_from_attributes_and_from_inputs(tmp_path: Path, opset: int) -> None:
    """Old opsets write axes as an attribute, new ones as an input; the layer is the same."""
    if opset == 11:
        nodes = [
            helper.make_node("Unsqueeze", ["x"], ["a"], axes=[2]),
            helper.make_node("Clip", ["a", "lo", "hi"], ["y"]),
        ]
    else:
        nodes = [
            helper.make_node("Unsqueeze", ["x", "axes"], ["a"]),
            helper.make_node("Clip", ["a", "lo", "hi"], ["y"]),
        ]
    constants = [ints("axes", 2), *(helper.make_tensor(n, FLOAT, (), [v]) for n, v in (("lo", 0.0), ("hi", 6.0)))]
    made = model(nodes, {}, {"x": (1, 3)}, constants=constants, opsets=[helper.make_opsetid("", opset)])
    graph = read(tmp_path, made)
    assert [n.kind for n in graph.layers] == ["unsqueeze", "ReLU6"]
    assert graph.layers[0].attributes["dim"] == 2
    assert graph.layers[1].shape == (1, 3, 1)


def test_broken_up_layers_are_whole_again(tmp_path: Path) -> None:
    """MatMul and Add are a Linear; x * sigmoid(x) is a SiLU; sizes that nodes compute are no layers."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Add", ["b", "a"], ["c"]),
        helper.make_node("Sigmoid", ["c"], ["d"]),
        helper.make_node("Mul", ["c", "d"], ["e"]),
        helper.make_node("Shape", ["e"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Concat", ["n", "rest"], ["to"], axis=0),
        helper.make_node("Reshape", ["e", "to"], ["y"]),
    ]
    constants = [ints("zero", 0), ints("rest", -1)]
    graph = read(tmp_path, model(nodes, {"w": (6, 8), "b": (8,)}, {"x": ("n", 3, 6)}, constants=constants))
    assert [n.kind for n in graph.layers] == ["Linear", "SiLU", "Flatten"]
    assert graph.params == 6 * 8 + 8
    assert graph.layers[-1].shape == ("n", 24)


def test_functions_are_opened_as_groups(tmp_path: Path) -> None:
    """A function that the model defines is a group of its name, with its body inside."""
    body = [helper.make_node("Relu", ["u"], ["v"]), helper.make_node("Add", ["u", "v"], ["w"])]
    twice = helper.make_function("own", "Twice", ["u"], ["w"], body, [helper.make_opsetid("", 17)])
    nodes = [helper.make_node("Twice", ["x"], ["a"], "first", domain="own"), helper.make_node("Tanh", ["a"], ["y"])]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    graph = read(tmp_path, model(nodes, {}, {"x": (1, 4)}, opsets=opsets, functions=[twice]))
    assert [(g.path, g.cls) for g in graph.groups] == [("first", "Twice")]
    assert [n.name for n in graph.layers] == ["first.relu", "first.add", "tanh"]
    assert graph.layers[1].shape == (1, 4)


def test_a_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    """Hostile recursion ends in one message."""
    body = [helper.make_node("Loopy", ["u"], ["w"], domain="own")]
    loopy = helper.make_function("own", "Loopy", ["u"], ["w"], body, [helper.make_opsetid("own", 1)])
    nodes = [helper.make_node("Loopy", ["x"], ["y"], domain="own")]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    with pytest.raises(NnfigError, match="calls itself"):
        read(tmp_path, model(nodes, {}, {"x": (1, 4)}, opsets=opsets, functions=[loopy]))


def test_subgraphs_are_one_layer_that_takes_what_they_capture(tmp_path: Path) -> None:
    """An If is one layer; tensors and weights that its branches use from outside are its own."""
    out = helper.make_tensor_value_info("o", FLOAT, (1, 4))
    then = helper.make_graph([helper.make_node("MatMul", ["a", "w"], ["o"])], "then", [], [out])
    other = helper.make_graph([helper.make_node("Identity", ["a"], ["o"])], "otherwise", [], [out])
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], "act"),
        helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["c"], to=9),
        helper.make_node("If", ["c"], ["y"], "gate", then_branch=then, else_branch=other),
    ]
    graph = read(tmp_path, model(nodes, {"w": (4, 4)}, {"x": (1, 4)}))
    gate = graph.layer["gate"]
    assert (gate.kind, gate.params, gate.sources) == ("If", 16, ("to", "act"))
    assert any("gate" in note and "then" in note for note in graph.notes)


def test_external_weights_are_not_opened(tmp_path: Path) -> None:
    """Weights in a file beside the model (or anywhere else) are counted from their shapes alone."""
    made = model([helper.make_node("Gemm", ["x", "w"], ["y"])], {"w": (8, 4)}, {"x": (1, 8)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    assert read(tmp_path, made).params == 32


@pytest.mark.parametrize(
    "spoil", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"PK\x03\x04" + b, lambda b: b"hi"]
)
def test_a_damaged_file_is_one_message(tmp_path: Path, spoil: Any) -> None:
    """Cut short, empty, of another kind: NnfigError with the file's name."""
    data = (LIGHT / "light_squeezenet.onnx").read_bytes()
    with pytest.raises(NnfigError, match=r"made\.onnx") as raised:
        read(tmp_path, spoil(data))
    assert len(raised.value.problems) == 1


def test_bytes_at_random_never_crash(tmp_path: Path) -> None:
    """A file with a few bytes changed is read, or refused with a message."""
    data = (LIGHT / "light_squeezenet.onnx").read_bytes()
    dice = random.Random(3)
    for _ in range(60):
        spoilt = bytearray(data)
        for _ in range(dice.choice((1, 5, 20))):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        with contextlib.suppress(NnfigError):
            assert read(tmp_path, bytes(spoilt)).layers


def test_operators_with_impossible_attributes_keep_their_own_name(tmp_path: Path) -> None:
    """A pooling without a window is no MaxPool2d, but it is still drawn."""
    nodes = [helper.make_node("MaxPool", ["x"], ["y"], kernel_shape="wide")]
    assert [n.kind for n in read(tmp_path, model(nodes, {}, {"x": (1, 3, 8, 8)})).layers] == ["MaxPool"]


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    """A node that takes what nothing makes, or a cycle, is an error that says which."""
    nodes = [helper.make_node("Relu", ["ghost"], ["a"], "act"), helper.make_node("Add", ["a", "x"], ["y"])]
    with pytest.raises(NnfigError, match="'ghost'"):
        read(tmp_path, model(nodes, {}, {"x": (1, 4)}))


@pytest.mark.parametrize("operator", ["Conv", "Shape", "Reshape", "ConstantOfShape", "Identity", "Gemm"])
def test_a_node_without_what_its_operator_needs_is_one_message(tmp_path, operator):
    """The definitions of the format are asked, also for operators newer than the file's version."""
    from onnx import helper

    x, y = (helper.make_tensor_value_info(name, 1, [1, 3]) for name in "xy")
    nodes = [helper.make_node(operator, [], ["z"], name="bad"), helper.make_node("Add", ["x", "z"], ["y"])]
    path = tmp_path / "bad.onnx"
    opset = helper.make_opsetid("", 7)
    path.write_bytes(
        helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=[opset]).SerializeToString()
    )
    with pytest.raises(NnfigError, match=f"node bad: {operator} takes at least . inputs?, this one has 0"):
        sources.load(path)


def test_an_operator_of_another_domain_is_not_the_one_of_that_name(tmp_path):
    """`acme.Shape` takes what it likes, and is drawn."""
    from onnx import helper

    x, y = (helper.make_tensor_value_info(name, 1, [1, 3]) for name in "xy")
    nodes = [
        helper.make_node("Shape", [], ["z"], name="own", domain="acme"),
        helper.make_node("Identity", ["x", "z"], ["w"], domain="acme"),
        helper.make_node("Add", ["w", "z"], ["y"]),
    ]
    path = tmp_path / "own.onnx"
    path.write_bytes(helper.make_model(helper.make_graph(nodes, "g", [x], [y])).SerializeToString())
    assert "Identity" in [layer.kind for layer in sources.load(path).layers]
