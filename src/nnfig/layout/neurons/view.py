"""The neurons view: vectors are columns of circles, joined all to all, with sizes and activations below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Drawing, Panel
from nnfig.layout.neurons.columns import Column, brief, columns, common, joined, most_whole
from nnfig.layout.neurons.notes import biases, has_bias, names, weights
from nnfig.layout.neurons.place import RADIUS, Spot, places
from nnfig.layout.neurons.sizes import arranged
from nnfig.layout.parts import LEAST, MARGIN, PANEL_GAP, Drawn, Parts, bounds, composed, small
from nnfig.layout.parts import joined as together
from nnfig.layout.scene import Label, Node, Point, Scene, Wire
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import DENSE, operation
from nnfig.layout.text import LINE, width
from nnfig.layout.titles import title
from nnfig.layout.unfold import unfolded
from nnfig.options import Options

SPREAD = (66.0, 18.0)
"""Distance of columns: as wide as possible between these."""

ARC = 7.0
"""How far over columns what is added to a later one runs."""


@dataclass(frozen=True, slots=True)
class Style:
    """How all panels are drawn: the size of text, where ranks stand, and what is written beside circles."""

    font: float
    left: float
    """How far texts reach left of the first rank."""
    xs: tuple[float, ...]
    counted: bool
    named: bool


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the vectors of each panel as columns, panels beside each other where they fit, all at one distance."""
    panels = tuple(replace(panel, graph=unfolded(panel.graph)) for panel in drawing.panels)
    least = most_whole(panel.graph for panel in panels)
    found = {panel.name: columns(panel.graph, least) for panel in panels}
    beside, style, chosen = _choice(panels, found, options)

    def draw(panel: Panel, share: Options) -> Drawn:
        made = _drawn(panel, chosen[panel.name], style)
        left_out = common(found[panel.name]) if chosen[panel.name] != found[panel.name] else ()
        followed = f"Every hidden layer is followed by {', then '.join(left_out)}."
        return replace(made, words=(*made.words, followed)) if left_out else made

    return composed(replace(drawing, panels=panels), options, "neurons", draw, beside=beside)


Found = dict[str, tuple[Column, ...]]


def _choice(panels: Sequence[Panel], found: Found, options: Options) -> tuple[bool, Style, Found]:
    """Whether panels stand beside each other, how they are drawn, and columns with their words: the first that fit.

    What all hidden columns have below them alike is left to the caption where nothing else fits.
    """
    short = {name: brief(of) for name, of in found.items()}
    several = len(panels) > 1
    tried = [(beside, font, found) for beside in dict.fromkeys((several, False)) for font in (options.font_size, LEAST)]
    tried += [(False, LEAST, short)]
    for beside, font, of in tried:
        style = _style(panels, of, beside, font, options)
        if style:
            return beside, style, of
    return False, _at(SPREAD[1], list(short.values()), LEAST, options), short


def _style(panels: Sequence[Panel], found: Found, beside: bool, font: float, options: Options) -> Style | None:
    """The style with the widest distance of columns that fits; None if none does."""

    def extent(spread: float) -> float:
        style = _at(spread, list(found.values()), font, options)
        boxes = [bounds(_drawn(panel, found[panel.name], style).parts) for panel in panels]
        wide = [x1 - x0 for x0, _, x1, _ in boxes]
        return sum(wide) + PANEL_GAP * (len(wide) - 1) if beside else max(wide)

    spread = stretched(extent, SPREAD[0], options.width - 2 * MARGIN)
    return _at(spread, list(found.values()), font, options) if spread >= SPREAD[1] else None


def _at(spread: float, found: Sequence[Sequence[Column]], font: float, options: Options) -> Style:
    counted = "params" in options.show
    left, xs = places([(of, _over(of, counted)) for of in found], spread, small(font))
    return Style(font, left, tuple(xs), counted, "names" in options.show)


def _over(found: Sequence[Column], counted: bool) -> dict[str, tuple[str, ...]]:
    """The lines over the fan into each column."""
    by_name = {column.name: column for column in found}
    return {column.name: weights(column, by_name) for column in found} if counted else {}


def _drawn(panel: Panel, found: Sequence[Column], style: Style) -> Drawn:
    """One network in a style."""
    text = small(style.font)
    by_name = {column.name: column for column in found}
    at, labels = arranged(found, style.xs, text, style.counted)
    labels += names(found, at, panel) if style.named else ()
    columns_only = Parts(
        tuple(_node(column, at[column.name], panel) for column in found),
        tuple(Wire(a, b, cls="dense", tip=False) for a, b in joined(found)),
        labels=tuple(labels),
        ink=(*_ink(labels, text), (-style.left, 0.0)),
    )
    drawn = together([columns_only, biases(found, at) if style.counted else Parts()])
    if style.counted:
        counts = _fans(found, _over(found, True), at, bounds(drawn)[3] + 3)
        drawn = replace(drawn, labels=(*drawn.labels, *counts), ink=(*drawn.ink, *_ink(counts, text)))
    drawn = replace(drawn, wires=(*drawn.wires, *_arcs(found, at, bounds(drawn)[3])))
    biased = any(has_bias(column, by_name) for column in found)
    return Drawn(drawn, style.font, words=_said(found, panel, style.counted, biased))


def _fans(
    found: Sequence[Column], over: dict[str, tuple[str, ...]], at: dict[str, Spot], top: float
) -> tuple[Label, ...]:
    """What stands over the fans into columns; of columns of one rank over each other, one after the other."""
    given: dict[float, list[str]] = {}
    for column in found:
        if column.sources and over[column.name]:
            x = (at[column.sources[-1]].x + at[column.name].x) / 2
            given.setdefault(round(x, 2), []).extend(over[column.name])
    return tuple(Label(x, top, tuple(lines), "dims", "south") for x, lines in given.items())


def _arcs(found: Sequence[Column], at: dict[str, Spot], top: float) -> tuple[Wire, ...]:
    """What is added to a later column runs over those between, each in a lane of its own."""
    wires: list[Wire] = []
    ends: list[float] = []
    for column in found:
        for source in column.added:
            x0, x1 = at[source].x, at[column.name].x
            lane = next((i for i, end in enumerate(ends) if end < x0 + 0.01), len(ends))
            ends[lane : lane + 1] = [x1]
            y = top + ARC * (lane + 1)
            wires.append(Wire(source, column.name, "north", "north", via=((x0, y), (x1, y)), cls="skip"))
    return tuple(wires)


def _said(found: Sequence[Column], panel: Panel, counted: bool, biased: bool) -> tuple[str, ...]:
    """Sentences for the caption."""
    cut = any(column.dots_after for column in found)
    words = ["Circles are units; an ellipsis stands for those that are not drawn." if cut else "Circles are units."]
    if any(operation(layer) not in (*DENSE, "concat", "add") for layer in panel.graph.layers):
        words.append("Only the fully connected part of the network is drawn.")
    if any(column.crossed for column in found):
        words.append("Crossed units are dropped in one training step.")
    if any(column.added for column in found):
        words.append("Arcs lead units to those that they are added to.")
    if counted:
        ones = "; units marked 1 are those of the biases" if biased else ""
        words.append(f"Numbers above are the sizes of the weights between columns (outputs × inputs + biases){ones}.")
    return tuple(words)


def _node(column: Column, spot: Spot, panel: Panel) -> Node:
    return Node(
        column.name,
        spot.x,
        spot.y,
        2 * RADIUS,
        spot.h,
        column.cls,
        "neurons",
        kind=column.layer.kind if column.layer else "input",
        data=(("units", str(column.size)),),
        title=title(panel.graph, column.name),
        units=column.units,
        dots_after=column.dots_after,
        crossed=column.crossed,
    )


def _ink(labels: Sequence[Label], text: float) -> tuple[Point, ...]:
    """Corners of texts."""
    points: list[Point] = []
    for label in labels:
        wide = max(width(line, text) for line in label.lines)
        left = {"east": -wide, "west": 0.0}.get(label.anchor, -wide / 2)
        high = LINE * text * len(label.lines)
        low = {"south": 0.0, "north": -high}.get(label.anchor, -high / 2)
        points += [(label.x + left, label.y + low), (label.x + left + wide, label.y + low + high)]
    return tuple(points)
