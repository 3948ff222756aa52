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
    promises: tuple[tuple[str, int], ...]
    """Text that stands in lines of `seen`, and in how many; -1 for some."""


def cases() -> list[Case]:
    """All pages with a figure, by name."""
    return [case(path) for path in sorted(CASES.glob("*.md")) if not summary(path)]


def summary(path: Path) -> tuple[tuple[str, ...], str] | None:
    """For a page that shows a summary in text: the words after `nnfig` and the text in its ```text block."""
    found = re.search(r"^```sh\nnnfig (show .+?)\n```$.*?^```text\n(.+?)^```$", path.read_text("utf-8"), re.M | re.S)
    return (tuple(shlex.split(found[1].replace("\\\n", " "))), found[2]) if found else None


def case(path: Path) -> Case:
    """The case of one page: its first heading, the command in its ```sh block, its comment `in the figure`."""
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.M)
    block = re.search(r"^```sh\n(nnfig draw .+?)\n```$", text, re.M | re.S)
    if not title or not block:
        raise SystemExit(f"{path}: expected a '# title' and a ```sh block that begins with 'nnfig draw'")
    promised = re.search(r"^<!-- in the figure\n(.+?)\n-->$", text, re.M | re.S)
    words = shlex.split(block[1].replace("\\\n", " "))
    at = words.index("-o")
    promises = [_promise(line) for line in promised[1].splitlines()] if promised else []
    return Case(path.stem, title[1], tuple(words[1:at] + words[at + 2 :]), tuple(promises))


def _promise(line: str) -> tuple[str, int]:
    """`conv: 3×3 conv (16)` is a text and the number of lines that it stands in."""
    counted = re.fullmatch(r"(.+) \((\d+)\)", line)
    return (counted[1], int(counted[2])) if counted else (line, -1)


VISIBLE = ("label", "title", "top", "side", "edge", "below", "dims", "repeat")
"""Options of macros that a reader sees as text."""


def seen(tex: str) -> list[str]:
    """What can be read in a figure, a line for each thing in it: `conv: 3×3 conv, 64 | 112×112`.

    A layer begins with its class and shape, an edge with its class and `edge`, a frame with `frame`; then labels
    with `label`, entries of the legend, the caption.
    """
    from nnfig.emit.parse import macros

    lines: list[str] = []
    for macro in macros(tex):
        kind = {"nnfedge": "edge", "nnfgroup": "frame", "nnflayer": ""}[macro.command]
        texts = [("×" if key == "repeat" else "") + plain(macro.facts[key]) for key in VISIBLE if key in macro.facts]
        words = (word for word in macro.words if word != "tap")  # how it is drawn, not what it is
        lines.append(f"{' '.join((*words, kind)).strip()}: {' | '.join(texts)}")
    for cls, text in re.findall(r"\\nnflabel\[(\w+)[^\]]*\]\{(.*)\}", tex):
        lines.append(f"{cls} label: {plain(text)}")
    lines += [
        f"legend: {cls}: {plain(text)}" for cls, text in re.findall(r"\\nnfentry(?:\[wire\])?\{(.+?)\}\{(.*?)\}", tex)
    ]
    lines += [f"caption: {plain(text)}" for text in re.findall(r"caption=\{(.*)\},$", tex, re.M)]
    return lines


SIGNS = {r"\nnfx ": "×", r"\\": " ", r"\ensuremath{{\cdot}}": "·", r"\ensuremath{{\partial}}": "∂", r"\nnfup{2}": "²"}


def plain(text: str) -> str:
    r"""TeX of a label as a reader sees it: `3\nnfx 3 conv\\BN` is `3×3 conv BN`."""
    for macro, sign in SIGNS.items():
        text = text.replace(macro, sign)
    return re.sub(r"\\([_&%#])", r"\1", re.sub(r"(?<=\d)x(?=\d)", "×", text))


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
