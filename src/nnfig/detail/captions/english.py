"""Words of captions: lists, plurals, and what kinds are called in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

PHRASES = {
    "BN": "batch normalisation",
    "LayerNorm": "layer normalisation",
    "GroupNorm": "group normalisation",
    "InstanceNorm": "instance normalisation",
    "RMSNorm": "RMS normalisation",
    "LRN": "local response normalisation",
    "Softmax": "softmax",
    "Linear": "a further fully connected layer",
}
"""What the short name of a merged layer is called in a sentence."""

FAMILIES = {
    "convolution": "convolution",
    "upsampling": "upsampling layer",
    "pooling": "pooling layer",
    "linear": "fully connected layer",
    "recurrent": "recurrent layer",
    "normalization": "normalisation",
    "activation": "activation",
    "embedding": "embedding",
    "attention": "attention",
    "product": "matrix product",
    "softmax": "softmax",
    "scaled_dot_product_attention": "attention",
    "add": "sum",
    "Add": "sum",
    "cat": "concatenation",
    "concat": "concatenation",
    "mul": "product",
    "sub": "difference",
    "div": "quotient",
}
"""What one layer of a family is called."""

_WORDS = re.compile(r"[a-z]{2,}(_[a-z]{2,})*")

SINGULAR = frozenset(
    (
        "dropout",
        "stochastic depth",
        "softmax",
        "pooling",
        "upsampling",
        "normalisation",
        "attention",
        "elementwise arithmetic",
        "flattening",
    )
)
"""What the caption calls kinds of layers that take `is`."""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a", "b"]), listed(["a"])
    ('a, b and c', 'a and b', 'a')
    """
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def some(words: Sequence[str], most: int = 4) -> str:
    """A list that stops where it would tire.

    >>> some(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    distinct = list(dict.fromkeys(words))
    return listed(distinct if len(distinct) <= most + 1 else [*distinct[:most], f"{len(distinct) - most} more"])


def amount(number: int, noun: str) -> str:
    """So many of a thing.

    >>> amount(1, "embedding"), amount(1, "sum"), amount(3, "convolution")
    ('an embedding', 'a sum', '3 convolutions')
    """
    article = "an" if noun[:1] in "aeio" else "a"
    return f"{number} {noun}s" if number > 1 else f"{article} {noun}"


def phrase(short: str) -> str:
    """What a merged layer is called in a sentence."""
    return PHRASES.get(short, short)


def in_words(name: str) -> str:
    """What somebody called a thing in code, as a reader says it; what is more than words stays as it is.

    >>> [in_words(name) for name in ("attention_mask", "_input", "x_1", "h_prev", "resnet_50d", "Up_Block")]
    ['attention mask', 'input', 'x_1', 'h_prev', 'resnet_50d', 'Up_Block']
    """
    plain = name.strip("_")
    return plain.replace("_", " ") if _WORDS.fullmatch(plain) else name


def sentence(text: str) -> str:
    """With a capital, and a full stop."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def millions(number: int) -> str:
    """A count of parameters or operations, in words that a caption uses.

    >>> millions(25_557_032), millions(4_089_184_256), millions(61_706), millions(999_960_000)
    ('25.6 million', '4.09 billion', '61,706', '1.00 billion')
    """
    for limit, word in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if number >= 0.9995 * limit:
            value = number / limit
            return f"{value:,.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {word}"
    return f"{number:,}"
