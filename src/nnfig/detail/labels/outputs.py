"""What a network returns -> small nodes behind the layers that make it, with the names that a reader knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nnfig.detail.captions.english import in_words
from nnfig.detail.draft import Draft
from nnfig.graph import Graph, Layer, Look

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No names."""

FEW = 2
"""So many numbered names are told one by one."""
_COUNTED = re.compile(r"([_~@]?\d+)*")
"""What follows the kind in a name that nobody chose: `mul_3`, `add@2`, `Conv2d2`."""


def output_looks(draft: Draft, called: Mapping[str, str] = NOTHING, inset: bool = False) -> Mapping[str, Look]:
    """Outputs that get a node.

    They do where there are several with names; where one of several is taken by a further layer, so that nothing
    would show that it leaves, or stands for those of all copies; and where all is to be seen. Those of an inset are
    only called `output`.
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
        or gives_each(graph)
        or (bool(graph.output_names) and (several or rules.fit == "warn"))
    )
    if not wanted:
        return {}
    said: dict[str, list[str]] = {name: [] for name in drawn}
    for at, name in zip(graph.outputs, _names(draft), strict=True):
        said[at].append(name)
    return {at: Look(label=(together(list(dict.fromkeys(names))),), cls="data") for at, names in said.items()}


def gives_each(graph: Graph) -> tuple[Layer, ...]:
    """Layers of folded blocks which every copy returns."""
    times = Counter(name for name in graph.outputs if name in graph.layer)
    return tuple(
        graph.layer[name]
        for name, number in times.items()
        if number > 1 and 1 < graph.repeats(graph.layer[name]) <= number
    )


def together(names: Sequence[str]) -> str:
    """Names of outputs that leave as one; a count is not told number by number.

    >>> together(["logits", "output 1", "output 2", "output 3"]), together(["a 1", "a 2"])
    ('logits, outputs 1 to 3', 'a 1, a 2')
    >>> together(["h_1", "h_2", "h_3"])
    'h_1 to h_3'
    """
    runs: list[list[str]] = []
    for name in names:
        if runs and name == _next(runs[-1][-1]):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(name for run in runs for name in ([_span(run)] if len(run) > FEW else run))


def _parts(name: str) -> tuple[str, str]:
    """What stands before the number at the end, and the number."""
    stem = name.rstrip("0123456789")
    return stem, name[len(stem) :]


def _next(name: str) -> str:
    stem, number = _parts(name)
    return f"{stem}{int(number) + 1}" if number else ""


def _span(names: Sequence[str]) -> str:
    stem, number = _parts(names[0])
    if not stem.endswith(" "):
        return f"{names[0]} to {names[-1]}"
    return f"{stem.rstrip(' s')}s {number} to {_parts(names[-1])[1]}"


def _names(draft: Draft) -> list[str]:
    """A name for each output: the network's own, else those of the layers, else numbers."""
    graph, origin = draft.graph, draft.origin
    whole = len(graph.outputs) == len(origin.outputs)
    layers = origin.outputs if whole else graph.outputs
    known = [draft.symbols.get(name) or telling(origin if whole else graph, name) for name in layers]
    if not all(known) or len(set(known)) < len(known):
        known = _numbered(known)
    own = graph.output_names or [""] * len(known)
    plain = str if draft.rules.shows("names") else _plain
    return [plain(name) or instead for name, instead in zip(own, known, strict=True)]


def _plain(name: str) -> str:
    """`hidden_states.1` as a reader says it."""
    stem, dot, number = name.rpartition(".")
    words = in_words(stem)
    return f"{words} {number}" if dot and number.isdigit() and "." not in words else in_words(name)


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
