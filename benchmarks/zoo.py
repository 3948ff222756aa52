"""Trace a zoo of other people's networks and check each against independent witnesses: `python benchmarks/zoo.py`.

Witnesses: forward hooks on every childless module of a plain run (each call must be in the graph, with its shapes),
the model's own parameter count (what the graph lacks must get no gradient), reachability of outputs, the model's state
before and after. Times are against one forward pass, and torchview on the same model where it is installed.

    python benchmarks/zoo.py                    # everything that is installed
    python benchmarks/zoo.py --only 'timm/*'    # a part of it
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import importlib.util
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from nnfig.graph import Graph
from nnfig.sources import trace

sys.path.insert(0, str(Path(__file__).resolve().parent))
from zoo_edges import autograd_edges, graph_edges, weighted
from zoo_networks import Network, missing, networks


@dataclass
class Row:
    """What became of one network."""

    name: str
    layers: int = 0
    faults: list[str] = field(default_factory=list)
    params: int = 0
    forward: float = 0.0
    traced: float = 0.0
    torchview: float | None = None
    torchview_fault: str = ""
    notes: tuple[str, ...] = ()
    edges: int = 0
    """Edges between layers with weights that autograd knows."""
    lost: list[str] = field(default_factory=list)
    """Those of them that the graph lacks."""
    more: int = 0
    """Edges of the graph that autograd does not know: indices, masks, what is detached."""


def examine(network: Network, with_torchview: bool) -> Row:
    """Trace one network and check what came out."""
    row = Row(f"{network.library}/{network.name}")
    try:
        torch.manual_seed(0)
        model = network.build().eval()
    except Exception as error:
        row.faults.append(f"not built: {_short(error)}")
        return row
    args, kwargs = network.inputs()
    forward = lambda: model(*args, **kwargs)  # noqa: E731
    with torch.no_grad():
        calls = witnessed(model, forward)
        row.forward = clock(forward)
    before = _state(model)
    try:
        graph = trace(model, inputs=args or None, kwargs=kwargs)
        row.traced = clock(lambda: trace(model, inputs=args or None, kwargs=kwargs))
    except Exception as error:
        row.faults.append(f"not traced: {_short(error)}")
        return row
    row.layers, row.params, row.notes = len(graph.layers), graph.params, graph.notes
    row.faults += _changed(before, _state(model))
    row.faults += unseen_calls(calls, graph)
    row.faults += unreached(graph)
    row.faults += wrong_parameters(model, graph, forward)
    row.edges, row.lost, row.more = compared_edges(model, graph, forward)
    if with_torchview:
        row.torchview, row.torchview_fault = torchview_time(model, args, kwargs)
    return row


def witnessed(model: nn.Module, forward: Callable[[], Any]) -> Counter[tuple[str, tuple[Any, ...]]]:
    """(module path, shapes of its outputs) of every call of a childless module, by hooks of its own."""
    seen: Counter[tuple[str, tuple[Any, ...]]] = Counter()

    def hook(path: str) -> Any:
        return lambda module, taken, result: seen.update([(path, _shapes(result))])

    leaves = [(path, module) for path, module in model.named_modules() if not list(module.children())]
    handles = [
        module.register_forward_hook(hook(path))
        for path, module in leaves
        if not isinstance(module, torch.jit.ScriptModule)
    ]
    try:
        forward()
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _shapes(value: Any) -> tuple[Any, ...]:
    if isinstance(value, torch.Tensor):
        return (tuple(value.shape),)
    if isinstance(value, PackedSequence):
        return (tuple(value.data.shape),)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return tuple(shape for item in value for shape in _shapes(item))
    return ()


def unseen_calls(calls: Counter[tuple[str, tuple[Any, ...]]], graph: Graph) -> list[str]:
    """Calls of leaf modules that the graph lacks, or has with other shapes."""
    layers = Counter((layer.path, tuple(spec.shape for spec in layer.output)) for layer in graph.layers)
    groups = Counter(group.path.partition("@")[0] for group in graph.groups)
    inside = {layer.path for layer in graph.layers if layer.kind in ("MultiheadAttention",)}
    lost = []
    for (path, shapes), count in calls.items():
        opened = groups[path] >= count
        part = ".parametrizations." in path or any(path.startswith(f"{each}.") for each in inside)
        if layers[path, shapes] < count and not opened and not part and shapes:
            lost.append(f"{path} {shapes} x{count}")
    return [f"{len(lost)} leaf calls lost: {', '.join(lost[:3])}"] if lost else []


def unreached(graph: Graph) -> list[str]:
    """Outputs that no input leads to, and no parameter alone."""
    reached = set(graph.inputs)
    learned: set[str] = set()
    for layer in graph.layers:
        if any(source in reached for source in layer.sources):
            reached.add(layer.name)
        if layer.kind == "Parameter" or (layer.sources and learned.issuperset(layer.sources)):
            learned.add(layer.name)
    lost = [name for name in graph.outputs if name not in reached | learned]
    if not graph.outputs:
        return ["no outputs"]
    constant = {layer.name for layer in graph.layers if layer.mark == "constant"}
    lost = [name for name in lost if name not in constant]
    return [f"outputs not reached: {', '.join(lost[:3])}"] if lost else []


def wrong_parameters(model: nn.Module, graph: Graph, forward: Callable[[], Any]) -> list[str]:
    """Parameters that are neither in the graph nor without gradient in a plain run."""
    total = sum(p.numel() for p in model.parameters())
    if graph.params == total:
        return []
    used = used_parameters(model, forward)
    return [] if graph.params == used else [f"{graph.params:,} parameters, expected {used:,} of {total:,}"]


def compared_edges(model: nn.Module, graph: Graph, forward: Callable[[], Any]) -> tuple[int, list[str], int]:
    """How many edges autograd knows, which of them the graph lacks, how many more it has."""
    theirs, called = autograd_edges(model, forward, weighted(graph, model))
    ours = graph_edges(graph, called)
    return len(theirs), [f"{one} -> {other}" for one, other in sorted(theirs - ours)], len(ours - theirs)


def used_parameters(model: nn.Module, forward: Callable[[], Any]) -> int:
    """Elements of the parameters that some output depends on, by autograd."""
    parameters = list(model.parameters())
    flags = [p.requires_grad for p in parameters]
    for parameter in parameters:
        parameter.requires_grad_(parameter.is_floating_point())
    try:
        with torch.enable_grad():
            outputs = [t for t in _floats(forward()) if t.requires_grad]
            gradients = torch.autograd.grad([t.sum() for t in outputs], parameters, allow_unused=True)
    finally:
        for parameter, flag in zip(parameters, flags, strict=True):
            parameter.requires_grad_(flag)
    return sum(p.numel() for p, g in zip(parameters, gradients, strict=True) if g is not None)


def _floats(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _floats(item)]
    return [tensor for item in vars(value).values() for tensor in _floats(item)] if hasattr(value, "__dict__") else []


def _state(model: nn.Module) -> dict[str, Any]:
    state: dict[str, Any] = {f"tensor {name}": (t, t._version) for name, t in model.state_dict(keep_vars=True).items()}
    state["mode"] = tuple(module.training for module in model.modules())
    state["keys"] = tuple(tuple(module.__dict__) for module in model.modules())
    state["hooks"] = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    return state


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    def same(a: Any, b: Any) -> bool:
        return a[0] is b[0] and a[1] == b[1] if isinstance(a[0], torch.Tensor) else a == b

    lost = [key for key in before if key not in after]
    lost += [
        key
        for key in before
        if key in after
        and not (
            same(before[key], after[key])
            if isinstance(before[key], tuple) and before[key]
            else before[key] == after[key]
        )
    ]
    return [f"the model is changed: {', '.join(lost[:3])}"] if lost else []


def torchview_time(model: nn.Module, args: Any, kwargs: Any) -> tuple[float | None, str]:
    """Seconds of torchview's trace of the same model, on the faster of its two devices."""
    from torchview import draw_graph

    def run(device: str) -> None:
        given = {**kwargs}
        if args:
            draw_graph(model, input_data=args, device=device, expand_nested=True, **given)
        else:
            draw_graph(model, input_data=given, device=device, expand_nested=True)

    try:
        return clock(lambda: run("cpu")), ""
    except BaseException as error:
        return None, _short(error)


def clock(work: Callable[[], Any], least: int = 2, most: float = 1.0) -> float:
    """Seconds of the fastest of some runs."""
    times: list[float] = []
    while len(times) < least or (len(times) < 5 and sum(times) < most):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
        if sum(times) > 10:
            break
    return min(times)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:110]}"


def show(row: Row) -> None:
    """One line of the table, and what is wrong."""
    ratio = f"{row.traced / row.forward:6.2f}" if row.forward and row.traced else "     -"
    other = f"{row.torchview * 1e3:8.0f}" if row.torchview else "  failed" if row.torchview_fault else "       -"
    mark = "FAIL" if row.faults else "ok"
    print(
        f"{mark:4} {row.name:52} {row.layers:6} {row.params:12,} {row.forward * 1e3:8.0f} {row.traced * 1e3:8.0f} "
        f"{ratio} {other}",
        flush=True,
    )
    for fault in row.faults:
        print(f"       {fault}", flush=True)
    if row.lost:
        print(f"       autograd knows {len(row.lost)} more edges: {', '.join(row.lost[:2])}", flush=True)


def main() -> int:
    """Run the zoo; 1 if a network fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="glob over library/name")
    parser.add_argument("--no-torchview", action="store_true", help="do not time torchview")
    parser.add_argument("--notes", action="store_true", help="print what each graph notes")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torchview = not options.no_torchview and importlib.util.find_spec("torchview") is not None
    print(f"     {'network':52} layers   parameters  fwd(ms)  nnf(ms)  nnf/fwd torchview(ms)")
    rows: list[Row] = []
    for network in networks():
        if fnmatch.fnmatch(f"{network.library}/{network.name}", options.only):
            rows.append(examine(network, torchview))
            show(rows[-1])
            if options.notes:
                for note in rows[-1].notes:
                    print(f"       note: {note}")
            gc.collect()
    good = [row for row in rows if not row.faults]
    print(f"\n{len(good)} of {len(rows)} traced and checked")
    if good:
        print(f"median trace / forward {statistics.median(r.traced / r.forward for r in good):.2f}")
    both = [row for row in good if row.torchview]
    if both:
        ratio = statistics.median(row.traced / row.torchview for row in both if row.torchview)
        print(f"median trace / torchview {ratio:.2f} on the {len(both)} networks that torchview traces")
    known, lost = sum(row.edges for row in rows), sum(len(row.lost) for row in rows)
    print(f"{known - lost:,} of {known:,} edges between weighted layers as in autograd's graph")
    for library in missing():
        print(f"not installed: {library}")
    return len(good) < len(rows)


if __name__ == "__main__":
    sys.exit(main())
