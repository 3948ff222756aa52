"""What the network is run on: tensors from `input_size`, the user's own, or what the model says of itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from nnfig.errors import NnfigError
from nnfig.sources.tracer.structure import mapped, named_deep, twin

_TEXT = re.compile(r"(?:(?P<name>[A-Za-z_][\w.]*)\s*=)?\s*(?P<shape>[\d\s,x]*?)\s*(?::\s*(?P<dtype>\w+))?\s*")
_IDS = ("attention_mask", "input_ids", "token_type_ids", "position_ids", "labels")
_BY_NAME: dict[str, str] = dict.fromkeys(_IDS, "int64")
"""Dtypes of inputs that a whole ecosystem names and types alike, where none is given."""
_SHORT = {"float": "float32", "int": "int64", "long": "int64", "half": "float16", "double": "float64"}


@dataclass(slots=True)
class Given:
    """Arguments of forward."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    guessed: set[int] = field(default_factory=set)
    """Ids of tensors whose dtype nobody gave."""
    made: bool = False
    """They were made from sizes, not given by the user."""

    def mapped(self, change: Any) -> Given:
        """The same with every tensor changed."""
        args = mapped(tuple(twin(value) for value in self.args), change)
        kwargs = mapped({name: twin(value) for name, value in self.kwargs.items()}, change)
        return Given(args, kwargs, self.guessed, self.made)

    def __str__(self) -> str:
        said = [_said(value) for value in self.args] + [f"{key}={_said(v)}" for key, v in self.kwargs.items()]
        return ", ".join(said) or "no inputs"


def _said(value: Any) -> str:
    found = list(named_deep(value))
    if not found:
        return repr(value)[:40]
    return " ".join(f"{list(t.shape)} {str(t.dtype)[6:]}" for _, t in found[:4]) + (" ..." if len(found) > 4 else "")


def given(
    model: torch.nn.Module, inputs: Any = None, kwargs: Mapping[str, Any] | None = None, input_size: Any = None
) -> Given:
    """Arguments for forward; NnfigError where nobody knows any."""
    keywords = dict(kwargs or {})
    if isinstance(inputs, Mapping) and inputs and set(inputs) <= {p.name for p in _parameters(model)}:
        return Given((), {**inputs, **keywords})  # a tokenizer's result
    if inputs is not None:
        args = tuple(inputs) if isinstance(inputs, (tuple, list)) and not hasattr(inputs, "_fields") else (inputs,)
        return Given(args, keywords)
    if input_size is not None:
        return _from_sizes(_for_one(model, input_size), keywords)
    wanted = [name for name in required(model) if name not in keywords]
    if not wanted:
        return Given((), keywords)
    known = _from_model(model)
    if known is None:
        raise NnfigError(
            f"which inputs? {signature(model)} needs {', '.join(wanted)}",
            where=type(model).__name__,
            hint="give one --input SHAPE[:DTYPE] for each (input_size= in Python), for instance --input 1,3,224,224, "
            "1,128:int64 or NAME=1,128:int64; parts of a tuple or a dict are NAME.0=..., NAME.KEY=...",
        )
    known.kwargs.update(keywords)
    return known


def _for_one(model: torch.nn.Module, sizes: Any) -> Any:
    """Sizes by name, of which none is a parameter of forward, are those of a dict that is its first argument.

    Raises:
        NnfigError: text names a parameter that forward does not have.
    """
    parameters = _parameters(model)
    if any(p.kind is p.VAR_KEYWORD for p in parameters) or not parameters:
        return sizes
    known = [p.name for p in parameters]
    if isinstance(sizes, Mapping):
        names = [str(name).partition(".")[0] for name in sizes]
        return sizes if set(names) & set(known) else {f"{known[0]}.{name}": size for name, size in sizes.items()}
    texts = [size for size in ([sizes] if isinstance(sizes, str) else sizes) if isinstance(size, str)]
    for name, _, _ in map(_parse, texts):
        if name and name.partition(".")[0] not in known:
            raise NnfigError(
                f"--input {name}: {signature(model)} has no parameter '{name.partition('.')[0]}'",
                where=type(model).__name__,
                hint=f"a part of a dict is {known[0]}.{name}=...",
            )
    return sizes


def required(model: torch.nn.Module) -> list[str]:
    """Names of forward's arguments that have no default."""
    return [
        p.name
        for p in _parameters(model)
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]


def signature(model: torch.nn.Module) -> str:
    """`forward(x, mask=None)`."""
    return f"forward({', '.join(str(p) for p in _parameters(model))})"


def _parameters(model: torch.nn.Module) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return []


def argument_names(model: torch.nn.Module, what: Given) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor of the arguments with a name from forward's signature."""
    positional = [p for p in _parameters(model) if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    for position, value in enumerate(what.args):
        parameter = positional[min(position, len(positional) - 1)] if positional else None
        if parameter is None:
            name = f"input_{position}" if len(what.args) > 1 else "input"
        elif parameter.kind is parameter.VAR_POSITIONAL:
            after = position - positional.index(parameter)
            name = f"{parameter.name}.{after}" if len(what.args) - positional.index(parameter) > 1 else parameter.name
        else:
            name = parameter.name
        yield from named_deep(value, name)
    for key, value in what.kwargs.items():
        yield from named_deep(value, key)


def _from_sizes(sizes: Any, keywords: dict[str, Any]) -> Given:
    what = Given(made=True)
    args: list[torch.Tensor] = []
    found: dict[str, Any] = dict(keywords)
    for name, shape, dtype in _each(sizes):
        dtype = dtype or _BY_NAME.get(name)
        tensor = make(shape, dtype or "float32", name)
        if dtype is None:
            what.guessed.add(id(tensor))
        if name:
            _put(found, name.split("."), tensor)
        else:
            args.append(tensor)
    what.args, what.kwargs = tuple(args), {name: _assembled(value) for name, value in found.items()}
    return what


class _Parts(dict[str, Any]):
    """A tuple or a dict that is given part by part."""


def _put(found: dict[str, Any], path: Sequence[str], tensor: torch.Tensor) -> None:
    *outer, last = path
    for name in outer:
        inner = found.setdefault(name, _Parts())
        found = inner if isinstance(inner, _Parts) else {last: inner}
    if last in found:
        raise NnfigError(f"--input: '{'.'.join(path)}' is given twice, as a whole and in parts or under one name")
    found[last] = tensor


def _assembled(value: Any) -> Any:
    """Parts with numbers as a tuple, with names as a dict.

    >>> _assembled(_Parts({"1": "c", "0": "h"})), _assembled(_Parts(image="x"))
    (('h', 'c'), {'image': 'x'})
    """
    if not isinstance(value, _Parts):
        return value
    whole = {name: _assembled(item) for name, item in value.items()}
    if all(name.isdigit() for name in whole):
        return tuple(whole[name] for name in sorted(whole, key=int))
    return whole


def _each(sizes: Any) -> Iterator[tuple[str, tuple[int, ...], str | None]]:
    """Name, shape and dtype of each input: of text, a shape, or lists and dicts of these."""
    if isinstance(sizes, str):
        yield _parse(sizes)
    elif isinstance(sizes, Mapping):
        for name, size in sizes.items():
            for _, shape, dtype in _each(size):
                yield str(name), shape, dtype
    elif isinstance(sizes, Sequence) and all(isinstance(size, int) for size in sizes):
        yield "", tuple(sizes), None
    elif isinstance(sizes, Sequence):
        for size in sizes:
            yield from _each(size)
    else:
        raise NnfigError(f"input_size: {sizes!r} is no shape", hint="for instance (1, 3, 224, 224) or '1,128:int64'")


def _parse(text: str) -> tuple[str, tuple[int, ...], str | None]:
    match = _TEXT.fullmatch(text)
    if not match:
        raise NnfigError(f"--input {text}: expected SHAPE[:DTYPE]", hint="for instance 1,3,224,224 or ids=1,128:int64")
    shape = tuple(int(part) for part in re.split(r"[,x\s]+", match["shape"].strip(" ,")) if part)
    dtype = match["dtype"]
    if dtype is not None:
        dtype = _SHORT.get(dtype, dtype)
        if not isinstance(getattr(torch, dtype, None), torch.dtype):
            known = "float32, float16, bfloat16, int64, int32, bool"
            raise NnfigError(f"--input {text}: '{dtype}' is no dtype", hint=f"for instance {known}")
    return match["name"] or "", shape, dtype


def make(shape: Sequence[int], dtype: str, name: str = "") -> torch.Tensor:
    """A tensor for a run whose numbers do not matter: noise, index 0 (always valid), or a mask that hides nothing."""
    kind: torch.dtype = getattr(torch, dtype)
    if kind.is_floating_point or kind.is_complex:
        if torch.Size(shape).numel() > 1 << 24:
            return torch.empty(tuple(shape), dtype=kind, device="meta")
        generator = torch.Generator().manual_seed(0)
        wide = torch.complex64 if kind.is_complex else torch.float32
        return torch.randn(tuple(shape), generator=generator, dtype=wide).to(kind)
    if "mask" in name and "padding" not in name:
        return torch.ones(tuple(shape), dtype=kind)
    return torch.zeros(tuple(shape), dtype=kind)


def _from_model(model: torch.nn.Module) -> Given | None:
    """Inputs that models of some libraries carry: Lightning, transformers, timm."""
    example = getattr(model, "example_input_array", None)
    if example is not None:
        if isinstance(example, dict):
            return Given((), dict(example))
        return Given(tuple(example) if isinstance(example, (tuple, list)) else (example,))
    try:
        dummy = getattr(model, "dummy_inputs", None)
    except Exception:  # a property of a model that cannot say
        dummy = None
    if isinstance(dummy, dict) and dummy:
        return Given((), dict(dummy), made=True)
    config = getattr(model, "default_cfg", None) or getattr(model, "pretrained_cfg", None)
    size = config.get("input_size") if isinstance(config, dict) else None
    return _from_sizes((1, *size), {}) if size else None
