"""The JSON Schema of layer lists, long forms and short, for editors that complete and check."""

from __future__ import annotations

from typing import Any

from nnfig.records import schema
from nnfig.sources.kinds import KINDS
from nnfig.sources.language.models import (
    BlockModel,
    DocumentModel,
    EdgeModel,
    GroupModel,
    InputModel,
    LayerModel,
)

_SHORT: dict[str, Any] = {
    "type": "string",
    "description": "KIND ARG, ARG...; ARG is 7x7 (kernel), /2 (stride), a number (the kind's size), 'attribute value'.",
    "anyOf": [{"enum": sorted(KINDS)}, {"pattern": r"^\s*\S+"}],
    "examples": ["Conv2d 7x7, 64, /2, padding 3", "ReLU", "stage(64, 2)"],
}


def document_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of layer lists."""
    found = schema(DocumentModel, (LayerModel, BlockModel, InputModel, GroupModel, EdgeModel), title="nnfig layer list")
    definitions: dict[str, Any] = found["$defs"]
    layer, block = (definitions[name]["properties"] for name in ("LayerModel", "BlockModel"))
    beside = {key: value for key, value in layer.items() if key not in ("name", "kind")}
    definitions |= {
        "Short": _SHORT,
        "Body": {"type": "object", "properties": {**block, **layer}, "additionalProperties": False},
        "Named": _named(beside),
        "Item": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("Short", "LayerModel", "BlockModel", "Named")]},
    }
    return found


def _named(beside: dict[str, Any]) -> dict[str, Any]:
    """`NAME: KIND ARG, ...` or `NAME: {...}`, with further keys of a layer beside the name."""
    return {
        "type": "object",
        "description": "NAME: KIND ARG, ...",
        "not": {"anyOf": [{"required": ["kind"]}, {"required": ["layers"]}]},
        "properties": beside,
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Short"}, {"$ref": "#/$defs/Body"}]},
        "minProperties": 1,
    }
