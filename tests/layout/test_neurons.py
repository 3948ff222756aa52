"""Promises of the neurons view: columns of circles with an ellipsis, dropout as crosses, classifiers of larger nets."""

from dataclasses import replace

import networks
import pytest

from nnfig.graph import Drawing, Panel
from nnfig.layout import scene
from nnfig.layout.neurons.columns import crossed
from nnfig.layout.scene import Scene
from nnfig.options import Options


def neurons(drawing: Drawing, **options: object) -> Scene:
    """The scene of a drawing in this view."""
    return scene(drawing, Options.of(view="neurons", **options))


def test_small_vectors_are_whole_and_large_ones_have_an_ellipsis():
    """Ten units are ten circles; 784 are a few, with dots before the last."""
    found = neurons(networks.mlp(784, 10, 3))
    assert [(node.units, node.dots_after) for node in found.nodes] == [(7, 6), (10, 0), (3, 0)]
    assert [label.lines for label in found.labels] == [("784",), ("10", "ReLU"), ("3", "ReLU")]
    assert all(wire.cls == "dense" and not wire.tip for wire in found.wires)


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


def test_weights_are_counted_on_request():
    """`--show params` writes the number of parameters between columns."""
    drawn = networks.mlp(4, 8, 2)
    layers = tuple(replace(layer, params=number) for layer, number in zip(drawn.graph.layers, (40, 1018), strict=True))
    counted = replace(drawn, panels=(replace(drawn.panels[0], graph=drawn.graph.replace(layers=layers)),))
    assert not [label for label in neurons(counted).labels if label.anchor == "south"]
    found = neurons(counted, show="params")
    assert [label.lines for label in found.labels if label.anchor == "south"] == [("40",), ("1,018",)]
    assert "parameters between columns" in found.caption


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
