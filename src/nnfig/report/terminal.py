"""A graph as lines of a terminal: wires as git draws branches, operations, sizes, parameters, MACs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nnfig.graph import Graph, Layer, TensorSpec
from nnfig.report.lanes import Line, Step, lanes
from nnfig.report.rows import Row, rows, subtotal, titled, within
from nnfig.report.words import fitted, percent, printable, short
from nnfig.report.words import width as columns_of

NARROW = 100
"""Columns below which MACs are written short and fewer wires are drawn side by side."""

_HEADER = ("operation", ("output", "params", "%", "MACs"))
_LANE_COLORS = (31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96)
_SHARE_OF_NAMES = 0.3
"""What the names of operations keep of the width; sizes are cut before that."""


_Counts = Callable[[int, int | None], tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _Written:
    """One line whose columns are not aligned yet."""

    wires: Line
    level: int = 0
    label: str = ""
    text: str = ""
    cells: tuple[str, str, str, str] = ("", "", "", "")
    heading: bool = False


def terminal(graph: Graph, width: int = 100, depth: int | None = None, color: bool = False) -> str:
    """The network as text, no line wider than `width` columns.

    Args:
        graph: as traced, or folded: then a group's `repeat` is written xN and its layers are listed once.
        width: columns of the terminal, 40 or more.
        depth: levels of groups that are listed layer by layer; None: all.
        color: with ANSI colours.
    """
    width = max(width, 40)
    listed = rows(graph, depth)
    wide = width >= NARROW
    steps = lanes([(row.name, row.sources) for row in listed], 12 if wide else 6)
    lines = list(_lines(graph, listed, steps, wide))
    body = _aligned(lines, width, color)
    return "\n".join([*_title(graph, width), "", *body, *_foot(graph, listed, width)]) + "\n"


def _title(graph: Graph, width: int) -> list[str]:
    count = sum(graph.repeats(layer) for layer in graph.layers)
    macs = f", {short(graph.macs)} MACs" if graph.macs else ""
    name = printable(graph.name or "network")
    return _wrapped(f"{name}: {count:,} operations, {graph.params:,} parameters{macs}", width)


def _lines(graph: Graph, listed: Sequence[Row], steps: Sequence[Step], wide: bool) -> Iterator[_Written]:
    """Headings where a group begins, the wires above each row, the row, the wires that close up below."""
    members = _members(graph)
    counts = partial(_counts, graph.params, wide)
    chain: tuple[str, ...] = ()
    seen: set[str] = set()
    for row, step in zip(listed, steps, strict=True):
        groups = graph.ancestors(row.group)[::-1]
        for level in range(_common(chain, groups), len(groups)):
            yield _heading(graph, groups[level], level, step.above, members, groups[level] in seen, counts)
            seen.add(groups[level])
        chain = groups
        for wires in step.before:
            yield _Written(wires)
        unseen = f" <- {', '.join(name.removesuffix('/') for name in step.unseen)}" if step.unseen else ""
        cells = (_sizes(row.output), *counts(row.params, row.macs))
        label = "" if row.label == row.text else row.label
        yield _Written(step.at, len(groups), printable(label), printable(row.text + unseen), cells)
        for wires in step.after:
            yield _Written(wires)


def _common(chain: Sequence[str], other: Sequence[str]) -> int:
    """How many of the outermost groups two chains share."""
    pairs = zip(chain, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(chain), len(other)))


def _heading(
    graph: Graph, path: str, level: int, wires: Line, members: dict[str, list[Layer]], again: bool, counts: _Counts
) -> _Written:
    group = graph.group[path]
    text = titled(graph, path) + (" (continued)" if again else "")
    cells = ("", "", "", "")
    if group.repeat > 1 and not again:
        cells = ("", *counts(*subtotal(graph, path, members[path])))
    return _Written(wires, level, printable(within(path, group.parent)), printable(text), cells, heading=True)


def _members(graph: Graph) -> dict[str, list[Layer]]:
    """For every group its layers at any depth."""
    found: dict[str, list[Layer]] = {group.path: [] for group in graph.groups}
    for layer in graph.layers:
        for path in graph.ancestors(layer.group):
            found[path].append(layer)
    return found


def _sizes(specs: Sequence[TensorSpec]) -> str:
    """Sizes of what a row gives; of more than two tensors only how many."""
    if len(specs) > 2:
        return f"{specs[0]} +{len(specs) - 1}"
    return ", ".join(map(str, specs))


def _counts(total: int, wide: bool, params: int, macs: int | None) -> tuple[str, str, str]:
    written = "" if not macs else f"{macs:,}" if wide else short(macs)
    return (f"{params:,}" if params else "", percent(params, total), written)


def _aligned(lines: Sequence[_Written], width: int, color: bool) -> Iterator[str]:
    """Lines with a header, columns as wide as their widest cell, names cut where they must be."""
    title, names = _HEADER
    wires = max((len(line.wires) for line in lines), default=1)
    sizes = [
        max(columns_of(cell) for cell in column) for column in zip(names, *(line.cells for line in lines), strict=True)
    ]
    for spare in (0, 2, 3):
        # A narrow window cuts long sizes first, then loses the shares, then the MACs.
        if spare:
            sizes[spare] = 0
        rest = width - wires - 2 - sum(2 + size for size in sizes if size)
        if rest >= _SHARE_OF_NAMES * width:
            break
        short_of = int(_SHARE_OF_NAMES * width) - rest
        if not spare and sizes[0] - short_of >= 12:
            sizes[0], rest = sizes[0] - short_of, rest + short_of
            break
    needed = max((2 * line.level + columns_of(f"{line.label}  {line.text}") for line in lines), default=0)
    rest = max(8, min(rest, max(needed, len(title))))
    yield _style(_row(" " * wires, fitted(title, rest), names, sizes), "1", color)
    for line in lines:
        beside = _wires(line.wires, wires, color)
        if not line.text:
            yield beside.rstrip()
            continue
        indent = min(2 * line.level, rest // 3)
        name = fitted(f"{line.label}  {line.text}".strip(), rest - indent)
        if color:
            label = name[: len(line.label)]
            name = _style(label, "1;4" if line.heading else "1", color) + name[len(label) :]
        yield _row(beside, " " * indent + name, line.cells, sizes).rstrip()


def _row(wires: str, name: str, cells: Sequence[str], sizes: Sequence[int]) -> str:
    columns = enumerate(zip(cells, sizes, strict=True))
    return "  ".join((wires, name, *(fitted(cell, size, right=i > 0) for i, (cell, size) in columns if size)))


def _wires(line: Line, columns: int, color: bool) -> str:
    padding = " " * (columns - len(line))
    if not color:
        return "".join(character for character, _ in line) + padding
    colors = [str(_LANE_COLORS[lane % len(_LANE_COLORS)]) for _, lane in line]
    drawn = (_style(each, code, each != " ") for (each, _), code in zip(line, colors, strict=True))
    return "".join(drawn) + padding


def _style(text: str, codes: str, color: bool) -> str:
    return f"\x1b[{codes}m{text}\x1b[0m" if color and text else text


def _foot(graph: Graph, listed: Sequence[Row], width: int) -> list[str]:
    """What a reader of the columns must know, and what the source had to assume."""
    notes: list[str] = []
    if any(graph.repeats(graph.layer[row.name]) > 1 for row in listed if row.name in graph.layer):
        notes.append("Below a line with xN one of N equal blocks is listed and counted; the line counts all.")
    if any("<-" in row.text for row in listed):
        notes.append("'<- name' takes what 'name' gives by a wire that is not drawn.")
    notes += [printable(note) for note in graph.notes]
    return ["", *(line for note in notes for line in _wrapped(note, width))] if notes else []


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, subsequent_indent="  ")
