"""Where volumes stand: from stations and a scale to places on rows, as close as boxes, text and arrows allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nnfig.layout.volumes_scale import Scale, solid
from nnfig.layout.volumes_solids import Polygon, Solid, apart
from nnfig.layout.volumes_stations import Station

ARROW = 12.0
"""The least length of an arrow."""

CLEAR = 3.0
"""Room between things of neighbouring boxes."""

BACK = 6
"""How many boxes to the left are looked at for collisions."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A station with its body, its centre and the texts around it."""

    station: Station
    body: Solid
    x: float = 0.0
    y: float = 0.0
    below: str = ""
    side: str = ""
    edge: str = ""
    glued: bool = False
    """It stands on the right face of its source: a pooling without text of its own."""

    def shapes(self, text: float) -> tuple[Polygon, ...]:
        """Outlines of the body and its texts, around the centre."""
        found = [self.body.outline]
        if self.below:
            found.append(self.body.below((self.below,), text))
        if self.side:
            found.append(self.body.side(self.side, text))
        if self.edge:
            found.append(self.body.edge(self.edge, text))
        return tuple(found)


def place(found: Sequence[Station], rows: Mapping[str, int], scale: Scale) -> tuple[Placed, ...]:
    """Stations along their rows, packed to the left; y is left at 0."""
    done: list[Placed] = []
    at: dict[str, Placed] = {}
    for station, item in zip(found, labelled(found, rows, scale), strict=True):
        x = 0.0 if not done else -1e9
        row = rows[station.name]
        neighbours = [p for p in done if rows[p.station.name] == row][-BACK:]
        for other in neighbours:
            if not (item.glued and other.station.name == station.sources[0]):
                x = max(x, other.x + _beside(other, item, scale.text))
        for source in station.sources:
            if item.glued:
                x = max(x, at[source].x + at[source].body.front / 2 + item.body.front / 2)
            else:
                x = max(x, at[source].x + at[source].body.front / 2 + ARROW + item.body.w / 2)
        item = replace(item, x=x if x > -1e8 else 0.0)
        done.append(item)
        at[station.name] = item
    return tuple(done)


def extent(placed: Sequence[Placed], text: float) -> float:
    """Width of everything placed."""
    xs = [x + p.x for p in placed for shape in p.shapes(text) for x, _ in shape]
    return max(xs) - min(xs) if xs else 0.0


def _beside(left: Placed, right: Placed, text: float) -> float:
    """How far right of `left` the other must stand so that nothing of it meets anything of `left`."""
    shapes = right.shapes(text)
    return max(apart(a, b, CLEAR) for a in left.shapes(text) for b in shapes)


def labelled(found: Sequence[Station], rows: Mapping[str, int], scale: Scale) -> list[Placed]:
    """Bodies with their texts: a size is written where it changes."""
    items: list[Placed] = []
    for i, station in enumerate(found):
        item = Placed(station, solid(station, scale))
        if station.role != "join":
            following = [s for s in found[i + 1 :] if station.name in s.sources]
            texts = _texts(station, following, scale.whole)
            item = replace(item, **texts, glued=station.attached and not texts)
        items.append(item)
    return items


def _texts(station: Station, following: Sequence[Station], whole: bool) -> dict[str, str]:
    """What is written around a box."""
    size = station.size
    said_next = any(s.size.space == size.space and s.size.form == "map" and s.role != "join" for s in following)
    if station.role == "pool" and (said_next or size.form != "map"):
        return {}
    if size.form == "vector":
        return {"below": str(size.channels)}
    if whole:
        return {"below": str(size)}
    count = f"{len(station.slabs)}×" if len(station.slabs) > 1 else ""
    texts = {"below": f"{count}{size.channels}"} if station.role != "pool" else {}
    square = len(set(size.space)) == 1
    if station.role == "input" or not square:
        texts["side"] = size.extent if len(size.space) == 1 else str(size.height)
    if station.role != "input" and len(size.space) > 1:
        texts["edge"] = str(size.width)
    return texts
