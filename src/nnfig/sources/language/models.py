"""The layer list's long form as pydantic models: what is checked; `schema` adds the short forms for editors."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from nnfig.graph import Mark
from nnfig.graph.scalars import value_of
from nnfig.sources.kinds import KINDS

REF = "x-definition"
"""Stands in a schema for a reference that `schema.document_schema` resolves."""


def _name(value: Any) -> Any:
    """Numbers are names too: PyTorch numbers the layers of a Sequential."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _size(value: Any) -> Any:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, str))
        or value == ""
        or (isinstance(value, int) and value < 0)
    ):
        raise ValueError("a whole number, or a word for a size that is not known")
    return value


def _count(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or (isinstance(value, int) and value < 0):
        raise ValueError("a whole number that is not negative, or a parameter of the definition")
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value


def _shapes(value: Any) -> Any:
    """One shape, or a list of shapes, as a list of shapes."""
    if isinstance(value, list) and any(not isinstance(item, list) for item in value):
        return [value]
    return value


def _input(value: Any) -> Any:
    """`[1, 3, 8, 8]` and `1,128:int64` in the long form."""
    if isinstance(value, list):
        return {"shape": value}
    if isinstance(value, str):
        sizes, _, dtype = value.partition(":")
        shape = [value_of(size.strip()) for size in re.split(r"[,x]", sizes)]
        return {"shape": shape, **({"dtype": dtype.strip()} if dtype else {})}
    return value


_NAME = {"type": ["string", "integer"]}
Name = Annotated[str, BeforeValidator(_name), Field(min_length=1), WithJsonSchema(_NAME)]
Names = Annotated[
    list[Name], BeforeValidator(_listed), WithJsonSchema({"anyOf": [_NAME, {"type": "array", "items": _NAME}]})
]
Size = Annotated[Any, AfterValidator(_size), WithJsonSchema({"type": ["integer", "string"]})]
Count = Annotated[Any, AfterValidator(_count), WithJsonSchema({"type": ["integer", "string"]})]
Shapes = Annotated[
    list[list[Size]],
    BeforeValidator(_shapes),
    WithJsonSchema({"type": "array", "items": {"type": ["integer", "string", "array"]}, "examples": [[1, 64, 56, 56]]}),
]
Dtype = Annotated[str, Field(pattern=r"^[a-z]\w*$", examples=["float32", "int64", "bool"])]
KindName = Annotated[
    str,
    WithJsonSchema(
        {"anyOf": [{"enum": sorted(KINDS)}, {"type": "string"}], "description": "PyTorch's class or function."}
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class EdgeModel(_Model):
    """What is not usual about the tensor that comes from the source at the same place of `from`."""

    output: Annotated[int, Field(ge=0, description="Which output of the source, counted from 0.")] = 0
    label: Annotated[str, Field(description="What happens on the way, for instance 'split heads'.")] = ""
    kind: Annotated[Literal["data", "gradient"], Field(description="Gradients run backwards.")] = "data"


class LayerModel(_Model):
    """One computation."""

    kind: KindName
    name: Name | None = None
    from_: Annotated[
        Names | None,
        Field(alias="from", description="Layers, groups or inputs that it takes; else the layer before it."),
    ] = None
    edges: Annotated[list[EdgeModel] | None, Field(description="Parallel to `from`, {} where nothing is special.")] = (
        None
    )
    output: Annotated[Shapes | None, Field(description="Its output's shape, batch included, or a list of shapes.")] = (
        None
    )
    dtype: Annotated[list[Dtype] | None, BeforeValidator(_listed), Field(description="One for each output.")] = None
    params: Annotated[int | None, Field(ge=0, description="Elements of the parameters that it owns.")] = None
    macs: Annotated[int | None, Field(ge=0, description="Multiply-accumulates of one forward pass.")] = None
    path: Annotated[str | None, Field(description="Path of the module.")] = None
    group: Annotated[str | None, Field(description="Path of the innermost group that holds it.")] = None
    attributes: Annotated[dict[str, Any] | None, Field(description="Hyper-parameters with PyTorch's names.")] = None
    shared: Annotated[Name | None, Field(description="The earlier layer whose weights it runs again.")] = None
    mark: Annotated[Mark | None, Field(description="plumbing, constant, index or opaque.")] = None
    original: Annotated[str | None, Field(description="The source's own name of the kind.")] = None


class BlockModel(_Model):
    """Layers in a frame (`group`), or again and again (`repeat`)."""

    layers: list[ItemModel]
    group: Annotated[Name | None, Field(description="What is written on the frame.")] = None
    repeat: Annotated[Count, Field(description="How often, each time after the last.")] = None
    name: Annotated[Name | None, Field(description="How others refer to it; else the group's title.")] = None
    from_: Annotated[Names | None, Field(alias="from", description="What its first layer takes.")] = None


def _shape_of(value: Any) -> str:
    is_block = "layers" in value if isinstance(value, dict) else isinstance(value, BlockModel)
    return "block" if is_block else "layer"


ItemModel = Annotated[
    Annotated[LayerModel, Tag("layer")] | Annotated[BlockModel, Tag("block")],
    Discriminator(_shape_of),
    WithJsonSchema({REF: "Item"}),
]


class InputModel(_Model):
    """A tensor that the network takes."""

    shape: Annotated[list[Size], Field(description="Batch included; a word is a symbolic size.")]
    dtype: Dtype = "float32"


InputValue = Annotated[
    InputModel,
    BeforeValidator(_input),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": ["integer", "string"]}, "examples": [[1, 3, 224, 224]]},
                {"type": "string", "examples": ["1,128:int64"]},
                {REF: "InputModel"},
            ]
        }
    ),
]


class GroupModel(_Model):
    """A module whose layers name it as their `group`, or lie in its path."""

    path: Annotated[str, Field(min_length=1)]
    cls: Annotated[str, Field(alias="class", description="Class name of the module.")] = ""
    title: Annotated[str, Field(description="What is written on the frame; else the class.")] = ""
    repeat: Annotated[int, Field(ge=1, description="How many equal ones stand in a row, of which this is one.")] = 1
    parent: Annotated[str | None, Field(description="Path of the group around it; else by the dots of its path.")] = (
        None
    )


class DocumentModel(_Model):
    """A network as a list of layers."""

    model_config = ConfigDict(title="nnfig layer list")

    nnfig: Annotated[Literal[1], Field(description="Version of this language.")]
    name: str | None = None
    inputs: Annotated[dict[str, InputValue], Field(description="Name of each input -> its shape.")]
    define: Annotated[
        dict[str, list[ItemModel]] | None, Field(description="name(parameter, ...) -> layers, used like a kind.")
    ] = None
    layers: list[ItemModel]
    groups: list[GroupModel] | None = None
    outputs: Annotated[Names | None, Field(description="What the network returns; else what nothing takes.")] = None
    output_names: Annotated[list[str] | None, Field(description="The network's own names for its outputs.")] = None
    notes: list[str] | None = None
    totals: Annotated[dict[str, int] | None, Field(description="Written by `nnfig show`; not read.")] = None
