"""Promises of the blocks view that hold for any network."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import pytest

from nnfig.layout import scene
from nnfig.options import Options

_spec = importlib.util.spec_from_file_location("layout_shapes", Path(__file__).with_name("shapes.py"))
shapes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(shapes)


@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_chain_is_straight(direction):
    """All nodes of a short chain lie on one line, in order."""
    nodes = scene(shapes.chain(4).drawing(), Options(view="blocks", direction=direction, width=2000)).nodes
    along = [node.x if direction == "right" else -node.y for node in nodes]
    assert along == sorted(along)
    assert len({node.y if direction == "right" else node.x for node in nodes}) == 1
    assert all(b - a > 10 for a, b in pairwise(along))
