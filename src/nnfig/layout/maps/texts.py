"""What is written around maps: channels above, sizes at the side or below, sizes in one way for all maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnfig.layout.maps.net import Net, Tensor
from nnfig.layout.text import width

CLEAR = 2.0
"""Room between a size at the side of a map and the arrow over it."""

BELOW = 6
"""The longest size that is written in full below a map."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts around one map."""

    top: str = ""
    side: str = ""
    below: str = ""


def texts(found: Net, heights: Mapping[str, float], ports: Mapping[int, float], text: float) -> dict[str, Texts]:
    """The texts of every map.

    Args:
        found: the tensors.
        heights: of the maps.
        ports: for each level, how far over its middle arrows run.
        text: the size of text.
    """
    sized = [name for name, tensor in found.tensors.items() if _is_sized(name, tensor, found)]
    residual = any(arrow.cls == "add" for arrow in found.arrows)
    levels: dict[int, list[str]] = {}
    for name in sized:
        levels.setdefault(found.tensors[name].level, []).append(name)
    full = {name: found.tensors[name].size.extent for name in sized}
    less = {name: found.tensors[name].size.short for name in sized}

    def beside(said: Mapping[str, str], names: list[str]) -> bool:
        room = {name: heights[name] / 2 + ports[found.tensors[name].level] - CLEAR for name in names}
        return all(width(said[name], text) <= room[name] for name in names)

    whole = all(beside(full, names) or all(len(full[name]) <= BELOW for name in names) for names in levels.values())
    said = full if whole else less
    sizes = {
        name: Texts(side=said[name]) if aside else Texts(below=said[name])
        for names in levels.values()
        for aside in (beside(said, names),)
        for name in names
    }
    return {
        name: Texts(_channels(name, tensor, found, residual), at.side, at.below)
        for name, tensor in found.tensors.items()
        for at in (sizes.get(name, Texts()),)
    }


def _is_sized(name: str, tensor: Tensor, found: Net) -> bool:
    """Whether the size is written: where it changes, and for what the network returns."""
    if tensor.size.form == "vector":
        return False
    sources = [found.tensors[arrow.source] for arrow in found.into[name]]
    changed = not all(s.level == tensor.level and s.size.space == tensor.size.space for s in sources)
    return not sources or changed or not found.out[name]


def _channels(name: str, tensor: Tensor, found: Net, residual: bool) -> str:
    """The number above: not on pooled maps, and where sums keep it the same only where it changes."""
    sources = [found.tensors[arrow.source] for arrow in found.into[name]]
    same = any(source.size.channels == tensor.size.channels for source in sources)
    pooled = len(sources) == 1 and sources[0].level < tensor.level
    return "" if same and (pooled or residual) else str(tensor.size.channels)
