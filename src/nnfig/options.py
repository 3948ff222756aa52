"""Every choice about a figure, as one frozen value: command line flags and keywords of `draw` are its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError, Problem

VIEWS = ("auto", "blocks", "volumes", "maps", "neurons", "strip")
DETAILS = ("overview", "paper", "explicit", "ops")
PAGES = ("standalone", "input", "self-contained")
SCALES = ("linear", "sqrt", "log")

_UNITS = {"pt": 1.0, "in": 72.27, "cm": 72.27 / 2.54, "mm": 72.27 / 25.4, "bp": 72.27 / 72, "pc": 12.0}


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is to be drawn. Lengths are in TeX points."""

    view: str = "auto"
    """What a node is: an operation (`blocks`), a sized volume, a tensor (`maps`), a column of units (`neurons`),
    or an operation as a small unlabelled box (`strip`)."""
    detail: str = "paper"
    """The explicit/implicit dial: overview, paper, explicit or ops."""
    show: tuple[str, ...] = ()
    """What is written or drawn beyond the dial: dims, kernel, channels, params, macs, names, classes; kinds and
    categories."""
    hide: tuple[str, ...] = ()
    """What is left out below the dial, in the same words."""
    merge: tuple[str, ...] = ()
    """Kinds and categories that are merged into the layer that they follow."""
    depth: int | None = None
    """Levels of hierarchy that are opened everywhere; None: chosen by the dial."""
    open: tuple[str, ...] = ()
    """Globs of module paths that are opened."""
    close: tuple[str, ...] = ()
    """Globs of module paths that are drawn as one block."""
    inset: tuple[str, ...] = ()
    """Classes of blocks that a panel beside the figure opens, once each."""
    fold: bool | None = None
    """Equal blocks in a row become one marked xN; None: as the dial says."""
    direction: str | None = None
    """right or down; None: whichever fits better."""
    width: float = 5.5 * 72.27
    """Printed width that the figure must fit."""
    max_height: float = 8 * 72.27
    """Printed height that the figure must fit."""
    font_size: float = 8.0
    """Preferred size in pt; it may shrink to 6."""
    scale: str = "sqrt"
    """How volumes are damped: linear, sqrt or log."""
    style: tuple[str, ...] = ()
    """Style sheets: paths or names of presets, later ones over earlier ones."""
    template: str | None = None
    """A Jinja template of the user's own in place of ours."""
    page: str = "standalone"
    """standalone (one file that compiles alone and can be input), input, or self-contained (needs no style file)."""
    title: str = ""
    """Name of the figure in caption and alt text; empty: the network's name."""

    @classmethod
    def of(cls, **given: Any) -> Options:
        """Options from keywords as a user writes them: comma-separated text for lists, '5.5in' for lengths.

        Raises NnfigError naming every keyword or value that is unknown.
        """
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        known = {f.name for f in fields(cls)}
        for key, value in given.items():
            if key not in known:
                problems.append(Problem(f"unknown option '{key}'", hint=_near(key, known)))
                continue
            try:
                values[key] = _READ[key](value) if key in _READ else value
            except ValueError as error:
                problems.append(Problem(f"{key}: {error}"))
        if problems:
            raise NnfigError(*problems)
        return cls(**values)

    def flags(self) -> list[str]:
        """The words of a command line that give these options; those with their default are left out.

        >>> Options(detail="overview", open=("a", "b"), fold=False, width=240.0).flags()
        ['--detail', 'overview', '--open', 'a', '--open', 'b', '--no-fold', '--width', '240pt']
        """
        words: list[str] = []
        for field in fields(self):
            value, flag = getattr(self, field.name), "--" + field.name.replace("_", "-")
            if value == field.default:
                continue
            if isinstance(value, bool):
                words.append(flag if value else f"--no-{field.name}")
                continue
            unit = "pt" if field.name in ("width", "max_height") else ""
            for each in value if isinstance(value, tuple) else (value,):
                words += [flag, f"{each:.10g}{unit}" if isinstance(each, float) else str(each)]
        return words


def _near(word: str, known: set[str] | tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), 1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(sorted(known))}"


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, (str, Path)):
        return tuple(part.strip() for part in str(value).split(",") if part.strip())
    if not isinstance(value, Iterable):
        raise ValueError(f"'{value}' is no word and no list of words")
    return tuple(name for item in value for name in _names(item))


def _length(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        points = float(value)
    else:
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(pt|in|cm|mm|bp|pc)\s*", str(value))
        if not match:
            raise ValueError(f"'{value}' is no length; write for instance 5.5in, 84mm or 240pt")
        points = float(match[1]) * _UNITS[match[2]]
    if not 36 <= points <= 16000:
        raise ValueError(f"{value} is outside 0.5in to 220in")
    return points


def _one_of(words: tuple[str, ...]) -> Any:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"'{value}' is none of {', '.join(words)}; {_near(str(value), words)}")
        return str(value)

    return read


def _direction(value: Any) -> str | None:
    if value in (None, "right", "down"):
        return value
    if value in ("up", "left"):
        raise ValueError(
            f"'{value}' is not offered: text is read from left to right and top to bottom, and a figure that "
            "runs against it is read twice; use right or down"
        )
    raise ValueError(f"'{value}' is none of right, down")


def _font_size(value: Any) -> float:
    try:
        size = float(str(value).removesuffix("pt"))
    except ValueError:
        raise ValueError(f"'{value}' is no size in pt") from None
    if not 6 <= size <= 24:
        raise ValueError(f"{value} is outside 6 to 24 pt; print under 6 pt cannot be read")
    return size


def _fold(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"'{value}' is neither true nor false")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"'{value}' is no text")


def _depth(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not str(value).isdigit():
        raise ValueError(f"'{value}' is no number of levels; expected 0, 1, 2, ...")
    return int(value)


_READ: dict[str, Any] = {
    "view": _one_of(VIEWS),
    "detail": _one_of(DETAILS),
    "page": _one_of(PAGES),
    "scale": _one_of(SCALES),
    "show": _names,
    "hide": _names,
    "merge": _names,
    "open": _names,
    "close": _names,
    "inset": _names,
    "style": _names,
    "depth": _depth,
    "fold": _fold,
    "title": _text,
    "direction": _direction,
    "width": _length,
    "max_height": _length,
    "font_size": _font_size,
}
