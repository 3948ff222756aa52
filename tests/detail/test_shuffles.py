"""Channels that are shuffled by a view, a transpose and a view back are one step, and one that is drawn."""

from __future__ import annotations

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.options import Options


def _shuffled(dims=(1, 2), split=(1, 2, 4, 16, 16), detail_="paper"):
    sketch = graphs.Sketch()
    turned = (1, 4, 2, 16, 16) if sorted(dims) == [1, 2] else split
    x = sketch.add("view", "view", sketch.conv("conv1", "image"), shape=split, mark="plumbing")
    x = sketch.add("turn", "transpose", x, shape=turned, mark="plumbing", dim0=dims[0], dim1=dims[1])
    x = sketch.add("copy", "contiguous", x, shape=turned, mark="plumbing")
    sketch.conv("conv2", sketch.add("back", "view", x, shape=graphs.IMAGE, mark="plumbing"))
    return detail.drawing([sketch.done()], Options(detail=detail_))


@pytest.mark.parametrize("dial", ["paper", "explicit"])
def test_a_channel_shuffle_is_drawn(dial):
    """With its groups, in place of the views, under the name of the last of them."""
    drawing = _shuffled(dims=(2, 1), detail_=dial)
    assert [(layer.name, layer.kind) for layer in drawing.graph.layers][1] == ("back", "channel_shuffle")
    assert drawing.graph.layer["back"].look.label == ("channel shuffle, 2 groups",)
    assert "changes of shape" not in drawing.caption


@pytest.mark.parametrize("near", [{"dims": (3, 4)}, {"split": (1, 8, 4, 4, 16), "dims": (2, 3)}])
def test_what_mixes_something_else_is_no_channel_shuffle(near):
    """Rows and columns, or pixels in blocks, are no groups of channels."""
    drawing = _shuffled(**near)
    assert [layer.name for layer in drawing.graph.layers] == ["conv1", "conv2"]
    assert "Changes of shape are not drawn" in drawing.caption


def test_at_ops_every_view_is_drawn():
    """The views are what is computed."""
    assert [each.kind for each in _shuffled(detail_="ops").graph.layers][1:5] == [
        "view",
        "transpose",
        "contiguous",
        "view",
    ]
