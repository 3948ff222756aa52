"""The nodes of an ONNX graph -> operators in plain Python, without constants, size arithmetic and identities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnfig.errors import NnfigError
from nnfig.sources.onnx.functions import CLASS
from nnfig.sources.onnx.ops import Op
from nnfig.sources.onnx.shapes import Shapes
from nnfig.sources.onnx.values import Values, learn
from nnfig.sources.scopes import clean

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto


def operators(model: ModelProto, values: Values, inputs: Iterable[str], path: Path) -> tuple[list[Op], list[str]]:
    """The operators that data flows through, in running order, and notes.

    Raises NnfigError where a node takes a tensor that nothing makes.
    """
    made = set(inputs) | set(values.roots)
    same: dict[str, str] = {}
    results = {o.name for o in model.graph.output}
    found: list[Op] = []
    notes: list[str] = []
    shapes = Shapes(model, values)
    sizes = folded = 0
    for node in _ordered(model.graph, made, path):
        attributes = {a.name: _value(a) for a in node.attribute}
        bodies = [g for a in node.attribute for g in ((a.g,) if a.HasField("g") else tuple(a.graphs))]
        names = [same.get(name, name) for name in node.input]
        node.input[:] = names
        shapes.refine(node)
        if learn(values, node, attributes) and not bodies:
            sizes += any(name in values.sizes for name in node.output) or node.op_type in ("Shape", "Size")
            if not any(name in results for name in node.output) or values.constant(node.output[0]):
                continue
        idle = len(names) == 1 and node.op_type in ("Identity", "Concat")
        if idle and node.output[0] not in results:
            same[node.output[0]] = names[0]
            continue
        operands = (*names, *(same.get(n, n) for body in bodies for n in _captured(body)))
        if any("FuseBatchNormIntoConv" in p.value for p in node.metadata_props):
            folded += 1
        if bodies:
            notes.append(_about(node, bodies))
        scope, classes = _scope(node)
        attributes = {k: v for k, v in attributes.items() if not hasattr(v, "DESCRIPTOR")}
        op = Op(node.op_type, node.name, tuple(dict.fromkeys(operands)) if bodies else operands, tuple(node.output))
        found.append(replace(op, attributes=attributes, domain=node.domain, scope=scope, classes=classes))
    if sizes:
        notes.append(f"{sizes} operators that only compute sizes are left out.")
    if folded or any(name.startswith("onnx::Conv") for op in found for name in op.inputs):
        notes.append("The exporter folded batch normalisation into the convolutions before it.")
    return found, notes


def _ordered(graph: GraphProto, made: set[str], path: Path) -> list[NodeProto]:
    """Nodes in running order (the format asks for it; a file may not keep it)."""
    ready, waiting = [], list(graph.node)
    known = set(made)
    while waiting:
        late = []
        for node in waiting:
            bodies = [g for a in node.attribute for g in ((a.g,) if a.HasField("g") else tuple(a.graphs))]
            needs = [*node.input, *(name for body in bodies for name in _captured(body))]
            if all(not name or name in known for name in needs):
                known.update(node.output)
                ready.append(node)
            else:
                late.append(node)
        if len(late) == len(waiting):
            node = late[0]
            missing = next(name for name in node.input if name and name not in known)
            where = f"{path}: node {node.name or node.op_type}"
            raise NnfigError(f"takes '{missing}', which nothing before it makes", where=where)
        waiting = late
    return ready


def _captured(body: GraphProto) -> list[str]:
    """Names that a subgraph takes from the graph around it, each once."""
    own = {i.name for i in (*body.input, *body.initializer)}
    found: dict[str, None] = {}
    for node in body.node:
        inner = [g for a in node.attribute for g in ((a.g,) if a.HasField("g") else tuple(a.graphs))]
        for name in (*node.input, *(n for each in inner for n in _captured(each))):
            if name and name not in own:
                found[name] = None
        own.update(node.output)
    for result in body.output:
        if result.name not in own:
            found[result.name] = None
    return list(found)


def _about(node: NodeProto, bodies: list[Any]) -> str:
    parts = " and ".join(f"{len(body.node)} operators ({body.name or 'unnamed'})" for body in bodies)
    return f"{node.op_type} '{node.name or node.output[0]}' is one layer; it runs {parts} inside."


def _scope(node: NodeProto) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Module path and class names, from what the exporter wrote about the node or from its name."""
    told: Mapping[str, str] = {p.key: p.value for p in node.metadata_props}
    if "pkg.torch.onnx.name_scopes" in told:
        return _told(told)
    parts = [clean(part) for part in node.name.split("/") if part]
    calls: dict[str, str] = {}
    for prop in node.metadata_props:
        if prop.key == CLASS:
            way, _, function = prop.value.rpartition("=")
            calls[way] = function
    ways = ["/".join(parts[: i + 1]) for i in range(len(parts) - 1)]
    return tuple(parts[:-1]), tuple(calls.get(way, "") for way in ways)


def _told(told: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scopes of PyTorch's newer exporter: lists of whole paths and of class names, written as Python."""
    import ast

    try:
        names = [str(n) for n in ast.literal_eval(told["pkg.torch.onnx.name_scopes"])]
        classes = [
            str(c).rpartition(".")[2] for c in ast.literal_eval(told.get("pkg.torch.onnx.class_hierarchy", "[]"))
        ]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return (), ()
    ways = [(name, classes[i] if i < len(classes) else "") for i, name in enumerate(names[:-1]) if name]
    return tuple(clean(name) for name, _ in ways), tuple(cls for _, cls in ways)


def _value(attribute: AttributeProto) -> Any:
    """An attribute in plain Python; tensors and graphs stay as they are."""
    for kind, name in ((1, "f"), (2, "i"), (4, "t"), (5, "g"), (11, "sparse_tensor")):
        if attribute.type == kind:
            value = getattr(attribute, name)
            return float(f"{value:.7g}") if kind == 1 else value
    if attribute.type == 3:
        return attribute.s.decode("utf-8", "replace")
    if attribute.type == 6:
        return tuple(float(f"{v:.7g}") for v in attribute.floats)
    if attribute.type == 7:
        return tuple(attribute.ints)
    if attribute.type == 8:
        return tuple(s.decode("utf-8", "replace") for s in attribute.strings)
    return ""
