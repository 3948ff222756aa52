"""What reading Caffe's text promises: its rules of shape, its two formats, phases, and one message for faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnfig import sources
from nnfig.errors import NnfigError
from nnfig.graph import Graph

pytest.importorskip("google.protobuf")


def read(tmp_path: Path, text: str) -> Graph:
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    return sources.load(path)


INPUT = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'


def layer(name: str, kind: str, bottom: str, rest: str = "", top: str = "") -> str:
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{top or name}" {rest} }}\n'


@pytest.mark.parametrize(
    ("name", "params", "macs", "groups"),
    [
        ("alexnet", 60_965_224, 724_406_816, 0),
        ("googlenet", 6_998_552, 1_582_671_872, 13),
        ("squeezenet", 1_235_496, None, 8),
        ("resnet50", 25_557_032, 3_857_973_248, 16 + 4),
    ],
)
def test_published_networks_have_their_published_sizes(
    root: Path, name: str, params: int, macs: int, groups: int
) -> None:
    """The example nets: parameters and multiplications as published, one output of 1000 classes."""
    graph = sources.load(root / f"examples/caffe/{name}.prototxt")
    assert graph.params == params
    assert macs in (None, graph.macs)
    assert len(graph.groups) == groups
    assert [graph.layer[out].shape[:2] for out in graph.outputs] == [(1, 1000)]


def test_a_training_file_gives_the_network_of_the_test_phase(root: Path) -> None:
    """Data layers become the input, losses and accuracy are left out and said so; the rest is the deploy net's."""
    trained = sources.load(root / "examples/caffe/alexnet_train_val.prototxt")
    deployed = sources.load(root / "examples/caffe/alexnet.prototxt")
    assert {name: str(spec) for name, spec in trained.inputs.items()} == {"data": "50x3x227x227"}
    assert [n.kind for n in trained.layers] == [n.kind for n in deployed.layers][:-1]
    assert any("accuracy, loss" in note for note in trained.notes)


def test_pooling_rounds_up(tmp_path: Path) -> None:
    """Caffe's pooling keeps the last window that does not fit; in PyTorch's words that is ceil_mode."""
    pool = layer("pool", "Pooling", "data", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }")
    made = read(tmp_path, INPUT + pool).layers[0]
    assert (made.shape, made.attributes["ceil_mode"]) == ((1, 3, 4, 4), True)


def test_batch_norm_and_scale_are_one_layer(tmp_path: Path) -> None:
    """In place or not, the pair is PyTorch's BatchNorm2d with its two vectors; what reads the Scale reads it."""
    net = INPUT + layer("bn", "BatchNorm", "data") + layer("scale", "Scale", "bn", "scale_param { bias_term: true }")
    graph = read(tmp_path, net + layer("relu", "ReLU", "scale", top="scale"))
    assert [(n.kind, n.params) for n in graph.layers] == [("BatchNorm2d", 6), ("ReLU", 0)]
    assert graph.layers[0].attributes["affine"]
    assert graph.layers[1].sources == ("bn",)


def test_the_old_format_is_read(tmp_path: Path) -> None:
    """`layers` with types in capitals, from before 2014."""
    conv = "convolution_param { num_output: 4 kernel_size: 3 }"
    net = f'layers {{ name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1 {conv} }}'
    old = 'layers { name: "ip" type: INNER_PRODUCT bottom: "c" top: "ip" inner_product_param { num_output: 2 } }'
    graph = read(tmp_path, INPUT + net + old)
    assert [(n.kind, n.shape) for n in graph.layers] == [("Conv2d", (1, 4, 6, 6)), ("Linear", (1, 2))]
    assert graph.layers[1].attributes["in_features"] == 144


def test_shared_weights_are_counted_once(tmp_path: Path) -> None:
    """Two layers whose parameters have one name own one set of weights."""
    conv = 'param { name: "w" } convolution_param { num_output: 3 kernel_size: 1 }'
    first, second = read(
        tmp_path, INPUT + layer("a", "Convolution", "data", conv) + layer("b", "Convolution", "a", conv)
    ).layers
    assert (first.params, second.params, second.shared) == (12, 0, "a")


def test_unknown_types_and_fields_are_kept_and_told(tmp_path: Path) -> None:
    """A layer of somebody's own fork has its own name; a field of it is skipped with a note that says where."""
    graph = read(
        tmp_path, INPUT + layer("odd", "Whirl", "data", "whirl_param { turns: 3 }") + layer("r", "ReLU", "odd")
    )
    assert [n.kind for n in graph.layers] == ["Whirl", "ReLU"]
    assert any("whirl_param" in note and "line 2" in note for note in graph.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('layer { name: "a" type: "ReLU"', r"net\.prototxt"),
        ("layer { name: 5 }", r"net\.prototxt:1:15"),
        ("", "no layers"),
        ("layer { " * 5000, r"net\.prototxt"),
        (INPUT + layer("a", "ReLU", "nowhere"), "'nowhere'"),
        (INPUT + layer("a", "Pooling", "data", "pooling_param { kernel_size: 99 }"), "layer a"),
    ],
)  # fmt: skip
def test_faults_are_one_message_that_says_where(tmp_path: Path, text: str, told: str) -> None:
    """Cut short, ill-typed, empty, nested without end, or with sizes that do not fit."""
    with pytest.raises(NnfigError, match=told) as raised:
        read(tmp_path, text)
    assert len(raised.value.problems) == 1


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A caffemodel renamed is no text file."""
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"\x0a\x07\xff\xfe\x00")
    with pytest.raises(NnfigError, match="no text file"):
        sources.load(path)
