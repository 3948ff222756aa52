"""What arrows mean: from arrows to entries of the legend that together hold for every arrow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

from nnfig.graph import LegendEntry
from nnfig.layout.keys import SWATCH
from nnfig.layout.maps.net import Arrow, Net
from nnfig.layout.maps.tensors import JOINED
from nnfig.layout.text import width
from nnfig.layout.words import capital

APART = 3
"""So many operations of one class at most have entries of their own; of more an entry lists all."""


def entries(nets: Iterable[Net], room: float, text: float) -> list[LegendEntry]:
    """An entry for each operation; one for each class of arrow that stands for many, or computes nothing.

    Args:
        nets: the networks that have one legend.
        room: the width that an entry may take.
        text: the size of text.
    """
    groups: dict[str, list[Arrow]] = {}
    for found in nets:
        for arrow in found.arrows:
            groups.setdefault(arrow.cls, []).append(arrow)
    return [
        LegendEntry(cls, _shortest(alike, room - SWATCH["edge"], text), "edge")
        for cls, arrows in groups.items()
        for alike in _apart(cls, arrows)
    ]


def _apart(cls: str, arrows: Sequence[Arrow]) -> list[list[Arrow]]:
    """Arrows of a class by what an entry is for: an operation, or everything that they are."""
    named: dict[str, list[Arrow]] = {}
    for arrow in arrows:
        named.setdefault(re.sub(r" ×\d+$", "", arrow.name), []).append(arrow)
    return [list(arrows)] if cls in JOINED or len(named) > APART else list(named.values())


def _shortest(arrows: Sequence[Arrow], room: float, text: float) -> str:
    """The text of an entry; where it has no room, that there is more to be said."""
    said = capital(arrow_text(arrows))
    if width(said, text) <= room:
        return said
    return f"{capital(arrow_text(arrows[:1]))}, and others"


def arrow_text(arrows: Sequence[Arrow]) -> str:
    """What arrows of one class are: their names, what most of them are followed by, and how many are not.

    >>> arrow_text([Arrow("a", "b", "up", "up-conv 2×2", ("ReLU",))] * 2 + [Arrow("b", "c", "up", "up-conv 2×2")])
    'up-conv 2×2, ReLU (1 of 3 without)'
    """
    counts = Counter(arrow.after for arrow in arrows)
    usual, most = counts.most_common(1)[0]
    if 2 * most <= len(arrows):
        usual = ()
    others = [
        f"{count} of {len(arrows)}{': ' + ', '.join(after) if after else ' without'}"
        for after, count in counts.items()
        if after != usual
    ]
    beside = f" ({'; '.join(others)})" if others else ""
    return ", ".join([_together(_counted(arrow.name for arrow in arrows)), *usual]) + beside


def _counted(names: Iterable[str]) -> list[str]:
    """Different names; `Block`, `Block ×3` and `Block ×6` are `Block ×1–6`."""
    counts: dict[str, list[int]] = {}
    for name in names:
        base, _, times = name.rpartition(" ×") if re.search(r" ×\d+$", name) else (name, "", "1")
        counts.setdefault(base, []).append(int(times))
    spans = {base: (min(of), max(of)) for base, of in counts.items()}
    return [
        base if most == 1 else f"{base} ×{least}" if least == most else f"{base} ×{least}–{most}"
        for base, (least, most) in spans.items()
    ]


def _together(names: Sequence[str]) -> str:
    """Names with what all begin and end with said once.

    >>> _together(["conv 7×7, /2", "conv 1×1, /2"]), _together(["max pool 2×2", "max pool 3×3", "mean"])
    ('conv 7×7 or 1×1, /2', 'max pool 2×2, max pool 3×3 or mean')
    """
    if len(names) == 1:
        return names[0]
    tails = {name.rpartition(",")[2] if "," in name else "" for name in names}
    shared = list(
        takewhile(lambda words: len(set(words)) == 1, zip(*(name.split(" ")[:-1] for name in names), strict=False))
    )
    head = "".join(f"{words[0]} " for words in shared)
    tail = f",{tails.pop()}" if len(tails) == 1 and "" not in tails else ""
    *most, last = (name.removeprefix(head).removesuffix(tail) for name in names)
    return f"{head}{', '.join(most)} or {last}{tail}"
