"""The summary as JSON for programs and as a table for a paper: the same network, the same counts."""

import json
import re

import pytest

from nnfig import report, typeset

from .graphs import layer, residual

DOCUMENT = r"\documentclass{article}\pagestyle{empty}\usepackage{booktabs}\begin{document}%s\end{document}"


def test_json_is_the_layer_list_with_totals():
    """Long form, and what the whole network costs, repeats counted."""
    graph = residual(repeat=3)
    data = json.loads(report.as_json(graph))
    assert data["totals"] == {"layers": 11, "params": graph.params, "macs": graph.macs}
    assert [item["name"] for item in data["layers"]] == [each.name for each in graph.layers]
    assert {"path": "stage.0", "class": "Block"}.items() <= data["groups"][1].items()


def test_the_table_counts_what_the_figure_counts():
    """Rows that stand for something, added up, give the total of the last line, which is the graph's."""
    graph = residual(repeat=3)
    rows = re.findall(r"^  (.*?) & .* & (.*?) & (.*?) \\\\$", report.tex_table(graph, depth=0), re.MULTILINE)
    counts = [int(params.replace(",", "")) for _, params, _ in rows if re.match(r"[\d,]+$", params)]
    assert counts[-1] == graph.params == sum(counts[:-1])


def test_repeats_and_hierarchy_are_in_the_table():
    """The block's line says how often it stands there, its layers are indented below."""
    text = report.tex_table(residual(repeat=3))
    assert re.search(r"\\hspace\*\{1em\}0 & Block \\nnfx ?(\{\})?3 &", text)
    assert r"\hspace*{2em}conv1 &" in text


@pytest.mark.tex
def test_the_table_compiles_in_a_paper_without_nnfig():
    """With booktabs alone, whatever the names are."""
    graph = residual(repeat=2)
    names = ("a_b&c%d#e$f^g{h}i~j\\k", "\\input{/etc/passwd}", "σ² → 卷积", "", "a" * 60)
    odd = tuple(layer(f"{name}!", name or "_", "fc", params=7) for name in names)
    text = report.tex_table(graph.replace(name="100% \\evil", layers=(*graph.layers, *odd)))
    page = typeset.pdf(DOCUMENT % text)
    assert page.startswith(b"%PDF")
