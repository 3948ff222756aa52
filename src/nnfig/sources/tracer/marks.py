"""What each call is beside arithmetic: plumbing, constant, index or opaque."""

from __future__ import annotations

from nnfig.graph import Mark
from nnfig.sources.tracer.functions import OVERWRITES, PLUMBING
from nnfig.sources.tracer.recording import FLOAT_INPUT, INT_INPUT, PARAMETER, Call, Recording, is_leaf

_WHOLE = ("int", "uint", "bool")


def marks(recording: Recording, calls: list[Call]) -> list[Mark]:
    """One mark for each call.

    Integer and boolean results are `index` where they prepare something else; where the network returns them (a
    class, a token) they are what it computes. What is computed of integer inputs alone, without any weight, is a
    mask or a position whatever its dtype.
    """
    returned = _returned(recording, calls)
    return [_mark(recording, call, position in returned) for position, call in enumerate(calls)]


def _mark(recording: Recording, call: Call, returned: bool) -> Mark:
    if call.opaque:
        return "opaque"
    if call.tensor is not None:
        return "constant" if call.kind == "Constant" else ""
    depends = 0
    for number in call.ins:
        depends |= recording.values[number].depends
    if call.module is not None:
        return "plumbing" if call.kind in PLUMBING or passes(call) else ""
    if not depends:
        return "constant"
    if _only_moves(recording, call) or _is_idle(recording, call):
        return "plumbing"
    if returned:
        return ""
    if depends & INT_INPUT and not depends & (FLOAT_INPUT | PARAMETER):
        return "index"
    whole = all(recording.values[number].dtype.startswith(_WHOLE) for number in call.outs)
    return "index" if whole and call.outs else ""


def _only_moves(recording: Recording, call: Call) -> bool:
    """It relabels values; a copy into a part, and a choice by a computed index or mask, join two of them."""
    if call.kind not in PLUMBING or (call.kind in OVERWRITES and len(call.ins) > 1):
        return False
    return call.results > 1 or sum(recording.values[number].depends > 0 for number in call.ins) < 2


def passes(call: Call) -> bool:
    """Whether it is a module of the user's own that gave back what it got (stochastic depth while it rests)."""
    module = call.module
    return module is not None and not call.inside and not is_leaf(module)


def _is_idle(recording: Recording, call: Call) -> bool:
    """It changes nothing: a concatenation with nothing, a product with 1, a sum with 0."""
    if call.kind == "cat":
        return sum(0 not in recording.values[number].shape for number in call.ins) == 1
    other = call.arguments.get("other")
    if len(call.ins) != 1 or isinstance(other, bool) or not isinstance(other, (int, float)):
        return False
    return (call.kind in ("mul", "div") and other == 1 and "input" not in call.arguments) or (
        call.kind in ("add", "sub") and other == 0
    )


def _returned(recording: Recording, calls: list[Call]) -> set[int]:
    """Calls with whole-number results that the network returns, straight or through plumbing and further such."""
    found: set[int] = set()
    waiting = [number for _, number in recording.outputs]
    while waiting:
        value = recording.values[waiting.pop()]
        if value.call < 0 or value.call in found:
            continue
        call = calls[value.call]
        if value.dtype.startswith(_WHOLE) or call.kind in PLUMBING:
            found.add(value.call)
            waiting += call.ins[:1] if call.kind in PLUMBING else call.ins
    return found
