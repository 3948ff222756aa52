"""Graphs and options -> a Drawing: the passes in their order, once for each panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfig.detail.caption import caption, legend
from nnfig.detail.draft import Draft
from nnfig.detail.drop_dead import drop_dead
from nnfig.detail.hide import hide
from nnfig.detail.label import input_looks, label
from nnfig.detail.merge import merge
from nnfig.detail.rules import Rules
from nnfig.graph import Drawing, Graph, Panel
from nnfig.options import Options

Pass = Callable[[Draft], Draft]

PASSES: tuple[Pass, ...] = (drop_dead, hide, merge, label)
"""In the order in which they run."""


def drawing(graphs: Sequence[Graph], options: Options, tighter: int = 0) -> Drawing | None:
    """What is drawn of the networks.

    Args:
        graphs: the network of the main panel, then those to compare it with.
        options: the dial and everything laid over it.
        tighter: how many more steps of closing groups are to be taken so that the figure fits.

    Returns:
        None where `tighter` asks for more than can be closed.
    """
    from nnfig.detail.sheets import resolved

    if tighter:
        return None
    rules = resolved(options)
    drafts = tuple(_run(Draft(graph, rules, origin=graph)) for graph in graphs)
    panels = tuple(
        Panel(
            "" if index == 0 else f"compare{index}",
            draft.graph,
            "compare" if index else "main",
            input_looks=input_looks(draft.graph, rules),
        )
        for index, draft in enumerate(drafts)
    )
    return Drawing(panels, caption=caption(drafts), legend=legend(tuple(p.graph for p in panels)))


def _run(draft: Draft) -> Draft:
    for step in PASSES:
        draft = step(draft)
    return draft


def folded(graph: Graph) -> Graph:
    """The whole network with equal blocks in a row kept once, nothing hidden."""
    return graph


def style_schema() -> dict[str, Any]:
    """The JSON Schema of style sheets."""
    from nnfig.detail.sheets import schema

    return schema()


def style_options(options: Options) -> Options:
    """The options, with what style sheets say for view, direction, size and the like where none is given."""
    from nnfig.detail.sheets import options_of, resolved

    return options_of(resolved(options).extra, options)
