"""Tensors inside any Python structure: found, replaced, named."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from inspect import isroutine
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

DEEP = 3
"""How far tensors are looked for inside plain objects, and only where nothing else holds one."""


def tensors(value: Any) -> list[torch.Tensor]:
    """Tensors of lists, tuples, dicts, dataclasses and model outputs, in order.

    >>> [t.shape[0] for t in tensors({"a": torch.ones(1), "b": [torch.ones(2), None, 3]})]
    [1, 2]
    """
    found: list[torch.Tensor] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[torch.Tensor]) -> None:
    if isinstance(value, torch.Tensor):
        found.append(value)
    elif isinstance(value, PackedSequence):
        found.append(value.data)  # the rest says which of its rows belong together
    elif isinstance(value, (list, tuple)):
        for item in value:
            if item.__class__ not in _PLAIN:
                _collect(item, found)
    elif isinstance(value, slice):
        for bound in (value.start, value.stop, value.step):
            _collect(bound, found)
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            _collect(getattr(value, field.name, None), found)


_PLAIN = frozenset((int, float, bool, str, type(None), torch.dtype, torch.device, torch.Size))


def mapped(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same structure with every tensor changed; containers are copied, never written into."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, tuple):
        items = [mapped(item, change) for item in value]
        if hasattr(value, "_fields"):
            return type(value)(*items)
        return tuple(items) if type(value) is tuple or isinstance(value, torch.Size) else type(value)(items)
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    if isinstance(value, dict):
        return _mapped_dict(value, change)
    if is_dataclass(value) and not isinstance(value, type):
        twin = copy.copy(value)
        for field in fields(value):
            if hasattr(value, field.name):
                object.__setattr__(twin, field.name, mapped(getattr(value, field.name), change))
        return twin
    return value


def _mapped_dict(value: dict[Any, Any], change: Callable[[torch.Tensor], Any]) -> dict[Any, Any]:
    if type(value) is dict:
        return {key: mapped(item, change) for key, item in value.items()}
    twin = copy.copy(value)  # keeps the class (OrderedDict, BatchEncoding, ModelOutput, defaultdict)
    for key, item in value.items():
        twin[key] = mapped(item, change)
    return twin


def named(value: Any, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors with their names inside the structure: `logits`, `aux.0`; a bare tensor has the given name.

    >>> [name for name, _ in named({"out": torch.ones(1), "aux": (torch.ones(1), torch.ones(1))})]
    ['out', 'aux.0', 'aux.1']
    """
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, PackedSequence):
        yield name, value.data
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from named(item, _join(name, key))
    elif hasattr(value, "_fields"):
        for key in value._fields:
            yield from named(getattr(value, key), _join(name, key))
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from named(item, _join(name, position))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from named(getattr(value, field.name, None), _join(name, field.name))


def named_deep(value: Any, name: str = "", depth: int = DEEP) -> Iterator[tuple[str, torch.Tensor]]:
    """As `named`, and inside plain objects too: for networks that return an object of their own class."""
    found = list(named(value, name))
    if found or not depth:
        yield from found
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from named_deep(item, _join(name, position), depth - 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from named_deep(item, _join(name, key), depth - 1)
    elif hasattr(value, "__dict__") and not isinstance(value, (torch.nn.Module, type)) and not isroutine(value):
        for key, item in list(vars(value).items()):
            yield from named_deep(item, _join(name, key), depth - 1)


def twin(value: Any) -> Any:
    """A deep copy of a plain object that holds tensors, as some libraries pass a batch or a graph; else the value."""
    if type(value) in _PLAIN or isinstance(value, torch.Tensor):
        return value
    if next(named(value), None) is None and next(named_deep(value), None) is not None:
        return copy.deepcopy(value)
    return value


def _join(name: str, key: Any) -> str:
    if name and str(key).startswith("_"):
        return name  # an object's private parts are not its users' names
    return f"{name}.{key}" if name else str(key)
