"""What leaves a row of equal blocks on its way: from the figure the network can be built again."""

from __future__ import annotations

from collections import Counter

import detail_graphs as graphs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig import detail
from nnfig.graph import Graph, verify
from nnfig.layout.unfold import unfolded
from nnfig.options import Options


def _row(count, gives, *, head="", take="cat", ends=("all",)):
    """Residual blocks in a row; what takes the result of the given ones, through a layer or as it is."""
    sketch, x, kept = graphs.Sketch(), "image", []
    for index in range(count):
        x = graphs.residual(sketch, f"b.{index}", x)
        if index in gives:
            kept.append(sketch.add(f"head.{index}", head, x, params=4) if head else x)
    if take:
        kept.append(sketch.add("all", take, *kept))
    return sketch.done(*(kept if not take else [kept[-1] if end == "all" else end for end in ends]))


def _forms(graph: Graph) -> tuple[Counter, Counter]:
    """Each layer by what it computes from the inputs, names left out; and what is returned, in any order."""
    numbers, form = {}, dict.fromkeys(graph.inputs, 0)
    for layer in graph.layers:
        key = (layer.kind, *((form[edge.source], edge.output, edge.label) for edge in layer.inputs))
        form[layer.name] = numbers.setdefault(key, len(numbers) + 1)
    inside = [form[layer.name] for layer in graph.layers]
    return Counter(inside), Counter(form[name] for name in graph.outputs)


def _drawn(graph, **options):
    return detail.drawing([graph], Options(**options))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_unfolded_again_it_is_the_network(data):
    """Whatever leaves a row of blocks where: each fold written out again has the edges and outputs of the model."""
    sketch, x, results = graphs.Sketch(), "image", []
    for part in range(data.draw(st.integers(1, 2))):
        before = len(results)
        for index in range(data.draw(st.integers(2, 5))):
            x = graphs.residual(sketch, f"p{part}.{index}", x, cls=f"Block{part}", kernel=part + 1)
            results.append(x)
            if data.draw(st.sampled_from((0, 0, 0, 0, 1))):
                results[-1] = sketch.add(f"head{part}.{index}", "Linear", x, params=4)
        for number in range(data.draw(st.integers(0, 2))):
            every = data.draw(st.booleans())
            some = results[before:] if every else data.draw(st.lists(st.sampled_from(results), min_size=1, max_size=4))
            some = some if data.draw(st.booleans()) else [*some, x]
            results.append(sketch.add(f"take{part}.{number}", data.draw(st.sampled_from(("cat", "add"))), *some))
        x = data.draw(st.sampled_from((x, results[-1])))
    used = {source for layer in sketch.layers for source in layer.sources}
    outputs = [layer.name for layer in sketch.layers if layer.name not in used]
    graph = sketch.done(*data.draw(st.sampled_from((outputs, [*results, *outputs], [x, *results, *outputs]))))
    assert _forms(unfolded(verify(detail.folded(graph)))) == _forms(graph)


def test_all_results_of_a_row_are_one_line_that_says_so():
    """Four blocks of which each goes into the concatenation: `B x4`, a line `all 4`, and the true size behind it."""
    drawing = _drawn(_row(4, range(4)))
    assert [group.repeat for group in drawing.graph.groups] == [4]
    assert [edge.label for edge in drawing.graph.layer["all"].inputs] == ["all 4"]
    assert "a line with ‘all 4’ brings the result of each of them, in order" in drawing.caption


@pytest.mark.parametrize("dial", ["overview", "paper", "explicit", "ops"])
def test_heads_beside_a_row_are_not_drawn_as_a_part_of_the_chain(dial):
    """`x = block(x); kept.append(head(x))`: block, head, block, head would be another network."""
    drawn = _drawn(_row(4, range(4), head="Conv2d"), detail=dial).graph
    assert [group.repeat for group in drawn.groups if group.repeat > 1] == []
    assert len(drawn.layer["all"].inputs) == 4


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (0, 2, 1, 3), (0, 1, 2), (1, 2, 3)], ids=str)
def test_results_in_another_order_or_of_some_blocks_are_not_all(order):
    """Only one of each, first to last, is what `all 4` says."""
    sketch, x, kept = graphs.Sketch(), "image", []
    for index in range(4):
        kept.append(x := graphs.residual(sketch, f"b.{index}", x))
    sketch.add("all", "cat", *(kept[index] for index in order))
    drawn = _drawn(sketch.done("all", x)).graph
    assert 4 not in [group.repeat for group in drawn.groups]
    assert not any(edge.label == "all 4" for edge in drawn.layer["all"].inputs)


def test_results_that_are_returned_are_one_node_that_counts_them():
    """A list of four maps is `outputs 1 to 4`; names are kept, those of the last one too; the caption tells of it."""
    drawing = _drawn(_row(4, range(4), take=""))
    panel = drawing.panels[0]
    assert [look.label for look in panel.output_looks.values()] == [("outputs 1 to 4",)]
    assert "the network returns the result of each of them" in drawing.caption
    graph = _row(4, range(4), take="")
    named = graph.replace(
        outputs=(graph.outputs[-1], *graph.outputs),
        output_names=("last_hidden_state", *(f"hidden_states.{index}" for index in range(1, 5))),
    )
    for dial in ("overview", "paper", "explicit", "ops"):
        panel = _drawn(named, detail=dial).panels[0]
        [look] = panel.output_looks.values()
        assert look.label[0].replace("_", " ").replace(".", " ") in (
            "last hidden state, hidden states 1 to 4", "last hidden state, hidden states 1 to hidden states 4",
        )  # fmt: skip


@pytest.mark.parametrize("rates", [(0.1, 0.1, 0.1), (0.1, 0.2, 0.3)], ids=str)
def test_the_caption_says_in_which_rates_copies_differ(rates):
    """Blocks that drop ever more are equal but for that."""
    sketch, x = graphs.Sketch(), "image"
    for index, rate in enumerate(rates):
        x = graphs.residual(sketch, f"b.{index}", x)
        x = sketch.add(f"b.{index}.drop", "Dropout", x, p=rate, group=f"b.{index}")
    said = _drawn(sketch.done()).said["folded"]
    assert ("Block ×3 (equal but for the rate of dropout)" in said) == (len(set(rates)) > 1)
