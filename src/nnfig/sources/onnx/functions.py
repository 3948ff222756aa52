"""Calls of functions that an ONNX model defines itself -> their bodies in place, under the call's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnfig.errors import NnfigError

if TYPE_CHECKING:
    from onnx import AttributeProto, FunctionProto, ModelProto, NodeProto

DEEPEST = 64
CLASS = "nnfig.class"
"""Metadata key under which a node remembers the functions whose bodies it stands in, as `scope=Function` lines."""


def inlined(model: ModelProto, most_nodes: int, where: str) -> tuple[ModelProto, int]:
    """The model with every function call opened, and how many there were.

    Nodes of a body are named `call/node` and carry the function's name, so that they form a group.

    Raises NnfigError for functions that call themselves, and where the bodies grow past `most_nodes`.
    """
    functions = {(f.domain, f.name): f for f in model.functions}
    if not functions:
        return model, 0
    work = _Inliner(functions, most_nodes, where)
    nodes = [inner for node in model.graph.node for inner in work.opened(node, ())]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    domains = {(o.domain, o.version) for o in model.opset_import}
    for function in model.functions:
        for opset in function.opset_import:
            if opset.domain not in {d for d, _ in domains}:
                model.opset_import.append(opset)
                domains.add((opset.domain, opset.version))
    del model.functions[:]
    return model, work.calls


class _Inliner:
    def __init__(self, functions: Mapping[tuple[str, str], FunctionProto], most: int, where: str) -> None:
        self.functions, self.most, self.where = functions, most, where
        self.calls = 0
        self.nodes = 0

    def opened(self, node: NodeProto, inside: tuple[str, ...]) -> list[NodeProto]:
        """The node, or the body of the function that it calls."""
        function = self.functions.get((node.domain, node.op_type))
        self.nodes += 1
        if self.nodes > self.most:
            raise NnfigError(f"its functions open to more than {self.most:,} nodes", where=self.where)
        if function is None:
            return [node]
        if len(inside) >= DEEPEST or function.name in inside:
            raise NnfigError(f"function '{function.name}' calls itself", where=self.where)
        self.calls += 1
        call = node.name or f"{function.name}_{self.calls}"
        names = dict(zip(function.input, node.input, strict=False))
        names |= dict.fromkeys(function.input[len(node.input) :], "")
        names |= {inner: outer for inner, outer in zip(function.output, node.output, strict=False) if outer}
        given = {a.name: a for a in function.attribute_proto} | {a.name: a for a in node.attribute}
        found: list[NodeProto] = []
        for each in function.node:
            inner = type(each)()
            inner.CopyFrom(each)
            _rename(inner, names, given, f"{call}/")
            inner.name = f"{call}/{each.name or each.op_type}"
            found += self.opened(inner, (*inside, function.name))
        for each in found:
            note = each.metadata_props.add()
            note.key, note.value = CLASS, f"{call}={function.name}"
        return found


def _rename(node: NodeProto, names: dict[str, str], given: Mapping[str, AttributeProto], prefix: str) -> None:
    """Put the caller's values and attributes in place of the function's own."""

    def outer(name: str) -> str:
        return names.setdefault(name, prefix + name) if name else ""

    node.input[:] = [outer(name) for name in node.input]
    node.output[:] = [outer(name) for name in node.output]
    kept: list[Any] = []
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            if attribute.ref_attr_name not in given:
                continue
            value = type(attribute)()
            value.CopyFrom(given[attribute.ref_attr_name])
            value.name = attribute.name
            attribute = value
        for graph in (attribute.g, *attribute.graphs) if attribute.HasField("g") or attribute.graphs else ():
            own = {o for n in graph.node for o in n.output} | {i.name for i in (*graph.input, *graph.initializer)}
            for inner in graph.node:
                _rename(inner, {**names, **{name: name for name in own}}, given, prefix)
        kept.append(attribute)
    kept = [_copy(a) for a in kept]
    del node.attribute[:]
    node.attribute.extend(kept)


def _copy(attribute: Any) -> Any:
    copy = type(attribute)()
    copy.CopyFrom(attribute)
    return copy
