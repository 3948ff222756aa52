"""Random networks, labels and style sheets: everything is drawn, everything compiles, nothing is lost."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nnfig
from nnfig import emit, typeset
from nnfig.emit.parse import macros
from nnfig.errors import NnfigError
from nnfig.graph import Graph, verify

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
        "view": st.sampled_from(["auto", "blocks", "volumes", "maps", "neurons"]),
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
