"""Modules that only say how another one runs (compiled, on several devices) give way to it while it is traced."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

import torch

from nnfig.sources.tracer.compat import own_modules

_PARALLEL = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)


def unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    """The module that its author wrote.

    >>> unwrapped(torch.nn.DataParallel(torch.nn.ReLU()))
    ReLU()
    """
    while True:
        name = "module" if isinstance(module, _PARALLEL) else "_orig_mod"  # the latter is torch.compile's
        if isinstance(module, torch.jit.ScriptModule) or name not in own_modules(module):
            return module
        inner = own_modules(module)[name]
        module = inner


@contextlib.contextmanager
def without_wrappers(model: torch.nn.Module) -> Generator[None]:
    """Modules inside the model stand where their wrappers did, under the names that the author gave them."""
    replaced: list[tuple[Any, str, Any]] = []
    for module in list(model.modules()):
        for name, child in list(own_modules(module).items()):
            inner = unwrapped(child) if isinstance(child, torch.nn.Module) else child
            if inner is not child:
                replaced.append((own_modules(module), name, child))
                own_modules(module)[name] = inner
    try:
        yield
    finally:
        for table, name, child in replaced:
            table[name] = child
