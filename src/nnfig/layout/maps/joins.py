"""Concatenations and sums: one map each, with arrows for what it is made of."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate

from nnfig.graph import Graph, Layer
from nnfig.layout.maps.net import Arrow, Tensor
from nnfig.layout.maps.reading import JOINED, Reading, followed, is_alone, unique
from nnfig.layout.tensors import Size
from nnfig.layout.words import words

WORD = {"concat": "copy", "add": "add"}
"""Class of the arrows that lead what is joined to where it is joined."""

MEET = {"concat": "concatenate", "add": "sum"}
"""What is said after operations whose results meet: for sums always, as what follows runs after them."""

NORM = re.compile("N$|[Nn]orm")
"""Short names of norms."""


def join(layer: Layer, does: str, size: Size, takes: tuple[str, ...], graph: Graph, found: Reading) -> None:
    """A concatenation or a sum: one map that absorbs what only it takes, with arrows for the rest.

    A concatenation absorbs an up-sampled map, else the results of single operations, a sum always these: the
    arrows meet in it. What it absorbs of another concatenation are its copies.
    """
    alone = unique(found.owner[name] for name in takes if _is_only_for(name, graph, found))
    nested = [name for name in alone if does == "concat" and _is_copies(name, found)]
    own = [name for name in alone if _is_computed(name, found, does)]
    if does == "concat":
        own = [name for name in own[::-1] if _rises(name, found)][:1] or own
    outside = [s for s in unique(found.owner[t] for t in takes) if s not in (*own, *nested)]
    others = unique([*outside, *(arrow.source for name in nested for arrow in found.into[name])])
    levels = [found.tensors[name].level for name in (*own, *others)]
    computed = sum(_share(found.tensors[name].size, size) for name in own)
    copied = max(0.0, round(1 - computed, 6)) if does == "concat" else 0.0
    shares = list(accumulate(_share(found.tensors[name].size, size) for name in others))
    seams = tuple(round(share, 4) for share in shares[:-1]) if copied > 0 else ()
    arrows: list[Arrow] = []
    runs = (*(run for name in (*own, *nested) for run in found.tensors[name].runs), layer.name)
    for name in own:
        change = _resized(found.tensors[name].size, size)
        arrows += [
            replace(a, target=layer.name, after=(*a.after, *([change] if change and a.cls not in JOINED else [])))
            for a in found.into[name]
        ]
    for name in (*own, *nested):
        del found.into[name], found.tensors[name]
    for source in others:
        name = " and ".join(part for part in (JOINED[WORD[does]], _resized(found.tensors[source].size, size)) if part)
        arrows.append(Arrow(source, layer.name, WORD[does], name))
    met = does == "add" or not others
    after = words(layer)[2]
    apart = bool(after) and (copied > 0 or not own)
    for word in (*((MEET[does],) if met else ()), *(() if apart else after)):
        arrows = [followed(arrow, word) for arrow in arrows]
    joined = Tensor(layer.name, size, levels[0], copied, seams, _bare(layer) if apart else layer, runs)
    found.add(joined, arrows)
    if apart:
        _follow(joined, layer, after, found)


def _bare(layer: Layer) -> Layer:
    """A layer without what is merged into it."""
    look = layer.look
    return replace(layer, look=look and replace(look, data=tuple(fact for fact in look.data if fact[0] != "after")))


def _follow(joined: Tensor, layer: Layer, after: tuple[str, ...], found: Reading) -> None:
    """A map of its own for what runs after copies are put together: copies of what it gives they are not."""
    first, *rest = after
    given = replace(joined, name=f"{layer.name} {first}", copied=0.0, seams=(), layer=replace(layer, kind=first))
    cls = "norm" if NORM.search(first) else "act"
    found.add(replace(given, runs=(layer.name,)), [Arrow(joined.name, given.name, cls, first, tuple(rest))])
    found.owner[layer.name] = found.owner.pop(given.name)


def _is_only_for(name: str, graph: Graph, found: Reading) -> bool:
    """Whether a tensor is the result of an operation and goes nowhere but to one layer."""
    tensor = found.owner[name]
    kept = tensor in found.used or name in graph.outputs
    return bool(found.into[tensor]) and not kept and is_alone(tensor, graph, found)


def _is_computed(tensor: str, found: Reading, does: str) -> bool:
    """Whether a tensor is the result of one operation, or, for a concatenation, of a sum of such: of no copy."""
    arrows = found.into[tensor]
    return (len(arrows) == 1 or does == "concat") and all(arrow.cls not in JOINED for arrow in arrows)


def _is_copies(tensor: str, found: Reading) -> bool:
    """Whether a tensor is put together from copies alone."""
    return all(arrow.cls == "copy" for arrow in found.into[tensor])


def _rises(tensor: str, found: Reading) -> bool:
    """Whether a tensor was up-sampled."""
    source = found.into[tensor][0].source
    return found.tensors[tensor].level < found.tensors[source].level


def _share(part: Size, whole: Size) -> float:
    """Share of channels that one part has; a half where sizes are symbols."""
    if isinstance(part.channels, int) and isinstance(whole.channels, int) and whole.channels:
        return min(1.0, part.channels / whole.channels)
    return 0.5


def _resized(old: Size, new: Size) -> str:
    """What is done to a map so that it fits another: nothing, crop or pad."""
    if old.form == new.form == "map" and isinstance(old.height, int) and isinstance(new.height, int):
        return "crop" if old.height > new.height else "pad" if old.height < new.height else ""
    return ""
