"""Layers that PyTorch computes in one piece, opened into what they compute: the numbers are those of the module."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nnfig.detail.draft import Draft
from nnfig.detail.drawing import drawing
from nnfig.detail.passes.open_layers import open_layers
from nnfig.detail.sheets.resolve import resolved
from nnfig.graph import Edge, Graph, Layer, TensorSpec, verify
from nnfig.options import Options
from nnfig.sources import trace

Values = dict[str, list[Tensor]]
Weights = dict[str, tuple[Tensor, Tensor | None]]


def opened(graph: Graph, **options: Any) -> Graph:
    """The graph with its layers open."""
    rules = resolved(Options.of(**(options or {"detail": "ops"})))
    return verify(open_layers(Draft(graph, rules, origin=graph)).graph)


def run(graph: Graph, inputs: dict[str, Tensor], weights: Weights) -> list[Tensor]:
    """What an opened graph returns, computed from its kinds, edges and attributes alone.

    A repeated group runs as often as it says, its states handed on from run to run.
    """
    values: Values = {name: [tensor] for name, tensor in inputs.items()}
    history: Values = {}
    waiting = list(graph.layers)
    while waiting:
        group = waiting[0].group
        times = graph.group[group].repeat if group else 1
        members = [layer for layer in waiting if times > 1 and layer.group == group] or waiting[:1]
        waiting = waiting[len(members) :]
        carried = {f"{group}.{letter}": f"{group}.{letter}_next" for letter in "hc" if times > 1}
        for t in range(times):
            for layer in members:
                if t and layer.name in carried:
                    values[layer.name] = values[carried[layer.name]]
                    continue
                values[layer.name] = compute(layer, values, history, weights, (t, times))
                history.setdefault(layer.name, []).append(values[layer.name][0])
    return [values[name][0] for name in graph.outputs]


def compute(layer: Layer, values: Values, history: Values, weights: Weights, at: tuple[int, int]) -> list[Tensor]:
    """What one layer gives."""
    taken = [values[edge.source][edge.output] for edge in layer.inputs]
    made = KINDS[layer.kind](layer, taken, history, weights, at) if layer.kind in KINDS else None
    if made is None:
        made = getattr(torch, layer.kind)(*taken, **layer.attributes)
    found = list(made) if isinstance(made, tuple) else [made]
    assert [tuple(each.shape) for each in found] == [spec.shape for spec in layer.output], layer
    return found


def linear(layer: Layer, taken: list[Tensor], history: Values, weights: Weights, at: tuple[int, int]) -> Tensor:
    weight, bias = weights[layer.name]
    assert layer.params == weight.numel() + (0 if bias is None else bias.numel())
    assert layer.attributes == {
        "in_features": weight.shape[1],
        "out_features": weight.shape[0],
        "bias": bias is not None,
    }
    return nn.functional.linear(taken[0], weight, bias)


def select(layer: Layer, taken: list[Tensor], history: Values, weights: Weights, at: tuple[int, int]) -> Tensor:
    index = {"t": at[0], "length - 1 - t": at[1] - 1 - at[0]}.get(layer.attributes["index"], layer.attributes["index"])
    return taken[0].select(layer.attributes["dim"], index)


def stack(layer: Layer, taken: list[Tensor], history: Values, weights: Weights, at: tuple[int, int]) -> Tensor:
    if "index" in layer.attributes:
        taken = history[layer.sources[0]][:: 1 if layer.attributes["index"] == "t" else -1]
    return torch.stack(taken, layer.attributes["dim"])


def cat(layer: Layer, taken: list[Tensor], history: Values, weights: Weights, at: tuple[int, int]) -> Tensor:
    dim = layer.attributes["dim"] % taken[0].dim()
    sizes = [[x.shape[axis] if axis == dim else n for axis, n in enumerate(taken[0].shape)] for x in taken]
    return torch.cat([x.expand(size) for x, size in zip(taken, sizes, strict=True)], dim)


def transpose(layer: Layer, taken: list[Tensor], *rest: Any) -> Tensor:
    return taken[0].transpose(layer.attributes["dim0"], layer.attributes["dim1"])


KINDS: dict[str, Any] = {
    "Linear": linear,
    "select": select,
    "stack": stack,
    "cat": cat,
    "Parameter": lambda layer, taken, history, weights, at: weights[layer.name][0],
    "state": lambda layer, taken, *rest: taken[0],
    "zeros": lambda layer, *rest: torch.zeros(layer.shape),
    "sub": lambda layer, taken, *rest: layer.attributes["input"] - taken[0],
    "mul": lambda layer, taken, *rest: taken[0] * layer.attributes["other"] if len(taken) == 1 else None,
    "dropout": lambda layer, taken, *rest: taken[0],
    "scaled_dot_product_attention": lambda layer, taken, *rest: nn.functional.scaled_dot_product_attention(*taken),
    "unflatten": lambda layer, taken, *rest: taken[0].unflatten(-1, layer.attributes["sizes"]),
}
"""What cannot be called with the attributes as they are."""


def weights_of(module: nn.Module) -> Weights:
    """Weights by the name of the opened layer that runs them."""
    own = dict(module.named_parameters())
    if isinstance(module, nn.MultiheadAttention):
        return attention_weights(own, module.embed_dim)
    found: Weights = {}
    for name, tensor in own.items():
        if name.startswith("weight"):
            part, _, cell = name.removeprefix("weight_").partition("_")
            inner = {"ih": "W_ih", "hh": "W_hh", "hr": "h_next"}[part]
            found[f"{cell}.{inner}" if cell else inner] = (tensor, own.get(name.replace("weight", "bias")))
    return found


def attention_weights(own: dict[str, Tensor], width: int) -> Weights:
    fused = own.get("in_proj_weight")
    split = fused.split(width) if fused is not None else [own[f"{letter}_proj_weight"] for letter in "qkv"]
    biases = own["in_proj_bias"].split(width) if "in_proj_bias" in own else (None,) * 3
    found: Weights = {f"{q}_proj": pair for q, *pair in zip("qkv", split, biases, strict=True)}
    found["out_proj"] = (own["out_proj.weight"], own.get("out_proj.bias"))
    return found | {f"bias_{letter}": (own[f"bias_{letter}"], None) for letter in "kv" if f"bias_{letter}" in own}


def flat(value: Any) -> list[Tensor]:
    return [value] if isinstance(value, Tensor) else [t for item in value for t in flat(item)]


def state(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


MODULES = {
    "LSTMCell": (nn.LSTMCell(3, 4), (state(2, 3), (state(2, 4), state(2, 4)))),
    "LSTMCell without states or bias": (nn.LSTMCell(3, 4, bias=False), (state(2, 3),)),
    "GRUCell": (nn.GRUCell(3, 4), (state(2, 3), state(2, 4))),
    "RNNCell": (nn.RNNCell(3, 4, nonlinearity="relu"), (state(2, 3), state(2, 4))),
    "LSTM": (nn.LSTM(3, 4), (state(5, 2, 3),)),
    "LSTM with states": (
        nn.LSTM(3, 4, 2, bidirectional=True, batch_first=True),
        (state(2, 5, 3), (state(4, 2, 4), state(4, 2, 4))),
    ),
    "LSTM with projections": (nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2, dropout=0.1), (state(5, 2, 3),)),
    "LSTM without batch": (nn.LSTM(3, 4, 2), (state(5, 3),)),
    "LSTM of one step": (nn.LSTM(3, 4), (state(1, 2, 3),)),
    "GRU": (nn.GRU(3, 4, 2, bidirectional=True, bias=False), (state(5, 2, 3),)),
    "GRU with states": (nn.GRU(3, 4, batch_first=True), (state(2, 5, 3), state(1, 2, 4))),
    "RNN": (nn.RNN(3, 4, 2, nonlinearity="relu", bidirectional=True), (state(5, 2, 3),)),
    "attention": (nn.MultiheadAttention(8, 2), [state(n, 2, 8) for n in (5, 7, 7)]),
    "attention without batch": (nn.MultiheadAttention(8, 2, bias=False), [state(n, 8) for n in (5, 7, 7)]),
    "attention of other widths": (
        nn.MultiheadAttention(8, 2, kdim=5, vdim=6, batch_first=True),
        (state(2, 5, 8), state(2, 7, 5), state(2, 7, 6)),
    ),
    "attention with more keys": (
        nn.MultiheadAttention(8, 4, add_bias_kv=True, add_zero_attn=True),
        [state(n, 2, 8) for n in (5, 7, 7)],
    ),
}


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(("module", "inputs"), MODULES.values(), ids=MODULES)
def test_an_opened_layer_computes_what_the_module_computes(module: nn.Module, inputs: Any) -> None:
    """Every output, with the module's own weights; parameters and multiply-accumulates are those of the one layer."""
    module.eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)
    closed = trace(module, inputs=tuple(inputs))
    graph = opened(closed)
    assert len(closed.layers) == 1 < len(graph.layers)
    assert (graph.params, graph.macs) == (closed.params, closed.macs) != (0, 0)
    given = dict(zip(graph.inputs, flat(inputs), strict=True))
    with torch.no_grad():
        expected = flat(module(*inputs))
        found = run(graph, given, weights_of(module))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


class Classifier(nn.Module):
    """A sequence's class from its last hidden state, after attention that runs twice with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.lstm, self.head = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(2):
            x = x + self.attention(x, x, x, need_weights=False)[0]
        return self.head(self.lstm(x)[1][0][-1])


def test_open_opens_the_layers_that_it_names() -> None:
    """`--open lstm` opens this layer into a group of its name, and nothing that nobody takes is made."""
    closed = trace(Classifier(), input_size=(1, 5, 8))
    graph = opened(closed, open="lstm")
    assert [layer.kind for layer in graph.layers if layer.group == ""].count("MultiheadAttention") == 2
    assert {group.path: (group.cls, group.repeat, group.shared) for group in graph.groups} == {
        "lstm": ("LSTM", 1, False),
        "lstm.l0": ("LSTMCell", 5, True),
    }
    assert "lstm.h_n" in graph.layer
    assert "lstm.c_n" not in graph.layer
    assert (graph.params, graph.macs) == (closed.params, closed.macs)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (lambda out, h, c: h, ["recurrent.h_n"]),
        (lambda out, h, c: (c, out), ["recurrent.c_n", "recurrent.l0_stack"]),
        (lambda out, h, c: {"memory": c, "last": h}, ["recurrent.c_n", "recurrent.h_n"]),
    ],
    ids=["last", "two", "named"],
)
def test_what_is_returned_of_an_opened_layer(wanted: Any, expected: list[str]) -> None:
    """The outputs that the network really returns, in its order."""

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.recurrent = nn.Linear(3, 3), nn.LSTM(3, 4)

        def forward(self, x: Tensor) -> Any:
            out, (h, c) = self.recurrent(self.embed(x))
            return wanted(out, h, c)

    assert list(opened(trace(Encoder(), input_size=(5, 2, 3))).outputs) == expected


def test_an_inset_opens_a_layer_beside_the_figure() -> None:
    """In the figure it is one box, in the panel its equations."""
    drawn = drawing([trace(Classifier(), input_size=(1, 5, 8))], Options.of(inset="LSTM"))
    assert drawn is not None
    main, inset = drawn.panels
    assert [layer.kind for layer in main.graph.layers].count("LSTM") == 1
    assert (inset.role, inset.of) == ("inset", "lstm")
    assert "sigmoid" in [layer.kind for layer in inset.graph.layers]
    looks = {layer.look.label[0] for layer in inset.graph.layers if layer.look}
    assert {"hₜ₋₁", "cₜ₋₁"} <= looks
    assert "xₜ" in {edge.label for edge, _ in inset.graph.edges}
    assert "xₜ" not in {edge.label for edge, _ in main.graph.edges}


def test_weights_that_run_twice_are_counted_once() -> None:
    """The parts of a second call run those of the first, whether that one is open or not."""
    closed = trace(Classifier(), input_size=(1, 5, 8))
    both, second = opened(closed, open="MultiheadAttention"), opened(closed, open="attention@2")
    assert both.params == second.params == closed.params
    assert both.layer["attention@2.q_proj"].shared == "attention.q_proj"
    assert second.layer["attention@2.q_proj"].shared == "attention"


def test_what_has_other_equations_stays_closed() -> None:
    """A GRU with one bias, as other frameworks have it, is not drawn with PyTorch's equations; the figure's maker is
    told."""
    layer = Layer(
        "gru",
        "GRU",
        (Edge("x"),),
        (TensorSpec((1, 5, 4)),),
        params=3 * 4 * (3 + 4 + 1),
        path="gru",
        attributes={"input_size": 3, "hidden_size": 4, "batch_first": True},
    )
    graph = Graph("net", {"x": TensorSpec((1, 5, 3))}, (layer,), outputs=("gru",))
    drawn = drawing([graph], Options.of(open="gru"))
    assert drawn is not None
    assert [each.kind for each in drawn.graph.layers] == ["GRU"]
    assert drawn.notes == ("'gru' (GRU) stays closed: it has 96 parameters, and PyTorch's equations 108",)


def test_layers_of_other_sources() -> None:
    """A layer list, whose layers have no module path, and what ONNX and Keras give: directions apart, the last step."""
    attributes = {"input_size": 3, "hidden_size": 4, "bidirectional": True}
    params = 2 * 4 * 4 * (3 + 4 + 2)

    def layer(name: str, source: str, *shape: int, batch_first: bool = False) -> Layer:
        settings = {**attributes, "batch_first": batch_first}
        return Layer(name, "LSTM", (Edge(source),), (TensorSpec(shape),), params, attributes=settings)

    layers = (layer("apart", "x", 5, 2, 2, 4), layer("last", "x", 5, 8, batch_first=True))
    graph = opened(Graph("net", {"x": TensorSpec((5, 2, 3))}, layers, outputs=("apart", "last")))
    assert {group.path for group in graph.groups} >= {"apart", "apart.l0", "apart.l0_reverse", "last.l0"}
    assert [graph.layer[name].shape for name in graph.outputs] == [(5, 2, 2, 4), (5, 8)]
    assert graph.params == 2 * params


def test_what_keras_gives_of_a_sequence() -> None:
    """The batch has a name, states have no axis for layers, and a sequence may be read from its end."""
    shapes = [("batch", 5, 4), ("batch", 4), ("batch", 4)]
    layer = Layer(
        "lstm",
        "LSTM",
        (Edge("x"),),
        tuple(map(TensorSpec, shapes)),
        params=4 * 4 * (3 + 4 + 1),
        macs=5 * 4 * 4 * (3 + 4),
        attributes={"input_size": 3, "hidden_size": 4, "batch_first": True, "go_backwards": True},
    )
    closed = Graph("net", {"x": TensorSpec(("batch", 5, 3))}, (layer,), outputs=("lstm",), returned={"lstm": (0, 1, 2)})
    graph = opened(closed)
    assert [graph.layer[name].shape for name in graph.outputs] == shapes
    assert graph.outputs[1:] == ("l0.h_next", "l0.c_next")
    assert graph.layer["l0.x_t"].attributes["index"] == "length - 1 - t"
    assert graph.layer["l0_stack"].attributes["index"] == "t"


def test_packed_sequences_stay_closed() -> None:
    """Their steps are of different sizes, which no repeated block can say."""

    def pack(x: Tensor) -> Any:
        return nn.utils.rnn.pack_padded_sequence(x, [5, 2], batch_first=True)

    graph = trace(nn.LSTM(3, 4), inputs=(pack(state(2, 5, 3)),))
    assert graph.layers[0].shape == (7, 4)
    drawn = drawing([graph], Options.of(detail="ops"))
    assert drawn is not None
    assert drawn.notes == ("'LSTM' (LSTM) stays closed: its sequences are packed, each of its own length",)


def test_at_ops_all_is_open_but_what_is_closed_by_name() -> None:
    """`--detail ops` shows every operation; `--close` keeps a layer whole."""
    closed = trace(Classifier(), input_size=(1, 5, 8))
    graph = opened(closed, detail="ops", close="lstm")
    kinds = [layer.kind for layer in graph.layers]
    assert "LSTM" in kinds
    assert "MultiheadAttention" not in kinds
