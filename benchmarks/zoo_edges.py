"""Which weighted layer feeds which: as a graph says, and as the autograd graph of a real run says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import BaseTorchFunctionMode

from nnfig.graph import Graph, Layer
from nnfig.sources.tracer.structure import mapped

Edges = set[tuple[str, str]]


def weighted(graph: Graph, model: nn.Module) -> dict[nn.Module, str]:
    """Modules with weights that are layers of the graph, with their paths."""
    paths = {layer.path for layer in graph.layers if _is_module(layer)}
    return {
        module: path
        for path, module in model.named_modules()
        if path in paths and next(module.parameters(), None) is not None
    }


def _is_module(layer: Layer) -> bool:
    named_so = layer.name.partition("@")[0] == (layer.path or layer.kind)
    return named_so and layer.kind[0].isupper() and layer.kind not in ("Parameter", "Constant")


def graph_edges(graph: Graph, modules: Mapping[nn.Module, str]) -> Edges:
    """(layer, layer that it feeds) across whatever lies between."""
    paths = set(modules.values())
    ends = {layer.name for layer in graph.layers if layer.path in paths and _is_module(layer)}
    behind: dict[str, frozenset[str]] = dict.fromkeys(graph.inputs, frozenset())
    edges: Edges = set()
    for layer in graph.layers:
        sources = frozenset[str]().union(*(behind[source] for source in layer.sources))
        if layer.name in ends:
            edges |= {(source, layer.name) for source in sources}
            sources = frozenset((layer.name,))
        behind[layer.name] = sources
    return edges


def autograd_edges(
    model: nn.Module, forward: Callable[[], Any], modules: Mapping[nn.Module, str]
) -> tuple[Edges, dict[nn.Module, str]]:
    """The same, from the functions that autograd would run backwards; and the modules that were really called.

    Layers hand out copies here: a change in place of a view (as some results are) would rewrite autograd's own graph,
    so that the edge went past the layer.
    """
    owner: dict[Any, str] = {}
    calls: Counter[str] = Counter()
    edges: Edges = set()
    waiting: list[tuple[str, list[Any]]] = []

    def before(path: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            calls[path] += 1
            name = (path or type(module).__name__) + (f"@{calls[path]}" if calls[path] > 1 else "")
            waiting.append((name, [t.grad_fn for t in _tensors((args, tuple(kwargs.values())))]))

        return hook

    def after(module: nn.Module, taken: Any, result: Any) -> Any:
        name, functions = waiting.pop()
        for function in functions:
            edges.update((source, name) for source in _owners(function, owner))
        result = mapped(result, lambda t: t.clone() if t.grad_fn is not None else t)
        owner.update({t.grad_fn: name for t in _tensors(result) if t.grad_fn is not None})
        return result

    handles = []
    for module, path in modules.items():
        handles.append(module.register_forward_pre_hook(before(path), with_kwargs=True))
        handles.append(module.register_forward_hook(after))
    try:
        with torch.enable_grad(), BaseTorchFunctionMode():  # keeps PyTorch off its fast paths, as tracing does
            forward()
    finally:
        for handle in handles:
            handle.remove()
    return edges, {module: path for module, path in modules.items() if calls[path]}


def _owners(function: Any, owner: Mapping[Any, str]) -> set[str]:
    """Layers that a function of the autograd graph goes back to, the nearest on each way."""
    found: set[str] = set()
    seen: set[Any] = set()
    waiting = [function]
    while waiting:
        each = waiting.pop()
        if each is None or each in seen:
            continue
        seen.add(each)
        if each in owner:
            found.add(owner[each])
        else:
            waiting += [following for following, _ in each.next_functions]
    return found


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [t for item in value for t in _tensors(item)] if isinstance(value, (tuple, list)) else []
