"""What the legend of the volumes view says of each colour, from the layers that have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.graph import Layer, LegendEntry
from nnfig.layout.tensors import operation
from nnfig.layout.volumes.stations import BLOCK, Station, cls_of
from nnfig.layout.words import capital, merged_words, plain_words, sides

MOST_NAMES = 3
"""Names of one colour that a legend lists."""

GENERAL = {
    "conv": "convolution",
    "pool": "pooling",
    "linear": "fully connected",
    "up": "up-sampling",
    "norm": "normalisation",
    "act": "activation",
    "dropout": "dropout",
    "recurrent": "recurrent",
    "embed": "embedding",
}
"""What a colour means where its layers differ."""


def entries(found: Sequence[Station], usual: Mapping[str, tuple[str, ...]], kernels: bool = False) -> list[LegendEntry]:
    """One entry for each colour of boxes and bands, in order of appearance; with the stride of poolings on request.

    `usual` says for each colour what most of its layers are followed by.
    """
    layers: dict[str, list[Layer]] = {}
    for station in found:
        if station.role not in ("join", "input"):
            layers.setdefault(station.cls, []).extend(station.slabs)
        for _, layer in station.bands:
            layers.setdefault(cls_of(layer), []).append(layer)
    found_entries = [
        LegendEntry(cls, capital(_text(cls, members, usual.get(cls, ()), kernels))) for cls, members in layers.items()
    ]
    if any(station.copied for station in found):
        found_entries.append(LegendEntry("data", "Copied part"))
    return found_entries


def _text(cls: str, layers: Sequence[Layer], after: Sequence[str], kernels: bool) -> str:
    """What the layers have in common, and what most of them are followed by."""
    names = list(dict.fromkeys(layer.kind if cls == BLOCK else plain_words(layer) for layer in layers))
    name = names[0] if len(names) == 1 else GENERAL.get(cls, " / ".join(names[:MOST_NAMES]))
    name += _stride(layers) if kernels else ""
    if not after:
        return name
    all_of_them = all(merged_words(layer) == list(after) for layer in layers)
    return " + ".join([name, *after]) if all_of_them else f"{name} (+ {' + '.join(after)})"


def _stride(layers: Sequence[Layer]) -> str:
    """`, /2` where all layers of a colour are poolings with that stride."""
    steps = {sides(layer.attributes.get("stride"))[:1] for layer in layers}
    pools = all(operation(layer) == "pool" for layer in layers)
    return f", /{steps.pop()[0]}" if pools and len(steps) == 1 and steps != {()} else ""
