"""From the explicit figure a network can be built again: each box and the caption give back the module they draw."""

from __future__ import annotations

import inspect
import re
import sys
from ast import literal_eval
from math import prod
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import nnfig  # noqa: E402
from nnfig import detail  # noqa: E402
from nnfig.options import Options  # noqa: E402

EXAMPLES = Path(__file__).parents[2] / "examples"
HANDLING = {"inplace", "device", "dtype", "return_indices", "scale_grad_by_freq", "sparse"}
"""Arguments that change how a module is run, not what it computes."""
CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
SIZE = {
    "Linear": "out_features",
    "LSTM": "hidden_size",
    "GRU": "hidden_size",
    "RNN": "hidden_size",
    "AdaptiveAvgPool2d": "output_size",
    "AdaptiveMaxPool2d": "output_size",
    **dict.fromkeys(CONVOLUTIONS, "out_channels"),
}
"""What a size in a label without a name is."""
GIVEN = {
    "Linear": ("in_features", -1),
    "Bilinear": ("in1_features", -1, "in2_features", -1),
    "LayerNorm": ("normalized_shape", -1),
    "RMSNorm": ("normalized_shape", -1),
    "GroupNorm": ("num_channels", 1),
    "MultiheadAttention": ("embed_dim", -1),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), ("input_size", -1)),
    **dict.fromkeys(("BatchNorm2d", "BatchNorm3d", "InstanceNorm2d"), ("num_features", 1)),
    **dict.fromkeys(CONVOLUTIONS, ("in_channels", 1)),
}
"""What follows from the tensor that comes in, and the axis that tells it."""


def _value(text: str) -> Any:
    """A number, `3×5`, `(1, 2)` or a word, as it stands in a label."""
    if re.fullmatch(r"-?[\d.]+(e-?\d+)?(×(-?[\d.]+|same))+", text):
        return tuple(None if part == "same" else _value(part) for part in text.split("×"))
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _arguments(kind: str, label: str) -> dict[str, Any]:
    """Constructor arguments that a label tells; what it does not tell is left to PyTorch."""
    head, *rest = re.split(r", (?![^(]*\))", label)
    found: dict[str, Any] = {}
    if "max pool" in head or "avg pool" in head:
        found["stride"] = 1 if "global" not in head and "adaptive" not in head else None
    for pattern, name in ((r"^([\d×]+) (?:depthwise )?(?:conv|up-conv|max pool|avg pool)$", "kernel_size"),
                          (r"^(?:depthwise )?1D (?:conv|up-conv|max pool|avg pool) (\d+)$", "kernel_size"),
                          (r"Dropout\dd? ([\d.]+)$|^Dropout ([\d.]+)$", "p"), (r"upsample ([\d.]+)×", "scale_factor"),
                          (r"pixel shuffle (\d+)×", "upscale_factor")):  # fmt: skip
        if match := re.search(pattern, head):
            found[name] = _value(next(group for group in match.groups() if group))
    found |= {"output_size": 1} if head.startswith("global") else {}
    found |= {"bidirectional": True} if head.startswith("bidirectional") else {}
    for word in rest:
        if match := re.fullmatch(r"(\d+) (groups|layers|heads)", word):
            name = {"layers": "num_layers", "heads": "num_heads", "groups": "groups"}[match[2]]
            found["num_groups" if kind == "GroupNorm" else name] = int(match[1])
        elif match := re.fullmatch(r"(\d+)→(\d+)", word):
            found |= {"in_features": int(match[1]), "out_features": int(match[2])}
        elif word.startswith("/"):
            found["stride"] = _value(word[1:])
        elif re.fullmatch(r"[\d×]+", word) or re.fullmatch(r"\d+×same", word):
            if kind == "Embedding":
                found["num_embeddings"], found["embedding_dim"] = _value(word)
            else:
                found[SIZE[kind]] = _value(word)
        else:
            found |= _named(word, kind)
    return {name: value for name, value in found.items() if value is not None or name != "stride"}


def _named(word: str, kind: str) -> dict[str, Any]:
    """`no bias`, `padding 3`, `ceil mode`, with the argument's own name."""
    if word.startswith("no "):
        return {word[3:].replace(" ", "_"): False}
    names = sorted(_names(kind), key=len, reverse=True)
    name = next((n for n in names if word == n.replace("_", " ") or word.startswith(n.replace("_", " ") + " ")), None)
    assert name, f"'{word}' is no argument of {kind}"
    rest = word[len(name) :].strip()
    return {name: _value(rest) if rest else True}


def _names(kind: str) -> list[str]:
    """Names of a class's arguments; those of recurrent layers stand in their base class."""
    base = nn.RNNBase.__init__ if kind in ("LSTM", "GRU", "RNN") else getattr(nn, kind)
    return [*inspect.signature(base).parameters, *(["nonlinearity"] if kind == "RNN" else [])]


def _in_caption(kind: str, called: str, caption: str) -> dict[str, Any]:
    """Arguments that the caption tells of all modules of a kind."""
    found: dict[str, Any] = {}
    for clause in re.split(r"; |\. ", caption.removesuffix(".")):
        clause = clause[:1].lower() + clause[1:]
        if match := re.fullmatch(rf"no ({kind}|{called}) has a (\w+)", clause):
            found[match[2]] = False
        elif match := re.fullmatch(rf"every ({kind}|{called}) has (.*)", clause):
            for word in re.split(r", | and ", match[2]):
                found |= _named(word, kind)
    return found


def _same(one: Any, other: Any) -> bool:
    def plain(value: Any) -> Any:
        equal = isinstance(value, (tuple, list)) and len(value) > 0 and len(set(value)) == 1
        return value[0] if equal else tuple(value) if isinstance(value, list) else value

    one, other = plain(one), plain(other)
    return abs(one - other) <= 1e-5 * abs(one) if isinstance(one, float) and isinstance(other, float) else one == other


def _is_vector(shape: tuple[int, ...]) -> bool:
    """Whether a map has one pixel, so that it needs no word to be a vector."""
    return len(shape) == 4 and shape[2:] == (1, 1)


class Odd(nn.Module):
    """One layer of many kinds, each with unusual arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, (1, 7), (2, 1), (0, 3), padding_mode="reflect", bias=False),
            nn.BatchNorm2d(16, eps=1e-3, momentum=0.03, affine=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 16, 3, padding="same", groups=4, dilation=2),
            nn.GroupNorm(4, 16, eps=1e-6, affine=False),
            nn.ELU(0.5),
            nn.MaxPool2d(3, 2, 1, ceil_mode=True),
            nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1, groups=2),
            nn.InstanceNorm2d(8, affine=True),
            nn.Hardtanh(-2, 3),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
            nn.PReLU(8),
            nn.Softplus(beta=2),
            nn.LocalResponseNorm(3, alpha=2e-4, k=2.0),
            nn.Dropout2d(0.3),
            nn.Conv2d(8, 8, (3, 5), groups=8),
            nn.PixelShuffle(2),
            nn.AdaptiveMaxPool2d((4, None)),
            nn.AdaptiveAvgPool2d((1, 7)),
            nn.LayerNorm(7, elementwise_affine=False, eps=1e-4),
            nn.GLU(1),
        )
        self.head = nn.Sequential(
            nn.LayerNorm(7, bias=False),
            nn.RMSNorm(7, eps=1e-3),
            nn.GELU("tanh"),
            nn.Softmax(1),
            nn.Linear(7, 5, bias=False),
        )

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x))


class Words(nn.Module):
    """Recurrence, attention and one-dimensional layers with unusual arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 32, padding_idx=3, max_norm=2.0)
        self.lstm = nn.LSTM(32, 24, 2, bias=False, dropout=0.25, bidirectional=True, proj_size=12, batch_first=True)
        self.gru = nn.GRU(24, 24, batch_first=True, bidirectional=True)
        self.rnn = nn.RNN(48, 16, nonlinearity="relu", batch_first=True)
        self.attention = nn.MultiheadAttention(
            16, 4, 0.15, bias=False, add_zero_attn=True, kdim=24, vdim=24, batch_first=True
        )
        self.norm = nn.LayerNorm(16, eps=1e-12)
        self.bilinear = nn.Bilinear(16, 24, 10, bias=False)
        self.conv = nn.Conv1d(10, 12, 5, 2, 2, dilation=2)
        self.pool = nn.MaxPool1d(2)
        self.up = nn.ConvTranspose1d(12, 6, 4, 2, 1)

    def forward(self, x: Any) -> Any:
        states, _ = self.lstm(self.embedding(x))
        x, _ = self.rnn(self.gru(states)[0])
        x = self.norm(self.attention(x, states, states)[0])
        return self.up(self.pool(self.conv(self.bilinear(x, states).transpose(1, 2))))


def _example(name: str, factory: str) -> nn.Module:
    sys.path.insert(0, str(EXAMPLES))
    try:
        return getattr(__import__(name), factory)()
    finally:
        sys.path.remove(str(EXAMPLES))


NETWORKS = {
    "odd": (Odd, {"input_size": (2, 3, 64, 64)}),
    "words": (Words, {"input_size": "2,30:int64"}),
    "resnet50": (lambda: _example("resnet", "resnet50"), {"input_size": (1, 3, 64, 64)}),
    "inception_v3": (lambda: _example("inception_v3", "inception_v3"), {"input_size": (1, 3, 128, 128)}),
    "densenet121": (lambda: _example("densenet", "densenet121"), {"input_size": (1, 3, 64, 64)}),
    "unet": (lambda: _example("unet", "unet"), {"input_size": (1, 1, 188, 188)}),
    "vnet": (lambda: _example("vnet", "vnet"), {"input_size": (1, 1, 32, 64, 64)}),
    "seq2seq": (lambda: _example("seq2seq", "seq2seq"), {"input_size": ["1,20:int64", "1,24:int64"]}),
}


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("name", list(NETWORKS))
def test_each_box_gives_back_its_module(name: str) -> None:
    """Same class, same arguments, same shapes of weights as the module that is drawn, from label and caption alone."""
    build, run = NETWORKS[name]
    torch.set_num_threads(1)
    model = build()
    drawing = detail.drawing([nnfig.trace(model, **run)], Options(detail="explicit"))
    graph, modules = drawing.graph, dict(model.named_modules())
    rebuilt = 0
    for layer in graph.layers:
        module = modules.get(layer.path)
        if module is None or layer.kind != type(module).__name__ or not hasattr(nn, layer.kind):
            continue
        given = {}
        follows = GIVEN.get(layer.kind, ())
        for argument, axis, edge in zip(follows[::2], follows[1::2], layer.inputs, strict=False):
            shape = graph.spec(edge.source, edge.output).shape
            shape = (shape[0], *reversed(shape[1:])) if edge.label == "transpose" else shape
            given[argument] = prod(shape[1:]) if edge.label == "flatten" or _is_vector(shape) else shape[axis]
        told = _arguments(layer.kind, ", ".join(layer.look.label)) | _in_caption(
            layer.kind, layer.look.label[0], drawing.caption
        )
        if "depthwise" in layer.look.label[0]:
            told["groups"] = given["in_channels"]
        again = getattr(nn, layer.kind)(**given | told)
        assert [p.shape for p in again.parameters()] == [p.shape for p in module.parameters()], layer.name
        for argument in _names(layer.kind):
            if argument not in HANDLING and hasattr(module, argument) and argument != "bias":
                expected, actual = getattr(module, argument), getattr(again, argument)
                assert _same(expected, actual), f"{layer.name}: {argument} is {expected}, told {layer.look.label}"
        rebuilt += 1
    assert rebuilt > 3
