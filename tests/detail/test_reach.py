"""Whatever is hidden, merged or folded: who reaches whom stays exactly as in the network."""

from __future__ import annotations

import detail_graphs as graphs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig import detail
from nnfig.graph import Graph, verify
from nnfig.options import DETAILS, Options

WORDS = ("activation", "norm", "pooling", "Conv2d", "add", "cat", "Linear", "dropout", "reshape")


def _same_reach(whole: Graph, drawn: Graph) -> None:
    before, after = graphs.reach(whole), graphs.reach(drawn)
    names = {name for name in after if name in before}
    for name in names:
        assert after[name] & names == before[name] & names, name


@settings(max_examples=60, deadline=None)
@given(graphs.random_graphs(), st.sampled_from(DETAILS), st.lists(st.sampled_from(WORDS), max_size=3), st.booleans())
def test_hiding_merging_and_folding_keep_reachability(graph, dial, hidden, fold):
    """Between what is still drawn there is a path exactly where the network has one, blocks closed or not."""
    options = Options(detail=dial, hide=tuple(hidden), fold=fold)
    drawn = detail.drawing([graph], options).graph
    _same_reach(graph, verify(drawn))


@settings(max_examples=40, deadline=None)
@given(graphs.random_graphs(), st.sampled_from(DETAILS))
def test_every_preset_draws_a_lawful_graph(graph, dial):
    """Closed or open, the graph as drawn keeps the laws of graphs, and every layer has a look."""
    drawn = verify(detail.drawing([graph], Options(detail=dial)).graph)
    assert all(layer.look for layer in drawn.layers)
    assert detail.drawing([drawn], Options(detail="ops")) is not None


@settings(max_examples=60, deadline=None)
@given(graphs.random_graphs(), st.integers(0, 12))
def test_tightening_ends_and_never_draws_more(graph, step):
    """Each state of closing more draws no more boxes than the one before, until there is none."""
    options = Options()
    before = detail.drawing([graph], options, step)
    after = detail.drawing([graph], options, step + 1)
    if before is None:
        assert after is None
    elif after is not None:
        assert len(after.graph.layers) <= len(before.graph.layers)


def test_the_check_above_would_notice():
    """A lost path is seen."""
    sketch = graphs.Sketch()
    sketch.add("b", "ReLU", sketch.conv("a", "image"))
    whole = sketch.done()
    cut = whole.replace(layers=(whole.layers[0], whole.layers[1].__class__("b", "ReLU")))
    with pytest.raises(AssertionError):
        _same_reach(whole, cut)
