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


def scene(drawing: Drawing, options: Options) -> Scene:
    """The drawing laid out."""
    view, why, warning = _view(drawing, options)
    made: Scene = import_module(VIEWS[view]).scene(drawing, options)
    if not made.refused:
        return _told(made, why, warning)
    blocks: Scene = import_module(VIEWS["blocks"]).scene(drawing, options)
    warning = import_module("nnfig.layout.auto").refused(view, made.refused)
    return replace(_told(blocks, "", warning), refused=made.refused)


def fitting(drawing: Drawing, options: Options) -> Scene | None:
    """The drawing laid out if it fits its page; else None, mostly long before everything is laid out."""
    view, why, warning = _view(drawing, options)
    if view != "blocks":
        made = scene(drawing, options)
        return made if made.fits else None
    if _crowded(drawing, options):
        return None
    found: Scene | None = import_module(VIEWS[view]).fitting(drawing, options)
    return _told(found, why, warning) if found and found.fits else None


def _view(drawing: Drawing, options: Options) -> tuple[str, str, str]:
    """The view that is drawn, why it was chosen, and what it cannot show."""
    if options.view == "blocks":
        return options.view, "", ""
    view, why, warning = import_module("nnfig.layout.auto").view(drawing, options.view)
    if options.direction == "down" and view != "blocks":
        warning = f"{warning}; " if warning else ""
        warning += f"the {view} view runs to the right: --direction down changes nothing"
    return view, why, warning


def _told(made: Scene, why: str, warning: str) -> Scene:
    return replace(
        made, report=(why, *made.report) if why else made.report, warnings=(*made.warnings, *(warning,) * bool(warning))
    )


def _crowded(drawing: Drawing, options: Options) -> bool:
    """Whether a drawing of blocks has far too much in it for its page, found without laying it out."""
    from nnfig.layout.blocks.air import Air
    from nnfig.layout.blocks.net import net
    from nnfig.layout.blocks.placing.sizes import natural
    from nnfig.layout.parts import LEAST

    air = Air(LEAST, tight=0.7)
    sizes = (natural(look, air) for panel in drawing.panels for look in net(panel).looks)
    return sum(size.w * size.h for size in sizes) > CROWDED * options.width * options.max_height
