"""A layer list (YAML, or JSON with the same keys) -> Graph; faults with file, line, column, and all at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Graph, Group, Layer, TensorSpec
from nnfig.graph.save import enclosing
from nnfig.records import found
from nnfig.sources.language.check import checked
from nnfig.sources.language.expand import Expansion, Ref, Scope, expanded
from nnfig.sources.language.infer import Inference, outputs
from nnfig.sources.language.longhand import lengthen
from nnfig.sources.language.models import DocumentModel
from nnfig.sources.language.resolve import Names, wired
from nnfig.sources.language.text import MAX_BYTES, parsed
from nnfig.sources.language.tree import Map, Source, Spot
from nnfig.sources.language.words import count, meant_or


def read(path: Path) -> Graph:
    """The graph of a file.

    Raises:
        NnfigError: it cannot be read, or is no layer list; every fault with its place.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NnfigError(f"the file has more than {MAX_BYTES // 2**20} MiB", where=str(path))
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NnfigError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    except UnicodeDecodeError:
        raise NnfigError("the file is binary, expected YAML or JSON text (UTF-8)", where=str(path)) from None
    return read_text(text, str(path))


def read_text(text: str, filename: str = "layers.yaml") -> Graph:
    """The graph of a text.

    >>> print(read_text("{nnfig: 1, name: small, inputs: {x: [1, 4]}, layers: [Linear 2]}"))
    small: 1 layer, 10 parameters
      input x 1x4 float32
      linear = Linear(x) 1x2
      return linear

    Raises:
        NnfigError: it is no layer list; every fault with its place.
    """
    document, source = parsed(_as_yaml(text) if filename.endswith(".json") else text, filename)
    if not isinstance(document, Map):
        source.report(f"expected a mapping with nnfig, inputs and layers, found {found(document)}", spot=Spot(0, 0))
        source.stop()
    lengthen(document, source)
    model = checked(document, source)
    if model is None:
        source.stop()
        raise AssertionError("a document that does not fit its model has problems")
    graph = _graph(model, document, source)
    source.stop()
    return graph


def json_schema() -> dict[str, Any]:
    """JSON Schema of layer lists, both forms, for editors."""
    from nnfig.sources.language.schema import document_schema  # no drawing needs it

    return document_schema()


def _as_yaml(text: str) -> str:
    """JSON as YAML reads it: pairs of surrogates as one character, characters that YAML would stumble over escaped."""
    pair = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
    text = pair.sub(lambda m: bytes.fromhex(m[1] + m[2]).decode("utf-16-be"), text)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda m: f"\\u{ord(m[0]):04x}", text)


def _graph(model: DocumentModel, document: Map, source: Source) -> Graph:
    inputs = {name: TensorSpec(tuple(spec.shape), spec.dtype) for name, spec in model.inputs.items()}
    walk = expanded(model, document, source)
    groups = _groups(model, walk)
    paths = frozenset(group.path for group in groups)
    inference = Inference(walk, inputs)
    layers = tuple(inference.layer(one, paths) for one in wired(walk))
    for statement in walk.statements:
        group = statement.model.group
        if group and group not in paths:
            walk.report(f"there is no group '{group}'", meant_or(group, sorted(paths)), at=(*statement.place, "group"))
    if not layers and not source.problems:
        walk.report("there are no layers", at=("layers",))
    names = tuple(model.output_names or ())
    results = (
        [(name, 0) for name in outputs(layers, inputs)] if model.outputs is None else _outputs(model, walk, layers)
    )
    if names and len(names) != len(results):
        walk.report(f"{count(len(names), 'output name')} for {count(len(results), 'output')}", at=("output_names",))
    returned: dict[str, tuple[int, ...]] = {}
    for name, output in results:
        returned[name] = (*returned.get(name, ()), output)
    return Graph(
        name=Path(source.filename).stem if model.name is None else model.name,
        inputs=inputs,
        layers=layers,
        groups=groups,
        outputs=tuple(name for name, _ in results) if names else tuple(returned),
        output_names=names,
        notes=(*(model.notes or ()), *inference.notes),
        returned={name: numbers for name, numbers in returned.items() if set(numbers) != {0}},
    )


def _outputs(model: DocumentModel, walk: Expansion, layers: Sequence[Layer]) -> list[tuple[str, int]]:
    """Layers and inputs that the network returns, with the number of the output."""
    names, counts = Names(walk), {layer.name: len(layer.output) for layer in layers}
    found: list[tuple[str, int]] = []
    for position, text in enumerate(model.outputs or ()):
        at = ("outputs", position)
        ref, output = names.output(Ref(text, Scope(), at))
        for name in names.names((ref,)):
            if output and output >= counts.get(name, 1):
                walk.report(f"'{name}' has {count(counts.get(name, 1), 'output')}, there is no output {output}", at=at)
            found.append((name, output))
    return found


def _groups(model: DocumentModel, walk: Expansion) -> tuple[Group, ...]:
    """Groups of the file and of its blocks, parents before children."""
    declared = {group.path: group for group in model.groups or ()}
    found: dict[str, Group] = {group.path: group for group in walk.groups}
    for position, group in enumerate(model.groups or ()):
        at = ("groups", position)
        if group.path in found or declared[group.path] is not group:
            walk.report(f"a second group '{group.path}'", at=(*at, "path"))
            continue
        parent = enclosing(group.path, declared) if group.parent is None else group.parent
        if parent and parent not in declared and parent not in found:
            walk.report(f"there is no group '{parent}'", meant_or(parent, declared), at=(*at, "parent"))
            parent = ""
        found[group.path] = Group(group.path, group.cls, group.title, group.repeat, parent)
    ordered: dict[str, Group] = {}
    for group in found.values():
        chain = [group]
        while chain[-1].parent and chain[-1].parent not in ordered:
            if found[chain[-1].parent] in chain:
                walk.report(f"the group '{group.path}' lies in itself", at=("groups",))
                break
            chain.append(found[chain[-1].parent])
        ordered.update((one.path, one) for one in reversed(chain))
    return tuple(ordered.values())
