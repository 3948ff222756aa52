"""From a figure to files, `.tex .pdf .png .svg .html` by suffix: each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nnfig import typeset
from nnfig.errors import NnfigError, Problem

if TYPE_CHECKING:
    from nnfig.figure import Figure


def write(figure: Figure, path: Path, force: bool) -> None:
    """Write one file; `force` replaces a text file that nnfig did not write."""
    _writer(path)(figure, path, force)


def check(paths: Iterable[Path]) -> None:
    """Raise NnfigError for the paths that `write` could not write, all at once, before any work is done."""
    problems: list[Problem] = []
    for path in paths:
        try:
            _writer(path)
            if not path.parent.is_dir():
                raise NnfigError(f"there is no folder '{path.parent}'", where=str(path), hint="make it first")
        except NnfigError as error:
            problems += error.problems
    if problems:
        raise NnfigError(*problems)


def _save_tex(figure: Figure, path: Path, force: bool) -> None:
    text = figure.tex
    typeset.keep_foreign(path, force)
    if figure.options.page != "self-contained":
        typeset.put_style_files(path.parent)
    typeset.write_text(path, text, force=force)


def _save_pdf(figure: Figure, path: Path, force: bool) -> None:
    typeset.write_bytes(path, figure.pdf)


def _save_png(figure: Figure, path: Path, force: bool) -> None:
    typeset.write_bytes(path, figure.png)


def _save_svg(figure: Figure, path: Path, force: bool) -> None:
    typeset.write_text(path, figure.svg, force=force)


def _save_html(figure: Figure, path: Path, force: bool) -> None:
    from nnfig import states  # most figures are no page

    page = states.page(figure.traced, figure.options, figure.drawing, figure.scene)
    typeset.write_text(path, page, force=force)


_WRITERS = {".tex": _save_tex, ".pdf": _save_pdf, ".png": _save_png, ".svg": _save_svg, ".html": _save_html}


def _writer(path: Path) -> Callable[[Figure, Path, bool], None]:
    """The function that writes this kind of file; NnfigError where there is none."""
    if path.suffix.lower() not in _WRITERS:
        found = (
            f"unknown kind of figure '{path.suffix}'" if path.suffix else "the name does not say which kind of figure"
        )
        hint = f"such as '{path.stem.rstrip('.')}.tex'" if path.name else ""
        raise NnfigError(f"{found}, expected one of {', '.join(_WRITERS)}", where=str(path), hint=hint)
    if path.name in typeset.STYLE_FILES:
        raise NnfigError("nnfig's own style stands under this name", where=str(path), hint="give the figure another")
    return _WRITERS[path.suffix.lower()]
