"""A Scene and a template in, the whole `.tex` file out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from nnfig.emit.escape import Tex, comment, missing
from nnfig.emit.escape import tex as escape
from nnfig.emit.figure_lines import Line, braced, figure_lines, number, pair
from nnfig.emit.names import node_name
from nnfig.layout.scene import Scene
from nnfig.resources import resource

FORMAT = "1.0"
"""Of the macros, written into the first line: the first release whose `nnfig.sty` knows them all."""


def tex(
    scene: Scene,
    page: str = "standalone",
    template: str | None = None,
    command: str = "",
    notes: Iterable[str] = (),
) -> str:
    """The `.tex` file of a scene.

    Args:
        scene: what layout made.
        page: `standalone` (compiles alone and can be input), `input`, or `self-contained` (needs no style file).
        template: path of a Jinja template in place of ours; it runs sandboxed and may `extend` ours.
        command: what made the figure, for the first line.
        notes: what is assumed of the network, for comments below it.

    Raises:
        NnfigError: the template is not there, or is wrong; the message gives its file and line.
    """
    body = figure_lines(scene)
    values = {
        "format": Tex(FORMAT),
        "command": comment(command),
        "notes": tuple(comment(note) for note in notes),
        "page": Tex(page),
        "options": _options(scene),
        "body": body,
        "layers": _only(body, "layer"),
        "edges": _only(body, "edge"),
        "groups": _only(body, "group"),
        "hover": _hover(scene),
        "caption": escape(scene.caption),
        "alt": escape(scene.alt),
        **({"style": _bare("nnfig.sty"), "alone": _bare("nnfig-standalone.tex")} if page == "self-contained" else {}),
    }
    from nnfig.emit.sandbox import rendered  # it loads jinja2

    return rendered(Path(template) if template else resource("templates", "figure.tex.jinja"), values)


def unprintable(scene: Scene) -> tuple[str, ...]:
    """A sentence about characters that will be printed as an empty box, if there are any."""
    texts = [*(line for node in scene.nodes for line in (*node.label, node.dims, node.top, node.side, node.below))]
    texts += [line for label in scene.labels for line in label.lines]
    texts += [scene.caption, *(frame.title for frame in scene.frames), *(wire.label for wire in scene.wires)]
    texts += [entry.text for legend in scene.legends for entry in legend.entries]
    found = missing("".join(texts))
    if not found:
        return ()
    return (f"TeX's usual fonts have no {' '.join(found)}: an empty box is printed instead; rename the label",)


def _options(scene: Scene) -> Tex:
    """Keys of the picture."""
    words = (("alt", scene.alt), ("caption", scene.caption))
    down = ", direction=down" if scene.direction == "down" else ""
    keys = [
        *(f"{key}={braced(escape(text))}" for key, text in words if text),
        f"size={pair(scene.width, scene.height)}, font size={number(float(scene.font_size))}{down}",
    ]
    return Tex(",\n    ".join(keys))


def _hover(scene: Scene) -> tuple[Tex, ...]:
    """`name = text` for each layer that has a title; without a name for the figure as a whole."""
    named = [(node_name(node.name), node.title) for node in scene.nodes if node.title]
    return tuple(comment(f"{name} = {text}") for name, text in [("", scene.alt), *named] if text)


def _only(body: tuple[Line, ...], what: str) -> tuple[Line, ...]:
    return tuple(line for line in body if line.what == what)


def _bare(file: str) -> Tex:
    """A style file as it can stand inside a document: without comments, class and package declarations."""
    text = resource("latex", file).read_text(encoding="utf-8")
    text = re.sub(
        r"(?m)^\\(NeedsTeXFormat|ProvidesPackage|RequirePackage|documentclass|usepackage|endinput).*\n?", "", text
    )
    kept = (re.sub(r"(?<!\\)%.*", "%", line).strip() for line in text.splitlines())
    return Tex("\n".join(line for line in kept if line not in ("", "%")))
