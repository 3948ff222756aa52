"""Wires beside rows are those of the network, drawn as git draws branches."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig.report.lanes import Line, Step, lanes

Rows = list[tuple[str, list[str]]]


def _text(line: Line) -> str:
    return "".join(character for character, _ in line)


def _drawn(rows: Rows, limit: int = 12) -> list[str]:
    lines: list[str] = []
    for (name, _), step in zip(rows, lanes(rows, limit), strict=True):
        lines += [*map(_text, step.before), f"{_text(step.at)}  {name}", *map(_text, step.after)]
    return lines


def test_a_skip_runs_beside_the_trunk():
    """A value that is needed again forks off to the right and comes back."""
    rows: Rows = [("x", []), ("a", ["x"]), ("b", ["a"]), ("add", ["b", "x"])]
    assert _drawn(rows) == ["*  x", "|\\", "* |  a", "* |  b", "|/", "*  add"]


def test_four_branches_join():
    """Branches of one split run side by side until they are concatenated."""
    rows: Rows = [("x", []), *((name, ["x"]) for name in "abc"), ("cat", ["a", "b", "c"])]
    assert _drawn(rows)[-4:] == ["| | *  c", "|/ /", "|/", "*  cat"]


def test_a_mask_that_every_block_takes_keeps_its_lane():
    """A lane that only gives something stays where it is."""
    rows: Rows = [("x", []), ("mask", []), ("a", ["x", "mask"]), ("b", ["a", "mask"])]
    assert _drawn(rows) == ["*  x", "| *  mask", "|/|", "* |  a", "|/", "*  b"]


def test_an_end_beside_the_trunk_closes_up():
    """Lanes right of one that ends move up, and nothing dangles."""
    rows: Rows = [("x", []), ("side", ["x"]), ("a", ["x"])]
    assert _drawn(rows) == ["*  x", "|\\", "* |  side", " /", "*  a"]


@st.composite
def _networks(draw: st.DrawFn) -> Rows:
    count = draw(st.integers(1, 14))
    names = [f"n{i}" for i in range(count)]
    return [(name, draw(st.lists(st.sampled_from(names[:i]), max_size=4)) if i else []) for i, name in enumerate(names)]


@settings(max_examples=150, deadline=None)
@given(_networks(), st.integers(1, 8))
def test_every_edge_is_a_wire_or_is_named(rows: Rows, limit: int):
    """Following the strokes down from each row reaches exactly the rows that take it, but for those named."""
    steps = lanes(rows, limit)
    for index, (name, sources) in enumerate(rows):
        wired = _sources(rows, steps, index)
        assert wired | set(steps[index].unseen) == set(sources), (name, _drawn(rows, limit))
        assert not wired & set(steps[index].unseen)
        assert len(_text(steps[index].at)) <= 2 * limit + 2


def _sources(rows: Rows, steps: list[Step], index: int) -> set[str]:
    """Rows whose wires lead into a row, found by their colours: a colour is one lane's life."""
    owner: dict[int, set[str]] = {}
    for row, step in enumerate(steps[: index + 1]):
        star = next(color for character, color in step.at if character == "*")
        if row == index:
            return {source for color in _into(step, star) for source in owner.get(color, ())}
        for line in step.before:
            for column, (character, color) in enumerate(line):
                # a fork: a stroke of a new colour right of the lane that it leaves
                if character == "\\" and color not in owner:
                    owner[color] = set(owner.get(line[column - 1][1], ()))
        owner[star] = {rows[row][0]}
    raise AssertionError


def _into(step: Step, star: int) -> set[int]:
    """Colours of the lanes that join the row's own above it."""
    found = {star}
    for line in step.before:
        own = next((column for column, cell in enumerate(line) if cell == ("|", star)), None)
        if own is not None and own + 1 < len(line) and line[own + 1][0] == "/":
            found.add(line[own + 1][1])
    return found
