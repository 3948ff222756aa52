"""What `input_size` may be, text or Python, becomes tensors of these sizes, in the structure that forward takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import torch

from nnfig.errors import NnfigError

FORMS = "for instance (1, 3, 224, 224), ((1, 128), 'int64'), '1,128:int64' or {'ids': (1, 128)}"
_TEXT = re.compile(
    r"(?:(?P<name>[A-Za-z_][\w.]*)\s*=)?\s*[(\[]?(?P<shape>[\d\s,x]*?)[)\]]?\s*(?::\s*(?:torch\.)?(?P<dtype>\w+))?\s*"
)
_SHORT = {
    **{"float": "float32", "int": "int64", "long": "int64", "half": "float16", "double": "float64"},
    **{"f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "i32": "int32", "i64": "int64"},
}
_DTYPES = "float32, float16, bfloat16, int64, int32, bool"


@dataclass(frozen=True, slots=True)
class Size:
    """One tensor that is wanted."""

    shape: tuple[int, ...]
    dtype: str | None = None
    """Nobody said which where it is None."""


Wanted = Any
"""A Size, or a tuple or dict of what is wanted."""


def wanted(sizes: Any) -> tuple[list[Wanted], dict[str, Wanted]]:
    """Positional and keyword arguments that sizes stand for.

    >>> wanted([(2, 3), {"mask": ((2,), "bool")}])
    ([Size(shape=(2, 3), dtype=None)], {'mask': Size(shape=(2,), dtype='bool')})

    Raises:
        NnfigError: it is no size, or one is given twice.
    """
    args: list[Wanted] = []
    found: dict[str, Any] = {}
    for name, size in _each(sizes):
        if name:
            _put(found, name.split("."), size)
        else:
            args.append(size)
    return args, {name: _assembled(value) for name, value in found.items()}


def names_of(sizes: Any) -> list[str]:
    """Names that text gives to inputs: `mask` of `mask=1,128:bool`."""
    listed: Sequence[Any] = [sizes] if isinstance(sizes, str) else sizes if isinstance(sizes, Sequence) else ()
    texts = [text for text in listed if isinstance(text, str) and "=" in text]
    return [name for name, _ in map(_parsed, texts) if name]


def _each(sizes: Any) -> Iterator[tuple[str, Wanted]]:
    if isinstance(sizes, str):
        yield _parsed(sizes)
    elif isinstance(sizes, Mapping) and not is_described(sizes):
        for name, size in sizes.items():
            yield str(name), _one(size)
    elif (single := _single(sizes)) is not None:
        yield "", single
    elif isinstance(sizes, Sequence) and sizes:
        for size in sizes:
            if isinstance(size, (str, Mapping)):
                yield from _each(size)
            else:
                yield "", _one(size)
    else:
        raise _no_shape(sizes)


def _one(size: Any) -> Wanted:
    """One argument: a tensor, or a tuple or dict of them."""
    if isinstance(size, str):
        return _parsed(size)[1]
    if isinstance(size, Mapping) and not is_described(size):
        return {str(key): _one(item) for key, item in size.items()}
    single = _single(size)
    if single is not None:
        return single
    if isinstance(size, Sequence) and size:
        return tuple(_one(item) for item in size)
    raise _no_shape(size)


def _single(size: Any) -> Size | None:
    """The one tensor that it describes: a shape, a shape with a dtype, or an object that has both."""
    if isinstance(size, Mapping):
        return _pair(size["shape"], size.get("dtype"))
    if hasattr(size, "__array__"):
        raise NnfigError(
            f"input_size: a {type(size).__name__} is no size", hint=f"{FORMS}; inputs=(x, ...) takes tensors"
        )
    if not isinstance(size, Sequence) and hasattr(size, "shape") and hasattr(size, "dtype"):
        return _pair(size.shape, size.dtype) if isinstance(size.shape, Sequence) and size.shape else None
    shape = _shape(size)
    if shape is not None:
        return Size(shape)
    if not isinstance(size, (str, Sequence)):
        raise _no_shape(size)
    if len(size) == 2 and _shape(size[0]) is not None and not isinstance(size[1], (Sequence, Mapping)):
        return _pair(*size)
    if len(size) == 2 and _shape(size[0]) is not None and isinstance(size[1], str) and not _TEXT.fullmatch(size[1]):
        return _pair(*size)
    if any(not isinstance(item, (Sequence, Mapping)) and not hasattr(item, "shape") for item in size):
        raise _no_shape(size)
    return None


def is_described(size: Mapping[Any, Any]) -> bool:
    """Whether it is one tensor, `{"shape": (1, 128), "dtype": "int64"}`, and no inputs by name."""
    return "shape" in size and set(size) <= {"shape", "dtype"} and _shape(size["shape"]) is not None


def _pair(shape: Any, dtype: Any) -> Size:
    lengths = _shape(shape)
    if lengths is None:
        raise _no_shape(shape)
    if dtype is not None and _dtype(dtype) is None:
        raise NnfigError(f"input_size: {dtype!r} is no dtype", hint=f"for instance {_DTYPES}")
    return Size(lengths, _dtype(dtype))


def _shape(value: Any) -> tuple[int, ...] | None:
    """Whole numbers, of Python or NumPy."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        return None
    try:
        found = tuple(index(length) for length in value if not isinstance(length, bool))
    except TypeError:
        return None
    return found if len(found) == len(value) and min(found, default=0) >= 0 else None


def _dtype(value: Any) -> str | None:
    """The name of a dtype of PyTorch, given by itself, by name, or as one of Python's or NumPy's types."""
    word = value if isinstance(value, str) else getattr(value, "__name__", "") or str(value)
    word = word.removeprefix("torch.")
    word = _SHORT.get(word, word)
    return word if isinstance(getattr(torch, word, None), torch.dtype) else None


def _no_shape(size: Any) -> NnfigError:
    hint = FORMS
    if isinstance(size, Sequence) and any(length is None or length == -1 for length in size):
        hint = f"every length is a number, also that of a batch: {FORMS}"
    return NnfigError(f"input_size: {size!r} is no shape", hint=hint)


def _parsed(text: str) -> tuple[str, Size]:
    match = _TEXT.fullmatch(text)
    if not match:
        raise NnfigError(f"--input {text}: expected SHAPE[:DTYPE]", hint="for instance 1,3,224,224 or ids=1,128:int64")
    shape = tuple(int(part) for part in re.split(r"[,x\s]+", match["shape"].strip(" ,")) if part)
    if match["dtype"] is not None and _dtype(match["dtype"]) is None:
        raise NnfigError(f"--input {text}: '{match['dtype']}' is no dtype", hint=f"for instance {_DTYPES}")
    return match["name"] or "", Size(shape, _dtype(match["dtype"]) if match["dtype"] else None)


class _Parts(dict[str, Any]):
    """A tuple or a dict that is given part by part."""


def _put(found: dict[str, Any], path: Sequence[str], size: Wanted) -> None:
    *outer, last = path
    for name in outer:
        inner = found.setdefault(name, _Parts())
        found = inner if isinstance(inner, _Parts) else {last: inner}
    if last in found:
        raise NnfigError(f"--input: '{'.'.join(path)}' is given twice, as a whole and in parts or under one name")
    found[last] = size


def _assembled(value: Any) -> Wanted:
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


def filled(value: Wanted, name: str, make: Callable[[Size, str], Any]) -> Any:
    """The same structure with what `make` gives for each size and the name of its argument or key."""
    if isinstance(value, Size):
        return make(value, name)
    if isinstance(value, tuple):
        return tuple(filled(item, name, make) for item in value)
    return {key: filled(item, key, make) for key, item in value.items()}
