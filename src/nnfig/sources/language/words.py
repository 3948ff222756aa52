"""Words for error messages: what was meant, what was found."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A question after a likely slip, else empty.

    >>> meant("conv2d", ["Conv2d", "Conv3d", "ReLU"])
    "did you mean 'Conv2d'?"
    """
    names = sorted(known)
    folded = {name.lower(): name for name in reversed(names)}
    if word.lower() in folded and folded[word.lower()] != word:
        return f"did you mean '{folded[word.lower()]}'?"
    close = get_close_matches(word, names, 1, cutoff) or [
        folded[name] for name in get_close_matches(word.lower(), sorted(folded), 1, cutoff)
    ]
    return f"did you mean '{close[0]}'?" if close else ""


_ELSEWHERE = {
    theirs: ours
    for ours, names in {
        "Linear": "Dense FC fc dense",
        "Conv2d": "Conv conv Convolution",
        "ConvTranspose2d": "Conv2DTranspose deconv Deconv",
        "MaxPool2d": "MaxPool MaxPooling2D",
        "AvgPool2d": "AvgPool AveragePooling2D",
        "AdaptiveAvgPool2d 1": "GlobalAveragePooling2D GlobalAvgPool",
        "BatchNorm2d": "BatchNorm BatchNormalization BN",
        "LocalResponseNorm": "LRN",
        "MultiheadAttention": "Attention MultiHeadAttention",
        "SiLU": "Swish swish",
        "Upsample": "UpSampling2D",
        "cat": "Concat concat Concatenate concatenate",
        "add": "Sum Addition",
        "mul": "Multiply multiply",
        "reshape": "Reshape",
    }.items()
    for theirs in names.split()
}
"""Names of kinds in other frameworks and in papers -> PyTorch's."""


def meant_kind(word: str, known: Iterable[str]) -> str:
    """What an unknown kind may be."""
    if word in _ELSEWHERE:
        return f"PyTorch's name is {_ELSEWHERE[word]}"
    own = "a kind of your own needs the shape that it gives: {kind: Name, output: [1, 64, 56, 56]}"
    return meant(word, known, 0.75) or own


def meant_or(word: str, known: Iterable[str], most: int = 12) -> str:
    """As `meant`; where nothing is near, the names that there are."""
    names = list(known)
    if question := meant(word, names):
        return question
    if not names:
        return ""
    return f"there are: {', '.join(names[:most])}{' ...' if len(names) > most else ''}"


def count(number: int, word: str) -> str:
    """A number with its noun.

    >>> count(1, "source"), count(2, "source")
    ('1 source', '2 sources')
    """
    return f"{number} {word}{'' if number == 1 else 's'}"
