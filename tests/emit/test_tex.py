"""A scene becomes a file that people read, TeX runs and programs read back."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit
from nnfig.errors import NnfigError

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("scenes.py"))))

# ruff: noqa: E501
BLOCK = r"""% nnfig 1.0 · nnfig draw net.yaml -o net.tex
\ifdefined\nnfset\else\input{nnfig-standalone}\fi
\begin{tikzpicture}[nnf={alt={A residual block},
    caption={A block: 3\nnfx 3 \& 50\% of \ensuremath{\sigma}.},
    size={200,70}, font size=8}]
  \nnflayer[data, at={14,30}, size={28,14}, label={image}, dims={3x56x56}]{x}
  % -- layer1.0: Block x3
  \nnfgroup[at={89,30}, size={104,32}, title={Block}, repeat=3, repeat at=north]{layer1/0}
  \nnflayer[conv, at={64,30}, size={44,20}, label={3\nnfx 3 conv,\\64}, kind=Conv2d, kernel=3x3, channels=64, shape=1x64x56x56]{layer1/0/conv-1}
  \nnflayer[norm, at={108,30}, size={20,14}, label={BN}, kind=BatchNorm2d]{layer1/0/bn}
  \nnflayer[merge, sum, at={132,30}, size={10,10}, kind=add]{layer1/0/add}
  \nnflayer[act, at={160,30}, size={28,14}, label={ReLU}, kind=ReLU]{relu}
  \nnflayer[linear, at={190,30}, size={14,44}, label={Linear, 10}, rotate=90, kind=Linear]{fc}
  % -- wires
  \nnfedge{x}{layer1/0/conv-1}
  \nnfedge{layer1/0/conv-1}{layer1/0/bn}
  \nnfedge[projection, out=north, in=north, via={(14,58)(132,58)}, label={1\nnfx 1}, label at={80,58}]{x}{layer1/0/add}
  \nnfedge{layer1/0/bn}{layer1/0/add}
  \nnfedge{layer1/0/add}{relu}
  \nnfedge{relu}{fc}
  % -- labels and legend
  \nnflabel[stage, at={185,62}]{stage 1}
  \nnflegend[at={0,0}, columns=2, column width=70]{
    \nnfentry{conv}{Convolution}
    \nnfentry{act}{Activation}}
\end{tikzpicture}
\nnfend
%
% What the SVG says of the layers:
%: = A residual block
%: x = x: input 1x3x56x56
"""


def test_a_block_reads_as_it_is():
    """One line a layer in reading order, wires by their targets, no looks in the body."""
    assert emit.tex(scenes.block(), command="nnfig draw net.yaml -o net.tex") == BLOCK


def test_what_is_assumed_travels_with_the_figure():
    """Notes of the source are comments below the command, one a line."""
    text = emit.tex(scenes.block(), notes=("the model looks at values\n(bool() at net.py:3)",))
    assert text.splitlines()[1] == "% Note: the model looks at values (bool() at net.py:3)"


def test_input_page_only_checks_for_the_package():
    """A fragment needs the package and ends nothing."""
    text = emit.tex(scenes.block(), page="input")
    assert "nnfig-standalone" not in text
    assert r"\nnfend" not in text
    assert r"\usepackage{nnfig}" in text.splitlines()[1]


def test_self_contained_page_names_no_file():
    """Style and page are in the file, once, and no comment of the style file."""
    text = emit.tex(scenes.block(), page="self-contained")
    assert r"\input" not in text
    assert text.count(r"\newcommand\nnflayer") == 1
    assert "LaTeX Project Public" not in text


def test_no_field_can_inject():
    """Names, labels, kinds, classes, facts, titles, captions and commands are text and stay text."""
    text = emit.tex(scenes.evil(), command=scenes.EVIL, notes=(scenes.EVIL,))
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("%"))
    assert re.findall(r"\\(?:input|write18|end|oops)\b.*", code) == [
        r"\input{nnfig-standalone}\fi",
        r"\end{tikzpicture}",
    ]
    assert all(
        line.lstrip().startswith((r"\nnf", r"\ifdefined", r"\begin", r"\end", "caption", "size"))
        for line in code.splitlines()
    )


def test_volumes_maps_and_neurons_carry_their_shape():
    """Depth, seams, bands, kernels, copies and columns are keys of the layer's line."""
    text = emit.tex(scenes.volumes())
    assert (
        r"depth=80, seams={0.5}, bands={0.4/0.5/act,0.9/1/act}, side={224}, below={2x64}, edge={224}, window={-8,2,12,12}]{c1}"
        in text
    )
    assert "[conv, map, at={240,60}, size={16,70}, copied=0.5, top={128}]{m2}" in text
    assert "count=6, dots after=5, crossed={2}]{n1}" in text
    assert r"\nnfedge[dense, no tip]{n1}{n2}" in text


def test_unprintable_characters_are_reported():
    """A sentence names them; the figure is drawn."""
    assert "卷" in emit.unprintable(scenes.evil())[0]
    assert emit.unprintable(scenes.block()) == ()


@pytest.fixture
def template(tmp_path):
    """Writes a template and gives its path."""

    def write(text):
        path = tmp_path / "mine.tex.jinja"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_template_extends_ours(template):
    """Blocks can be replaced; values are ready TeX; plain text goes through `tex`."""
    mine = template(
        '<% extends "figure.tex.jinja" %>\n<% block header %>\n% nnfig, <<tex("50%")>>, <<layers | length>>\n<% endblock %>'
    )
    assert emit.tex(scenes.block(), template=mine).startswith("% nnfig, 50\\%, 6\n\\ifdefined")


def test_a_template_walks_over_layers(template):
    """Each layer gives its class, its options by name and its node."""
    mine = template(
        "% nnfig\n<% for layer in layers %><<layer.cls>>:<<layer.values.at>>:<<layer.arguments[0]>> <% endfor %>"
    )
    assert "conv:{64,30}:layer1/0/conv-1" in emit.tex(scenes.block(), template=mine)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<% for x in %>", "mine.tex.jinja:1"),
        ("\n<<nothing>>", "'nothing' is undefined"),
        ("a\n<<'100%'>>", "expected escaped TeX"),
        ("<<''.__class__.__mro__>>", "mine.tex.jinja"),
        ("<<layers.append(1)>>", "mine.tex.jinja"),
        ("<<range(10**9)>>", "mine.tex.jinja"),
        ("<<1/0>>", "division by zero"),
        ("<% include '/etc/passwd' %>", "mine.tex.jinja"),
        ("<% include '../secret' %>", "mine.tex.jinja"),
    ],
)
def test_a_bad_template_is_an_error_with_its_place(template, text, expected):
    """Mistakes and attempts to get out of the sandbox end in one message."""
    with pytest.raises(NnfigError, match=re.escape(expected)):
        emit.tex(scenes.block(), template=template(text))


def test_a_missing_template_is_named(tmp_path):
    """No traceback for a wrong path."""
    with pytest.raises(NnfigError, match="cannot read the template"):
        emit.tex(scenes.block(), template=str(tmp_path / "none.jinja"))
