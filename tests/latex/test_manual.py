"""The manual shows everything that there is, and compiles."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

LATEX = Path(__file__).parents[2] / "latex"
STYLE = (LATEX / "nnfig.sty").read_text(encoding="utf-8")
MANUAL = (LATEX / "nnfig-doc.tex").read_text(encoding="utf-8")

PRIVATE = {".unknown", ".is family", ".cd", "palette"}


def _keys():
    """Keys of every family of the style file, as they are declared."""
    declared = re.findall(r"(?m)[{,\s]([a-z][a-z ]*)/\.(?:code|store in|is if|is choice)", STYLE)
    return sorted(set(declared) - PRIVATE - {"outline", "nnf"})


@pytest.mark.parametrize("key", _keys())
def test_key_is_documented(key):
    """Every key stands in the manual."""
    assert re.search(rf"\b{re.escape(key)}\b", MANUAL)


def test_macros_and_classes_are_documented():
    """Every user macro and every class too."""
    macros = set(re.findall(r"\\(?:newcommand|providecommand|DeclareRobustCommand)\\(nnf[a-z]+)", STYLE))
    assert {"nnflayer", "nnfedge", "nnfset"} <= macros
    for macro in macros:
        assert re.search(rf"(?:cs\{{|\\){macro}\b", MANUAL), macro
    classes = re.search(r"\\def\\nnf@classes\{(.*?)\}", STYLE)[1].split(",")
    wires = re.findall(r"(?<!\\)\b(\w+) wire/\.style", STYLE)
    for name in (*classes, *wires):
        assert re.search(rf"\b{name}\b", MANUAL), name


@pytest.mark.tex
@pytest.mark.slow
def test_manual_compiles_without_a_warning(tmp_path):
    """From the three files alone, as often as references need; a dozen pages or so."""
    for name in ("nnfig.sty", "nnfig-doc.tex", "nnfig-example.tex"):
        shutil.copy(LATEX / name, tmp_path)
    for _ in range(3):
        subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "nnfig-doc"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "max_print_line": "2000"},
            check=True,
        )
    log = (tmp_path / "nnfig-doc.log").read_text(errors="replace")
    assert re.findall(r"(?m)^.*(?:Warning|Overfull).*$", log) == []
    assert int(re.search(r"Output written on .* \((\d+) pages", log)[1]) >= 9
