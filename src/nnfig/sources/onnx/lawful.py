"""Nodes of an ONNX graph in, problems out: what the format's own definitions of operators do not allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnfig.errors import Problem

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

STANDARD = ("", "ai.onnx")
"""Domains whose operators are defined; what others take is theirs to say."""


def unlawful(model: ModelProto, path: Path) -> list[Problem]:
    """Nodes without an input or an output that their operator needs."""
    version = max((opset.version for opset in model.opset_import if opset.domain in STANDARD), default=1)
    return [
        Problem(what, f"{path}: node {node.name or node.op_type}")
        for node in model.graph.node
        if node.domain in STANDARD
        for what in _faults(node, version)
    ]


def _faults(node: NodeProto, version: int) -> Iterator[str]:
    schema = _schema(node.op_type, version)
    if schema is None:
        return
    given = sum(1 for name in node.input[: schema.min_input] if name)
    if given < schema.min_input:
        yield f"{node.op_type} takes at least {_counted(schema.min_input, 'input')}, this one has {given}"
    if len(node.output) < schema.min_output:
        yield f"{node.op_type} gives at least {_counted(schema.min_output, 'output')}, this one has {len(node.output)}"


@cache
def _schema(op_type: str, version: int) -> Any:
    from onnx import defs

    with suppress(defs.SchemaError):
        return defs.get_schema(op_type, version, "")
    with suppress(defs.SchemaError):  # an operator that is newer than the file's version
        return defs.get_schema(op_type, "")
    return None


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
