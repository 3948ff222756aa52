"""What the network is run on: tensors from `input_size`, the user's own, or what the model says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from nnfig.errors import NnfigError
from nnfig.sources.tracer.sizes import Size, filled, is_described, names_of, wanted
from nnfig.sources.tracer.structure import mapped, named_deep, twin

_IDS = ("attention_mask", "input_ids", "token_type_ids", "position_ids", "labels")
_BY_NAME: dict[str, str] = dict.fromkeys(_IDS, "int64")
"""Dtypes of inputs that a whole ecosystem names and types alike, where none is given."""


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
        return _by_keyword(model, _from_sizes(_for_one(model, input_size), keywords))
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
        given = {str(name).partition(".")[0] for name in sizes}
        return (
            sizes
            if given & set(known) or is_described(sizes)
            else {f"{known[0]}.{name}": size for name, size in sizes.items()}
        )
    for name in names_of(sizes):
        if name.partition(".")[0] not in known:
            raise NnfigError(
                f"--input {name}: {signature(model)} has no parameter '{name.partition('.')[0]}'",
                where=type(model).__name__,
                hint=f"a part of a dict is {known[0]}.{name}=...",
            )
    return sizes


def _by_keyword(model: torch.nn.Module, what: Given) -> Given:
    """Sizes without a name for a forward that takes keywords alone are those of its first keywords."""
    parameters = _parameters(model)
    if what.args and parameters and all(p.kind is p.KEYWORD_ONLY for p in parameters):
        free = [p.name for p in parameters if p.name not in what.kwargs]
        if len(what.args) <= len(free):
            what.kwargs = {**dict(zip(free, what.args, strict=False)), **what.kwargs}
            what.args = ()
    return what


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

    def tensor(size: Size, name: str) -> torch.Tensor:
        dtype = size.dtype or _BY_NAME.get(name)
        try:
            made = make(size.shape, dtype or "float32", name)
        except (RuntimeError, ValueError, TypeError) as error:
            said = f"input_size: there can be no tensor of {size.shape} {dtype or 'float32'}"
            raise NnfigError(f"{said}: {str(error).partition(chr(10))[0][:200]}") from None
        if dtype is None:
            what.guessed.add(id(made))
        return made

    args, found = wanted(sizes)
    twice = next((name for name in found if name in keywords), None)
    if twice:
        raise NnfigError(f"'{twice}' is given twice, by its size and in kwargs")
    what.args = tuple(filled(value, "", tensor) for value in args)
    what.kwargs = {**keywords, **{name: filled(value, name, tensor) for name, value in found.items()}}
    return what


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


def told_by(model: torch.nn.Module, name: str) -> Any:
    """An attribute that models of some libraries have; None where this one has none or cannot say."""
    try:
        return getattr(model, name, None)
    except Exception:  # a property, or a __getattr__ of its own
        return None


def _from_model(model: torch.nn.Module) -> Given | None:
    """Inputs that models of some libraries carry: Lightning, transformers, timm."""
    example = told_by(model, "example_input_array")
    if example is not None:
        if isinstance(example, dict):
            return Given((), dict(example))
        return Given(tuple(example) if isinstance(example, (tuple, list)) else (example,))
    dummy = told_by(model, "dummy_inputs")
    if isinstance(dummy, dict) and dummy:
        return Given((), dict(dummy), made=True)
    config = told_by(model, "default_cfg") or told_by(model, "pretrained_cfg")
    size = config.get("input_size") if isinstance(config, dict) else None
    return _from_sizes((1, *size), {}) if size else None
