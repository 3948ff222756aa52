"""The nouns of the maps view: tensors, the operations between them as arrows, and the net that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnfig.graph import Layer
from nnfig.layout.tensors import Size


@dataclass(frozen=True, slots=True)
class Arrow:
    """An operation from one tensor to another, by names of tensors."""

    source: str
    target: str
    cls: str
    name: str
    """What the legend calls it: `conv 3×3`."""
    after: tuple[str, ...] = ()
    """What runs after it before the target: `ReLU`."""
    sign: str = ""
    """What is written at it."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A map: its size, its level in the pyramid of resolutions, and what of it is a copy."""

    name: str
    """The layer (or input) that gives it; for a copy and its neighbour, the concatenation."""
    size: Size
    level: int
    copied: float = 0.0
    """Share of its channels that is copied from elsewhere."""
    seams: tuple[float, ...] = ()
    """Shares of its width at which one copy ends and the next begins."""
    layer: Layer | None = None
    runs: tuple[str, ...] = ()
    """Names of the layers that make it, in the order in which they run."""


@dataclass(frozen=True)
class Net:
    """Tensors by name, in graph order, and the arrows between them."""

    tensors: Mapping[str, Tensor]
    into: Mapping[str, Sequence[Arrow]]
    """Arrows that end at a tensor."""
    out: Mapping[str, Sequence[Arrow]]
    """Arrows that begin at a tensor."""
    place: Mapping[str, int]
    """How many tensors stand before one on its level."""

    @cached_property
    def arrows(self) -> list[Arrow]:
        """All arrows, by their targets in graph order."""
        return [arrow for name in self.tensors for arrow in self.into[name]]

    def is_level(self, arrow: Arrow) -> bool:
        """Whether both ends are on one level."""
        return self.tensors[arrow.source].level == self.tensors[arrow.target].level

    def is_arc(self, arrow: Arrow) -> bool:
        """Whether an arrow passes over a map of its level, or over another arrow with the same ends."""
        if not self.is_level(arrow):
            return False
        twins = [a for a in self.into[arrow.target] if a.source == arrow.source]
        straight = next((a for a in twins if a.cls not in ("add", "copy")), arrow)
        return straight != arrow or self.place[arrow.target] - self.place[arrow.source] > 1

    def is_aside(self, arrow: Arrow) -> bool:
        """Whether an arrow between levels meets a map beside its middle, where others leave or arrive."""
        source, target = self.tensors[arrow.source], self.tensors[arrow.target]
        if source.size.form != "vector" or target.size.form == "vector":
            return arrow.cls == "indices"
        ends = [a.source for a in self.into[target.name] if a != arrow] + [a.target for a in self.out[target.name]]
        up = source.level > target.level
        return any(
            self.tensors[end].level != target.level and (self.tensors[end].level > target.level) == up for end in ends
        )

    @cached_property
    def lanes(self) -> Mapping[Arrow, int]:
        """The lane, from 1, of every arc: shorter ones run nearer to the maps, and none on that of another."""
        taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
        given: dict[Arrow, int] = {}
        arcs = [arrow for arrow in self.arrows if self.is_arc(arrow)]
        for arrow in sorted(arcs, key=lambda a: (self.place[a.target] - self.place[a.source], self.place[a.source])):
            level = self.tensors[arrow.source].level
            begin, end = self.place[arrow.source], self.place[arrow.target]
            lane = 1
            while any(a < end and begin < b for a, b in taken.get((level, lane), ())):
                lane += 1
            taken.setdefault((level, lane), []).append((begin, end))
            given[arrow] = lane
        return given

    @cached_property
    def arcs(self) -> Mapping[int, int]:
        """How many lanes each level has."""
        most: dict[int, int] = {}
        for arrow, lane in self.lanes.items():
            level = self.tensors[arrow.source].level
            most[level] = max(most.get(level, 0), lane)
        return most
