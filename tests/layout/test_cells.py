"""Cells and steps in time: a straight state, gates in a row, A-A-A, gradients beside what they run against."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import nnfig
from nnfig.layout.blocks.cells.grid import ways

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _places(source, **options):
    scene = nnfig.draw(source, view="blocks", **options).scene
    return {node.name: node for node in scene.nodes}, scene


@pytest.mark.parametrize("style", [(), ("cell",)])
def test_an_lstm_cell_is_drawn_as_people_know_it(style):
    """The state is straight, the gates are equal and in one row, h leaves straight to the right of its product."""
    detail = {"style": style} if style else {"detail": "ops"}
    place, _ = _places(EXAMPLES / "lstm-cell.yaml", direction="right", **detail)
    line = [place[name] for name in ("cₜ₋₁", "keep", "cₜ", "cₜ:out")]
    assert len({round(node.y, 2) for node in line}) == 1
    assert [node.x for node in line] == sorted(node.x for node in line)
    gates = [place[name] for name in ("W_f", "W_i", "W_g", "W_o")]
    assert len({(round(g.y, 2), round(g.w, 2), round(g.h, 2)) for g in gates}) == 1
    assert [g.x for g in gates] == sorted(g.x for g in gates)
    assert place["keep"].x == pytest.approx(place["W_f"].x)
    assert place["hₜ"].y == pytest.approx(place["hₜ:out"].y)


def test_gates_have_names_and_signs():
    """The sheet `cell` writes a gate's name and its function; what works element by element is a circle."""
    place, _ = _places(EXAMPLES / "gru-cell.yaml", style="cell")
    assert [place[name].label for name in ("W_r", "W_z", "W_n")] == [
        ("reset", "σ"),
        ("update", "σ"),
        ("candidate", "tanh"),
    ]
    assert len({(round(place[n].w, 2), round(place[n].h, 2)) for n in ("W_r", "W_z", "W_n")}) == 1
    assert {place[name].shape for name in ("forget", "keep", "renew", "hₜ")} == {"circle"}


SPEC = """
nnfig: 1
inputs: {h: [1, 8], %s}
layers:
%s
"""


def _steps(tmp_path, count):
    path = tmp_path / "steps.yaml"
    layers = []
    for step in range(count):
        before = f"cell{step - 1}" if step else "h"
        layers.append(f"- {{name: cell{step}, kind: GRUCell 8, from: [x{step}, {before}]}}")
        layers[-1] = layers[-1].replace("}", ", shared: cell0}") if step else layers[-1]
        layers.append(f"- {{name: head{step}, kind: Linear 4, from: cell{step}}}")
    path.write_text(SPEC % (", ".join(f"x{k}: [1, 4]" for k in range(count)), "\n".join(layers)), encoding="utf-8")
    return path


def test_steps_in_time_stand_in_a_row(tmp_path):
    """A, A, A: one line of equal boxes from the old state on, what each takes below it, what it gives above it."""
    place, scene = _places(_steps(tmp_path, 3), direction="right")
    cells = [place[f"cell{k}"] for k in range(3)]
    assert len({(round(node.y, 2), round(node.w, 2)) for node in (*cells,)}) == 1
    assert place["h"].y == pytest.approx(cells[0].y)
    for k, cell in enumerate(cells):
        assert place[f"x{k}"].x == pytest.approx(cell.x)
        assert place[f"head{k}"].x == pytest.approx(cell.x)
        assert place[f"x{k}"].y < cell.y < place[f"head{k}"].y
    time = [w for w in scene.wires if (w.source, w.target) in set(pairwise(f"cell{k}" for k in range(3)))]
    assert [(w.out, w.into, w.via) for w in time] == [("east", "west", ())] * 2
    assert "steps in time of one module" in nnfig.draw(_steps(tmp_path, 3), view="blocks").caption


def test_the_batch_runs_straight_through_its_normalisation():
    """Forward along one line, gradients beside it and against it, each label clear of the boxes."""
    place, scene = _places(EXAMPLES / "batchnorm-gradients.yaml", direction="right")
    line = [place[name] for name in ("x", "center", "normalise", "scale", "shift", "loss")]
    assert len({round(node.y, 2) for node in line}) == 1
    back = {(w.source, w.target) for w in scene.wires if w.cls == "gradient"}
    assert {("center", "x"), ("mean", "x"), ("scale", "γ"), ("loss", "shift")} <= back
    assert {("square", "center.sum0"), ("normalise", "center.sum0"), ("center.sum0", "center")} <= back
    assert (place["center.sum0"].shape, place["center.sum0"].label) == ("circle", ("+",))
    assert [entry.text for legend in scene.legends for entry in legend.entries][-2:] == ["Forward", "Gradient"]


def test_wires_on_a_grid_go_round_nodes_and_run_together_where_they_may():
    """A wire never runs through a node; wires to a node that takes many come in by one way."""
    spots = {0: (0, 0), 1: (2, 0), 2: (4, 0), 3: (0, 4), 4: (2, 4), 5: (4, 4), 6: (6, 2)}
    around = ways([(0, 2), (0, 1), (1, 2)], spots, ())
    assert (2, 0) not in _passed(around[0])
    assert len(around[1]) == len(around[2]) == 2
    joined = ways([(3, 6), (4, 6), (5, 6)], spots, ())
    assert joined[0][-2:] == ((0, 2), (6, 2))
    assert joined[1][-2:] == ((2, 2), (6, 2))
    assert all(not {(2, 4), (4, 4)} & set(_passed(way)[1:]) for way in joined.values())


def _passed(way):
    places = []
    for (xa, ya), (xb, yb) in pairwise(way):
        steps = max(abs(xb - xa), abs(yb - ya))
        places += [(xa + (xb - xa) * k // steps, ya + (yb - ya) * k // steps) for k in range(steps)]
    return places


def test_cells_of_two_modules_have_their_names():
    """An encoder's and a decoder's steps are boxes of one kind: their names tell which is which."""
    graph = nnfig.draw(f"{EXAMPLES}/seq2seq.py:steps", input_size=["1:int64"] * 6, view="blocks").graph
    cells = [layer for layer in graph.layers if layer.kind == "LSTMCell"]
    assert [cell.look.label[0] for cell in cells] == ["encoder"] * 3 + ["decoder"] * 3
    assert {edge.label for edge in cells[1].inputs} >= {"h", "c"}


def test_an_opened_step_keeps_its_frame():
    """One step of several that is open is a frame with its parts, not parts strewn beside the line of steps."""
    figure = nnfig.draw(f"{EXAMPLES}/seq2seq.py:steps", input_size=["1:int64"] * 6, view="blocks", open="encoder")
    assert [frame.name for frame in figure.scene.frames] == ["encoder"]
