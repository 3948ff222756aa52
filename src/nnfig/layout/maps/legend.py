"""What arrows mean: from arrows to signs that stand at some of them, and entries of the legend for the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from string import ascii_lowercase

from nnfig.graph import LegendEntry
from nnfig.layout.keys import SWATCH
from nnfig.layout.maps.net import Arrow, Net
from nnfig.layout.maps.reading import JOINED
from nnfig.layout.text import width
from nnfig.layout.words import capital

HUE = {"norm": "linear", "act": "down", "attn": "conv1", "embed": "block"}
"""Classes whose arrows have the colour of those of another class."""

PLAIN = ("flow", "func", "merge", "concat", "reshape", "data", "dropout")
"""Classes whose arrows have no colour: what they do stands at them."""

Variant = tuple[str, str, tuple[str, ...]]
"""What arrows of one entry have in common: class, operation, and what runs after it."""


def signed(nets: Mapping[str, Net]) -> dict[str, Net]:
    """The nets with what is written at their arrows.

    It is the operation where an arrow has no colour, and a letter where arrows of one colour do different things:
    at all but those that do what most of them do.
    """
    counts = Counter(_variant(arrow) for arrow in _all(nets.values()) if arrow.cls not in (*JOINED, *PLAIN))
    hues: dict[str, list[Variant]] = {}
    for variant in counts:
        hues.setdefault(HUE.get(variant[0], variant[0]), []).append(variant)
    usual = {max(alike, key=lambda variant: counts[variant]) for alike in hues.values()}
    classes = list(dict.fromkeys(variant[0] for variant in counts))
    odd = sorted((variant for variant in counts if variant not in usual), key=lambda found: classes.index(found[0]))
    letters = {variant: _letter(number) for number, variant in enumerate(odd)}

    def sign(arrow: Arrow) -> Arrow:
        text = ", ".join((arrow.name, *arrow.after)) if arrow.cls in PLAIN else letters.get(_variant(arrow), "")
        return replace(arrow, sign=text)

    return {
        name: replace(
            found,
            into={target: [sign(arrow) for arrow in arrows] for target, arrows in found.into.items()},
            out={source: [sign(arrow) for arrow in arrows] for source, arrows in found.out.items()},
        )
        for name, found in nets.items()
    }


def _all(nets: Iterable[Net]) -> Iterable[Arrow]:
    return (arrow for found in nets for arrow in found.arrows)


def _variant(arrow: Arrow) -> Variant:
    """How often a closed block runs makes no entry of its own."""
    return arrow.cls, re.sub(r" ×\d+$", "", arrow.name), arrow.after


def _letter(number: int) -> str:
    """a, b, c ... z, a2, b2 ..."""
    turn, at = divmod(number, len(ascii_lowercase))
    return f"{ascii_lowercase[at]}{turn + 1 if turn else ''}"


def entries(nets: Iterable[Net], room: float, text: float) -> list[LegendEntry]:
    """An entry for each operation with what runs after it, by classes; one for each class that computes nothing.

    Args:
        nets: the networks that have one legend, signed.
        room: the width that an entry may take.
        text: the size of text.
    """
    groups: dict[str, dict[Variant, list[Arrow]]] = {}
    for arrow in _all(nets):
        if arrow.cls not in PLAIN:
            key = (arrow.cls, "", ()) if arrow.cls in JOINED else _variant(arrow)
            groups.setdefault(arrow.cls, {}).setdefault(key, []).append(arrow)
    return [
        LegendEntry(cls, _entry(alike, room - SWATCH["edge"], text), "edge")
        for cls, variants in groups.items()
        for alike in sorted(variants.values(), key=lambda arrows: bool(arrows[0].sign))
    ]


def _entry(arrows: Sequence[Arrow], room: float, text: float) -> str:
    """The text of an entry; where it has no room, that there is more to be said."""
    said = arrow_text(arrows)
    if width(said, text) > room:
        said = f"{arrow_text(arrows[:1])}, and others"
    return f"{arrows[0].sign}: {said}" if arrows[0].sign else capital(said)


def arrow_text(arrows: Sequence[Arrow]) -> str:
    """What arrows of one entry are: their names, and what runs after all of them.

    >>> arrow_text([Arrow("a", "b", "up", "up-conv 2×2", ("ReLU",)), Arrow("b", "c", "up", "up-conv 2×2", ("ReLU",))])
    'up-conv 2×2, ReLU'
    """
    return ", ".join([_together(_counted(arrow.name for arrow in arrows)), *arrows[0].after])


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
