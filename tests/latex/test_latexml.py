"""arXiv's converter makes SVG of a figure: boxes, wires, labels and volumes."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit, typeset

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "emit" / "scenes.py")))

pytestmark = [
    pytest.mark.tex,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("latexmlc"), reason="no latexmlc: apt-get install latexml"),
]

PAPER = r"""\documentclass{article}\usepackage{%s}\begin{document}
\begin{figure}\input{block}\caption{\nnfcaption}\end{figure}\begin{figure}\input{volumes}\end{figure}
\end{document}"""


@pytest.mark.parametrize(("package", "page"), [("nnfig", "standalone"), ("tikz", "self-contained")])
def test_figures_become_svg_without_an_error(package, page, tmp_path):
    """With the style file beside the paper, and with the page that needs none."""
    if package == "nnfig":
        typeset.put_style_files(tmp_path)
    (tmp_path / "block.tex").write_text(emit.tex(scenes.block(), page=page), encoding="utf-8")
    (tmp_path / "volumes.tex").write_text(emit.tex(scenes.volumes(), page=page), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(PAPER % package)
    done = subprocess.run(
        ["latexmlc", "--includestyles", "--dest=paper.html", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert "Conversion complete: No obvious problems" in done.stderr + done.stdout
    html = (tmp_path / "paper.html").read_text(encoding="utf-8")
    block, volumes = re.findall(r"<svg.*?</svg>", html, re.S)
    words = re.sub(r"<[^>]*>", " ", block).replace("\xa0", " ")
    for word in ("image", "BN", "ReLU", "Linear, 10", "Convolution", "3×56×56"):
        assert word in words
    assert block.count("<path") >= 6 + 2 * 6
    assert volumes.count("<path") > 30
    assert 'fill="#A3CCE3"' in volumes
    assert "A block: 3×3 &amp; 50% of" in html
