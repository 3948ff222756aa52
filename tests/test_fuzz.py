"""Random networks, labels and style sheets: everything is drawn, everything compiles, nothing is lost."""

from __future__ import annotations

import contextlib
import io
import string
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nnfig
from nnfig import cli, emit, typeset
from nnfig.check import check
from nnfig.emit.parse import macros
from nnfig.errors import NnfigError
from nnfig.graph import Graph, verify
from nnfig.options import Options
from nnfig.sources.spec import read_text

from . import strategies

DIALS = st.fixed_dictionaries(
    {"detail": st.sampled_from(["overview", "paper", "explicit", "ops"])},
    optional={
        "direction": st.sampled_from(["right", "down"]),
        "width": st.sampled_from(["3.25in", "5.5in", "7in"]),
        "fold": st.booleans(),
        "depth": st.integers(0, 3),
        "show": st.lists(st.sampled_from(["dims", "kernel", "params", "macs", "names", "activation"]), max_size=3),
        "hide": st.lists(st.sampled_from(["norm", "dropout", "ReLU", "dims"]), max_size=2),
        "view": st.sampled_from(["auto", "blocks", "volumes", "maps", "neurons", "strip"]),
        "style": st.sampled_from([[], ["cell"]]),
    },
)


def calm(examples: int) -> settings:
    """So many examples, the same ones every time, however long one takes."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )


@calm(120)
@given(strategies.graphs(), DIALS)
def test_any_network_is_drawn_and_every_drawn_layer_stands_in_the_tex(graph: Graph, dials):
    """No option and no graph brings an error; the graph as drawn is lawful; its layers stand in the `.tex`."""
    figure = nnfig.draw(graph, **dials)
    verify(figure.graph)
    if figure.scene.view != "blocks":
        return
    written = {macro.names[0] for macro in macros(figure.tex) if macro.command == "nnflayer"}
    assert {emit.node_name(layer.name) for layer in figure.graph.layers} <= written


@calm(60)
@given(strategies.graphs(), DIALS)
def test_the_same_network_gives_the_same_bytes(graph: Graph, dials):
    """Twice drawn is the same text."""
    assert nnfig.draw(graph, **dials).tex == nnfig.draw(graph, **dials).tex


@calm(60)
@given(strategies.graphs(), DIALS)
def test_a_fresh_figure_of_any_network_is_true(tmp_path_factory, graph: Graph, dials):
    """What was written, parsed back, says of the network what the network says."""
    path = tmp_path_factory.mktemp("check") / "figure.tex"
    path.write_text(nnfig.draw(graph, **dials).tex, encoding="utf-8")
    assert check(path, graph) == []


SELECTORS = st.lists(
    st.text(st.sampled_from("*?[]!{}().|^$\\+-~%#&@ ,\t\x00é×0a")) | strategies.words, min_size=1, max_size=3
)


@calm(120)
@given(
    strategies.graphs(),
    st.dictionaries(st.sampled_from(["show", "hide", "merge", "open", "close", "inset"]), SELECTORS, min_size=1),
)
def test_any_selector_draws_or_is_one_message(graph: Graph, selected):
    """Globs of nonsense select nothing, which is said, or something."""
    try:
        answer = nnfig.draw(graph, **selected).tex
    except NnfigError as error:
        answer = str(error)
    assert answer.strip()


@pytest.mark.tex
@pytest.mark.slow
def test_any_network_compiles(tmp_path):
    """Sixty random networks with odd names in one document: pdflatex has nothing to say."""
    bodies: list[str] = []

    @calm(60)
    @given(strategies.graphs(), DIALS)
    def collect(graph: Graph, dials) -> None:
        bodies.append(nnfig.draw(graph, page="input", **dials).tex)

    collect()
    typeset.pdf(document(bodies))


def document(bodies: list[str]) -> str:
    """Bodies that are to be input, as one document with a page each."""
    begin = "\\documentclass{article}\n\\usepackage{nnfig}\n\\begin{document}\n"
    return begin + "\\clearpage\n".join(bodies) + "\\end{document}\n"


LABELS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
PLAIN = [c for c in string.printable if c not in string.whitespace]


@pytest.mark.tex
@pytest.mark.slow
def test_every_label_prints_as_given_or_is_reported():
    """A thousand labels of any letters and all of TeX's specials: the ones made of ASCII are read back from the PDF."""
    labels: list[str] = []

    @calm(1000)
    @given(LABELS | st.text(st.sampled_from(PLAIN), min_size=1, max_size=20))
    def collect(label: str) -> None:
        labels.append(label)

    collect()
    assert set("".join(labels)) >= set(PLAIN)
    lines = [rf"\null\setbox0\hbox{{{emit.escape(label)}}}\noindent\copy0\clearpage" for label in labels]
    pages = texts(typeset.pdf(document(["\\pagestyle{empty}", *lines])))
    assert len(pages) == len(labels)
    wrong = [(a, b) for a, b in zip(labels, pages, strict=True) if a.isascii() and letters(a) != letters(b)]
    assert not wrong, wrong[:5]


def letters(text: str) -> str:
    """Without spaces, and without underscores, which TeX draws as a rule."""
    return "".join(text.replace("_", "").split())


def texts(pdf: bytes) -> list[str]:
    """The text of each page, ligatures and quotes as typed."""
    import pymupdf

    glyphs = {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl"}
    signs = {"’": "'", "‘": "`", "−": "-", "˜": "~", "”": '"', "“": '"', "ˆ": "^", "∗": "*", "∼": "~"}
    as_typed = str.maketrans(glyphs | signs)
    return [page.get_text().translate(as_typed) for page in pymupdf.open(stream=pdf)]


SHEETS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | strategies.words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "extends",
                    "rules",
                    "select",
                    "do",
                    "label",
                    "kind",
                    "category",
                    "show",
                    "hide",
                    "depth",
                    "class",
                    "path",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@calm(150)
@given(st.dictionaries(st.sampled_from(["extends", "rules", "show", "hide", "depth", "level", "fold"]), SHEETS))
def test_any_style_sheet_draws_or_is_one_message(tmp_path_factory, sheet):
    """A style sheet of nonsense is answered with its problems and their places, never with a traceback."""
    import yaml

    path = Path(tmp_path_factory.mktemp("sheet")) / "style.yaml"
    path.write_text(yaml.safe_dump(sheet, allow_unicode=True), encoding="utf-8")
    graph = nnfig.load(Path(__file__).resolve().parents[1] / "examples" / "lenet.yaml")
    try:
        answer = nnfig.draw(graph, style=[str(path)]).tex
    except NnfigError as error:
        answer = str(error)
    assert answer.strip()


EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LISTS = [text for path in sorted(EXAMPLES.glob("*.yaml")) if "nnfig: 1" in (text := path.read_text("utf-8"))]
SCRAPS = (
    *("~", "-1", "0", "1e9", "9" * 20, "''", "[]", "{}", "*a", "&a x", "!x y", "- ", ": ", "? ", "  ", "|\n  a", "\t"),
    *(
        "from: ",
        "repeat: 3",
        "layers: [ReLU]",
        "group: g",
        "name: x",
        "output: [1, 0, 3]",
        "output: [[]]",
        "%YAML 1.1\n",
    ),
    *(
        "input",
        "stage(64, 2)",
        "edges: [{kind: gradient}]",
        "attributes: {dim: 7}",
        "---\n",
        "<<: *a",
        "é",
        "卷",
        "\u2028",
    ),
)
CUTS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "insert", "replace", "swap"]), st.floats(0, 1), st.sampled_from(SCRAPS)
    ),
    min_size=1,
    max_size=3,
)


def mangled(text: str, cuts: list[tuple[str, float, str]]) -> str:
    """The text with lines dropped, doubled or swapped, and letters replaced by scraps."""
    for cut, where, scrap in cuts:
        lines = text.split("\n")
        line, place = int(where * (len(lines) - 1)), int(where * len(text))
        if cut == "insert":
            text = text[:place] + scrap + text[place:]
        elif cut == "replace":
            text = text[:place] + scrap + text[place + len(scrap) :]
        else:
            made = {"drop": [], "double": [lines[line]] * 2, "swap": [*lines[line + 1 : line + 2], lines[line]]}[cut]
            text = "\n".join([*lines[:line], *made, *lines[line + 1 + (cut == "swap") :]])
    return text


@calm(120)
@given(st.sampled_from(LISTS), CUTS, st.sampled_from(["paper", "explicit", "ops"]))
def test_a_mangled_layer_list_is_drawn_or_explained(text: str, cuts, detail: str):
    """Whatever happens to a layer list, the answer is a figure, or problems that all have a place."""
    try:
        answers = [nnfig.draw(read_text(mangled(text, cuts), "net.yaml"), detail=detail).tex]
    except NnfigError as error:
        answers = [problem.where for problem in error.problems]
    assert all(answer.startswith(("% nnfig", "net.yaml")) for answer in answers)


WORDS = st.sampled_from(
    ["", "a,b", "é Ω", "\\input{x}", "--", "-x", "~", "$(touch x)", "1e9", "nan", "{", "*", "[", "\x1b[2J"]
)
OPTIONS = st.sampled_from(
    [*(f"--{f.name.replace('_', '-')}" for f in fields(Options)), "--no-fold", "--input", "--arg"]
)
KNOWN = st.sampled_from(
    ["blocks", "maps", "explicit", "ops", "1", "84mm", "names,params", "norm", "right", "n=1", "1,3"]
)


@calm(100)
@given(st.sampled_from(["draw", "trace", "show", "check"]), WORDS, st.lists(OPTIONS | WORDS | KNOWN, max_size=5))
def test_any_words_on_the_command_line_end_in_a_figure_or_a_message(tmp_path_factory, command, name, words):
    """Status 0, or 2 with a message: no traceback, no fault of ours, no letters that steer the terminal."""
    folder = tmp_path_factory.mktemp("cli")
    source = folder / f"{name.replace('/', '')}.yaml"
    source.write_text("nnfig: 1\ninputs: {x: [1, 3, 8, 8]}\nlayers: [ReLU, Flatten]\n", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as done:
        cli.main([command, str(source), "-o", str(folder / "net.tex"), *words])
    status, said = int(done.value.code or 0), err.getvalue()
    assert status == 0 or (status == 2 and said.strip()), said
    assert "Traceback" not in said
    assert "internal error" not in said
