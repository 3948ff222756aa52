"""Promises of the neurons view: columns of circles with an ellipsis, dropout as crosses, classifiers of larger nets."""

from dataclasses import replace
from pathlib import Path

import networks
import pytest

import nnfig
from nnfig.graph import Drawing, Panel
from nnfig.layout import scene
from nnfig.layout.neurons.columns import crossed
from nnfig.layout.scene import Scene
from nnfig.options import Options


def neurons(drawing: Drawing, **options: object) -> Scene:
    """The scene of a drawing in this view."""
    return scene(drawing, Options.of(view="neurons", **options))


def test_small_vectors_are_whole_and_large_ones_have_an_ellipsis():
    """Eight units are eight circles; 784 are a few, with dots before the last, and never fewer than shorter ones."""
    found = neurons(networks.mlp(784, 8, 3))
    assert [(node.units, node.dots_after) for node in found.nodes] == [(8, 7), (8, 0), (3, 0)]
    assert [label.lines for label in found.labels] == [("784",), ("8", "ReLU"), ("3", "ReLU")]
    assert all(wire.cls == "dense" and not wire.tip for wire in found.wires)


def test_a_bottleneck_is_seen():
    """Circles grow with the logarithm of the size; equal sizes have equally many."""
    sizes = (784, 128, 32, 2, 32, 128, 784)
    assert [node.units for node in neurons(networks.mlp(*sizes)).nodes] == [6, 4, 3, 2, 3, 4, 6]


def test_dropout_crosses_its_share_of_units_and_always_the_same():
    """The same layer gives the same crosses; at least one unit stays."""
    found = neurons(networks.mlp(4, 8, 2, dropout=0.5))
    assert len(found.nodes[1].crossed) == 4
    assert neurons(networks.mlp(4, 8, 2, dropout=0.5)) == found
    assert len(crossed(3, 0.99, "d")) == 2
    assert crossed(3, 0.0, "d") == ()
    assert "Crossed units" in found.caption


def test_compared_nets_stand_beside_each_other():
    """Full and thinned net: equal heights, names with the panel before them, one caption."""
    full, thin = networks.mlp(5, 5, 1), networks.mlp(5, 5, 1, dropout=0.4)
    both = Drawing((full.panels[0], Panel("thin", thin.graph, "compare", "Thinned")), caption="Dropout.")
    found = neurons(both)
    assert [node.name for node in found.nodes] == ["x", "fc0", "fc1", "thin/x", "thin/fc0", "thin/fc1"]
    assert found.nodes[0].y == pytest.approx(found.nodes[3].y)
    assert found.nodes[3].x > found.nodes[2].x
    assert found.fits


def with_params(drawn: Drawing, *numbers: int) -> Drawing:
    """The drawing with these numbers of parameters in its layers."""
    layers = tuple(replace(each, params=number) for each, number in zip(drawn.graph.layers, numbers, strict=True))
    return replace(drawn, panels=(replace(drawn.panels[0], graph=drawn.graph.replace(layers=layers)),))


def test_weights_are_written_on_request():
    """`--show params`: sizes of weights and biases over the fans, a unit marked 1 for biases, where there are any."""
    drawn = with_params(networks.mlp(4, 8, 2, 3), 40, 16, 1018)
    assert not [label for label in neurons(drawn).labels if label.anchor == "south"]
    found = neurons(drawn, show="params")
    assert [label.lines for label in found.labels if label.anchor == "south"] == [("8×4", "+ 8"), ("2×8",), ("1,018",)]
    assert [node.name for node in found.nodes if node.kind == "bias"] == ["fc0.bias"]
    assert [(w.source, w.target) for w in found.wires if w.source == "fc0.bias"] == [("fc0.bias", "fc0")]
    assert "units marked 1 are those of the biases" in found.caption
    assert "biases}" not in neurons(with_params(networks.mlp(4, 8), 32), show="params").caption


def test_units_are_named_on_request():
    """`--show names`: x at the inputs, y at the outputs, the last index that of the last unit."""
    found = neurons(networks.mlp(784, 5, 3, 1), show="names")
    texts = [label.lines[0] for label in found.labels if label.anchor in ("east", "west")]
    assert texts == ["x₁", "x₂", "x₃", "x₄", "x₅", "x₇₈₄", "y"]


def test_compared_nets_have_one_pitch():
    """The thinned net stands as the full one does: same distances, same heights, at any width, or below it."""
    full, thin = networks.mlp(5, 5, 5, 1), networks.mlp(5, 5, 5, 1, dropout=0.4)
    both = Drawing((full.panels[0], Panel("thin", thin.graph, "compare", "Thinned")), caption="Dropout.")
    for width in ("5.5in", "3.25in", "2in"):
        found = neurons(both, width=width)
        at = {node.name: node for node in found.nodes}
        names = [node.name for node in found.nodes if "/" not in node.name]
        apart = {
            (round(at[f"thin/{name}"].x - at[name].x, 6), round(at[f"thin/{name}"].y - at[name].y, 6)) for name in names
        }
        assert len(apart) == 1
        assert found.fits


def test_two_inputs_two_heads_and_a_sum():
    """Columns of one rank stand over each other; a concatenation is both columns, a sum an arc into the later one."""
    layers = [
        networks.linear("a", "state", 4),
        networks.linear("b", "goal", 4),
        networks.layer("cat", "cat", ("a", "b"), (1, 8), "merge"),
        networks.linear("c", "cat", 4),
        networks.linear("d", "c", 4),
        networks.layer("add", "add", ("c", "d"), (1, 4), "merge"),
        networks.linear("policy", "add", 2),
        networks.linear("value", "add", 1),
    ]
    found = neurons(networks.drawing("net", layers, {"state": (1, 3), "goal": (1, 2)}))
    at = {node.name: node for node in found.nodes}
    assert set(at) == {"state", "goal", "a", "b", "c", "d", "policy", "value"}
    assert at["state"].x == at["goal"].x < at["a"].x == at["b"].x < at["c"].x < at["d"].x < at["policy"].x
    assert at["policy"].y - at["policy"].h / 2 > at["value"].y + at["value"].h / 2
    dense = {(w.source, w.target) for w in found.wires if w.cls == "dense"}
    assert {("a", "c"), ("b", "c"), ("d", "policy"), ("d", "value")} <= dense
    assert [(w.source, w.target) for w in found.wires if w.cls == "skip"] == [("c", "d")]


def test_lines_do_not_run_through_sizes():
    """Where a narrow column fans out to tall ones its size stands under all that it leads to."""
    layers = [networks.linear("a", "x", 3), *(networks.linear(name, "a", 8) for name in ("b", "c", "d"))]
    found = neurons(networks.drawing("net", layers, {"x": (1, 4)}))
    at = {node.name: node for node in found.nodes}
    label = {label.lines: label for label in found.labels}[("3", "ReLU")]
    assert label.x == at["a"].x
    assert label.y < at["d"].y - at["d"].h / 2
    assert {label.lines: label for label in found.labels}[("4",)].y > at["x"].y - at["x"].h


def test_lines_never_run_through_units():
    """A column that is joined past another one is no picture of columns: refused with the two names."""
    layers = [
        networks.linear("a", "x", 4),
        networks.layer("cat", "cat", ("x", "a"), (1, 8), "merge"),
        networks.linear("b", "cat", 4),
    ]
    found = neurons(networks.drawing("net", layers, {"x": (1, 4)}))
    assert found.view == "blocks"
    assert "lines from 'x' to 'b' would run through other units" in found.warnings[0]


def test_classifier_of_a_larger_network():
    """Only the fully connected part is drawn, from the flattened map on, and the caption says so."""
    layers = [
        networks.conv("conv", "image", 8, 7),
        networks.layer("flatten", "Flatten", "conv", (1, 392), "reshape"),
        networks.linear("fc1", "flatten", 100, in_features=392),
        networks.linear("fc2", "fc1", 10, in_features=100),
    ]
    found = neurons(networks.drawing("net", layers, {"image": (1, 1, 7, 7)}))
    assert [dict(node.data)["units"] for node in found.nodes] == ["392", "100", "10"]
    assert "Only the fully connected part" in found.caption


def test_auto_draws_what_the_view_that_it_chooses_would():
    """Dropout is crossed units whether columns of neurons were asked for or chosen."""
    net = Path(__file__).resolve().parents[2] / "examples" / "mlp-dropout.yaml"
    chosen, asked = nnfig.draw(net), nnfig.draw(net, view="neurons")
    assert chosen.scene.view == "neurons"
    assert any(node.crossed for node in chosen.scene.nodes)
    assert (chosen.scene.nodes, chosen.caption) == (asked.scene.nodes, asked.caption)


def test_what_takes_a_vector_twice_is_no_layer_of_neurons(tmp_path):
    """16 units given twice to a layer of 32, and products of two vectors, are drawn as blocks: nothing is left out."""
    path = tmp_path / "net.yaml"
    start = "nnfig: 1\ninputs: {x: [1, 8]}\nlayers:\n- {name: h, kind: Linear 16}\n"
    for more in ("- {kind: cat dim 1, from: [h, h]}\n- Linear 4\n", "- {kind: Bilinear 4, from: [h, h]}\n"):
        path.write_text(start + more)
        figure = nnfig.draw(path, detail="explicit", view="neurons")
        assert "does not join every unit" in " ".join(map(str, figure.warnings))
