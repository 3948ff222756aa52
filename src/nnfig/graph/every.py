"""What an edge says that comes from a block which stands for N equal ones, and brings what each of them gives."""

from __future__ import annotations

import re

_ALL = re.compile(r"(.*, )?all (\d+)")


def with_all(label: str, count: int) -> str:
    """The label of an edge that stands for the same edge of so many equal blocks.

    >>> with_all("", 4), with_all("first half", 4)
    ('all 4', 'first half, all 4')
    """
    return f"{label}, all {count}" if label else f"all {count}"


def without_all(label: str) -> tuple[str, int]:
    """The label of each of the edges for which an edge stands, and how many there are.

    >>> without_all("all 4"), without_all("first half, all 4"), without_all("first half")
    (('', 4), ('first half', 4), ('first half', 1))
    """
    found = _ALL.fullmatch(label)
    return ((found[1] or "").removesuffix(", "), int(found[2])) if found else (label, 1)
