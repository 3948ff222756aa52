"""Promises of the blocks view about strips that are broken into rows or columns."""

from nnfig.layout.blocks.boxes import Plan
from nnfig.layout.blocks.wrap import Rows, wrapped


def test_a_short_row_stands_in_the_middle():
    """A row much shorter than the longest is centred, its wire comes to its begin; one nearly as long is not moved."""
    strip = Plan(length=230.0, before=5.0, after=5.0)
    strip.sizes = {0: (20.0, 10.0), 1: (20.0, 10.0), 2: (20.0, 10.0)}
    strip.spots = {0: (10.0, 0.0), 1: (110.0, 0.0), 2: (210.0, 0.0)}
    strip.ways = {0: [(20.0, 0.0), (100.0, 0.0)], 1: [(120.0, 0.0), (200.0, 0.0)]}
    made, _ = wrapped(strip, Rows((0.0, 100.0, 195.0, 230.0)), 10.0, 4.0, centred=True)
    assert [made.spots[i][0] for i in range(3)] == [10.0, 10.0, 15.0 + (100.0 - 35.0) / 2]
    assert made.ways[1][-2][0] == (100.0 - 35.0) / 2 - 4.0
    beside, _ = wrapped(strip, Rows((0.0, 100.0, 195.0, 230.0)), 10.0, 4.0)
    assert [beside.spots[i][0] for i in range(3)] == [10.0, 10.0, 15.0]
