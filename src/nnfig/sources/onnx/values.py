"""What is known of each tensor name of an ONNX graph: shape and dtype, a constant's numbers, weights it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from nnfig.graph import Dim, TensorSpec
from nnfig.sources.onnx.lawful import STANDARD
from nnfig.sources.onnx.numbers import DTYPES, LARGEST, NUMPY

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto, TypeProto

UNKNOWN = "?"
"""A size that nobody named."""


@dataclass(slots=True)
class Values:
    """Facts by tensor name; filled from the graph's head, then node by node."""

    specs: dict[str, TensorSpec] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    """Constants small enough to compute with, as numpy arrays."""
    roots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names that depend on no input -> initialisers that they are computed from."""
    sizes: dict[str, tuple[Dim, ...] | None] = field(default_factory=dict)
    """Names that hold sizes (results of Shape and arithmetic on them) -> what is known of their content."""
    filled: set[str] = field(default_factory=set)
    """Roots that nodes make (Constant, ConstantOfShape): no weights unless weights are expected in their place."""

    def constant(self, name: str) -> bool:
        """Whether the name depends on no input of the network (an operand that is left out does not either)."""
        return not name or name in self.roots

    def known(self, name: str) -> bool:
        """Whether the name depends on no input but on the sizes of inputs."""
        return self.constant(name) or name in self.sizes

    def number(self, name: str) -> Any:
        """The constant's only element as a Python number, or None."""
        array = self.numbers.get(name)
        return array.reshape(-1)[0].item() if array is not None and array.size == 1 else None

    def tuple(self, name: str) -> tuple[Any, ...] | None:
        """The constant's elements, or for sizes what is known of them."""
        if name in self.numbers:
            return tuple(self.numbers[name].reshape(-1).tolist())
        return self.sizes.get(name)

    def shape(self, name: str) -> tuple[Dim, ...] | None:
        """The tensor's shape where its rank is known."""
        spec = self.specs.get(name)
        return spec.shape if spec else None

    def is_float(self, name: str) -> bool:
        """Whether the name holds numbers that can be learnt, or a quantised form of such."""
        spec = self.specs.get(name)
        return bool(spec) and spec.dtype.startswith(("float", "bfloat", "double"))

    def is_weight(self, name: str) -> bool:
        """Whether a root holds numbers that are learnt: floats, or the bytes of quantised ones."""
        spec = self.specs.get(name)
        return spec is None or self.is_float(name) or spec.dtype in ("int8", "uint8", "int4", "uint4")

    def count(self, root: str) -> int:
        """Elements of a root."""
        shape = self.shape(root) or ()
        return prod(d for d in shape if isinstance(d, int))


def head(graph: GraphProto) -> Values:
    """What inputs, initialisers and shape annotations say."""
    values = Values()
    for info in (*graph.value_info, *graph.input, *graph.output):
        spec = spec_of(info.type)
        if spec:
            values.specs[info.name] = spec
    for tensor in graph.initializer:
        add_constant(values, tensor.name, tensor)
    for sparse in graph.sparse_initializer:
        name = sparse.values.name
        values.specs[name] = TensorSpec(tuple(sparse.dims), DTYPES.get(sparse.values.data_type, "float32"))
        values.roots[name] = (name,)
    return values


def add_constant(values: Values, name: str, tensor: TensorProto) -> None:
    """Note an initialiser or the value of a Constant node."""
    from onnx import numpy_helper

    values.specs[name] = TensorSpec(tuple(tensor.dims), DTYPES.get(tensor.data_type, "float32"))
    values.roots[name] = (name,)
    if prod(tensor.dims) <= LARGEST and tensor.data_location != 1 and tensor.data_type != 8:
        try:
            values.numbers[name] = numpy_helper.to_array(tensor)
        except Exception:  # damaged bytes: its shape is still of use
            values.numbers.pop(name, None)


def learn(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> bool:
    """Note what a node's outputs are if they are constants or sizes; whether they are."""
    kind = node.op_type if node.domain in STANDARD else ""  # others may call an operator of their own the same
    if kind == "Constant":
        _constant(values, node, attributes)
        return True
    if kind in ("Shape", "Size"):
        _sizes_of(values, node, attributes)
        return True
    inputs = [name for name in node.input if name]
    if kind in ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli"):
        return False
    if all(values.constant(name) for name in inputs):
        for name in node.output:
            values.roots[name] = tuple(dict.fromkeys(r for i in inputs for r in values.roots[i])) or (name,)
        if kind == "ConstantOfShape":
            _filled(values, node, attributes)
        if kind == "Identity":
            _renamed(values, node.input[0], node.output[0])
        _compute(values, node, attributes)
        return True
    if inputs and all(name in values.sizes or values.constant(name) for name in inputs):
        for name in node.output:
            values.sizes[name] = None
        _compute_sizes(values, node, attributes)
        return True
    return False


def _constant(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> None:
    import numpy

    name = node.output[0]
    values.filled.add(name)
    if hasattr(attributes.get("value"), "dims"):  # a tensor
        add_constant(values, name, attributes["value"])
        return
    values.roots[name] = (name,)
    for key in ("value_float", "value_int", "value_floats", "value_ints"):
        if key in attributes:
            array = numpy.asarray(attributes[key] or 0, dtype="float32" if "float" in key else "int64")
            values.numbers[name] = array
            values.specs[name] = TensorSpec(array.shape, str(array.dtype))


def _renamed(values: Values, old: str, new: str) -> None:
    """An Identity of weights; PyTorch's exporter writes equal weights of two modules once and renames them."""
    if old in values.specs:
        values.specs[new] = values.specs[old]
    if "." in new and "/" not in new and "::" not in new:
        values.roots[new] = (new,)


def _filled(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> None:
    import numpy

    name, shape = node.output[0], values.tuple(node.input[0])
    values.roots[name] = (name,)
    values.filled.add(name)
    if shape is None:
        return
    tensor: Any = attributes.get("value")
    dtype = DTYPES.get(getattr(tensor, "data_type", 1), "float32")
    values.specs[name] = TensorSpec(tuple(int(d) for d in shape), dtype)
    if prod(shape) <= LARGEST:
        from onnx import numpy_helper

        fill = numpy_helper.to_array(tensor).reshape(-1)[0] if hasattr(tensor, "data_type") else 0.0
        values.numbers[name] = numpy.full(tuple(int(d) for d in shape), fill)


def _sizes_of(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> None:
    import numpy

    name, shape = node.output[0], values.shape(node.input[0])
    if shape is not None and node.op_type == "Shape":
        shape = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
    if shape is None or any(isinstance(d, str) for d in shape):
        values.sizes[name] = shape if node.op_type == "Shape" else None
        return
    array = numpy.asarray(shape, dtype="int64")
    values.numbers[name] = array if node.op_type == "Shape" else array.prod()
    values.specs[name] = TensorSpec(values.numbers[name].shape, "int64")
    values.roots[name] = ()


def _compute(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> None:
    """Compute a constant where its operator is one of the table's and its operands are small."""
    import numpy

    operation = NUMPY.get(node.op_type)
    operands = [values.numbers.get(name) for name in node.input]
    if operation is None or any(o is None for o, name in zip(operands, node.input, strict=True) if name):
        return
    try:
        with numpy.errstate(all="ignore"):
            result = numpy.asarray(operation(numpy, operands, attributes))
    except Exception:  # operands that do not fit each other: the value stays unknown
        return
    if result.size <= LARGEST and node.output:
        values.numbers[node.output[0]] = result
        values.specs.setdefault(node.output[0], TensorSpec(result.shape, str(result.dtype)))


def _compute_sizes(values: Values, node: NodeProto, attributes: Mapping[str, Any]) -> None:
    """Keep named sizes through the few operators that only move them."""
    import numpy

    if node.op_type not in ("Gather", "Concat", "Unsqueeze", "Squeeze", "Slice", "Cast", "Identity", "Reshape"):
        return
    operands: list[Any] = []
    for name in node.input:
        known = values.numbers.get(name)
        if known is None and values.sizes.get(name) is not None:
            sizes = values.sizes[name]
            known = numpy.empty(len(sizes or ()), dtype=object)
            known[:] = sizes
        if known is None and name:
            return
        operands.append(known)
    try:
        result = numpy.asarray(NUMPY[node.op_type](numpy, operands, attributes), dtype=object)
    except Exception:
        return
    if result.size <= LARGEST:
        values.sizes[node.output[0]] = tuple(result.reshape(-1).tolist())


def spec_of(kind: TypeProto) -> TensorSpec | None:
    if kind.HasField("optional_type"):
        kind = kind.optional_type.elem_type
    if kind.HasField("sequence_type"):
        kind = kind.sequence_type.elem_type
    if not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    tensor = kind.tensor_type
    return TensorSpec(tuple(_dim(d) for d in tensor.shape.dim), DTYPES.get(tensor.elem_type, "float32"))


def _dim(dim: Any) -> Dim:
    if dim.HasField("dim_value"):
        return int(dim.dim_value)
    name = dim.dim_param if dim.HasField("dim_param") else ""
    return UNKNOWN if not name or not isinstance(name, str) or name.startswith("unk__") else name
