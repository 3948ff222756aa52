"""A figure is at home in any paper: classes, packages, engines and places, without a warning of its own."""

import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit, typeset

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "emit" / "scenes.py")))

pytestmark = [pytest.mark.tex, pytest.mark.slow]

FIGURE = r"\begin{figure}\centering\input{block}\caption{\nnfcaption}\label{f}\end{figure} Figure~\ref{f}."
BOTH = FIGURE + r"\begin{figure*}\centering\input{volumes}\caption{Volumes}\end{figure*}"


def article(before: str = "", body: str = BOTH, after: str = "", options: str = "") -> str:
    """An article with something loaded before nnfig, a body, and something loaded after."""
    loaded = rf"{before}\usepackage{{nnfig}}{after}"
    return rf"\documentclass[{options}]{{article}}{loaded}\begin{{document}}Text. {body}\end{{document}}"


def of_class(name: str, options: str = "", body: str = BOTH) -> str:
    """A paper in a publisher's class."""
    return rf"\documentclass[{options}]{{{name}}}\usepackage{{nnfig}}\begin{{document}}Text. {body}\end{{document}}"


HOSTS: dict[str, tuple[str, str]] = {
    "article": ("pdflatex", article()),
    "two-columns": ("pdflatex", article(options="twocolumn")),
    "IEEEtran": ("pdflatex", of_class("IEEEtran")),
    "acmart": (
        "pdflatex",
        of_class("acmart", "sigconf,nonacm", body=BOTH.replace(r"\caption", r"\Description{A net}\caption")),
    ),
    "llncs": ("pdflatex", of_class("llncs")),
    "revtex": ("pdflatex", of_class("revtex4-2", "aps,prl,reprint")),
    "elsarticle": ("pdflatex", of_class("elsarticle")),
    "scrartcl": ("pdflatex", of_class("scrartcl")),
    "memoir": ("pdflatex", of_class("memoir")),
    "beamer": ("pdflatex", of_class("beamer", body=r"\begin{frame}\input{block}\end{frame}")),
    "beamer-overlays": (
        "pdflatex",
        of_class(
            "beamer",
            body=r"\begin{frame}\only<1>{\nnfset{hide=norm}}\input{overlays}\end{frame}",
        ),
    ),
    "subfigures": (
        "pdflatex",
        article(
            r"\usepackage{subcaption}",
            r"\begin{figure}\begin{subfigure}{.5\linewidth}\nnfset{width=.95\linewidth}\input{block}\caption{a}\end{subfigure}"
            r"\begin{subfigure}{.5\linewidth}\nnfset{width=.95\linewidth}\input{block}\caption{b}\end{subfigure}\end{figure}",
        ),
    ),
    "wrapfigure": (
        "pdflatex",
        article(
            r"\usepackage{wrapfig,lipsum}", r"\begin{wrapfigure}{r}{95mm}\input{block}\end{wrapfigure}\lipsum[1-3]"
        ),
    ),
    "resizebox": (
        "pdflatex",
        article(r"\usepackage{adjustbox}", r"\resizebox{5cm}{!}{\input{block}}\adjustbox{width=4cm}{\input{volumes}}"),
    ),
    "standalone-class": (
        "pdflatex",
        r"\documentclass[tikz,border=2pt]{standalone}\usepackage{nnfig}\begin{document}\input{block}\end{document}",
    ),
    "includestandalone": ("pdflatex", article(r"\usepackage{standalone}", r"\includestandalone{wrapped}")),
    "externalised": (
        "pdflatex -shell-escape",
        article(after=r"\usetikzlibrary{external}\tikzexternalize"),
    ),
    "babel-french": ("pdflatex", article(r"\usepackage[T1]{fontenc}\usepackage[french]{babel}", FIGURE)),
    "babel-german": ("pdflatex", article(r"\usepackage[T1]{fontenc}\usepackage[ngerman]{babel}", FIGURE)),
    "quotes-and-underscores": (
        "pdflatex",
        article(r"\usepackage{csquotes}\MakeOuterQuote{" + '"}' + r"\usepackage{underscore}\usepackage{microtype}"),
    ),
    "hyperref-cleveref": ("pdflatex", article(after=r"\usepackage{hyperref,cleveref}")),
    "host-styles": (
        "pdflatex",
        article(
            after=r"\usetikzlibrary{arrows.meta}\tikzset{every node/.style={draw,red,rotate=20},"
            r"every path/.style={very thick,dotted},every picture/.style={line width=3pt},>=latex}",
        ),
    ),
    "fonts-and-spacing": (
        "pdflatex",
        article(
            r"\usepackage[T1]{fontenc}\usepackage{mathptmx,setspace}\doublespacing",
            r"{\bfseries\itshape\tiny\input{block}}\par\begin{tabular}{c}\input{block}\end{tabular}",
        ),
    ),
    "in-an-argument": ("pdflatex", article(body=r"\fbox{\input{block}}\par\parbox{\linewidth}{\input{block}}")),
    "lualatex": ("lualatex", article(r"\usepackage{fontspec}")),
    "xelatex": ("xelatex", article(r"\usepackage{fontspec}")),
    "latex-dvips": ("latex", article()),
    "alone-lualatex": ("lualatex", "@block"),
    "alone-xelatex": ("xelatex", "@block"),
    "alone-latex": ("latex", "@block"),
    "self-contained": ("pdflatex", "@self"),
    "self-contained-input": (
        "pdflatex",
        r"\documentclass{article}\usepackage{tikz}\begin{document}\begin{figure}\input{self}\end{figure}"
        r"\begin{figure}\input{self2}\caption{\nnfcaption}\end{figure}\end{document}",
    ),
    "self-contained-with-nnfig": ("pdflatex", article(body=r"\input{self}")),
}

QUIET = re.compile(
    r"(?m)^(?!.*(?:rerun|Rerun|There were undefined references|Reference `f'|Label\(s\) may|No file|float specifier"
    r"|has changed))"
    r"(?:.*Warning: .*|Overfull .*|! .*|Missing character.*)$"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the figures and the style files, as an author has it."""
    place = tmp_path_factory.mktemp("paper")
    typeset.put_style_files(place)
    block = emit.tex(scenes.block())
    figures = {
        "block": block,
        "volumes": emit.tex(scenes.volumes()),
        "overlays": block.replace(r"\nnflayer[act", r"\nnflayer<2->[act"),
        "self": emit.tex(scenes.block(), page="self-contained"),
        "self2": emit.tex(scenes.volumes(), page="self-contained"),
        "wrapped": r"\documentclass[tikz]{standalone}\usepackage{nnfig}\begin{document}\input{block}\end{document}",
    }
    for name, text in figures.items():
        (place / f"{name}.tex").write_text(text, encoding="utf-8")
    return place


def on_disk(file: str) -> bool:
    """Whether TeX finds a file."""
    return bool(subprocess.run(["kpsewhich", file], capture_output=True, check=False).stdout)


def compiled(engine: str, text: str, folder: Path, name: str) -> str:
    """The log of two runs; skips where the engine or a class is not installed."""
    program, *options = engine.split()
    if not shutil.which(program):
        pytest.skip(f"no {program}: install texlive-luatex or texlive-xetex")
    if "fontspec" in text and not on_disk("lmroman10-regular.otf"):
        pytest.skip("no Latin Modern, which fontspec takes: install lmodern")
    wanted = re.findall(r"\\documentclass(?:\[[^\]]*\])?\{([^}]*)\}", text) + re.findall(
        r"\\usepackage(?:\[[^\]]*\])?\{([^}]*)\}", text
    )
    languages = re.findall(r"\\usepackage\[([a-z]+)\]\{babel\}", text)
    for file in [*(f for names in wanted for f in names.split(",") if f != "nnfig"), *languages]:
        if not any(on_disk(f"{file}.{e}") for e in ("cls", "sty", "ldf")):
            pytest.skip(f"no {file}: install texlive-publishers, texlive-latex-extra or texlive-lang-*")
    (folder / f"{name}.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        done = subprocess.run(
            [program, *options, "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=folder, capture_output=True, env={**os.environ, "max_print_line": "2000"}, check=False, timeout=180,
        )  # fmt: skip
    if b"Metric (TFM) file not found" in done.stdout or b"could not be found" in done.stdout:
        pytest.skip("a font of the class is missing: install texlive-fonts-recommended")
    log = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, "\n".join(QUIET.findall(log)) or log[-2000:]
    return log


@pytest.mark.parametrize("host", HOSTS)
def test_host_compiles_without_a_warning(host, folder):
    """No error, no warning that the same paper without the figure would not have."""
    engine, text = HOSTS[host]
    name = f"host-{host}"
    text = (folder / f"{text[1:]}.tex").read_text(encoding="utf-8") if text.startswith("@") else text
    said = QUIET.findall(compiled(engine, text, folder, name))
    if said:
        empty = re.sub(r"\\input\{(?:block|volumes|overlays|self2?)\}", r"\\tikz\\draw(0,0)--(1,1);", text)
        empty = empty.replace(r"\nnfcaption", "x")
        known = QUIET.findall(compiled(engine, empty, folder, f"{name}-empty"))
        said = [line for line in said if line not in known]
    assert said == []
