"""Layers and numbers as short text; one table of hyper-parameters serves kinds that nobody knows, too."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from nnfig.graph import Layer

_SIZES = (
    "out_channels",
    "out_features",
    "hidden_size",
    "embed_dim",
    "embedding_dim",
    "d_model",
)
"""Attributes of which the first that a layer has is written as a bare number."""

_USUAL: dict[str, tuple[Any, ...]] = {
    "groups": (1, None),
    "dilation": (1, None),
    "num_heads": (None,),
    "num_layers": (1, None),
    "bidirectional": (False, None),
    "p": (0, 0.0, None),
    "dim": (None,),
    "scale_factor": (None,),
}
"""Attributes that are written with their name, unless they have one of these values."""

_STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def operation(layer: Layer) -> str:
    """Kind and the hyper-parameters that tell it from others of its kind.

    >>> operation(Layer("conv1", "Conv2d", attributes={"kernel_size": (7, 7), "stride": (2, 2)}))
    'Conv2d 7x7, /2'
    """
    attributes = layer.attributes
    words: list[str] = []
    kernel, stride = attributes.get("kernel_size"), attributes.get("stride")
    if kernel is not None:
        words.append(_window(kernel, layer.kind))
    words += [str(attributes[key]) for key in _SIZES if attributes.get(key) is not None][:1]
    # A pool moves by its own size unless it says otherwise.
    if _says(stride, (1, None)) and not ("Pool" in layer.kind and _each(stride) == _each(kernel)):
        words.append("/" + _one(stride))
    words += [f"{key} {_one(attributes[key])}" for key in _USUAL if _says(attributes.get(key), _USUAL[key])]
    return " ".join(filter(None, (layer.kind, ", ".join(words))))


def _says(value: Any, usual: tuple[Any, ...]) -> bool:
    """Whether any part of a value differs from what goes without saying."""
    return any(part not in usual for part in _each(value))


def _each(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _window(value: Any, kind: str) -> str:
    """A kernel as `3x3`, also where one number stands for every direction."""
    parts = _each(value)
    if len(parts) == 1 and kind[-2:] in ("2d", "3d"):
        parts *= int(kind[-2])
    return "x".join(map(str, parts))


def _one(value: Any) -> str:
    """`2` for (2, 2), `2x1` for (2, 1)."""
    parts = dict.fromkeys(map(str, _each(value)))
    return "x".join(map(str, _each(value))) if len(parts) > 1 else next(iter(parts), "()")


def short(number: int) -> str:
    """A count with three digits and a unit.

    >>> short(1814073344), short(999), short(14_500)
    ('1.81 G', '999', '14.5 k')
    """
    for size, unit in _UNITS:
        if number >= size:
            value = number / size
            return f"{value:.{max(0, 2 - len(str(int(value))) + 1)}f} {unit}"
    return str(number)


def percent(part: int, whole: int) -> str:
    """A share: one decimal, and never 0.0% for something."""
    if not part or not whole:
        return ""
    share = 100 * part / whole
    return "<0.1%" if share < 0.05 else f"{share:.1f}%"


def printable(text: str) -> str:
    """Text without control characters and line breaks of any kind, which could steer the terminal."""
    return "".join("?" if unicodedata.category(c) in _STEERING else c for c in text)


def width(text: str) -> int:
    """Columns that text takes in a terminal: East Asian letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitted(text: str, columns: int, right: bool = False) -> str:
    """Text padded to so many columns, or cut so that it ends in two dots; how often it stands there is kept.

    >>> fitted("conv1", 7), fitted("1,024", 7, right=True), fitted("downsample", 7), fitted("Bottleneck x3", 9)
    ('conv1  ', '  1,024', 'downs..', 'Bott.. x3')
    """
    if width(text) > columns:
        times = re.search(r" x\d+$", text)
        kept = times[0] if times and len(times[0]) + 3 < columns else ""
        text = text.removesuffix(kept)
        while text and width(text) > columns - 2 - len(kept):
            text = text[:-1]
        text += ".." + kept
    padding = " " * (columns - width(text))
    return padding + text if right else text + padding
