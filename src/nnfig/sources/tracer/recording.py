"""What one run of a model leaves behind: calls, the values between them, and the tree of module calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from nnfig.sources.tracer.compat import own_modules
from nnfig.sources.tracer.escapes import Escape

FLOAT_INPUT, INT_INPUT, PARAMETER = 1, 2, 4
"""What a value depends on, as bits; 0 is a constant."""


@dataclass(slots=True)
class Value:
    """One version of one tensor."""

    shape: tuple[int | str, ...]
    dtype: str
    call: int
    """The call that made it; -1 for an input of the network."""
    output: int = 0
    """Which of the call's outputs it is."""
    depends: int = 0


@dataclass(slots=True)
class Helper:
    """One run of a Python function between a module's forward and an operation."""

    name: str
    calls_modules: bool = False


@dataclass(slots=True)
class Frame:
    """One call of one module."""

    path: str
    module: torch.nn.Module | None
    number: int
    """How many calls of this module came before."""
    parent: Frame | None
    leaf: bool = False
    first_call: int = 0
    """Calls recorded before it began."""
    taken: tuple[tuple[int, int], ...] = ()
    """Version counts of the tensors it was given: (id, count)."""

    @property
    def cls(self) -> str:
        """Class name."""
        return class_name(self.module) if self.module is not None else ""


@dataclass(slots=True)
class Call:
    """A module call or a function call, or a Parameter or Constant that one reads."""

    kind: str
    frame: Frame
    ins: tuple[int, ...] = ()
    outs: list[int] = field(default_factory=list)
    results: int = 0
    """How many of `outs` it returns; the others are tensors that it changed through shared memory."""
    module: torch.nn.Module | None = None
    """Set for a module call; `frame` is then the frame around it."""
    path: str = ""
    """Module path of a module call, name of a Parameter or Constant."""
    number: int = 0
    """How many calls of this module came before."""
    helpers: tuple[Helper, ...] = ()
    """Python functions around a function call, outermost first."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    opaque: bool = False
    inside: bool = False
    """A function that does a module's work inside that module's own forward; the module is a group around it."""
    tensor: torch.Tensor | None = None
    """The Parameter or Constant itself."""
    replaced: frozenset[str] = frozenset()
    """Names of parameters of a module in whose place it ran with other tensors, which are among `ins`."""


@dataclass(slots=True)
class Recording:
    """The whole run."""

    root: Frame
    values: list[Value] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    inputs: list[tuple[str, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    """Values of input-dependent tensors that Python looked at: `item() at file:line`, and how often."""
    escapes: list[Escape] = field(default_factory=list)
    """Values that became plain numbers or NumPy arrays and have not come back."""
    notes: dict[str, None] = field(default_factory=dict)
    """Sentences, each once, in the order in which they came up."""
    unseen: int = 0
    """Tensors that appeared from nowhere."""


def class_name(module: torch.nn.Module) -> str:
    """The class as its author wrote it, also of scripted and parametrised modules.

    >>> class_name(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)))
    'Linear'
    """
    cls = type(module)
    if isinstance(module, torch.jit.ScriptModule):
        return str(getattr(module, "original_name", cls.__name__))
    if cls.__name__.startswith("Parametrized") and hasattr(module, "parametrizations"):
        return cls.__mro__[1].__name__
    return cls.__name__


def is_leaf(module: torch.nn.Module) -> bool:
    """Whether a module is one layer: PyTorch's own and subclasses of them without children, and scripted ones.

    >>> is_leaf(torch.nn.Conv2d(1, 1, 1)), is_leaf(torch.nn.Sequential())
    (True, False)
    """
    if isinstance(module, torch.jit.ScriptModule):
        return True
    cls = type(module)
    if cls in _CONTAINERS:
        return False
    if isinstance(module, _ONE_PIECE):
        return True
    children = [name for name in own_modules(module) if name not in ("parametrizations", "_packed_params")]
    return not children and any(base.__module__.startswith(_PYTORCH) for base in cls.__mro__[:-2])


_CONTAINERS = frozenset((torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict, torch.nn.Module))
_ONE_PIECE = (torch.nn.MultiheadAttention,)
_PYTORCH = ("torch.nn.modules", "torch.ao.nn", "torch.nn.quantized", "torch.nn.intrinsic")
