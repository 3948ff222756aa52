"""A graph as text for a terminal, a program or a paper's table; the JSON Schemas of the two kinds of file."""

from __future__ import annotations

import shutil
from typing import Any

from nnfig import detail, report
from nnfig.errors import NnfigError
from nnfig.graph import Graph

FORMATS = ("text", "json", "table.tex")


def summary(
    graph: Graph,
    *,
    format: str = "text",
    depth: int | None = None,
    fold: bool = True,
    color: bool = False,
    width: int | None = None,
) -> str:
    """The network as text.

    Args:
        graph: as a source gave it.
        format: `text` for a terminal, `json` (the layer list with totals), `table.tex` (a booktabs table).
        depth: levels of hierarchy that are written out; None: all.
        fold: write equal blocks in a row once, marked xN.
        color: with terminal colours.
        width: columns; None: the terminal's.
    """
    if format == "tex":
        format = "table.tex"
    if format not in FORMATS:
        raise NnfigError(f"unknown format '{format}', expected one of {', '.join(FORMATS)}")
    if format == "json":
        return report.as_json(graph)
    folded = detail.folded(graph) if fold else graph
    if format == "table.tex":
        return report.tex_table(folded, depth=depth)
    columns = width or shutil.get_terminal_size((100, 24)).columns
    return report.terminal(folded, width=columns, depth=depth, color=color)


def schema(what: str = "spec") -> dict[str, Any]:
    """The JSON Schema of layer lists (`spec`) or of style sheets (`style`)."""
    if what == "spec":
        from nnfig.sources import spec

        return spec.json_schema()
    if what == "style":
        return detail.style_schema()
    raise NnfigError(f"unknown schema '{what}', expected spec or style")
