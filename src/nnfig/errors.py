"""What goes wrong, said so that it helps: where, what was found, what was expected, what to try."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


def plain(text: str) -> str:
    r"""The text without what steers a terminal or hides letters, which is shown as Python writes it.

    >>> plain("a\x1b[31mb\nc")
    'a\\x1b[31mb\nc'
    """
    if text.isprintable():
        return text
    keep = "\n\t"
    return "".join(
        c if c.isprintable() or c in keep or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode()
        for c in text
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the input and its place.

    >>> print(Problem("unknown kind 'Conv2D'", where="net.yaml:3:3", hint="did you mean 'Conv2d'?"))
    net.yaml:3:3: unknown kind 'Conv2D'
      did you mean 'Conv2d'?
    """

    what: str
    """What was found and what was expected, in one sentence without a full stop."""
    where: str = ""
    """`file:line:column`, a module path, or empty."""
    hint: str = ""
    """What to try."""
    excerpt: str = ""
    """The source line with a caret below the place."""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        lines += [f"  {line}" for line in self.excerpt.splitlines()]
        lines += [f"  {line}" for line in self.hint.splitlines()]
        return plain("\n".join(lines))


class NnfigError(Exception):
    """Something that the user can mend (exit status 2); carries all problems found at once.

    >>> raise NnfigError("no such file 'nt.yaml'", hint="did you mean 'net.yaml'?")
    Traceback (most recent call last):
        ...
    nnfig.errors.NnfigError: no such file 'nt.yaml'
      did you mean 'net.yaml'?
    """

    def __init__(self, *problems: Problem | str, where: str = "", hint: str = "") -> None:
        self.problems = tuple(Problem(p, where=where, hint=hint) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))
