"""What the neurons view writes on request: names of units, sizes of weight matrices, units for biases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from nnfig.graph import Panel
from nnfig.layout.neurons.columns import Column
from nnfig.layout.neurons.place import PITCH, RADIUS, Spot
from nnfig.layout.parts import Parts
from nnfig.layout.scene import Label, Node, Point, Wire

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

LAST = "ₙ"
"""Index of the last unit of a vector whose size is a symbol."""

GAP = 2.5
"""Room between a unit and its name."""


def has_bias(column: Column, at: Mapping[str, Column]) -> bool:
    """Whether a column's parameters are a weight for each pair of units and one more for each of its own."""
    return _pairs(column, at) > 0 and _params(column) == _pairs(column, at) + _units(column)


def weights(column: Column, at: Mapping[str, Column]) -> tuple[str, ...]:
    """Size of the matrix and of the biases that lead to a column: `256×784`, `+ 256`; else how many they are."""
    if not column.sources or not _params(column):
        return ()
    matrix = f"{column.size}×{_taken(column, at)}"
    if has_bias(column, at):
        return (matrix, f"+ {column.size}")
    return (matrix,) if _params(column) == _pairs(column, at) else (f"{_params(column):,}",)


def _params(column: Column) -> int:
    return column.layer.params if column.layer else 0


def _units(column: Column) -> int:
    return column.size if isinstance(column.size, int) else 0


def _taken(column: Column, at: Mapping[str, Column]) -> int:
    return sum(_units(at[name]) for name in column.sources)


def _pairs(column: Column, at: Mapping[str, Column]) -> int:
    return prod((_units(column), _taken(column, at)))


def bias_places(found: Sequence[Column], at: Mapping[str, Spot]) -> dict[str, Point]:
    """For each column with biases the middle of their unit: over the highest of the columns that it takes."""
    by_name = {column.name: column for column in found}
    places: dict[str, Point] = {}
    taken: dict[str, int] = {}
    for column in found:
        if has_bias(column, by_name):
            under = max(column.sources, key=lambda name: at[name].top)
            taken[under] = taken.get(under, 0) + 1
            places[column.name] = (at[under].x, at[under].top + taken[under] * PITCH - RADIUS)
    return places


def biases(found: Sequence[Column], at: Mapping[str, Spot]) -> Parts:
    """A unit that is always 1 for each column with biases, joined with all its units."""
    nodes: list[Node] = []
    wires: list[Wire] = []
    labels: list[Label] = []
    for column, (x, y) in bias_places(found, at).items():
        name = f"{column}.bias"
        nodes.append(Node(name, x, y, 2 * RADIUS, 2 * RADIUS, "data", "neurons", kind="bias", title=name, units=1))
        wires.append(Wire(name, column, cls="dense", tip=False))
        labels.append(Label(x, y, ("1",), "dims"))
    return Parts(tuple(nodes), tuple(wires), labels=tuple(labels))


def names(found: Sequence[Column], at: Mapping[str, Spot], panel: Panel) -> tuple[Label, ...]:
    """Names of the units of inputs at their left, and of what is returned at their right: x₁, x₂ ... and y₁, y₂ ..."""
    graph = panel.graph
    first = [column for column in found if not column.sources]
    taken = {name for column in found for name in column.sources}
    last = [column for column in found if column.name not in taken and column.sources]
    several = [column.name.rpartition(".")[2] for column in last] if len(last) > 1 else []
    own = graph.output_names if len(graph.output_names) == len(last) else several
    labels: list[Label] = []
    for number, column in enumerate(first):
        name = column.name if len(first) > 1 and column.name in graph.inputs else "x" + "′" * number
        labels += _named(column, at[column.name], name, -1)
    for number, column in enumerate(last):
        labels += _named(column, at[column.name], own[number] if own else "y", 1)
    return tuple(labels)


def _named(column: Column, spot: Spot, name: str, side: int) -> list[Label]:
    labels: list[Label] = []
    for number in range(1, column.units + 1):
        cut = column.dots_after and number > column.dots_after
        index = str(column.size).translate(SUBSCRIPTS) if cut else str(number).translate(SUBSCRIPTS)
        index = LAST if cut and not isinstance(column.size, int) else index
        row = number - 1 + (1 if cut else 0)
        text = name if column.size == 1 else f"{name}{index}"
        y = spot.top - RADIUS - row * PITCH
        labels.append(Label(spot.x + side * (RADIUS + GAP), y, (text,), "dims", "west" if side > 0 else "east"))
    return labels
