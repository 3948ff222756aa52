"""Where the tracer leans on more than PyTorch's documented API, with what it does where that is missing."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterator, MutableMapping
from functools import cache
from types import FrameType
from typing import Any

import torch
from torch.nn.modules import module as torch_module
from torch.overrides import TorchFunctionMode, handle_torch_function, has_torch_function

quiet: Callable[[], Any] = torch._C.DisableTorchFunction
"""Context in which torch functions are not seen by function modes; from the notes on extending PyTorch."""

CALL_CODES = frozenset(
    function.__code__
    for name in ("_call_impl", "_wrapped_call_impl")
    if (function := getattr(torch.nn.Module, name, None)) is not None
)
"""Code objects that stand in a Python stack between a caller and a module's forward."""


def own_parameters(module: torch.nn.Module) -> MutableMapping[str, Any]:
    """The module's own table of parameters, None where one is switched off; tensors can be put in their place."""
    return module._parameters


def own_buffers(module: torch.nn.Module) -> MutableMapping[str, Any]:
    """The module's own table of buffers."""
    return module._buffers


def own_modules(module: torch.nn.Module) -> MutableMapping[str, Any]:
    """The module's own table of submodules."""
    return module._modules


def has_pre_hooks(module: torch.nn.Module) -> bool:
    """Whether somebody wants to see or change what the module is given; never so for scripted modules."""
    return bool(module._forward_pre_hooks) and not isinstance(module, torch.jit.ScriptModule)


def packed_weights(module: torch.nn.Module) -> Iterator[torch.Tensor]:
    """Weights of quantised modules, which are no parameters."""
    if type(module).__module__.startswith(QUANTISED):
        for name in ("weight", "bias"):
            held = getattr(module, name, None)
            tensor = held() if callable(held) else None
            if isinstance(tensor, torch.Tensor):
                yield tensor


QUANTISED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized")
"""Where PyTorch keeps modules with packed integer weights."""


def caller(depth: int = 1) -> FrameType | None:
    """The Python frame that called, `depth` calls above the one that asks."""
    return sys._getframe(depth + 1)


def version(tensor: torch.Tensor) -> int:
    """Counts in-place changes; inference tensors have no count."""
    return 0 if tensor.is_inference() else tensor._version


def storage_key(tensor: torch.Tensor) -> int | None:
    """Equal for tensors that share memory, on `meta` too (where every data pointer is 0); None where there is none."""
    try:
        return tensor.untyped_storage()._cdata
    except (RuntimeError, NotImplementedError, AttributeError, ValueError):  # ValueError: parameters of lazy modules
        return None


def unwrapped(tensor: torch.Tensor) -> torch.Tensor | None:
    """What a tensor inside torch.func.vmap or grad wraps; None for ordinary tensors."""
    return _functorch.get_unwrapped(tensor) if _functorch and _functorch.is_functorch_wrapped_tensor(tensor) else None


def is_transformed() -> bool:
    """Whether torch.func.vmap, grad or the like is at work: tensors are larger than they say."""
    return _peek is not None and _peek() is not None


_functorch: Any = getattr(torch._C, "_functorch", None)
if not all(hasattr(_functorch, name) for name in ("get_unwrapped", "is_functorch_wrapped_tensor")):
    _functorch = None
_peek: Any = getattr(_functorch, "peek_interpreter_stack", None)


def global_hooks(
    before: Callable[[torch.nn.Module, tuple[Any, ...]], None],
    after: Callable[[torch.nn.Module, tuple[Any, ...], dict[str, Any], Any], Any],
) -> list[Any]:
    """Call `before` and `after` around every module call, whatever model it belongs to; returns removable handles."""

    def after_any(module: torch.nn.Module, args: tuple[Any, ...], *rest: Any) -> Any:
        *kwargs, result = rest
        return after(module, args, kwargs[0] if kwargs else _keywords(module), result)

    handles = [torch_module.register_module_forward_pre_hook(before)]
    try:
        handles.append(torch_module.register_module_forward_hook(after_any, with_kwargs=True, always_call=True))
    except TypeError:  # before PyTorch 2.2
        handles.append(torch_module.register_module_forward_hook(after_any, always_call=True))
    return handles


def _keywords(module: torch.nn.Module) -> dict[str, Any]:
    """Keyword arguments of the call of a module that is just ending, read off the Python stack."""
    frame = caller(2)
    return frame.f_locals.get("kwargs", {}) if frame is not None and frame.f_code in CALL_CODES else {}


@contextlib.contextmanager
def all_indexing() -> Generator[None]:
    """Function modes see `x[0]` and `x[mask]`, of which PyTorch 2.1 shows them `x[0, 1]` alone."""
    if _shows_indexing():
        yield
        return
    original = torch.Tensor.__getitem__

    def getitem(tensor: torch.Tensor, index: Any) -> Any:
        if has_torch_function((tensor,)):
            return handle_torch_function(original, (tensor,), tensor, index)
        return original(tensor, index)

    torch.Tensor.__getitem__ = getitem
    try:
        yield
    finally:
        torch.Tensor.__getitem__ = original


@cache
def _shows_indexing() -> bool:
    """Whether a function mode learns of an index that is no tuple."""
    seen: list[Any] = []

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    tensor = torch.zeros(1)
    with Watch():
        tensor[0]
    return bool(seen)


@contextlib.contextmanager
def eager() -> Generator[None]:
    """Run what torch.compile has compiled as plain Python (PyTorch 2.6 and newer; before, compiled parts raise).

    Loading the compiler takes longer than most traces; where it is not loaded, nothing is compiled.
    """
    set_stance = getattr(torch.compiler, "set_stance", None) if has_compiler() else None
    with set_stance("force_eager") if set_stance else contextlib.nullcontext():
        yield


def refused_by_compiler(error: Exception) -> bool:
    """Whether a part that is only there compiled did not run, in a PyTorch that cannot run it as plain Python."""
    return type(error).__module__.startswith("torch._dynamo") and not hasattr(torch.compiler, "set_stance")


def has_compiler() -> bool:
    """Whether PyTorch's compiler is loaded."""
    return "torch._dynamo" in sys.modules


def autocast_is_on() -> bool:
    """Whether operations are being cast to lower precision on the CPU or an accelerator."""
    return any(_is_autocast_on(device) for device in ("cpu", "cuda"))


def _is_autocast_on(device: str) -> bool:
    try:
        return torch.is_autocast_enabled(device)
    except TypeError:  # before PyTorch 2.4 there was a function for each device
        return torch.is_autocast_cpu_enabled() if device == "cpu" else torch.is_autocast_enabled()
