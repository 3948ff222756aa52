"""Irregular cores: items that are neither a chain nor parallel branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnfig.layout.boxes import Box

if TYPE_CHECKING:
    from nnfig.layout.place import Placer


def core_box(placer: Placer, items: list[int], first: int, last: int) -> Box:
    """The items of a core, placed between two cuts."""
    box = Box()
    s = 0.0
    for item in items:
        inner = placer.item(item)
        box.put(inner, s)
        s += inner.length + placer.air.bus
    box.length = s - placer.air.bus
    for (a, b) in placer.level.joins:
        if a == first and b in items:
            box.ins.append((0.0, (a, b)))
        if b == last and a in items:
            box.outs.append((0.0, (a, b)))
    return box
