"""What hidden changes of shape do on an edge, in a few words: split into 8 heads, flatten, [:, 0]."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.detail.categories import category_of
from nnfig.detail.passes.selections import part, plainly
from nnfig.graph import Dim, Graph, Layer

_QUIET = frozenset(
    [
        *("to", "float", "half", "type_as", "contiguous", "clone", "detach", "expand", "expand_as"),
        *("squeeze", "unsqueeze", "Identity"),
    ]
)
"""Kinds that are not worth a word where others stand beside them."""

_WORDS: dict[tuple[str, ...], str] = {
    ("flatten",): "flatten",
    ("Flatten",): "flatten",
    ("flatten", "transpose"): "image to tokens",
    ("flatten", "permute"): "image to tokens",
    ("reshape", "permute"): "image to tokens",
    ("permute",): "permute axes",
    ("transpose",): "transpose",
    ("view", "permute", "reshape"): "to windows",
    ("view", "permute", "view"): "to windows",
}


def move(chain: Sequence[Layer], graph: Graph) -> str:
    """The label of an edge that runs through hidden layers; empty where the shape stays what it was."""
    steps = [layer for layer in chain if layer.mark == "plumbing" or category_of(layer.kind).name == "reshape"]
    if not steps or not steps[0].inputs:
        return ""
    first = graph.spec(steps[0].inputs[0].source, steps[0].inputs[0].output)
    before, after = (first.shape if first else ()), steps[-1].shape
    if _essence(before) == _essence(after):
        return ""
    indices = [
        str(layer.attributes["index"]) for layer in steps if layer.kind == "getitem" and "index" in layer.attributes
    ]
    loud = tuple(layer.kind for layer in steps if layer.kind not in _QUIET)
    if indices and set(loud) <= {"getitem"}:
        return _crop(indices, before, after) or (part(steps[0], 0, before) if len(steps) == 1 else plainly(indices))
    if heads := _split_heads(before, after):
        turned = any(layer.kind == "transpose" for layer in steps[1:]) and after[1::2] == (heads, *before[1:2])
        return f"split into {heads} head{'s' * (heads != 1)}{', transpose' if turned else ''}"
    if len(before) == 3 and len(after) == 4 and after[1] == before[2]:
        return "tokens to image"
    if loud in _WORDS:
        return _WORDS[loud]
    if len(before) == 2 and len(after) == 4:
        return "split heads" if {"transpose", "permute"} & set(loud) else "unflatten"
    if len(before) == 4 and len(after) == 3:
        source = graph.layer.get(steps[0].inputs[0].source)
        before_it = category_of(source.kind).name if source is not None else ""
        turned = loud[:1] in (("transpose",), ("permute",)) and before_it not in _OF_MAPS
        return "merge heads" if turned or before_it == "attention" else ", ".join(loud) or "reshape"
    if len(after) == 2 < len(before):
        return "flatten"
    return ", ".join(loud or (steps[-1].kind,))


_OF_MAPS = ("convolution", "pooling", "upsampling", "normalization", "activation")
"""Categories of layers behind which there are channels of maps and no heads."""


def _crop(indices: Sequence[str], before: tuple[Dim, ...], after: tuple[Dim, ...]) -> str:
    """`crop 4:60` where all that changes is the size of an image, once for both sides if they are cut alike."""
    if len(indices) != 1 or len(before) != len(after) or len(after) < 3 or before[:2] != after[:2]:
        return ""
    sides = indices[0].strip("[]").split(", ")[2:]
    return f"crop {', '.join(dict.fromkeys(sides))}" if sides and all(":" in side for side in sides) else ""


def _split_heads(before: tuple[Dim, ...], after: tuple[Dim, ...]) -> int:
    """Heads that share the features of every position: (B, L, D) becomes (B, heads, L, D / heads), in any order.

    0 where it is something else.

    >>> _split_heads((1, 196, 768), (1, 12, 64, 196)), _split_heads((1, 196, 768), (1, 768, 14, 14))
    (12, 0)
    """
    if len(before) != 3 or len(after) != 4 or before[1] not in after[1:]:
        return 0
    rest = list(after[1:])
    rest.remove(before[1])
    one, two = rest
    return one if isinstance(one, int) and isinstance(two, int) and one * two == before[2] else 0


def _essence(shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Sizes without the ones, which come and go without meaning."""
    return tuple(size for size in shape if size != 1)
