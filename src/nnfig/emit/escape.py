"""Plain Unicode in, TeX out: the only place that escapes, and the type `Tex` that says it has been done."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache


class Tex(str):
    """Text that is ready to stand in a `.tex` file."""

    __slots__ = ()


def tex(text: str) -> Tex:
    r"""Any text as TeX that prints it, in every engine and under every babel language.

    >>> print(tex("conv_1: 3×3, σ²"))
    conv\_1: 3\nnfx 3, \ensuremath{\sigma}\nnfup{2}
    >>> print(tex(r"\input{x}%"))
    \textbackslash{}input\{x\}\%
    """
    joined = "".join(_pieces(text)).replace("--", "-{}-").replace("--", "-{}-").replace("''", "'{}'")
    return Tex(re.sub(r"\\nnfx\{\}(?=[0-9A-Za-z(])", r"\\nnfx ", joined))


def size(text: str) -> Tex:
    """A size such as 112×112 with a plain `x`, which TeX sets as a times sign; anything else as `tex` does.

    >>> size("112×112"), size("64 × 3")
    ('112x112', '64 \\\\nnfx{} 3')
    """
    plain = text.replace("×", "x")
    return Tex(plain) if re.fullmatch(r"[0-9]+(x[0-9]+)*", plain) else tex(text)


def lines(texts: Iterable[str]) -> Tex:
    r"""Lines of a label, joined by `\\`.

    >>> print(lines(["conv", "64"]))
    conv\\64
    """
    return Tex(r"\\".join(tex(text) for text in texts))


def comment(text: str) -> Tex:
    r"""Text for behind a `%`: one line, without control characters.

    >>> print(comment("a\\n\\input b"))
    a \\input b
    """
    return Tex(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def missing(text: str) -> str:
    """The characters that have no TeX and are printed as an empty box, each once.

    >>> missing("卷积 conv")
    '卷积'
    """
    return "".join(c for c in dict.fromkeys(text) if _one(c).startswith(_MISSING))


def _pieces(text: str) -> Iterable[str]:
    run, raised = "", ""
    for c in unicodedata.normalize("NFC", text):
        where = "up" if c in _UP else "down" if c in _DOWN else ""
        if raised and where != raised:
            yield rf"\nnf{raised}{{{run}}}"
            run = ""
        raised = where
        if where:
            run += _UP.get(c) or _DOWN[c]
        else:
            yield _one(c)
    if raised:
        yield rf"\nnf{raised}{{{run}}}"


@lru_cache(maxsize=4096)
def _one(c: str) -> str:
    if c in _ONE:
        return _ONE[c]
    if " " <= c <= "~":
        return c
    if c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp"):
        return " " if c.isspace() else ""
    if accented := _accented(c):
        return accented
    compatible = unicodedata.normalize("NFKC", c)
    if compatible != c and len(compatible) <= 4:
        return "".join(_one(each) for each in compatible)
    return rf"{_MISSING}{{{ord(c):X}}}"


def _accented(c: str) -> str:
    r"""`é` as `\'{e}`; empty where there is no accent that pdflatex has in its default encoding."""
    parts = unicodedata.normalize("NFD", c)
    if len(parts) != 2 or parts[1] not in _ACCENTS or not parts[0].isascii():
        return ""
    base = {"i": r"\i{}", "j": r"\j{}"}.get(parts[0], parts[0]) if parts[1] not in "̧̣̱" else parts[0]
    return rf"{_ACCENTS[parts[1]]}{{{base}}}"


_MISSING = r"\nnfmissing"

_ACCENTS = {
    "̀": r"\`", "́": r"\'", "̂": r"\^", "̃": r"\~", "̄": r"\=", "̆": r"\u", "̇": r"\.",
    "̈": r"\"", "̊": r"\r", "̋": r"\H", "̌": r"\v", "̧": r"\c", "̣": r"\d", "̱": r"\b",
}  # fmt: skip

_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\ensuremath{{<}}",
    ">": r"\ensuremath{{>}}", "|": r"\ensuremath{{|}}", '"': r"\textquotedblright{}", "`": r"\textquoteleft{}", "*": r"\ensuremath{{\ast}}",
}  # fmt: skip

_MATH = {
    "·": r"\cdot", "→": r"\rightarrow", "←": r"\leftarrow", "↑": r"\uparrow", "↓": r"\downarrow", "↔": r"\leftrightarrow",
    "⇒": r"\Rightarrow", "⇐": r"\Leftarrow", "−": "-", "±": r"\pm", "÷": r"\div", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq",
    "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "∝": r"\propto", "∞": r"\infty", "√": r"\surd", "∑": r"\Sigma",
    "∏": r"\Pi", "∫": r"\int", "∂": r"\partial", "∇": r"\nabla", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "∪": r"\cup",
    "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg", "∧": r"\wedge", "∨": r"\vee",
    "‖": r"\|", "∥": r"\|", "⊕": r"\oplus", "⊗": r"\otimes", "⊙": r"\odot", "⊖": r"\ominus", "∘": r"\circ", "°": r"^\circ",
    "′": r"^\prime", "•": r"\bullet", "⋅": r"\cdot", "∗": r"\ast", "⋆": r"\star", "⟨": r"\langle", "⟩": r"\rangle",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⋮": r"\vdots", "⋯": r"\cdots", "△": r"\triangle",
    "µ": r"\mu", "ℓ": r"\ell", "ħ": r"\hbar", "ℝ": r"\mathrm{R}", "ℕ": r"\mathrm{N}", "ℤ": r"\mathrm{Z}",
}  # fmt: skip

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρςστυφχψωϵϑϕϱϖ",
        (
            r"\alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu \nu \xi \pi \rho "
            r"\varsigma \sigma \tau \upsilon \varphi \chi \psi \omega \epsilon \vartheta \phi \varrho \varpi"
        ).split(),
        strict=True,
    )
)
_GREEK |= dict(
    zip("ΓΔΘΛΞΠΣΥΦΨΩ", r"\Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega".split(), strict=True)
)
_GREEK_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))

_TEXT = {
    "×": r"\nnfx{}", "…": r"\dots{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‐": "-", "‑": "-", "‘": r"\textquoteleft{}",
    "’": "'", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "„": ",,",
    "«": r"\ensuremath{{\ll}}", "»": r"\ensuremath{{\gg}}", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "å": r"\aa{}", "Å": r"\AA{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}",
    "¡": r"\textexclamdown{}", "¿": r"\textquestiondown{}", "§": r"\S{}", "¶": r"\P{}", "†": r"\dag{}", "‡": r"\ddag{}", "£": r"\pounds{}",
    "©": r"\copyright{}", "½": "1/2", "¼": "1/4", "¾": "3/4", "\u00a0": "~", "\u2009": r"\,", "\u202f": r"\,",
}  # fmt: skip

_ONE: dict[str, str] = {
    **_ASCII,
    **{c: rf"\ensuremath{{{{{command}}}}}" if not command.startswith("^") else rf"\ensuremath{{{command}}}"
       for c, command in _MATH.items()},
    **{c: rf"\ensuremath{{{command}}}" for c, command in _GREEK.items()},
    **_GREEK_AS_LATIN,
    **_TEXT,
}  # fmt: skip

_UP = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱᵀ⁺⁻", "0 1 2 3 4 5 6 7 8 9 n i T + -".split(), strict=True))
_DOWN = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₜₙₖₘₓ₊₋", "0 1 2 3 4 5 6 7 8 9 i j t n k m x + -".split(), strict=True))
