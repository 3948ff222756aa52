"""What is written can be read again, by us and by others, and nothing of a person's is overwritten."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnfig.errors import NnfigError
from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec
from nnfig.graph.defaults import normal
from nnfig.graph.save import as_dict, json_text, save, yaml_text
from nnfig.graph.scalars import text_of, value_of
from nnfig.sources.spec import read, read_text

from ..strategies import graphs, values, words

CONV = normal("Conv2d", {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "bias": False})
SMALL = Graph(
    "small",
    {"image": TensorSpec((1, 3, 8, 8)), "mask": TensorSpec((1, "length"), "bool")},
    (
        Layer("a.conv", "Conv2d", (Edge("image"),), (TensorSpec((1, 8, 6, 6)),), 216, 7776, "a.conv", CONV, group="a"),
        Layer("add", "add", (Edge("a.conv", 0, "skip"), Edge("mask")), macs=None),
    ),
    (Group("a", "Block"),),
    ("add",),
)
SMALL_YAML = """\
nnfig: 1
name: small
inputs:
  image: [1, 3, 8, 8]
  mask: {shape: [1, length], dtype: bool}
layers:
# a: Block
- {name: a.conv, kind: Conv2d, from: [image], output: [[1, 8, 6, 6]], dtype: [float32], params: 216,
   macs: 7776, path: a.conv, attributes: {in_channels: 3, out_channels: 8, kernel_size: [3, 3], bias: false}}
- {name: add, kind: add, from: [a.conv, mask], edges: [{label: skip}, {}], output: [], dtype: [], params: 0,
   macs: null, path: ""}
groups:
- {path: a, class: Block}
outputs: [add]
"""


def test_yaml_is_made_to_be_read():
    """Ordered, a layer on one or two lines, a comment where a group begins, PyTorch's defaults left out."""
    assert yaml_text(SMALL).split("\n", 1)[1] == SMALL_YAML


def test_full_writes_the_defaults_too():
    """`full` leaves nothing out."""
    attributes = as_dict(SMALL, full=True)["layers"][0]["attributes"]
    assert attributes["stride"] == [1, 1]
    assert set(CONV) == set(attributes)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(graphs(), st.booleans())
def test_saved_and_loaded_is_the_same_graph(graph: Graph, full: bool):
    """Both formats give back every field of every graph, in the same order."""
    for text, filename in ((yaml_text(graph, full), "net.yaml"), (json_text(graph, full), "net.json")):
        loaded = read_text(text, filename)
        assert graph == loaded
        assert [list(layer.attributes) for layer in graph.layers] == [list(layer.attributes) for layer in loaded.layers]
        assert list(graph.inputs) == list(loaded.inputs)


def test_outputs_of_one_layer_keep_their_numbers_and_names():
    """`lstm.1` is the second output of lstm, also where another layer bears that name."""
    spec = TensorSpec((1, 4))
    layers = (Layer("lstm", "made", (Edge("x"),), (spec,) * 3), Layer("lstm.1", "tanh", (Edge("lstm", 2),), (spec,)))
    graph = Graph("net", {"x": spec}, layers, outputs=("lstm.1", "lstm"), returned={"lstm": (2, 0, 1)})
    named = graph.replace(
        outputs=("lstm", "lstm.1", "lstm"), output_names=("state", "y", "all"), returned={"lstm": (2, 0)}
    )
    assert as_dict(graph)["outputs"] == ["lstm.1", "lstm.2", "lstm", "lstm.01"]
    assert as_dict(named)["outputs"] == ["lstm.2", "lstm.1", "lstm"]
    assert [read_text(yaml_text(one)) for one in (graph, named)] == [graph, named]


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_other_readers_agree(graph: Graph):
    """PyYAML's own safe loader and Python's json see the long form as we mean it."""
    expected = json.loads(json.dumps(as_dict(graph)))
    assert expected == json.loads(json_text(graph))
    assert expected == yaml.safe_load(yaml_text(graph))


@given(values)
@example(1e-05)
@example(float("-inf"))
@example("1:30")
@example("2024-01-01")
@example("0x10")
@example("1_000")
@example("=")
@example("<<")
def test_a_value_reads_back_as_itself(value: object):
    """Text that looks like something else is quoted, for YAML 1.1 and 1.2 alike."""
    text = text_of(value)
    expected = json.loads(json.dumps(value))
    assert repr(expected) == repr(yaml.safe_load(text))


@given(words)
def test_plain_text_is_what_stands_there(text: str):
    """What is not quoted means itself to our own reader."""
    if text_of(text) == text:
        assert text == value_of(text)


def test_a_text_of_someone_else_is_kept(tmp_path):
    """A hand-written list is not overwritten, unless that is forced; one of ours is."""
    path = tmp_path / "net.yaml"
    path.write_text("nnfig: 1\n# mine\n")
    with pytest.raises(NnfigError, match="not written by nnfig"):
        save(SMALL, path)
    assert path.read_text() == "nnfig: 1\n# mine\n"
    save(SMALL, path, force=True)
    save(SMALL.replace(name="other"), path)
    assert read(path).name == "other"


def test_a_json_of_someone_else_is_kept(tmp_path):
    """JSON is ours if it has the key nnfig; what is no JSON is not ours."""
    path = tmp_path / "net.json"
    for foreign in ('{"a": 1}', "[1]", "no json"):
        path.write_text(foreign)
        with pytest.raises(NnfigError, match="not written by nnfig"):
            save(SMALL, path)
    path.write_text("")
    save(SMALL, path)
    save(SMALL, path)


def test_a_file_is_whole_or_not_there(tmp_path, monkeypatch):
    """When writing fails half way, the old file stands and no other is left."""
    path = tmp_path / "net.yaml"
    save(SMALL, path)
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(NnfigError, match="No space left"):
        save(SMALL.replace(name="new"), path)
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"), [("net.txt", "unknown kind of layer list"), ("no/net.yaml", "cannot be written")]
)
def test_places_that_cannot_be_written(tmp_path, name, message):
    """Suffix and folder are said."""
    with pytest.raises(NnfigError, match=message):
        save(SMALL, tmp_path / name)
