"""What of the outside programs is there: name of a program or TeX file to its version or path, or nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

SECONDS = 10
"""A program that does not say its version by then is broken."""


def version(program: str, *flags: str) -> str | None:
    """The first line that has a version number in what a program says of itself; None where it does not run.

    Args:
        program: as it is called.
        flags: with which it says its version; default `--version`.
    """
    path = shutil.which(program)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *(flags or ("--version",))],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d\.\d", line)), "")


def tex_files(names: Sequence[str]) -> dict[str, str | None]:
    """Where TeX finds files; None for those that it does not, all of them where there is no TeX.

    >>> tex_files([])
    {}
    """
    kpsewhich = shutil.which("kpsewhich")
    if kpsewhich is None or not names:
        return dict.fromkeys(names)
    try:
        done = subprocess.run(
            [kpsewhich, "-engine=pdftex", *names],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return dict.fromkeys(names)
    found = {line.replace("\\", "/").rsplit("/", 1)[-1]: line for line in done.stdout.splitlines()}
    return {name: found.get(name) for name in names}
