"""A graph as JSON for programs: the layer list's long form, with totals."""

from __future__ import annotations

import json

from nnfig.graph import Graph


def as_json(graph: Graph) -> str:
    """The layer list as JSON, `totals` (layers, params, macs) after it.

    Raises NnfigError where the graph cannot be written.
    """
    from nnfig.graph.save import as_dict

    totals = {
        "layers": sum(graph.repeats(layer) for layer in graph.layers),
        "params": graph.params,
        "macs": graph.macs,
    }
    return json.dumps({**as_dict(graph), "totals": totals}, indent=2, ensure_ascii=False)
