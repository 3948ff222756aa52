"""Label templates: text such as `{kernel_size} conv[, {out_channels}][, /{stride}]` and values -> a line of text.

`{field}` is replaced by its value; a section in square brackets vanishes when one of its fields has no value
(absent, a default, or not to be shown), while a field outside of sections is written even where it is a default.
`[[`, `]]`, `{{` and `}}` stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_TOKEN = re.compile(r"\{\{|\}\}|\[\[|\]\]|\[|\]|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]|[^\[\]{}]+")

Part = tuple[str, str]
"""('text' | 'field' | 'open' | 'close', its text)."""


@lru_cache(maxsize=1024)
def parse(template: str) -> tuple[Part, ...]:
    """The parts of a template.

    Raises ValueError, saying at which character, for a brace or bracket without its partner.
    """
    parts: list[Part] = []
    depth = 0
    for match in _TOKEN.finditer(template):
        token, place = match[0], match.start() + 1
        if match[1]:
            parts.append(("field", match[1]))
        elif token in ("{{", "}}", "[[", "]]"):
            parts.append(("text", token[0]))
        elif token in "{}":
            raise ValueError(
                f"'{token}' at character {place} belongs to no {{field}}; write {token * 2} for the sign itself"
            )
        elif token == "[":
            depth += 1
            if depth > 1:
                raise ValueError(f"'[' at character {place} stands inside another section")
            parts.append(("open", ""))
        elif token == "]":
            depth -= 1
            if depth < 0:
                raise ValueError(f"']' at character {place} closes nothing; write ]] for the sign itself")
            parts.append(("close", ""))
        else:
            parts.append(("text", token))
    if depth:
        raise ValueError("a section '[' is not closed")
    return tuple(parts)


def fields(template: str) -> tuple[str, ...]:
    """Names of the fields of a template, in order.

    >>> fields("{kernel_size} conv[, {out_channels}]")
    ('kernel_size', 'out_channels')
    """
    return tuple(text for what, text in parse(template) if what == "field")


def bare_fields(template: str) -> tuple[str, ...]:
    """Names of the fields that stand outside of sections.

    >>> bare_fields("{kernel_size} conv[, {out_channels}]")
    ('kernel_size',)
    """
    found: list[str] = []
    bare = True
    for what, text in parse(template):
        bare = what != "open" and (bare or what == "close")
        if what == "field" and bare:
            found.append(text)
    return tuple(found)


def _nothing(field: str) -> str:
    return ""


def render(template: str, value: Callable[[str], str], default: Callable[[str], str] = _nothing) -> str:
    """The template with its fields filled in.

    `value` gives '' for what is not to be shown; `default` is asked then for fields outside of sections.

    >>> render("{kernel_size} conv[, {out_channels}][, /{stride}]", {"kernel_size": "3×3", "out_channels": "64"}.get)
    '3×3 conv, 64'
    >>> render("/{stride}[, {dilation}]", lambda field: "", {"stride": "1", "dilation": "1"}.get)
    '/1'
    """
    done: list[str] = []
    section: list[str] | None = None
    shown = True
    for what, text in parse(template):
        if what == "open":
            section, shown = [], True
        elif what == "close":
            done += section if section and shown else []
            section = None
        else:
            word = text if what == "text" else (value(text) or (section is None and default(text)) or "")
            shown = shown and bool(word)
            (done if section is None else section).append(word)
    return _tidy("".join(done))


_ONE = re.compile(r"(?<![\w.×])1 ((?:KV )?(?:head|layer|group))s\b")


def _tidy(text: str) -> str:
    """Without the spaces and commas that an empty field leaves behind, and with one head instead of 1 heads."""
    text = _ONE.sub(r"1 \1", text)
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r"\s+,", ",", text)
    return text.strip().strip(",").strip()
