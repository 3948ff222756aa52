"""Where the package's own data files are: `templates/` and `latex/`, in a checkout or in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_data", _PACKAGE.parents[1])
"""A wheel carries the folders in `nnfig/_data`; in a checkout they stand beside `src`."""


def resource(*parts: str) -> Path:
    """The path of a data file, for instance `resource("latex", "nnfig.sty")`.

    Raises FileNotFoundError, naming the places that were looked at, when the installation is broken.
    """
    places = [root.joinpath(*parts) for root in _ROOTS]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(f"{'/'.join(parts)} is neither at {places[0]} nor at {places[1]}")
