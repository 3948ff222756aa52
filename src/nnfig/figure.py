"""The way from a network to a figure: source, graph, detail, layout, emit, typeset, each one call."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nnfig import detail, emit, layout, sources
from nnfig.errors import NnfigError
from nnfig.graph import Drawing, Graph
from nnfig.layout.scene import Scene
from nnfig.options import Options
from nnfig.progress import progress as bar


def trace(
    model: Any,
    *,
    inputs: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    input_size: Any = None,
    progress: bool = False,
) -> Graph:
    """The layer list of a live model, from one run of it.

    Args:
        model: a torch.nn.Module or a Keras model; it comes back as it was.
        inputs: positional arguments of its forward, real tensors of any structure.
        kwargs: keyword arguments of its forward.
        input_size: shapes instead of `inputs`, batch included: `(1, 3, 224, 224)`, with a dtype
            `((1, 128), torch.int64)`, a list of such, a dict by name, or text such as `"1,128:int64"`.
        progress: show a progress bar on a terminal.

    Raises:
        NnfigError: it is no model, or its forward raises on these inputs.
    """
    return sources.trace(model, inputs=inputs, kwargs=kwargs, input_size=input_size, progress=progress)


def load(path: str | Path) -> Graph:
    """The layer list of a file: `.yaml .json .onnx .keras .pt2 .prototxt`, or of `file.py:NAME`.

    >>> load("examples/lenet.yaml").layer["conv2"].shape
    (1, 16, 10, 10)

    Args:
        path: of the file; a name after a colon is that of a model, a class or a factory without arguments.

    Raises:
        NnfigError: the file is missing, of an unknown kind, or faulty; every fault with its place.
    """
    return sources.load(path)


def draw(
    source: Any,
    *,
    inputs: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    input_size: Any = None,
    arguments: Mapping[str, Any] | None = None,
    compare: Any = (),
    progress: bool = False,
    command: str = "",
    **options: Any,
) -> Figure:
    """The figure of a network.

    Args:
        source: a model (PyTorch or Keras), a path, `file.py:NAME`, or a Graph.
        inputs: see `trace`; also `kwargs` and `input_size`.
        arguments: constructor arguments where the source is `file.py:NAME`.
        compare: further networks beside the first, aligned by output size.
        progress: show a progress bar on a terminal.
        command: what is written into the figure as the command that made it.
        options: every option of the command line, by its name (see `nnfig.options.Options`).

    Raises:
        NnfigError: what the user can mend, all problems at once.
    """
    chosen = detail.style_options(Options.of(**options))
    run = {"inputs": inputs, "kwargs": kwargs, "input_size": input_size, "progress": progress}
    others = [compare] if isinstance(compare, (str, Path, Graph)) or not isinstance(compare, Sequence) else compare
    graphs = [_graph(each, run, arguments) for each in (source, *others)]
    return Figure(graphs, chosen, command=command, progress=progress)


def _graph(source: Any, run: dict[str, Any], arguments: Mapping[str, Any] | None) -> Graph:
    if isinstance(source, Graph):
        return source
    if isinstance(source, (str, Path)):
        return sources.load(source, arguments=arguments or {}, **run)
    return sources.trace(source, **run)


class Figure:
    """A drawn network: `.tex`, `.caption`, `.graph`, `.save(path)`."""

    def __init__(self, graphs: Sequence[Graph], options: Options, *, command: str = "", progress: bool = False) -> None:
        self.options = options
        self.traced = tuple(graphs)
        """The networks as they came, before detail."""
        self.command = command or shlex.join(["nnfig", "draw", self.traced[0].name or "NETWORK", *options.flags()])
        """What draws the figure again; `nnfig check` reads it."""
        self.progress = progress
        with bar("drawing", progress):
            self.drawing, self.scene = _chosen(self.traced, options)

    @property
    def graph(self) -> Graph:
        """The graph as drawn: layers keep their names, folded groups carry `repeat`."""
        return self.drawing.graph

    @property
    def caption(self) -> str:
        """A caption that says what the figure shows and what it leaves out."""
        return self.scene.caption or self.drawing.caption

    @property
    def alt(self) -> str:
        """A description for readers who cannot see the figure."""
        return self.drawing.alt

    @property
    def _assumed(self) -> tuple[str, ...]:
        """What sources say of the networks: paths that depend on values, edges that are assumed."""
        return tuple(note for graph in self.traced for note in graph.notes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the author must know: assumptions of the source, what was closed to fit, what does not fit."""
        size = (_too_big(self),) if not self.scene.fits else _smaller(self)
        return (*self._assumed, *self.drawing.notes, *self.scene.warnings, *emit.unprintable(self.scene), *size)

    @property
    def notes(self) -> tuple[str, ...]:
        """The warnings, and what layout chose and why."""
        return (*self.warnings, *self.scene.report)

    @cached_property
    def tex(self) -> str:
        """The `.tex` file's text."""
        page, template = self.options.page, self.options.template
        return emit.tex(self.scene, page=page, template=template, command=self.command, notes=self._assumed)

    def save(self, path: str | Path, force: bool = False) -> None:
        """Write the figure: `.tex .pdf .png .svg .html`, by suffix; whole or not at all.

        Beside a `.tex`, `nnfig.sty` and `nnfig-standalone.tex` are put (not for `page="self-contained"`).

        Raises:
            NnfigError: unknown suffix, no TeX, a fault while typesetting, or a text file that nnfig did not
                write and `force` is not given.
        """
        from nnfig import outputs

        path = Path(path)
        with bar(f"writing {path.name}", self.progress):
            outputs.write(self, path, force)

    def __repr__(self) -> str:
        size = f"{self.scene.width / 72.27:.2f} x {self.scene.height / 72.27:.2f} in"
        return f"<Figure of {self.graph.name or 'network'}: {len(self.scene.nodes)} nodes, {size}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: SVG, PNG where that cannot be made here, the network as text without TeX."""
        # a figure is black on white, and a notebook may be dark
        white = "<svg style='background:white' "
        pictures = (
            ("image/svg+xml", lambda: self.svg.replace("<svg ", white, 1)),
            ("image/png", lambda: self.png),
        )
        for kind, picture in pictures:
            with suppress(NnfigError):
                return {kind: picture(), "text/plain": repr(self)}
        from nnfig import report

        return {"text/plain": report.terminal(self.graph)}

    @cached_property
    def svg(self) -> str:
        """The figure as SVG text."""
        from nnfig import typeset  # TeX runs only for pictures

        return typeset.svg(self.tex)

    @cached_property
    def png(self) -> bytes:
        """The figure as a PNG of 300 dpi."""
        from nnfig import typeset  # TeX runs only for pictures

        return typeset.png(self.pdf)

    @cached_property
    def pdf(self) -> bytes:
        """The figure as a PDF."""
        from nnfig import typeset  # TeX runs only for pictures

        return typeset.pdf(self.tex)


def _chosen(graphs: Sequence[Graph], options: Options) -> tuple[Drawing, Scene]:
    """Drawing and scene; where `auto` chooses a view that shows more, drawn as if that had been asked for."""
    drawing, scene = _fitted(graphs, options)
    if options.view != "auto" or not detail.shows_more(scene.view):
        return drawing, scene
    drawing, more = _fitted(graphs, replace(options, view=scene.view))
    return drawing, replace(more, report=(*scene.report, *more.report))


def _fitted(graphs: Sequence[Graph], options: Options) -> tuple[Drawing, Scene]:
    """Drawing and scene; while it does not fit the page (if it can be folded: folded), groups are closed.

    So they are where the view that was asked for could not show what fits.
    """
    drawings = detail.drawings(graphs, options)
    drawing = next(drawings)
    lesser: tuple[Drawing, Scene] | None = None
    while True:
        scene = layout.fitting(drawing, options)
        best = scene is not None and not scene.refused and scene.folded is not False
        if scene is not None and best and (scene.folded or lesser is None or lesser[1].refused):
            return drawing, scene
        if scene is not None and lesser is None:
            lesser = drawing, scene
        closer = next(drawings, None)
        if closer is None:
            return lesser or (drawing, layout.scene(drawing, options))
        drawing = closer


def _too_big(figure: Figure) -> str:
    """Which side does not fit; sizes are rounded so that what is too much also reads so."""

    def inches(points: float) -> str:
        return f"{math.ceil(points / 72.27 * 10) / 10:.1f}in"

    scene, options = figure.scene, figure.options
    sides = (scene.width, options.width, "wider"), (scene.height, options.max_height, "higher")
    over = " and ".join(f"{word} than the {limit / 72.27:.3g}in" for size, limit, word in sides if size > limit)
    return (
        f"the figure needs {inches(scene.width)} x {inches(scene.height)} with text of {scene.font_size:g} pt, {over} "
        "allowed; try --detail overview, a smaller --depth, --close GLOB, or a larger --width and --max-height"
    )


def _smaller(figure: Figure) -> tuple[str, ...]:
    """That text became smaller than somebody asked for; from the default it may shrink without a word."""
    found, wanted = figure.scene.font_size, figure.options.font_size
    if found >= wanted or wanted == Options().font_size:
        return ()
    return (f"text is {found:g} pt, not {wanted:g}, so that the figure fits its page; draw less, or on a larger one",)
