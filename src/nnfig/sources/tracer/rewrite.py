"""Calls before they become layers: functions that are a module's whole work, and calls that nothing needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import torch

from nnfig.sources.tracer.compat import own_buffers, own_parameters
from nnfig.sources.tracer.functions import PLUMBING
from nnfig.sources.tracer.recording import FLOAT_INPUT, INT_INPUT, Call, Recording, class_name

_WORK_OF = {
    "linear": (torch.nn.Linear,),
    "conv1d": (torch.nn.Conv1d,),
    "conv2d": (torch.nn.Conv2d,),
    "conv3d": (torch.nn.Conv3d,),
    "conv_transpose1d": (torch.nn.ConvTranspose1d,),
    "conv_transpose2d": (torch.nn.ConvTranspose2d,),
    "conv_transpose3d": (torch.nn.ConvTranspose3d,),
    "embedding": (torch.nn.Embedding,),
    "layer_norm": (torch.nn.LayerNorm,),
    "group_norm": (torch.nn.GroupNorm,),
    "batch_norm": (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d),
    "prelu": (torch.nn.PReLU,),
}
"""Functions that do all that a module does: `layer.forward(x)` and `F.linear(x, layer.weight, layer.bias)` are it."""


def with_modules(recording: Recording, model: torch.nn.Module) -> list[Call]:
    """The calls, those that run a module's weights without calling it as the module's own."""
    owners: dict[str, tuple[str, torch.nn.Module]] = {}
    for path, module in model.named_modules():
        for name in (*own_parameters(module).keys(), *own_buffers(module).keys()):
            owners.setdefault(f"{path}.{name}" if path else name, (path, module))
    numbers = Counter(call.path for call in recording.calls if call.module is not None)
    calls: list[Call] = []
    for call in recording.calls:
        owner = _owner(recording, call, owners)
        calls.append(_of_module(recording, call, *owner, numbers) if owner else call)
    return calls


def _of_module(recording: Recording, call: Call, path: str, module: torch.nn.Module, numbers: Counter[str]) -> Call:
    inside = call.frame.module is module
    base = next(cls for cls in _WORK_OF[call.kind] if isinstance(module, cls))
    number = call.frame.number if inside else numbers[path]
    if not inside:
        numbers[path] += 1
    return replace(
        call,
        kind=base.__name__ if inside else class_name(module),
        module=module,
        path=path,
        number=number,
        ins=tuple(n for n in call.ins if not _stored(recording, n)),
        arguments={"function": call.kind} if inside else {},
        inside=inside,
        helpers=(),
    )


def _owner(
    recording: Recording, call: Call, owners: dict[str, tuple[str, torch.nn.Module]]
) -> tuple[str, torch.nn.Module] | None:
    classes = _WORK_OF.get(call.kind)
    if classes is None or call.module is not None:
        return None
    stored = [recording.calls[recording.values[n].call] for n in call.ins if _stored(recording, n)]
    found = {each.path: owners.get(each.path) for each in stored}
    modules = {id(owner[1]): owner for owner in found.values() if owner}
    owner = next(iter(modules.values())) if len(modules) == 1 and None not in found.values() else None
    if owner is None or not isinstance(owner[1], classes):
        return None
    path, module = owner
    weights = {f"{path}.{name}" if path else name for name, held in own_parameters(module).items() if held is not None}
    return owner if weights <= found.keys() else None


def _stored(recording: Recording, number: int) -> bool:
    """Whether a value is a parameter or a buffer of the model."""
    made_by = recording.values[number].call
    return made_by >= 0 and recording.calls[made_by].tensor is not None and bool(recording.calls[made_by].path)


def needed(recording: Recording, calls: list[Call]) -> list[int]:
    """Positions of the calls that make the graph: what leads to an output, and every layer even if it leads nowhere.

    Left out are masks, sizes and views that nothing uses.
    """
    wanted = {recording.values[number].call for _, number in recording.outputs}
    kept: list[int] = []
    for position in range(len(calls) - 1, -1, -1):
        call = calls[position]
        if position in wanted or _stands_alone(recording, call):
            kept.append(position)
            wanted.update(recording.values[number].call for number in call.ins)
    return kept[::-1]


def _stands_alone(recording: Recording, call: Call) -> bool:
    if call.module is not None or call.opaque:
        return True
    if call.tensor is not None or call.kind in PLUMBING or not call.outs:
        return False
    value = recording.values[call.outs[0]]
    return bool(value.depends & (FLOAT_INPUT | INT_INPUT)) and value.dtype.startswith(("float", "bfloat", "complex"))
