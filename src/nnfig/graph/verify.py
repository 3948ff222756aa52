"""The laws of a Graph; every source and every pass must keep them."""

from __future__ import annotations

from nnfig.errors import NnfigError, Problem
from nnfig.graph.model import Graph


def verify(graph: Graph) -> Graph:
    """Return the graph, or raise NnfigError with every law that it breaks.

    Names are unique; data edges come from inputs or earlier layers (gradient edges from any layer); groups
    exist, are unique, and stand after their parents; outputs exist.
    """
    problems: list[Problem] = []

    def fault(what: str, where: str = "") -> None:
        problems.append(Problem(what, where=where))

    everyone = set(graph.inputs) | {layer.name for layer in graph.layers}
    seen = set(graph.inputs)
    paths = {""}
    for group in graph.groups:
        if group.path in paths:
            fault("a second group with this path", group.path)
        if group.parent not in paths:
            fault(f"its parent group '{group.parent}' does not stand before it", group.path)
        if group.repeat < 1:
            fault(f"repeat is {group.repeat}, expected 1 or more", group.path)
        paths.add(group.path)
    for layer in graph.layers:
        if not layer.name or layer.name in seen:
            fault(
                "a second layer or input with this name" if layer.name else "a layer without a name",
                layer.name,
            )
        for edge in layer.inputs:
            known = everyone if edge.kind == "gradient" else seen
            if edge.source not in known:
                late = "stands later" if edge.source in everyone else "does not exist"
                fault(f"takes '{edge.source}', which {late}", layer.name)
        if layer.group not in paths:
            fault(f"its group '{layer.group}' does not exist", layer.name)
        seen.add(layer.name)
    for name in graph.outputs:
        if name not in seen:
            fault(f"the network returns '{name}', which does not exist")
    if graph.output_names and len(graph.output_names) != len(graph.outputs):
        fault(f"{len(graph.output_names)} output names for {len(graph.outputs)} outputs")
    if problems:
        raise NnfigError(*problems)
    return graph
