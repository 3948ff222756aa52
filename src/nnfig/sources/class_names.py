"""Groups without a class, as most files leave them -> groups called after their names and their wiring."""

from __future__ import annotations

import re
from dataclasses import replace

from nnfig.graph import Graph, Group, Layer

JOINS = {"add": "ResidualBlock", "cat": "BranchBlock", "mul": "GatedBlock"}
"""Kind of the last join in a block -> what the block is called."""
_WORD = re.compile(r"^([A-Za-z]+(?:_[A-Za-z]{2,})*)")
_VAGUE = """
conv convs layer layers block blocks pool norm relu features feature stage stages unit units model module modules
res net network base main body trunk branch path part group dense linear branches cell cells
"""
"""Words that say nothing about what is inside."""
NOTE = "The source tells no class names; blocks are called after their names and their wiring."


def with_class_names(graph: Graph, modules: bool) -> Graph:
    """The graph whose groups have a class: the word in their name, or what their wiring is.

    Args:
        graph: as the source tells it.
        modules: whether its groups are modules; else they are layers whose names begin alike, and a chain of these
            stays without a class.

    >>> class_word("inception_3a"), class_word("fire2"), class_word("self_attn"), class_word("conv2_1")
    ('Inception', 'Fire', 'SelfAttn', '')
    """
    if all(group.cls for group in graph.groups):
        return graph
    other = "Block" if modules else ""
    inside: dict[str, list[Layer]] = {}
    for layer in graph.layers:
        for path in graph.ancestors(layer.group):
            inside.setdefault(path, []).append(layer)
    named = tuple(
        group if group.cls else replace(group, cls=_name(graph, group, inside, other)) for group in graph.groups
    )
    return graph.replace(groups=tuple(named), notes=(*graph.notes, NOTE))


def class_word(part: str) -> str:
    """A class name from the last part of a path; '' where it says nothing."""
    found = _WORD.match(part)
    word = found[1] if found else ""
    return "" if len(word) < 3 or word.lower() in _VAGUE.split() else "".join(w.capitalize() for w in word.split("_"))


def _name(graph: Graph, group: Group, inside: dict[str, list[Layer]], other: str) -> str:
    held = inside.get(group.path, [])
    direct = [layer.name for layer in held if layer.group == group.path]
    parts = [name.rpartition(".")[2] for name in (*direct, *(child.path for child in graph.children(group.path)))]
    if parts and all(part.partition("@")[0].isdigit() for part in parts):
        return "Sequential"
    word = class_word(group.path.rpartition(".")[2].partition("@")[0])
    joins = [layer.kind for layer in held if len(set(layer.sources)) > 1 and layer.kind in JOINS]
    if joins:
        return word or JOINS[joins[-1]]
    return word or other if other else ""
