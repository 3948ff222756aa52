"""Figures of neural networks for papers: a PyTorch model or a layer list in, readable TikZ out.

>>> import nnfig
>>> figure = nnfig.draw("examples/lenet.yaml")          # or a model: draw(model, input_size=(1, 3, 224, 224))
>>> figure.graph.params
61706

`draw` gives a Figure (`.tex`, `.caption`, `.graph`, `.save`), `trace` and `load` give the layer list, a Graph.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is half of what starting Python takes
if TYPE_CHECKING:
    from typing import Any

    from nnfig.errors import NnfigError
    from nnfig.figure import Figure, draw, load, trace
    from nnfig.graph import Graph

__version__ = "1.0.0"
__all__ = ["Figure", "Graph", "NnfigError", "draw", "load", "trace"]

_HOME = {"Graph": "graph", "NnfigError": "errors"}


def __getattr__(name: str) -> Any:
    """Public names are loaded on first use, so that `import nnfig` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'nnfig' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"nnfig.{_HOME.get(name, 'figure')}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
