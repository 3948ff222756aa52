"""What a layer list infers is what PyTorch does: shapes, attributes, parameters and MACs, kind by kind."""

from __future__ import annotations

import inspect

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import nnfig  # noqa: E402
from nnfig import sources  # noqa: E402
from nnfig.graph import Graph, Layer  # noqa: E402
from nnfig.graph.defaults import attribute_names, complete  # noqa: E402
from nnfig.sources.kinds import KINDS  # noqa: E402
from nnfig.sources.spec import read_text  # noqa: E402

torch.set_num_threads(1)

IMAGE, ROW, TEXT, VOLUME = (2, 8, 12, 10), (2, 8, 12), (4, 2, 6), (1, 8, 6, 6, 6)
MODULES = [
    ("Conv1d 6, kernel_size 3", nn.Conv1d(8, 6, 3), ROW),
    ("Conv2d 3x3, 6, /2, padding 1", nn.Conv2d(8, 6, 3, 2, 1), IMAGE),
    (
        "Conv2d 1x7, 16, padding same, groups 4, bias false",
        nn.Conv2d(8, 16, (1, 7), padding="same", groups=4, bias=False),
        IMAGE,
    ),
    ("Conv2d 3x3, 6, dilation 2, padding valid", nn.Conv2d(8, 6, 3, dilation=2, padding="valid"), IMAGE),
    ("Conv2d 3x3, 8, padding_mode reflect, padding 1", nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"), IMAGE),
    ("Conv3d 3x3x3, 4", nn.Conv3d(8, 4, 3), VOLUME),
    ("ConvTranspose1d 6, kernel_size 3, /2", nn.ConvTranspose1d(8, 6, 3, 2), ROW),
    ("ConvTranspose2d 4x4, 6, /2, padding 1", nn.ConvTranspose2d(8, 6, 4, 2, 1), IMAGE),
    (
        "ConvTranspose2d 3x3, 6, /2, output_padding 1, groups 2",
        nn.ConvTranspose2d(8, 6, 3, 2, output_padding=1, groups=2),
        IMAGE,
    ),
    ("ConvTranspose3d 2x2x2, 4, /2", nn.ConvTranspose3d(8, 4, 2, 2), VOLUME),
    ("MaxPool1d 3", nn.MaxPool1d(3), ROW),
    ("MaxPool2d 3x3, /2, padding 1, ceil_mode true", nn.MaxPool2d(3, 2, 1, ceil_mode=True), IMAGE),
    ("MaxPool2d 2x2, return_indices true", nn.MaxPool2d(2, return_indices=True), IMAGE),
    ("MaxPool3d 2, dilation 2", nn.MaxPool3d(2, dilation=2), VOLUME),
    ("AvgPool1d 2", nn.AvgPool1d(2), ROW),
    ("AvgPool2d 3, /2, ceil_mode true", nn.AvgPool2d(3, 2, ceil_mode=True), IMAGE),
    ("AvgPool3d 2x2x3", nn.AvgPool3d((2, 2, 3)), VOLUME),
    ("LPPool2d 2, kernel_size 2", nn.LPPool2d(2, 2), IMAGE),
    ("FractionalMaxPool2d 2x2, output_size 5", nn.FractionalMaxPool2d(2, output_size=5), IMAGE),
    ("AdaptiveAvgPool1d 4", nn.AdaptiveAvgPool1d(4), ROW),
    ("AdaptiveAvgPool2d 7x5", nn.AdaptiveAvgPool2d((7, 5)), IMAGE),
    ("AdaptiveMaxPool2d output_size [none, 3]", nn.AdaptiveMaxPool2d((None, 3)), IMAGE),
    ("AdaptiveAvgPool3d 1", nn.AdaptiveAvgPool3d(1), VOLUME),
    ("Linear 5", nn.Linear(6, 5), TEXT),
    ("Linear 5, bias false", nn.Linear(6, 5, bias=False), TEXT),
    ("BatchNorm1d", nn.BatchNorm1d(8), ROW),
    ("BatchNorm2d eps 0.001, momentum none", nn.BatchNorm2d(8, eps=0.001, momentum=None), IMAGE),
    ("BatchNorm2d affine false", nn.BatchNorm2d(8, affine=False), IMAGE),
    ("BatchNorm3d 8", nn.BatchNorm3d(8), VOLUME),
    ("InstanceNorm2d", nn.InstanceNorm2d(8), IMAGE),
    ("InstanceNorm2d affine true", nn.InstanceNorm2d(8, affine=True), IMAGE),
    ("LayerNorm", nn.LayerNorm(6), TEXT),
    ("LayerNorm 12x10, elementwise_affine false", nn.LayerNorm((12, 10), elementwise_affine=False), IMAGE),
    ("LayerNorm bias false", nn.LayerNorm(6, bias=False), TEXT),
    ("GroupNorm 4", nn.GroupNorm(4, 8), IMAGE),
    ("LocalResponseNorm 5", nn.LocalResponseNorm(5), IMAGE),
    ("ReLU", nn.ReLU(), IMAGE),
    ("LeakyReLU 0.2, inplace true", nn.LeakyReLU(0.2, True), IMAGE),
    ("PReLU 8", nn.PReLU(8), IMAGE),
    ("GELU approximate tanh", nn.GELU("tanh"), TEXT),
    ("GLU dim 1", nn.GLU(1), IMAGE),
    ("Softmax -1", nn.Softmax(-1), TEXT),
    ("Hardtanh min_val 0.0", nn.Hardtanh(0.0), TEXT),
    ("Softplus beta 2.0", nn.Softplus(2.0), TEXT),
    ("Threshold 0.1, 20", nn.Threshold(0.1, 20), TEXT),
    ("Dropout 0.1", nn.Dropout(0.1), TEXT),
    ("Dropout2d", nn.Dropout2d(), IMAGE),
    ("Identity", nn.Identity(), TEXT),
    ("Flatten", nn.Flatten(), IMAGE),
    ("Flatten 2", nn.Flatten(2), IMAGE),
    ("Unflatten 1, unflattened_size [2, 4]", nn.Unflatten(1, (2, 4)), IMAGE),
    ("Upsample 2", nn.Upsample(scale_factor=2), IMAGE),
    (
        "Upsample 24x30, mode bilinear, align_corners true",
        nn.Upsample((24, 30), mode="bilinear", align_corners=True),
        IMAGE,
    ),
    ("UpsamplingNearest2d 3", nn.UpsamplingNearest2d(scale_factor=3), IMAGE),
    ("PixelShuffle 2", nn.PixelShuffle(2), IMAGE),
    ("PixelUnshuffle 2", nn.PixelUnshuffle(2), IMAGE),
    ("ChannelShuffle 4", nn.ChannelShuffle(4), IMAGE),
    ("Unfold 3x3, padding 1", nn.Unfold(3, padding=1), IMAGE),
    ("Fold 4x5, kernel_size 2", nn.Fold((4, 5), 2), (2, 8, 12)),
    ("ZeroPad2d 1", nn.ZeroPad2d(1), IMAGE),
    ("ReflectionPad2d padding [1, 2, 0, 3]", nn.ReflectionPad2d((1, 2, 0, 3)), IMAGE),
    ("ConstantPad1d 2, 0.5", nn.ConstantPad1d(2, 0.5), ROW),
    ("RNN 5", nn.RNN(6, 5), TEXT),
    ("GRU 5, 2, batch_first true", nn.GRU(6, 5, 2, batch_first=True), TEXT),
    ("LSTM 5, num_layers 2, bidirectional true", nn.LSTM(6, 5, 2, bidirectional=True), TEXT),
    ("LSTM 5, proj_size 3, bias false", nn.LSTM(6, 5, proj_size=3, bias=False), TEXT),
    ("LSTMCell 5", nn.LSTMCell(6, 5), (2, 6)),
    ("GRUCell 5", nn.GRUCell(6, 5), (2, 6)),
    ("RNNCell 5, nonlinearity relu", nn.RNNCell(6, 5, nonlinearity="relu"), (2, 6)),
]
"""Short form, the module that it means, shape of its input."""

FUNCTIONS = [
    ("add", lambda x, y: x + y, [IMAGE, (8, 1, 1)]),
    ("mul", lambda x, y: x * y, [TEXT, (6,)]),
    ("matmul", lambda x, y: x @ y, [(2, 3, 4, 5), (5, 6)]),
    ("matmul", lambda x, y: torch.matmul(x, y), [(4,), (2, 4, 3)]),
    ("cat", lambda x, y: torch.cat([x, y], 1), [IMAGE, (2, 3, 12, 10)]),
    ("cat dim -1", lambda x, y: torch.cat([x, y], dim=-1), [TEXT, (4, 2, 1)]),
    ("stack", lambda x, y: torch.stack([x, y], dim=1), [TEXT, TEXT]),
    ("mean dim [2, 3]", lambda x: x.mean((2, 3)), [IMAGE]),
    ("sum dim 1, keepdim true", lambda x: x.sum(dim=1, keepdim=True), [IMAGE]),
    ("softmax dim -1", lambda x: F.softmax(x, dim=-1), [TEXT]),
    ("flatten", lambda x: torch.flatten(x, start_dim=1), [IMAGE]),
    ("reshape shape [2, -1, 5]", lambda x: x.reshape(2, -1, 5), [IMAGE]),
    ("permute dims [0, 2, 3, 1]", lambda x: x.permute(0, 2, 3, 1), [IMAGE]),
    ("transpose 1, 2", lambda x: x.transpose(1, 2), [IMAGE]),
    ("unsqueeze 1", lambda x: x.unsqueeze(1), [TEXT]),
    ("chunk 3, dim 1", lambda x: x.chunk(3, dim=1), [IMAGE]),
    ("split 5, dim 1", lambda x: x.split(5, dim=1), [IMAGE]),
    ("split split_size [2, 6], dim 1", lambda x: x.split([2, 6], dim=1), [IMAGE]),
    ("pad pad [1, 2, 3, 4]", lambda x: F.pad(x, (1, 2, 3, 4)), [IMAGE]),
    ("interpolate scale_factor 2", lambda x: F.interpolate(x, scale_factor=2), [IMAGE]),
    ("max_pool2d 2, stride 1", lambda x: F.max_pool2d(x, 2, stride=1), [IMAGE]),
    ("adaptive_avg_pool2d 1", lambda x: F.adaptive_avg_pool2d(x, 1), [IMAGE]),
    ("einsum equation 'abc,cd->abd'", lambda x, y: torch.einsum("abc,cd->abd", x, y), [TEXT, (6, 7)]),
    ("argmax dim 1", lambda x: x.argmax(dim=1), [TEXT]),
    ("scaled_dot_product_attention", F.scaled_dot_product_attention, [(2, 4, 5, 6), (2, 4, 7, 6), (2, 4, 7, 3)]),
    ("linear", F.linear, [TEXT, (5, 6)]),
    ("eq", lambda x, y: x == y, [TEXT, TEXT]),
]
"""Short form, the function that it means, shapes of its inputs."""


class Calls(nn.Module):
    """A network of one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *given):
        """Call it."""
        return self.function(*given)


def inferred(text: str, shapes: list[tuple[int, ...]]) -> Layer:
    """The layer that a short form gives."""
    inputs = ", ".join(f"i{n}: {list(shape)}" for n, shape in enumerate(shapes))
    names = ", ".join(f"i{n}" for n in range(len(shapes)))
    return read_text(f'nnfig: 1\ninputs: {{{inputs}}}\nlayers:\n- {{kind: "{text}", from: [{names}]}}').layers[0]


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(("text", "module", "shape"), MODULES, ids=[text for text, _, _ in MODULES])
def test_a_module_is_inferred_as_it_is_traced(text: str, module: nn.Module, shape: tuple[int, ...]):
    """Every fact of the layer list's layer is that of the traced module."""
    traced = sources.trace(nn.Sequential(module), input_size=shape).layers[0]
    layer = inferred(text, [shape])
    assert (traced.kind, traced.output) == (layer.kind, layer.output)
    assert (traced.params, traced.macs) == (layer.params, layer.macs)
    assert dict(traced.attributes) == dict(layer.attributes)


@pytest.mark.parametrize(("text", "function", "shapes"), FUNCTIONS, ids=[text for text, _, _ in FUNCTIONS])
def test_a_function_is_inferred_as_it_is_traced(text: str, function, shapes: list[tuple[int, ...]]):
    """Shapes, dtypes and MACs of functions."""
    traced = sources.trace(Calls(function), input_size=shapes).layers[0]
    layer = inferred(text, shapes)
    assert (traced.kind, traced.output, traced.macs) == (layer.kind, layer.output, layer.macs)


@pytest.mark.parametrize("sizes", [{}, {"kdim": 4}, {"kdim": 4, "vdim": 3, "bias": False}])
def test_attention_is_counted_as_pytorch_counts(sizes: dict):
    """Widths of key and value follow from what the layer takes."""
    module = nn.MultiheadAttention(6, 2, **sizes)
    key, value = sizes.get("kdim", 6), sizes.get("vdim", 6)
    text = "MultiheadAttention 2" + (", bias false" if "bias" in sizes else "")
    layer = inferred(text, [TEXT, (5, 2, key), (5, 2, value)])
    assert sum(parameter.numel() for parameter in module.parameters()) == layer.params
    assert layer.shape == TEXT


def test_defaults_are_those_of_the_installed_pytorch():
    """A default that PyTorch changes would change every layer list: here it is noticed."""
    for kind in KINDS:
        if not attribute_names(kind) or kind in ("RNN", "GRU", "LSTM"):  # their signatures are *args
            continue
        if not hasattr(nn, kind):  # newer than this PyTorch
            continue
        parameters = inspect.signature(getattr(nn, kind).__init__).parameters.values()
        defaults = {
            p.name: p.default for p in parameters if p.default is not p.empty and p.name in attribute_names(kind)
        }
        given = {"kernel_size": 1, "embed_dim": 1}
        missing = {name: value for name, value in complete(kind, {}).items() if name not in defaults}
        assert complete(kind, {**defaults, **given}) == complete(kind, {**given}), kind
        assert not missing, kind


@pytest.mark.skipif(not hasattr(nn, "LPPool3d"), reason="all kinds are there since PyTorch 2.5")
def test_the_tables_agree():
    """Every class has a signature, and every size, window and requirement of a row is one of its attributes."""
    for kind, row in KINDS.items():
        names = row.arguments or attribute_names(kind)
        unknown = {*row.size, *row.required} - set(names)
        assert not unknown, (kind, unknown)
        if kind[0].isupper() and not row.arguments:
            assert hasattr(nn, kind)


def test_a_hand_written_network_equals_its_traced_twin(root):
    """ResNet-50, operation by operation: kinds, shapes, parameters and MACs."""
    listed = sources.load(root / "examples" / "resnet50.yaml")
    traced = sources.load(f"{root / 'examples' / 'resnet.py'}:resnet50", input_size=["1,3,224,224"])

    def facts(graph: Graph) -> list[str]:
        kept = [layer for layer in graph.layers if layer.kind.lower() != "flatten"]
        return sorted(repr((layer.kind, layer.output, layer.params, layer.macs)) for layer in kept)

    assert facts(traced) == facts(listed)


@pytest.mark.parametrize(
    ("reference", "shape"),
    [("resnet.py:resnet18", "1,3,224,224"), ("densenet.py:dense_block", "1,64,8,8"), ("lstm.py:lstm_cell", None)],
)
def test_a_traced_network_is_the_same_after_saving(root, tmp_path, reference: str, shape: str | None):
    """Traced, saved, loaded: every field of every layer and group, and the same figure byte for byte."""
    sizes = [shape] if shape else ["1,128", "1,256", "1,256"]
    traced = sources.load(f"{root / 'examples' / reference}", input_size=sizes)
    for name in ("net.yaml", "net.json"):
        traced.save(tmp_path / name)
        loaded = sources.load(tmp_path / name)
        assert traced == loaded
        assert nnfig.draw(traced).tex == nnfig.draw(loaded).tex
