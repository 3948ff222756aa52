"""Which weights a layer runs with: its own, or tensors that the model computed and put in their place."""

from __future__ import annotations

from collections.abc import Callable

import torch

from nnfig.sources.tracer.compat import own_parameters
from nnfig.sources.tracer.recording import is_leaf


class Weights:
    """The parameters that each leaf of a model has when its run begins."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._own = {
            id(module): dict(own_parameters(module))
            for module in model.modules()
            if is_leaf(module) and not isinstance(module, torch.jit.ScriptModule)
        }

    def instead(
        self, module: torch.nn.Module, is_fed: Callable[[torch.Tensor], bool]
    ) -> tuple[list[torch.Tensor], frozenset[str]]:
        """Tensors that stand in for its parameters (torch.func.functional_call, networks that make weights).

        Args:
            module: a leaf that runs.
            is_fed: whether a tensor depends on what the network is given.

        Returns:
            The tensors, and the names of the parameters that they replace.
        """
        own = self._own.get(id(module))
        if own is None:
            return [], frozenset()
        now, held = own_parameters(module), module.__dict__
        replaced = [name for name, tensor in own.items() if now.get(name) is not tensor]
        given = [now.get(name, held.get(name)) for name in replaced]
        made = [value for name, value in held.items() if isinstance(value, torch.Tensor) and name not in own]
        found = [value for value in given if isinstance(value, torch.Tensor)]
        return [*found, *filter(is_fed, made)], frozenset(replaced)
