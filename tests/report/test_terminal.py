"""What `nnfig show` prints: columns, hierarchy, repeats, and nothing wider than the terminal."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnfig import report
from nnfig.graph import Edge, Graph, Layer, TensorSpec

from .graphs import chain, interleaved, layer, nested, residual

RESIDUAL = """\
net: 8 operations, 2,590 parameters, 41.4 k MACs

     operation                 output   params      %    MACs
*    x  input                  1x3x8x8
*    stem  Conv2d 3x3, 8, /2   1x8x4x4     100   3.9%  1.60 k
|    stage  Sequential
|      0  Block x2                       2,400  92.7%  38.4 k
|\\
* |      conv1  Conv2d 3x3, 8  1x8x4x4     600  23.2%  9.60 k
* |      conv2  Conv2d 3x3     1x8x4x4     600  23.2%  9.60 k
|/
*        add                   1x8x4x4
*    fc  Linear 10 (output)    1x8x4x4      90   3.5%  1.44 k

Below a line with xN one of N equal blocks is listed and counted; the line
  counts all.
"""


def test_a_folded_residual_block_reads_as_git_would_draw_it():
    """Operation, size after it, parameters, share and MACs; groups indented; repeats counted."""
    graph = residual(repeat=2)
    assert report.terminal(graph, 80) == RESIDUAL


def test_depth_closes_groups_into_one_row_with_their_totals():
    """At depth 0 the stage is one row that counts all repeats; the skip is inside and not drawn."""
    lines = report.terminal(residual(repeat=3), 80, depth=0).splitlines()
    assert "*  stage  Sequential        1x8x4x4   3,600  95.0%  57.6 k" in lines
    assert not any("|\\" in line for line in lines)


def test_a_group_that_something_runs_between_stays_open():
    """Closing never reorders the network: the braided group is listed in two parts."""
    text = report.terminal(interleaved(), 80, depth=0)
    assert [line.split()[1] for line in text.splitlines()[3:] if line.startswith("*")] == ["x", "a", "h", "b"]
    assert "g  Two (continued)" in text


@pytest.mark.parametrize("width", [40, 80, 140])
def test_no_line_is_wider_than_the_terminal(width: int):
    """Names are cut before a line would wrap."""
    graph = residual(repeat=2)
    long = layer("y" * 200, "Conv2d", "fc", params=10**9)
    wide = graph.replace(layers=(*graph.layers, long), outputs=(long.name,))
    assert max(map(len, report.terminal(wide, width).splitlines())) <= width


def test_plain_text_has_no_escape_and_colour_changes_nothing_else():
    """A pipe gets plain text; with colours the letters are the same."""
    plain, colored = report.terminal(residual(), 80), report.terminal(residual(), 80, color=True)
    assert "\x1b" not in plain
    assert plain == re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert plain != colored


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
@example("a", "\u2028")
def test_no_name_can_steer_the_terminal(name: str, kind: str):
    """Control characters of a hostile file are not printed, and each layer stays one line."""
    graph = Graph(kind, {"x": TensorSpec((1,))}, (Layer(name + "!", kind, (Edge("x"),)),), (), (name + "!",))
    text = report.terminal(graph, 80)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert len(text.splitlines()) == 5


def test_the_number_of_layers_and_groups_is_no_limit():
    """3,000 layers in a row and 300 groups in each other are listed, in seconds."""
    began = time.perf_counter()
    assert len(report.terminal(chain(3000), 80).splitlines()) == 3004
    assert "ReLU" in report.terminal(nested(300), 80)
    assert time.perf_counter() - began < 60
