"""From placed volumes to nodes, frames and texts of a scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from nnfig.graph import Graph
from nnfig.layout.parts import Parts, corners
from nnfig.layout.scene import Frame, Node
from nnfig.layout.text import LINE
from nnfig.layout.titles import titles
from nnfig.layout.volumes.place import FRAME_PAD
from nnfig.layout.volumes.scale import BAND, Scale, kernel_size
from nnfig.layout.volumes.solids import PAD, Solid, moved
from nnfig.layout.volumes.stations import cls_of
from nnfig.layout.volumes.texts import Placed
from nnfig.layout.volumes.wires import wires


def parts(
    placed: Sequence[Placed], rows: Mapping[str, float], scale: Scale, graph: Graph, starts: Collection[str] = ()
) -> Parts:
    """Everything but the legend."""
    windows = _windows(placed, scale) if scale.kernels else {}
    drawn, ink = wires(placed, rows, scale.text, starts, windows)
    shapes = [moved(shape, item.x, item.y) for item in placed for shape in item.shapes(scale.text)]
    return Parts(
        nodes=tuple(_node(item, windows.get(item.station.name), graph) for item in placed),
        wires=tuple(drawn),
        frames=tuple(_frames(placed, graph, scale.text)),
        ink=(*corners(shapes), *ink, *_titles(placed, graph, scale.text)),
    )


def _node(item: Placed, window: Solid | None, graph: Graph) -> Node:
    """One station as a volume, or as the circle of a join."""
    station, body = item.station, item.body
    layer = station.slabs[-1] if station.slabs else None
    join = station.role == "join"
    count = max(1, len(station.slabs))
    return Node(
        station.name,
        item.x,
        item.y,
        body.w,
        body.h,
        station.cls,
        "circle" if join else "volume",
        (station.sign,) if join else (),
        kind=layer.kind if layer else "input",
        data=_data(item),
        title=titles(graph, station.runs or (station.name,)),
        depth=body.depth,
        seams=tuple(round(i / count, 4) for i in range(1, count)),
        bands=_bands(item),
        top=item.top,
        below="\n".join(item.below),
        below_shift=item.shift if item.below else 0.0,
        side=item.side,
        edge=item.edge,
        window=_slid(item, window) if window else None,
    )


def _windows(placed: Sequence[Placed], scale: Scale) -> dict[str, Solid]:
    """The kernels that slide in tensors, to the scale of the tensors, each as a small solid."""
    found: dict[str, Solid] = {}
    for item in placed:
        if item.station.size.form != "map" or item.station.role == "join":
            continue
        kernels = [
            layer.attributes.get("kernel_size")
            for other in placed
            if item.station.name in other.station.sources and (other.kernel or other.top)
            for layer in other.station.slabs[:1]
        ]
        side = max((kernel_size(kernel, scale) for kernel in kernels), default=0.0)
        if side > 0:
            found[item.station.name] = Solid(min(side, item.body.front), min(side, item.body.height), side)
    return found


def _slid(item: Placed, window: Solid) -> tuple[float, float, float, float]:
    """Where a kernel is drawn: at the middle of the right face."""
    return (round(item.body.front / 2 - window.front / 2, 2), 0.0, round(window.height, 2), round(window.depth, 2))


def _bands(item: Placed) -> tuple[tuple[float, float, str], ...]:
    """What runs after a slab, painted at its end, each band a sixth of it; and the share that is a copy."""
    if item.station.copied:
        return ((0.0, round(item.station.copied, 4), "data"),)
    count = max(1, len(item.station.slabs))
    found: list[tuple[float, float, str]] = []
    for slab in range(count):
        classes = [cls_of(layer) for where, layer in item.station.bands if where == slab]
        each = BAND / item.body.front if item.station.role == "bar" else 1 / 6 / count
        share = min(each, 0.6 / count / max(1, len(classes)))
        for i, cls in enumerate(classes):
            end = (slab + 1) / count - share * (len(classes) - 1 - i)
            found.append((round(end - share, 4), round(end, 4), cls))
    return tuple(found)


def _data(item: Placed) -> tuple[tuple[str, str], ...]:
    """Facts for text templates and for `nnfig check`."""
    station = item.station
    look = station.slabs[-1].look if station.slabs else None
    facts = dict(look.data) if look else {}
    facts["shape"] = str(station.size)
    if len(station.slabs) > 1:
        facts["layers"] = " ".join(layer.name for layer in station.slabs)
    return tuple(facts.items())


def _frames(placed: Sequence[Placed], graph: Graph, text: float) -> list[Frame]:
    """A frame around each folded group, with its count; both are written below, where no arc runs."""
    frames: list[Frame] = []
    for group in graph.groups:
        members = [item for item in placed if item.station.repeat == group.path]
        if group.repeat < 2 or not members:
            continue
        points = corners(moved(shape, p.x, p.y) for p in members for shape in p.shapes(text))
        xs, ys = [x for x, _ in points], [y for _, y in points]
        frames.append(
            Frame(
                group.path,
                min(xs) - FRAME_PAD,
                min(ys) - FRAME_PAD,
                max(xs) + FRAME_PAD,
                max(ys) + FRAME_PAD,
                repeat=group.repeat,
                repeat_at="south",
                members=tuple(item.station.name for item in members),
            )
        )
    return frames


def _titles(placed: Sequence[Placed], graph: Graph, text: float) -> list[tuple[float, float]]:
    """Corners of what is written under frames."""
    return [(frame.x1, frame.y0 - text * LINE * 1.3 - PAD) for frame in _frames(placed, graph, text)]
