"""Figures that nnfig wrote in, a folder out that arXiv and Overleaf accept: checked before it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nnfig.errors import NnfigError, Problem
from nnfig.resources import resource
from nnfig.typeset.files import write_folder, written_by_us
from nnfig.typeset.run import latex, workshop

MANY = 500
"""Layers and wires of one paper beyond which arXiv's HTML converter, at 0.1 to 0.4 s each, may run out of time."""

_ALONE = re.compile(r"(?m)^\\ifdefined\\nnfset\\else\\input\{nnfig-standalone\}\\fi$")
_GUARD = r"\ifdefined\nnfset\else\errmessage{nnfig: put \string\usepackage{nnfig} into the preamble}\fi"


def bundle(figures: Sequence[Path], folder: Path) -> list[str]:
    """Put everything that the figures need into one folder; what is returned says what and how to use it.

    Every figure becomes a file to `\\input`, without a class of its own, under a name that arXiv accepts; nnfig.sty and
    a README stand beside it. All of it is written or nothing; nothing unless a paper with all of them compiles with
    pdflatex, without a shell and without any other file.

    Raises:
        NnfigError: a file is not there or not nnfig's, two get the same name, or the paper does not compile.
    """
    texts = _read([Path(figure) for figure in figures])
    _check(texts)
    folder = Path(folder)
    style = resource("latex", "nnfig.sty").read_text("utf-8")
    files = {**{f"{name}.tex": text for name, text in texts.items()}, "nnfig.sty": style, "README.txt": _readme(texts)}
    write_folder(folder, files)
    said = [str(folder / name) for name in files]
    said.append("checked: compiles with pdflatex from this folder alone, without a shell")
    elements = sum(len(re.findall(r"(?m)^\s*\\nnf(?:layer|edge)\b", text)) for text in texts.values())
    if elements > MANY:
        said.append(
            f"arXiv's HTML: {elements} layers and wires; more than about {MANY} in one paper may exceed its time. "
            "The PDF is not concerned; for the HTML, fold or close groups, or include the larger figures as PDF"
        )
    return [*said, rf"in the paper: \usepackage{{nnfig}}, then \input{{{next(iter(texts))}}} in a figure"]


def _read(figures: Sequence[Path]) -> dict[str, str]:
    """The figures as files to input, by name."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in figures:
        name = re.sub(r"[^A-Za-z0-9_+=-]+", "-", path.stem).strip("-") or "figure"
        if not path.is_file():
            problems.append(Problem("there is no such file", str(path)))
        elif path.suffix != ".tex" or not written_by_us(path):
            problems.append(
                Problem("this is no .tex file of nnfig", str(path), "make one with: nnfig draw ... -o FIGURE.tex")
            )
        elif name in texts:
            problems.append(Problem(f"a second figure would be called {name}.tex", str(path), "give it another name"))
        else:
            texts[name] = _to_input(path.read_text(encoding="utf-8", errors="replace"))
    if problems or not texts:
        raise NnfigError(*(problems or [Problem("no figures given")]))
    return texts


def _to_input(text: str) -> str:
    """The figure without the line that makes it compile alone."""
    return _ALONE.sub(lambda _: _GUARD, text)


def _check(texts: dict[str, str]) -> None:
    """Compile a paper that holds nothing but the figures."""
    body = "\n".join(
        rf"\begin{{figure}}\input{{{name}}}\caption{{\nnfcaption}}\end{{figure}}\clearpage" for name in texts
    )
    paper = rf"\documentclass{{article}}\usepackage{{nnfig}}\begin{{document}}{body}\end{{document}}"
    with workshop() as folder:
        (folder / "nnfig-standalone.tex").unlink()
        for name, text in texts.items():
            (folder / f"{name}.tex").write_text(text, encoding="utf-8")
        latex("pdflatex", paper, folder, name="nnfig-bundle-check")


def _readme(texts: dict[str, str]) -> str:
    first = next(iter(texts))
    return f"""nnfig: figures to input ({", ".join(f"{name}.tex" for name in texts)}) and their style (nnfig.sty)

Put the files beside your paper's main .tex file (at arXiv: into the root), load the style, input a figure:

    \\usepackage{{nnfig}}
    ...
    \\begin{{figure}}
      \\centering
      \\input{{{first}}}
      \\caption{{\\nnfcaption}}
    \\end{{figure}}

Nothing else is needed: TikZ is in every TeX distribution, no shell escape, no further program.
Change the looks in the preamble, for instance \\nnfset{{palette=greyscale, hide={{norm,act}}, show dims=false}}.
"""
