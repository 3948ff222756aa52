"""An archive (`.pt2`, `.keras`) -> the JSON of one file in it; what would fill the memory is refused unread."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError

LARGEST = 64 * 2**20
MOST_ENTRIES = 200_000
MOST_PACKED = 40
"""A large text that is packed more tightly than that is a bomb; neither PyTorch nor Keras packs at all."""
MOST_PARTS = 4_000_000
"""Lists and mappings of a text; each takes a hundred bytes or more in memory, however short it is written."""


def json_in(
    path: Path, entry: Callable[[zipfile.ZipFile], zipfile.ZipInfo | None], *, called: str, absent: str, hint: str
) -> Any:
    """The data in a file of an archive.

    Args:
        path: of the archive.
        entry: finds the file; None where there is none.
        called: what the file is, for messages ("graph").
        absent: what is said where it is missing.
        hint: what to try where the archive is no such archive.

    Raises:
        NnfigError: it is no archive, damaged, too large, or holds no such file or no JSON in it.
    """
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > MOST_ENTRIES:
                raise NnfigError(f"holds more than {MOST_ENTRIES:,} files", where=where)
            found = entry(archive)
            if found is None:
                raise NnfigError(absent, where=where, hint=hint)
            if found.file_size > LARGEST:
                raise NnfigError(f"its {called} is larger than {LARGEST:,} bytes", where=where)
            if found.file_size > max(2**20, MOST_PACKED * found.compress_size):
                raise NnfigError(f"its {called} is packed more than {MOST_PACKED} times, as no export is", where=where)
            with archive.open(found) as stream:
                text = stream.read(LARGEST)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        said = f"is no {path.suffix} archive, or it is damaged or cut short"
        raise NnfigError(said, where=where, hint=hint) from None
    if text.count(b"[") + text.count(b"{") > MOST_PARTS:
        raise NnfigError(f"its {called} has more than {MOST_PARTS:,} lists and mappings", where=where)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NnfigError(f"its {called} is no JSON", where=where) from None
