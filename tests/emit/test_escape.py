"""Text becomes TeX that prints it and does nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnfig.emit import Tex, escape, layer_name, missing, node_name
from nnfig.emit.escape import comment, lines, size

KNOWN = frozenset(
    """textbackslash textasciicircum textasciitilde textquoteleft textquotedblleft textquotedblright textendash
    textemdash textexclamdown textquestiondown ensuremath nnfx nnfup nnfdown nnfvar nnfmissing dots ss ae AE oe OE o O
    aa AA l L i j S P dag ddag pounds copyright r u H v c d b""".split()  # noqa: SIM905
)


@given(st.text(max_size=30))
def test_only_known_commands_come_out(text):
    """Whatever a label holds, no command of its own reaches TeX, and every group and formula is closed."""
    found = escape(text)
    outside = re.sub(r"\\ensuremath(\{(?:[^{}]|\{[^{}]*\})*\})", "", found)
    for command in re.findall(r"\\([a-zA-Z]+)", outside):
        assert command in KNOWN, found
    assert not re.search(r"(?<!\\)[%&#$_^]", re.sub(r"\\[`'^~=.\"]", "", outside)), found
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*[{}]", re.sub(r"\\[{}]", "", found)):
        depth += 1 if brace.endswith("{") else -1
        assert depth >= 0
    assert depth == 0
    assert "\n" not in found
    assert "\r" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & 50% #1 $x^2~{}", r"a\_b \& 50\% \#1 \$x\textasciicircum{}2\textasciitilde{}\{\}"),
        ("\\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("3×3 conv", r"3\nnfx 3 conv"),
        ("× 2", r"\nnfx{} 2"),
        ("x₁² → é Ł ß", r"\nnfvar{x}{1}\nnfup{2} \ensuremath{{\rightarrow}} \'{e} \L{} \ss{}"),
        ("hₜ₋₁ H₂O x1₂", r"\nnfvar{h}{t-1} H\nnfdown{2}O x1\nnfdown{2}"),
        ("σ(Wx)", r"\ensuremath{\sigma}(Wx)"),
        ("--x''", "-{}-x'{}'"),
        ("a^^Mb", r"a\textasciicircum{}\textasciicircum{}Mb"),
        ("卷", r"\nnfmissing{5377}"),
        ("x̂ σ̂", r"\^{x} \ensuremath{\hat{\sigma}}"),
    ],
)
def test_characters(text, expected):
    """The special, the mathematical, the accented and the unprintable."""
    assert escape(text) == expected


def test_missing_characters_are_named_once():
    """A reader learns which characters will be boxes."""
    assert missing("卷积卷 σ é") == "卷积"


def test_a_comment_stays_one_line():
    """No line break of any kind ends a comment early."""
    assert comment("a\nb\r\x0bc\x85d\u2028e\x00") == "a b c d e"


def test_sizes_keep_a_plain_x():
    """Sizes can be read back by programs; other text is typeset."""
    assert (size("112×112"), size("64×3×3"), size("a×b")) == ("112x112", "64x3x3", r"a\nnfx b")
    assert isinstance(size("1"), Tex)


def test_lines_are_joined_by_tex():
    """Lines are escaped one by one."""
    assert lines(["a&b", "c"]) == r"a\&b\\c"


@given(st.text(max_size=20), st.text(max_size=20))
def test_node_names_are_injective_and_safe(a, b):
    """Two layers never share a node; a node's name is safe for TikZ, babel and XML, and leads back."""
    assert (node_name(a) == node_name(b)) == (a == b)
    assert re.fullmatch(r"[A-Za-z0-9/@-]*", node_name(a))
    assert layer_name(node_name(a)) == a
