"""A drawing becomes a scene: what stands where, in the view that was asked for or that suits the network."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from nnfig.graph import Drawing
from nnfig.layout.scene import Scene
from nnfig.options import Options

VIEWS = {
    "blocks": "nnfig.layout.blocks.view",
    "volumes": "nnfig.layout.volumes.view",
    "maps": "nnfig.layout.maps.view",
    "neurons": "nnfig.layout.neurons.view",
    "strip": "nnfig.layout.strip",
}
"""The module of each view; each has `scene(drawing, options) -> Scene` and is loaded when it is used."""

CROWDED = 0.55
"""No layout fits a page of which boxes alone, with the smallest text, take so much: a bare chain fits up to 0.45."""


def hopeless(drawing: Drawing, options: Options) -> bool:
    """Whether a drawing of blocks has far too much in it for its page, found without laying it out."""
    from nnfig.layout.blocks.air import Air
    from nnfig.layout.blocks.net import net
    from nnfig.layout.blocks.sizes import natural
    from nnfig.layout.parts import LEAST

    if options.view != "blocks" and import_module("nnfig.layout.auto").view(drawing, options.view)[0] != "blocks":
        return False
    air = Air(LEAST, tight=0.7)
    sizes = (natural(look, air) for panel in drawing.panels for look in net(panel).looks)
    return sum(size.w * size.h for size in sizes) > CROWDED * options.width * options.max_height


def scene(drawing: Drawing, options: Options) -> Scene:
    """The drawing laid out."""
    name, why, warning = options.view, "", ""
    if name != "blocks":
        name, why, warning = import_module("nnfig.layout.auto").view(drawing, options.view)
    made: Scene = import_module(VIEWS[name]).scene(drawing, options)
    report = (why, *made.report) if why else made.report
    if options.direction == "down" and name != "blocks":
        warning = f"{warning}; " if warning else ""
        warning += f"the {name} view runs to the right: --direction down changes nothing"
    return replace(made, report=report, warnings=(warning,) if warning else ())
