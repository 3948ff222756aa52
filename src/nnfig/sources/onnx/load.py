"""A `.onnx` file -> a ModelProto whose graph is flat, ordered and annotated with shapes, without its weights' bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnfig.errors import NnfigError
from nnfig.sources.onnx.functions import inlined
from nnfig.sources.onnx.lawful import unlawful

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto

LARGEST_FILE = 2**31 - 1
"""Bytes; protobuf cannot hold more, larger networks keep their weights in files of their own."""
LARGEST_KEPT = 4096
"""Elements of an initialiser whose numbers are kept: shapes, axes, scales; of larger ones only the shape counts."""
MOST_NODES = 200_000


def load(path: Path) -> tuple[ModelProto, list[str]]:
    """The model and notes about it.

    Weights kept in files beside the model are not opened: only structure is needed.

    Raises:
        NnfigError: onnx is not installed, or the file is no readable ONNX model.
    """
    try:
        import onnx
        from onnx import shape_inference
    except ImportError:
        raise NnfigError("reading .onnx files needs the onnx package", hint="pip install 'nnfig[onnx]'") from None
    model = _parsed(path, onnx)
    notes: list[str] = []
    _forget_weights(model.graph)
    for function in model.functions:
        for node in function.node:
            _forget_in_attributes(node)
    model, calls = inlined(model, MOST_NODES, str(path))
    if calls:
        notes.append(f"{calls} calls of model functions are opened as groups.")
    if len(model.graph.node) > MOST_NODES:
        raise NnfigError(f"the graph has more than {MOST_NODES:,} nodes", where=str(path))
    if problems := unlawful(model, path):
        raise NnfigError(*problems)
    _forget_invented_names(model.graph)
    try:
        # without data_prop, which makes constants of any size that a file asks for; Values computes the small ones
        model = shape_inference.infer_shapes(model)
    except Exception as error:
        notes.append(f"Shapes could not be inferred ({_first_line(error)}); only those written in the file are shown.")
    return model, notes


def _forget_invented_names(graph: GraphProto) -> None:
    """Exporters name the sizes of results after nodes (`Addy_dim_0`); inference finds the name of the input's size."""
    told = {dim.dim_param for info in graph.input for dim in info.type.tensor_type.shape.dim}
    for info in graph.output:
        for dim in info.type.tensor_type.shape.dim:
            if dim.HasField("dim_param") and dim.dim_param not in told:
                dim.Clear()


def _parsed(path: Path, onnx: Any) -> ModelProto:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        hint = "save it with external data: onnx.save(model, path, save_as_external_data=True)"
        raise NnfigError(f"is {size:,} bytes, more than an ONNX file can have", where=str(path), hint=hint)
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise NnfigError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except Exception:
        raise NnfigError("is no ONNX model, or it is damaged or cut short", where=str(path), hint=_TRY) from None
    if not _is_text(model.graph):
        raise NnfigError("is damaged: names in it are no text", where=str(path), hint=_TRY)
    if not model.graph.node or not model.graph.output or not model.opset_import:
        raise NnfigError("holds no ONNX graph", where=str(path), hint=_TRY)
    return model


_TRY = "export it again, and try: python -c \"import onnx; onnx.checker.check_model('FILE.onnx')\""


def _is_text(graph: GraphProto) -> bool:
    """Whether all names can be read; protobuf gives bytes for those that cannot."""
    names: list[Any] = [graph.name, *(each.name for each in (*graph.input, *graph.output, *graph.initializer))]
    for node in graph.node:
        names += (node.name, node.op_type, node.domain, *node.input, *node.output, *(a.name for a in node.attribute))
    return all(isinstance(name, str) for name in names)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def _forget_weights(graph: GraphProto) -> None:
    """Drop the numbers of large tensors, so that shape inference does not copy gigabytes."""
    for tensor in graph.initializer:
        _forget(tensor)
    for node in graph.node:
        _forget_in_attributes(node)


def _forget_in_attributes(node: Any) -> None:
    for attribute in node.attribute:
        if attribute.HasField("t"):
            _forget(attribute.t)
        if attribute.HasField("g"):
            _forget_weights(attribute.g)
        for graph in attribute.graphs:
            _forget_weights(graph)


def _forget(tensor: TensorProto) -> None:
    elements = 1
    for size in tensor.dims:
        elements *= size
    if elements <= LARGEST_KEPT:
        return
    for field in ("raw_data", "float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"):
        tensor.ClearField(field)
    del tensor.external_data[:]
    tensor.data_location = type(tensor).EXTERNAL  # onnx then reads its shape and asks for nothing else
