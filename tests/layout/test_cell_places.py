"""Where a cell's nodes stand, whatever it is made of."""

from __future__ import annotations

import nnfig

GATED = """
nnfig: 1
inputs: {c: [1, 8], x: [1, 8], y: [1, 8]}
layers:
- gate: {kind: sigmoid, from: x}
- keep: {kind: mul, from: [c, gate]}
- write: {kind: tanh, from: x}
- next: {kind: add, from: [keep, write]}
outputs: [next, y]
"""


def test_an_input_that_is_returned_as_it_is_has_a_place(tmp_path):
    """It stands level with its output, beside the cell."""
    path = tmp_path / "gated.yaml"
    path.write_text(GATED, encoding="utf-8")
    scene = nnfig.draw(path, style="cell", view="blocks", direction="right").scene
    place = {node.name: (node.x, node.y) for node in scene.nodes}
    assert len(set(place.values())) == len(place)
    assert place["y"][1] == place["y:out"][1]
    assert place["c"][1] == place["next"][1]


STACKED = """
nnfig: 1
inputs: {x: [1, 20, 8]}
layers:
- r1: GRU 16
- r2: GRU 4
"""


def test_cells_that_follow_one_another_are_drawn_one_after_another(tmp_path):
    """Two of them on one grid would stand upon each other: no two nodes share a place."""
    path = tmp_path / "stacked.yaml"
    path.write_text(STACKED, encoding="utf-8")
    nodes = nnfig.draw(path, style="cell").scene.nodes
    assert len({(node.x, node.y) for node in nodes}) == len(nodes) > 20
