"""Which value each living tensor holds: by identity, and by the memory that tensors share."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from itertools import pairwise

import torch

from nnfig.sources.tracer.compat import storage_key, unwrapped


class _Known(weakref.ref[torch.Tensor]):
    """A tensor that holds a value."""

    __slots__ = ("key", "storage")
    key: int
    storage: int | None


class Memory:
    """Numbers of values by tensor; a tensor that dies is forgotten, so that ids are never mistaken."""

    def __init__(self) -> None:
        self._values: dict[int, int] = {}
        self._known: dict[int, _Known] = {}
        self._sharing: dict[int, list[_Known]] = {}
        self._held: list[torch.Tensor] = []
        """Tensors that only function transforms hold."""

    def get(self, tensor: torch.Tensor) -> int | None:
        """The value that this very tensor holds; None if nothing is known of it, or of the memory it got unseen."""
        known = self._known.get(id(tensor))
        return self._values[known.key] if known is not None and known.storage == storage_key(tensor) else None

    def put(self, tensor: torch.Tensor, number: int) -> None:
        """From now on the tensor holds this value."""
        key, storage = id(tensor), storage_key(tensor)
        self._values[key] = number
        known = self._known.get(key)
        if known is None or known.storage != storage:
            known = _Known(tensor, self._forget)
            known.key, known.storage = key, storage
            self._known[key] = known
            if storage is not None:
                self._sharing.setdefault(storage, []).append(known)
        inner = unwrapped(tensor)
        if inner is not None:
            self._held.append(inner)
            self.put(inner, number)

    def _forget(self, known: weakref.ref[torch.Tensor]) -> None:
        assert isinstance(known, _Known)
        if self._known.get(known.key) is known:
            del self._known[known.key]
            self._values.pop(known.key, None)

    def inner(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """What a tensor inside torch.func.vmap or grad wraps, kept alive."""
        found = unwrapped(tensor)
        if found is not None:
            self._held.append(found)
        return found

    def share(self, tensor: torch.Tensor, stand_in: torch.Tensor) -> None:
        """The memory of these two counts as one: a real tensor's and its stand-in's."""
        one, other = storage_key(tensor), storage_key(stand_in)
        if one is not None and other is not None:
            self._sharing[other] = self._sharing.setdefault(one, [])

    def sharing(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """Living tensors that share memory with this one, itself among them if it is known."""
        storage = storage_key(tensor)
        if storage is None or storage not in self._sharing:
            return []
        group = self._sharing[storage]
        group[:] = [known for known in group if self._known.get(known.key) is known]
        return [other for known in group if (other := known()) is not None and storage_key(other) == known.storage]


def congruent(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors on the same memory are the same view of it."""
    return (
        one.shape == other.shape
        and one.dtype == other.dtype
        and one.layout is torch.strided
        and other.layout is torch.strided
        and one.stride() == other.stride()
        and one.storage_offset() == other.storage_offset()
    )


def disjoint(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors on the same memory surely have no element in common: halves of a chunk, two columns.

    >>> whole = torch.zeros(4, 6)
    >>> left, right = whole.chunk(2, 1)
    >>> disjoint(left, right), disjoint(left, whole[:, 2:]), disjoint(whole[0], whole[1:])
    (True, False, True)
    """
    grids = [_grid(one), _grid(other)]
    strides = sorted({*grids[0], *grids[1], 1}, reverse=True)
    if one.dtype != other.dtype or strides[-1] < 1 or any(a % b for a, b in pairwise(strides)):
        return False
    offsets = [int(one.storage_offset()), int(other.storage_offset())]
    room = 0
    for stride in strides:  # both as boxes in one grid
        starts = [offset // stride for offset in offsets]
        ends = [start + grid.get(stride, 1) for start, grid in zip(starts, grids, strict=True)]
        if room and max(ends) > room // stride:
            return False
        if ends[0] <= starts[1] or ends[1] <= starts[0]:
            return True
        offsets = [offset % stride for offset in offsets]
        room = stride
    return False


def _grid(tensor: torch.Tensor) -> dict[int, int]:
    """Length by stride; stride 0, which stands for no grid, where two axes run along each other or there are none."""
    if tensor.layout is not torch.strided:
        return {0: 1}
    lengths: list[int] = list(tensor.shape)
    axes = [(stride, length) for stride, length in zip(tensor.stride(), lengths, strict=True) if length != 1]
    return dict(axes) if len({stride for stride, _ in axes}) == len(axes) else {0: 1}


def sizes(tensor: torch.Tensor) -> tuple[int | str, ...]:
    """Its sizes, inside a transform those of the whole batch; those that differ in a nested tensor are called so."""
    while (inner := unwrapped(tensor)) is not None:
        tensor = inner
    if not tensor.is_nested:
        return tuple(tensor.shape)
    sizes: list[int | str] = []
    for axis in range(tensor.dim()):
        try:
            sizes.append(int(tensor.size(axis)))
        except RuntimeError:
            sizes.append("ragged")
    return tuple(sizes)


def alias(tensor: torch.Tensor) -> torch.Tensor:
    """Another tensor object on the same memory: a residual taken before a layer is told from one taken after it."""
    return tensor.view_as(tensor) if tensor.layout is torch.strided else tensor.clone()


def among(tensor: torch.Tensor, others: Sequence[torch.Tensor]) -> bool:
    return any(tensor is other for other in others)


def once(found: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return list({id(t): t for t in found}.values())
