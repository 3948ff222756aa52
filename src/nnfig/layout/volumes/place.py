"""Where volumes stand: from stations and a scale to places on rows, as close as boxes, text and arrows allow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from nnfig.layout.volumes.rows import folds, line_of
from nnfig.layout.volumes.scale import Scale
from nnfig.layout.volumes.solids import ARROW, CLEAR, SPACE, TOUCH, apart
from nnfig.layout.volumes.stations import Station
from nnfig.layout.volumes.texts import Placed, labelled

BACK = 4
"""How many boxes to the left are looked at for collisions."""

TURN = 5.0
"""How far right of a box and its texts an arrow turns towards another row."""

TAP = 3.0
"""How far right of a box, on the arrow that leaves it, arcs begin."""

FRAME_PAD = 8.0
"""Room between the boxes of a folded group and its frame."""

SLANT = 16.0
"""The least width of arrows that cross from row to row."""

ROW_GAP = 9.0
"""Room between rows."""


def place(
    found: Sequence[Station], rows: Mapping[str, float], scale: Scale, starts: Collection[str] = ()
) -> tuple[Placed, ...]:
    """Stations along their rows, packed to the left, rows below each other with row 0 at 0.

    Stations in `starts` begin a line of a network that is too long for one: they stand at the left again.
    """
    done: list[Placed] = []
    on_row: dict[float, list[Placed]] = {}
    at: dict[str, Placed] = {}
    upright = folds(found)
    pairs = [(s, station.name) for station in found for s in station.sources if rows[s] != rows[station.name]]
    down = {source for source, name in pairs if upright and rows[source] < rows[name]}
    down |= {name for source, name in pairs if upright and rows[source] > rows[name]}
    forks = {source for source, name in pairs if not upright and line_of(rows[source]) == line_of(rows[name])}
    across = {station.name for station in found if any(rows[s] < rows[station.name] for s in station.sources)}
    for station, item in zip(found, labelled(found, scale, down, across), strict=True):
        row = rows[station.name]
        item = replace(item, glued=item.glued and rows[station.sources[0]] == row)
        limits = [-item.reach(scale.text)[0]] if station.name in starts or not station.sources else []
        for other in on_row.get(row, [])[-BACK:]:
            if not (item.glued and other.station.name == station.sources[0]):
                limits.append(other.x + max(_beside(other, item, scale.text), _frame(other, item, scale.text)))
        turns = item.station.role != "join" and not item.station.copied and any(rows[s] != row for s in station.sources)
        shortcuts = tuple(source for source, _ in station.projections)
        for source in (*station.sources, *shortcuts):
            if line_of(rows[source]) != line_of(row):
                continue
            turned = turns or rows[source] != row or source in forks
            if upright and rows[source] != row:
                beyond = _over(at[source], item, rows[source] > row)
            else:
                beyond = _after(at[source], item, turned, scale.text)
            limits.append(at[source].x + beyond)
        if item.glued and max(limits) > limits[-1] + TOUCH:
            item = replace(item, glued=False)
            limits.append(at[station.sources[0]].x + _after(at[station.sources[0]], item, False, scale.text))
        item = replace(item, x=max(limits))
        if item.glued:
            below = at[station.sources[0]]
            item = replace(item, overhang=below.x + below.reach(scale.text)[1] - item.x)
        done.append(item)
        on_row.setdefault(row, []).append(item)
        at[station.name] = item
    y = _levels(done, rows, scale.text, ARROW + ROW_GAP / 2 if upright else ROW_GAP)
    return tuple(replace(item, y=y[rows[item.station.name]]) for item in done)


def _line_gap(placed: Sequence[Placed], text: float) -> float:
    """Room between the lines of a broken network: for the arrow, for counts under frames, for skips over boxes."""
    frames = FRAME_PAD + 2 * text if any(item.station.repeat for item in placed) else 0.0
    skips = 3 * TURN if any(item.station.role == "join" for item in placed) else 0.0
    return ROW_GAP + 2 * TURN + frames + skips


def extent(placed: Sequence[Placed], text: float) -> tuple[float, float]:
    """Width and height of everything placed."""
    points = [(x + p.x, y + p.y) for p in placed for shape in p.shapes(text) for x, y in shape]
    xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
    return max(xs) - min(xs), max(ys) - min(ys)


def _after(source: Placed, item: Placed, turns: bool, text: float) -> float:
    """How far right of its source a box stands: touching it, an arrow away, or clear of it for an arrow that turns."""
    if item.glued:
        return source.body.front / 2 + item.body.front / 2
    arrow = max(ARROW, item.kernel_room(text) + 2 * TAP * source.tapped)
    if item.station.exchanged:
        return source.reach(text)[1] + max(SLANT, arrow) - item.reach(text)[0]
    if not turns:
        return source.body.w / 2 + arrow + item.body.w / 2
    if item.station.role == "join" or item.station.copied:
        return source.reach(text)[1] + TURN
    return source.reach(text)[1] + max(2 * TURN, arrow) - item.reach(text)[0]


def _over(source: Placed, item: Placed, up: bool) -> float:
    """How far right of its source a box stands to which an upright arrow leads, up or down."""
    if up or item.station.copied:
        return source.body.dx / 2 - item.new_half
    return -(source.body.dx + item.body.dx) / 2


def _frame(left: Placed, right: Placed, text: float) -> float:
    """How far right of `left` a box stands where the frame of a folded group lies between them."""
    ends = {left.station.repeat, right.station.repeat}
    if len(ends) == 1:
        return 0.0
    return left.reach(text)[1] - right.reach(text)[0] + FRAME_PAD * sum(map(bool, ends)) + CLEAR


def _beside(left: Placed, right: Placed, text: float) -> float:
    """How far right of `left` the other must stand so that nothing of it meets anything of `left`."""
    body, *texts = left.shapes(text)
    other, *words = right.shapes(text)
    if right.below == () and right.station.role == left.station.role == "bar" and left.shift:
        texts = []  # the text that they share
    bodies = [apart(body, other, CLEAR)]
    mixed = [apart(body, word, CLEAR) for word in words] + [apart(word, other, CLEAR) for word in texts]
    return max(bodies + mixed + [apart(a, b, SPACE) for a in texts for b in words])


def _arc(
    item: Placed, placed: Sequence[Placed], rows: Mapping[str, float], text: float
) -> list[tuple[float, float, float, float]]:
    """The room of an arc to a join over the boxes of its row."""
    row = [p for p in placed if rows[p.station.name] == rows[item.station.name] and p.x < item.x]
    sources = (*item.station.sources, *(source for source, _ in item.station.projections))
    begins = [p.x for p in row if p.station.name in sources]
    passed = [p.height(text) for p in row if begins and p.x > min(begins)]
    if item.station.role != "join" or not passed:
        return []
    return [(min(begins), item.x, 0.0, max(passed) + 2 * TURN)]


def _runs(
    placed: Sequence[Placed], rows: Mapping[str, float]
) -> Iterator[tuple[float, tuple[float, float, float, float]]]:
    """The room of arrows that run along the rows of their sources as far as a target on another row of the line."""
    x = {item.station.name: item.x for item in placed}
    for item in placed:
        for source in item.station.sources:
            row = rows[source]
            if row != rows[item.station.name] and line_of(row) == line_of(rows[item.station.name]):
                yield row, (x[source], item.x, 0.0, 0.0)


def _levels(placed: Sequence[Placed], rows: Mapping[str, float], text: float, close: float) -> dict[float, float]:
    """The axis of every row, as close under those above as what stands over each other allows.

    Rows of different lines clear each other over their whole length. Half rows lie between their neighbours.
    """
    boxes: dict[float, list[tuple[float, float, float, float]]] = {}
    for item in placed:
        ys = [y for shape in item.shapes(text) for _, y in shape]
        left, right = item.reach(text)
        own = boxes.setdefault(rows[item.station.name], [])
        own.append((item.x + left, item.x + right, min(ys), max(ys)))
        own += _arc(item, placed, rows, text)
    for row, run in _runs(placed, rows):
        boxes[row].append(run)
    between = _line_gap(placed, text)
    y: dict[float, float] = {}
    for row in sorted(boxes, key=lambda row: (line_of(row), row != int(row), row)):
        if row != int(row):
            y[row] = (y[int(row - 0.5)] + y[int(row + 0.5)]) / 2
            continue
        levels: list[float] = []
        for upper in y:
            other = line_of(upper) != line_of(row)
            gap = between if other else close
            levels.append(y[upper] - 2 * gap)
            levels += [
                y[upper] + a[2] - b[3] - gap
                for a in boxes[upper]
                for b in boxes[row]
                if other or (a[0] - TURN < b[1] and b[0] - TURN < a[1])
            ]
        y[row] = min(levels, default=0.0)
    base = y.get(0, 0.0)
    return {row: value - base for row, value in y.items()}
