"""A Scene in, its macros out: one `Line` for each layer, wire, frame, label and legend, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nnfig.emit.escape import Tex, comment, lines, size, tex
from nnfig.emit.names import node_name
from nnfig.graph import LegendEntry
from nnfig.layout.scene import Frame, Label, Legend, Node, Point, Scene, Wire


@dataclass(frozen=True, slots=True)
class Line:
    """One macro of the figure; `str(line)` is its TeX."""

    what: str
    """layer, edge, group, label, legend, or comment."""
    cls: Tex
    """The TeX class; for a comment its text."""
    options: tuple[tuple[str, Tex | None], ...] = ()
    """Keys with values; None: a word without a value."""
    arguments: tuple[Tex, ...] = ()
    """Mandatory arguments: node names, text, or entries."""
    values: dict[str, Tex] = field(default_factory=dict)
    """The options by name, for templates: `layer.values.at`."""

    def __str__(self) -> str:
        if self.what == "comment":
            return f"% {self.cls}"
        keys = [self.cls] if self.cls else []
        keys += [word if value is None else f"{word}={value}" for word, value in self.options]
        given = f"[{', '.join(keys)}]" if keys else ""
        return rf"\nnf{self.what}{given}" + "".join(f"{{{argument}}}" for argument in self.arguments)


Option = tuple[str, "Tex | None"]


def figure_lines(scene: Scene) -> tuple[Line, ...]:
    """Frames and layers in reading order, then wires, labels and legends."""
    place = {node.name: i for i, node in enumerate(scene.nodes)}
    volumes = {node.name for node in scene.nodes if node.shape == "volume"}

    def order(wire: Wire) -> tuple[bool, int, int]:
        # dashes from a volume lie under the solid line that they begin on
        below = wire.cls == "projection" and wire.source in volumes
        return not below, place.get(wire.target, len(place)), place.get(wire.source, -1)

    wires = sorted(scene.wires, key=order)
    return (
        *_framed(scene.nodes, scene.frames),
        *(_heading("wires") if wires else ()),
        *(_wire(each) for each in wires),
        *(_heading("labels and legend") if scene.labels or scene.legends else ()),
        *(_label(each) for each in scene.labels),
        *_legends(scene.legends),
    )


def _heading(text: str) -> Iterator[Line]:
    yield Line("comment", comment(f"-- {text}"))


def _framed(nodes: Sequence[Node], frames: Sequence[Frame]) -> Iterator[Line]:
    """Every node, each frame before the first of its members: what is painted first lies below."""
    waiting: dict[str, list[Frame]] = {}
    first = {node.name: i for i, node in enumerate(nodes)}
    for frame in frames:
        known = [name for name in frame.members if name in first]
        opener = min(known, key=lambda name: first[name]) if known else ""
        waiting.setdefault(opener, []).append(frame)
    for frame in waiting.get("", ()):
        yield from _frame(frame)
    for node in nodes:
        for frame in sorted(waiting.get(node.name, ()), key=lambda f: (f.y0 - f.y1) * (f.x1 - f.x0)):
            yield from _frame(frame)
        yield _layer(node)


def _frame(frame: Frame) -> Iterator[Line]:
    times = f" x{frame.repeat}" if frame.repeat > 1 else ""
    said = f"{frame.name}: {frame.title}" if frame.title and frame.title != frame.name else frame.name
    yield Line("comment", comment(f"-- {said}{times}"))
    options: list[Option] = [
        ("at", pair((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2)),
        ("size", pair(frame.x1 - frame.x0, frame.y1 - frame.y0)),
    ]
    if frame.title:
        options += [("title", braced(tex(frame.title))), *_unless("title at", frame.title_at, "north west")]
    if frame.repeat > 1:
        options += [("repeat", number(frame.repeat)), *_unless("repeat at", frame.repeat_at, "east")]
    yield _line("group", class_name(frame.cls) if frame.cls != "group" else Tex(""), options, node_name(frame.name))


_SIGNS = {
    "+": "sum", "⊕": "sum", "×": "product", "⊗": "product", "*": "product", "⊙": "product", "−": "difference",
    "-": "difference", "‖": "concatenation", "∥": "concatenation", "∿": "wave", "~": "wave",
}  # fmt: skip


def _layer(node: Node) -> Line:
    sign = _SIGNS.get(" ".join(node.label)) if node.shape == "circle" else None
    options: list[Option] = []
    if node.shape != "box":
        options.append((sign or node.shape, None))
    options += [("at", pair(node.x, node.y)), ("size", pair(*_front(node)))]
    if node.label and not sign:
        options.append(("label", braced(lines(node.label))))
    if node.rotate:
        options.append(("rotate", number(node.rotate)))
    if node.dims:
        options += [("dims", braced(size(node.dims))), *_unless("dims at", node.dims_at, "south")]
    options += _solid(node)
    if node.kind:
        options.append(("kind", identifier(node.kind)))
    options += _facts(node.data)
    return _line("layer", class_name(node.cls), options, node_name(node.name))


def _front(node: Node) -> Point:
    """Width and height as TeX wants them: of the whole outline."""
    return node.w, node.h


def _solid(node: Node) -> list[Option]:
    """What only volumes, maps and columns of neurons have."""
    options: list[Option] = []
    if node.depth:
        options.append(("depth", number(node.depth)))
    if node.seams:
        options.append(("seams", braced(Tex(",".join(number(s, 4) for s in node.seams)))))
    if node.bands:
        bands = (f"{number(a, 4)}/{number(b, 4)}/{class_name(cls)}" for a, b, cls in node.bands)
        options.append(("bands", braced(Tex(",".join(bands)))))
    if node.copied:
        options.append(("copied", number(node.copied, 4)))
    for key, text in (("top", node.top), ("side", node.side), ("below", node.below), ("edge", node.edge)):
        if text:
            options.append((key, braced(size(text) if "\n" not in text else lines(text.split("\n")))))
    if node.below_shift:
        options.append(("below shift", number(node.below_shift)))
    if node.window:
        options.append(("window", braced(Tex(",".join(number(v) for v in node.window)))))
    if node.units:
        options.append(("count", number(node.units)))
    if node.dots_after:
        options.append(("dots after", number(node.dots_after)))
    if node.crossed:
        options.append(("crossed", braced(Tex(",".join(map(str, node.crossed))))))
    return options


_TAKEN = frozenset(
    [
        "at",
        "size",
        "label",
        "rotate",
        "dims",
        "style",
        "kind",
        "box",
        "circle",
        "volume",
        "map",
        "neurons",
        "text",
        "sum",
        "product",
        "difference",
        "concatenation",
        "wave",
        "gate",
        "function",
        "depth",
        "seams",
        "bands",
        "window",
        "copied",
        "top",
        "side",
        "below",
        "below shift",
        "edge",
        "count",
        "crossed",
        "fill",
        "draw",
        "radius",
        "tip",
        "font",
        "thin",
        "thick",
        "solid",
        "dashed",
        "dotted",
        "dash",
    ]
)
"""Keys of a layer that mean something else than a fact."""


def _facts(data: Iterable[tuple[str, str]]) -> Iterator[Option]:
    for key, value in data:
        word = re.sub(r"[^a-z0-9]+", " ", key.lower()).strip()
        if word and value:
            ready = size(value)
            plain = re.fullmatch(r"[A-Za-z0-9.:/+]+", ready)
            yield (f"fact {word}" if word in _TAKEN else word, ready if plain else braced(ready))


def _wire(wire: Wire) -> Line:
    options: list[Option] = [*_unless("out", wire.out, "east"), *_unless("in", wire.into, "west")]
    if wire.out_shift:
        options.append(("out shift", number(wire.out_shift)))
    if wire.in_shift:
        options.append(("in shift", number(wire.in_shift)))
    if via := _bends(wire.via):
        options.append(("via", braced(Tex("".join(f"({number(x)},{number(y)})" for x, y in via)))))
    if wire.tap:
        options.append(("tap", None))
    if wire.label:
        options.append(("label", braced(lines(wire.label.split("\n")))))
        if wire.label_at:
            options.append(("label at", pair(*wire.label_at)))
        options += _unless("label side", wire.label_side, "north")
    if not wire.tip:
        options.append(("no tip", None))
    cls = class_name(wire.cls) if wire.cls != "flow" else Tex("")
    return _line("edge", cls, options, node_name(wire.source), node_name(wire.target))


def _bends(via: Sequence[Point]) -> list[Point]:
    """Way-points without those that repeat the one before: a round corner needs room."""
    kept: list[Point] = []
    for point in via:
        if not kept or max(abs(point[0] - kept[-1][0]), abs(point[1] - kept[-1][1])) > 0.05:
            kept.append(point)
    return kept


def _label(label: Label) -> Line:
    options: list[Option] = [("at", pair(label.x, label.y)), *_unless("anchor", label.anchor, "center")]
    if label.rotate:
        options.append(("rotate", number(label.rotate)))
    return _line("label", class_name(label.cls) if label.cls != "note" else Tex(""), options, lines(label.lines))


def _legends(legends: Sequence[Legend]) -> Iterator[Line]:
    """Legends of one entry that stand side by side are one row, whose places TeX finds from its texts."""
    rows: dict[float, list[Legend]] = {}
    for legend in legends:
        if len(legend.entries) == 1:
            rows.setdefault(round(legend.y, 2), []).append(legend)
    for legend in legends:
        row = rows.get(round(legend.y, 2), ())
        if len(legend.entries) > 1 or len(row) < 2:
            yield _legend(legend)
        elif legend is row[0]:
            left, right = row[0].x, max(each.x + each.w for each in row)
            options: list[Option] = [("row", None), ("at", pair((left + right) / 2, legend.y))]
            yield _line("legend", Tex(""), options, _entries(each.entries[0] for each in row))


def _legend(legend: Legend) -> Line:
    options: list[Option] = [("at", pair(legend.x, legend.y)), ("columns", number(legend.columns))]
    if legend.column_width:
        options.append(("column width", number(legend.column_width)))
    return _line("legend", Tex(""), options, _entries(legend.entries))


def _entries(entries: Iterable[LegendEntry]) -> Tex:
    texts = (
        rf"\nnfentry{'[wire]' if entry.what == 'edge' else ''}{{{class_name(entry.cls)}}}{{{tex(entry.text)}}}"
        for entry in entries
    )
    return Tex("\n    " + "\n    ".join(texts))


def _line(what: str, cls: Tex, options: Iterable[Option], *arguments: str) -> Line:
    given = tuple(options)
    values = {word: Tex("true") if value is None else value for word, value in given}
    return Line(what, cls, given, tuple(Tex(argument) for argument in arguments), values)


def _unless(key: str, value: str, default: str) -> Iterator[Option]:
    if value != default:
        yield (key, Tex(value))


def number(value: float, digits: int = 2) -> Tex:
    """A number as TeX reads it: no exponent, no trailing zeros, no minus zero."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits and not isinstance(value, int) else f"{value}"
    return Tex("0" if text in ("-0", "") else text)


def pair(x: float, y: float) -> Tex:
    """`{x,y}`"""
    return Tex(f"{{{number(float(x))},{number(float(y))}}}")


def braced(text: Tex) -> Tex:
    """The text in braces, so that commas and brackets in it are its own."""
    return Tex(f"{{{text}}}")


def class_name(cls: str) -> Tex:
    """A TeX class: letters, digits, spaces and hyphens; empty becomes `block`."""
    return Tex(re.sub(r"[^A-Za-z0-9 -]+", "-", cls).strip(" -") or "block")


def identifier(kind: str) -> Tex:
    """A class or function name: what is no identifier's character becomes an underscore."""
    return Tex(re.sub(r"[^A-Za-z0-9_.:]+", "_", kind))
