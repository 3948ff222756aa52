"""Promises of the blocks view about the ways of wires."""

import measure
import shapes

from nnfig.layout import scene
from nnfig.options import Options


def test_a_wire_between_two_of_a_frame_stays_in_it():
    """The state of a step that repeats is used again further down: outside the frame its wire would look returned."""
    b = shapes.Builder("loop")
    cell = b.group("cell", "MyCell", repeat=9)
    word = b.add("word", "Linear, 8→16", b.input("x", 9, 8))
    state = b.add("state", "state", group=cell)
    both = b.add("both", "concat, 32", word, state, group=cell)
    reset = b.chain(cell, "r", "sigmoid r", after=both)[-1]
    update = b.chain(cell, "z", "sigmoid z", after=both)[-1]
    again = b.add("again", "concat, 32", word, b.add("gated", "×", reset, state, group=cell), group=cell)
    new = b.chain(cell, "n", "tanh", after=again)[-1]
    old = b.add("old", "×", b.add("one minus", "1 −", update, group=cell), state, group=cell)
    b.add("end", "sum", old, b.add("fresh", "×", update, new, group=cell), group=cell)
    b.chain("", "stack", after="end")
    made = scene(b.drawing(), Options.of(view="blocks", direction="down"))
    (frame,) = made.frames
    ways = [way for (source, target), way in measure.ways(made).items() if source == "state"]
    assert len(ways) == 3
    assert all(frame.x0 < x < frame.x1 and frame.y0 < y < frame.y1 for way in ways for x, y in way)
