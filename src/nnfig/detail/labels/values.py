"""A layer's attributes as words: the values of template fields, and a list of what differs from the defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nnfig.graph import Dim, Layer
from nnfig.graph.defaults import attribute_names, brief

ANY = object()
"""As a default: the attribute never changes what a function computes."""

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "stride": (1,),
    "padding": (0,),
    "output_padding": (0,),
    "dilation": (1,),
    "groups": (1,),
    "bias": (True,),
    "padding_mode": ("zeros",),
    "ceil_mode": (False,),
    "count_include_pad": (True,),
    "divisor_override": (None,),
    "return_indices": (False, ANY),
    "eps": (1e-5, 1e-05, None),
    "momentum": (0.1, ANY),
    "affine": (True,),
    "track_running_stats": (True, ANY),
    "transposed": (False,),
    "elementwise_affine": (True,),
    "negative_slope": (0.01,),
    "alpha": (1, 1.0),
    "beta": (1, 1.0),
    "inplace": (ANY,),
    "approximate": ("none",),
    "num_layers": (1,),
    "bidirectional": (False,),
    "batch_first": (False,),
    "dropout": (0, 0.0),
    "dropout_p": (0, 0.0),
    "attention_dropout": (0, 0.0),
    "proj_size": (0,),
    "nonlinearity": ("tanh",),
    "padding_idx": (None,),
    "max_norm": (None,),
    "norm_type": (2, 2.0),
    "scale_grad_by_freq": (ANY,),
    "sparse": (ANY,),
    "align_corners": (None, False),
    "mode": ("nearest",),
    "antialias": (False,),
    "recompute_scale_factor": (None, ANY),
    "is_causal": (False,),
    "attn_mask": (None,),
    "scale": (None,),
    "enable_gqa": (False,),
    "add_bias_kv": (False,),
    "add_zero_attn": (False,),
    "kdim": (None, ANY),
    "vdim": (None, ANY),
    "need_weights": (ANY,),
    "average_attn_weights": (ANY,),
    "training": (ANY,),
    "dtype": (None, ANY),
    "device": (ANY,),
    "min_val": (-1, -1.0),
    "max_val": (1, 1.0),
}
"""What an attribute of a function is when nobody sets it; more than one value where spellings or versions differ."""

SAME_RESULT = frozenset(
    [
        *("inplace", "return_indices", "scale_grad_by_freq", "sparse", "device", "dtype"),
        *("training", "recompute_scale_factor"),
    ]
)
"""Attributes of torch.nn's classes that say how something is computed or handed over, not what it is."""

DERIVED = frozenset(
    [
        "shape",
        "in_channels",
        "in_features",
        "in1_features",
        "in2_features",
        "num_features",
        "normalized_shape",
        "input_size",
        "embed_dim",
        "num_channels",
        "members",
        "repeat",
    ]
)
"""Attributes that follow from the tensor that comes in, and what a closed block holds."""

CHANNELS = ("out_channels", "out_features", "embedding_dim", "hidden_size", "embed_dim", "units", "filters")

FACETS = {
    "kernel_size": "kernel",
    "output_size": "kernel",
    "stride": "stride",
    **dict.fromkeys((*CHANNELS, "channels", "features"), "channels"),
    "params": "params",
    "macs": "macs",
    "name": "names",
    "path": "names",
    "class": "classes",
    "padding": "attributes",
    "num_embeddings": "attributes",
    "shape": "shapes",
}
"""What `--show` and `--hide` call a field; a field that is not listed is always written."""

FACET_WORDS = ("dims", "kernel", "channels", "stride", "attributes", "shapes", "params", "macs", "names", "classes")
"""Words of `--show` and `--hide` that mean text rather than layers."""


def is_default(name: str, value: Any) -> bool:
    """Whether an attribute has the value that it has when nobody sets it."""
    defaults = DEFAULTS.get(name, ())
    if ANY in defaults:
        return True
    values = tuple(value) if isinstance(value, (tuple, list)) and value else (value,)
    return any(all((type(v) is not str and v == d) or v is d or v == d for v in values) for d in defaults)


def sizes(values: Iterable[Dim]) -> str:
    """Sizes joined by a multiplication sign.

    >>> sizes((64, 112, 112))
    '64×112×112'
    """
    return "×".join(map(str, values))


def big(number: int | None) -> str:
    """A count as people write it.

    >>> big(25_557_032), big(640), big(4_089_184_256), big(999_960)
    ('25.6M', '640', '4.09G', '1.00M')
    """
    if number is None:
        return ""
    for limit, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 0.9995 * limit:
            return f"{number / limit:#.3g}".rstrip(".") + unit
    return str(number)


def text(value: Any) -> str:
    """An attribute's value as it is written in a label."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (tuple, list)):
        words = [text(v) for v in value]
        return words[0] if words and len(set(words)) == 1 else "×".join(words)
    return str(value)


def kernel(layer: Layer) -> str:
    """`3×3`, `3×3×3`, or `3` for one axis; a single number of a 2d layer counts for both axes."""
    return _axes(layer, "kernel_size")


def _axes(layer: Layer, name: str) -> str:
    size = layer.attributes.get(name)
    if size is None:
        return ""
    axes = tuple("same" if each is None else each for each in (size if isinstance(size, (tuple, list)) else (size,)))
    rank = next((n for n in (1, 2, 3) if f"{n}d" in layer.kind.lower()), len(axes))
    return sizes(axes * rank if len(axes) == 1 else axes)


def channels(layer: Layer) -> str:
    """Channels or features of what comes out, where an attribute says so."""
    for name in CHANNELS:
        if name in layer.attributes:
            return text(layer.attributes[name])
    return ""


def features(layer: Layer) -> str:
    """Features that go in and come out of a linear map: `384→256`; those that come out where the others are unknown."""
    into = next((layer.attributes[name] for name in ("in_features", "nx") if name in layer.attributes), None)
    return f"{text(into)}→{channels(layer)}" if into is not None and channels(layer) else channels(layer)


def is_depthwise(layer: Layer) -> bool:
    """Whether every channel is convolved on its own."""
    groups = layer.attributes.get("groups", 1)
    return isinstance(groups, int) and groups > 1 and groups == layer.attributes.get("in_channels")


def heads(layer: Layer) -> str:
    """Attention heads: told by the layer, or the second axis of a (batch, heads, length, features) tensor."""
    for name in ("num_heads", "heads", "num_attention_heads", "n_head", "nhead"):
        if isinstance(layer.attributes.get(name), int):
            return str(layer.attributes[name])
    return str(layer.shape[1]) if len(layer.shape) == 4 and layer.kind == "scaled_dot_product_attention" else ""


_COMPUTED: dict[str, Callable[[Layer], str]] = {
    "kernel_size": kernel,
    "channels": channels,
    "features": features,
    "output_size": lambda layer: _axes(layer, "output_size"),
    "depthwise": lambda layer: "depthwise" if is_depthwise(layer) else "",
    "groups": lambda layer: "" if is_depthwise(layer) else _plain(layer, "groups"),
    "heads": heads,
    "params": lambda layer: f"{big(layer.params)} parameters" if layer.params else "",
    "macs": lambda layer: f"{big(layer.macs)} MACs" if layer.macs else "",
    "shape": lambda layer: sizes(layer.shape),
    "kind": lambda layer: layer.kind,
    "class": lambda layer: layer.original or layer.kind,
    "name": lambda layer: layer.name,
    "path": lambda layer: layer.path,
    "bidirectional": lambda layer: "bidirectional" if layer.attributes.get("bidirectional") is True else "",
    "bias": lambda layer: "no bias" if layer.attributes.get("bias") is False else "",
}


def _plain(layer: Layer, field: str) -> str:
    value = layer.attributes.get(field)
    return "" if value is None or is_default(field, value) else text(value)


def field_value(layer: Layer, field: str) -> str:
    """The value of a template's field, '' where there is none or it is a default."""
    computed = _COMPUTED.get(field)
    return computed(layer) if computed else _plain(layer, field)


def default_value(layer: Layer, field: str) -> str:
    """The value of an attribute though it is a default; '' for what is only on or off, or absent."""
    value = layer.attributes.get(field)
    return "" if value is None or isinstance(value, bool) else text(value)


COMPUTED = (*_COMPUTED, "short", "called", "masked", "kv_heads")
"""Fields of templates that are no attributes."""


_COVERS = {
    "heads": ("num_heads", "heads", "num_attention_heads", "n_head", "nhead", "is_causal"),
    "kv_heads": ("enable_gqa", "num_key_value_heads"),
    "depthwise": ("groups",),
    "channels": CHANNELS,
    "features": (*CHANNELS, "nx"),
}
"""Attributes that a computed field of a label has told."""


def remaining(layer: Layer, used: Iterable[str]) -> tuple[str, ...]:
    """Attributes that are neither defaults nor derived nor told by the fields in `used`, in words.

    >>> remaining(Layer("c", "Conv2d", attributes={"padding": (3, 3), "bias": False, "groups": 1}), ())
    ('padding 3', 'no bias')
    """
    seen = {*DERIVED, *(name for field in used for name in (field, *_COVERS.get(field, ())))}
    known = attribute_names(layer.kind)
    words: list[str] = []
    for name, value in brief(layer.kind, layer.attributes).items():
        silent = name in SAME_RESULT or name not in known if known else is_default(name, value)
        usual = name == "scale" and _is_usual_scale(layer, value)
        if silent or usual or name in seen or name.startswith("_") or value is None:
            continue
        label = name.replace("_", " ")
        words.append(f"no {label}" if value is False else label if value is True else f"{label} {_told(name, value)}")
    return tuple(words)


def _is_usual_scale(layer: Layer, value: Any) -> bool:
    """Whether attention divides by the root of the size of a head, as it does when nobody says anything."""
    size = layer.shape[-1] if layer.shape else 0
    return isinstance(size, int) and isinstance(value, float) and size > 0 and abs(value * size**0.5 - 1) < 1e-6


_SIZES = frozenset(
    [
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "output_size",
        "output_padding",
        "size",
        "shape",
        "scale_factor",
        "normalized_shape",
    ]
)


def _told(name: str, value: Any) -> str:
    if isinstance(value, (tuple, list)) and name not in _SIZES:
        return f"({', '.join(map(text, value))})"
    return text(value)
