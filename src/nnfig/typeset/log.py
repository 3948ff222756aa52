"""A TeX log in, problems out that name the line of the figure, and the layer, where it went wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nnfig.errors import Problem

_PLACE = re.compile(r"(?m)^(?:\./)?([^\s:/]+\.(?:tex|sty|cls|def)):(\d+): (.*)$")
_NAMED = re.compile(r"\\nnf(?:layer|group|edge).*?\{([^{}]*)\}\s*(?:\{([^{}]*)\})?\s*$")
_HINTS = {
    "Dimension too large": "larger than TeX can set (5.7 m): try --detail overview, a smaller --depth, --close GLOB",
    "TeX capacity exceeded": "too much for TeX's memory: try --detail overview, a smaller --depth, --close GLOB",
    "not found": "a file or package is missing: nnfig doctor says what to install",
}
"""What to try where the message alone does not say it."""

MOST = 5
"""Errors that are told; the rest follow from them."""


def problems(log: str, files: Mapping[str, str]) -> tuple[Problem, ...]:
    """The first errors of a log, each once, with the lines of the files that they are in.

    >>> log = "./figure.tex:2: Undefined control sequence.\\nl.2 \\\\nnflayer[conv, label=\\\\oops\\n   ]{conv1}\\n"
    >>> print(problems(log, {"figure.tex": "\\\\begin{tikzpicture}\\n\\\\nnflayer[conv, label=\\\\oops]{conv1}\\n"})[0])
    figure.tex:2: TeX: Undefined control sequence (layer conv1)
      \\nnflayer[conv, label=\\oops]{conv1}
    """
    found: dict[tuple[str, str], Problem] = {}
    for match in _PLACE.finditer(log):
        file, line, message = match[1], int(match[2]), match[3].strip(" .")
        if message.startswith("==> Fatal"):
            continue
        lines = files.get(file, "").splitlines()
        excerpt = lines[line - 1].strip() if line <= len(lines) else ""
        hint = next((text for words, text in _HINTS.items() if words in message), "")
        problem = Problem(f"TeX: {message}{_whose(excerpt)}", f"{file}:{line}", hint, excerpt)
        found.setdefault((problem.where, message), problem)
    if found:
        return tuple(found.values())[:MOST]
    said = re.findall(r"(?m)^! (.*)$", log)
    tail = "\n".join(log.strip().splitlines()[-8:])
    return (Problem(f"TeX: {said[0].strip(' .') if said else 'it stopped without saying why'}", excerpt=tail),)


def _whose(line: str) -> str:
    match = _NAMED.search(line)
    if not match:
        return ""
    return f" (wire {match[1]} to {match[2]})" if match[2] else f" (layer {match[1]})"
