"""From a drawn graph to the boxes of the volumes view: stacks of layers of one size, poolings, bars, joins, skips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nnfig.graph import Graph, Group, Layer
from nnfig.layout.tensors import Size, operation, output_size
from nnfig.layout.words import sides

Role = Literal["input", "stack", "bar", "thin", "join"]
"""`thin`: a pooling, or what changes no size and has no box that it could be a band of."""

SIGNS = {"add": "+", "concat": "‖"}

FACTS = (" parameters", " MACs")
"""How lines of a label end that tell what a layer costs."""

BLOCK = "stage6"
"""The class of blocks."""

MOST_CROSSING = 4
"""Arrows that may stand for one concatenation."""

ELEMENTWISE = ("act", "norm", "drop")
"""Operations that change no size: a band on the box that they follow."""


@dataclass(frozen=True, slots=True)
class Station:
    """One box: the layers that it joins, all with one output size, and where its tensors come from."""

    name: str
    """The last layer's (or the input's) name."""
    role: Role
    size: Size
    cls: str
    slabs: tuple[Layer, ...] = ()
    """Layers side by side, divided by seams."""
    bands: tuple[tuple[int, Layer], ...] = ()
    """(slab, layer) of what is painted at a slab's end because it runs after it."""
    sources: tuple[str, ...] = ()
    """Names of stations, in argument order, each once."""
    projections: tuple[tuple[str, Layer], ...] = ()
    """(station, layer) of shortcuts whose only layer is drawn as a dashed arc."""
    sign: str = ""
    """What stands in the circle of a join."""
    copied: float = 0.0
    """Share of the channels that a concatenation took from elsewhere; the rest is new."""
    attached: bool = False
    """A thin box that may touch the box that it follows: nothing else takes that one's tensor."""
    exchanged: bool = False
    """It takes its sources joined along channels, without a circle for the join."""
    repeat: str = ""
    """Path of the innermost folded group around it."""
    unlike: str = ""
    """What follows its layers where that is not what the legend says: `no ReLU`."""

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of all layers that it stands for, in the order in which they run."""
        after = [[band.name for where, band in self.bands if where == slab] for slab in range(len(self.slabs))]
        names = [name for layer, more in zip(self.slabs, after, strict=True) for name in (layer.name, *more)]
        return tuple(dict.fromkeys((*names, *((self.name,) if self.slabs else ()))))


def stations(graph: Graph, stacked: bool = True, unlike: Mapping[str, str] | None = None) -> tuple[Station, ...]:
    """The boxes of a graph in graph order.

    conv 64, conv 64, pool, conv 128 becomes [64|64](pool) [128]: equal sizes in a row are one stack (each is a box
    of its own unless `stacked`), a pooling is attached, what keeps the size (activation, normalisation, dropout) is
    a band, flattening is nothing. What two streams exchange is an arrow from each to each. `unlike` says by layer
    what its box says of what follows it.
    """
    built: dict[str, Station] = {}
    owner: dict[str, str] = {}
    """Station that holds the tensor of a layer or input."""
    for name in graph.inputs:
        size = output_size(graph, name)
        if size:
            built[name] = Station(name, "input", size, "data")
            owner[name] = name
    for layer in graph.layers:
        _add(layer, graph, built, owner, stacked, (unlike or {}).get(layer.name, ""))
    return tuple(_exchanging(_with_projections(built)).values())


def _add(
    layer: Layer, graph: Graph, built: dict[str, Station], owner: dict[str, str], stacked: bool, unlike: str
) -> None:
    """Put one layer into a station: a new one, or that of the layer that it follows."""
    does = operation(layer)
    size = output_size(graph, layer.name)
    sources = _unique(owner[e.source] for e in layer.inputs if e.kind == "data" and e.source in owner)
    if not sources:
        return
    before = built[sources[0]]
    if (grown := _unflattened(before, layer, size, graph)) is not None:
        before = built[before.name] = grown
    alone = len(sources) == 1 and layer.sources[0] == before.name and len(graph.consumers[before.name]) == 1
    if size is None or (does == "flat" and len(sources) == 1):
        owner[layer.name] = sources[0]
        return
    if does in ELEMENTWISE and alone and before.role in ("stack", "bar") and size == before.size:
        _rename(built, owner, replace(before, bands=(*before.bands, (len(before.slabs) - 1, layer))), layer)
        return
    if does == "concat" and len(sources) > 1 and (upper := _up_sampled(layer, sources, graph, built)):
        _concatenate(layer, size, sources, upper, built, owner)
        return
    fresh = replace(_fresh(layer, does, size, sources, graph), unlike=unlike)
    if stacked and alone and _continues(before, fresh):
        _rename(built, owner, replace(before, slabs=(*before.slabs, layer)), layer)
        return
    touches = alone and fresh.role == "thin" and before.role in ("stack", "thin") and before.size.form == "map"
    built[layer.name] = replace(fresh, attached=touches)
    owner[layer.name] = layer.name


def _unflattened(before: Station, layer: Layer, size: Size | None, graph: Graph) -> Station | None:
    """A vector that a convolution takes as a map, at the size of that map, where all sides must be equal."""
    channels = layer.attributes.get("in_channels")
    if before.role != "bar" or operation(layer) not in ("conv", "up") or size is None or size.form != "map":
        return None
    if (
        len(graph.consumers[before.name]) > 1
        or not isinstance(channels, int)
        or not isinstance(before.size.channels, int)
    ):
        return None
    ways = (layer.attributes.get(key) for key in ("kernel_size", "stride", "padding", "dilation", "output_padding"))
    even = len(set(size.space)) == 1 and all(len(set(sides(way))) <= 1 for way in ways)
    side = round((before.size.channels / channels) ** (1 / len(size.space)))
    if not even or channels * side ** len(size.space) != before.size.channels:
        return None
    return replace(before, role="stack", size=Size("map", channels, (side,) * len(size.space)))


def _up_sampled(layer: Layer, sources: tuple[str, ...], graph: Graph, built: dict[str, Station]) -> str:
    """The source of a concatenation that was up-sampled for it and goes nowhere else."""
    for name in sources:
        station = built[name]
        last = station.slabs[-1] if len(station.slabs) == 1 else None
        if last and operation(last) == "up" and graph.consumers[last.name] == (layer.name,):
            return name
    return ""


def _concatenate(
    layer: Layer,
    size: Size,
    sources: tuple[str, ...],
    upper: str,
    built: dict[str, Station],
    owner: dict[str, str],
) -> None:
    """An up-sampled map and what is copied beside it: one box, white where it is a copy."""
    up = built.pop(upper)
    new, whole = up.size.channels, size.channels
    share = 1 - new / whole if isinstance(new, int) and isinstance(whole, int) else 0.5
    others = tuple(name for name in sources if name != upper)
    built[layer.name] = replace(up, name=layer.name, size=size, sources=(*up.sources, *others), copied=share)
    owner[layer.name] = layer.name


def _fresh(layer: Layer, does: str, size: Size, sources: tuple[str, ...], graph: Graph) -> Station:
    """A station of one layer."""
    role: Role = "bar" if size.form == "vector" else "stack"
    if does == "pool" or (does in ELEMENTWISE and role == "stack"):
        role = "thin"
    sign = (layer.look.glyph if layer.look else "") or SIGNS.get(does, "")
    if sign and len(sources) > 1:
        role = "join"
    repeat = next((path for path in graph.ancestors(layer.group) if graph.group[path].repeat > 1), "")
    return Station(
        layer.name, role, size, cls_of(layer), (layer,), sources=sources, sign=sign * (role == "join"), repeat=repeat
    )


def _continues(before: Station, after: Station) -> bool:
    """Whether a layer continues the stack before it."""
    same = (before.cls, before.size, before.repeat, before.unlike) == (
        after.cls,
        after.size,
        after.repeat,
        after.unlike,
    )
    return same and before.role == after.role == "stack" and not before.copied


def is_stack(graph: Graph, group: Group) -> bool:
    """Whether all layers of a group are slabs of one stack, so that seams say more than a frame with a count."""
    members = graph.members(group.path)
    alike = {
        (cls_of(layer), layer.shape, len(layer.inputs)) for layer in members if operation(layer) not in ELEMENTWISE
    }
    return len(alike) == 1 and all(operation(layer) in ("conv", *ELEMENTWISE) for layer in members)


def _rename(built: dict[str, Station], owner: dict[str, str], grown: Station, last: Layer) -> None:
    """Replace a station by one that ends with another layer, and let tensors point at it."""
    old = grown.name
    del built[old]
    built[last.name] = replace(grown, name=last.name)
    owner[last.name] = last.name


def _with_projections(built: dict[str, Station]) -> dict[str, Station]:
    """Draw a shortcut of one convolution into a sum as a dashed arc in place of a box."""
    takers: dict[str, list[str]] = {name: [] for name in built}
    for station in built.values():
        for source in station.sources:
            takers[source].append(station.name)
    found = dict(built)
    for join in built.values():
        if join.sign != "+":
            continue
        for source in join.sources:
            branch = found.get(source)
            if branch and _is_projection(branch, takers, join) and len(join.sources) == 2:
                del found[source]
                rest = tuple(s for s in join.sources if s != source)
                found[join.name] = replace(
                    found[join.name], sources=rest, projections=((branch.sources[0], branch.slabs[0]),)
                )
                break
    return found


def _exchanging(built: dict[str, Station]) -> dict[str, Station]:
    """Concatenations of streams that go on as streams, or end in one fully connected layer, as crossing arrows."""
    found = dict(built)
    for join in built.values():
        takers = [station for station in found.values() if join.name in station.sources]
        sources = found[join.name].sources
        dense = join.size.form == "vector" and all(station.role == "bar" for station in takers)
        plain = all(station.role in ("stack", "bar") and not station.copied for station in takers)
        streams = len(takers) > 1 and plain
        few = 1 < len(takers) * len(sources) <= MOST_CROSSING
        if join.sign != SIGNS["concat"] or not few or not (dense or streams):
            continue
        del found[join.name]
        for taker in takers:
            among = [each for s in taker.sources for each in (sources if s == join.name else (s,))]
            found[taker.name] = replace(taker, sources=_unique(among), exchanged=True)
    return found


def _is_projection(branch: Station, takers: dict[str, list[str]], join: Station) -> bool:
    """Whether a station is the whole of a shortcut: one layer between a split and the sum."""
    return (
        [operation(layer) for layer in branch.slabs] == ["conv"]
        and len(branch.sources) == 1
        and takers[branch.name] == [join.name]
        and len(takers[branch.sources[0]]) > 1
        and kernel(branch.slabs[0]) == 1
    )


def facts(layer: Layer) -> tuple[str, ...]:
    """What its label says beyond the operation where that was asked for: its name, parameters, and MACs."""
    said = layer.look.label if layer.look else ()
    return tuple(line for line in said if line == layer.name or line.endswith(FACTS))


def kernel(layer: Layer) -> int:
    """The larger side of a layer's kernel; 1 where it has none."""
    kernel = layer.attributes.get("kernel_size", 1)
    sides = kernel if isinstance(kernel, tuple) else (kernel,)
    return max((side for side in sides if isinstance(side, int)), default=1)


def cls_of(layer: Layer) -> str:
    """The TeX class of a layer; a block is no white box, as inputs and copies are."""
    cls = layer.look.cls if layer.look else "block"
    return BLOCK if cls == "block" else cls


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
