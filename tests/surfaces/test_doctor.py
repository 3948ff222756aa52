"""`nnfig doctor` names what is missing and the one command that installs it."""

import shutil

import pytest

from nnfig import doctor
from nnfig.doctor import Need
from nnfig.typeset import probe


def _there() -> str:
    return "pdfTeX 3.14 (TeX Live 2022/Debian)"


def _missing() -> None:
    return None


NEEDS = {
    "Figures": (
        Need("pdflatex", ".pdf", _there, apt="texlive-latex-base"),
        Need("dvisvgm", ".svg", _missing, apt="dvisvgm", brew="--cask mactex-no-gui", tlmgr="dvisvgm"),
        Need("pdftoppm", ".png", _missing, apt="poppler-utils", brew="poppler"),
        Need("keras", ".keras files", _missing, pip="nnfig[keras]"),
    )
}


def _only(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in programs else None)


def test_debian_gets_one_line_to_paste(monkeypatch: pytest.MonkeyPatch):
    """System packages and Python packages stand in one command."""
    _only(monkeypatch, "apt-get")
    (command,) = [line for line in doctor.report(NEEDS).splitlines() if "install -y" in line]
    assert command.startswith("  sudo apt-get install -y dvisvgm poppler-utils && ")
    assert command.endswith("-m pip install 'nnfig[keras]'")


def test_homebrew_and_tex_live_are_known(monkeypatch: pytest.MonkeyPatch):
    """On a Mac brew is called; with TeX Live alone tlmgr, and poppler is named."""
    _only(monkeypatch, "brew")
    assert "brew install --cask mactex-no-gui && brew install poppler" in doctor.report(NEEDS)
    _only(monkeypatch, "tlmgr")
    text = doctor.report(NEEDS)
    assert "tlmgr install dvisvgm" in text
    assert text.splitlines()[-1].endswith("which bring: pdftoppm")


def test_what_is_there_is_shown_with_its_version_and_what_it_is_for():
    """A line each; the year of TeX Live says more than the version of the engine."""
    lines = doctor.report(NEEDS).splitlines()
    assert "  pdflatex      TeX Live 2022   .pdf" in lines
    assert "  dvisvgm       missing         .svg" in lines


def test_nothing_missing_says_so():
    """Then there is no command."""
    assert doctor.report({"Figures": NEEDS["Figures"][:1]}).splitlines()[-1] == "Everything is there."


def test_a_machine_without_tex_is_no_error(monkeypatch: pytest.MonkeyPatch):
    """Every real probe answers on a machine with an empty PATH."""
    monkeypatch.setenv("PATH", "/nonexistent")
    assert probe.version("pdflatex") is None
    assert probe.tex_files(["tikz.sty"]) == {"tikz.sty": None}
    assert "pdflatex      missing" in doctor.report()
