"""What a network returns leaves the figure under a name."""

from __future__ import annotations

import detail_graphs as graphs

from nnfig import detail
from nnfig.options import Options


def _said(graph, detail_):
    looks = detail.drawing([graph], Options(detail=detail_)).panels[0].output_looks
    return {name: look.label for name, look in looks.items()}


def _cell(first, second):
    sketch = graphs.Sketch(c=(1, 8), x=(1, 8))
    sketch.add(first, "mul", "c", "x", shape=(1, 8))
    sketch.add("squash", "tanh", first, shape=(1, 8))
    sketch.add(second, "mul", "squash", "x", shape=(1, 8))
    return sketch.done(first, second)


def test_outputs_are_called_as_their_layers_where_these_have_names():
    """What is returned and used again inside leaves too."""
    names = {"c_next": ("c_next",), "h_next": ("h_next",)}
    assert _said(_cell("c_next", "h_next"), "ops") == names
    assert _said(_cell("c_next", "h_next"), "paper") == names


def test_outputs_of_unnamed_layers_are_numbered():
    """`mul_1` says nothing of a result; its place in the returned tuple does."""
    assert _said(_cell("cell.mul", "cell.mul_1"), "explicit") == {
        "cell.mul": ("output 1",), "cell.mul_1": ("output 2",),
    }  # fmt: skip


def test_a_single_output_has_a_node_at_ops_only():
    """At paper the end of the chain is plain to see."""
    sketch = graphs.Sketch()
    sketch.conv("conv", "image")
    sketch.add("relu_1", "relu", "conv")
    assert _said(sketch.done(), "ops") == {"relu_1": ("output",)}
    assert _said(sketch.done(), "explicit") == _said(sketch.done(), "paper") == {}


def test_heads_at_the_end_need_no_nodes():
    """Two ends of which nothing goes on are seen as ends."""
    sketch = graphs.Sketch()
    sketch.conv("body", "image")
    sketch.conv("cls", "body")
    sketch.conv("box", "body")
    assert _said(sketch.done("cls", "box"), "paper") == {}
    assert _said(sketch.done("cls", "box"), "explicit") == {"cls": ("cls",), "box": ("box",)}
