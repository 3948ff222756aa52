"""An author changes the looks from the preamble; nothing leaks; it is quick."""

import io
import os
import re
import resource
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit, typeset
from nnfig.layout.scene import Node, Scene, Wire

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "emit" / "scenes.py")))
STYLE = Path(__file__).parents[2] / "latex" / "nnfig.sty"


@pytest.fixture
def paper(tmp_path):
    """Compiles a paper around the block and gives its page (pdfplumber) and its log."""
    import pdfplumber

    typeset.put_style_files(tmp_path)
    (tmp_path / "block.tex").write_text(emit.tex(scenes.block()), encoding="utf-8")
    (tmp_path / "volumes.tex").write_text(emit.tex(scenes.volumes()), encoding="utf-8")

    def make(settings="", body=r"\input{block}"):
        text = (
            rf"\documentclass{{article}}\usepackage{{nnfig}}\nnfset{{{settings}}}\pagestyle{{empty}}\begin{{document}}"
        )
        (tmp_path / "paper.tex").write_text(f"{text}\\noindent {body}\\end{{document}}", encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        log = (tmp_path / "paper.log").read_text(errors="replace")
        assert done.returncode == 0, log[-1500:]
        page = pdfplumber.open(io.BytesIO((tmp_path / "paper.pdf").read_bytes())).pages[0]
        return SimpleNamespace(page=page, log=log, text=page.extract_text(), fills=_colors(page, "non_stroking_color"))

    return make


def _colors(page, key):
    """Colours of filled shapes, grey as one number."""
    found = [shape[key] for shape in page.rects + page.curves if shape["fill"] and shape[key] is not None]
    return {tuple(round(v, 2) for v in (c if isinstance(c, (tuple, list)) else (c,))) for c in found}


def _is_grey(color):
    return len(color) == 1 or max(color) - min(color) < 0.02


@pytest.mark.tex
def test_palettes(paper):
    """The default has hues; greyscale has none and still tells classes apart; the others differ."""
    default, grey = paper(), paper("palette=greyscale")
    assert not all(map(_is_grey, default.fills))
    assert all(map(_is_grey, grey.fills))
    assert len(grey.fills) >= 3
    assert len({frozenset(paper(f"palette={name}").fills) for name in ("default", "print", "dark")}) == 3
    assert paper("palette=dark, palette=default").fills == default.fills


@pytest.mark.tex
def test_hidden_layers_leave_the_wires_closed(paper):
    """Text and box go; one wire runs on through the place; a second hidden layer in a row as well."""
    shown, hidden, more = paper(), paper("hide={norm}"), paper("hide={BatchNorm2d, merge, act}")
    assert "BN" in shown.text
    assert "BN" not in hidden.text
    assert _heads(shown.page) - _heads(hidden.page) == 1
    # image -> conv, conv -> fc, image -> fc around: the sum and its two wires are closed over too
    assert _heads(more.page) == 3
    assert "Activation" not in more.text
    assert "BN" in paper("hide={norm,act}, show=norm").text


def _heads(page):
    """Arrow heads: small filled quadrilaterals in ink."""
    return sum(1 for c in page.curves if c["fill"] and not c["stroke"] and len(c["pts"]) in (4, 5) and c["width"] < 5)


@pytest.mark.tex
def test_gaps_close_in_the_second_run(tmp_path):
    """A row without its middle becomes shorter, its arrows as long as the others; no warning remains."""
    typeset.put_style_files(tmp_path)
    nodes = tuple(
        Node(f"n{i}", 20 + 60 * i, 0, 40, 14, cls) for i, cls in enumerate(("conv", "norm", "act", "conv", "pool"))
    )
    wires = tuple(Wire(f"n{i}", f"n{i + 1}") for i in range(4))
    text = emit.tex(Scene(280, 20, 8, nodes, wires), page="input")
    setting = r"\nnfset{hide={norm,act},close gaps}"
    (tmp_path / "paper.tex").write_text(
        rf"\documentclass{{article}}\usepackage{{nnfig}}\begin{{document}}{setting}\setbox0\hbox{{{text}}}\typeout{{width=\the\wd0}}"
        r"\end{document}"
    )
    found = []
    for _ in range(3):
        subprocess.run(["pdflatex", "-halt-on-error", "paper"], cwd=tmp_path, stdout=subprocess.DEVNULL, check=True)
        log = (tmp_path / "paper.log").read_text(errors="replace")
        found.append((float(re.search(r"width=([\d.]+)pt", log)[1]), "Run LaTeX again" in log))
    assert found[0] == (pytest.approx(280, abs=0.3), True)
    assert found[1][0] == pytest.approx(160, abs=0.3)
    assert found[2] == (found[1][0], False)


@pytest.mark.tex
def test_toggles_of_text(paper):
    """Sizes, names, legend and templates."""
    plain = paper("show dims=false, legend=false")
    assert "56" not in plain.text
    assert "Convolution" not in plain.text
    assert "layer1.0.conv" in paper("show names").text
    assert "CONV3×3" in paper(r"conv/.append style={label={CONV\nnfval{kernel}}}").text.replace(" ", "")


@pytest.mark.tex
def test_font_size_of_the_author_wins_and_text_shrinks_to_fit(paper):
    """A larger font is used where it fits; nothing is set below 6 pt without a warning."""
    large = paper("font size=9")
    sizes = {round(char["size"]) for char in large.page.chars if char["upright"]}
    assert 9 in sizes
    assert min(sizes) >= 6
    assert "6 pt" not in large.log
    assert "may stick out" in paper("width=40mm").log.replace("\n", "")


@pytest.mark.tex
def test_width_scales_geometry_and_not_text(paper):
    """Half as wide, with letters of the same size."""
    whole, narrow = paper(), paper("width=.85\\dimexpr 200pt\\relax")
    assert 0.8 < _width(narrow.page) / _width(whole.page) < 0.9
    assert {round(c["size"]) for c in narrow.page.chars if c["upright"]} <= {6, 7, 8}


def _width(page):
    xs = [value for shape in page.curves for value in (shape["x0"], shape["x1"])]
    return max(xs) - min(xs)


@pytest.mark.tex
def test_shapes_and_options_of_tikz(paper):
    """Built-in outlines, TikZ's own options and derived classes."""
    shapes = "act/.append style={shape=trapezium}, norm/.append style={shape=ellipse}"
    assert "ReLU" in paper(f"{shapes}, conv/.append style={{opacity=.5,very thick}}").text
    assert "ReLU" in paper(r"mine/.style={conv, fill=nnfgreen, dashed}, act/.style={mine, shape=pill}").text


@pytest.mark.tex
def test_unknown_classes_fall_back_with_a_hint(paper):
    """No error for a class that a style sheet names and no style defines."""
    body = r"\begin{tikzpicture}[nnf]\nnflayer[strange, size={40,14}, label=odd]{a}\end{tikzpicture}"
    made = paper("", body)
    assert "odd" in made.text
    assert "`strange' has no style" in made.log.replace("\n", "")


@pytest.mark.tex
def test_authors_draw_on_top(paper):
    """Every drawn thing is a node with anchors, volumes and single neurons too."""
    body = r"""\begin{tikzpicture}[nnf]\nnflayer[conv, at={20,10}, size={40,14}]{a}
    \nnflayer[merge, sum, at={70,10}, size={9,9}]{s}
    \nnflayer[conv, volume, at={120,10}, size={30,30}, depth=20]{v}
    \nnflayer[act, neurons, at={160,10}, size={9,60}, count=3]{n}
    \nnflayer[act, neurons, at={190,10}, size={9,60}, count=3]{n-2}\nnfedge[dense]{n}{n-2}
    \nnfgroup[at={50,10}, size={90,40}, title=G]{g}\nnfedge{a}{s}\nnfedge[out=north,in=south]{s}{mine}
    \end{tikzpicture}"""
    body = body.replace(r"\nnfedge[out=north", r"\node (mine) at (70,60) {mine}; \nnfedge[out=north")
    drawn = (
        r"\draw[red] (a.north east) -- (s.45) -- (v.front) -- (v.depth edge) -- (n@2.west) -- (n) -- (g.south) -- (a);"
    )
    assert "mine" in paper("", body.replace(r"\end{tikz", drawn + r"\end{tikz")).text


@pytest.mark.tex
def test_wires_find_layers_in_scopes(paper):
    """A layer that an author's scope has moved is met where it stands, from inside the scope and from outside."""
    body = r"""\begin{tikzpicture}[nnf]\nnflayer[conv, at={0,0}, size={20,10}]{a}
    \begin{scope}[shift={(100,0)}]\nnflayer[conv, at={0,0}, size={20,10}]{b}\nnfedge[tip=]{a}{b}\end{scope}
    \nnfedge[tip=]{a}{b}\end{tikzpicture}"""
    lines = paper("", body).page.lines
    assert [round(line["width"]) for line in lines] == [80, 80]


@pytest.mark.tex
@pytest.mark.parametrize("hidden", ["pool", "merge", "linear"])
def test_wires_with_a_tap_close_over_hidden_layers(paper, hidden):
    """Such a wire is drawn from its first bend on, wherever it comes from and goes on to."""
    body = r"""\begin{tikzpicture}[nnf]\nnflayer[conv, at={0,0}, size={20,10}]{a}
    \nnflayer[pool, at={50,0}, size={20,10}]{b}\nnflayer[merge, at={100,0}, size={20,10}]{c}
    \nnflayer[linear, at={100,40}, size={20,10}]{d}\nnfedge{a}{b}\nnfedge{b}{c}
    \nnfedge[projection, via={(70,0)(70,40)}, tap]{b}{d}\end{tikzpicture}"""
    shown, made = paper("", body), paper(f"hide={hidden}", body)
    assert _heads(shown.page) == 3
    assert _heads(made.page) == 2
    left = min(c["x0"] for c in shown.page.curves if c["dash"] and c["dash"][0])
    rest = [c["x0"] for c in made.page.curves if c["dash"] and c["dash"][0]]
    assert rest == [] if hidden == "linear" else min(rest) == pytest.approx(left)


@pytest.mark.tex
def test_nothing_leaks(paper):
    """After a figure, TikZ, fonts and settings are what they were; equal names in two figures do not meet."""
    probe = r"\makeatletter\newcommand\probe[1]{\typeout{#1: \the\pgflinewidth,\f@size,\fontsubfuzz,\meaning\nnf@line,"
    probe += r"\csname nnf@hide@act\endcsname}}\makeatother"
    set_once = r"{\nnfset{hide=act,line width=3pt}\input{block}}"
    body = rf"\tikz\draw(0,0);{probe}\probe{{A}}{set_once}\input{{block}}\input{{block}}\probe{{B}}"
    log = paper("", body).log
    assert re.search(r"A: (.*)", log)[1] == re.search(r"B: (.*)", log)[1]


def test_all_definitions_have_the_prefix():
    """Commands, colours, conditionals and registers of the style begin with nnf."""
    text = re.sub(r"(?m)(?<!\\)%.*$", "", STYLE.read_text(encoding="utf-8"))
    names = re.findall(
        r"\\(?:[gex]?def|newcommand|providecommand|DeclareRobustCommand|newdimen|newcount|newbox|newif)\\(\w+@?[\w@]*)",
        text,
    )
    strange = [name for name in names if not re.match(r"(if)?nnf", name)]
    assert set(strange) <= {"fontsubfuzz", "tf@size", "sf@size", "ssf@size", "noexpand", "csname", "string"}
    colors = re.findall(r"\\(?:definecolor|colorlet)\{([^}]*)\}", text)
    assert colors
    assert all(name.startswith("nnf") for name in colors)
    for modern in (r"\ExplSyntaxOn", r"\NewDocumentCommand", r"\foreach", r"\write18", r"\directlua"):
        assert modern not in text


def _seconds(name, folder):
    """CPU seconds of the quickest of three runs."""
    found = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["pdflatex", "-interaction=batchmode", name], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


@pytest.mark.tex
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="CPU time of children is not known here")
def test_fifty_layers_take_less_than_two_empty_pictures(tmp_path):
    """A 50-layer figure compiles within twice the time of an empty TikZ picture."""
    kinds = ("conv", "norm", "act", "pool")
    nodes = tuple(
        Node(
            f"l{i}",
            i % 10 * 50,
            -(i // 10) * 40,
            40,
            14,
            kinds[i % 4],
            label=("3×3 conv, 64",),
            kind="Conv2d",
            dims="56×56",
        )
        for i in range(50)
    )
    wires = tuple(Wire(f"l{i}", f"l{i + 1}") for i in range(49))
    typeset.put_style_files(tmp_path)
    (tmp_path / "fifty.tex").write_text(emit.tex(Scene(500, 200, 8, nodes, wires)), encoding="utf-8")
    empty = (
        r"\documentclass{article}\usepackage{tikz}\begin{document}\begin{tikzpicture}\end{tikzpicture}\end{document}"
    )
    (tmp_path / "empty.tex").write_text(empty)
    assert _seconds("fifty", tmp_path) < 2 * _seconds("empty", tmp_path)
