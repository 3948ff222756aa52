"""Pictures of one network, with different groups open, go in; one HTML page that works offline comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nnfig
from nnfig.graph import Graph, Group, Layer
from nnfig.graph.defaults import brief
from nnfig.resources import resource


@dataclass(frozen=True, slots=True)
class State:
    """One picture: the figure with some groups open."""

    open: tuple[str, ...]
    """Paths of the groups whose layers are drawn."""
    svg: str
    """What stands inside `<svg>`, without fonts and shared definitions."""
    box: tuple[float, float, float, float]
    """x, y, width, height of the picture in the units of the SVG."""
    nodes: Mapping[str, str]
    """Id in the SVG to name of the layer or path of the closed group."""
    hosts: Mapping[str, str]
    """Name of everything that is drawn, merged layers included, to the id of the node that shows it."""
    frames: Mapping[str, str] = field(default_factory=dict)
    """Id in the SVG to path of an open group."""
    opens: Mapping[str, int] = field(default_factory=dict)
    """Closed group that can be opened to the number of the picture in which it is open."""
    closes: Mapping[str, int] = field(default_factory=dict)
    """Open group to the number of the picture in which it is closed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page but its looks."""

    title: str
    states: Sequence[State]
    """The figure as `draw` makes it first."""
    graph: Graph
    """As traced, for exact facts."""
    fonts: str = ""
    """`@font-face` rules that all pictures share."""
    defs: str = ""
    """SVG definitions that all pictures share."""
    caption: str = ""
    alt: str = ""
    notes: Sequence[str] = ()


def html(page: Page) -> str:
    """The page as text.

    Names, captions and facts are escaped here; pictures, fonts and definitions must be SVG and CSS.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = resource("templates", "page")
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    states = [{"box": state.box, "svg": Markup(state.svg)} for state in page.states]
    return environment.get_template("page.html.jinja").render(
        version=nnfig.__version__,
        title=page.title,
        alt=page.alt,
        caption=page.caption,
        notes=page.notes,
        states=states,
        fonts=Markup(page.fonts),
        defs=Markup(page.defs),
        css=Markup((folder / "page.css").read_text("utf-8")),
        script=Markup((folder / "page.js").read_text("utf-8")),
        data=Markup(_in_script(_data(page))),
    )


def _in_script(data: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _data(page: Page) -> dict[str, Any]:
    closable = {path for state in page.states for path in state.closes}
    shown = dict.fromkeys(name for state in page.states for name in state.hosts)
    return {
        "states": [
            {
                "open": state.open,
                "box": state.box,
                "nodes": dict(state.nodes),
                "hosts": dict(state.hosts),
                "frames": dict(state.frames),
                "opens": dict(state.opens),
                "closes": dict(state.closes),
            }
            for state in page.states
        ],
        "facts": {name: facts(page.graph, name) for name in shown},
        "titles": {g.path: g.title or g.cls for g in page.graph.groups if g.path in closable},
    }


def facts(graph: Graph, name: str) -> dict[str, Any]:
    """What the page says of a layer, an input or a closed group: its kind, and rows of label and value."""
    if name in graph.layer:
        return _of_layer(graph, graph.layer[name])
    if name in graph.group:
        return _of_group(graph, graph.group[name])
    if name in graph.inputs:
        spec = graph.inputs[name]
        return {"kind": "input", "rows": [("gives", f"{spec} {spec.dtype}")]}
    return {"kind": "", "rows": []}


def _of_layer(graph: Graph, layer: Layer) -> dict[str, Any]:
    takes = [str(spec) for edge in layer.inputs if (spec := graph.spec(edge.source, edge.output))]
    rows = [
        ("takes", ", ".join(takes)),
        ("gives", ", ".join(f"{spec} {spec.dtype}" for spec in layer.output)),
        ("parameters", f"{layer.params:,}" if layer.params else ""),
        ("MACs", f"{layer.macs:,}" if layer.macs else ""),
        ("weights of", layer.shared),
        ("in the file", layer.original),
        *((key, _value(value)) for key, value in brief(layer.kind, layer.attributes).items()),
    ]
    return {"kind": layer.kind, "rows": [row for row in rows if row[1]]}


def _of_group(graph: Graph, group: Group) -> dict[str, Any]:
    members = graph.members(group.path)
    inside = {layer.name for layer in members}
    takes = dict.fromkeys(e.source for layer in members for e in layer.inputs if e.source not in inside)
    leaving = [m for m in members if m.name in graph.outputs or set(graph.consumers[m.name]) - inside]
    macs = sum(layer.macs or 0 for layer in members)
    params = sum(layer.params for layer in members)
    rows = [
        ("takes", ", ".join(str(spec) for name in takes if (spec := graph.spec(name)))),
        ("gives", ", ".join(str(spec) for layer in leaving for spec in layer.output)),
        ("layers", f"{len(members):,}"),
        ("parameters", f"{params:,}" if params else ""),
        ("MACs", f"{macs:,}" if macs else ""),
    ]
    return {"kind": group.cls or "group", "rows": [row for row in rows if row[1]]}


def _value(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return "x".join(map(str, value)) if all(isinstance(n, int) for n in value) else str(list(value))
    return str(value)
