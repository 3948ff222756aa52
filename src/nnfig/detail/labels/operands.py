"""What an operation reads that is not drawn: a number, a constant's name, a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfig.detail.categories import category_of
from nnfig.detail.labels.values import text
from nnfig.graph import Graph, Layer

_SIGNS = {"add": "+", "Add": "+", "mul": "×", "Mul": "×", "sub": "−", "div": "÷"}
EXACT = 1e-6
"""A number that is that close to 1 is 1: float32 has no more digits."""
LARGEST = 16384
"""Numbers that sizes can have; some root is close to any number."""
_MASKS = ("mask", "causal", "subsequent")
FAR = 50
"""How many layers back the making of a mask is followed."""
QUERY_KEY_VALUE = 3
"""What attention reads before masks."""


def one_sided(layer: Layer, origin: Graph) -> str:
    """`+ 1`, `× pe`, `1 −`: a sum or product of one drawn tensor with something that is not; '' where unknown.

    >>> one_sided(Layer("s", "mul", attributes={"other": 0.5}), Graph())
    '× 0.5'
    >>> one_sided(Layer("s", "mul", attributes={"other": 1 / 255}), Graph())
    '÷ 255'
    """
    sign = _SIGNS.get(layer.kind, "")
    if not sign:
        return ""
    if "other" in layer.attributes:
        return _scaled(layer.attributes["other"]) if sign == "×" else f"{sign} {text(layer.attributes['other'])}"
    if "input" in layer.attributes:
        return f"{text(layer.attributes['input'])} {sign}"
    names = [name for source in _sources(layer, origin) if (name := _constant(source, origin))]
    return f"{sign} {names[0]}" if len(names) == 1 else ""


def _scaled(factor: Any) -> str:
    """A product with a number, to three digits, as the quotient where that is the shorter: 0.00392157 is 1 / 255.

    >>> _scaled(1 / 255), _scaled(512**-0.5), _scaled(0.125), _scaled(0.1234567)
    ('÷ 255', '× 0.0442', '× 0.125', '× 0.123')
    """
    said = text(factor)
    if not isinstance(factor, float) or factor <= 0 or len(said) <= len("0.125"):
        return f"× {said}"
    sign, number = ("÷", 1 / factor) if factor < 1 else ("×", factor)
    if round(number) <= LARGEST and abs(round(number) / number - 1) < EXACT:
        return f"{sign} {round(number)}"
    return f"× {factor:.3g}"


def is_masked(layers: Sequence[Layer], origin: Graph) -> bool:
    """Whether all attention among the layers takes a mask that depends on no input."""
    attention = [layer for layer in layers if category_of(layer.kind).name == "attention" and len(layer.inputs) > 0]
    masks = [_sources(layer, origin)[QUERY_KEY_VALUE:] for layer in attention]
    return bool(masks) and all(any(_is_mask(source, origin) for source in each) for each in masks)


def key_value_heads(layer: Layer, graph: Graph) -> str:
    """Heads of the keys and values that attention reads: fewer than of queries where it is grouped; '' if unknown."""
    if "num_key_value_heads" in layer.attributes:
        return str(layer.attributes["num_key_value_heads"])
    layer = graph.layer.get(layer.name, layer)
    if layer.kind != "scaled_dot_product_attention" or len(layer.inputs) < QUERY_KEY_VALUE:
        return ""
    keys = graph.spec(layer.inputs[1].source, layer.inputs[1].output)
    return str(keys.shape[1]) if keys and len(keys.shape) == len(layer.shape) == 4 else ""


def _is_mask(name: str, origin: Graph) -> bool:
    """Whether a constant was made by cutting a triangle, or calls itself a mask."""
    layer = origin.layer.get(name)
    if layer is None or layer.mark != "constant":
        return False
    seen, stack = {name}, [name]
    while stack and len(seen) < FAR:
        at = origin.layer[stack.pop()]
        if at.kind.strip("_") in ("triu", "tril") or any(word in at.name.rpartition(".")[2] for word in _MASKS):
            return True
        more = [source for source in at.sources if source in origin.layer and source not in seen]
        seen.update(more)
        stack += more
    return False


def _sources(layer: Layer, origin: Graph) -> tuple[str, ...]:
    return origin.layer[layer.name].sources if layer.name in origin.layer else layer.sources


def _constant(name: str, origin: Graph) -> str:
    """Short name of the constant that a tensor is, looked for behind changes of shape; '' if it is none."""
    layer = origin.layer.get(name)
    while layer is not None and layer.mark in ("constant", "plumbing", "index"):
        if layer.kind not in ("Constant", "Parameter") and len(layer.inputs) == 1:
            layer = origin.layer.get(layer.sources[0])
        else:
            return layer.name.rpartition(".")[2] if layer.mark == "constant" else ""
    return ""
