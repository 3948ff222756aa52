"""A model comes back as it was: what a run may change is kept aside, and put back whatever happens."""

from __future__ import annotations

import contextlib
import random
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Generator
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from nnfig.sources.tracer.compat import own_buffers, own_parameters, storage_key
from nnfig.sources.tracer.modes import on_meta
from nnfig.sources.tracer.recording import is_leaf
from nnfig.sources.tracer.structure import tensors

SMALL = 1 << 20
"""Elements up to which a buffer stays real on `meta`: tables, masks and positions are computed, not guessed."""


@contextlib.contextmanager
def kept(model: torch.nn.Module) -> Generator[None]:
    """Modules, their attributes, parameters, buffers and gradients, and random generators, are restored on leaving."""
    modules = [(module, type(module), dict(module.__dict__), _contents(module)) for module in model.modules()]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    python, numpy = random.getstate(), _numpy_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices):
            torch.manual_seed(0)  # the same path on every trace where chance decides
            random.seed(0)
            yield
    finally:
        random.setstate(python)
        if numpy is not None:
            sys.modules["numpy"].random.set_state(numpy)
        for module, cls, attributes, contents in modules:
            _put_back(module, cls, attributes, contents)
        for parameter, gradient in gradients:
            if parameter.grad is not gradient:
                parameter.grad = gradient


def _numpy_state() -> Any:
    numpy = sys.modules.get("numpy")
    return numpy.random.get_state() if numpy is not None else None


_EMPTY: dict[str, Any] = {}
_RESTORED = frozenset((dict, list, set, OrderedDict, defaultdict, Counter))


def _contents(module: torch.nn.Module) -> dict[str, Any]:
    """Copies of the lists, dicts and sets that a module holds: hooks, submodules, buffers, caches."""
    return {
        name: value.copy() if value else _EMPTY  # copying a hundred thousand empty dicts of hooks takes its time
        for name, value in module.__dict__.items()
        if type(value) in _RESTORED
    }


def _put_back(module: torch.nn.Module, cls: type, attributes: dict[str, Any], contents: dict[str, Any]) -> None:
    own = module.__dict__
    for name in [name for name in own if name not in attributes]:
        del own[name]
    own.update(attributes)
    for name, copy in contents.items():
        held = attributes[name]
        if not held and not copy:
            continue
        if isinstance(held, list):
            held[:] = copy
        else:
            held.clear()
            held.update(copy)
    if type(module) is not cls:
        module.__class__ = cls


def swap(model: torch.nn.Module, meta: bool) -> dict[int, tuple[str, torch.Tensor]]:
    """Put stand-ins in the place of parameters and buffers, inside `kept`; names and originals by id of what stands in.

    On `meta` parameters become tensors without memory. Buffers that count or remember are copied, so that no run
    changes them.
    """
    used: dict[int, torch.Tensor] = {}
    stored: dict[int, tuple[str, torch.Tensor]] = {}
    for path, module in model.named_modules():
        scripted = isinstance(module, torch.jit.ScriptModule)
        for table, change in ((own_parameters(module), _parameter), (own_buffers(module), _buffer)):
            for name, tensor in list(table.items()):
                if tensor is None:
                    continue
                if id(tensor) not in used:
                    used[id(tensor)] = tensor if scripted else change(tensor, meta, is_leaf(module))
                    stored[id(used[id(tensor)])] = (f"{path}.{name}" if path else name, tensor)
                if not scripted:
                    table[name] = used[id(tensor)]
        for name, value in module.__dict__.items():
            if name not in _TABLES and isinstance(value, (torch.Tensor, dict, list, tuple)):
                for tensor in tensors(value):  # kept outside buffers: caches, tables, masks
                    stored.setdefault(id(tensor), (f"{path}.{name}" if path else name, tensor))
    return stored


_TABLES = frozenset(("_parameters", "_buffers", "_modules"))


def _parameter(tensor: torch.Tensor, meta: bool, leaf: bool) -> torch.Tensor:
    if not meta or tensor.is_meta or is_lazy(tensor):
        return tensor
    return torch.nn.Parameter(on_meta(tensor), requires_grad=tensor.requires_grad)


def _buffer(tensor: torch.Tensor, meta: bool, leaf: bool) -> torch.Tensor:
    if is_lazy(tensor) or tensor.is_meta:
        return tensor
    floating = tensor.is_floating_point() or tensor.is_complex()
    if meta and (tensor.numel() > SMALL or (leaf and floating)):
        return on_meta(tensor)
    return tensor.detach().clone()


class Backup:
    """Copies of parameters that a real run writes into, made just before."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._parameters: dict[int, list[torch.Tensor]] = {}
        for parameter in model.parameters():
            key = None if parameter.is_meta else storage_key(parameter)
            if key is not None:
                self._parameters.setdefault(key, []).append(parameter)
        self._copies: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __call__(self, tensor: torch.Tensor) -> None:
        key = storage_key(tensor)
        if key in self._parameters:
            self._copies += [(p, p.detach().clone()) for p in self._parameters.pop(key)]

    def restore(self) -> None:
        """Write the copies back."""
        with torch.no_grad():
            for parameter, copy in self._copies:
                parameter.copy_(copy)


def realised(model: torch.nn.Module, run: Callable[[torch.nn.Module], Any]) -> torch.nn.Module:
    """The model, or, where lazy modules do not know their sizes yet, a copy of it that has run once."""
    lazy: list[Any] = [t for t in (*model.parameters(), *model.buffers()) if is_lazy(t)]
    if not lazy:
        return model
    import copy

    twin = copy.deepcopy(model, {id(t): type(t)(device=t.device, dtype=t.dtype) for t in lazy})
    with kept(model), torch.no_grad():
        run(twin)
    return twin
