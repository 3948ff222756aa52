"""The operations that a layer stands for, written down one by one: names, shapes, weights and multiply-accumulates."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

from nnfig.graph import Dim, Edge, Group, Layer, Mark, TensorSpec

Shape = tuple[Dim, ...]
STATE = "state"
"""The kind of what a step takes of the step before."""


class StaysClosed(Exception):
    """Why a layer cannot be opened: the rest of the sentence `it stays closed because ...`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A tensor that the layer takes."""

    edge: Edge
    spec: TensorSpec


class Parts:
    """Layers and groups inside one opened layer, in the order in which they run."""

    def __init__(
        self, layer: Layer, inputs: Sequence[Taken], used: frozenset[int], weights: int, whole: bool = False
    ) -> None:
        """What a layer is known to be.

        Args:
            layer: the layer.
            inputs: the tensors that it takes.
            used: which of its outputs somebody takes.
            weights: how many parameters it runs.
            whole: it is all of the network: a frame around everything would say nothing, but for a cell, whose
                states come from outside.
        """
        self.layer = layer
        self.inputs = inputs
        self.weights = weights
        self.used = used
        self.layers: list[Layer] = []
        self.groups: list[Group] = []
        self.gives: dict[int, Edge] = {}
        """What each output of the layer is."""
        self.symbols: dict[str, str] = {}
        """What the literature calls a part, by the name of the part."""
        self.whole = whole
        self._prefix = "" if whole else f"{layer.name}."
        framed = not whole or layer.kind.endswith("Cell")
        self._group = layer.name if framed else layer.group
        if framed:
            self.groups.append(Group(layer.name, layer.kind, parent=layer.group))

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The layer's own."""
        return self.layer.attributes

    @property
    def dtype(self) -> str:
        """Of everything in the layer."""
        return self.layer.output[0].dtype if self.layer.output else "float32"

    @contextmanager
    def group(self, name: str, cls: str, repeat: int = 1) -> Generator[None]:
        """A group around what is added; `repeat` runs of it share their weights."""
        outside = self._group, self._prefix
        path = self._prefix + name
        self.groups.append(Group(path, cls, repeat=repeat, parent=self._group, shared=repeat > 1))
        self._group, self._prefix = path, f"{path}."
        yield
        self._group, self._prefix = outside

    @contextmanager
    def outside(self) -> Generator[None]:
        """What is added stands before the layer's own group."""
        inside = self._group, self._prefix
        self._group, self._prefix = self.layer.group, f"{self.layer.name}_" if self._prefix else ""
        yield
        self._group, self._prefix = inside

    def add(
        self,
        name: str,
        kind: str,
        inputs: Sequence[Edge],
        *shapes: Shape,
        params: int = 0,
        macs: int | None = 0,
        mark: Mark = "",
        symbol: str = "",
        **attributes: Any,
    ) -> Edge:
        """One operation; its first output, which is called by the symbol where it has one."""
        layer = Layer(
            name=self._prefix + name,
            kind=kind,
            inputs=tuple(inputs),
            output=tuple(TensorSpec(shape, self.dtype) for shape in shapes),
            params=params,
            macs=macs,
            path=self.layer.path,
            attributes=attributes,
            group=self._group,
            mark=mark,
        )
        self.layers.append(layer)
        if symbol:
            self.symbols[layer.name] = symbol
        return Edge(layer.name)

    def call(self, taken: Edge, symbol: str) -> None:
        """Say what the literature calls an input of the network."""
        self.symbols[taken.source] = symbol

    def linear(
        self, name: str, taken: Edge, shape: Shape, width: int, features: int, bias: bool, symbol: str = ""
    ) -> Edge:
        """A matrix product of the last axis, which has `width` features, into `features`."""
        return self.add(
            name,
            "Linear",
            [taken],
            (*shape, features),
            params=features * (width + bias),
            macs=product((*shape, features), width),
            symbol=symbol,
            in_features=width,
            out_features=features,
            bias=bias,
        )

    def chunk(self, name: str, taken: Edge, shape: Shape, features: int, words: Sequence[str]) -> list[Edge]:
        """Equal parts of the last axis, as many as there are words, which say what each is for."""
        edge = self.add(name, "chunk", [taken], *[(*shape, features)] * len(words), chunks=len(words), dim=-1)
        return [Edge(edge.source, number, word) for number, word in enumerate(words)]


def product(sizes: Sequence[Dim], *more: Dim) -> int:
    """Product of sizes; one that has only a name counts once, as in the costs that sources give."""
    return prod(size for size in (*sizes, *more) if isinstance(size, int))
