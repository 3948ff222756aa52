"""TeX runs safely, its errors are told in terms of the figure, and what comes out is what went in."""

import io
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit, typeset
from nnfig.errors import NnfigError

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "emit" / "scenes.py")))

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.tex
def test_pdf_is_as_large_as_the_picture_and_the_same_each_time():
    """One page, tight, deterministic, with selectable text of 6 pt and more."""
    import pdfplumber

    data = typeset.pdf(emit.tex(scenes.block()))
    assert data == typeset.pdf(emit.tex(scenes.block()))
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        (page,) = pdf.pages
        assert 195 < page.width < 212
        assert 60 < page.height < 95
        assert "image" in page.extract_text()
        assert min(char["size"] for char in page.chars if char["upright"]) > 5.9


@pytest.mark.tex
@pytest.mark.parametrize("page", ["standalone", "self-contained"])
@pytest.mark.parametrize("name", ["block", "volumes", "evil"])
def test_every_scene_compiles(name, page):
    """Every shape, and texts that attack, in both pages that compile alone."""
    assert typeset.pdf(emit.tex(getattr(scenes, name)(), page=page)).startswith(b"%PDF")


@pytest.mark.tex
def test_png_has_the_resolution_asked_for():
    """The picture's pixels are its points times dpi."""
    from PIL import Image

    image = Image.open(io.BytesIO(typeset.png(typeset.pdf(emit.tex(scenes.block())), dpi=72)))
    assert 195 < image.width < 212


@pytest.mark.tex
def test_the_png_of_a_page_that_is_far_too_large_is_coarser(monkeypatch):
    """A figure beyond all pages still has a picture that image libraries read."""
    from PIL import Image

    from nnfig.typeset import products

    monkeypatch.setattr(products, "MOST_PIXELS", 10_000)
    image = Image.open(io.BytesIO(typeset.png(typeset.pdf(emit.tex(scenes.block())))))
    assert 8_000 < image.width * image.height <= 10_500


@pytest.mark.tex
def test_svg_has_text_ids_titles_and_ends_of_wires():
    """What a browser needs to hover, and what a reader needs to select."""
    text = typeset.svg(emit.tex(scenes.block()))
    assert text.startswith("<!-- nnfig -->\n<svg role='img' aria-label=\"A residual block\"")
    root = ET.fromstring(text)
    groups = {g.get("id"): g for g in root.iter(f"{SVG}g") if g.get("id")}
    assert groups["nnf-x"].find(f"{SVG}title").text == "x: input 1x3x56x56"
    assert groups["nnf-layer1/0/conv-1"].get("class") == "nnf-layer conv"
    assert groups["nnf-layer1/0"].get("class") == "nnf-frame group"
    wires = [(g.get("data-from"), g.get("data-to"), g.get("class")) for g in root.iter(f"{SVG}g") if g.get("data-from")]
    assert ("nnf-x", "nnf-layer1/0/add", "nnf-wire projection") in wires
    assert "ReLU" in "".join(groups["nnf-relu"].itertext())


@pytest.mark.tex
def test_svg_of_an_attack_is_well_formed():
    """Titles are escaped for XML."""
    root = ET.fromstring(typeset.svg(emit.tex(scenes.evil())))
    assert not list(root.iter(f"{SVG}script"))


@pytest.mark.tex
def test_an_error_names_file_line_and_layer():
    """What the log says becomes a problem about the layer whose line failed."""
    tex = emit.tex(scenes.block()).replace("{ReLU}", r"{\nosuchcommand}")
    line = next(i for i, text in enumerate(tex.splitlines(), 1) if "nosuch" in text)
    with pytest.raises(NnfigError) as error:
        typeset.pdf(tex)
    (problem,) = error.value.problems
    assert problem.where == f"figure.tex:{line}"
    assert "Undefined control sequence (layer relu)" in problem.what
    assert "nosuchcommand" in problem.excerpt


@pytest.mark.tex
def test_a_figure_that_is_too_large_says_what_to_try():
    """TeX's limits are told as the figure's."""
    from nnfig.layout.scene import Node, Scene

    tex = emit.tex(Scene(100, 30000, 8, (Node("far", 0, 29000, 40, 14, label=("far",)),)))
    with pytest.raises(NnfigError, match="Dimension too large") as error:
        typeset.pdf(tex)
    assert "--detail overview" in error.value.problems[0].hint


@pytest.mark.tex
@pytest.mark.parametrize(
    "attack",
    [r"\immediate\write18{touch PLACE}", r"\input{PLACE}", r"\newwrite\w\immediate\openout\w=PLACE ", r"\input{|id}"],
)
def test_a_template_gets_no_shell_and_no_files_elsewhere(attack, tmp_path):
    """TeX runs without a shell and reads and writes in a folder of its own only."""
    place = tmp_path / "secret.tex"
    place.write_text("SECRET")
    before = place.stat().st_mtime_ns
    body = attack.replace("PLACE", str(place) if "touch" not in attack else str(tmp_path / "touched"))
    tex = rf"\documentclass{{article}}\begin{{document}}{body} x\end{{document}}"
    try:
        data = typeset.pdf(tex)
    except NnfigError:
        data = b""
    if data:
        import pdfplumber

        with pdfplumber.open(io.BytesIO(data)) as pdf:
            assert "SECRET" not in (pdf.pages[0].extract_text() or "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.tex"]
    assert place.stat().st_mtime_ns == before


@pytest.mark.tex
def test_a_figure_that_never_ends_is_stopped(monkeypatch):
    """A time limit, and what to try."""
    from nnfig.typeset import run

    monkeypatch.setattr(run, "TIME_LIMIT", 0.5)
    with pytest.raises(NnfigError, match=r"stopped after 0\.5 s"):
        typeset.pdf(r"\documentclass{article}\begin{document}\loop\iftrue\repeat\end{document}")


@pytest.mark.parametrize(
    ("make", "program"),
    [
        (lambda: typeset.pdf("x"), "pdflatex"),
        (lambda: typeset.svg("x"), "latex"),
        (lambda: typeset.png(b""), "pdftoppm"),
    ],
)
def test_without_tex_the_message_says_what_to_install(monkeypatch, make, program):
    """No traceback, one command."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NnfigError, match=f"no {program} on the PATH") as error:
        make()
    assert "apt-get install" in str(error.value)


@pytest.mark.tex
def test_every_character_of_the_tables_and_blank_texts_compile():
    """All that escaping knows, some of what it does not, and labels with nothing to print."""
    from nnfig.emit.escape import _DOWN, _ONE, _UP
    from nnfig.layout.scene import Node, Scene

    known = "".join([*_ONE, *_UP, *_DOWN]) + "àẽłŞūǧ\u0300漢😀\ufe0f\u200b\x07"
    texts = [known[i : i + 20] for i in range(0, len(known), 20)] + ["", " ", "\t", "a", "--", "''"]
    nodes = tuple(
        Node(f"n{i}", 0, 0, 300, 14, "conv", label=(text, "", text[::-1]), dims=text, top=text, kind=text)
        for i, text in enumerate(texts)
    )
    assert typeset.pdf(emit.tex(Scene(300, 20, 8, nodes, caption=known, alt=known))).startswith(b"%PDF")
