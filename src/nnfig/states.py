"""A network and how it is drawn go in; the HTML page with a picture for every set of groups that can be open comes out.

Every picture is laid out by the engine that draws the figure. One LaTeX run typesets them all.
"""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nnfig import detail, emit, layout
from nnfig.emit.html import Page, State, html
from nnfig.graph import Drawing, Graph
from nnfig.layout.scene import Scene
from nnfig.options import Options
from nnfig.typeset.pictures import Box, pictures

HUGE = 250
"""Nodes of a picture that nobody would look at, and that would make the page heavy."""
ROOM = 1000
"""Nodes and frames of all pictures together: about a megabyte."""
PICTURES = 40
SMALL = 12
"""Boxes of a group that opens whole; in a larger one the groups inside stay closed."""

Open = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A picture before it is typeset."""

    open: Open
    drawing: Drawing
    scene: Scene

    @property
    def weight(self) -> int:
        """Nodes and frames: what a picture costs."""
        return len(self.scene.nodes) + len(self.scene.frames)


def page(graphs: Sequence[Graph], options: Options, drawing: Drawing, scene: Scene) -> str:
    """The page of a figure that is drawn already.

    Args:
        graphs: the networks as traced, the main one first.
        options: how the figure was drawn.
        drawing, scene: what came of it; the page shows this picture first.

    Raises:
        NnfigError: LaTeX or dvisvgm is missing, or the figure does not compile.
    """
    board = _Board(graphs, replace(options, page="input"), drawing, scene)
    board.explore()
    found = list(board.drawn.values())
    made = pictures([emit.tex(each.scene, page="input", template=options.template) for each in found])
    states = [board.state(each, svg, box) for each, svg, box in zip(found, made.pictures, made.boxes, strict=True)]
    return html(
        Page(
            title=options.title or graphs[0].name or "network",
            states=states,
            graph=graphs[0],
            fonts=made.style,
            defs=made.defs,
            caption=drawing.caption,
            alt=drawing.alt,
            notes=board.notes(),
        )
    )


class _Board:
    """The pictures of a page, and what was left out because it would be too much."""

    def __init__(self, graphs: Sequence[Graph], options: Options, drawing: Drawing, scene: Scene) -> None:
        self.graphs = graphs
        self.options = options
        self.traced = graphs[0]
        self.boxes = self._boxes()
        self.groups = {path: group for path, group in self.traced.group.items() if self.boxes[path] > 1}
        self.first = _Drawn(self._open_in(drawing), drawing, scene)
        self.drawn: dict[Open, _Drawn] = {self.first.open: self.first}
        self.huge: dict[str, int] = {}
        self.left_out = False

    def explore(self) -> None:
        """Every group opened with only what is around it, level by level, and beside what is open."""
        closed = self.draw(frozenset())
        if closed is not None:
            self._one_by_one(closed)
            self._levels(closed)
        for path in self._outermost(self.first.open):
            self.draw(self._without(self.first.open, path))
        self._beside()

    def draw(self, wanted: Open, opens: str = "") -> _Drawn | None:
        """The picture with these groups open, if there is room for it."""
        if wanted in self.drawn:
            return self.drawn[wanted]
        if len(self.drawn) >= PICTURES:
            self.left_out = True
            return None
        drawing = detail.drawing(self.graphs, self._opened(wanted))
        assert drawing is not None, "only tighter drawings can be impossible"
        nodes = sum(len(panel.graph.layers) for panel in drawing.panels)
        if nodes > HUGE:
            if opens:
                self.huge[opens] = nodes
            return None
        frames = sum(len(panel.graph.groups) for panel in drawing.panels)
        if nodes + frames + sum(each.weight for each in self.drawn.values()) > ROOM:
            self.left_out = True
            return None
        self.drawn[wanted] = _Drawn(wanted, drawing, layout.scene(drawing, self.options))
        return self.drawn[wanted]

    def notes(self) -> list[str]:
        """What is not on the page, in sentences."""
        said = [
            f"'{path}' cannot be opened here: {nodes:,} layers would be drawn (nnfig draw --open '{path}' does it)."
            for path, nodes in self.huge.items()
        ]
        if self.left_out:
            said.append("Not every combination of open blocks is on this page; opening one may close others.")
        return said

    def state(self, drawn: _Drawn, svg: str, box: Box) -> State:
        """What the page knows of a picture: what its nodes show, and which pictures opening and closing lead to."""
        graph = drawn.drawing.graph
        nodes: dict[str, str] = {}
        hosts: dict[str, str] = {}
        for node in drawn.scene.nodes:
            id_ = "nnf-" + emit.node_name(node.name)
            nodes[id_], hosts[node.name] = node.name, id_
            layer = graph.layer.get(node.name)
            for merged in layer.look.merged if layer and layer.look else ():
                hosts.setdefault(merged, id_)
        number = {open_: i for i, open_ in enumerate(self.drawn)}
        boxes = [(layer.name, self._behind(layer.name)) for layer in graph.layers]
        opens = {box: number[to] for box, path in boxes if path and (to := self._with(drawn.open, path)) is not None}
        inner = [path for path in self.groups if path in drawn.open]
        closes = {path: number[self._nearest_below(self._without(drawn.open, path))] for path in inner}
        return State(
            open=tuple(inner),
            svg=svg,
            box=box,
            nodes=nodes,
            hosts=hosts,
            frames={"nnf-" + emit.node_name(f.name): f.name for f in drawn.scene.frames if f.name in drawn.open},
            opens=opens,
            closes={path: to for path, to in closes.items() if to != number[drawn.open]},
        )

    def _with(self, open_: Open, path: str) -> Open | None:
        """The open groups of the picture that opening a group leads to: as few others closed as can be."""
        wanted = open_ | {path}
        if wanted in self.drawn:
            return wanted
        having = [each for each in self.drawn if path in each]
        return min(having, key=lambda each: (len(each - wanted), len(wanted - each)), default=None)

    def _nearest_below(self, wanted: Open) -> Open:
        """The open groups of the picture that shows these and no others, or as many of them as there is."""
        below = [each for each in self.drawn if each <= wanted]
        return max(below, key=len, default=self.first.open)

    def _without(self, open_: Open, path: str) -> Open:
        return frozenset(each for each in open_ if path not in self.traced.ancestors(each))

    def _outermost(self, open_: Open) -> list[str]:
        return [path for path in self.groups if path in open_ and open_.isdisjoint(self.traced.ancestors(path)[1:])]

    def _open_in(self, drawing: Drawing) -> Open:
        """Every group of which a part is drawn by itself, with a frame or without."""
        found: set[str] = set()
        for layer in drawing.graph.layers:
            if layer.name in self.traced.layer:
                found.update(self.traced.ancestors(self.traced.layer[layer.name].group))
            elif layer.name in self.traced.group:
                found.update(self.traced.ancestors(self.traced.group[layer.name].parent))
        return frozenset(path for path in found & self.groups.keys() if not self._opens_with_another(path))

    def _boxes(self) -> Mapping[str, int]:
        """How many boxes each group draws when everything is open."""
        if not self.traced.groups:
            return {}
        everything = detail.drawing(self.graphs, replace(self.options, depth=None, open=("*",), close=()))
        assert everything is not None, "only tighter drawings can be impossible"
        return Counter(
            above
            for layer in everything.graph.layers
            if layer.name in self.traced.layer
            for above in self.traced.ancestors(self.traced.layer[layer.name].group)
        )

    def _opens_with_another(self, path: str) -> bool:
        return any(1 < self.boxes[above] <= SMALL for above in self.traced.ancestors(path)[1:])

    def _opened(self, wanted: Open) -> Options:
        """Options that open these groups; closed are the outermost of the others, with everything in them."""
        around = {above for path in wanted for above in self.traced.ancestors(path)}
        closed = {path for path in self.groups if path not in around and not self._opens_with_another(path)}
        shut = [path for path in self.groups if path in closed and closed.isdisjoint(self.traced.ancestors(path)[1:])]
        opened = [path for path in self.groups if path in wanted]
        return replace(
            self.options, depth=None, open=tuple(map(glob.escape, opened)), close=tuple(map(glob.escape, shut))
        )

    def _blocks(self, drawn: _Drawn) -> Iterator[str]:
        """Closed groups of a picture."""
        return (path for layer in drawn.drawing.graph.layers if (path := self._behind(layer.name)))

    def _behind(self, box: str) -> str:
        """The group that a box opens into, '' if it is none: of several blocks in one box the first."""
        first = box.partition("..")[0].partition("×")[0]
        return first if first in self.groups and box not in self.traced.layer else ""

    def _one_by_one(self, closed: _Drawn) -> None:
        waiting = [closed]
        while waiting:
            here = waiting.pop(0)
            for path in self._blocks(here):
                inside = not here.open or not here.open.isdisjoint(self.traced.ancestors(path))
                after = self.draw(here.open | {path}, path) if inside else None
                if after is not None and after is not here:
                    waiting.append(after)

    def _levels(self, closed: _Drawn) -> None:
        here: _Drawn | None = closed
        while here is not None:
            blocks = frozenset(self._blocks(here))
            here = self.draw(here.open | blocks) if blocks else None

    def _beside(self) -> None:
        waiting = list(self.drawn.values())
        while waiting:
            here = waiting.pop(0)
            for path in self._blocks(here):
                if self.left_out:
                    return
                known = here.open | {path} in self.drawn
                after = self.draw(here.open | {path})
                if after is not None and not known:
                    waiting.append(after)
