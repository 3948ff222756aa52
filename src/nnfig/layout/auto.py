"""Which view suits a network: from a drawing to the name of a view and the reason for it."""

from __future__ import annotations

from nnfig.graph import Drawing, Graph
from nnfig.layout.tensors import operation, output_size

MOST_BOXES = 120
"""Layers beyond which boxes to scale would be slivers."""

MOST_COLUMNS = 24


def choose(drawing: Drawing) -> tuple[str, str]:
    """The view in which people draw such a network, and why.

    An MLP is columns of neurons, a plain chain of convolutions sized volumes, an encoder and decoder joined by
    copies maps; everything else, several panels included, blocks.
    """
    if len(drawing.panels) > 1:
        return "blocks", "there are several panels"
    graph = drawing.graph
    does = [operation(layer) for layer in graph.layers]
    if not refusal("neurons", drawing) and "linear" in does and "conv" not in does and _is_chain(graph):
        return "neurons", "the network is a chain of fully connected layers"
    if not refusal("maps", drawing) and "up" in does and "concat" in does:
        return "maps", "maps are pooled, up-sampled and copied across"
    if not refusal("volumes", drawing) and "conv" in does and "pool" in does and _is_chain(graph):
        return "volumes", "the network is a chain of convolutions and poolings"
    return "blocks", "operations as boxes show any network"


def view(drawing: Drawing, asked: str) -> tuple[str, str]:
    """The view to draw in where `asked` is wanted, and a sentence for the report ('' where it is just that)."""
    if asked == "auto":
        name, why = choose(drawing)
        return name, f"view {name}: {why}"
    why = refusal(asked, drawing)
    return ("blocks", f"view blocks in place of {asked}: {why}") if why else (asked, "")


def refusal(name: str, drawing: Drawing) -> str:
    """Why a view cannot show a network; empty where it can."""
    return {"volumes": _no_volumes, "maps": _no_maps, "neurons": _no_neurons}.get(name, _none)(drawing)


def _none(drawing: Drawing) -> str:
    return ""


def _no_volumes(drawing: Drawing) -> str:
    graph = drawing.graph
    if attention := _attention(graph):
        return f"'{attention}' is attention, whose tensors have no height and width"
    if not any(_form(graph, name) == "map" for name in _names(graph)):
        return "no tensor has height and width"
    if len(graph.layers) > MOST_BOXES:
        return f"{len(graph.layers)} layers would be slivers; close groups with --depth or --close"
    return ""


def _no_maps(drawing: Drawing) -> str:
    graph = drawing.graph
    if attention := _attention(graph):
        return f"'{attention}' is attention, whose tensors have no height and width"
    if not any(_form(graph, name) == "map" for name in _names(graph)):
        return "no tensor has height and width"
    if len(graph.layers) > MOST_BOXES:
        return f"{len(graph.layers)} layers are too many maps; close groups with --depth or --close"
    return ""


def _no_neurons(drawing: Drawing) -> str:
    graph = drawing.graph
    vectors = [name for name in _names(graph) if _form(graph, name) == "vector"]
    if not vectors:
        return "no tensor is a vector of units"
    if len(vectors) > MOST_COLUMNS * 3:
        return f"{len(vectors)} vectors are too many columns"
    return ""


def _names(graph: Graph) -> list[str]:
    return [*graph.inputs, *graph.layer]


def _form(graph: Graph, name: str) -> str:
    size = output_size(graph, name)
    return size.form if size else ""


def _attention(graph: Graph) -> str:
    """Name of the first layer that is attention."""
    return next((layer.name for layer in graph.layers if layer.look and layer.look.cls == "attn"), "")


def _is_chain(graph: Graph) -> bool:
    """Whether every layer takes one tensor and nothing is taken twice."""
    return all(len(set(layer.sources)) == 1 for layer in graph.layers) and all(
        len(takers) <= 1 for takers in graph.consumers.values()
    )
