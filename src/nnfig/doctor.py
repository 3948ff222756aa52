"""The machine goes in; out comes what nnfig finds there, what it misses, and the command that installs it."""

from __future__ import annotations

import platform
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import nnfig
from nnfig.typeset import probe


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a part of nnfig calls for."""

    name: str
    use: str
    """What it is for, as a user says it."""
    look: Callable[[], str | None]
    """Its version or place; None where it is missing."""
    apt: str = ""
    """Debian and Ubuntu package."""
    brew: str = ""
    """Homebrew package."""
    tlmgr: str = ""
    """TeX Live package, where TeX is there without it."""
    pip: str = ""
    """What pip installs."""


def _package(name: str) -> Callable[[], str | None]:
    def look() -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    return look


def _program(name: str, *flags: str) -> Callable[[], str | None]:
    return lambda: probe.version(name, *flags)


def _tex_file(name: str) -> Callable[[], str | None]:
    return lambda: probe.tex_files([name])[name]


_MACTEX = "--cask mactex-no-gui"

NEEDS: dict[str, tuple[Need, ...]] = {
    "Sources": (
        Need("torch", "PyTorch models", _package("torch"), pip="torch"),
        Need("onnx", ".onnx files", _package("onnx"), pip="nnfig[onnx]"),
        Need("keras", "Keras models and .keras files", _package("keras"), pip="nnfig[keras]"),
        Need("protobuf", ".prototxt files", _package("protobuf"), pip="nnfig[caffe]"),
    ),
    "Figures": (
        Need("pygraphviz", "layout of irregular networks", _package("pygraphviz"), pip="pygraphviz>=2.0"),
        Need("pdflatex", ".pdf", _program("pdflatex"), "texlive-latex-base", _MACTEX),
        Need("tikz.sty", ".pdf", _tex_file("tikz.sty"), "texlive-pictures", _MACTEX, "pgf"),
        Need("pdftoppm", ".png", _program("pdftoppm", "-v"), "poppler-utils", "poppler"),
        Need("dvisvgm", ".svg and .html", _program("dvisvgm"), "dvisvgm", _MACTEX, "dvisvgm"),
        Need("latex", ".svg and .html", _program("latex"), "texlive-latex-base", _MACTEX),
    ),
    "Notebooks": (Need("ipython", "figures that show themselves", _package("ipython"), pip="nnfig[notebook]"),),
}


def report(needs: Mapping[str, Sequence[Need]] = NEEDS) -> str:
    """What is there and what is missing, a line each, and the one command that installs what is missing."""
    lines = [f"nnfig {nnfig.__version__} · Python {platform.python_version()} · {_system()}"]
    missing: list[Need] = []
    for title, group in needs.items():
        lines += ["", title]
        for need in group:
            found = need.look()
            if found is None:
                missing.append(need)
            lines.append(f"  {need.name:<12}  {_told(found):<14}  {need.use}")
    lines += ["", *(_advice(missing) if missing else ["Everything is there."])]
    return "\n".join(lines)


def _told(found: str | None) -> str:
    """A version as short as it is clear: the number, and for TeX the year of its distribution."""
    if found is None:
        return "missing"
    distribution = re.search(r"TeX Live \d{4}|MiKTeX [\d.]+", found)
    number = re.search(r"\d+(\.\d+)+\S*", found)
    return distribution[0] if distribution else number[0] if number and "/" not in found else "found"


def _advice(missing: Sequence[Need]) -> list[str]:
    """One command line for everything that is missing, and a word where that depends on the machine."""
    commands: list[str] = []
    apt, brew = shutil.which("apt-get"), shutil.which("brew")
    outside = [need for need in missing if not need.pip]
    elsewhere: list[Need] = []
    if outside and apt:
        commands.append("sudo apt-get install -y " + " ".join(dict.fromkeys(need.apt for need in outside)))
    elif outside and brew:
        commands += [f"brew install {what}" for what in dict.fromkeys(need.brew for need in outside)]
    elif outside and shutil.which("tlmgr"):
        packages = dict.fromkeys(need.tlmgr for need in outside if need.tlmgr)
        commands += ["tlmgr install " + " ".join(packages)] if packages else []
        elsewhere = [need for need in outside if not need.tlmgr]
    else:
        elsewhere = outside
    wanted = dict.fromkeys(need.pip for need in missing if need.pip)
    if wanted:
        commands.append(shlex.join([sys.executable, "-m", "pip", "install", *wanted]))
    lines = ["To install what is missing:", "  " + " && ".join(commands)] if commands else []
    if elsewhere:
        names = ", ".join(dict.fromkeys(need.name for need in elsewhere))
        lines.append(f"Please install TeX Live (https://tug.org/texlive) or poppler, which bring: {names}")
    if "torch" in wanted and sys.platform == "linux":
        lines += [
            "The plain torch brings gigabytes of GPU libraries; without a GPU take the CPU build:",
            "  pip install torch --index-url https://download.pytorch.org/whl/cpu",
        ]
    return lines


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
