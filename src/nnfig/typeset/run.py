"""Programs of TeX and their neighbours, run on untrusted text: a folder of their own, no shell, a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nnfig.errors import NnfigError
from nnfig.resources import resource
from nnfig.typeset.log import problems

TIME_LIMIT = 300.0
"""Seconds for one program; a figure takes one or two."""

INSTALL = {
    "pdflatex": "sudo apt-get install texlive-latex-recommended texlive-pictures",
    "latex": "sudo apt-get install texlive-latex-recommended texlive-pictures",
    "dvisvgm": "sudo apt-get install dvisvgm",
    "pdftoppm": "sudo apt-get install poppler-utils",
}
"""How a missing program is got on Debian and Ubuntu."""

STYLE_FILES = ("nnfig.sty", "nnfig-standalone.tex")


@contextmanager
def workshop(style: bool = True) -> Generator[Path]:
    """An empty folder for one run, with the style files, removed afterwards.

    Raises NnfigError where there is no room for it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="nnfig-") as name:
            folder = Path(name)
            if style:
                for file in STYLE_FILES:
                    shutil.copyfile(resource("latex", file), folder / file)
            yield folder
    except OSError as error:
        hint = "make room there, or set TMPDIR to another folder"
        raise NnfigError(f"cannot work in the folder for temporary files: {error.strerror}", hint=hint) from None


def require(program: str) -> str:
    """The program's path; NnfigError that says how to install it."""
    found = shutil.which(program)
    if found is None:
        raise NnfigError(
            f"there is no {program} on the PATH, which this kind of figure needs",
            hint=f"{INSTALL.get(program, 'nnfig doctor says how to get it')}\nor write .tex, which needs nothing",
        )
    return found


def run(program: str, arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program in the folder; NnfigError when it takes longer than the limit."""
    try:
        return subprocess.run(
            [require(program), *arguments],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NnfigError(
            f"{program} was stopped after {TIME_LIMIT:g} s", hint="try --detail overview, or write .tex"
        ) from None


def latex(engine: str, tex: str, folder: Path, name: str = "figure", before: str = "") -> None:
    """Compile the text in the folder, `before` standing in front of it; NnfigError with what the log says."""
    (folder / f"{name}.tex").write_text(tex, encoding="utf-8")
    entry = [f"{before}\\input{{{name}}}"] if before else [name]
    options = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", f"-jobname={name}"]
    done = run(engine, [*options, *entry], folder)
    if done.returncode:
        log = folder / f"{name}.log"
        text = (
            log.read_text(encoding="utf-8", errors="replace") if log.exists() else done.stdout.decode(errors="replace")
        )
        files = {file.name: file.read_text(encoding="utf-8", errors="replace") for file in folder.glob("*.tex")}
        raise NnfigError(*problems(text, files))


def _environment(folder: Path) -> dict[str, str]:
    """TeX reads and writes in its own folder and reads its own trees; same input, same bytes."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("openin_", "openout_", "shell_"))}
    fixed = {"openin_any": "p", "openout_any": "p", "max_print_line": "10000"}
    # a picture is one box in TeX's memory: room for some ten thousand layers
    fixed |= {"extra_mem_bot": "40000000", "extra_mem_top": "40000000", "save_size": "200000"}
    dated = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0"), "FORCE_SOURCE_DATE": "1"}
    return {**kept, **fixed, **dated, "TEXMFOUTPUT": str(folder)}
