"""Every gallery case: what a reader must be able to see is there, and all is as it was when it was looked at.

The graph as drawn and the `.tex` are compared to the letter, the picture within a tolerance.

Regenerate with `python -m pytest tests/test_gallery.py --update`, then look at `git diff` and at the pictures.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path

import pytest

from nnfig import cli, figure, typeset

ROOT = Path(__file__).resolve().parents[1]
GOLDENS = Path(__file__).parent / "gallery"
DPI = 60
TOLERANCE = 0.02
"""Mean absolute difference of grey values that TeX versions and fonts may make."""

_spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
assert _spec
assert _spec.loader
gallery = importlib.util.module_from_spec(_spec)
sys.modules["gallery"] = gallery
_spec.loader.exec_module(gallery)

CASES = gallery.cases()


SUMMARIES = {path.stem: found for path in sorted(gallery.CASES.glob("*.md")) if (found := gallery.summary(path))}


@pytest.fixture(scope="module", params=CASES, ids=[case.name for case in CASES])
def case(request):
    """One gallery case."""
    return request.param


@pytest.fixture(scope="module")
def drawn(case, tmp_path_factory):
    """The Figure and the `.tex` that the case's command makes."""
    made = []
    draw = figure.draw
    if keras := sys.modules.get("keras"):
        keras.utils.clear_session()  # its names count on from network to network
    out = tmp_path_factory.mktemp("gallery") / f"{case.name}.tex"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure, "draw", lambda *a, **k: made.append(draw(*a, **{**k, "command": ""})) or made[-1])
        patch.chdir(ROOT)
        with pytest.raises(SystemExit) as done:
            cli.main([*case.arguments, "-o", str(out), "--quiet"])
    assert done.value.code == 0
    return made[0], out.read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_to_see_is_there(case, drawn):
    """Every text that the page promises stands in the figure, as often as it says."""
    lines = gallery.seen(drawn[1])
    counted = [(text, number, sum(text in line for line in lines)) for text, number in case.promises]
    assert counted
    assert [each for each in counted if (each[2] != each[1] if each[1] >= 0 else not each[2])] == []


@pytest.mark.parametrize("name", SUMMARIES)
def test_summary_is_what_is_printed(name, capsys, monkeypatch):
    """The text on the page is that of the command on it."""
    words, text = SUMMARIES[name]
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        cli.main(list(words))
    assert text.rstrip() == capsys.readouterr().out.rstrip()


@pytest.mark.tex
@pytest.mark.slow
def test_case_is_drawn_as_it_was_looked_at(case, drawn, update):
    """Graph text and `.tex` to the letter, the picture within a tolerance."""
    fig, tex = drawn
    png = typeset.png(typeset.pdf(tex), dpi=DPI)
    goldens = {"graph.txt": f"{fig.graph}\n\n{fig.caption}\n", "tex": tex}
    if update:
        GOLDENS.mkdir(exist_ok=True)
        for suffix, text in goldens.items():
            (GOLDENS / f"{case.name}.{suffix}").write_text(text, encoding="utf-8")
        (GOLDENS / f"{case.name}.png").write_bytes(png)
        return
    for suffix, text in goldens.items():
        assert (GOLDENS / f"{case.name}.{suffix}").read_text(encoding="utf-8") == text, REGENERATE
    assert difference((GOLDENS / f"{case.name}.png").read_bytes(), png) < TOLERANCE, REGENERATE


REGENERATE = "if the change is meant: python -m pytest tests/test_gallery.py --update, then look at the pictures"


def difference(expected: bytes, actual: bytes) -> float:
    """Mean absolute difference of two PNGs' grey values, 0 to 1; 1 for another size (by more than two pixels)."""
    import numpy as np
    from PIL import Image

    a, b = (Image.open(io.BytesIO(data)).convert("L") for data in (expected, actual))
    if max(abs(a.width - b.width), abs(a.height - b.height)) > 2:
        return 1.0
    size = (min(a.width, b.width), min(a.height, b.height))
    left, right = (np.asarray(image.crop((0, 0, *size)), float) for image in (a, b))
    return float(np.abs(left - right).mean() / 255)


def test_difference_notices_a_missing_box():
    """The comparison above is not blind: a box of a tenth of the picture is more than the tolerance."""
    from PIL import Image, ImageDraw

    def png(box: bool) -> bytes:
        image = Image.new("L", (100, 100), 255)
        if box:
            ImageDraw.Draw(image).rectangle((10, 10, 40, 40), fill=0)
        data = io.BytesIO()
        image.save(data, "PNG")
        return data.getvalue()

    assert difference(png(True), png(False)) > TOLERANCE
    assert difference(png(True), png(True)) == 0
