"""The shape of a level: cuts one behind the other, what lies between them, and lanes beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

Pair = tuple[int, int]


@dataclass(slots=True)
class Lane:
    """What runs beside cuts i to j: a skip, or a short branch."""

    i: int
    j: int
    pair: Pair = (0, 0)
    branch: Chain | None = None


@dataclass(slots=True)
class Segment:
    """What lies between two neighbouring cuts."""

    branches: list[Chain] = field(default_factory=list)
    core: list[int] = field(default_factory=list)
    joined: bool = False
    """Whether an edge joins the two cuts directly, and nothing else does."""
    rails: list[tuple[int, list[Pair]]] = field(default_factory=list)
    """An earlier cut that feeds the first item of every branch."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums beside a chain, each of the one before it and of what a cut gives; the first one takes from two cuts."""

    row: tuple[int, ...]
    feeds: tuple[tuple[int, tuple[int, ...]], ...]
    """The cuts that feed them, and what stands between."""
    end: int
    """The cut that takes the last one."""

    @property
    def items(self) -> tuple[int, ...]:
        """All that stands beside the chain."""
        return (*self.row, *(item for _, items in self.feeds for item in items))


@dataclass(slots=True)
class Chain:
    """Cuts, what lies between them and what runs beside them. A branch borrows its two ends from its parent."""

    cuts: list[int]
    segments: list[Segment] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    sums: list[Sums] = field(default_factory=list)
    branch: bool = False


@dataclass(slots=True)
class Decomposition:
    """The chain of a level, all its chains (parents first), and the pairs of items that no chain could place."""

    chain: Chain
    chains: list[Chain]
    misfits: list[Pair]
