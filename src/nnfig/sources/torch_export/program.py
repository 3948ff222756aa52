"""A torch.export program, from its archive's JSON or live -> calls, values and signature in plain Python.

The archive is read as text: torch.export.load would unpickle what it finds beside the graph.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Dim, TensorSpec
from nnfig.sources.archives import json_in


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor, by its name in the program."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """One operator of the program."""

    op: str
    """Its name without namespace and overload (`conv2d`)."""
    name: str
    arguments: Mapping[str, Any]
    """By the names of the operator's schema; tensors are Refs, several a tuple of Refs."""
    outputs: tuple[str, ...]
    stack: tuple[tuple[str, str], ...] = ()
    """Module paths and full class names around it, outermost first, without the model itself."""

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the tensors that it takes, in argument order."""
        return tuple(name for value in self.arguments.values() for name in _refs(value))


@dataclass(frozen=True, slots=True)
class Program:
    """The whole of it."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    calls: tuple[Call, ...]
    specs: Mapping[str, TensorSpec]
    parameters: Mapping[str, str]
    """Names of values that are weights -> their paths (`conv1.weight`)."""
    buffers: Mapping[str, str] = field(default_factory=dict)
    """Names of values that are buffers or constants -> their paths."""
    cls: str = ""


def _refs(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, tuple):
        for item in value:
            yield from _refs(item)


# From an archive


def from_archive(path: Path) -> Program:
    """The program in a `.pt2` file. Raises NnfigError for what is none, is damaged, or too large."""
    hint = "write it with torch.export.save(torch.export.export(model, args), path)"
    data = json_in(path, _graph_entry, called="graph", absent="holds no graph of torch.export", hint=hint)
    try:
        return _program(data)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        hint = "nnfig reads the format of torch 2.2 and later; export the model again"
        raise NnfigError("its graph is not in the format of torch.export", where=str(path), hint=hint) from None


def _graph_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The graph's file: `models/model.json`, before torch 2.7 `serialized_exported_program.json`."""
    for entry in sorted(archive.infolist(), key=lambda each: each.filename):
        parts = entry.filename.split("/")
        if parts[-1] == "serialized_exported_program.json" or (len(parts) > 1 and parts[-2] == "models"):
            return entry
    return None


def _program(data: Mapping[str, Any]) -> Program:
    module = data["graph_module"]
    graph, signature = module["graph"], module["signature"]
    specs = {name: _spec(meta) for name, meta in graph["tensor_values"].items()}
    inputs: list[str] = []
    parameters: dict[str, str] = {}
    buffers: dict[str, str] = {}
    for item in signature["input_specs"]:
        ((kind, value),) = item.items()
        if kind == "parameter":
            parameters[value["arg"]["name"]] = value["parameter_name"]
        elif kind in ("buffer", "tensor_constant"):
            buffers[value["arg"]["name"]] = value.get("buffer_name") or value.get("tensor_constant_name", "constant")
        elif kind == "user_input" and isinstance(value["arg"].get("as_tensor"), dict):
            inputs.append(value["arg"]["as_tensor"]["name"])
    outputs = [
        value["arg"]["as_tensor"]["name"]
        for item in signature["output_specs"]
        for kind, value in item.items()
        if kind in ("user_output", "loss_output") and isinstance(value.get("arg", {}).get("as_tensor"), dict)
    ]
    calls = tuple(_call(node, i) for i, node in enumerate(graph["nodes"]))
    return Program(tuple(inputs), tuple(outputs), calls, specs, parameters, buffers, _class_of(graph["nodes"]))


_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16",
}  # fmt: skip


def _spec(meta: Mapping[str, Any]) -> TensorSpec:
    sizes: list[Dim] = []
    for size in meta["sizes"]:
        expression = size.get("as_expr")
        sizes.append(size["as_int"] if expression is None else str(expression.get("expr_str", "?")))
    return TensorSpec(tuple(sizes), _DTYPES.get(meta["dtype"], "float32"))


def _call(node: Mapping[str, Any], place: int) -> Call:
    arguments = {item.get("name") or f"arg{i}": _argument(item["arg"]) for i, item in enumerate(node["inputs"])}
    outputs = tuple(name for item in node["outputs"] for name in _refs(_argument(item)))
    stack = _stack(node.get("metadata", {}).get("nn_module_stack", ""))
    return Call(
        _name(node["target"]),
        node.get("name") or (outputs[0] if outputs else f"call{place}"),
        arguments,
        outputs,
        stack,
    )


def _argument(item: Mapping[str, Any]) -> Any:
    """A value in plain Python; tensors are Refs, sizes that are only symbols are their names."""
    ((kind, value),) = item.items()
    if kind == "as_tensor":
        return Ref(value["name"])
    if kind == "as_tensors":
        return tuple(Ref(each["name"]) for each in value)
    if kind == "as_optional_tensors":
        return tuple(_argument(each) for each in value)
    if kind == "as_optional_tensor":
        return _argument(value)
    if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
        return next(iter(value.values()))
    if kind == "as_sym_ints":
        return tuple(next(iter(each.values())) for each in value)
    if kind == "as_none":
        return None
    return tuple(value) if isinstance(value, list) else value


def _stack(text: str) -> tuple[tuple[str, str], ...]:
    """`key,path,class` for each module, joined by `;`."""
    parts = [tuple(item.split(",", 1)[1].rsplit(",", 1)) for item in text.split(";") if item.count(",") >= 2]
    return tuple((path, cls) for path, cls in parts if path)


def _class_of(nodes: Sequence[Mapping[str, Any]]) -> str:
    """The model's class, which is the first entry of every stack."""
    text = next((t for node in nodes if (t := node.get("metadata", {}).get("nn_module_stack", ""))), "")
    return text.split(";")[0].rpartition(",")[2].rpartition(".")[2]


def _name(target: str) -> str:
    """`torch.ops.aten.conv2d.default` -> `conv2d`, an in-place `relu_` -> `relu`."""
    parts = target.split(".")
    name = parts[-2] if target.startswith("torch.ops.") and len(parts) > 3 else parts[-1]
    return name.rstrip("_") if not name.startswith("_") else name


# From a live program


def from_program(program: Any) -> Program:
    """The same of a `torch.export.ExportedProgram`."""
    signature, graph = program.graph_signature, program.graph
    specs = {node.name: spec for node in graph.nodes if (spec := _live_spec(node.meta.get("val"))) is not None}
    calls = [_live_call(node) for node in graph.nodes if node.op == "call_function" and not _is_item(node)]
    same = {node.name: (node.args[0].name, node.args[1]) for node in graph.nodes if _is_item(node)}
    outputs: dict[str, dict[int, str]] = {}
    for name, (whole, place) in same.items():
        outputs.setdefault(whole, {})[place] = name
    named = tuple(_with_outputs(call, outputs.get(call.name)) for call in calls)
    cls = next((str(next(iter(s.values()))[1]) for n in graph.nodes if (s := n.meta.get("nn_module_stack"))), "")
    buffers = {**signature.inputs_to_buffers, **getattr(signature, "inputs_to_lifted_tensor_constants", {})}
    return Program(
        inputs=tuple(name for name in signature.user_inputs if name in specs),
        outputs=tuple(name for name in signature.user_outputs if name in specs),
        calls=named,
        specs=specs,
        parameters=dict(signature.inputs_to_parameters),
        buffers=buffers,
        cls=cls.rpartition(".")[2],
    )


def _is_item(node: Any) -> bool:
    return node.op == "call_function" and getattr(node.target, "__name__", "") == "getitem"


def _with_outputs(call: Call, items: Mapping[int, str] | None) -> Call:
    if not items:
        return call
    names = tuple(items.get(i, f"{call.name}.{i}") for i in range(max(items) + 1))
    return Call(call.op, call.name, call.arguments, names, call.stack)


def _live_spec(value: Any) -> TensorSpec | None:
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        return None
    shape = tuple(d if isinstance(d, int) else str(d) for d in value.shape)
    return TensorSpec(shape, str(value.dtype).rpartition(".")[2])


def _live_call(node: Any) -> Call:
    schema = getattr(node.target, "_schema", None)
    names = [a.name for a in schema.arguments] if schema else []
    given = {names[i] if i < len(names) else f"arg{i}": _live(value) for i, value in enumerate(node.args)}
    given |= {key: _live(value) for key, value in node.kwargs.items()}
    entries = (node.meta.get("nn_module_stack") or {}).values()
    stack = tuple(
        (str(path), cls if isinstance(cls, str) else f"{cls.__module__}.{cls.__name__}") for path, cls in entries
    )
    return Call(_name(f"torch.ops.{node.target}"), node.name, given, (node.name,), tuple(s for s in stack if s[0]))


def _live(value: Any) -> Any:
    if hasattr(value, "op") and hasattr(value, "users"):
        return Ref(value.name)
    if isinstance(value, (list, tuple)):
        return tuple(_live(item) for item in value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
