"""What is written around a volume: sizes where they change, whole below the box or along its edges, and kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.layout.tensors import Size
from nnfig.layout.volumes.scale import Scale, solid
from nnfig.layout.volumes.solids import Polygon, Solid, apart
from nnfig.layout.volumes.stations import Station
from nnfig.layout.words import sides


@dataclass(frozen=True, slots=True)
class Placed:
    """A station with its body, its centre and the texts around it."""

    station: Station
    body: Solid
    x: float = 0.0
    y: float = 0.0
    below: tuple[str, ...] = ()
    """Lines under the front face."""
    side: str = ""
    edge: str = ""
    top: str = ""
    glued: bool = False
    """It stands on the right face of its source: a thin box without text of its own."""

    def shapes(self, text: float) -> tuple[Polygon, ...]:
        """Outlines of the body and its texts, around the centre."""
        found = [self.body.outline]
        if self.below:
            found.append(self.body.below(self.below, text))
        if self.side:
            found.append(self.body.side(self.side, text))
        if self.edge:
            found.append(self.body.edge(self.edge, text))
        if self.top:
            found.append(self.body.top(self.top, text))
        return tuple(found)

    def reach(self, text: float) -> tuple[float, float]:
        """How far it and its texts reach to the left and to the right of its centre."""
        xs = [x for shape in self.shapes(text) for x, _ in shape]
        return min(xs), max(xs)


def labelled(found: Sequence[Station], scale: Scale) -> list[Placed]:
    """Bodies with their texts, not placed yet."""
    takers: dict[str, list[Station]] = {station.name: [] for station in found}
    for station in found:
        for source in station.sources:
            takers[source].append(station)
    said: dict[str, Size | None] = {}
    items: list[Placed] = []
    for station in found:
        before = said[station.sources[0]] if station.sources else None
        item, said[station.name] = _labelled(station, before, takers[station.name], scale)
        items.append(item)
    return items


def _labelled(
    station: Station, before: Size | None, takers: Sequence[Station], scale: Scale
) -> tuple[Placed, Size | None]:
    """A box with its texts where the size that was said `before` is not its own; and the size said after it."""
    item = Placed(station, solid(station, scale))
    size = station.size
    if station.role == "join":
        return item, before
    if scale.kernels and station.role in ("stack", "thin"):
        item = replace(item, top=kernel_text(station))
    if station.role == "thin" and any(taker.size.space == size.space for taker in takers):
        return replace(item, glued=station.attached and not item.top), before
    if size == before and station.role != "bar":
        return replace(item, glued=station.attached and not item.top), before
    if size.form == "vector":
        return replace(item, below=(str(size.channels),)), size
    if station.copied:
        return replace(item, top=f"{size.short}×{size.channels}" if scale.sizes == "tight" else str(size)), size
    if scale.sizes == "whole":
        return replace(item, below=(str(size),)), size
    return _short(item, before is not None and before.space == size.space, scale), size


def _short(item: Placed, same_space: bool, scale: Scale) -> Placed:
    """Channels below, space along the edges where it is new; both below where they would meet."""
    station, size, text = item.station, item.station.size, scale.text
    space = size.short if scale.sizes == "tight" else size.extent
    count = f"{len(station.slabs)}×" if len(station.slabs) > 1 else ""
    channels = f"{count}{size.channels}" if station.role != "thin" else ""
    plain = replace(item, below=(channels,) if channels else ())
    if same_space:
        return plain
    if station.role == "input" or len(size.space) != 2:
        side = size.extent if len(set(size.space)) > 1 or len(size.space) != 2 else str(size.height)
        return replace(plain, side=side)
    if len(set(size.space)) > 1:
        return replace(plain, below=(*plain.below, space))
    written = replace(plain, edge=str(size.width))
    if plain.below and apart(plain.body.below(plain.below, text), plain.body.edge(written.edge, text), 1.0) > 0:
        return replace(plain, below=(*plain.below, space))
    return written


def kernel_text(station: Station) -> str:
    """The kernel of a box's layers where they agree: `11×11, /4`."""
    said = {
        _kernel_text(layer.attributes.get("kernel_size"), layer.attributes.get("stride")) for layer in station.slabs
    }
    return said.pop() if len(said) == 1 else ""


def _kernel_text(kernel: object, stride: object) -> str:
    sizes = sides(kernel)
    if not sizes:
        return ""
    steps = [step for step in sides(stride) if step != 1]
    return "×".join(map(str, sizes)) + (f", /{steps[0]}" if steps else "")
