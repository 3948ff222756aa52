"""Graph -> layer list: YAML that people read and edit, JSON with the same keys; written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph.defaults import brief
from nnfig.graph.model import Edge, Graph, Group, Layer, TensorSpec
from nnfig.graph.scalars import text_of

VERSION = 1
SIGNATURE = "# Written by nnfig."
"""How a YAML file that nnfig wrote begins; a JSON file has the key `nnfig`."""
WIDTH = 110
"""Columns that a layer may take before it goes on in a further line."""

_HEADER = f"{SIGNATURE} Edit it and draw it again: `nnfig schema` describes every key.\n"


def save(graph: Graph, path: str | Path, full: bool = False, force: bool = False) -> None:
    """Write the layer list: `.yaml`, `.yml` or `.json`.

    Args:
        graph: what to write.
        path: the file; it is there whole or not at all.
        full: also write attributes that equal PyTorch's defaults.
        force: replace a file that nnfig did not write.

    Raises:
        NnfigError: another suffix, a file that nnfig did not write, or a place that cannot be written.
    """
    path = Path(path)
    texts = {".yaml": yaml_text, ".yml": yaml_text, ".json": json_text}
    if path.suffix.lower() not in texts:
        raise NnfigError(
            f"unknown kind of layer list '{path.suffix}', expected one of {', '.join(texts)}", where=str(path)
        )
    text = texts[path.suffix.lower()](graph, full)
    try:
        if not force and _is_foreign(path):
            raise NnfigError(
                "this file was not written by nnfig", where=str(path), hint="--force (force=True) replaces it"
            )
        _write(path, text)
    except OSError as error:
        raise NnfigError(f"cannot be written: {error.strerror or error}", where=str(path)) from None


def as_dict(graph: Graph, full: bool = False) -> dict[str, Any]:
    """The long form as plain lists, dicts, numbers and text."""
    paths = frozenset(graph.group)
    document: dict[str, Any] = {
        "nnfig": VERSION,
        "name": graph.name,
        "inputs": {name: _input(spec) for name, spec in graph.inputs.items()},
        "layers": [_layer(layer, paths, full) for layer in graph.layers],
        "groups": [_group(group, paths) for group in graph.groups],
        "outputs": _outputs(graph),
        "output_names": list(graph.output_names),
        "notes": list(graph.notes),
    }
    optional = ("groups", "output_names", "notes")
    return {key: value for key, value in document.items() if value or key not in optional}


def yaml_text(graph: Graph, full: bool = False) -> str:
    """The layer list as YAML: layers in order, a comment where a group begins."""
    document = as_dict(graph, full)
    lines = [f"{key}: {text_of(document[key])}" for key in ("nnfig", "name")]
    lines += ["inputs:" if document["inputs"] else "inputs: {}"]
    lines += [f"  {text_of(name)}: {text_of(spec)}" for name, spec in document["inputs"].items()]
    lines += ["layers:" if graph.layers else "layers: []"]
    group = ""
    for layer, item in zip(graph.layers, document["layers"], strict=True):
        if layer.group != group and layer.group:
            lines.append(f"# {text_of(layer.group)}: {text_of(graph.group[layer.group].cls)}")
        group = layer.group
        lines += _item(item)
    if graph.groups:
        lines += ["groups:", *(line for item in document["groups"] for line in _item(item))]
    lines.append(f"outputs: {text_of(document['outputs'])}")
    if graph.output_names:
        lines.append(f"output_names: {text_of(document['output_names'])}")
    if graph.notes:
        lines += ["notes:", *(f"- {text_of(note)}" for note in graph.notes)]
    return _HEADER + "\n".join(lines) + "\n"


def json_text(graph: Graph, full: bool = False) -> str:
    """The layer list as JSON, one layer a line."""
    entries: list[str] = []
    for key, value in as_dict(graph, full).items():
        if key in ("layers", "groups") and value:
            rows = ",\n".join(f"    {_json(item)}" for item in value)
            entries.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            entries.append(f"  {json.dumps(key)}: {_json(value)}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def enclosing(name: str, paths: Collection[str]) -> str:
    """The longest group path that a dotted name lies in: what is left out of files.

    >>> enclosing("layer1.0.conv1", {"layer1", "layer1.0"})
    'layer1.0'
    """
    while "." in name:
        name = name.rpartition(".")[0]
        if name in paths:
            return name
    return ""


def _outputs(graph: Graph) -> list[str]:
    """Names of what is returned; of a further output of a layer with its number, `lstm.1`."""
    taken = {*graph.inputs, *graph.layer}
    found: list[str] = []
    numbers = {name: iter(outputs) for name, outputs in graph.returned.items()}
    for name in graph.outputs:
        here = list(numbers.get(name, ()))
        if graph.output_names:
            numbers[name] = iter(here[1:])
            here = here[:1]
        found += [_numbered(name, number, taken) for number in here or (0,)]
    return found


def _numbered(name: str, number: int, taken: Collection[str]) -> str:
    digits = str(number)
    while number and f"{name}.{digits}" in taken:
        digits = f"0{digits}"  # another layer is called so
    return f"{name}.{digits}" if number else name


def _input(spec: TensorSpec) -> Any:
    shape = list(spec.shape)
    return shape if spec.dtype == "float32" else {"shape": shape, "dtype": spec.dtype}


def _layer(layer: Layer, paths: Collection[str], full: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": layer.name, "kind": layer.kind, "from": list(layer.sources)}
    edges = [_edge(edge) for edge in layer.inputs]
    if any(edges):
        found["edges"] = edges
    found["output"] = [list(spec.shape) for spec in layer.output]
    found["dtype"] = list(layer.dtype)
    found["params"] = layer.params
    found["macs"] = layer.macs
    found["path"] = layer.path
    if layer.group != enclosing(layer.name, paths):
        found["group"] = layer.group
    attributes = dict(layer.attributes) if full else brief(layer.kind, layer.attributes)
    found |= {"attributes": _plain(attributes)} if attributes else {}
    if layer.mark != ("constant" if layer.kind == "Constant" else ""):
        found["mark"] = layer.mark
    rest = {"shared": layer.shared, "original": layer.original}
    return found | {key: value for key, value in rest.items() if value}


def _edge(edge: Edge) -> dict[str, Any]:
    found = {"output": edge.output, "label": edge.label, "kind": edge.kind}
    return {key: value for key, value in found.items() if value not in (0, "", "data")}


def _group(group: Group, paths: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"path": group.path}
    found |= {"class": group.cls} if group.cls else {}
    found |= {"title": group.title} if group.title else {}
    found |= {"repeat": group.repeat} if group.repeat != 1 else {}
    return found | ({"parent": group.parent} if group.parent != enclosing(group.path, paths) else {})


def _plain(value: Any) -> Any:
    """Tuples as lists, mappings as dicts, anything else that is no number, truth value or nothing as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _item(item: dict[str, Any]) -> list[str]:
    """One entry of a list in flow style, on as many lines as its width needs."""
    parts = [f"{key}: {text_of(value)}" for key, value in item.items()]
    lines, line = [], "- {"
    for position, part in enumerate(parts):
        part += "}" if position == len(parts) - 1 else ", "
        if len(line) + len(part.rstrip()) > WIDTH and line.strip() not in ("", "- {"):
            lines.append(line.rstrip())
            line = "   "
        line += part
    return [*lines, line]


def _json(value: Any) -> str:
    """JSON; an infinite number is written as one too large for any reader, which JSON allows and `Infinity` is not."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_json(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    if value in (float("inf"), float("-inf")):
        return "1e999" if value > 0 else "-1e999"
    return json.dumps(value, ensure_ascii=False)


def _is_foreign(path: Path) -> bool:
    """Whether a file stands there that nnfig did not write; an empty one has nothing to lose."""
    if not path.exists():
        return False
    text = path.read_bytes().decode("utf-8", "replace")
    if path.suffix.lower() != ".json":
        return bool(text.strip()) and not text.startswith(SIGNATURE)
    try:
        written = json.loads(text or '{"nnfig": 1}')
    except ValueError:
        return True
    return not (isinstance(written, dict) and "nnfig" in written)


def _write(path: Path, text: str) -> None:
    """Beside its place first, then put there in one step; permissions of a file that is replaced stay."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.resolve().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
