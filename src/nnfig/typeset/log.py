"""A TeX log in, problems out that name the line of the figure, and the layer, where it went wrong."""

from __future__ import annotations

import re

from nnfig.errors import Problem

_NAMED = re.compile(r"\\nnf(?:layer|group|edge).*?\{([^{}]*)\}\s*(?:\{([^{}]*)\})?\s*$")


def problems(log: str, tex: str, name: str = "figure") -> tuple[Problem, ...]:
    """The first errors of a log, each once.

    >>> log = "./figure.tex:2: Undefined control sequence.\\nl.2 \\\\nnflayer[conv, label=\\\\oops\\n   ]{conv1}\\n"
    >>> print(problems(log, "\\\\begin{tikzpicture}\\n\\\\nnflayer[conv, label=\\\\oops]{conv1}\\n")[0])
    figure.tex:2: TeX: Undefined control sequence (layer conv1)
      \\nnflayer[conv, label=\\oops]{conv1}
    """
    lines = tex.splitlines()
    found: dict[tuple[str, int], Problem] = {}
    for match in re.finditer(rf"(?m)^(?:\./)?({re.escape(name)}\.tex|nnfig[^\s:]*):(\d+): (.*)$", log):
        file, line, message = match[1], int(match[2]), match[3].strip(" .")
        if message.startswith("==> Fatal"):
            continue
        excerpt = lines[line - 1].strip() if file == f"{name}.tex" and line <= len(lines) else ""
        found.setdefault((message, line), Problem(f"TeX: {message}{_whose(excerpt)}", f"{file}:{line}", excerpt=excerpt))
    if found:
        return tuple(found.values())[:5]
    said = re.findall(r"(?m)^! (.*)$", log)
    tail = "\n".join(log.strip().splitlines()[-8:])
    return (Problem(f"TeX: {said[0] if said else 'it stopped without saying why'}", excerpt=tail),)


def _whose(line: str) -> str:
    match = _NAMED.search(line)
    if not match:
        return ""
    return f" (wire {match[1]} to {match[2]})" if match[2] else f" (layer {match[1]})"
