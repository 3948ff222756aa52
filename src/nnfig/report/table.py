"""A graph as a booktabs table for a paper: layers, sizes, parameters and MACs, with the totals below."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nnfig.emit.escape import Tex, comment, tex
from nnfig.graph import Graph
from nnfig.report.rows import Row, rows, subtotal, titled, within

_PROVIDED = {
    r"\nnfx": r"\providecommand\nnfx{\ensuremath{\times}}",
    r"\nnfup": r"\providecommand\nnfup[1]{\textsuperscript{#1}}",
    r"\nnfdown": r"\providecommand\nnfdown[1]{\ensuremath{_{\mbox{\scriptsize #1}}}}",
    r"\nnfvar": r"\providecommand\nnfvar[2]{\ensuremath{#1_{#2}}}",
    r"\nnfmissing": r"\providecommand\nnfmissing[1]{\fbox{\phantom{x}}}",
}
"""Commands of escaped text that a document without nnfig.sty lacks."""

_TABLE = r"""% nnfig: {name}; needs \usepackage{{booktabs}} in the preamble
{provided}\begin{{tabular}}{{@{{}}lllrr@{{}}}}
  \toprule
  Layer & Operation & Output & Parameters & MACs \\
  \midrule
{body}
  \midrule
  {total} & & & {params} & {macs} \\
  \bottomrule
\end{{tabular}}
"""


def tex_table(graph: Graph, depth: int | None = None) -> str:
    r"""The network as a `tabular`, to be put into a `table` with a caption of the author's.

    Args:
        graph: as traced or folded; a group's `repeat` is written behind its name.
        depth: levels of groups that are listed layer by layer; None: all.
    """
    body = "\n".join(_lines(graph, rows(graph, depth)))
    used = [line for command, line in _PROVIDED.items() if command in body]
    return _TABLE.format(
        name=comment(graph.name or "network"),
        provided="".join(line + "\n" for line in used),
        body=body,
        total="Total",
        params=_count(graph.params),
        macs=_count(graph.macs),
    )


def _lines(graph: Graph, listed: list[Row]) -> Iterator[str]:
    chain: tuple[str, ...] = ()
    for row in listed:
        groups = graph.ancestors(row.group)[::-1]
        for level, path in enumerate(groups):
            if chain[: level + 1] != groups[: level + 1]:
                yield _heading(graph, path, level)
        chain = groups
        sizes = ", ".join(str(spec) for spec in row.output)
        yield _line(len(groups), tex(row.label), tex(_times(row.text)), tex(_times(sizes)), row.params, row.macs)


def _heading(graph: Graph, path: str, level: int) -> str:
    group = graph.group[path]
    params, macs = subtotal(graph, path, graph.members(path)) if group.repeat > 1 else (0, None)
    return _line(level, tex(within(path, group.parent)), tex(_times(titled(graph, path))), Tex(""), params, macs)


def _line(level: int, label: Tex, text: Tex, sizes: Tex, params: int, macs: int | None) -> str:
    indent = rf"\hspace*{{{level}em}}" if level else ""
    return rf"  {indent}{label} & {text} & {sizes} & {_count(params)} & {_count(macs)} \\"


def _times(text: str) -> str:
    """`3x3` and ` x4` with a multiplication sign."""
    return re.sub(r"(?<=\d)x(?=\d)|(?<= )x(?=\d+$)", "×", text)


def _count(number: int | None) -> str:
    return f"{number:,}" if number else ""
