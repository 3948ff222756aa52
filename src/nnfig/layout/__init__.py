"""A drawing becomes a scene: what stands where, chosen by the view.

>>> scene(drawing, options)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module

from nnfig.graph import Drawing
from nnfig.layout.scene import Scene
from nnfig.options import Options

VIEWS = {
    "blocks": "nnfig.layout.blocks",
    "volumes": "nnfig.layout.volumes",
    "maps": "nnfig.layout.maps",
    "neurons": "nnfig.layout.neurons",
    "auto": "nnfig.layout.auto",
}
"""The module of each view; each has `scene(drawing, options) -> Scene`."""


def scene(drawing: Drawing, options: Options) -> Scene:
    """The drawing laid out in the view that the options ask for."""
    return import_module(VIEWS[options.view]).scene(drawing, options)
