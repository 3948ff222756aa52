"""Which view suits a network: from a drawing to the name of a view and the reason for it."""

from __future__ import annotations

from nnfig.graph import Drawing, Graph, Layer
from nnfig.layout.tensors import DENSE, operation, output_size

MOST_BOXES = 120
"""Layers beyond which boxes to scale would be slivers."""

CHAIN = {"conv", "pool", "up", *DENSE}
"""What a network that is drawn as volumes is made of."""

MAPPED = {"conv", "pool", "up", "concat", "crop", "act", "norm", "softmax", "drop", "out"}
"""What an encoder and decoder joined by copies is made of; sums and closed blocks read better as boxes."""

MOST_COLUMNS = 24


def choose(drawing: Drawing) -> tuple[str, str]:
    """The view in which people draw such a network, and why.

    An MLP is columns of neurons, a plain chain of convolutions sized volumes, an encoder and decoder joined by
    copies maps; everything else, several panels included, blocks.
    """
    if len(drawing.panels) > 1:
        return "blocks", "there are several panels"
    graph = drawing.graph
    does = {operation(layer) for layer in graph.layers}
    if "linear" in does and does <= DENSE and _is_chain(graph) and not refusal("neurons", drawing):
        return "neurons", "the network is a chain of fully connected layers"
    if {"up", "concat"} <= does <= MAPPED and _is_planar(graph) and not refusal("maps", drawing):
        return "maps", "maps are down-sampled, up-sampled and copied across"
    if (
        "conv" in does
        and does & {"pool", "up"}
        and does <= CHAIN
        and _is_chain(graph)
        and not refusal("volumes", drawing)
    ):
        return "volumes", "the network is a chain of convolutions that change the size of maps"
    return "blocks", "operations as boxes show any network"


def view(drawing: Drawing, asked: str) -> tuple[str, str, str]:
    """The view to draw in where `asked` is wanted, what to report of the choice, and a warning if it is refused."""
    if asked == "auto":
        name, why = choose(drawing)
        return name, f"view {name}: {why}", ""
    why = refusal(asked, drawing)
    return ("blocks", "", f"the {asked} view cannot show this: {why}; drawn as blocks") if why else (asked, "", "")


def refusal(name: str, drawing: Drawing) -> str:
    """Why a view cannot show the networks of a drawing; empty where it can."""
    reasons = {"volumes": _no_volumes, "maps": _no_maps, "neurons": _no_columns}
    if name not in reasons:
        return ""
    return next((why for panel in drawing.panels if (why := reasons[name](panel.graph))), "")


def _no_volumes(graph: Graph) -> str:
    return _no_space(graph) or _too_many(len(graph.layers))


def _no_maps(graph: Graph) -> str:
    return _no_space(graph) or _too_many(sum(graph.repeats(layer) for layer in graph.layers))


def _no_space(graph: Graph) -> str:
    if attention := _attention(graph):
        return f"'{attention}' is attention, whose tensors have no height and width"
    return "" if _count(graph, "map") else "no tensor has height and width"


def _too_many(count: int) -> str:
    too_many = f"{count} layers would be slivers (close groups with --depth or --close)"
    return too_many if count > MOST_BOXES else ""


def _no_columns(graph: Graph) -> str:
    vectors = [layer for layer in graph.layers if (size := output_size(graph, layer.name)) and size.form == "vector"]
    if not any(operation(layer) == "linear" for layer in vectors):
        return "no fully connected layer gives a vector of units"
    behind = next((layer for layer in vectors if operation(layer) not in DENSE and _takes_vector(layer, graph)), None)
    if behind:
        return f"'{behind.name}' ({behind.kind}) does not join every unit with every unit"
    count = sum(graph.repeats(layer) for layer in vectors)
    return f"{count} vectors are too many columns" if count > MOST_COLUMNS else ""


def _takes_vector(layer: Layer, graph: Graph) -> bool:
    sizes = (output_size(graph, source) for source in layer.sources)
    return any(size is not None and size.form == "vector" for size in sizes)


def _count(graph: Graph, form: str) -> int:
    """How many tensors have this form."""
    sizes = (output_size(graph, name) for name in (*graph.inputs, *graph.layer))
    return sum(size is not None and size.form == form for size in sizes)


def _attention(graph: Graph) -> str:
    """Name of the first layer that is attention."""
    return next((layer.name for layer in graph.layers if layer.look and layer.look.cls == "attn"), "")


def _is_planar(graph: Graph) -> bool:
    """Whether every convolution gives maps with two directions or more."""
    return all(len(layer.shape) >= 4 for layer in graph.layers if operation(layer) == "conv")


def _is_chain(graph: Graph) -> bool:
    """Whether every layer takes one tensor and nothing is taken twice."""
    return all(len(set(layer.sources)) == 1 for layer in graph.layers) and all(
        len(takers) <= 1 for takers in graph.consumers.values()
    )
