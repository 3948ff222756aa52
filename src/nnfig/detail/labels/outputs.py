"""What a network returns -> small nodes behind the layers that make it, with the names that a reader knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nnfig.detail.captions.english import in_words
from nnfig.detail.draft import Draft
from nnfig.graph import Graph, Look

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No names."""

_COUNTED = re.compile(r"([_~@]?\d+)*")
"""What follows the kind in a name that nobody chose: `mul_3`, `add@2`, `Conv2d2`."""


def output_looks(draft: Draft, called: Mapping[str, str] = NOTHING, inset: bool = False) -> Mapping[str, Look]:
    """Outputs that get a node.

    They do where there are several with names; where one of several is taken by a further layer, so that nothing
    would show that it leaves; and where all is to be seen. Those of an inset are only called `output`.
    `called` is what else some of them are known as.
    """
    graph, rules = draft.graph, draft.rules
    drawn = list(dict.fromkeys(graph.outputs))
    if inset:
        return {
            name: Look(label=(called.get(name) or draft.symbols.get(name, said),), cls="data")
            for name, said in zip(drawn, _numbered(drawn), strict=True)
        }
    several = len(graph.outputs) > 1
    wanted = (
        rules.level == "operations"
        or (several and (rules.fit == "warn" or any(graph.consumers[name] for name in drawn)))
        or (bool(graph.output_names) and (several or rules.fit == "warn"))
    )
    if not wanted:
        return {}
    said: dict[str, list[str]] = {name: [] for name in drawn}
    for at, name in zip(graph.outputs, _names(draft), strict=True):
        said[at].append(name)
    return {at: Look(label=(", ".join(dict.fromkeys(names)),), cls="data") for at, names in said.items()}


def _names(draft: Draft) -> list[str]:
    """A name for each output: the network's own, else those of the layers, else numbers."""
    graph, origin = draft.graph, draft.origin
    whole = len(graph.outputs) == len(origin.outputs)
    layers = origin.outputs if whole else graph.outputs
    known = [draft.symbols.get(name) or telling(origin if whole else graph, name) for name in layers]
    if not all(known) or len(set(known)) < len(known):
        known = _numbered(known)
    own = graph.output_names or [""] * len(known)
    plain = str if draft.rules.shows("names") else in_words
    return [plain(name) or instead for name, instead in zip(own, known, strict=True)]


def _numbered(outputs: Sequence[str]) -> list[str]:
    return [f"output {number}" if len(outputs) > 1 else "output" for number in range(1, len(outputs) + 1)]


def telling(graph: Graph, name: str) -> str:
    """The last part of a layer's name, '' where that only repeats the kind or counts.

    >>> from nnfig.graph import Layer
    >>> graph = Graph(layers=(Layer("cell.mul_2", "mul"), Layer("h_next", "mul")))
    >>> telling(graph, "cell.mul_2"), telling(graph, "h_next")
    ('', 'h_next')
    """
    last = name.rpartition(".")[2].partition("@")[0]
    if name not in graph.layer:
        return last
    kind = graph.layer[name].kind.lower()
    rest = last.lower().removeprefix(kind) if last.lower().startswith(kind) else last
    return "" if _COUNTED.fullmatch(rest) else last
