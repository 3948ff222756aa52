"""In a real Jupyter kernel a figure shows itself as SVG, and a graph as the summary of the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient")

CELLS = (
    "import sys; sys.path.insert(0, {here!r})\nimport nnfig\nfrom networks import staged\ngraph = staged()",
    "nnfig.draw(graph, detail='overview')",
    "graph",
    "import os; os.environ['PATH'] = {no_svg!r}; nnfig.draw(graph)",
    "os.environ['PATH'] = '/nonexistent'; nnfig.draw(graph)",
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each cell shows: MIME type to content."""
    import nbformat
    from nbclient import NotebookClient

    tools = tmp_path_factory.mktemp("tools")
    for name in ("pdflatex", "pdftoppm", "pdfinfo"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    values = {"here": str(Path(__file__).parent), "no_svg": str(tools)}
    cells = [nbformat.v4.new_code_cell(cell.format(**values)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [{k: v for output in cell.outputs for k, v in output.get("data", {}).items()} for cell in cells]


@pytest.mark.slow
@pytest.mark.tex
class TestInAKernel:
    """One notebook, run once."""

    @pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh")
    def test_a_figure_shows_itself_as_svg(self, shown: list[dict[str, Any]]):
        """With the layers' titles, and its repr for frontends that show text."""
        figure = shown[1]
        assert "<svg" in figure["image/svg+xml"]
        assert "<title>" in figure["image/svg+xml"]
        assert figure["text/plain"].startswith("<Figure of staged: ")

    def test_a_graph_shows_itself_as_the_terminal_does(self, shown: list[dict[str, Any]]):
        """Columns and branches, no dump of dataclasses."""
        text = shown[2]["text/plain"]
        assert text.startswith("staged: 18 operations")
        assert "|\\" in text

    def test_without_dvisvgm_it_is_a_picture_and_without_tex_it_is_text(self, shown: list[dict[str, Any]]):
        """A missing tool costs quality and raises nothing."""
        assert shown[3]["image/png"].startswith("iVBOR")
        assert set(shown[4]) == {"text/plain"}
        assert "stem  Conv2d" in shown[4]["text/plain"]
