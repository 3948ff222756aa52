"""Whether arrows run through what they do not concern: from placed volumes and their arrows to a name, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nnfig.layout.scene import Point, Side, Wire
from nnfig.layout.volumes.solids import moved, strikes
from nnfig.layout.volumes.texts import Placed


def tangle(placed: Sequence[Placed], wires: Sequence[Wire], text: float) -> str:
    """Name of the first box that an arrow of others runs through, or through whose text any arrow runs."""
    at = {item.station.name: item for item in placed}
    shapes = [
        (item.station.name, number, moved(shape, item.x, item.y))
        for item in placed
        for number, shape in enumerate(item.shapes(text))
    ]
    for wire in wires:
        source = at[wire.source].station
        own = {wire.source, wire.target, *source.sources[: at[wire.source].glued]}
        start = _end(at[wire.source], wire.out, wire.out_shift)
        end = _end(at[wire.target], wire.into, wire.in_shift)
        for one, other in pairwise((*(() if wire.tap else (start,)), *wire.via, end)):
            for name, number, shape in shapes:
                if (number or name not in own) and strikes(one, other, shape):
                    return name
    return ""


def _end(item: Placed, side: Side, shift: float) -> Point:
    """Where an arrow begins or ends at a box."""
    if side in ("east", "west"):
        return item.x + item.body.w / 2 * (1 if side == "east" else -1), item.y + shift
    return item.x + shift, item.y + item.body.h / 2 * (1 if side == "north" else -1)
