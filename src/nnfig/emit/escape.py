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
    >>> print(tex("last hₜ₋₁"))
    last \nnfvar{h}{t-1}
    >>> print(tex(r"\input{x}%"))
    \textbackslash{}input\{x\}\%
    """
    joined = "".join(_with_variables(unicodedata.normalize("NFC", text)))
    joined = joined.replace("--", "-{}-").replace("--", "-{}-").replace("''", "'{}'")
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

    >>> print(comment("a\n%: b"))
    a %: b
    """
    return Tex(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def missing(text: str) -> str:
    """The characters that have no TeX and are printed as an empty box, each once.

    >>> missing("卷积 conv")
    '卷积'
    """
    found = _CLUSTER.findall(unicodedata.normalize("NFC", text))
    return "".join(c for c in dict.fromkeys(found) if _MISSING in _one(c))


def _with_variables(text: str) -> Iterable[str]:
    """A letter by itself with an index is a variable, set as in formulas; the rest piece by piece."""
    end = 0
    for found in _VARIABLE.finditer(text):
        yield from _pieces(text[end : found.start()])
        yield rf"\nnfvar{{{found[1]}}}{{{''.join(_DOWN[c] for c in found[2])}}}"
        end = found.end()
    yield from _pieces(text[end:])


def _pieces(text: str) -> Iterable[str]:
    run, raised = "", ""
    for c in _CLUSTER.findall(text):
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
    if len(c) > 1:
        return _accented(c) or "".join(_one(each) for each in c)
    if c in _ONE:
        return _ONE[c]
    if " " <= c <= "~":
        return c
    if c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Mn", "Me"):
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
    if len(parts) == 2 and parts[0] in _GREEK and parts[1] in _MATH_ACCENTS:
        return rf"\ensuremath{{{_MATH_ACCENTS[parts[1]]}{{{_GREEK[parts[0]]}}}}}"
    if len(parts) != 2 or parts[1] not in _ACCENTS or not (parts[0].isascii() and parts[0].isalnum()):
        return ""
    base = {"i": r"\i{}", "j": r"\j{}"}.get(parts[0], parts[0]) if parts[1] not in "̧̣̱" else parts[0]
    return rf"{_ACCENTS[parts[1]]}{{{base}}}"


_MISSING = r"\nnfmissing"

_ACCENTS = {
    "̀": r"\`", "́": r"\'", "̂": r"\^", "̃": r"\~", "̄": r"\=", "̆": r"\u", "̇": r"\.",
    "̈": r"\"", "̊": r"\r", "̋": r"\H", "̌": r"\v", "̧": r"\c", "̣": r"\d", "̱": r"\b",
}  # fmt: skip

_MATH_ACCENTS = {"̂": r"\hat", "̃": r"\tilde", "̄": r"\bar", "̇": r"\dot", "̈": r"\ddot", "́": r"\acute", "̀": r"\grave"}

_CLUSTER = re.compile(f".[{''.join(_ACCENTS)}]?", re.DOTALL)
"""A character with the accent that follows it where Unicode has no single one for both (x̂)."""


def _pairs(text: str) -> dict[str, str]:
    """A table from text: a character, its TeX, the next character ..."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_ASCII = _pairs(
    r"""
    \ \textbackslash{}  { \{  } \}  $ \$  & \&  # \#  % \%  _ \_  ^ \textasciicircum{}
    ~ \textasciitilde{}  < \ensuremath{{<}}  > \ensuremath{{>}}  | \ensuremath{{|}}
    " \textquotedblright{}  ` {}\textquoteleft{}  * \ensuremath{{\ast}}
    """
)

_MATH = _pairs(
    r"""
    · \cdot  → \rightarrow  ← \leftarrow  ↑ \uparrow  ↓ \downarrow  ↔ \leftrightarrow  ⇒ \Rightarrow
    ⇐ \Leftarrow  − -  ± \pm  ÷ \div  ≤ \leq  ≥ \geq  ≠ \neq  ≈ \approx  ≡ \equiv  ∼ \sim  ∝ \propto
    ∞ \infty  √ \surd  ∑ \Sigma  ∏ \Pi  ∫ \int  ∂ \partial  ∇ \nabla  ∈ \in  ∉ \notin  ⊂ \subset  ∪ \cup
    ∩ \cap  ∅ \emptyset  ∀ \forall  ∃ \exists  ¬ \neg  ∧ \wedge  ∨ \vee  ‖ \|  ∥ \|  ⊕ \oplus  ⊗ \otimes
    ⊙ \odot  ⊖ \ominus  ∘ \circ  ° ^\circ  ′ ^\prime  • \bullet  ⋅ \cdot  ∗ \ast  ⋆ \star  ⟨ \langle
    ⟩ \rangle  ⌊ \lfloor  ⌋ \rfloor  ⌈ \lceil  ⌉ \rceil  ⋮ \vdots  ⋯ \cdots  △ \triangle  µ \mu  ℓ \ell
    ħ \hbar  ℝ \mathrm{R}  ℕ \mathrm{N}  ℤ \mathrm{Z}
    """
)

_GREEK = _pairs(
    r"""
    α \alpha  β \beta  γ \gamma  δ \delta  ε \varepsilon  ζ \zeta  η \eta  θ \theta  ι \iota  κ \kappa  λ \lambda
    μ \mu  ν \nu  ξ \xi  π \pi  ρ \rho  ς \varsigma  σ \sigma  τ \tau  υ \upsilon  φ \varphi  χ \chi  ψ \psi
    ω \omega  ϵ \epsilon  ϑ \vartheta  ϕ \phi  ϱ \varrho  ϖ \varpi  Γ \Gamma  Δ \Delta  Θ \Theta  Λ \Lambda
    Ξ \Xi  Π \Pi  Σ \Sigma  Υ \Upsilon  Φ \Phi  Ψ \Psi  Ω \Omega
    """
)
_GREEK_AS_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))

_TEXT = _pairs(
    r"""
    × \nnfx{}  … \dots{}  – \textendash{}  — \textemdash{}  ‐ -  ‑ -  ‘ \textquoteleft{}  ’ '
    “ \textquotedblleft{}  ” \textquotedblright{}  „ ,,  « \ensuremath{{\ll}}  » \ensuremath{{\gg}}
    ß \ss{}  æ \ae{}  Æ \AE{}  œ \oe{}  Œ \OE{}  ø \o{}  Ø \O{}  å \aa{}  Å \AA{}  ł \l{}  Ł \L{}  ı \i{}
    ¡ \textexclamdown{}  ¿ \textquestiondown{}  § \S{}  ¶ \P{}  † \dag{}  ‡ \ddag{}  £ \pounds{}
    © \copyright{}  ½ 1/2  ¼ 1/4  ¾ 3/4
    """
) | {"\u00a0": "~", "\u2009": r"\,", "\u202f": r"\,"}

_ONE: dict[str, str] = {
    **_ASCII,
    **{c: rf"\ensuremath{{{{{command}}}}}" if not command.startswith("^") else rf"\ensuremath{{{command}}}"
       for c, command in _MATH.items()},
    **{c: rf"\ensuremath{{{command}}}" for c, command in _GREEK.items()},
    **_GREEK_AS_LATIN,
    **_TEXT,
}  # fmt: skip

_UP = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱᵀ⁺⁻", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "n", "i", "T", "+", "-"], strict=True)
)
_DOWN = dict(
    zip(
        "₀₁₂₃₄₅₆₇₈₉ᵢⱼₕₜₙₖₘₓ₊₋",
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "i", "j", "h", "t", "n", "k", "m", "x", "+", "-"],
        strict=True,
    )
)

_VARIABLE = re.compile(rf"(?<![A-Za-z0-9])([A-Za-z])([{''.join(_DOWN)}]+)(?![A-Za-z0-9])")
