"""Shapes that ONNX's inference leaves open -> found node by node, with the numbers that are known by then."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from nnfig.graph import TensorSpec
from nnfig.sources.onnx.lawful import STANDARD
from nnfig.sources.onnx.values import UNKNOWN, Values, spec_of

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


class Shapes:
    """Shape inference for one node at a time."""

    def __init__(self, model: ModelProto, values: Values) -> None:
        self.values = values
        self.opsets: Mapping[str, int] = {o.domain: o.version for o in model.opset_import}
        self.imports = list(model.opset_import)
        self.version = model.ir_version

    def refine(self, node: NodeProto) -> None:
        """Find the sizes of a node's results that are not known yet."""
        open_ = [n for n in node.output if n and UNKNOWN in (self.values.shape(n) or (UNKNOWN,))]
        if not open_ or node.domain not in STANDARD:
            return
        if node.op_type == "Reshape":
            _solve(self.values, node)
        for name, kind in self._inferred(node).items():
            found, before = spec_of(kind), self.values.shape(name)
            if name in open_ and found and (before is None or found.shape.count(UNKNOWN) < before.count(UNKNOWN)):
                self.values.specs[name] = found

    def _inferred(self, node: NodeProto) -> Mapping[str, Any]:
        import onnx
        from onnx import helper, numpy_helper, shape_inference

        types: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for name in filter(None, node.input):
            spec = self.values.specs.get(name)
            if spec is None:
                return {}
            shape = [None if size == UNKNOWN else size for size in spec.shape]
            types[name] = helper.make_tensor_type_proto(_ELEMENTS.get(spec.dtype, 1), shape)
            if name in self.values.numbers and self.values.numbers[name].dtype != object:
                data[name] = numpy_helper.from_array(self.values.numbers[name], name)
        try:
            schema = onnx.defs.get_schema(node.op_type, self.opsets.get(node.domain, 1), node.domain)
            return shape_inference.infer_node_outputs(
                schema, node, types, data, opset_imports=self.imports, ir_version=self.version
            )
        except Exception:  # inference says no in many ways: the sizes stay open
            return {}


_ELEMENTS = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "string": 8, "bool": 9,
    "float16": 10, "float64": 11, "uint32": 12, "uint64": 13, "bfloat16": 16,
}  # fmt: skip


def _solve(values: Values, node: NodeProto) -> None:
    """Find the size that a Reshape leaves open (-1) where inference gave up because other sizes are only names."""
    before, to = values.shape(node.input[0]), values.tuple(node.input[1]) if len(node.input) > 1 else None
    after = values.shape(node.output[0])
    if before is None or not to or (after is not None and UNKNOWN not in after):
        return
    sizes = [before[i] if size == 0 and i < len(before) else size for i, size in enumerate(to)]
    left = list(before)
    for size in sizes:
        if isinstance(size, str) and size in left:
            left.remove(size)
        elif isinstance(size, str):
            return
    fixed = prod(size for size in sizes if isinstance(size, int) and size > 0)
    if UNKNOWN in sizes or any(isinstance(size, str) for size in left) or not fixed:
        return
    rest = prod(size for size in left if isinstance(size, int)) // fixed
    shape = tuple(rest if size == -1 else size for size in sizes)
    spec = values.specs.get(node.output[0]) or values.specs[node.input[0]]
    values.specs[node.output[0]] = TensorSpec(shape, spec.dtype)
