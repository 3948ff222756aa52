"""Which view suits a network: from a drawing to the name of a view and the reason for it."""

from __future__ import annotations

from nnfig.graph import Drawing, Graph
from nnfig.layout.tensors import DENSE, operation, output_size
from nnfig.layout.unfold import unfolded

MOST_BOXES = 120
"""Layers beyond which boxes to scale would be slivers."""

CHAIN = {"conv", "pool", "up", *DENSE}
"""What a network that is drawn as volumes is made of."""

COLUMNS = {*DENSE, "concat", "add"}
"""What a network that is drawn as columns of units is made of."""

MAPPED = {"conv", "pool", "up", "concat", "add", "crop", "act", "norm", "softmax", "drop", "out", "block"}
"""What an encoder and decoder that are joined in several places are made of."""

JOINS = 2
"""In so many places at least what is up-sampled meets what comes from elsewhere in such a network."""

SIZES = 2
"""A chain whose maps have no more sizes than that tells little by volumes."""

MOST_COLUMNS = 24

SEQUENTIAL = {"attn": "attention", "recurrent": "recurrent", "embed": "an embedding"}
"""Classes of look of layers whose tensors are no maps and no vectors, and what they are called."""


def choose(drawing: Drawing) -> tuple[str, str]:
    """The view in which people draw such a network, and why.

    Fully connected layers that each run once are columns of neurons, a plain chain of convolutions sized volumes, an
    encoder and decoder joined across maps, unless it returns a pyramid; everything else, several panels included,
    blocks.
    """
    if len(drawing.panels) > 1:
        return "blocks", "there are several panels"
    graph = drawing.graph
    does = {operation(layer) for layer in graph.layers}
    again = any(layer.shared for layer in graph.layers) or any(group.shared for group in graph.groups)
    if "linear" in does and does <= COLUMNS and not again and not refusal("neurons", drawing):
        return "neurons", "the network is made of fully connected layers"
    mapped = does <= MAPPED and not _is_pyramid(graph) and not refusal("maps", drawing)
    if mapped and (joins := _joins(graph)) >= JOINS:
        return "maps", f"maps are down-sampled, up-sampled and joined across in {joins} places"
    if does & {"conv", "up"} and does <= CHAIN and _is_chain(graph) and not refusal("volumes", drawing):
        sizes = _heights(graph)
        if sizes > SIZES:
            return "volumes", f"the network is a chain of convolutions with maps of {sizes} sizes"
    return "blocks", _why_blocks(graph)


def _why_blocks(graph: Graph) -> str:
    """What a network has that no other view shows as well."""
    for cls, word in SEQUENTIAL.items():
        for layer in graph.layers:
            if layer.look and layer.look.cls == cls:
                return f"'{layer.name}' is {word}, and operations as boxes show any network"
    joint = next((layer for layer in graph.layers if len(set(layer.sources)) > 1), None)
    if joint:
        return f"branches meet in '{joint.name}', and operations as boxes show any network"
    return "operations as boxes show any network"


def view(drawing: Drawing, asked: str) -> tuple[str, str, str]:
    """The view to draw in where `asked` is wanted, what to report of the choice, and a warning if it is refused."""
    if asked == "auto":
        name, why = choose(drawing)
        return name, f"view {name}: {why}", ""
    why = refusal(asked, drawing)
    return ("blocks", "", refused(asked, why)) if why else (asked, "", "")


def refused(asked: str, why: str) -> str:
    """The warning that another view is drawn than was asked for."""
    return f"the {asked} view cannot show this: {why}; drawn as blocks"


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
    return "" if _heights(graph) else "no tensor has height and width"


def _too_many(count: int) -> str:
    too_many = f"{count} layers would be slivers (close groups with --depth or --close)"
    return too_many if count > MOST_BOXES else ""


def _no_columns(graph: Graph) -> str:
    from nnfig.layout.neurons.columns import far, read

    fed = next((each for each in graph.layers if operation(each) == "linear" and len({*each.sources}) > 1), None)
    if fed:
        return f"'{fed.name}' is given its weights by '{fed.sources[-1]}'"
    found = read(unfolded(graph))
    if not any(operation(column.layer) == "linear" for column in found.columns.values() if column.layer):
        return "no fully connected layer gives a vector of units"
    if found.unread:
        return f"'{found.unread[0].name}' ({found.unread[0].kind}) does not join every unit with every unit"
    count = len(found.columns)
    if count > MOST_COLUMNS:
        return f"{count} vectors are too many columns"
    past = far(list(found.columns.values()))
    return f"lines from '{past[0]}' to '{past[1]}' would run through other units" if past else ""


def _joins(graph: Graph) -> int:
    """How many maps are made of what went through deeper levels and of what did not; 0 where few are up-sampled so."""
    from nnfig.layout.maps.tensors import net

    found = net(unfolded(graph))
    level = {name: tensor.level for name, tensor in found.tensors.items()}
    rising = sum(any(level[arrow.source] > level[name] for arrow in found.into[name]) for name in level)
    lowest: dict[str, int] = {}
    joins = 0
    for name in level:
        passed = {lowest[arrow.source] for arrow in found.into[name]}
        joins += len(passed) > 1 and max(passed) > level[name]
        lowest[name] = max([level[name], *passed])
    return joins if 2 * joins >= rising else 0


def _is_pyramid(graph: Graph) -> bool:
    """Whether maps of several sizes are returned and none as large as what is given: as of a detector."""
    given, returned = (
        {size.space for name in names if (size := output_size(graph, name)) and size.form == "map"}
        for names in (graph.inputs, graph.outputs)
    )
    return len(returned) > 1 and not given & returned


def _heights(graph: Graph) -> int:
    """How many heights maps have."""
    sizes = (output_size(graph, name) for name in (*graph.inputs, *graph.layer))
    return len({size.height for size in sizes if size is not None and size.form == "map"})


def _attention(graph: Graph) -> str:
    """Name of the first layer that is attention."""
    return next((layer.name for layer in graph.layers if layer.look and layer.look.cls == "attn"), "")


def _is_chain(graph: Graph) -> bool:
    """Whether every layer takes one tensor and nothing is taken twice."""
    return all(len(set(layer.sources)) == 1 for layer in graph.layers) and all(
        len(takers) <= 1 for takers in graph.consumers.values()
    )
