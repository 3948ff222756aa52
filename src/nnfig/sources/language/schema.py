"""The JSON Schema of layer lists, long forms and short, for editors that complete and check."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from nnfig.sources.kinds import KINDS
from nnfig.sources.language.models import REF, BlockModel, DocumentModel, GroupModel, InputModel, LayerModel

_MODELS = {"DocumentModel": DocumentModel, "LayerModel": LayerModel, "BlockModel": BlockModel} | {
    "InputModel": InputModel,
    "GroupModel": GroupModel,
}
_SHORT: dict[str, Any] = {
    "type": "string",
    "description": "KIND ARG, ARG...; ARG is 7x7 (kernel), /2 (stride), a number (the kind's size), 'attribute value'.",
    "anyOf": [{"enum": sorted(KINDS)}, {"pattern": r"^\s*\S+"}],
    "examples": ["Conv2d 7x7, 64, /2, padding 3", "ReLU", "stage(64, 2)"],
}


def document_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of layer lists."""
    _, found = models_json_schema([(model, "validation") for model in _MODELS.values()], by_alias=True)
    definitions: dict[str, Any] = found["$defs"]
    layer, block = (definitions[name]["properties"] for name in ("LayerModel", "BlockModel"))
    beside = {key: value for key, value in layer.items() if key not in ("name", "kind")}
    definitions |= {
        "Short": _SHORT,
        "Body": {"type": "object", "properties": {**block, **layer}, "additionalProperties": False},
        "Named": _named(beside),
        "Item": {"anyOf": [{REF: name} for name in ("Short", "LayerModel", "BlockModel", "Named")]},
    }
    document = definitions.pop("DocumentModel")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, "$defs": definitions}
    return _referred(schema)


def _named(beside: dict[str, Any]) -> dict[str, Any]:
    """`NAME: KIND ARG, ...` or `NAME: {...}`, with further keys of a layer beside the name."""
    return {
        "type": "object",
        "description": "NAME: KIND ARG, ...",
        "not": {"anyOf": [{"required": ["kind"]}, {"required": ["layers"]}]},
        "properties": beside,
        "additionalProperties": {"anyOf": [{REF: "Short"}, {REF: "Body"}]},
        "minProperties": 1,
    }


def _referred(value: Any) -> Any:
    if isinstance(value, dict):
        if REF in value:
            return {"$ref": f"#/$defs/{value[REF]}"}
        return {key: _referred(item) for key, item in value.items()}
    return [_referred(item) for item in value] if isinstance(value, list) else value
