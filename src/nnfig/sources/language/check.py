"""Long form -> models; what does not fit becomes Problems with places, and the rest is read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from nnfig.sources.language.longhand import BLOCK_KEYS, LAYER_KEYS, broken
from nnfig.sources.language.models import DocumentModel, EdgeModel, GroupModel, InputModel
from nnfig.sources.language.tree import Map, Path, Seq, Source, find
from nnfig.sources.language.words import found, meant_or

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a word",
    "list_type": "a list [...]",
    "dict_type": "a mapping {...}",
    "model_type": "a mapping {...}",
    "string_too_short": "a word",
    "string_pattern_mismatch": "a dtype such as float32 or int64",
    "greater_than_equal": "a number that is not negative",
}


def checked(document: Map, source: Source) -> DocumentModel | None:
    """The document as models, without the layers that are faulty; None where too little is left to read on."""
    for _ in range(2):
        try:
            return DocumentModel.model_validate(document)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                path, value = _place(document, fault["loc"])
                _report(document, fault, path, value, source)
            if any(_is_fatal(fault["type"], fault["loc"]) for fault in error.errors(include_url=False)):
                return None
            for fault in error.errors(include_url=False, include_input=False):
                _drop(document, fault["type"], fault["loc"])
            document.setdefault("nnfig", 1)
    return None


def _is_fatal(kind: str, loc: tuple[str | int, ...]) -> bool:
    """Whether nothing sensible can be said of the rest: another version, inputs or groups that are unknown."""
    return (
        kind != "extra_forbidden"
        and loc[:1] not in (("layers",), ("define",))
        and (kind, loc) != ("missing", ("nnfig",))
    )


def _place(document: Any, loc: tuple[str | int, ...]) -> tuple[Path, Any]:
    """The path of a fault and what stands there; tags that pydantic puts between are left out."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(document, Map) and step in document:
            document = document[str(step)]
        elif isinstance(document, Seq) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            continue
        path.append(step)
    return tuple(path), document


def _report(document: Map, fault: Any, path: Path, value: Any, source: Source) -> None:
    key = str(path[-1]) if path else ""
    key_at, at = find(document, path)
    if fault["type"] == "missing":
        missing = str(fault["loc"][-1])
        hint = _MISSING.get(missing, "") if not path else ""
        return source.report(f"missing key '{missing}'", hint, spot=at)
    if fault["type"] == "extra_forbidden":
        comma = "a comma inside {...} parts keys: put the kind with its arguments in quotes"
        hint = comma if value is None else meant_or(key, _keys(document, path))
        return source.report(f"unknown key '{key}'", hint, spot=key_at)
    if path == ("nnfig",):
        what = f"this file is written in version {found(value)} of the language, expected 1"
        return source.report(what, "write 'nnfig: 1', or use the nnfig that wrote it", spot=at)
    if fault["type"] == "literal_error":
        what = f"{key} is {found(value)}, expected {fault['ctx']['expected']}"
        return source.report(what, spot=at)
    if fault["type"] == "value_error":
        expected = str(fault["ctx"]["error"])
    else:
        expected = _EXPECTED.get(fault["type"], fault["msg"])
    if fault["type"] == "model_type" and path[:1] == ("inputs",):
        expected = "a shape such as [1, 3, 224, 224]"
    if not path:
        return source.report(f"the document is {found(value)}, expected {expected}", spot=at)
    place = key if isinstance(path[-1], str) else f"an entry of '{_last_word(path)}'"
    return source.report(f"{place} is {found(value)}, expected {expected}", spot=at)


_MISSING = {
    "nnfig": "a layer list begins with 'nnfig: 1'",
    "inputs": "for instance 'inputs: {image: [1, 3, 224, 224]}'",
    "layers": "for instance 'layers: [ReLU]'",
}


def _last_word(path: Path) -> str:
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "")


def _keys(document: Any, path: Path) -> list[str]:
    """Keys that may stand where an unknown one does."""
    parent = _place(document, path[:-1])[1]
    if len(path) == 1:
        return _aliases(DocumentModel)
    word = _last_word(path[:-1])
    for name, model in (("edges", EdgeModel), ("groups", GroupModel)):
        if word == name:
            return _aliases(model)
    if path[0] == "inputs":
        return _aliases(InputModel)
    return sorted(BLOCK_KEYS if isinstance(parent, Mapping) and "layers" in parent else LAYER_KEYS)


def _aliases(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _drop(document: Map, kind: str, loc: tuple[str | int, ...]) -> None:
    """Take the fault out: an unknown key alone, else the innermost layer, else the whole entry."""
    path, value = _place(document, loc)
    cut = len(path) - 1
    if (kind != "extra_forbidden" or value is None) and path and path[0] in ("layers", "define"):
        lists = (i for i, step in enumerate(path) if isinstance(step, int))
        cut = max((i for i in lists if path[i - 1] == "layers" or (path[0] == "define" and i == 2)), default=cut)
    if cut < 0:
        return
    parent = _place(document, path[:cut])[1]
    step = path[cut]
    if isinstance(parent, Seq) and isinstance(step, int):
        item = parent[step]
        name = item.get("name") if isinstance(item, Map) else None
        parent[step] = broken(parent.items_at[step], name if isinstance(name, str) else None)
    elif isinstance(parent, Map):
        parent.pop(str(step), None)
