"""Code that people really write and that tracers stumble over: one small test each."""

from __future__ import annotations

import random
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bodies import Net, X, big, edges, reaches, traced
from torch import Tensor, nn

from nnfig.errors import NnfigError
from nnfig.sources import trace

# --- identity of tensors


def test_a_residual_before_dropout_is_told_from_one_after_it() -> None:
    """Dropout at rest returns its very input; the sum still knows which of the two it takes."""
    before = traced(lambda self, x: self.drop(y := self.fc(x)) + y)
    after = traced(lambda self, x: (z := self.drop(self.fc(x))) + z)
    assert (edges(before)["add"], edges(after)["add"]) == (("drop", "fc"), ("drop", "drop"))


def test_functional_dropout_at_rest_is_a_layer() -> None:
    """F.dropout(x, training=False) returns x, yet stands in the network."""
    graph = traced(lambda self, x: self.fc(F.dropout(x, 0.1, self.training)))
    assert edges(graph) == {"dropout": ("x",), "fc": ("dropout",)}


def test_in_place_module_gives_a_new_version() -> None:
    """After ReLU(inplace=True) the old name reads the new value."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = self.fc(x)
        self.relu(y)
        return y + 1

    assert edges(traced(forward))["add"] == ("relu",)


def test_in_place_through_a_view_changes_the_whole() -> None:
    """x[:, 0] += 1 and x.view(-1).mul_(2) are seen by whoever reads x later."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = self.fc(x)
        y.view(-1).mul_(2)
        return self.norm(y)

    graph = traced(forward)
    assert edges(graph)["norm"] == ("mul",)
    assert graph.layer["norm"].inputs[0].output == 1  # the whole, not the flat view
    assert graph.spec("mul", 1).shape == X


def test_assignment_to_an_index_is_a_layer() -> None:
    """y[:, 0] = x[:, 1] reads and writes."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = torch.zeros(X)
        y[:, 0] = self.fc(x)[:, 1]
        return y

    graph = traced(forward)
    assert graph.outputs == ("setitem",)
    assert set(graph.layer["setitem"].sources) == {"zeros", "getitem"}
    assert graph.layer["setitem"].attributes["index"] == "[:, 0]"


@pytest.mark.parametrize("run", [traced, big])
def test_writing_a_computed_value_into_a_constant(run: Any) -> None:
    """A table of zeros that is filled from the input is no constant any more, on meta neither."""

    def forward(self: Net, x: Tensor) -> Tensor:
        table = torch.zeros(4)
        table.copy_(self.fc(x).flatten()[:4])
        return table * 2

    graph = run(forward)
    assert edges(graph)["mul"] == ("copy",)


def test_inference_mode_counts_no_versions() -> None:
    """In-place changes of inference tensors are known by the function's name."""

    def forward(self: Net, x: Tensor) -> Tensor:
        with torch.inference_mode():
            y = x * 2
            y.add_(1)
            return y * 3

    assert edges(traced(forward))["mul_1"] == ("add",)


# --- modules


def test_module_called_again_and_shared() -> None:
    """Two layers, one identity, parameters once."""
    graph = traced(lambda self, x: self.fc(self.relu(self.fc(x))))
    again = graph.layer["fc@2"]
    assert (again.shared, again.params, again.path, graph.params) == ("fc", 0, "fc", 20)


def test_group_called_again() -> None:
    """The second call is a group of its own, and its functions are named after it."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x) + x

    graph = traced(lambda self, x: self.block(self.block(x)), block=Block())
    assert [group.path for group in graph.groups] == ["block", "block@2"]
    assert edges(graph)["block@2.add"] == ("block.fc@2", "block.add")


def test_tied_weights_count_once() -> None:
    """The second layer names the first, and owns nothing."""
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    graph = traced(lambda self, x: self.b(self.a(x)), a=first, b=second)
    assert (graph.params, graph.layer["b"].shared, graph.layer["b"].params) == (16, "a", 0)


def test_weights_used_through_a_function_name_their_owner() -> None:
    """F.linear(h, embedding.weight) shares the embedding's table."""
    graph = traced(
        lambda self, ids: F.linear(self.embed(ids), self.embed.weight), torch.tensor([[1, 2]]), embed=nn.Embedding(9, 4)
    )
    weight = graph.layer["embed.weight"]
    assert (weight.kind, weight.params, weight.shared, graph.params) == ("Parameter", 0, "embed", 36)


@pytest.mark.parametrize(
    "call", [lambda self, x: self.fc.forward(x), lambda self, x: F.linear(x, self.fc.weight, self.fc.bias)]
)
def test_module_that_is_not_called_but_used(call: Any) -> None:
    """Its forward, or its weights in the function that is all it does, are the module's layer."""
    layer = traced(call).layer["fc"]
    assert (layer.kind, layer.params, layer.sources, layer.attributes["out_features"]) == ("Linear", 20, ("x",), 4)


def test_weight_without_its_bias_is_no_module() -> None:
    """F.linear(x, fc.weight) is not all that fc does: it stays a function of a parameter."""
    graph = traced(lambda self, x: F.linear(x, self.fc.weight))
    assert edges(graph) == {"fc.weight": (), "linear": ("x", "fc.weight")}


def test_module_made_inside_forward() -> None:
    """It has no path in the model, and is a layer all the same."""
    assert edges(traced(lambda self, x: nn.Softmax(-1)(self.fc(x))))["Softmax"] == ("fc",)


def test_exception_caught_around_a_submodule() -> None:
    """The call that raised is left, what runs instead is in the right place."""

    class Picky(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("not today")

    def forward(self: Net, x: Tensor) -> Tensor:
        try:
            return self.picky(x)
        except ValueError:
            return self.fc(x) + 1

    graph = traced(forward, picky=Picky())
    assert (edges(graph), graph.groups) == ({"fc": ("x",), "add": ("fc",)}, ())


def test_hooks_of_the_user_are_followed_and_kept() -> None:
    """A forward hook that changes the result stands beside its layer, and is still there afterwards."""
    model = Net(lambda self, x: self.relu(self.fc(x))).eval()
    handle = model.fc.register_forward_hook(lambda module, taken, result: result * 2)
    graph = trace(model, inputs=(torch.randn(X),))
    assert edges(graph) == {"fc": ("x",), "mul": ("fc",), "relu": ("mul",)}
    assert list(model.fc._forward_hooks) == [handle.id]


def test_subclass_of_a_torch_layer_is_one_layer() -> None:
    """What it does inside to its weight is not drawn; MACs are those of its base."""

    class Scaled(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return F.linear(x, self.weight * 0.5, self.bias)

    layer = traced(lambda self, x: self.scaled(x), scaled=Scaled(4, 3)).layer["scaled"]
    assert (layer.kind, layer.macs, layer.attributes["in_features"]) == ("Scaled", 24, 4)


@pytest.mark.parametrize(
    "parametrised",
    [
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
    ],
)
def test_parametrised_weights(parametrised: Any) -> None:
    """Weight and spectral norm leave a layer under its own name, with the parameters that it really has."""
    module = parametrised(nn.Linear(4, 4))
    layer = traced(lambda self, x: self.p(x), p=module).layer["p"]
    assert (layer.kind, layer.params) == ("Linear", sum(p.numel() for p in module.parameters()))
    assert layer.attributes == {"in_features": 4, "out_features": 4, "bias": True}


def test_identity_and_resting_modules_are_layers() -> None:
    """Identity, an empty Sequential and a module that returns its input are marked as plumbing."""

    class DropPath(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    parts = {"same": nn.Identity(), "empty": nn.Sequential(), "path": DropPath()}
    graph = traced(lambda self, x: self.path(self.empty(self.same(self.fc(x)))), **parts)
    assert edges(graph) == {"fc": ("x",), "same": ("fc",), "empty": ("same",), "path": ("empty",)}
    assert [layer.mark for layer in graph.layers[1:]] == ["plumbing"] * 3


def test_lazy_modules_are_not_made_in_place() -> None:
    """The graph knows the sizes, the model stays lazy."""
    model = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    graph = trace(model, input_size=(2, 5))
    assert graph.layer["0"].params == 18
    assert isinstance(model[0], nn.LazyLinear)
    assert isinstance(model[0].weight, nn.parameter.UninitializedParameter)


def test_root_that_is_a_leaf() -> None:
    """A model may be one layer of PyTorch's own."""
    graph = trace(nn.GRU(3, 4), inputs=(torch.randn(5, 2, 3),))
    assert edges(graph) == {"GRU": ("input",)}
    assert [spec.shape for spec in graph.layers[0].output] == [(5, 2, 4), (1, 2, 4)]


# --- functions


def test_helper_function_is_a_group() -> None:
    """Operations of one run of a Python function stand together; its second run is another group."""

    def rotate(x: Tensor) -> Tensor:
        return torch.cat([-x[..., 2:], x[..., :2]], -1)

    graph = traced(lambda self, x: rotate(self.fc(x)) + rotate(x))
    assert [(group.path, group.cls) for group in graph.groups] == [("rotate", "rotate"), ("rotate@2", "rotate")]
    assert graph.layer["rotate@2.cat"].group == "rotate@2"


def test_function_that_calls_modules_is_no_group() -> None:
    """Only operations make a group; a function around modules would only repeat the model's own structure."""

    def norm(x: Tensor) -> Tensor:
        return x / x.abs().amax()

    def stage(self: Net, x: Tensor) -> Tensor:
        x = norm(x * 2)
        return norm(self.fc(x) + 1)

    graph = traced(lambda self, x: stage(self, x) - 1)
    assert [group.path for group in graph.groups] == ["norm", "norm@2"]
    assert [layer.group for layer in graph.layers if layer.kind in ("mul", "add", "Linear")] == ["", "", ""]


def test_only_the_size_of_an_argument_matters() -> None:
    """zeros_like(x) and y.view_as(x) draw no edge from x."""
    graph = traced(lambda self, x: self.fc(x).view_as(x) + torch.zeros_like(x))
    assert edges(graph)["view_as"] == ("fc",)
    assert (edges(graph)["zeros_like"], graph.layer["zeros_like"].mark) == ((), "constant")


def test_result_written_into_a_given_tensor() -> None:
    """torch.mul(a, b, out=c) reads a and b, and c is the result."""

    def forward(self: Net, x: Tensor) -> Tensor:
        result = torch.empty(X)
        torch.mul(self.fc(x), x, out=result)
        return result + 1

    assert (edges(traced(forward))["mul"], edges(traced(forward))["add"]) == (("fc", "x"), ("mul",))


def test_nested_tensors() -> None:
    """Sizes that differ inside are said to be ragged."""

    def forward(self: Net, x: Tensor) -> Tensor:
        return torch.nested.to_padded_tensor(self.fc(torch.nested.nested_tensor([x, x[:1]])), 0.0)

    graph = traced(forward)
    assert graph.layer["fc"].shape == (2, "ragged", 4)


def test_reflected_operators_keep_their_order() -> None:
    """1 - x and 2 / x are sub and div whose first argument is the number."""
    graph = traced(lambda self, x: (1 - x) + (2 / x) + x.__rsub__(self.fc(x)))
    assert (graph.layer["sub"].attributes, graph.layer["div"].attributes) == ({"input": 1}, {"input": 2})
    assert edges(graph)["sub_1"] == ("fc", "x")


def test_arguments_have_pytorchs_names() -> None:
    """Positional or not, of functions and of methods."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = torch.cat([x, x], 1).view(2, 2, 4).transpose(1, 2).softmax(-1)
        return F.max_pool2d(y[None], 2).mean(1, keepdim=True).permute(0, 1, 3, 2)

    found = {layer.kind: dict(layer.attributes) for layer in traced(forward).layers}
    assert found["cat"] == {"dim": 1}
    assert found["view"] == {"shape": (2, 2, 4)}
    assert found["transpose"] == {"dim0": 1, "dim1": 2}
    assert found["softmax"] == {"dim": -1}
    assert found["max_pool2d"]["kernel_size"] == 2
    assert found["mean"] == {"dim": 1, "keepdim": True}
    assert found["permute"] == {"dims": (0, 1, 3, 2)}
    assert found["getitem"] == {"index": "[None]"}


def test_scripted_parts() -> None:
    """A scripted module is one opaque layer, said in a note; a scripted function keeps its edges."""

    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x).relu() * 2

    graph = traced(lambda self, x: self.fc(self.inner(x)), inner=torch.jit.script(Inner()))
    layer = graph.layer["inner"]
    assert (layer.kind, layer.mark, layer.params, edges(graph)["fc"]) == ("Inner", "opaque", 20, ("inner",))
    assert any("compiled" in note for note in graph.notes)


def test_function_transforms() -> None:
    """Inside torch.func.vmap and grad tensors are wrapped; the result is connected all the same."""
    graph = traced(lambda self, x: self.fc(torch.func.vmap(lambda row: row.sin() * 2)(x)))
    assert reaches(graph, "x", "fc")
    graph = traced(lambda self, x: self.fc(torch.func.grad(lambda y: y.pow(3).sum())(x)))
    assert reaches(graph, "x", "fc")


def test_gradients_inside_forward() -> None:
    """A model that differentiates (an energy's force) runs with gradients."""

    def forward(self: Net, x: Tensor) -> Tensor:
        x = x.requires_grad_()
        return torch.autograd.grad(self.fc(x).square().sum(), x)[0]

    graph = traced(forward)
    assert "fc" in graph.layer
    assert reaches(graph, "x", graph.outputs[0])


def test_custom_autograd_function() -> None:
    """What its forward computes is seen."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            return gradient * 2

    assert edges(traced(lambda self, x: self.norm(Double.apply(self.fc(x)))))["norm"] == ("mul",)


def test_checkpointing() -> None:
    """torch.utils.checkpoint changes nothing in the graph."""
    from torch.utils.checkpoint import checkpoint

    graph = traced(lambda self, x: checkpoint(lambda y: self.relu(self.fc(y)), x, use_reentrant=False))
    assert edges(graph) == {"fc": ("x",), "relu": ("fc",)}


def test_compiled_models_are_traced_as_written() -> None:
    """torch.compile's wrapper is looked through."""
    graph = trace(torch.compile(Net(lambda self, x: self.relu(self.fc(x)))), inputs=(torch.randn(X),))
    assert edges(graph) == {"fc": ("x",), "relu": ("fc",)}


def test_autocast_dtypes_are_true() -> None:
    """What runs in lower precision says so, on a large model too."""

    def forward(self: Net, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.fc(x)

    assert traced(forward).layer["fc"].dtype == ("bfloat16",)


# --- marks


def test_marks() -> None:
    """Views are plumbing, tables constants, masks indices, and a returned class is what the network computes."""

    def forward(self: Net, ids: Tensor, mask: Tensor) -> Any:
        positions = torch.arange(ids.shape[1])
        x = self.embed(ids + 1) + self.embed(positions)[None] * 1.0
        bias = (1.0 - mask[:, None].float()) * -1e4
        scores = x @ x.transpose(1, 2) + bias
        return scores.argmax(-1)

    ids, mask = torch.tensor([[1, 2, 3]]), torch.tensor([[1, 1, 0]])
    graph = traced(forward, ids, mask, embed=nn.Embedding(9, 4))
    marks = {layer.name: layer.mark for layer in graph.layers}
    assert marks["arange"] == "constant"
    assert marks["transpose"] == marks["getitem"] == "plumbing"
    assert marks["add"] == "index"
    assert marks["sub"] == marks["mul_1"] == "index"
    assert marks["mul"] == "plumbing"
    assert marks["matmul"] == marks["argmax"] == ""


def test_concatenation_with_nothing_is_plumbing() -> None:
    """As key-value caches start out."""
    graph = traced(lambda self, x: self.fc(torch.cat([torch.empty(0, 4), x])))
    assert graph.layer["cat"].mark == "plumbing"


def test_unused_masks_are_left_out_and_unused_layers_kept() -> None:
    """A layer that leads nowhere is still in the model."""

    def forward(self: Net, x: Tensor) -> Tensor:
        x.view(-1), (x > 0).sum(), torch.arange(3)
        self.norm(x)
        return self.fc(x)

    assert edges(traced(forward)) == {"norm": ("x",), "fc": ("x",)}


def test_parameters_and_buffers_read_by_functions() -> None:
    """They are layers without inputs, under their own names; the parameters count."""
    table, gain = nn.Module(), nn.Parameter(torch.ones(4))
    table.register_buffer("sines", torch.ones(4))
    graph = traced(lambda self, x: x * self.gain + self.table.sines, gain=gain, table=table)
    assert edges(graph) == {"gain": (), "mul": ("x", "gain"), "table.sines": (), "add": ("mul", "table.sines")}
    found = [(layer.kind, layer.params, layer.mark) for layer in graph.layers if not layer.inputs]
    assert found == [("Parameter", 4, ""), ("Constant", 0, "constant")]


# --- inputs and outputs


@dataclass
class Pair:
    """A dataclass in and out."""

    first: Tensor
    second: Any = None


class Output(OrderedDict):
    """Like transformers' ModelOutput."""


def test_structures_of_inputs_and_outputs() -> None:
    """Dicts, tuples, dataclasses, None and plain numbers, named as in the model."""

    def forward(self: Net, batch: Any, scale: float = 1.0, *, extra: Any = None) -> Any:
        y = self.fc(batch["a"]) + batch["b"][0] + extra.first
        return Output(logits=y * scale, aux=(y.mean(), None, {"deep": y.sum()}), loss=None, count=3)

    model = Net(forward)
    given = {"a": torch.randn(X), "b": (torch.randn(X), None)}
    graph = trace(model, inputs=(given, 2.0), kwargs={"extra": Pair(torch.randn(X))})
    assert list(graph.inputs) == ["x.a", "x.b.0", "extra.first"]
    assert graph.output_names == ("logits", "aux.0", "aux.2.deep")


def test_named_tuples_and_plain_objects_come_out() -> None:
    """A namedtuple's fields name the outputs; an object of the user's own is looked into."""
    Both = namedtuple("Both", "left right")

    class Result:
        def __init__(self, value: Tensor) -> None:
            self.value = value

    assert traced(lambda self, x: Both(x + 1, self.fc(x))).output_names == ("left", "right")
    assert traced(lambda self, x: Result(self.fc(x))).outputs == ("fc",)


def test_sequences_of_different_lengths() -> None:
    """Packed sequences go in and out of a recurrent layer."""

    def forward(self: Net, x: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([3, 2]), batch_first=True)
        return nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]

    graph = traced(forward, torch.randn(2, 3, 4), rnn=nn.LSTM(4, 5))
    assert reaches(graph, "x", "rnn")
    assert reaches(graph, "rnn", graph.outputs[0])


# --- values


def test_data_dependent_path_is_followed_and_said() -> None:
    """On meta there are no values: the real forward decides, and the note names the line."""

    def forward(self: Net, x: Tensor) -> Tensor:
        return self.fc(x) if x.sum() > 0 else self.norm(x)

    graph = traced(forward, torch.ones(X))
    assert ("fc" in graph.layer, "norm" in graph.layer) == (True, False)
    assert any("test_pytorch_traps.py:" in note and "bool()" in note for note in graph.notes)


def test_integers_and_constants_are_real_on_meta() -> None:
    """Masks, positions and lengths are computed, so that asking for them needs no weights."""

    def forward(self: Net, x: Tensor) -> Tensor:
        table = torch.arange(6).reshape(2, 3)
        assert table.max().item() == 5
        if (table > 3).any() and x.device.type == "cpu" and not x.is_meta:
            x = self.fc(x)
        return x[: int(table[0, 2])].to("cpu").to(torch.float64)

    with torch.device("meta"):
        model = Net(forward)
    graph = trace(model, input_size=(5, 4))
    assert (graph.spec(graph.outputs[0]).shape, graph.spec(graph.outputs[0]).dtype) == ((2, 4), "float64")
    assert not graph.notes or "take no part" in graph.notes[0]


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: self.fc(x) * self.fc(x).sum().item(),
        lambda self, x: x[x > 0],
        lambda self, x: self.fc(x) if self.fc(x).mean() > 0 else x,
        lambda self, x: torch.nonzero(self.fc(x)),
        lambda self, x: torch.from_numpy(self.fc(x).numpy()),
    ],
    ids=["item", "mask", "bool", "nonzero", "numpy"],
)
def test_values_asked_of_a_model_on_meta(forward: Any) -> None:
    """An error names the line that asks; no branch is guessed, even if the model swallows exceptions."""

    def guarded(self: Net, x: Tensor) -> Any:
        try:
            return forward(self, x)
        except Exception:
            return x

    with torch.device("meta"):
        model = Net(guarded)
    with pytest.raises(NnfigError, match=r"test_pytorch_traps.py:\d+: the model asks for values"):
        trace(model, input_size=X)


def test_numpy_round_trip_is_said() -> None:
    """What NumPy computed is not seen; the way back is marked and said."""

    def forward(self: Net, x: Tensor) -> Tensor:
        y = self.fc(x)
        return self.norm(torch.from_numpy(np.tanh(y.numpy())))

    graph = traced(forward)
    back = graph.layer["from_numpy"]
    assert (back.mark, back.sources, edges(graph)["norm"]) == ("opaque", ("fc",), ("from_numpy",))
    assert ["left the trace" in note for note in graph.notes if ".py" in note] == [True]


def test_operator_without_meta_kernel() -> None:
    """A custom C++ or Python operator is run on zeros to learn its shape."""
    library = torch.library.Library("nnfig_test", "FRAGMENT")
    library.define("halves(Tensor x) -> Tensor")
    library.impl("halves", lambda x: x[..., ::2] * 1, "CPU")
    graph = big(lambda self, x: torch.ops.nnfig_test.halves(self.fc(x[:2, :2])))
    assert (graph.layer["halves"].sources, graph.layer["halves"].shape) == (("fc",), (2, 2, 2))
    assert graph.layer["halves"].macs is None


def test_huge_constants_take_no_memory() -> None:
    """A position table of 64 GB inside forward is not allocated."""
    graph = big(lambda self, x: self.fc(x[:1, :1]) + torch.zeros(1 << 17, 1 << 17, 1)[:4, :4])
    assert graph.spec(graph.outputs[0]).shape == (4, 4, 4)


# --- the model comes back


def _state(model: nn.Module) -> Any:
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return (
        [(name, id(t), t._version, t.detach().clone()) for name, t in tensors],
        [m.training for m in model.modules()],
        [(len(m._forward_hooks), sorted(m.__dict__)) for m in model.modules()],
        [id(p.grad) for p in model.parameters()],
    )


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("size", [X, (1 << 14, 1 << 10, 4)], ids=["real", "meta"])
def test_the_model_comes_back_as_it_was(fails: bool, size: tuple[int, ...]) -> None:
    """Mode, buffers, parameters, gradients, hooks, attributes and lists, also when forward raises in the middle."""

    def forward(self: Net, x: Tensor) -> Tensor:
        self.calls.append(1)
        self.cache, self.training = x, False
        self.count += 1
        self.weight.data.mul_(2)
        y = self.norm(self.fc(x.view(-1, 4)))
        self.register_forward_hook(lambda *_: None)
        if fails:
            raise RuntimeError("in the middle")
        return self.drop(y) * self.weight

    model = Net(forward, calls=[], weight=nn.Parameter(torch.ones(4))).train()
    model.register_buffer("count", torch.zeros(1))
    model.fc(torch.ones(1, 4)).sum().backward()
    before = _state(model)
    torch.manual_seed(7)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    try:
        trace(model, inputs=(torch.empty(size),))
    except NnfigError:
        assert fails
    else:
        assert not fails
    after = _state(model)
    assert all(
        a[0] == b[0] and a[1] == b[1] and torch.equal(a[3], b[3]) for a, b in zip(before[0], after[0], strict=True)
    )
    assert (before[1:], model.calls) == (after[1:], [])
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1:] == (random.getstate(), np.random.get_state()[1].tolist())
    assert not torch.nn.modules.module._global_forward_hooks


def test_given_inputs_are_not_written_into() -> None:
    """An in-place first layer works on a copy."""
    x = -torch.ones(X)
    trace(nn.Sequential(nn.ReLU(inplace=True)), inputs=(x,))
    assert torch.equal(x, -torch.ones(X))


def test_lazy_modules_that_do_not_run_stay_as_they_are():
    """Parameters without a size are counted nowhere, and get none from a trace that does not reach them."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused, self.norm = nn.Linear(4, 4), nn.LazyLinear(3), nn.LazyBatchNorm1d()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(x)

    model = Net()
    graph = trace(model, input_size=(1, 4))
    assert [layer.name for layer in graph.layers] == ["used"]
    assert graph.params == 20
    assert isinstance(model.unused, nn.LazyLinear)
    assert torch.nn.parameter.is_lazy(model.norm.weight)


def test_wrapped_parts_have_the_names_that_their_author_gave() -> None:
    """torch.compile and DataParallel around a part or the whole draw no frame, and are there again afterwards."""
    inner, whole = nn.Sequential(nn.Linear(4, 4)), nn.Sequential(nn.Linear(4, 4))
    wrapper = torch.compile(inner)
    model = Net(lambda self, x: self.part(self.fc(x)) + F.linear(x, inner[0].weight, inner[0].bias), part=wrapper)
    graph = trace(nn.DataParallel(torch.compile(model.eval())), inputs=(torch.randn(X),))
    assert (list(graph.layer), graph.layer["part.0@2"].shared) == (["fc", "part.0", "part.0@2", "add"], "part.0")
    assert list(graph.group) == ["part"]
    assert model.part is wrapper
    assert list(trace(nn.Sequential(nn.DataParallel(whole)), input_size=X).layer) == ["0.0"]


def test_a_network_that_calls_itself() -> None:
    """Its inner calls are groups of its class, each in the one before."""

    def forward(self: Net, x: Tensor, left: int = 2) -> Tensor:
        y = self.fc(x) + 1
        return self(y, left - 1) if left else y

    graph = traced(forward)
    assert [(group.path, group.parent) for group in graph.groups] == [("Net@2", ""), ("Net@3", "Net@2")]
    assert list(graph.layer) == ["fc", "add", "fc@2", "Net@2.add", "fc@3", "Net@3.add"]
