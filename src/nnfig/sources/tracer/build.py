"""From a recording to a Graph: names, groups, marks, parameters counted once, multiply-accumulates."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.sources.macs import FORMULAS, FREE, macs
from nnfig.sources.tracer.arguments import of_module
from nnfig.sources.tracer.compat import packed_weights
from nnfig.sources.tracer.groups import Groups
from nnfig.sources.tracer.marks import marks, passes
from nnfig.sources.tracer.recording import Call, Recording, Value
from nnfig.sources.tracer.rewrite import needed, with_modules


def graph(recording: Recording, model: torch.nn.Module, name: str) -> Graph:
    """The network's Graph."""
    calls = with_modules(recording, model)
    kept = needed(recording, calls)
    return _Builder(recording, calls, kept, model).graph(name)


class _Builder:
    """Names given so far, and who owns which weights."""

    def __init__(self, recording: Recording, calls: list[Call], kept: list[int], model: torch.nn.Module) -> None:
        self.recording = recording
        self.calls = calls
        self.kept = kept
        self.model = model
        self.marks = marks(recording, calls)
        self.groups = Groups([calls[position] for position in kept if not self.marks[position]])
        self.names: dict[int, str] = {}
        """Layer name by call, input name by -1 - its position."""
        self._taken: Counter[str] = Counter()
        self._owner: dict[int, str] = {}
        """Layer by id of a parameter."""
        self._first: dict[int, str] = {}
        """Layer of a module's first call."""
        self._paths = {id(module): path for path, module in model.named_modules()}

    def graph(self, name: str) -> Graph:
        recording = self.recording
        module_names = {self.calls[p].path for p in self.kept if self.calls[p].module is not None}
        inputs: dict[str, TensorSpec] = {}
        self.given: dict[int, str] = {}
        for wanted, number in recording.inputs:
            title = self._unique(f"{wanted}_input" if wanted in module_names else wanted)
            self.given[number] = title
            inputs[title] = _spec(recording.values[number])
        used = self._used_outputs()
        layers = tuple(self._layer(position, used) for position in self.kept)
        outputs, output_names = self._outputs()
        return Graph(
            name=name,
            inputs=inputs,
            layers=layers,
            groups=tuple(self.groups.found),
            outputs=outputs,
            output_names=output_names,
            returned=self._returned(),
            notes=(*self._notes(), *recording.notes),
        )

    def _used_outputs(self) -> dict[int, int]:
        """For each call, how many outputs somebody takes."""
        used: dict[int, int] = {}
        numbers = [n for position in self.kept for n in self.calls[position].ins]
        for number in (*numbers, *(n for _, n in self.recording.outputs)):
            value = self.recording.values[number]
            used[value.call] = max(used.get(value.call, 0), value.output + 1)
        return used

    def _layer(self, position: int, used: dict[int, int]) -> Layer:
        call = self.calls[position]
        values = self.recording.values
        group = self.groups.of(call)
        name = self.names[position] = self._unique(self._name(call, group))
        count = max(call.results, used.get(position, 0))
        output = tuple(_spec(values[n]) for n in call.outs[:count])
        attributes = _attributes(call)
        params, shared = self._weights(call, name)
        return Layer(
            name=name,
            kind=call.kind,
            inputs=tuple(self._edge(number) for number in call.ins),
            output=output,
            params=params,
            macs=_macs(call, attributes, values),
            path=self._path(call),
            attributes=attributes,
            shared=shared,
            group=group,
            mark=self.marks[position],
        )

    def _edge(self, number: int) -> Edge:
        value = self.recording.values[number]
        return Edge(self.given[number]) if value.call < 0 else Edge(self.names[value.call], value.output)

    def _name(self, call: Call, group: str) -> str:
        if call.inside:
            return f"{group}.{call.arguments['function']}" if group else call.arguments["function"]
        if call.module is not None:
            return (call.path or call.kind) + (f"@{call.number + 1}" if call.number else "")
        if call.path:
            return call.path
        kind = call.kind.lower() if call.kind == "Constant" else call.kind
        return f"{group}.{kind}" if group else kind

    def _path(self, call: Call) -> str:
        if call.module is not None:
            return call.path
        return call.path.rpartition(".")[0] if call.path else call.frame.path

    def _unique(self, name: str) -> str:
        count = self._taken[name]
        self._taken[name] += 1
        return self._unique(f"{name}_{count}") if count else name

    def _weights(self, call: Call, name: str) -> tuple[int, str]:
        """Parameters that this layer is the first to own, and the earlier layer whose weights it runs."""
        if call.tensor is not None:
            if call.kind != "Parameter":
                return 0, ""
            owner = self._owner.setdefault(id(call.tensor), name)
            return (call.tensor.numel(), "") if owner == name else (0, owner)
        if call.module is None or passes(call):
            return 0, ""
        first = self._first.setdefault(id(call.module), name)
        if first != name:
            return 0, first
        count, shared, largest = 0, "", 0
        for path, parameter in call.module.named_parameters(recurse=not call.inside):
            if path in call.replaced:
                continue
            owner = self._owner.setdefault(id(parameter), name)
            if owner == name:
                count += parameter.numel()
            elif parameter.numel() > largest:
                shared, largest = owner, parameter.numel()
        count += sum(weight.numel() for weight in packed_weights(call.module))
        return count, shared if largest > count else ""

    def _outputs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of layers, and the network's names for them where it has any."""
        pairs = [(title, self._edge(number).source) for title, number in self.recording.outputs]
        if all(title.replace(".", "").isdigit() or not title for title, _ in pairs):
            return tuple(dict.fromkeys(layer for _, layer in pairs)), ()
        return tuple(layer for _, layer in pairs), tuple(title for title, _ in pairs)

    def _returned(self) -> dict[str, tuple[int, ...]]:
        """Which outputs of layers leave the network, where it is not the first alone."""
        found: dict[str, list[int]] = {}
        for _, number in self.recording.outputs:
            edge = self._edge(number)
            found.setdefault(edge.source, []).append(edge.output)
        return {name: tuple(outputs) for name, outputs in found.items() if set(outputs) != {0}}

    def _notes(self) -> list[str]:
        """What the reader should know of this run."""
        found: list[str] = []
        if self.recording.reads:
            places = ", ".join(list(self.recording.reads)[:3]) + (" ..." if len(self.recording.reads) > 3 else "")
            found.append(f"the model looks at values while it runs ({places}): this is the path that these inputs take")
        if not self.recording.outputs:
            found.append("the network returns no tensor")
        idle: dict[str, int] = {}
        for path, parameter in self.model.named_parameters():
            if id(parameter) not in self._owner and not is_lazy(parameter):
                idle[path.split(".")[0]] = idle.get(path.split(".")[0], 0) + parameter.numel()
        if idle:
            parts = ", ".join(list(idle)[:4]) + (" ..." if len(idle) > 4 else "")
            found.append(f"{sum(idle.values()):,} parameters take no part in this run (in {parts})")
        return found


def _attributes(call: Call) -> dict[str, Any]:
    if call.module is not None:
        return of_module(call.module)
    tensor = call.tensor
    if call.kind == "Constant" and tensor is not None and tensor.numel() == 1 and not tensor.is_meta:
        return {"value": tensor.item()} if not tensor.is_complex() else {}
    return dict(call.arguments)


def _macs(call: Call, attributes: dict[str, Any], values: list[Value]) -> int | None:
    kind = call.kind
    if call.module is not None and kind not in FORMULAS and kind not in FREE:
        bases = (base.__name__ for base in type(call.module).__mro__)
        kind = next((base for base in bases if base in FORMULAS or base in FREE), kind)
        if kind == call.kind and not call.opaque and not call.outs:
            return 0
    return macs(kind, attributes, [values[n].shape for n in call.ins], [values[n].shape for n in call.outs])


def _spec(value: Value) -> TensorSpec:
    return TensorSpec(value.shape, value.dtype)
