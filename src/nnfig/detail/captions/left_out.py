"""Record of what was hidden -> what the caption says is not drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nnfig.detail.captions.english import FAMILIES, SINGULAR, amount, some
from nnfig.detail.captions.rates import drops, with_rates
from nnfig.detail.categories import BY_NAME, CATEGORIES, category_of
from nnfig.detail.draft import Draft
from nnfig.detail.equations import STATE
from nnfig.detail.labels.merged import family
from nnfig.detail.labels.operands import is_masked, one_sided
from nnfig.detail.passes.selections import is_crop, takes_part
from nnfig.graph import Graph, Layer

_SHAPES, _FLAT, _SLICES = "changes of shape", "flattening", "slices of outputs"
_SHIFTS, _PADDING = "cyclic shifts", "padding"
_LAST = ("parameters read by functions", "constants", "masks", "positions", _SLICES, _SHIFTS, _PADDING, _SHAPES, _FLAT)
"""What comes last in the sentence, in this order."""
_SILENT = ("reshape", "data", "dropout")
"""Categories of which nobody asks where they went."""
_FLATTENS = ("Flatten", "flatten")
_KEEPS = frozenset(
    [
        *("getitem", "contiguous", "clone", "detach", "to", "float", "half", "type_as", "expand", "expand_as"),
        *("view", "reshape", "squeeze", "unsqueeze", "Identity"),
    ]
)
"""Kinds that leave all as it is where the shape stays the same."""


def left_out(drafts: Sequence[Draft]) -> str:
    """`dropout, constants and changes of shape are not drawn`; '' where everything is."""
    visible = {
        category_of(layer.kind).name
        for draft in drafts
        for layer in (*draft.graph.layers, *(m for _, inside in draft.record.merged for m in inside))
    }
    found = {word for draft in drafts for layer in draft.record.hidden for word in _words(layer, draft, visible)}
    if _SHAPES in found:
        found.discard(_FLAT)
    first = [category.plural for category in CATEGORIES if category.plural in found.difference(_LAST)]
    last = [word for word in _LAST if word in found]
    words = [*first, *sorted(found.difference(first, last)), *last]
    one = len(words) == 1 and words[0] in SINGULAR
    words = [with_rates(word, drafts) for word in words]
    return f"{some(words, 6)} {'is' if one else 'are'} not drawn" if words else ""


def unused(drafts: Sequence[Draft]) -> str:
    """`a convolution and a sum whose results are not used are not drawn, but counted`; '' where there are none."""
    dead = [draft.origin.layer[name] for draft in drafts for name in draft.record.dead if name in draft.origin.layer]
    dead = [layer for layer in dead if not layer.mark and category_of(layer.kind).name not in _SILENT]
    words = [amount(number, noun) for noun, number in Counter(map(_noun, dead)).items()]
    whose, are = ("whose result is", "is") if len(dead) == 1 else ("whose results are", "are")
    cost = ", but counted" if any(layer.params or layer.macs for layer in dead) else ""
    return f"{some(words)} {whose} not used {are} not drawn{cost}" if words else ""


def _noun(layer: Layer) -> str:
    return FAMILIES.get(family(layer), f"layer {layer.kind}")


def cropped(drafts: Sequence[Draft]) -> str:
    """That what is joined was cut to fit, where it was."""
    cut = any(is_crop(layer, draft.origin_graph(layer)) for draft in drafts for layer in draft.record.hidden)
    return "crops of what is joined are not drawn" if cut else ""


def _words(layer: Layer, draft: Draft, visible: set[str]) -> Iterator[str]:
    """What a hidden layer is called; what takes a part of a tensor stands on its edges, where it has any."""
    graph = draft.origin_graph(layer)
    category = category_of(layer.kind).name
    if layer.mark == "index":
        yield from ("masks", "positions")
    elif layer.mark == "constant" and _is_told(layer, graph):
        return
    elif layer.mark == "constant":
        yield "parameters read by functions" if layer.kind == "Parameter" else "constants"
    elif category == "dropout" and (category not in visible or not drops(layer)):
        yield from filter(None, (drops(layer),))
    elif layer.kind in _FLATTENS:
        yield _FLAT
    elif layer.kind == "roll":
        yield _SHIFTS
    elif layer.kind == "pad" or "Pad" in layer.kind:
        yield _PADDING
    elif is_crop(layer, graph):
        return
    elif takes_part(layer, graph):
        yield from (_SLICES,) * (layer.name in graph.outputs)
    elif layer.mark == "plumbing" or category == "reshape":
        yield from (_SHAPES,) * _moves(layer, graph)
    else:
        yield BY_NAME[category].plural if category not in visible else f"{layer.kind} layers"


def _moves(layer: Layer, graph: Graph) -> bool:
    """Whether a layer changes a shape, or may change which value stands where."""
    before = graph.spec(layer.inputs[0].source, layer.inputs[0].output) if layer.inputs else None
    return layer.kind not in _KEEPS or before is None or before.shape != layer.shape


def _is_told(layer: Layer, graph: Graph) -> bool:
    """Whether all that reads a constant says so: `+ positions`, `Masked`, a state in time."""
    found, stack = False, [layer.name] if layer.name in graph.layer else []
    seen: set[str] = set()
    while stack:
        for name in graph.consumers[stack.pop()]:
            taker = graph.layer[name]
            if taker.mark in ("plumbing", "constant"):
                stack += [name] if name not in seen else []
                seen.add(name)
            elif taker.kind == STATE or one_sided(taker, graph) or is_masked((taker,), graph):
                found = True
            else:
                return False
    return found
