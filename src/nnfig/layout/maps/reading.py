"""What is known of tensors and arrows while a graph is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nnfig.graph import Graph
from nnfig.layout.maps.net import Arrow, Tensor

JOINED = {"copy": "copy", "add": "add", "indices": "pool indices"}
"""Classes of arrows that compute nothing, and what the legend calls them."""


@dataclass
class Reading:
    """What is known while the graph is read."""

    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    into: dict[str, list[Arrow]] = field(default_factory=dict[str, "list[Arrow]"])
    owner: dict[str, str] = field(default_factory=dict[str, str])
    """Tensor that stands for what a layer or input gives."""
    used: set[str] = field(default_factory=set[str])
    """Tensors from which an arrow begins."""

    def add(self, tensor: Tensor, arrows: Iterable[Arrow]) -> None:
        """A new tensor and the arrows into it."""
        self.tensors[tensor.name] = tensor
        self.owner[tensor.name] = tensor.name
        self.into[tensor.name] = list(arrows)
        self.used.update(arrow.source for arrow in self.into[tensor.name])


def is_alone(tensor: str, graph: Graph, found: Reading) -> bool:
    """Whether all layers that a tensor stands for follow each other, so that only the last one's result is taken on."""
    return all(len(graph.consumers[name]) == 1 for name, owner in found.owner.items() if owner == tensor)


def followed(arrow: Arrow, word: str) -> Arrow:
    """The arrow with one more operation after it; copies stay copies."""
    return arrow if arrow.cls in JOINED else replace(arrow, after=(*arrow.after, word))


def unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
