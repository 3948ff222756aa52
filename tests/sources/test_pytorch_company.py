"""What models keep company with: threads, transforms, wrappers, packed and quantised tensors, hooks, generators."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import rnn

from nnfig.errors import NnfigError
from nnfig.graph import Graph
from nnfig.sources import trace

X = torch.linspace(-1, 1, 8).view(2, 4)


class Net(nn.Module):
    """A module whose forward is the function under test; `fc` is at hand."""

    def __init__(self, forward: Any, **parts: Any) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for name, part in parts.items():
            setattr(self, name, part)
        self._body = forward

    def forward(self, x: Any, *more: Any) -> Any:
        return self._body(self, x, *more)


def traced(forward: Any, *inputs: Any, **parts: Any) -> Graph:
    return trace(Net(forward, **parts).eval(), inputs=inputs or (X,))


def wiring(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Sources of each layer."""
    return {layer.name: layer.sources for layer in graph.layers}


# --- sequences


def test_packed_sequences_are_one_tensor() -> None:
    """Which rows belong together is no tensor of the network: the layers between see one value in, one out."""

    def forward(self: Net, x: Tensor) -> Tensor:
        packed = rnn.pack_padded_sequence(x, [3, 2], batch_first=True)
        return rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]

    graph = traced(forward, torch.zeros(2, 3, 4), lstm=nn.LSTM(4, 5))
    assert wiring(graph)["lstm"] == ("_pack_padded_sequence",)
    assert wiring(graph)["pad_packed_sequence"] == ("lstm",)
    assert [spec.shape for spec in graph.layer["lstm"].output] == [(5, 5), (1, 2, 5), (1, 2, 5)]
    assert graph.layer["lstm"].macs == 5 * 4 * 5 * (4 + 5)


def test_packed_inputs() -> None:
    """A network that is given a packed sequence has one input."""
    packed = rnn.pack_padded_sequence(torch.zeros(2, 3, 4), [3, 2], batch_first=True)
    graph = trace(nn.GRU(4, 5), inputs=(packed,))
    assert {name: spec.shape for name, spec in graph.inputs.items()} == {"input": (5, 4)}


# --- functions around functions


def test_sizes_inside_vmap_are_those_of_the_whole_batch() -> None:
    """Shapes and costs are what is computed, not what one sample's function sees."""
    graph = traced(lambda self, x: torch.func.vmap(lambda row: self.fc(row) * 2)(x))
    assert [(layer.shape, layer.macs) for layer in graph.layers] == [((2, 4), 32), ((2, 4), 0)]


def test_threads() -> None:
    """A module that runs in a thread is a layer; what else is computed there is opaque, connected, and said."""

    def forward(self: Net, x: Tensor) -> Tensor:
        found: dict[int, Tensor] = {}
        thread = threading.Thread(target=lambda: found.update({0: self.fc(x) * 2}))
        thread.start()
        thread.join()
        return found[0] + 1

    graph = traced(forward)
    assert wiring(graph) == {"fc": ("x",), "thread": ("fc",), "add": ("thread",)}
    assert graph.layer["thread"].mark == "opaque"
    assert graph.params == 20
    assert "'fc' runs in a thread of its own" in graph.notes[0]


def test_a_generator_is_read_to_its_end() -> None:
    """What it yields is what the network returns."""

    def forward(self: Net, x: Tensor) -> Iterator[Tensor]:
        return (self.fc(x) * scale for scale in (1, 2))

    assert traced(forward).outputs == ("mul", "mul_1")


# --- modules in other shapes


def test_pre_hooks_of_the_user_stand_before_the_layer() -> None:
    """What a hook computes on the way into a layer is in the graph, before that layer."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    model[1].register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    graph = trace(model, inputs=(X,))
    assert wiring(graph) == {"0": ("input",), "add": ("0",), "1": ("add",)}
    assert len(model[1]._forward_pre_hooks) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_old_style_weight_norm_adds_nothing() -> None:
    """Its hook computes the weight from parameters that the layer owns."""
    norm = nn.utils.weight_norm(nn.Linear(4, 4))
    graph = trace(nn.Sequential(norm, nn.ReLU()), inputs=(X,))
    assert wiring(graph) == {"0": ("input",), "1": ("0",)}
    assert graph.params == sum(p.numel() for p in norm.parameters())


def test_lazy_buffers() -> None:
    """Lazy norms do not know their buffers either, and stay as they are."""
    model = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d()).eval()
    assert trace(model, inputs=(X,)).params == 4 * 3 + 3 + 6
    assert isinstance(model[1], nn.LazyBatchNorm1d)


def test_quantised_layers_have_their_weights() -> None:
    """Packed integers are no parameters to PyTorch; they are to whoever reads the figure."""
    engines = torch.backends.quantized.supported_engines
    if "fbgemm" not in engines and "qnnpack" not in engines:
        pytest.skip("PyTorch is built without kernels for integers")
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), {nn.Linear}, torch.qint8)
    graph = trace(model, inputs=(X,))
    assert [(layer.kind, layer.params, layer.macs) for layer in graph.layers] == [("Linear", 15, 24), ("ReLU", 0, 0)]


@pytest.mark.parametrize("wrap", [nn.DataParallel, copy.deepcopy], ids=["DataParallel", "deepcopy"])
def test_wrappers(wrap: Any) -> None:
    """The wrapped network is seen."""
    graph = trace(wrap(nn.Sequential(nn.Linear(4, 3), nn.ReLU())), inputs=(X,))
    assert [layer.kind for layer in graph.layers] == ["Linear", "ReLU"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype) -> None:
    """Sizes alone follow the model's own precision."""
    model = nn.Sequential(nn.Conv1d(4, 2, 1), nn.BatchNorm1d(2)).to(dtype).eval()
    name = str(dtype).removeprefix("torch.")
    assert {d for layer in trace(model, input_size=(2, 4, 5)).layers for d in layer.dtype} == {name}


def test_sparse_matrices() -> None:
    """As inputs and as attributes, in both layouts."""
    for matrix in (torch.eye(2).to_sparse(), torch.eye(2).to_sparse_csr()):
        assert wiring(traced(lambda self, x, a: a @ self.fc(x), X, matrix))["matmul"] == ("more", "fc")
        graph = traced(lambda self, x: self.a @ self.fc(x), X, a=matrix)
        assert graph.layer[wiring(graph)["matmul"][0]].kind == "Constant"


# --- inputs


class Batch(nn.Module):
    """Takes a dict."""

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return batch["image"] * 2


class Many(nn.Module):
    """Takes any number of tensors."""

    def forward(self, *images: Tensor, **more: Tensor) -> Tensor:
        return sum(images, start=more["bias"])


def test_inputs_of_variable_number_have_names() -> None:
    """Each tensor of `*images` is called so, those by keyword by their keyword."""
    graph = trace(Many(), inputs=(X, X + 1), kwargs={"bias": X})
    assert list(graph.inputs) == ["images.0", "images.1", "bias"]


class Cloud:
    """A batch as some libraries pass it: an object of their own, that can be called too."""

    def __init__(self, points: Tensor, near: Tensor) -> None:
        self._store = {"points": points, "near": near}

    def __call__(self) -> None:
        """Libraries do."""


class Gathering(nn.Module):
    """Sums the features of neighbours, in place."""

    def forward(self, cloud: Cloud) -> Tensor:
        points = cloud._store["points"]
        points += points[cloud._store["near"]]
        return points


def test_objects_that_hold_tensors_are_inputs() -> None:
    """Their tensors are inputs by name, and are not written into."""
    cloud = Cloud(X.clone(), torch.tensor([1, 0]))
    graph = trace(Gathering(), inputs=(cloud,))
    assert {name: spec.shape for name, spec in graph.inputs.items()} == {"cloud.points": (2, 4), "cloud.near": (2,)}
    assert wiring(graph)["add"] == ("cloud.points", "getitem")
    assert torch.equal(cloud._store["points"], X)


def test_an_interrupt_leaves_the_model_as_it_was() -> None:
    """Ctrl-C in the middle: weights, statistics, mode, attributes, hooks and generators are what they were."""

    class Interrupted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.fc = nn.BatchNorm1d(4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            self.seen = self.fc(self.norm(x) + torch.rand(4))
            self.fc.weight.data.mul_(2)
            self.eval()
            raise KeyboardInterrupt

    model = Interrupted()
    before = copy.deepcopy(model.state_dict())
    chance = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        trace(model, inputs=(X,))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert not hasattr(model, "seen")
    assert not global_hooks()
    assert torch.equal(chance, torch.get_rng_state())
    assert torch.is_grad_enabled()


def global_hooks() -> int:
    from torch.nn.modules import module

    return len(module._global_forward_hooks) + len(module._global_forward_pre_hooks)


def test_sizes_of_a_dict() -> None:
    """Names that forward does not have are keys of the dict that it takes."""
    assert list(trace(Batch(), input_size={"image": (1, 3)}).inputs) == ["batch.image"]
    with pytest.raises(NnfigError, match=r"no parameter 'image'") as caught:
        trace(Batch(), input_size=["image=1,3"])
    assert caught.value.problems[0].hint == "a part of a dict is batch.image=..."
    with pytest.raises(NnfigError, match=r"TypeError|KeyError|IndexError") as caught:
        trace(Batch(), input_size=(1, 3))
    assert "NAME.KEY=SHAPE" in caught.value.problems[0].hint


def test_what_holds_models_says_which() -> None:
    """A pipeline or a trainer is no model; its parts are."""

    class Pipeline:
        def __init__(self) -> None:
            self.unet, self.steps = nn.Linear(4, 4), 50

    with pytest.raises(NnfigError, match=r"cannot trace a .*Pipeline\n.*it holds unet \(Linear\): give one of them"):
        trace(Pipeline(), input_size=(1, 4))


def test_a_model_that_answers_for_every_attribute() -> None:
    """A __getattr__ of its own may raise what it likes where we look for what other libraries add."""

    class Own(Net):
        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return {}[name]

    assert wiring(trace(Own(lambda self, x: self.fc(x)), input_size=(2, 4))) == {"fc": ("x",)}
