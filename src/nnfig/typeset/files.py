"""Text or bytes in, a file out: whole or not at all, and never over a text that someone else wrote."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nnfig.errors import NnfigError
from nnfig.resources import resource
from nnfig.typeset.run import STYLE_FILES

_OURS = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!DOCTYPE html>\s*|<html[^>]*>\s*)*(?:%+|#|<!--|\{)?\s*\"?nnfig\b")
"""How every text that nnfig writes begins, in the comment sign of its language."""


def write_text(path: Path | str, text: str, force: bool = False) -> None:
    """Write a text file.

    Raises:
        NnfigError: a file is there that nnfig did not write and `force` is not given, or it cannot be written.
    """
    keep_foreign(path, force)
    write_bytes(path, text.encode("utf-8"))


def keep_foreign(path: Path | str, force: bool = False) -> None:
    """Raise NnfigError where a text stands that nnfig did not write, unless `force` is given."""
    path = Path(path)
    if path.exists() and not force and not written_by_us(path):
        raise NnfigError(
            "this file is there already and nnfig did not write it, so it is kept",
            where=str(path),
            hint="give another name, or --force to overwrite it",
        )


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts into a folder, which is made where it is not there: all of them or none.

    Raises:
        NnfigError: one of them is there and not nnfig's, or there is no room for all.
    """
    for name in texts:
        keep_foreign(folder / name)
    there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".nnfig-", dir=folder) as stage:
            for name, text in texts.items():
                Path(stage, name).write_text(text, encoding="utf-8", newline="")
            for name in texts:
                Path(stage, name).replace(folder / name)
    except BaseException as error:
        if not there:
            with suppress(OSError):
                folder.rmdir()
        if not isinstance(error, OSError):
            raise
        raise NnfigError(f"cannot write it: {error.strerror}", where=str(folder)) from None


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write a file: what was there stays until the new one is complete."""
    path = Path(path)
    try:
        target = path.resolve() if path.is_symlink() else path
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links, before Python 3.13
        raise NnfigError(f"cannot write it: {getattr(error, 'strerror', None) or error}", where=str(path)) from None


def written_by_us(path: Path) -> bool:
    """Whether the file begins as nnfig's files do; an empty one is nobody's."""
    try:
        with path.open("rb") as file:
            start = file.read(400)
    except OSError:
        return False
    return not start.strip() or bool(_OURS.match(start.decode("utf-8", errors="replace")))


def put_style_files(folder: Path | str) -> None:
    """Put `nnfig.sty` and `nnfig-standalone.tex` into a folder; a copy that someone has changed is kept."""
    for name in STYLE_FILES:
        data = resource("latex", name).read_bytes()
        target = Path(folder) / name
        if target.is_file() and (target.read_bytes() == data or not written_by_us(target)):
            continue
        write_bytes(target, data)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
