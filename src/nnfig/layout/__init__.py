"""A drawing becomes a scene: what stands where, in the view that was asked for or that suits the network."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from nnfig.graph import Drawing
from nnfig.layout.scene import Scene
from nnfig.options import Options

VIEWS = {
    "blocks": "nnfig.layout.blocks",
    "volumes": "nnfig.layout.volumes",
    "maps": "nnfig.layout.maps",
    "neurons": "nnfig.layout.neurons",
    "strip": "nnfig.layout.strip",
}
"""The module of each view; each has `scene(drawing, options) -> Scene` and is loaded when it is used."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """The drawing laid out."""
    name, why, warning = options.view, "", ""
    if name != "blocks":
        name, why, warning = import_module("nnfig.layout.auto").view(drawing, options.view)
    made: Scene = import_module(VIEWS[name]).scene(drawing, options)
    report = (why, *made.report) if why else made.report
    return replace(made, report=report, warnings=(warning,) if warning else ())
