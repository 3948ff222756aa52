"""Two ways to run a model under the recorder: on real values, or on `meta` with only integers and constants real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from nnfig.sources.tracer.compat import autocast_is_on, is_transformed, storage_key, version
from nnfig.sources.tracer.control import body
from nnfig.sources.tracer.functions import BRANCHES, Function, describe
from nnfig.sources.tracer.reads import looked_at, question
from nnfig.sources.tracer.recorder import Recorder
from nnfig.sources.tracer.shortcuts import answer
from nnfig.sources.tracer.stack import here
from nnfig.sources.tracer.structure import mapped, tensors

BIG = 1 << 22
"""Elements above which a new constant is not really made on the CPU."""
TRIED_ON_ZEROS = 1 << 24
"""Elements up to which an operation without a `meta` kernel is run on zeros to learn its result's shape."""


AUTOCAST = (
    "the model casts to lower precision (autocast), which weights on 'meta' do not show: dtypes are those without"
)


class NeedsValues(BaseException):
    """The model looks at a value that is not there on `meta`.

    No Exception, so that the model's own `except Exception` does not swallow it.
    """

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question
        self.place = here()


class NeedsIntegers(BaseException):
    """A floating point input of the network is used as indices."""

    def __init__(self, tensor: torch.Tensor) -> None:
        super().__init__()
        self.tensor = tensor


_INDEXED = {"embedding": 0, "embedding_bag": 0, "one_hot": 0, "gather": 2, "index_select": 2, "take": 1}
"""Functions with the position of the argument that must be integers."""


class RealMode(TorchFunctionMode):
    """Shows every torch function to the recorder and runs it as it is."""

    def __init__(self, recorder: Recorder, backup: Callable[[torch.Tensor], None]) -> None:
        super().__init__()
        self.recorder = recorder
        self._backup = backup

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        function = describe(func)
        if function.question:
            return func(*args, **kwargs)
        if function.kind in BRANCHES and (run := body(function, args, kwargs)):
            with self:
                return run()
        taken = tensors(args)
        if kwargs:
            taken += tensors(kwargs)
        if function.inplace and taken:
            self._backup(taken[0])
        _check_indices(function, args)
        return self.recorder.function(function, args, kwargs, taken, lambda: func(*args, **kwargs), [])


class MetaMode(TorchFunctionMode):
    """Runs on `meta` whatever depends on weights or floating point inputs, and really computes all else.

    Where a real tensor meets a `meta` one, a stand-in on `meta` takes its place, one for each real tensor. Models
    that ask are told that everything is on the CPU.
    """

    def __init__(self, recorder: Recorder, alone: bool) -> None:
        """Args: the recorder; whether there are no real weights to fall back on."""
        super().__init__()
        self.recorder = recorder
        self._alone = alone
        self.asked: NeedsValues | None = None
        self._stand_ins: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._unknown: set[int] = set()
        """Storages of real tensors that a `meta` value was written into."""

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        function = describe(func)
        if function.question:
            answer = _PRETENDED.get(function.name)
            return answer if answer is not None else func(*args, **kwargs)
        if function.kind in BRANCHES and (run := body(function, args, kwargs)):
            with self:
                return run()
        taken = tensors(args)
        if kwargs:
            taken += tensors(kwargs)
        real = [t for t in taken if not (t.is_meta or self._is_unknown(t))]
        if len(real) == len(taken):
            kwargs = _on_cpu(kwargs)
            args = _moved(function, args, "cpu")
            return self.recorder.function(
                function, args, kwargs, taken, lambda: self._really(func, function, args, kwargs, bool(taken)), []
            )
        self._check(function, args, kwargs)
        if function.name in ("cpu", "cuda"):
            return args[0]
        args = _moved(function, args, "meta")
        return self._on_meta(func, function, args, kwargs, taken)

    def _check(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Stop where values are needed that are not there."""
        if any(t.is_meta for t in looked_at(function, args, kwargs)):
            self._ask(question(function))
        _check_indices(function, args)
        if autocast_is_on():
            if not self._alone:
                self._ask("autocast")
            self.recorder.recording.notes[AUTOCAST] = None

    def _ask(self, question: str) -> None:
        self.asked = NeedsValues(question)
        raise self.asked

    def _is_unknown(self, tensor: torch.Tensor) -> bool:
        return bool(self._unknown) and storage_key(tensor) in self._unknown

    def _really(
        self, func: Any, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], computes: bool
    ) -> Any:
        """Run on real values; a huge new tensor is made on `meta`."""
        if not computes and function.kind in _MAKERS and "device" not in kwargs:
            with torch.device("meta"):
                try:
                    made = func(*args, **kwargs)
                except (RuntimeError, TypeError, NotImplementedError):
                    made = None
            if isinstance(made, torch.Tensor) and made.numel() > BIG:
                return made
        return func(*args, **kwargs)

    def _on_meta(
        self, func: Any, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], taken: list[torch.Tensor]
    ) -> Any:
        reals = [t for t in taken if not t.is_meta]
        changed: list[torch.Tensor] = []
        if not reals and "device" not in kwargs:
            run = lambda: self._attempt(func, function, args, kwargs)  # noqa: E731
            return self.recorder.function(function, args, kwargs, taken, run, changed)
        there = mapped(args, self._stand_in)
        further = {
            key: torch.device("meta") if key == "device" and value is not None else mapped(value, self._stand_in)
            for key, value in kwargs.items()
        }
        pairs = [(t, self._stand_in(t)) for t in reals]
        before = [version(stand_in) for _, stand_in in pairs]

        def run() -> Any:
            result = self._attempt(func, function, there, further)
            for (tensor, stand_in), count in zip(pairs, before, strict=True):
                if version(stand_in) != count:
                    key = storage_key(tensor)
                    if key is not None:
                        self._unknown.add(key)
                    changed.append(tensor)
                    if result is stand_in:
                        result = tensor
            return result

        return self.recorder.function(function, args, kwargs, taken, run, changed)

    def _stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_meta or tensor.layout is not torch.strided:
            return tensor
        held = self._stand_ins.get(id(tensor))
        if held is None or held[0] is not tensor or held[1].shape != tensor.shape:
            held = (tensor, on_meta(tensor))
            self._stand_ins[id(tensor)] = held
            self.recorder.memory.share(tensor, held[1])
        return held[1]

    def _attempt(self, func: Any, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        short = None if is_transformed() else answer(function, args, kwargs)
        if short is not None:
            return short
        try:
            return func(*args, **kwargs)
        except (NotImplementedError, RuntimeError) as error:
            return self._on_zeros(func, function, args, kwargs, error)

    def _on_zeros(
        self, func: Any, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception
    ) -> Any:
        """The result's shape where PyTorch has no `meta` kernel; not where integers decide about it."""
        taken = tensors((args, kwargs))
        if sum(t.numel() for t in taken) > TRIED_ON_ZEROS:
            raise error
        if function.kind != "grouped_mm" and any(t.is_meta and t.dtype in _COUNTS for t in taken):
            raise error
        kwargs = {key: torch.device("cpu") if key == "device" else value for key, value in kwargs.items()}
        try:
            made = func(*mapped(args, _zeros), **mapped(kwargs, _zeros))
        except Exception:
            raise error from None
        return mapped(made, on_meta)


def on_meta(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of the same size, strides and dtype without memory."""
    if tensor.layout is not torch.strided:
        return tensor.detach().to("meta")
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _zeros(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros(tensor.shape, dtype=tensor.dtype) if tensor.is_meta else tensor


_COUNTS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
_MAKERS = frozenset(("zeros", "ones", "full", "empty", "rand", "randn", "randint", "eye"))
_PRETENDED: dict[str, Any] = {"device": torch.device("cpu"), "is_meta": False, "is_cpu": True, "get_device": -1}


def _on_cpu(kwargs: dict[str, Any]) -> dict[str, Any]:
    device = kwargs.get("device")
    if device is None or torch.device(device).type == "cpu":
        return kwargs
    return {**kwargs, "device": torch.device("cpu")}


def _moved(function: Function, args: tuple[Any, ...], device: str) -> tuple[Any, ...]:
    """Arguments of `x.to(device)` and `x.type(...)` with the device replaced."""
    if function.name == "to":
        return tuple(torch.device(device) if isinstance(a, (torch.device, str)) else a for a in args)
    if function.name == "cuda" and device == "cpu":
        return args[:1]
    return args


def _check_indices(function: Function, args: tuple[Any, ...]) -> None:
    """Stop where floating point values would be used as indices."""
    if function.kind == "getitem":
        found = tensors(args[1] if isinstance(args[1], (tuple, list)) else args[1:])
    elif function.kind in _INDEXED:
        found = [a for a in args[_INDEXED[function.kind] :][:1] if isinstance(a, torch.Tensor)]
    else:
        return
    for tensor in found:
        if tensor.is_floating_point():
            raise NeedsIntegers(tensor)
