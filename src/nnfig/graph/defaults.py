"""PyTorch's signatures as text: which attributes a kind of layer has, in which order, and what they are if left out."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from functools import cache
from typing import Any

_SIGNATURES = {
    "Conv1d Conv2d Conv3d": "in_channels out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True "
    "padding_mode='zeros'",
    "ConvTranspose1d ConvTranspose2d ConvTranspose3d": "in_channels out_channels kernel_size stride=1 padding=0 "
    "output_padding=0 groups=1 bias=True dilation=1 padding_mode='zeros'",
    "MaxPool1d MaxPool2d MaxPool3d": "kernel_size stride=None padding=0 dilation=1 return_indices=False "
    "ceil_mode=False",
    "AvgPool1d": "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True",
    "AvgPool2d AvgPool3d": "kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True "
    "divisor_override=None",
    "LPPool1d LPPool2d LPPool3d": "norm_type kernel_size stride=None ceil_mode=False",
    "MaxUnpool1d MaxUnpool2d MaxUnpool3d": "kernel_size stride=None padding=0",
    "FractionalMaxPool2d FractionalMaxPool3d": "kernel_size output_size=None output_ratio=None return_indices=False",
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d": "output_size",
    "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d": "output_size return_indices=False",
    "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm": "num_features eps=1e-05 momentum=0.1 affine=True "
    "track_running_stats=True",
    "InstanceNorm1d InstanceNorm2d InstanceNorm3d": "num_features eps=1e-05 momentum=0.1 affine=False "
    "track_running_stats=False",
    "LayerNorm": "normalized_shape eps=1e-05 elementwise_affine=True bias=True",
    "RMSNorm": "normalized_shape eps=None elementwise_affine=True",
    "GroupNorm": "num_groups num_channels eps=1e-05 affine=True",
    "LocalResponseNorm CrossMapLRN2d": "size alpha=0.0001 beta=0.75 k=1.0",
    "Linear": "in_features out_features bias=True",
    "Bilinear": "in1_features in2_features out_features bias=True",
    "Embedding": "num_embeddings embedding_dim padding_idx=None max_norm=None norm_type=2.0 scale_grad_by_freq=False "
    "sparse=False",
    "EmbeddingBag": "num_embeddings embedding_dim max_norm=None norm_type=2.0 scale_grad_by_freq=False mode='mean' "
    "sparse=False include_last_offset=False padding_idx=None",
    "RNN": "input_size hidden_size num_layers=1 nonlinearity='tanh' bias=True batch_first=False dropout=0.0 "
    "bidirectional=False",
    "GRU": "input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False",
    "LSTM": "input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False "
    "proj_size=0",
    "RNNCell": "input_size hidden_size bias=True nonlinearity='tanh'",
    "GRUCell LSTMCell": "input_size hidden_size bias=True",
    "MultiheadAttention": "embed_dim num_heads dropout=0.0 bias=True add_bias_kv=False add_zero_attn=False kdim=None "
    "vdim=None batch_first=False",
    "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout": "p=0.5 inplace=False",
    "ReLU ReLU6 SELU SiLU Mish Hardsigmoid Hardswish": "inplace=False",
    "LeakyReLU": "negative_slope=0.01 inplace=False",
    "PReLU": "num_parameters=1 init=0.25",
    "RReLU": "lower=0.125 upper=0.3333333333333333 inplace=False",
    "ELU CELU": "alpha=1.0 inplace=False",
    "GELU": "approximate='none'",
    "GLU": "dim=-1",
    "Hardtanh": "min_val=-1.0 max_val=1.0 inplace=False",
    "Hardshrink Softshrink": "lambd=0.5",
    "Softplus": "beta=1.0 threshold=20.0",
    "Threshold": "threshold value inplace=False",
    "Softmax LogSoftmax Softmin": "dim=None",
    "Flatten": "start_dim=1 end_dim=-1",
    "Unflatten": "dim unflattened_size",
    "Upsample": "size=None scale_factor=None mode='nearest' align_corners=None recompute_scale_factor=None",
    "UpsamplingNearest2d UpsamplingBilinear2d": "size=None scale_factor=None",
    "PixelShuffle": "upscale_factor",
    "PixelUnshuffle": "downscale_factor",
    "ChannelShuffle": "groups",
    "Unfold": "kernel_size dilation=1 padding=0 stride=1",
    "Fold": "output_size kernel_size dilation=1 padding=0 stride=1",
    "ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d "
    "ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d": "padding",
    "ConstantPad1d ConstantPad2d ConstantPad3d": "padding value",
    "CosineSimilarity": "dim=1 eps=1e-08",
    "PairwiseDistance": "p=2.0 eps=1e-06 keepdim=False",
    "Identity Sigmoid Tanh LogSigmoid Softsign Tanhshrink Softmax2d": "",
}
"""torch.nn's classes -> their arguments, `name=default` where there is one."""

_PER_AXIS = frozenset(("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size"))
_LIKE = {"stride": "kernel_size", "kdim": "embed_dim", "vdim": "embed_dim"}
"""Attributes that equal another one where they are left out (a convolution's stride is 1 then, and not None)."""
_INTERNAL = {
    *("transposed", "output_padding", "process_group", "proj_size", "min_val", "max_val"),
    *("mode", "align_corners", "recompute_scale_factor", "value"),
}
"""What modules remember without having been told, for kinds that have no such argument."""
_RANK = re.compile(r"\w+([123])d")


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    """For each kind: attribute -> its default as it stands in a layer, None where it has to be given."""
    table: dict[str, Mapping[str, Any]] = {}
    for kinds, signature in _SIGNATURES.items():
        arguments = (word.partition("=") for word in signature.split())
        defaults = {name: literal_eval(text) if equals else _REQUIRED for name, equals, text in arguments}
        table.update(
            (kind, {name: settled(kind, name, value) for name, value in defaults.items()}) for kind in kinds.split()
        )
    return table


class _Required:
    """Stands where PyTorch has no default."""


_REQUIRED = _Required()


def attribute_names(kind: str) -> tuple[str, ...]:
    """Attributes of a torch.nn kind in PyTorch's order; empty for other kinds.

    >>> attribute_names("Linear")
    ('in_features', 'out_features', 'bias')
    """
    return tuple(_table().get(kind, ()))


def axes(kind: str) -> int:
    """How many axes a kind works on: 2 for `Conv2d` and `Fold`; 0 where its attributes are not one for each axis."""
    match = _RANK.fullmatch(kind)
    return 2 if kind in ("Fold", "Unfold") else int(match[1]) if match and "Pad" not in kind else 0


def settled(kind: str, name: str, value: Any) -> Any:
    """An attribute's value in the one form that graphs use: a tuple where there is one number for each axis.

    >>> settled("Conv2d", "stride", 2), settled("Conv2d", "padding", "same"), settled("MaxPool1d", "padding", 1)
    ((2, 2), 'same', (1,))
    """
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if name in _PER_AXIS and axes(kind):
        return (value,) * axes(kind)
    if name == "normalized_shape":
        return (value,)
    if name == "padding" and (match := _RANK.fullmatch(kind)):
        return (value,) * (2 * int(match[1]))
    if name == "scale_factor":
        return float(value)
    return value


def complete(kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """All attributes of a torch.nn kind: those given, settled, and PyTorch's defaults, in its order; else those given.

    >>> complete("MaxPool2d", {"kernel_size": 2})["stride"]
    (2, 2)
    """
    defaults = _table().get(kind)
    if defaults is None:
        return dict(attributes)
    found: dict[str, Any] = {}
    for name, default in defaults.items():
        value = settled(kind, name, attributes[name]) if name in attributes else default
        if value is None and name in _LIKE:
            value = found.get(_LIKE[name])
        if value is not _REQUIRED:
            found[name] = value
    if kind == "LayerNorm" and not found["elementwise_affine"]:
        found["bias"] = False
    found.update((name, settled(kind, name, value)) for name, value in attributes.items() if name not in found)
    return found


def normal(kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The one form that attributes have in every graph: complete, and without what says nothing.

    >>> normal("ZeroPad2d", {"padding": 1, "value": 0.0})
    {'padding': (1, 1, 1, 1)}
    """
    names = _table().get(kind)
    if names is None:
        return dict(attributes)
    said = {name: value for name, value in attributes.items() if name in names or name not in _INTERNAL}
    if "bias" in said and "bias" not in names and said["bias"] == attributes.get("affine", True):
        del said["bias"]  # newer norms have one: a norm with weights has a bias unless it is told otherwise
    return complete(kind, said)


def brief(kind: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes without those that `complete` would put back as they are.

    >>> brief("Conv2d", {"in_channels": 3, "out_channels": 8, "kernel_size": (3, 3), "stride": (1, 1), "bias": False})
    {'in_channels': 3, 'out_channels': 8, 'kernel_size': (3, 3), 'bias': False}
    """
    defaults = _table().get(kind, {})
    kept = {
        name: value for name, value in attributes.items() if name not in defaults or not _same(value, defaults[name])
    }
    for name, other in _LIKE.items():
        if name in kept and defaults.get(name, 0) is None and _same(kept[name], kept.get(other)):
            del kept[name]
    return kept


def call(kind: str, attributes: Mapping[str, Any]) -> str:
    """A layer as code would make it.

    >>> call("LeakyReLU", {"negative_slope": 0.1})
    'LeakyReLU(negative_slope=0.1)'
    """
    return f"{kind}({', '.join(f'{name}={value}' for name, value in brief(kind, attributes).items())})"


def _same(value: Any, default: Any) -> bool:
    """Equal in type too, so that `bias: 1` is not taken for `bias: true`."""
    return value == default and repr(value) == repr(default)
