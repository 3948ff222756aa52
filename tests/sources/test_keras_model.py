"""What reading Keras models promises: kinds, weights, groups, sharing, and archives that cannot run code."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nnfig import sources
from nnfig.errors import NnfigError

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
layers: Any = keras.layers


def test_a_sequential_model_is_the_network_that_pytorch_would_build() -> None:
    """Kinds, attributes and sizes in PyTorch's words; activations inside layers are layers after them."""
    model = keras.Sequential(
        [
            keras.Input((8, 6, 3), batch_size=1),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    graph = sources.trace(model)
    assert [n.kind for n in graph.layers] == [
        "Conv2d",
        "ReLU",
        "MaxPool2d",
        "AdaptiveAvgPool2d",
        "Flatten",
        "Linear",
        "Softmax",
    ]
    assert [n.name for n in graph.layers][:2] == ["conv", "conv_relu"]
    assert graph.layers[0].shape == (1, 4, 8, 6)
    assert graph.layers[0].attributes["padding"] == (1, 1)
    assert graph.layers[2].shape == (1, 4, 4, 3)
    assert graph.params == model.count_params()
    assert graph.macs == 8 * 6 * 4 * 27 + 4 * 5
    assert any("channels first" in note for note in graph.notes)


def test_nested_and_shared_models_are_groups_called_twice() -> None:
    """A model inside a model is a group; its second call owns no weights and names the first."""
    encoder = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="fc")], name="encoder")
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    both = layers.Concatenate(name="both")([encoder(left), encoder(right)])
    model = keras.Model([left, right], [both, layers.Dense(2, name="head")(both)])
    graph = sources.trace(model)
    assert [(g.path, g.cls) for g in graph.groups] == [("encoder", "Sequential"), ("encoder@2", "Sequential")]
    again = graph.layer["encoder.fc@2"]
    assert (again.params, again.shared, again.group, again.sources) == (0, "encoder.fc", "encoder@2", ("right",))
    assert graph.params == model.count_params()
    assert graph.outputs == ("both", "head")


class Residual(layers.Layer):
    """A block in Python."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.inner = layers.Dense(4)

    def call(self, x: Any) -> Any:
        """The input and what a layer makes of it."""
        return x + keras.ops.relu(self.inner(x))


class Subclassed(keras.Model):
    """A model in Python, of blocks in Python."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.blocks = [Residual(), Residual()]
        self.head = layers.Dense(3)

    def call(self, x: Any) -> Any:
        """The blocks one after the other, and the head."""
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def test_subclassed_models_are_opened_by_their_attributes() -> None:
    """Blocks are groups named by the attribute that holds them; without a shape the message asks for one."""
    with pytest.raises(NnfigError, match="input shape") as raised:
        sources.trace(Subclassed())
    assert "input_size" in str(raised.value)
    model = Subclassed()
    graph = sources.trace(model, input_size=(1, 4))
    assert [g.path for g in graph.groups] == ["blocks_0", "blocks_1"]
    assert [n.kind for n in graph.layers] == ["Linear", "ReLU", "add"] * 2 + ["Linear"]
    assert graph.layers[0].name == "blocks_0.inner"
    assert graph.params == model.count_params()


class Shifted(layers.Layer):
    """A layer with a weight of its own beside a layer."""

    def __init__(self) -> None:
        super().__init__(name="shifted")
        self.inner = layers.Dense(4, name="fc")

    def build(self, shape: Any) -> None:
        """The weight."""
        self.shift = self.add_weight(shape=(4,), name="shift")
        self.inner.build(shape)

    def call(self, x: Any) -> Any:
        """A layer, then the weight."""
        return self.inner(x) + self.shift


def test_weights_that_code_reads_are_layers() -> None:
    """A weight that no layer holds is a Parameter that the operation takes."""
    x = keras.Input((4,))
    model = keras.Model(x, Shifted()(x))
    graph = sources.trace(model)
    assert [(n.name, n.kind, n.params) for n in graph.layers[:2]] == [
        ("shifted.inner", "Linear", 20),
        ("shifted.shift", "Parameter", 4),
    ]
    assert graph.layers[2].sources == ("shifted.inner", "shifted.shift")
    assert graph.params == model.count_params()


def test_running_statistics_are_no_parameters() -> None:
    """Batch normalisation has two vectors, as in PyTorch; the note says what Keras counts beside them."""
    graph = sources.trace(keras.Sequential([keras.Input((5,)), layers.BatchNormalization()]))
    assert graph.params == 10
    assert any("10 running means and variances" in note for note in graph.notes)


def test_an_archive_is_read_without_its_weights(tmp_path: Path) -> None:
    """The configuration is enough: the weights may be missing, and are not made either."""
    path = tmp_path / "net.keras"
    keras.Sequential([keras.Input((7,)), layers.Dense(3, name="fc")]).save(path)
    bare = tmp_path / "bare.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bare, "w") as new:
        new.writestr("config.json", old.read("config.json"))
    graph = sources.load(bare)
    assert [(n.name, n.kind, n.params) for n in graph.layers] == [("fc", "Linear", 24)]


def archive(path: Path, config: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
    return path


def layer(cls: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": cls, "config": config, "registered_name": None}


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        (layer("Lambda", function={"class_name": "__lambda__", "config": {"code": "4wE="}}), "Lambda"),
        (layer("TorchModuleWrapper", module_={"class_name": "x"}), "pickle"),
        (layer("Popen", "subprocess", args="touch owned"), "'Popen', which is not Keras's own"),
        (layer("get_file", "keras.utils", origin="http://localhost/x"), "no layer"),
        (layer("Mine", "my.package"), "'Mine', which is not Keras's own"),
    ],
)
def test_archives_that_ask_for_code_are_refused(tmp_path: Path, inner: Any, told: str) -> None:
    """Lambdas, pickles, foreign classes and helpers of Keras that reach outside: one message with what to do."""
    whole = layer("Sequential", "keras", name="net", layers=[inner])
    with pytest.raises(NnfigError, match=told) as raised:
        sources.load(archive(tmp_path / "evil.keras", whole))
    assert "nnfig.draw(model)" in str(raised.value)


def deep(levels: int) -> str:
    return '{"module": "keras", "class_name": "Sequential", "config": ' + '{"a": ' * levels + "1" + "}" * levels + "}"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (b"", "no JSON"),
        ("[1]", "no model"),
        (deep(900), "too deeply"),
        ("[" * 100_000, "no JSON"),
        (b" " * (65 * 2**20), "larger than"),
        (layer("Sequential", "keras.models", layers=7), "cannot rebuild"),
    ],
    ids=["empty", "list", "deep", "bottomless", "bomb", "ill-formed"],
)
def test_damaged_archives_are_one_message(tmp_path: Path, config: Any, told: str) -> None:
    """Configurations that are no model, nested without end, or bombs."""
    with pytest.raises(NnfigError, match=told):
        sources.load(archive(tmp_path / "bad.keras", config))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut short", b"\x89HDF\r\n"])
def test_files_that_are_no_archive_are_refused(tmp_path: Path, data: bytes) -> None:
    """Empty, cut short, or another format under this suffix."""
    path = tmp_path / "bad.keras"
    path.write_bytes(data)
    with pytest.raises(NnfigError, match=r"bad\.keras"):
        sources.load(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV2", "DenseNet121", "ConvNeXtTiny"])
def test_applications_without_weights_have_keras_own_totals(name: str) -> None:
    """Published networks: every parameter that Keras counts is learnt or a running statistic."""
    model = getattr(keras.applications, name)(weights=None)
    graph = sources.trace(model)
    learnt = [w for w in model.weights if not w.name.startswith(("moving_", "mean", "variance", "count"))]
    assert graph.params == sum(int(keras.ops.size(w)) for w in learnt)
    assert graph.macs > 10**8


def test_recurrent_layers_that_pytorch_does_not_have_say_so() -> None:
    """Another activation, order of the reset or direction stands in the attributes; the usual ones do not."""
    found: list[dict[str, object]] = []
    for layer in (
        layers.LSTM(4),
        layers.LSTM(4, activation="relu", go_backwards=True),
        layers.GRU(4, reset_after=False),
        layers.Bidirectional(layers.LSTM(4), merge_mode="sum"),
    ):
        graph = sources.trace(keras.Sequential([keras.Input((5, 3)), layer]))
        unusual = ("activation", "recurrent_activation", "go_backwards", "reset_after", "merge_mode")
        found.append({name: value for name, value in graph.layers[-1].attributes.items() if name in unusual})
    assert found == [{}, {"activation": "relu", "go_backwards": True}, {"reset_after": False}, {"merge_mode": "sum"}]


def test_numbers_and_slices_of_operations_are_told() -> None:
    """`1 - x * 0.5` keeps its numbers, `x[:, 0]` its index; an image whose axes are turned has no index."""
    tokens = keras.Input((7, 6), batch_size=1)
    halves = keras.Model(tokens, (1 - tokens * 0.5)[:, 0])
    assert [dict(n.attributes) for n in sources.trace(halves).layers] == [
        {"other": 0.5},
        {"input": 1},
        {"index": "[:, 0]"},
    ]
    image = keras.Input((8, 6, 3), batch_size=1)
    assert not sources.trace(keras.Model(image, layers.Conv2D(4, 3)(image)[:, 2:])).layers[-1].attributes


def test_a_separable_convolution_says_its_dilation() -> None:
    """And how many maps its depthwise part makes of one, where that is not one."""
    x = keras.Input((8, 6, 3), batch_size=1)
    layer = layers.SeparableConv2D(4, 3, dilation_rate=2, depth_multiplier=2)
    attributes = sources.trace(keras.Model(x, layer(x))).layers[0].attributes
    assert (attributes["dilation"], attributes["depth_multiplier"]) == ((2, 2), 2)
