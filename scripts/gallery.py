"""Draw every gallery case: examples/gallery/*.md -> build/gallery/*.tex, .pdf, .png (usage: gallery.py [NAME ...])."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "examples" / "gallery"
BUILD = ROOT / "build" / "gallery"


@dataclass(frozen=True)
class Case:
    """A gallery page: a title, the command that draws the figure, and what a reader must be able to see."""

    name: str
    title: str
    arguments: tuple[str, ...]
    """Words after `nnfig`, without `-o FIGURE`."""


def cases() -> list[Case]:
    """All cases, by name."""
    return [case(path) for path in sorted(CASES.glob("*.md"))]


def case(path: Path) -> Case:
    """The case of one page: its first heading and the command in its ```sh block."""
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.M)
    block = re.search(r"^```sh\n(nnfig draw .+?)\n```$", text, re.M | re.S)
    if not title or not block:
        raise SystemExit(f"{path}: expected a '# title' and a ```sh block that begins with 'nnfig draw'")
    words = shlex.split(block[1].replace("\\\n", " "))
    at = words.index("-o")
    return Case(path.stem, title[1], tuple(words[1:at] + words[at + 2 :]))


def main(names: list[str]) -> int:
    """Draw the named cases, or all; the status is the number that failed."""
    from nnfig import cli

    BUILD.mkdir(parents=True, exist_ok=True)
    failed = 0
    for each in cases():
        if names and each.name not in names:
            continue
        outputs = [word for suffix in ("tex", "pdf", "png") for word in ("-o", str(BUILD / f"{each.name}.{suffix}"))]
        try:
            cli.main([*each.arguments, *outputs])
        except SystemExit as done:
            failed += bool(done.code)
            print(f"{'FAILED' if done.code else 'drawn':8}{each.name}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
