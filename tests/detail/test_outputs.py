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


def _steps(times):
    """A cell with two states, run several times; the second state leads to the first one."""
    sketch = graphs.Sketch(h=(1, 8), c=(1, 8), **{f"x{step}": (1, 8) for step in range(times)})
    h, c = "h", "c"
    for step in range(times):
        path = sketch.group(f"cell@{step + 1}" if step else "cell", "Cell")
        taken = sketch.add(f"{path}.mul", "mul", h, f"x{step}", shape=(1, 8), group=path)
        c = sketch.add(f"{path}.add", "add", taken, c, shape=(1, 8), group=path)
        h = sketch.add(f"{path}.mul_1", "mul", taken, c, shape=(1, 8), group=path)
    return sketch.done(h)


def test_the_inset_of_a_step_speaks_of_any_step():
    """What it takes and gives is called by the names of the first states, and both say in which step."""
    drawn = detail.drawing([_steps(3)], Options(detail="paper", inset=("Cell",)))
    main, inset = drawn.panels
    assert [look.label for look in inset.input_looks.values()] == [("hₜ₋₁",), ("xₜ",), ("cₜ₋₁",)]
    assert sorted(look.label for look in inset.output_looks.values()) == [("cₜ",), ("hₜ",)]
    labels = [[edge.label for edge in layer.inputs] for layer in main.graph.layers]
    assert labels == [["", "", ""], ["h", "", "c"], ["h", "", "c"]]


def test_a_block_that_runs_once_has_no_steps():
    """Its inset's outputs are numbered."""
    inset = detail.drawing([_steps(1)], Options(detail="paper", inset=("Cell",))).panels[1]
    assert [look.label for look in inset.input_looks.values()] == [("h",), ("x0",), ("c",)]
    assert [look.label for look in inset.output_looks.values()] == [("output",)]
