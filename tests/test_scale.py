"""Large and lopsided networks: nothing recurses too deeply, nothing is lost, time grows about as the network does."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

import nnfig
from nnfig import report
from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify

SPEC = (TensorSpec((1, 64)),)


def linear(name: str, *sources: str, group: str = "") -> Layer:
    """A Linear, or a sum of several."""
    facts = {"in_features": 64, "out_features": 64, "bias": True}
    kind, facts = ("Linear", facts) if len(sources) == 1 else ("add", {})
    return Layer(name, kind, tuple(map(Edge, sources)), SPEC, path=name, group=group, attributes=facts)


def network(layers: list[Layer], groups: tuple[Group, ...] = ()) -> Graph:
    return verify(Graph("large", {"x": SPEC[0]}, tuple(layers), groups, (layers[-1].name,)))


def chain(count: int) -> Graph:
    """One after another."""
    return network([linear(f"l{i}", f"l{i - 1}" if i else "x") for i in range(count)])


def skips(count: int) -> Graph:
    """A residual network: a sum after every four layers."""
    layers, last = [], "x"
    for i in range(count):
        sources = (f"l{i - 1}", last) if i % 5 == 4 else (f"l{i - 1}" if i else "x",)
        layers.append(linear(f"l{i}", *sources))
        last = f"l{i}" if i % 5 == 4 else last
    return network(layers)


def nest(depth: int) -> Graph:
    """A layer in a group in a group in a group ..."""
    layers, groups, path = [], [], ""
    for i in range(depth):
        inner = f"{path}.g{i}" if path else f"g{i}"
        groups.append(Group(inner, f"Level{i}", parent=path))
        layers.append(linear(f"{inner}.l", layers[-1].name if layers else "x", group=inner))
        path = inner
    return network(layers, tuple(groups))


def fan(branches: int) -> Graph:
    """One layer feeds all branches, one sum takes them all."""
    inner = [linear(f"b{i}", "first") for i in range(branches)]
    return network([linear("first", "x"), *inner, linear("last", *(layer.name for layer in inner))])


def dense(count: int) -> Graph:
    """A chain whose last layer takes every layer."""
    layers = list(chain(count).layers)
    return network([*layers, linear("last", *(layer.name for layer in layers))])


HARD: dict[str, Callable[[], Graph]] = {
    "a chain of 3,000": lambda: chain(3000),
    "300 groups in one another": lambda: nest(300),
    "500 branches": lambda: fan(500),
    "a layer with 200 inputs": lambda: dense(200),
    "1,000 layers with skips": lambda: skips(1000),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_cases_go_all_the_way(tmp_path, name):
    """Saved, loaded, shown, tabulated and drawn, folded and unfolded, without a recursion and within seconds."""
    graph = HARD[name]()
    started = time.process_time()
    graph.save(tmp_path / "net.json")
    assert len(nnfig.load(tmp_path / "net.json").layers) == len(graph.layers)
    assert report.terminal(graph)
    assert report.tex_table(graph).count(r" \\") >= len(graph.layers)
    assert nnfig.draw(graph).tex
    figure = nnfig.draw(graph, detail="explicit", fold=False)
    assert figure.tex.count(r"\nnflayer") >= len(graph.layers)
    assert time.process_time() - started < 120


def test_a_traced_chain_of_3000_is_drawn():
    """nn.Sequential of 3,000 modules, from the model to the `.tex`."""
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) if i % 2 else torch.nn.ReLU() for i in range(3000)))
    graph = nnfig.trace(model, input_size=(1, 4))
    assert len(graph.layers) == 3000
    assert nnfig.draw(graph).tex


@pytest.mark.slow
@pytest.mark.parametrize("make", [chain, skips])
def test_time_grows_about_as_the_network(make):
    """From 500 to 5,000 layers, every one drawn: an exponent of 1.2, with room for a busy machine."""

    def seconds(count: int) -> float:
        graph = make(count)
        times = []
        for _ in range(2):
            started = time.process_time()
            assert nnfig.draw(graph, detail="explicit", fold=False).tex
            times.append(time.process_time() - started)
        return min(times)

    seconds(50)
    assert math.log10(seconds(5000) / seconds(500)) < 1.35
