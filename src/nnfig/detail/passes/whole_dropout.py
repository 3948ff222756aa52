"""Modules that drop whole branches are one layer each, however they compute their random numbers."""

from __future__ import annotations

from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.passes.close import close


def whole_dropout(draft: Draft) -> Draft:
    """`empty -> bernoulli -> div; x -> mul` inside a DropPath becomes `x -> DropPath`, except at `ops`."""
    graph = draft.graph
    if draft.rules.level == "operations":
        return draft
    drops = [group.path for group in graph.groups if category_of(group.cls).name == "dropout"]
    outer = [path for path in drops if not any(above in drops for above in graph.ancestors(path)[1:])]
    return close(draft, outer) if outer else draft
