"""A source and what belongs to it are watched; on every save the figure is drawn again, or the error shown."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from nnfig import typeset
from nnfig.errors import NnfigError
from nnfig.figure import Figure, draw
from nnfig.typeset import preview

Say = Callable[[str], None]

PAUSE = 50
"""Milliseconds without a further change before drawing: editors save in several steps."""

LOOK = 1000
"""Milliseconds after which the files' times are looked at where no change was reported."""


def watch(
    source: str,
    outputs: Sequence[Path],
    options: Mapping[str, Any],
    *,
    force: bool = False,
    say: Say | None = None,
    stop: Event | None = None,
) -> None:
    """Draw, and draw again whenever the source, a style sheet, the template or a Python file beside it is saved.

    After an error the last good figure stays, and the error is shown. Runs until interrupted.

    Args:
        source: path or `file.py:NAME`.
        outputs: figures to write.
        options: keywords of `nnfig.draw`.
        force: overwrite text files that nnfig did not write, at the first drawing.
        say: where messages go; default stderr.
        stop: ends the watch when it is set.

    Raises:
        NnfigError: nothing of the source is a file that could be watched.
    """
    from watchfiles import watch as changes

    tell = say or _stderr
    files = watched(source, options)
    if not files:
        raise NnfigError(f"'{source}' is no file that can be watched", hint="name a file, or file.py:NAME")
    folders = sorted({str(file.parent) for file in files})
    seen = _times(files)
    _redraw(source, outputs, options, force, tell)
    tell(f"watching {', '.join(_shown(file) for file in files)}; Ctrl-C ends it")
    for changed in changes(
        *folders,
        watch_filter=lambda _, path: _concerns(Path(path), files),
        step=PAUSE,
        stop_event=stop,
        recursive=False,
        # file systems over a network report nothing: their times are looked at, too
        rust_timeout=LOOK,
        yield_on_timeout=True,
    ):
        now = _times(files)
        unchanged = not changed and now == seen
        if unchanged or not files[0].exists():  # an editor that replaces a file removes it first
            continue
        seen = now
        _forget_modules([*(Path(path) for _, path in changed), *files])
        _redraw(source, outputs, options, False, tell)


def watched(source: str, options: Mapping[str, Any]) -> list[Path]:
    """The files that a figure depends on, the source first; presets and installed packages are not watched."""
    found: list[Path] = []
    for text in (source, *_texts(options.get("compare")), *_texts(options.get("style")), options.get("template")):
        file = _file(str(text)) if text else None
        if file is not None and file not in found:
            found.append(file)
    return found


def _file(text: str) -> Path | None:
    path = Path(text)
    if path.is_file():
        return path.resolve()
    head, colon, _ = text.rpartition(":")
    if not colon:
        return None
    if head.endswith(".py"):
        return Path(head).resolve() if Path(head).is_file() else None
    try:
        spec = importlib.util.find_spec(head)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).resolve() if spec and spec.origin and Path(spec.origin).is_file() else None


def _texts(value: Any) -> Sequence[Any]:
    return () if value is None else (value,) if isinstance(value, (str, Path)) else value


def _times(files: Sequence[Path]) -> list[int]:
    return [file.stat().st_mtime_ns if file.exists() else 0 for file in files]


def _concerns(path: Path, files: Sequence[Path]) -> bool:
    """Whether a saved file changes the figure: one of ours, or Python beside a source in Python."""
    path = path.resolve()
    return path in files or (path.suffix == ".py" and files[0].suffix == ".py" and path.parent == files[0].parent)


def _forget_modules(changed: Sequence[Path]) -> None:
    """Modules of the folders in which Python was saved are imported anew."""
    folders = {path.resolve().parent for path in changed if path.suffix == ".py"}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and Path(file).resolve().parent in folders:
            del sys.modules[name]


def _redraw(source: str, outputs: Sequence[Path], options: Mapping[str, Any], force: bool, say: Say) -> None:
    """Write every output, or say why not; what was there stays."""
    began = time.perf_counter()
    try:
        figure = draw(source, **options)
        for path in outputs:
            _save(figure, path, force)
    except NnfigError as error:
        for problem in error.problems:
            say(f"nnfig: {problem}")
        kept = [str(path) for path in outputs if path.exists()]
        say(f"nnfig: {', '.join(kept)} stays as it was" if kept else "nnfig: nothing drawn yet")
        return
    except Exception as error:  # half-written code of the user's must not end the watch
        say(f"nnfig: {type(error).__name__}: {error}")
        return
    for warning in figure.warnings:
        say(f"nnfig: {warning}")
    say(f"drawn {', '.join(map(str, outputs))} in {time.perf_counter() - began:.1f} s")


def _save(figure: Figure, path: Path, force: bool) -> None:
    """As `Figure.save`, but PDF and PNG through the dumped format, which is several times as fast."""
    suffix = path.suffix.lower()
    if suffix not in (".pdf", ".png"):
        figure.save(path, force=force)
        return
    page = preview.pdf(figure.tex)
    typeset.write_bytes(path, page if suffix == ".pdf" else typeset.png(page))


def _shown(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
