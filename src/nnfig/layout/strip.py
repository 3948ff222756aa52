"""The strip view: a whole network as small unlabelled boxes coloured by operation, with its outputs and a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from nnfig.graph import Drawing, Graph, Layer, LegendEntry, Look, Panel
from nnfig.layout.blocks.air import Air
from nnfig.layout.blocks.choose import Room, laid
from nnfig.layout.blocks.panels import alone, parts, strips_of
from nnfig.layout.keys import SLACK, legends
from nnfig.layout.parts import LEGEND_GAP, MARGIN, Drawn, Parts, bounds, composed, small
from nnfig.layout.scene import Label, Node, Scene
from nnfig.layout.tensors import operation, output_size
from nnfig.layout.text import LINE, width
from nnfig.options import Options

MEASURES = (3.4, 3.0, 2.6, 2.3, 2.0, 1.6, 1.4)
"""Sizes from which boxes and gaps follow, in pt; the largest that keeps to few rows is taken."""

LARGE = 2.6
"""The least measure that is taken for the sake of a single row."""

SIGNS = {"concat": "‖", "add": "+"}
"""Circles in place of the small boxes of what joins branches."""

JOINS = {"concat": "concatenations", "add": "sums"}

WHITE = ("merge", "func")
"""Classes without a colour of their own."""

MEANS = ("mean", "reduce_mean", "ReduceMean")
"""Kinds that pool where they leave nothing of height and width."""

POOLING = LegendEntry("pool", "Pooling")

ROWS = 2
"""Rows that a strip may take before it is drawn smaller than LARGE."""

GAP = 3.0
"""Room between a box and the words beside it."""

NEAR = 1.5
"""Room between words and what they do not belong to."""

Words = Mapping[str, tuple[str, ...]]
"""What is written beside each output, by the name of the layer that gives it."""

Rect = tuple[float, float, float, float]


def scene(drawing: Drawing, options: Options) -> Scene:
    """Every layer as a small box."""
    return composed(drawing, options, "strip", lambda panel, room: _panel(panel, drawing, room))


def _panel(panel: Panel, drawing: Drawing, options: Options) -> Drawn:
    """One network without labels, sizes and arrowheads; what it returns is named at the right."""
    graph = panel.graph
    words = _outputs(panel)
    plain = replace(
        panel,
        name="",  # names are told apart when the panels are put together
        graph=graph.replace(layers=tuple(_bare(layer, graph) for layer in graph.layers)),
        input_looks={name: Look(cls="data") for name in graph.inputs},
        output_looks={name: Look(cls="data") for name in words},
    )
    entries = _entries(drawing.legend, plain.graph)
    text = small(options.font_size)
    wide = max((SLACK * width(": ".join(lines), text) for lines in words.values()), default=0.0) + GAP
    drawn = _largest(plain, words, wide, entries, options)
    drawn = replace(drawn, nodes=tuple(_signed(node, graph) for node in drawn.nodes))
    return Drawn(drawn, options.font_size, entries, (_told(drawn, plain.graph),))


def _outputs(panel: Panel) -> Words:
    """Name and size of everything that the network returns, by the layer that gives it."""
    graph = panel.graph
    names = [name for name in dict.fromkeys(graph.outputs) if name in graph.layer]
    found: dict[str, tuple[str, ...]] = {}
    for number, name in enumerate(names, 1):
        look, size = panel.output_looks.get(name), output_size(graph, name)
        said = look.label if look and look.label else ("output" if len(names) == 1 else f"output {number}",)
        found[name] = (*said, str(size)) if size else said
    return found


def _entries(legend: Sequence[LegendEntry], graph: Graph) -> tuple[LegendEntry, ...]:
    """The legend of what has a colour; what is white, as inputs and outputs are, is told in the caption."""
    coloured = tuple(entry for entry in legend if entry.cls not in WHITE)
    pools = any(layer.look and layer.look.cls == POOLING.cls for layer in graph.layers)
    return (*coloured, POOLING) if pools and POOLING.cls not in {entry.cls for entry in coloured} else coloured


def _told(drawn: Parts, graph: Graph) -> str:
    """What colours and signs mean."""
    signs = {node.label[0] for node in drawn.nodes if node.shape == "circle" and node.label}
    boxes = [graph.layer[node.name] for node in drawn.nodes if node.shape != "circle" and node.name in graph.layer]
    white = [layer for layer in boxes if layer.look and layer.look.cls in WHITE]
    whites = ["inputs", "outputs", *dict.fromkeys(JOINS.get(operation(layer), "functions") for layer in white)]
    told = f"Boxes are operations, coloured by kind; white ones are {', '.join(whites[:-1])} and {whites[-1]}"
    told += f"; circles join branches{': ‖ along channels' if SIGNS['concat'] in signs else ''}" if signs else ""
    return f"{told}."


def _bare(layer: Layer, graph: Graph) -> Layer:
    """The layer with nothing but its colour, and nothing written at its wires, which would take room."""
    look = layer.look or Look()
    cls = POOLING.cls if layer.look and _pools(layer, graph) else look.cls
    inputs = tuple(replace(edge, label="") for edge in layer.inputs)
    return replace(layer, look=Look(cls=cls, data=look.data, merged=look.merged), inputs=inputs)


def _pools(layer: Layer, graph: Graph) -> bool:
    """Whether a function is a global pooling: the mean of a map that leaves its channels."""
    if layer.kind not in MEANS or len(layer.sources) != 1:
        return False
    before, after = output_size(graph, layer.sources[0]), output_size(graph, layer.name)
    return before is not None and before.form == "map" and after is not None and set(after.space) <= {1}


def _signed(node: Node, graph: Graph) -> Node:
    """A small box in which branches meet as a circle with a sign."""
    layer = graph.layer.get(node.name)
    sign = SIGNS.get(operation(layer)) if layer and len(layer.inputs) > 1 else None
    return replace(node, shape="circle", label=(sign,)) if sign and node.h < 1.5 * node.w else node


def _largest(panel: Panel, words: Words, wide: float, entries: Sequence[LegendEntry], options: Options) -> Parts:
    """The strip with the largest measures with which it fits in few rows; the words beside its end or after it."""
    text = small(options.font_size)
    keys = legends(entries, options.width - 2 * MARGIN, text)
    legend = LEGEND_GAP + max(key.h - key.y for key in keys) if keys else 0.0
    room = Room(options.width - 2 * MARGIN, options.max_height - 2 * MARGIN - legend)
    part = strips_of(panel)[-1]
    fitting: list[tuple[int, Parts]] = []
    drawn = Parts()
    for measure in MEASURES:
        if measure < LARGE and fitting and min(rows for rows, _ in fitting) <= ROWS:
            break
        for inside in (0.0, wide):
            choice = laid(part, Air(measure, "right"), replace(room, width=room.width - inside))
            drawn = _worded(_quiet(parts([alone(panel, choice)])), words, text)
            x0, _, x1, _ = bounds(drawn)
            if choice.fits and x1 - x0 <= room.width + 0.5:
                fitting.append((choice.rows.count, drawn))
    return min(fitting, key=lambda each: each[0], default=(0, drawn))[1]


def _quiet(drawn: Parts) -> Parts:
    """Lines in place of arrows: tips would be larger than the boxes."""
    return replace(
        drawn,
        wires=tuple(replace(wire, tip=False) for wire in drawn.wires),
        frames=(),
        labels=(),
    )


def _worded(drawn: Parts, words: Words, text: float) -> Parts:
    """The words beside the boxes of the outputs: to the right where there is room, else above or below."""
    at = {node.name: node for node in drawn.nodes}
    taken = [_rect(node) for node in drawn.nodes] + [
        (min(a[0], b[0]) - NEAR, min(a[1], b[1]) - NEAR, max(a[0], b[0]) + NEAR, max(a[1], b[1]) + NEAR)
        for wire in drawn.wires
        for a, b in pairwise(wire.via)
    ]
    count = len(taken)
    labels: list[Label] = []
    for name, lines in words.items():
        node = at.get(f"{name}:out")
        if node is None:
            continue
        choices = _places(node, lines, text)
        label, rect = next((each for each in choices if not any(_meet(each[1], other) for other in taken)), choices[0])
        labels.append(label)
        taken.append(rect)
    ink = tuple(point for x0, y0, x1, y1 in taken[count:] for point in ((x0, y0), (x1, y1)))
    return replace(drawn, labels=tuple(labels), ink=(*drawn.ink, *ink))


def _places(node: Node, lines: tuple[str, ...], text: float) -> list[tuple[Label, Rect]]:
    """Where words may stand, the best place first: in lines or in one to the right, above, below."""
    one = (": ".join(lines),)
    right, top, bottom = node.x + node.w / 2 + GAP, node.y + node.h / 2 + GAP, node.y - node.h / 2 - GAP
    found: list[tuple[Label, Rect]] = []
    for said in (one, lines):
        wide, high = max(SLACK * width(line, text) for line in said), LINE * text * len(said)
        found.append(
            (Label(right, node.y, said, "dims", "west"), (right, node.y - high / 2, right + wide, node.y + high / 2))
        )
    wide, high = SLACK * width(one[0], text) / 2, LINE * text
    found.append((Label(node.x, top, one, "dims", "south"), (node.x - wide, top, node.x + wide, top + high)))
    found.append((Label(node.x, bottom, one, "dims", "north"), (node.x - wide, bottom - high, node.x + wide, bottom)))
    return found


def _rect(node: Node) -> Rect:
    wide, high = node.w / 2 + NEAR, node.h / 2 + NEAR
    return node.x - wide, node.y - high, node.x + wide, node.y + high


def _meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
