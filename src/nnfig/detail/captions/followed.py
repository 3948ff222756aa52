"""What is merged into which layers -> the caption's sentence: what every convolution is followed by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nnfig.detail.captions.english import FAMILIES, listed, phrase
from nnfig.detail.labels.merged import Pattern, Told

_BEFORE = {
    "sum": "before a sum",
    "concatenation": "before a concatenation",
    "product": "before a product",
    "end": "at the end",
}
_LAST, _BUT = "the last", " but "


def followed(told: Mapping[str, Told], partly: Collection[str]) -> str:
    """`every convolution is followed by batch normalisation, then ReLU; every sum by ReLU`.

    Args:
        told: for each family what follows its layers.
        partly: families of which layers stand in closed blocks too; of them only those that are drawn are meant.
    """
    subjects: dict[str, list[str]] = {}
    for name, family in told.items():
        for subject, follows in _clauses(family, " shown" if name in partly else ""):
            subjects.setdefault(follows, []).append(subject)
    clauses = [f"{_together(every)} {{}}by {follows}" for follows, every in subjects.items()]
    return "; ".join(clause.format("" if index else "is followed ") for index, clause in enumerate(clauses))


def _together(subjects: list[str]) -> str:
    """`every convolution, and every linear layer but the last,`: an exception is that of one of them."""
    if len(subjects) < 2 or not any(_BUT in subject for subject in subjects):
        return listed(subjects)
    *first, last = sorted(subjects, key=lambda subject: _BUT in subject)
    return f"{', '.join(first)}, and {last},"


def _clauses(family: Told, shown: str) -> list[tuple[str, str]]:
    """Which layers, and what they are followed by."""
    every = f"{'the' if family.single else 'every'} {FAMILIES.get(family.category, family.category)}{shown}"
    patterns = dict(family.patterns)
    usual = patterns.pop("", None)
    if usual is None and family.exceptions:
        usual = ()
    elif usual is None:
        usual = max(patterns.values(), key=len)
    patterns = {place: pattern for place, pattern in patterns.items() if pattern != usual}
    if not usual:
        return [(f"{every} {_BEFORE[place]}", _then(pattern)) for place, pattern in patterns.items()]
    never = [_LAST if place == "end" else f"those {_BEFORE[place]}" for place, rest in patterns.items() if not rest]
    others = [f"{_BEFORE[place]}, {_only(pattern, usual)}" for place, pattern in patterns.items() if pattern]
    but = f" but {listed(sorted(never))}" if never else ""
    beside = f" ({'; '.join(others)})" if others else ""
    unless = ", unless its box says otherwise" if family.exceptions else ""
    return [(f"{every}{but}", f"{_then(usual)}{beside}{unless}")]


def _then(pattern: Pattern) -> str:
    return ", then ".join(phrase(short) for short in pattern)


def _only(pattern: Pattern, usual: Pattern) -> str:
    return f"{'only ' if len(pattern) < len(usual) else ''}by {_then(pattern)}"
