"""What is written around a volume: sizes where they change, whole below the box or along its edges, and kernels."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from nnfig.layout.tensors import Size
from nnfig.layout.text import width
from nnfig.layout.volumes.scale import Scale, solid
from nnfig.layout.volumes.solids import ARROW, CLEAR, PAD, Polygon, Solid, apart, moved
from nnfig.layout.volumes.stations import Station, facts
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
    shift: float = 0.0
    """How far right of the middle of the front they stand."""
    side: str = ""
    edge: str = ""
    top: str = ""
    kernel: str = ""
    """What slides in the tensors that it takes: `11×11, /4`."""
    tapped: bool = False
    """Arcs leave the arrow behind it."""
    glued: bool = False
    """It stands on the right face of its source: a thin box without a text of its own."""

    overhang: float = 0.0
    """How far right of its centre the texts of what it stands on reach."""

    def shapes(self, text: float) -> tuple[Polygon, ...]:
        """Outlines of the body and its texts, around the centre."""
        found = [self.body.outline]
        if self.below:
            found.append(moved(self.body.below(self.below, text), self.shift))
        if self.side:
            found.append(self.body.side(self.side, text))
        if self.edge:
            found.append(self.body.edge(self.edge, text))
        if self.top:
            found.append(self.body.top(self.top, text))
        return tuple(found)

    def reach(self, text: float) -> tuple[float, float]:
        """How far it, its texts and those of what it stands on reach to the left and to the right of its centre."""
        xs = [x for shape in self.shapes(text) for x, _ in shape]
        return min(xs), max(*xs, self.overhang)

    def height(self, text: float) -> float:
        """How far it and its texts reach up from its centre."""
        return max(y for shape in self.shapes(text) for _, y in shape)

    @property
    def new_half(self) -> float:
        """Right of its centre: the middle, at the bottom, of the part that is no copy."""
        return self.body.front * self.station.copied / 2 - self.body.dx / 2

    def kernel_room(self, text: float) -> float:
        """How long an arrow must be for the kernel over it."""
        return width(self.kernel, text) + 3 * PAD if self.kernel else 0.0


def labelled(
    found: Sequence[Station], scale: Scale, down: Collection[str] = (), across: Collection[str] = ()
) -> list[Placed]:
    """Bodies with their texts, not placed yet.

    What an arrow leaves downwards, or enters from below, has its size above; where one comes `across` from above,
    or an arc begins there too, it stands below, beside the arrow.
    """
    takers: dict[str, list[Station]] = {station.name: [] for station in found}
    for station in found:
        for source in (*station.sources, *(source for source, _ in station.projections)):
            takers[source].append(station)
    unlike = scale.kernels and len({kernel_text(station) for station in found if station.role == "thin"}) > 1
    said: dict[str, Size | None] = {}
    items: dict[str, Placed] = {}
    for station in found:
        before = said[station.sources[0]] if station.sources else None
        item, said[station.name] = _labelled(station, before, takers[station.name], scale, station.name in down)
        item = _with_facts(item, scale)
        if unlike and station.role == "thin":
            item = replace(item, top=kernel_text(station), glued=False)
        tapped = len(takers[station.name]) > 1 and any(taker.role == "join" for taker in takers[station.name])
        if item.top and (tapped if station.copied else station.name in across):
            item = _beside_arrow(item, scale.text)
        items[station.name] = replace(item, glued=item.glued and not item.below, tapped=tapped)
    return _shared(items, takers) if scale.sizes == "whole" else list(items.values())


def _beside_arrow(item: Placed, text: float) -> Placed:
    """Its size below: left of the arrow that enters its new part, right of one that leaves the middle of its front."""
    away = width(item.top, text) / 2 + CLEAR
    shift = item.body.front * item.station.copied / 2 - away if item.station.copied else away
    return replace(item, top="", below=(item.top, *item.below), shift=shift)


def _labelled(
    station: Station, before: Size | None, takers: Sequence[Station], scale: Scale, above: bool
) -> tuple[Placed, Size | None]:
    """A box with its texts where the size that was said `before` is not its own; and the size said after it."""
    item = Placed(station, solid(station, scale))
    size = station.size
    if station.role == "join":
        return item, before
    if scale.kernels and station.role == "stack":
        item = replace(item, kernel=kernel_text(station))
    if station.role == "thin" and any(taker.size.space == size.space for taker in takers):
        return replace(item, glued=station.attached), before
    if size == before and station.role != "bar" and not (item.kernel and scale.sizes in ("whole", "split")):
        return replace(item, glued=station.attached), before
    if size.form == "vector":
        ones = (1,) * len(before.space) if before else ()
        written = Size("vector", size.channels, ones if scale.sizes == "whole" else ())
        return replace(item, below=(str(written),)), replace(size, space=ones)
    if station.copied or above:
        return replace(item, top=f"{size.short}×{size.channels}" if scale.sizes == "tight" else str(size)), size
    if scale.sizes == "whole":
        return replace(item, below=(str(size),), glued=station.attached), size
    if scale.sizes == "split":
        return replace(item, below=(size.extent, f"×{size.channels}"), glued=station.attached), size
    return _short(item, before is not None and before.space == size.space, scale), size


def _with_facts(item: Placed, scale: Scale) -> Placed:
    """Its text with what else it must say below; the space is then no longer along the edge."""
    unlike = (item.station.unlike,) if item.station.unlike else ()
    said = (*(line for layer in item.station.slabs for line in facts(layer)), *unlike)
    if not said or item.station.role == "join":
        return item
    space = (item.station.size.extent,) if item.edge else ()
    return replace(item, below=(*item.below, *space, *said), edge="")


def _shared(items: Mapping[str, Placed], takers: Mapping[str, Sequence[Station]]) -> list[Placed]:
    """Vectors of one size in a row: the size is written once, under the middle of them."""
    found = dict(items)
    for name, item in items.items():
        if item.station.role != "bar" or found[name].below != item.below:
            continue
        run = [item]
        while len(takers[run[-1].station.name]) == 1:
            after = items[takers[run[-1].station.name][0].name]
            if after.below != item.below or len(after.station.sources) > 1 or after.station.role != "bar":
                break
            run.append(after)
        if len(run) > 1:
            found[name] = replace(item, shift=(len(run) - 1) / 2 * (item.body.w + ARROW))
            found |= {each.station.name: replace(each, below=()) for each in run[1:]}
    return list(found.values())


def _short(item: Placed, same_space: bool, scale: Scale) -> Placed:
    """Channels below, space along the edges where it is new; both below where they would meet."""
    station, size, text = item.station, item.station.size, scale.text
    space = size.short if scale.sizes == "tight" else size.extent
    count = f"{len(station.slabs)}×" if len(station.slabs) > 1 else ""
    channels = f"{count}{size.channels}" if station.role != "thin" else ""
    plain = replace(item, below=(channels,) if channels else ())
    if same_space:
        return plain
    if station.role != "input" and len(size.space) > 2:
        return replace(plain, below=(*plain.below, size.short))
    if station.role == "input" or len(size.space) != 2:
        side = size.short if len(set(size.space)) > 1 or len(size.space) != 2 else str(size.height)
        upright = replace(plain, side=side)
        meets = plain.below and apart(plain.body.side(side, text), plain.body.below(plain.below, text), 1.0) > -math.inf
        return replace(plain, below=(*plain.below, side)) if meets else upright
    if len(set(size.space)) > 1:
        return replace(plain, below=(*plain.below, space))
    if station.role == "thin":
        return replace(plain, below=(space,), glued=station.attached)
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
