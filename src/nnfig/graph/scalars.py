"""Plain text in a layer list <-> values: the one rule for what is a number, a truth value, nothing, or text.

It is YAML 1.2's rule: `no` and `on` are words, `1e-5` is a number. What is written is quoted so that readers of
YAML 1.1 agree.
"""

from __future__ import annotations

import re
from math import inf, isnan, nan
from typing import Any

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys((".inf", "+.inf", ".Inf", ".INF", "Infinity"), inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF", "-Infinity"), -inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN", "NaN"), nan),
}
_YAML_1_1 = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "infinity"])
_PLAIN = re.compile(r"[^\W\d][\w.@/+-]*( [\w.@/+-]+)*")
_DIGITS = 4000
"""Longest number that is read as one: Python refuses to convert longer ones."""


def value_of(text: str) -> Any:
    """What unquoted text means.

    >>> [value_of(text) for text in ("64", "1e-5", "false", "no", "~", "3x3")]
    [64, 1e-05, False, 'no', None, '3x3']
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def text_of(value: Any) -> str:
    """A value as flow-style YAML on one line; text is quoted only where it has to be.

    >>> text_of({"kernel_size": (3, 3), "bias": False, "eps": 1e-05, "name": "0", "to": "conv 1"})
    '{kernel_size: [3, 3], bias: false, eps: 1.0e-05, name: "0", to: conv 1}'
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(str(key))}: {text_of(item)}' for key, item in value.items())}}}"
    if isinstance(value, float):
        return _number(value)
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _number(value: float) -> str:
    if isnan(value):
        return ".nan"
    if value in (inf, -inf):
        return ".inf" if value > 0 else "-.inf"
    digits, e, exponent = repr(value).partition("e")
    return digits + ("" if "." in digits else ".0") + e + exponent


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.isprintable() and text.lower() not in _YAML_1_1:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
