"""Traces against independent witnesses: forward hooks, autograd's graph, PyTorch's FLOP counter, published numbers."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import BaseTorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from nnfig.sources import trace
from nnfig.sources.tracer.build import graph as built
from nnfig.sources.tracer.inputs import Given
from nnfig.sources.tracer.run import watched


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__).parent
NETWORKS = _load(HERE / "networks.py").NETWORKS
resnet = _load(HERE.parents[1] / "examples" / "resnet.py")
zoo_edges = _load(HERE.parents[1] / "benchmarks" / "zoo_edges.py")
each_network = pytest.mark.parametrize(("build", "inputs"), NETWORKS.values(), ids=NETWORKS)


def tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [t for item in value for t in tensors(item)] if isinstance(value, (tuple, list)) else []


def leaves(model: nn.Module) -> dict[nn.Module, str]:
    return {
        m: path for path, m in model.named_modules() if isinstance(m, nn.MultiheadAttention) or not list(m.children())
    }


@each_network
def test_every_leaf_call_is_there_with_its_shapes(build: Any, inputs: Any) -> None:
    """What forward hooks see on a plain run is in the graph, as often and as large, whatever values it ran on."""
    model, given = build().eval(), inputs()
    seen: Counter[Any] = Counter()

    def hook(path: str) -> Any:
        return lambda m, taken, result: seen.update([(path, tuple(tuple(t.shape) for t in tensors(result)))])

    handles = [module.register_forward_hook(hook(path)) for module, path in leaves(model).items()]
    graph = trace(model, inputs=given)
    seen.clear()  # hooks fire while the model is traced, too
    with torch.no_grad(), BaseTorchFunctionMode():  # keeps PyTorch off its fast paths, as tracing does
        model(*given)
    for handle in handles:
        handle.remove()
    found = Counter((layer.path, tuple(spec.shape for spec in layer.output)) for layer in graph.layers)
    assert {call: found[call] for call in seen} == dict(seen)


@each_network
def test_meta_and_real_values_give_the_same_graph(build: Any, inputs: Any) -> None:
    """Stand-ins without memory are not seen in the result."""
    model, given = build().eval(), Given(inputs())
    one, other = (built(watched(model, given, meta, None), model, "net") for meta in (True, False))
    assert one == other


@each_network
def test_edges_agree_with_autograd(build: Any, inputs: Any) -> None:
    """Which layer feeds which, through any functions between, is what the autograd graph of a real run says."""
    model, given = build().eval(), inputs()
    graph = trace(model, inputs=given)
    modules = zoo_edges.weighted(graph, model)
    assert modules
    assert (zoo_edges.graph_edges(graph, modules), modules) == zoo_edges.autograd_edges(
        model, lambda: model(*given), modules
    )


@each_network
def test_macs_agree_with_flop_counter(build: Any, inputs: Any) -> None:
    """The sum of our formulas is half of what PyTorch counts on meta; recurrent kernels it does not count."""
    model, given = build().eval().to("meta"), [t.to("meta") for t in inputs()]
    if any(isinstance(module, nn.RNNBase) for module in model.modules()):
        pytest.skip("PyTorch counts no recurrent kernels")
    with torch.no_grad(), FlopCounterMode(display=False) as counter, BaseTorchFunctionMode():
        model(*given)
    assert trace(model, inputs=tuple(given)).macs == counter.get_total_flops() // 2


@pytest.mark.parametrize(
    ("name", "params", "gigamacs"),
    [("resnet18", 11_689_512, 1.81), ("resnet50", 25_557_032, 4.09), ("resnet152", 60_192_808, 11.51)],
)
def test_published_numbers_of_resnets(name: str, params: int, gigamacs: float) -> None:
    """Parameters and multiply-accumulates at 224 px are those in torchvision's table."""
    graph = trace(getattr(resnet, name)(), input_size=(1, 3, 224, 224))
    assert (graph.params, round(graph.macs / 1e9, 2)) == (params, gigamacs)


def test_published_numbers_of_vgg_16() -> None:
    """138.36 M parameters, 15.5 G multiply-accumulates."""
    widths = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
    layers: list[nn.Module] = []
    channels = 3
    with torch.device("meta"):
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(True)] if width else [nn.MaxPool2d(2)]
            channels = width or channels
        for taken, given in ((25088, 4096), (4096, 4096), (4096, 1000)):
            layers += [nn.Flatten(), nn.Linear(taken, given)]
    graph = trace(nn.Sequential(*layers), input_size=(1, 3, 224, 224))
    assert (graph.params, round(graph.macs / 1e9, 1)) == (138_357_544, 15.5)


def test_published_numbers_of_vit_b_16() -> None:
    """17.56 G multiply-accumulates, the two products of attention included."""
    with torch.device("meta"):
        layer = nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True)
        model = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False).to("meta")
        patches, head = nn.Conv2d(3, 768, 16, 16), nn.Linear(768, 1000)
    macs = trace(model, input_size=(1, 197, 768)).macs
    macs += trace(patches, input_size=(1, 3, 224, 224)).macs + trace(head, input_size=(1, 768)).macs
    assert round(macs / 1e9, 2) == 17.56
