"""How wide text will be in print, and where a label breaks: text and a size in pt give widths in pt and lines.

Widths are those of Computer Modern Roman at 8 pt, the widest of the fonts that papers use, so a box that is wide
enough here is wide enough in Times or Helvetica too. No kerning: it changes a label by less than 2 %.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from functools import lru_cache

LINE = 1.2
"""Height of a line of text, as a share of the font size."""

_ASCII = (
    "354 295 531 885 531 885 826 295 413 413 531 826 295 354 295 531 531 531 531 531 531 531 531 531 531 531 295 295 "
    "826 826 826 502 826 796 752 767 811 723 693 834 796 383 545 825 664 973 796 826 723 826 782 590 767 796 796 1091 "
    "796 796 649 295 531 295 531 560 295 531 590 472 590 472 325 531 590 295 325 561 295 885 590 531 590 561 414 419 "
    "413 590 561 767 561 561 472 531 295 531 826"
)
"""Widths of the characters from space to ~ in thousandths of the font size."""

_WIDTH: dict[str, int] = {chr(32 + i): int(w) for i, w in enumerate(_ASCII.split())} | {
    "×": 826, "·": 295, "→": 1063, "←": 1063, "↑": 531, "↓": 531, "−": 826, "±": 826, "÷": 826, "≤": 826, "≥": 826,
    "≠": 826, "≈": 826, "∞": 1063, "√": 885, "∑": 1100, "∂": 580, "∈": 708, "‖": 531, "…": 1050, "–": 531, "—": 1063,
    "“": 531, "”": 531, "‘": 295, "’": 295, "⊕": 826, "⊗": 826, "⊙": 826, "∘": 531, "σ": 605, "α": 680, "β": 600,
    "γ": 565, "δ": 480, "ε": 500, "θ": 500, "λ": 620, "μ": 640, "π": 610, "φ": 640, "ω": 660,
} | dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁺⁻₊₋ᵢⱼₜₙ", 430)  # fmt: skip

_OPTICAL = ((5, 1.28), (6, 1.151), (7, 1.071), (8, 1.0), (9, 0.968), (10, 0.942), (12, 0.921), (17, 0.87))
"""Small sizes of Computer Modern are drawn wider: factor on the 8 pt widths."""

_BREAKS = {", ": 0.0, " · ": 0.0, " + ": 0.1, " ": 0.25, "/": 0.5, "-": 2.0, "_": 0.6, ".": 0.6}
"""What a label may be broken after, with the price of doing so; spaces vanish at the end of a line.

Words are broken at a hyphen only where a line more would not do.
"""


def optical(size: float) -> float:
    """How much wider than in proportion to 8 pt letters of this size are."""
    sizes = [s for s, _ in _OPTICAL]
    i = bisect_left(sizes, size)
    if i == 0:
        return _OPTICAL[0][1]
    if i == len(sizes):
        return _OPTICAL[-1][1]
    (s0, f0), (s1, f1) = _OPTICAL[i - 1], _OPTICAL[i]
    return f0 + (f1 - f0) * (size - s0) / (s1 - s0)


@lru_cache(maxsize=1 << 16)
def width(text: str, size: float) -> float:
    """Width of one line in pt.

    >>> round(width("conv", 8), 1)
    17.2
    """
    return sum(_WIDTH.get(c) or _unlisted(c) for c in text) * size * optical(size) / 1000


@lru_cache(maxsize=1 << 12)
def wrap(line: str, max_width: float, size: float) -> tuple[str, ...]:
    """The line broken at sensible points so that no part is wider than `max_width`, if it can be.

    >>> wrap("3×3 conv, 64 · BN · ReLU", 60, 8)
    ('3×3 conv, 64', '· BN · ReLU')
    >>> wrap("depthwise conv, 96, /2", 60, 8)
    ('depthwise conv', '96, /2')
    >>> wrap("4×4 up-conv, 512", 40, 8)
    ('4×4', 'up-conv', '512')
    """
    if width(line, size) <= max_width:
        return (line,)
    pieces = _pieces(line)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        found = (float("inf"), end - 1)
        for start in range(end - 1, -1, -1):
            text = "".join(p for p, _ in pieces[start:end]).strip()
            over = width(text, size) / max_width
            if over > 1 and start < end - 1:
                break
            slack = 0.0 if end == len(pieces) else (1 - over) ** 2
            price = pieces[end - 1][1] if end < len(pieces) else 0.0
            cost = best[start][0] + 1 + slack + price + (10 * (over - 1) if over > 1 else 0)
            if cost < found[0]:
                found = (cost, start)
        best.append(found)
    lines: list[str] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        text = "".join(p for p, _ in pieces[start:end]).strip()
        lines.append(text.removesuffix(",") if lines else text)  # the break parts as well as a comma
        end = start
    return tuple(reversed(lines))


def _pieces(line: str) -> list[tuple[str, float]]:
    """The line cut at every point where it may break, each piece with the price of breaking after it."""
    pieces: list[tuple[str, float]] = []
    start = i = 0
    while i < len(line):
        for mark, price in _BREAKS.items():
            if line.startswith(mark, i) and i > start:
                # a separator that stands alone opens the next line: "· BN"
                end = i + 1 if mark in (" · ", " + ") else i + len(mark)
                pieces.append((line[start:end], price))
                start = end
                i = max(end, i + len(mark)) - 1
                break
        else:
            if i - start > 0 and line[i].isupper() and line[i - 1].islower():
                pieces.append((line[start:i], 0.8))
                start = i
        i += 1
    if start < len(line):
        pieces.append((line[start:], 0.0))
    return pieces


def _unlisted(char: str) -> int:
    """A guess for characters without a row in the table, on the wide side."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn"):
        return 0
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return 1063
    base = unicodedata.normalize("NFD", char)[0]
    return _WIDTH.get(base, 700 if char.islower() else 900)
