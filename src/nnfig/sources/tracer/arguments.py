"""Attributes of layers: a module's hyper-parameters, a function call's arguments, with PyTorch's names."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from nnfig.sources.tracer.compat import own_modules, own_parameters
from nnfig.sources.tracer.functions import Function

_UNSAID = frozenset(("device", "out", "requires_grad", "pin_memory", "non_blocking", "layout", "generator", "training"))
_MISSING = object()

_STORED_AS = {("p", torch.nn.PairwiseDistance): "norm"}
"""Constructor arguments that a class keeps under another name."""

_PRESENT = {"add_bias_kv": "bias_k", "bias": "bias"}
"""Constructor arguments that decide whether a tensor of this name exists."""


def of_module(module: torch.nn.Module) -> dict[str, Any]:
    """Constructor arguments that the module still knows, in the order of its signature.

    >>> of_module(torch.nn.Linear(3, 4, bias=False))
    {'in_features': 3, 'out_features': 4, 'bias': False}
    """
    found: dict[str, Any] = {}
    if isinstance(module, torch.jit.ScriptModule):
        return found
    for name in _constructor(type(module)):
        stored = next(
            (own for (said, cls), own in _STORED_AS.items() if said == name and isinstance(module, cls)), name
        )
        value = module.__dict__.get(stored, _MISSING)
        if value is _MISSING and name in _PRESENT:
            value = _has(module, _PRESENT[name])
        if value is _MISSING:
            value = getattr(type(module), name, _MISSING)
            if isinstance(value, property) or callable(value):
                continue
        plain = _plain(value)
        if plain is not _MISSING:
            found[name] = plain
    return found


def _has(module: torch.nn.Module, name: str) -> Any:
    """Whether the module has this tensor; not asked of modules that never have one."""
    if isinstance(module, torch.nn.MultiheadAttention) and name == "bias":
        return own_parameters(module).get("in_proj_bias") is not None
    if "parametrizations" in own_modules(module) and name in module.parametrizations:  # type: ignore[operator]
        return True
    if name in own_parameters(module):
        return own_parameters(module).get(name) is not None
    value = module.__dict__.get(name, _MISSING)
    return value if value is _MISSING else value is not None


@cache
def _constructor(cls: type) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for base in cls.__mro__:
        if base is torch.nn.Module:
            break
        if "__init__" not in vars(base):
            continue
        try:
            parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        except (TypeError, ValueError):
            continue
        for parameter in parameters:
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                names.setdefault(parameter.name)
    if issubclass(cls, torch.nn.RNN):
        names["nonlinearity"] = None
    if issubclass(cls, torch.nn.RNNBase):
        names.pop("mode", None)
    return tuple(name for name in names if name not in _UNSAID and name != "dtype" and not name.startswith("_"))


def of_call(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a function call that are no tensors."""
    found: dict[str, Any] = {}
    names = function.arguments
    if function.swapped and len(args) == 2:
        args, names = (args[1], args[0]), ("input", "other")
    if function.kind == "arange" and len(args) == 1:
        names = ("end",)
    for position, value in enumerate(args):
        if isinstance(value, torch.Tensor):
            continue
        name = names[position] if position < len(names) else ""
        if name.startswith("*"):
            rest = args[position:]
            _put(found, name[1:], rest[0] if len(rest) == 1 and isinstance(rest[0], (tuple, list)) else rest)
            break
        _put(found, name or f"argument_{position}", value)
    for name, value in kwargs.items():
        _put(found, name, value)
    if function.inplace and function.kind != "setitem":
        found["inplace"] = True
    return found


def in_order(module: torch.nn.Module, kwargs: dict[str, Any]) -> list[Any]:
    """Keyword arguments in the order of forward's signature."""
    if len(kwargs) < 2:
        return list(kwargs.values())
    code = getattr(type(module).forward, "__code__", None)
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) if code else []
    known = sorted((key for key in kwargs if key in names), key=names.index)
    return [kwargs[key] for key in (*known, *(key for key in kwargs if key not in names))]


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if name in _UNSAID or isinstance(value, torch.Tensor):
        return
    if name == "index":
        found[name] = _index(value)
        return
    plain = _plain(value)
    if plain is not _MISSING and not (plain is None and name != "dim"):
        found[name] = plain


def _plain(value: Any) -> Any:
    """Numbers, text, booleans, None and tuples of them; dtypes by name, functions by theirs; else _MISSING."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (torch.dtype, torch.memory_format)):
        return str(value).removeprefix("torch.")
    if isinstance(value, (list, tuple)):
        items = tuple(_plain(item) for item in value)
        return _MISSING if any(item is _MISSING for item in items) or (not items and value) else items
    if isinstance(value, slice):
        return _slice(value)
    if inspect.isfunction(value) or inspect.isbuiltin(value):
        return value.__name__
    return _MISSING


def _index(index: Any) -> str:
    """What stands between the brackets, tensors as `·`.

    >>> _index((slice(None), 0, ..., None))
    '[:, 0, ..., None]'
    """
    items = index if isinstance(index, tuple) else (index,)
    return f"[{', '.join(map(_index_item, items))}]"


def _index_item(item: Any) -> str:
    if isinstance(item, slice):
        return _slice(item)
    if item is Ellipsis:
        return "..."
    if isinstance(item, torch.Tensor):
        return "·"
    return str(item) if isinstance(item, (int, type(None), list, tuple)) and len(str(item)) < 40 else "·"


def _slice(item: slice) -> str:
    def side(value: Any) -> str:
        return "" if value is None else "·" if isinstance(value, torch.Tensor) else str(value)

    return f"{side(item.start)}:{side(item.stop)}" + (f":{side(item.step)}" if item.step is not None else "")
