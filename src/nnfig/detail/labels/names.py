"""How layers and frames are named where names are shown: as the source names them, within the frame around them."""

from __future__ import annotations

from nnfig.detail.labels.outputs import telling
from nnfig.detail.passes.groups import CONTAINERS
from nnfig.graph import Graph, Group, Layer


def layer_name(layer: Layer, graph: Graph) -> str:
    """A layer's name within its frame; '' for what a drawn layer does after its own work, such as its activation.

    A function has a name only where somebody gave it one: `mul_2` is none.

    >>> inner = Layer("encoder.conv", "Conv2d", group="encoder")
    >>> dense, softmax = Layer("dense", "Linear", path="dense"), Layer("dense_softmax", "Softmax", path="dense")
    >>> keep, sums = Layer("keep", "mul"), Layer("add_2", "add")
    >>> graph = Graph(layers=(inner, dense, softmax, keep, sums), groups=(Group("encoder"),))
    >>> [layer_name(layer, graph) for layer in graph.layers]
    ['conv', 'dense', '', 'keep', '']
    """
    if layer.path != layer.name and layer.path in graph.layer:
        return ""
    if layer.kind.islower() and not telling(graph, layer.name):
        return ""
    return _within(layer.name, layer.group)


def frame_title(group: Group, parent: str, title: str) -> str:
    """A frame's title with the group's name before it, unless that is the title."""
    own = _within(group.path, parent)
    said = title or group.cls
    return said if own in ("", said) else f"{own}: {said}" if said else own


def own_name(group: Group) -> str:
    """What a container is called where it stands, of which the class says nothing; '' where that only counts.

    >>> groups = Group("net.layer2", "Sequential"), Group("net.0", "Sequential"), Group("a", "Block")
    >>> tuple(map(own_name, groups))
    ('layer2', '', '')
    """
    name = group.path.rpartition(".")[2].partition("@")[0]
    return name if group.cls in CONTAINERS and not name.isdigit() else ""


def _within(name: str, path: str) -> str:
    return name.removeprefix(f"{path}.") if path else name
