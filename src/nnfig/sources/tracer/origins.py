"""A second look below torch functions, for tensors that came from nowhere: transforms, scripted and C++ code."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nnfig.sources.tracer.structure import tensors


class Origins(TorchDispatchMode):
    """Remembers of every tensor which kernel made it, and from which tensors; holds all of them alive."""

    def __init__(self) -> None:
        super().__init__()
        self._parents: dict[int, tuple[str, list[torch.Tensor]]] = {}
        self._held: list[torch.Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        taken = tensors((args, kwargs or {}))
        for tensor in tensors(made):
            if not any(tensor is other for other in taken):
                self._parents.setdefault(id(tensor), (str(func).split(".")[1], taken))
                self._held.append(tensor)
        self._held += taken
        return made

    def __call__(self, tensor: torch.Tensor) -> tuple[str, list[torch.Tensor]] | None:
        """The kernel that made it, and all tensors that it goes back to."""
        if id(tensor) not in self._parents:
            return None
        kernel = self._parents[id(tensor)][0]
        found: dict[int, torch.Tensor] = {}
        waiting = [tensor]
        while waiting:
            for parent in self._parents.get(id(waiting.pop()), ("", []))[1]:
                if id(parent) not in found:
                    found[id(parent)] = parent
                    waiting.append(parent)
        return kernel, list(found.values())
