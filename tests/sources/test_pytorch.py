"""What `trace` takes and gives: inputs, sizes, errors, progress, determinism, and models of any size."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nnfig.errors import NnfigError
from nnfig.graph import TensorSpec
from nnfig.sources import trace
from nnfig.sources.tracer.arguments import of_module


class Tagger(nn.Module):
    """Integers in, a mask on the side."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 4), nn.Linear(4, 3)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.embed(ids.view(-1, ids.shape[-1]))
        return self.head(x if mask is None else x * mask[..., None])


# --- inputs


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 7), {"ids": TensorSpec((1, 7), "int64")}),
        ("1,7", {"ids": TensorSpec((1, 7), "int64")}),
        (["1,7:int32"], {"ids": TensorSpec((1, 7), "int32")}),
        ([(1, 7), "mask=1,7:bool"], {"ids": TensorSpec((1, 7), "int64"), "mask": TensorSpec((1, 7), "bool")}),
        ({"ids": (1, 7), "mask": "1,7"}, {"ids": TensorSpec((1, 7), "int64"), "mask": TensorSpec((1, 7), "float32")}),
    ],
)
def test_sizes(size: Any, expected: dict[str, TensorSpec]) -> None:
    """Shapes as tuples, text or by name; an input that is looked up in a table is integer, as nothing else works."""
    assert dict(trace(Tagger(), input_size=size).inputs) == expected


class Structured(nn.Module):
    """Takes a batch as a dict, and states as a tuple in it."""

    def forward(self, batch: dict[str, Any], scale: Tensor) -> Tensor:
        h, c = batch["states"]
        return batch["image"].mean() * h * c + scale


def test_sizes_of_parts_of_a_structure() -> None:
    """`NAME.KEY` and `NAME.0` are parts of a dict and of a tuple; the graph calls them so."""
    sizes = ["batch.image=1,3,4,4", "batch.states.1=2,5", "batch.states.0=1,5", "scale=5"]
    graph = trace(Structured(), input_size=sizes)
    assert {name: spec.shape for name, spec in graph.inputs.items()} == {
        "batch.image": (1, 3, 4, 4),
        "batch.states.0": (1, 5),
        "batch.states.1": (2, 5),
        "scale": (5,),
    }


@pytest.mark.parametrize("sizes", [["scale=1", "scale=1"], ["scale.0=1", "scale=1"], ["scale=1", "scale.0=1"]])
def test_a_part_and_the_whole(sizes: list[str]) -> None:
    """An input that is given twice is an error, not the last of the two."""
    with pytest.raises(NnfigError, match=r"'scale(\.0)?' is given twice"):
        trace(Structured(), input_size=sizes)


def test_integers_on_the_way_to_a_table() -> None:
    """An offset or a reshape before the look-up, and indexing with brackets, tell as much."""

    class Lookup(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.ones(9, 2))

        def forward(self, ids: Tensor) -> Tensor:
            return self.table[(ids + 1).view(-1)]

    assert trace(Lookup(), input_size=(1, 7)).inputs["ids"].dtype == "int64"


def test_floating_inputs_take_the_dtype_of_the_weights() -> None:
    """A model in half precision is run in half precision."""
    assert trace(nn.Linear(4, 3).to(torch.bfloat16), input_size=(2, 4)).inputs["input"].dtype == "bfloat16"


def test_no_size_at_all() -> None:
    """The error shows what forward wants and how to say it."""
    with pytest.raises(NnfigError) as caught:
        trace(Tagger())
    assert "forward(ids" in str(caught.value)
    assert "needs ids" in str(caught.value)
    assert "--input" in caught.value.problems[0].hint


def test_a_dict_of_arguments_by_name() -> None:
    """What a tokenizer gives can be given as it is."""
    given = {"ids": torch.ones(1, 3, dtype=torch.int64), "mask": torch.ones(1, 3)}
    assert list(trace(Tagger(), inputs=given).inputs) == ["ids", "mask"]


def test_models_that_know_their_inputs() -> None:
    """Lightning's example_input_array, and forwards that need nothing."""
    model = Tagger()
    model.example_input_array = torch.zeros(1, 5, dtype=torch.int64)
    assert trace(model).inputs["ids"].shape == (1, 5)


@pytest.mark.parametrize("text", ["1,a", "1,3:floaty", "=3"])
def test_faulty_sizes(text: str) -> None:
    """Text that is no size is said to be none, with an example."""
    with pytest.raises(NnfigError, match="--input"):
        trace(Tagger(), input_size=text)


# --- errors


def test_forward_that_raises() -> None:
    """The user's exception with type, message, file, line and text of their code, and what it was given."""

    class Wrong(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.view(3, 5)

    with pytest.raises(NnfigError) as caught:
        trace(nn.Sequential(nn.Identity(), Wrong()), inputs=(torch.ones(2, 4),))
    (problem,) = caught.value.problems
    assert "RuntimeError: shape '[3, 5]' is invalid for input of size 8" in problem.what
    assert problem.where.startswith("tests/sources/test_pytorch.py:")
    assert problem.excerpt == "return x.view(3, 5)"
    assert "[2, 4] float32" in problem.hint


def test_what_was_left_out_is_named_where_its_absence_breaks_forward() -> None:
    """An optional input that is not optional after all."""

    class Two(nn.Module):
        def forward(self, x: Tensor, y: Tensor | None = None, z: Tensor | None = None) -> Tensor:
            return x + y  # type: ignore[operator]

    with pytest.raises(NnfigError, match=r"it was given \[2, 4\] float32; it was not given y, z"):
        trace(Two(), input_size=(2, 4))


def test_wrong_inputs_for_a_model_without_code_of_the_user() -> None:
    """There is no line of theirs to show; the model is named instead."""
    with pytest.raises(NnfigError, match="Sequential: forward raised RuntimeError"):
        trace(nn.Sequential(nn.Linear(4, 3)), input_size=(2, 5))


# --- what comes out


def test_groups_and_names() -> None:
    """Groups are module calls, parents first; functions stand under the module that they run in."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.fc(x) + x) + x

    graph = trace(nn.Sequential(Block(), nn.Sequential(Block())), input_size=(1, 4))
    assert [(g.path, g.cls, g.parent) for g in graph.groups] == [
        ("0", "Block", ""),
        ("1", "Sequential", ""),
        ("1.0", "Block", "1"),
    ]
    assert [layer.name for layer in graph.members("1")] == ["1.0.fc", "1.0.add", "1.0.relu", "1.0.add_1"]
    layer = graph.layer["1.0.add"]
    assert (layer.kind, layer.path, layer.group, layer.sources) == ("add", "1.0", "1.0", ("1.0.fc", "0.add_1"))


def test_attributes_of_modules_have_pytorchs_names() -> None:
    """Constructor arguments, whether they were given or not; None where that is what they are."""
    graph = trace(nn.Sequential(nn.Conv2d(3, 4, 3, padding="same"), nn.MaxPool2d(2)), input_size=(1, 3, 8, 8))
    conv, pool = (layer.attributes for layer in graph.layers)
    assert {k: conv[k] for k in ("in_channels", "kernel_size", "padding", "groups", "bias")} == {
        "in_channels": 3,
        "kernel_size": (3, 3),
        "padding": "same",
        "groups": 1,
        "bias": True,
    }
    assert pool["ceil_mode"] is False
    attention = trace(nn.MultiheadAttention(8, 2), input_size=[(3, 1, 8)] * 3).layers[0]
    assert {k: attention.attributes[k] for k in ("embed_dim", "num_heads", "batch_first", "add_bias_kv")} == {
        "embed_dim": 8,
        "num_heads": 2,
        "batch_first": False,
        "add_bias_kv": False,
    }
    assert attention.sources == ("query", "key", "value")


def test_an_attribute_of_another_name_is_no_argument() -> None:
    """What PyTorch keeps under another name in one class is not looked for in classes of somebody's own."""

    class Noise(nn.Module):
        def __init__(self, p: float) -> None:
            super().__init__()
            self.rate, self.norm = p, "layer"

    assert of_module(nn.PairwiseDistance(3.0))["p"] == 3.0
    assert "p" not in of_module(Noise(0.3))


def test_unused_parameters_are_said() -> None:
    """An auxiliary head that rests is missing from the graph, and a note says so."""
    model = Tagger()
    model.aux = nn.Linear(4, 100)
    graph = trace(model, input_size=(1, 3))
    assert graph.params == 95
    assert "500 parameters take no part in this run (in aux)" in graph.notes


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """The bar is nothing that a pipe would see."""
    trace(Tagger(), input_size=(1, 3), progress=True)
    assert capsys.readouterr().out == ""


def test_the_same_graph_whatever_the_hash_seed() -> None:
    """Two processes with different hash seeds print the same."""
    code = (
        "import torch, nnfig.sources as s; n = torch.nn;"
        "print(repr(s.trace(n.Transformer(8, 2, 1, 1, 16), input_size=[(3, 1, 8), (2, 1, 8)])))"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    one, other = (run.communicate()[0] for run in runs)
    assert len(one) > 1000
    assert one == other


# --- size


RMSNorm = getattr(nn, "RMSNorm", nn.LayerNorm)  # new in PyTorch 2.4


class Decoder(nn.Module):
    """One layer of a Llama: norms, grouped attention, gated feed-forward."""

    def __init__(self, width: int, heads: int, groups: int, inner: int) -> None:
        super().__init__()
        self.heads, self.groups = heads, groups
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.q, self.o = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.kv = nn.Linear(width, 2 * groups * width // heads, bias=False)
        self.gate, self.up = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        h = self.norm1(x)
        q = self.q(h).view(b, n, self.heads, -1).transpose(1, 2)
        k, v = self.kv(h).view(b, n, 2, self.groups, -1).permute(2, 0, 3, 1, 4)
        k, v = (t.repeat_interleave(self.heads // self.groups, 1) for t in (k, v))
        h = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(h.transpose(1, 2).reshape(b, n, c))
        h = self.norm2(x)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h))


def test_405_billion_parameters() -> None:
    """The size of the largest Llama 3 on meta: seconds, and some megabytes."""
    with torch.device("meta"):
        layers = [Decoder(16384, 128, 8, 53248) for _ in range(126)]
        model = nn.Sequential(nn.Embedding(128256, 16384), *layers, RMSNorm(16384), nn.Linear(16384, 128256))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    graph = trace(model, input_size="1,8192:int64")
    assert round(graph.params / 1e9) == 406
    assert time.perf_counter() - started < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_weights_on_the_cpu_are_not_copied() -> None:
    """A model of 200 MB is traced without another 200 MB."""
    model = nn.Sequential(*(nn.Linear(2048, 2048, bias=False) for _ in range(12)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert trace(model, input_size=(64, 2048)).params == 12 * 2048**2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_long_and_deep_models() -> None:
    """3,000 layers in a row, 300 groups in each other."""
    chain = trace(nn.Sequential(*(nn.Identity() for _ in range(3000))), input_size=(1,))
    nested: nn.Module = nn.Linear(2, 2)
    for _ in range(301):
        nested = nn.Sequential(nested)
    deep = trace(nested, input_size=(1, 2))
    assert (len(chain.layers), len(deep.groups)) == (3000, 300)
