"""The layer list's long form as records: what is read and checked; `schema` adds the short forms for editors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from nnfig.graph import Mark
from nnfig.graph.scalars import value_of
from nnfig.records import (
    ANY,
    BAD,
    WHOLE,
    WORD,
    Fault,
    Keyed,
    Lone,
    Many,
    Path,
    Record,
    Value,
    at_least,
    is_whole,
    key,
    one_of,
)
from nnfig.sources.kinds import KINDS

BROKEN = "\0"
"""Kind of a layer that cannot be read, and of which that has been said."""


def _is_size(value: Any) -> bool:
    return value >= 0 if is_whole(value) else isinstance(value, str) and value != ""


def _is_name(value: Any) -> bool:
    """Numbers are names too: PyTorch numbers the layers of a Sequential."""
    return is_whole(value) or (isinstance(value, str) and value != "")


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and any(not isinstance(size, list) for size in value)


_SIZE = {"type": ["integer", "string"]}
NAME = Value("a word", _is_name, {"type": ["string", "integer"]}, str)
NAMES = Lone(NAME, _is_name)
SIZE = Value("a whole number, or a word for a size that is not known", _is_size, _SIZE)
COUNT = Value("a whole number that is not negative, or a parameter of the definition", _is_size, _SIZE)
SHAPE = Many(SIZE)
SHAPES = Lone(SHAPE, _is_shape)
DTYPE = Value(
    "a dtype such as float32 or int64",
    lambda value: isinstance(value, str) and re.fullmatch(r"[a-z]\w*", value) is not None,
    {"type": "string", "pattern": r"^[a-z]\w*$", "examples": ["float32", "int64", "bool"]},
)
DTYPES = Lone(DTYPE, lambda value: isinstance(value, str))
KIND = Value(WORD.expected, WORD.fits, {"anyOf": [{"enum": sorted(KINDS)}, {"type": "string"}]})
NATURAL = at_least(0)


class EdgeModel(Record):
    """What is not usual about the tensor that comes from the source at the same place of `from`."""

    output: int = key(NATURAL, "Which output of the source, counted from 0.", default=0)
    label: str = key(WORD, "What happens on the way, for instance 'split heads'.", default="")
    kind: Literal["data", "gradient"] = key(one_of("data", "gradient"), "Gradients run backwards.", default="data")


class LayerModel(Record):
    """One computation."""

    kind: str = key(KIND, "PyTorch's class or function.")
    name: str | None = key(NAME, default=None)
    from_: Sequence[str] | None = key(
        NAMES, "Layers, groups or inputs that it takes; else the layer before it.", default=None, alias="from"
    )
    edges: Sequence[EdgeModel] | None = key(
        Many(EdgeModel), "Parallel to `from`, {} where nothing is special.", default=None
    )
    output: Sequence[Sequence[int | str]] | None = key(
        SHAPES, "Its output's shape, batch included, or a list of shapes.", default=None
    )
    dtype: Sequence[str] | None = key(DTYPES, "One for each output.", default=None)
    params: int | None = key(NATURAL, "Elements of the parameters that it owns.", default=None)
    macs: int | None = key(NATURAL, "Multiply-accumulates of one forward pass.", default=None)
    path: str | None = key(WORD, "Path of the module.", default=None)
    group: str | None = key(WORD, "Path of the innermost group that holds it.", default=None)
    attributes: Mapping[str, Any] | None = key(Keyed(ANY), "Hyper-parameters with PyTorch's names.", default=None)
    shared: str | None = key(NAME, "The earlier layer whose weights it runs again.", default=None)
    mark: Mark | None = key(one_of(*get_args(Mark)), "plumbing, constant, index or opaque.", default=None)
    original: str | None = key(WORD, "The source's own name of the kind.", default=None)


class _Item:
    """A layer or a block; what is faulty becomes a broken layer, so that the rest can be read on."""

    def read(self, value: Any, path: Path, faults: list[Fault]) -> LayerModel | BlockModel:
        model = BlockModel if "layers" in value else LayerModel
        found = model.read(value, path, faults)
        if found is not BAD:
            return found
        name = value.get("name")
        return LayerModel(kind=BROKEN, name=name if isinstance(name, str) else None)

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/Item"}


class BlockModel(Record):
    """Layers in a frame (`group`), or again and again (`repeat`)."""

    layers: Sequence[LayerModel | BlockModel] = key(Many(_Item()))
    group: str | None = key(NAME, "What is written on the frame.", default=None)
    repeat: int | str | None = key(COUNT, "How often, each time after the last.", default=None)
    name: str | None = key(NAME, "How others refer to it; else the group's title.", default=None)
    from_: Sequence[str] | None = key(NAMES, "What its first layer takes.", default=None, alias="from")


class InputModel(Record):
    """A tensor that the network takes."""

    shape: Sequence[int | str] = key(Many(SIZE), "Batch included; a word is a symbolic size.")
    dtype: str = key(DTYPE, default="float32")


class _Input:
    """`[1, 3, 8, 8]` and `1,128:int64` beside the long form."""

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        if isinstance(value, str):
            sizes, _, dtype = value.partition(":")
            shape = [value_of(size.strip()) for size in re.split(r"[,x]", sizes)]
            return InputModel.read({"shape": shape, **({"dtype": dtype.strip()} if dtype else {})}, path, faults)
        if isinstance(value, dict):
            return InputModel.read(value, path, faults)
        if not isinstance(value, list):
            faults.append(Fault(path, "wrong", value, "a shape such as [1, 3, 224, 224]"))
            return BAD
        shape = SHAPE.read(value, path, faults)
        return BAD if shape is BAD else InputModel(shape=shape)

    def schema(self) -> dict[str, Any]:
        listed = {**SHAPE.schema(), "examples": [[1, 3, 224, 224]]}
        return {"anyOf": [listed, {"type": "string", "examples": ["1,128:int64"]}, InputModel.schema()]}


class GroupModel(Record):
    """A module whose layers name it as their `group`, or lie in its path."""

    path: str = key(Value("a word", lambda value: isinstance(value, str) and value != "", {"type": "string"}))
    cls: str = key(WORD, "Class name of the module.", default="", alias="class")
    title: str = key(WORD, "What is written on the frame; else the class.", default="")
    repeat: int = key(at_least(1), "How many equal ones stand in a row, of which this is one.", default=1)
    parent: str | None = key(WORD, "Path of the group around it; else by the dots of its path.", default=None)


class DocumentModel(Record):
    """A network as a list of layers."""

    nnfig: int = key(one_of(1), "Version of this language.")
    name: str | None = key(WORD, default=None)
    inputs: Mapping[str, InputModel] = key(Keyed(_Input()), "Name of each input -> its shape.")
    define: Mapping[str, Sequence[LayerModel | BlockModel]] | None = key(
        Keyed(Many(_Item())), "name(parameter, ...) -> layers, used like a kind.", default=None
    )
    layers: Sequence[LayerModel | BlockModel] = key(Many(_Item()))
    groups: Sequence[GroupModel] | None = key(Many(GroupModel), default=None)
    outputs: Sequence[str] | None = key(
        NAMES, "What the network returns (`lstm.1`: a further output); else what nothing takes.", default=None
    )
    output_names: Sequence[str] | None = key(Many(WORD), "The network's own names for its outputs.", default=None)
    notes: Sequence[str] | None = key(Many(WORD), default=None)
    totals: Mapping[str, int] | None = key(Keyed(WHOLE), "Written by `nnfig show`; not read.", default=None)
