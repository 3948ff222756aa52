"""`nnfig check` says whether a figure still tells the truth about the network, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnfig
from nnfig.check import check, options_of
from nnfig.emit.parse import macros
from nnfig.errors import NnfigError
from nnfig.graph import Edge, Graph

from .networks import staged


def _drawn(folder: Path, graph: Graph, **options: object) -> Path:
    path = folder / "figure.tex"
    nnfig.draw(graph, **options).save(path, force=True)
    return path


def _said(path: Path, graph: Graph) -> list[str]:
    return [problem.what for problem in check(path, graph)]


@pytest.mark.parametrize("page", ["standalone", "input", "self-contained"])
@pytest.mark.parametrize("detail", ["overview", "paper", "ops"])
def test_a_fresh_figure_is_true(tmp_path: Path, page: str, detail: str):
    """However it was drawn, the figure's own first lines say how it is to be compared."""
    assert check(_drawn(tmp_path, staged(), page=page, detail=detail, fold=False), staged()) == []


def test_a_changed_layer_is_named_with_both_values(tmp_path: Path):
    """Kernel and size, with the line of the figure."""
    path = _drawn(tmp_path, staged())
    problems = check(path, staged(kernel=5))
    assert "stem: kernel is 7x7 in the figure, 5x5 in the network" in [p.what for p in problems]
    line = int(problems[0].where.rpartition(":")[2])
    assert "{stem}" in path.read_text().splitlines()[line - 1]


def test_what_a_closed_block_hides_is_checked_too(tmp_path: Path):
    """A block's parameters changed though nothing drawn did."""
    path = _drawn(tmp_path, staged(), depth=0)
    graph = staged()
    hidden = graph.layer["late.1.conv2"]
    fatter = hidden.__class__(
        hidden.name, hidden.kind, hidden.inputs, hidden.output, 999, path=hidden.path, group=hidden.group
    )
    changed = graph.replace(layers=tuple(fatter if layer is hidden else layer for layer in graph.layers))
    (said,) = _said(path, changed)
    assert said.startswith("late: parameters 2,304 when the figure was drawn, 2,727 in the network")


def test_missing_and_new_layers_and_renamed_ones(tmp_path: Path):
    """Both sides are listed, and a new name that is near is proposed."""
    path = _drawn(tmp_path, staged())
    graph = staged()
    last = graph.layers[-1]
    renamed = last.__class__("fcs", last.kind, last.inputs, last.output, last.params, attributes=last.attributes)
    changed = graph.replace(layers=(*graph.layers[:-1], renamed), outputs=("fcs",))
    problems = check(path, changed)
    assert "the network has no layer 'fc' to draw" in [p.what for p in problems]
    assert "is it 'fcs' now?" in [p.hint for p in problems]
    assert "the network has 'fcs', the figure does not" in [p.what for p in problems]


def test_a_connection_that_moved_is_found(tmp_path: Path):
    """One edge gone, one new."""
    path = _drawn(tmp_path, staged(), detail="ops", fold=False)
    graph = staged()
    add = graph.layer["late.0.add"]
    moved = add.__class__(add.name, add.kind, (add.inputs[0], Edge("stem")), add.output, path=add.path, group=add.group)
    changed = graph.replace(layers=tuple(moved if layer is add else layer for layer in graph.layers))
    said = _said(path, changed)
    assert "nothing goes from 'early.1.add' to 'late.0.add' in the network" in said
    assert "in the network 'late.0.add' takes 'stem', in the figure it does not" in said


def test_a_changed_number_of_repeats_is_found(tmp_path: Path):
    """Two equal blocks became three."""
    path = _drawn(tmp_path, staged(blocks=2), fold=True)
    assert any("repeats x2 in the figure, x3 in the network" in said for said in _said(path, staged(blocks=3)))


def test_moving_and_restyling_by_hand_is_no_lie(tmp_path: Path):
    """Places, labels, colours, comments and line breaks belong to the author."""
    path = _drawn(tmp_path, staged())
    text = path.read_text()
    text = (
        text.replace("at={", "fill=red, at={9").replace("label={", "label={my ").replace("]{stem}", "]% mine\n  {stem}")
    )
    path.write_text(text)
    assert check(path, staged()) == []


def test_a_file_that_is_no_figure_is_refused(tmp_path: Path):
    """A paper without a figure, a missing file, and bytes that are no text."""
    paper = tmp_path / "paper.tex"
    paper.write_text(r"\documentclass{article}\begin{document}x\end{document}")
    with pytest.raises(NnfigError, match="no figure that nnfig wrote"):
        check(paper, staged())
    with pytest.raises(NnfigError, match="cannot be read"):
        check(tmp_path / "absent.tex", staged())
    paper.write_bytes(b"\xff\xfe\x00\\nnflayer")
    with pytest.raises(NnfigError, match="no UTF-8"):
        check(paper, staged())


def test_options_come_from_the_command_in_the_first_lines():
    """Lists, flags, both ways of giving a value, and outputs that are none of its business."""
    line = "% nnfig 1.0 · net · nnfig draw a.py:Net -o 'x y.tex' --hide=act --hide norm --max-height 3in --no-fold -v"
    assert options_of(line) == {"hide": ["act", "norm"], "max_height": "3in", "fold": False}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="\\nflayeredgup[]{}<>%=, ab1\n", max_size=200))
def test_any_text_can_be_read(text: str):
    """Half a macro, unbalanced braces: no crash, and no endless loop."""
    macros(text)


@pytest.mark.parametrize("view", ["auto", "blocks", "volumes", "maps", "neurons", "strip"])
@pytest.mark.parametrize("style", [[], ["cell"], ["strip"]])
def test_a_fresh_figure_is_true_in_every_view_and_style(tmp_path: Path, view: str, style: list[str]):
    """Also where the view was refused, or is a style sheet's."""
    assert _said(_drawn(tmp_path, staged(), view=view, style=style), staged()) == []


def test_labels_that_end_in_a_line_break_are_read(tmp_path: Path):
    r"""In `label={a\\}` the brace is no escaped one, in `label={a\}}` the first is."""
    text = r"\nnflayer[conv, label={a\\}, kernel=3]{one}" + "\n" + r"\nnflayer[conv, label={a\}, b}]{two}"
    one, two = macros(text)
    assert (one.names, one.facts) == (("one",), {"label": r"a\\", "kernel": "3"})
    assert (two.names, two.facts) == (("two",), {"label": r"a\}, b"})


@pytest.mark.parametrize("view", ["blocks", "volumes", "maps"])
def test_what_is_merged_is_checked_with_its_attributes(tmp_path: Path, view: str):
    """A slope of an activation inside the first of two joined convolutions."""

    def net(slope: float) -> Graph:
        path = tmp_path / "net.yaml"
        path.write_text(
            "nnfig: 1\ninputs: {image: [1, 3, 16, 16]}\nlayers:\n"
            f"- Conv2d 3x3, 8, padding 1\n- LeakyReLU negative_slope {slope}\n"
            "- Conv2d 3x3, 8, padding 1\n- LeakyReLU\n- MaxPool2d 2x2\n"
        )
        return nnfig.load(path)

    path = _drawn(tmp_path, net(0.1), view=view)
    assert _said(path, net(0.1)) == []
    (said,) = _said(path, net(0.3))
    assert "then LeakyReLU(negative_slope=0.1) when the figure was drawn, LeakyReLU(negative_slope=0.3)" in said
