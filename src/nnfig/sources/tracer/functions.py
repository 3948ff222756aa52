"""What every torch function is to a figure: its kind, its arguments' names, whether it is plumbing or a question."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from torch.overrides import get_testing_overrides, resolve_name


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLUMBING = _words(
    """
    view reshape flatten unflatten permute transpose t T mT H mH adjoint movedim moveaxis swapaxes swapdims squeeze
    unsqueeze expand expand_as broadcast_to broadcast_tensors contiguous view_as reshape_as ravel alias clone detach
    data to float half bfloat16 double long int short bool char byte type type_as cpu cuda requires_grad getitem
    select narrow as_strided view_as_real view_as_complex real imag atleast_1d atleast_2d atleast_3d identity diagonal
    positive resolve_conj resolve_neg copy set _pack_padded_sequence pad_packed_sequence Identity Flatten Unflatten
    """
)
"""Kinds that move or relabel values and compute nothing."""

READS = _words(
    """
    item tolist __bool__ __int__ __float__ __complex__ __index__ numpy __array__ nonzero unique unique_dim
    unique_consecutive equal allclose argwhere __contains__ bincount is_nonzero __format__
    """
)
"""Functions that look at values, or whose result has a shape that depends on values."""

ESCAPES = _words("item tolist __int__ __float__ __complex__ __index__ numpy __array__")
"""Reads whose result is a plain Python or NumPy value: what is computed from it is not seen."""

FACTORIES = _words("tensor as_tensor from_numpy scalar_tensor frombuffer asarray new_tensor")
"""Functions that make a tensor from plain values."""

SHAPE_OF_FIRST = _words(
    """
    zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros new_ones new_full new_empty
    new_tensor
    """
)
"""Functions that look only at the size and dtype of their first argument."""

SHAPE_OF_SECOND = _words("view_as reshape_as expand_as type_as pad_packed_sequence")
"""Functions that look only at the size or dtype of their second argument, or at where each sequence ends."""

OVERWRITES = _words("copy data set fill zero normal uniform bernoulli exponential random")
"""Functions that, in place, leave nothing of what their first argument held."""

BRANCHES = _words("cond while_loop scan associative_scan map map_impl")
"""Functions that run other functions where no mode sees them."""

KEPT_WITHOUT_EFFECT = _words(
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout feature_dropout"
)
"""Functions that are layers of the network even where they return their own input."""

_BASE = {
    "concat": "cat",
    "concatenate": "cat",
    "multiply": "mul",
    "subtract": "sub",
    "divide": "div",
    "true_divide": "div",
    "negative": "neg",
    "absolute": "abs",
    "special_expit": "sigmoid",
    "_grouped_mm": "grouped_mm",
    "max_pool1d_with_indices": "max_pool1d",
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
}

_OPERATORS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "div": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}

_UNARY = {
    "__neg__": "neg",
    "__pos__": "positive",
    "__abs__": "abs",
    "__invert__": "bitwise_not",
    "__getitem__": "getitem",
    "__setitem__": "setitem",
    "__eq__": "eq",
    "__ne__": "ne",
    "__lt__": "lt",
    "__le__": "le",
    "__gt__": "gt",
    "__ge__": "ge",
    "__reversed__": "flip",
}

_TENSOR_GETTERS = frozenset(("T", "mT", "H", "mH", "data", "real", "imag", "grad"))

_QUESTIONS = _words(
    """
    size dim numel stride is_floating_point is_complex is_contiguous is_tensor __len__ element_size storage_offset
    get_device result_type nelement ndimension data_ptr untyped_storage is_inference storage is_signed is_pinned
    is_shared is_conj is_neg is_coalesced has_names __hash__ __repr__ __dir__ sparse_dim dense_dim can_cast
    promote_types is_storage get_default_dtype is_same_size _assert __get__ __set__
    """
)

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "view": ("input", "*shape"),
    "reshape": ("input", "*shape"),
    "permute": ("input", "*dims"),
    "expand": ("input", "*size"),
    "repeat": ("input", "*repeats"),
    "tile": ("input", "*dims"),
    "flip": ("input", "*dims"),
    "sum": ("input", "dim", "keepdim"),
    "mean": ("input", "dim", "keepdim"),
    "prod": ("input", "dim", "keepdim"),
    "amax": ("input", "dim", "keepdim"),
    "amin": ("input", "dim", "keepdim"),
    "std": ("input", "dim"),
    "var": ("input", "dim"),
    "max": ("input", "dim", "keepdim"),
    "min": ("input", "dim", "keepdim"),
    "to": ("input", "dtype"),
    "type": ("input", "dtype"),
    "getitem": ("input", "index"),
    "setitem": ("input", "index", "value"),
    "einsum": ("equation", "*operands"),
    "unflatten": ("input", "dim", "sizes"),
    "squeeze": ("input", "dim"),
    "roll": ("input", "shifts", "dims"),
    "norm": ("input", "p", "dim", "keepdim"),
    "split": ("tensor", "split_size", "dim"),
    "pad": ("input", "pad", "mode", "value"),
    "scaled_dot_product_attention": (
        *("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa"),
    ),
    "zeros": ("*size",),
    "ones": ("*size",),
    "empty": ("*size",),
    "rand": ("*size",),
    "randn": ("*size",),
    "full": ("size", "fill_value"),
    "arange": ("start", "end", "step"),
    "new_zeros": ("input", "*size"),
    "new_ones": ("input", "*size"),
    "new_empty": ("input", "*size"),
    "meshgrid": ("*tensors",),
}
"""Names of positional arguments where PyTorch's own table of signatures lacks or changes them; `*` takes the rest."""


@dataclass(frozen=True, slots=True)
class Function:
    """One torch function."""

    name: str
    """Its last word, verbatim: `add_`, `__radd__`."""
    kind: str
    """PyTorch's name of what it computes: `add`."""
    arguments: tuple[str, ...]
    """Names of its positional arguments; one that begins with `*` takes the rest."""
    question: bool = False
    """It asks for a size, a dtype, a device: no value is read and no tensor made."""
    reads: bool = False
    swapped: bool = False
    """A reflected operator: `1 - x` calls x.__rsub__(1)."""
    inplace: bool = False


def describe(func: Callable[..., Any]) -> Function:
    """The function's description; computed once for each."""
    try:
        return _described(func)
    except TypeError:  # not hashable
        return _described.__wrapped__(func)


@cache
def _described(func: Callable[..., Any]) -> Function:
    full = _full_name(func)
    parts = full.split(".")
    if parts[-1] in ("__get__", "__set__", "__delete__"):
        return _getter(parts)
    name = parts[-1]
    if getattr(func, "_schema", None) is not None:  # aten.add.Tensor
        name = parts[1]
    kind, swapped, inplace = _kind(name)
    return Function(
        name=name,
        kind=kind,
        arguments=_ARGUMENTS.get(kind) or _signature(func),
        question=name in _QUESTIONS or (name.startswith("is_") and name not in READS),
        reads=name in READS,
        swapped=swapped,
        inplace=inplace,
    )


def _getter(parts: list[str]) -> Function:
    attribute = parts[-2] if len(parts) > 1 else ""
    writes = parts[-1] != "__get__"
    tensor = attribute in _TENSOR_GETTERS
    return Function(attribute, attribute, ("input",), question=not tensor and not writes, inplace=writes and tensor)


def _full_name(func: Callable[..., Any]) -> str:
    if getattr(func, "_schema", None) is not None:
        return str(func)
    try:
        name = resolve_name(func)
    except Exception:
        name = None
    return name or getattr(func, "__qualname__", None) or getattr(func, "__name__", None) or str(func)


def _kind(name: str) -> tuple[str, bool, bool]:
    """Kind, whether operands are swapped, whether it works in place."""
    if name in _UNARY:
        return _UNARY[name], False, name == "__setitem__"
    if name.startswith("__") and name.endswith("__"):
        word = name[2:-2]
        for prefix, swapped, inplace in (("", False, False), ("r", True, False), ("i", False, True)):
            if word.startswith(prefix) and word[len(prefix) :] in _OPERATORS:
                return _OPERATORS[word[len(prefix) :]], swapped, inplace
        return word, False, False
    inplace = name.endswith("_")
    word = name.rstrip("_")
    if word == "rsub":
        return "sub", True, False
    word = _BASE.get(word, word)
    if word.startswith("_") and word[1:].split("_")[0] in ("max", "adaptive", "fractional", "pad", "unique"):
        word = _BASE.get(word[1:], word[1:])  # what torch.nn.functional dispatches on a flag
    return word or name, False, inplace


@cache
def _signatures() -> dict[Any, Any]:
    return dict(get_testing_overrides())


def _signature(func: Callable[..., Any]) -> tuple[str, ...]:
    """Names of positional arguments, from PyTorch's table of overridable functions or the function itself."""
    schema = getattr(func, "_schema", None)
    if schema is not None:
        return tuple(argument.name for argument in schema.arguments)
    try:
        parameters = inspect.signature(_signatures().get(func, func)).parameters.values()
    except (TypeError, ValueError):
        return ()
    names = [("*" if p.kind is p.VAR_POSITIONAL else "") + p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    return tuple("input" if name == "self" else name for name in names)
