"""TeX to PDF several times as fast as usual: TikZ and nnfig are loaded from a dumped format.

The format is made once, kept in the user's cache, and made anew when a style file or the TeX changes. Whatever
it cannot do (no cache, an error in the figure, a page that brings its own preamble) is left to `typeset.pdf`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

from nnfig.errors import NnfigError
from nnfig.resources import resource
from nnfig.typeset import probe, products
from nnfig.typeset.files import write_bytes
from nnfig.typeset.run import run, workshop

_BEGIN = r"\begin{document}"


def pdf(tex: str) -> bytes:
    """The figure as PDF, as `typeset.pdf` makes it.

    Raises NnfigError where that does.
    """
    if r"\documentclass" in tex or shutil.which("pdftex") is None:
        return products.pdf(tex)
    format_file = dumped()
    page = _run(tex, format_file) if format_file else None
    return products.pdf(tex) if page is None else page


def _run(tex: str, format_file: Path) -> bytes | None:
    """The page, or nothing where TeX found a fault."""
    _, _, rest = _preamble().partition(_BEGIN)
    with workshop(style=False) as place:
        (place / "figure.tex").write_text(_BEGIN + rest + "\n" + tex, "utf-8")
        done = _tex(place, f"-fmt={format_file}", "-halt-on-error", "figure.tex")
        page = place / "figure.pdf"
        return page.read_bytes() if done and page.exists() else None


@cache
def dumped() -> Path | None:
    """The dumped format; nothing where it cannot be made or kept."""
    style = resource("latex", "nnfig.sty").read_bytes()
    engine = (probe.version("pdftex") or "").encode()
    stamp = hashlib.sha256(b"\0".join((style, _preamble().encode(), engine, _dumped_by()))).hexdigest()[:16]
    before, _, _ = _preamble().partition(_BEGIN)
    try:
        kept = _cache_folder() / f"preview-{stamp}.fmt"
        if kept.exists():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        with workshop() as place:
            (place / "preview.tex").write_text(before + "\n\\dump\n", "utf-8")
            if not _tex(place, "-ini", "&pdflatex", "preview.tex"):
                return None
            data = _unpacked((place / "preview.fmt").read_bytes())
        write_bytes(kept, data)
        for old in kept.parent.glob("preview-*.fmt"):
            if old != kept:
                old.unlink(missing_ok=True)
    except (OSError, RuntimeError, NnfigError):  # RuntimeError: there is no home folder
        return None
    return kept


def _unpacked(dumped: bytes) -> bytes:
    """The format as TeX keeps it in memory; unpacking it is two thirds of what TeX takes to start."""
    return gzip.decompress(dumped) if dumped.startswith(b"\x1f\x8b") else dumped


@cache
def _preamble() -> str:
    return resource("latex", "nnfig-standalone.tex").read_text("utf-8")


def _dumped_by() -> bytes:
    """Where LaTeX's own format lies, and when it was made: a new LaTeX needs a new dump."""
    found = probe.tex_files(["pdflatex.fmt"])["pdflatex.fmt"]
    return f"{found} {Path(found).stat().st_mtime_ns}".encode() if found and Path(found).exists() else b""


def _tex(place: Path, *arguments: str) -> bool:
    """Run pdfTeX in a folder; whether it went well."""
    return run("pdftex", ["-no-shell-escape", "-interaction=batchmode", *arguments], place).returncode == 0


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "nnfig"
