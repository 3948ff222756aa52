"""The text of a figure goes in; the layers, edges and groups that its macros name come out.

Also figures that were edited by hand: comments, line breaks, overlays and options in any order are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Macro:
    r"""One call of `\nnflayer`, `\nnfedge` or `\nnfgroup`."""

    command: str
    """Without the backslash."""
    names: tuple[str, ...]
    """Its arguments in braces: a layer's name, an edge's two ends, a group's name."""
    words: tuple[str, ...] = ()
    """Options without a value; a layer's class is the first."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Options with a value, braces around it removed."""
    line: int = 0


ARGUMENTS = {"nnflayer": 1, "nnfedge": 2, "nnfgroup": 1}

_SIGN = re.compile(r"\\.|[{}\],]", re.DOTALL)


def macros(tex: str) -> list[Macro]:
    r"""Every layer, edge and group of a figure's text, in its order.

    >>> macros(r"\nnflayer[conv, at={24,0}, kernel=7x7]{conv1}")[0].facts["kernel"]
    '7x7'
    """
    text = _without_comments(tex)
    # a self-contained file defines the macros before it uses them
    picture = text.find(r"\begin{tikzpicture}")
    return list(_macros(text, max(picture, 0)))


def titles(tex: str) -> dict[str, str]:
    """What the figure says of each node on hovering, from its last comments.

    >>> titles("%: conv1 = conv1: Conv2d(); output 1x6")
    {'conv1': 'conv1: Conv2d(); output 1x6'}
    """
    return dict(re.findall(r"(?m)^%: (\S+) = (.*)$", tex))


def _macros(text: str, place: int) -> Iterator[Macro]:
    line = 1 + text.count("\n", 0, place)
    while True:
        found = text.find("\\nnf", place)
        if found < 0:
            return
        line += text.count("\n", place, found)
        end = found + 1
        while end < len(text) and text[end].isalpha():
            end += 1
        command, place = text[found + 1 : end], found
        if command in ARGUMENTS:
            options, after = _bracket(text, end)
            names: list[str] = []
            for _ in range(ARGUMENTS[command]):
                name, after = _braces(text, after)
                if name is None:
                    break
                names.append(name)
            if len(names) == ARGUMENTS[command]:
                words, facts = _options(options)
                yield Macro(command, tuple(names), words, facts, line)
        line += text.count("\n", place, end)
        place = end


def _without_comments(tex: str) -> str:
    """Each line up to an unescaped percent sign; lines keep their numbers."""
    lines: list[str] = []
    for line in tex.split("\n"):
        cut, escaped = len(line), False
        for i, character in enumerate(line):
            if character == "%" and not escaped:
                cut = i
                break
            escaped = character == "\\" and not escaped
        lines.append(line[:cut])
    return "\n".join(lines)


def _bracket(text: str, place: int) -> tuple[str, int]:
    """What stands in `[...]`, if anything, past an overlay `<...>`; and where it ends."""
    place = _past_blanks(text, place)
    if text.startswith("<", place):
        place = _past_blanks(text, text.find(">", place) + 1)
    if text.startswith("[", place):
        for end, sign, depth in _signs(text, place + 1):
            if sign == "]" and depth == 0:
                return text[place + 1 : end], end + 1
    return "", place


def _braces(text: str, place: int) -> tuple[str | None, int]:
    place = _past_blanks(text, place)
    if text.startswith("{", place):
        for end, sign, depth in _signs(text, place):
            if sign == "}" and depth == 0:
                return text[place + 1 : end].strip(), end + 1
    return None, place


def _signs(text: str, place: int) -> Iterator[tuple[int, str, int]]:
    """Braces, brackets and commas that no backslash stands before, each with how many braces are open after it."""
    depth = 0
    for found in _SIGN.finditer(text, place):
        sign = found[0]
        depth += (sign == "{") - (sign == "}")
        yield found.start(), sign, depth


def _past_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _options(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    words: list[str] = []
    facts: dict[str, str] = {}
    for part in _parts(text):
        key, equals, value = part.partition("=")
        if equals:
            value = value.strip()
            bare = value.startswith("{") and value.endswith("}")
            facts[key.strip()] = value[1:-1] if bare else value
        elif part.strip():
            words.append(part.strip())
    return tuple(words), facts


def _parts(text: str) -> Iterator[str]:
    """The options between commas that stand in no braces."""
    start = 0
    for i, sign, depth in _signs(text, 0):
        if sign == "," and depth == 0:
            yield text[start:i]
            start = i + 1
    yield text[start:]
