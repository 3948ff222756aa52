"""Which boxes compute with the same weights: a module that is called again, an output layer and its embedding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnfig.detail.captions.english import FAMILIES, in_words, listed, some
from nnfig.detail.captions.steps import called_again, first_call, recurrences
from nnfig.detail.draft import Draft
from nnfig.detail.labels.merged import family
from nnfig.detail.labels.names import own_name
from nnfig.graph import Graph, Layer


@dataclass(frozen=True, slots=True)
class Tie:
    """Whose weights something computes with."""

    owner: Layer
    """As the source gave it."""
    home: str
    """Name of what it is drawn in: itself, or a closed block."""


def said_of_weights(draft: Draft) -> str:
    """`the 2 blocks Encoder share their weights; ‘Linear, 100’ has the weights of ‘Embedding, 8’`; '' where none do."""
    sets: dict[str, list[int]] = {}
    for key, calls in _calls(draft).items():
        sets.setdefault(_what(key, calls, draft), []).append(len(calls))
    shared = [_shared(what, counts, draft) for what, counts in sets.items()]
    tied: list[str] = []
    for name, tie in ties(draft).items():
        noun = FAMILIES.get(family(tie.owner), tie.owner.kind)
        inside = "" if tie.home == tie.owner.name else f"the {noun} in "
        tied.append(f"‘{_label(draft.graph, name)}’ has the weights of {inside}‘{_label(draft.graph, tie.home)}’")
    return "; ".join(part for part in (some(shared), some(tied)) if part)


def ties(draft: Draft) -> Mapping[str, Tie]:
    """What is drawn with the weights of something else of another kind, by name: `lm_head` with those of `wte`."""
    at = _places(draft)
    origin = draft.origin
    found: dict[str, Tie] = {}
    for name, (layer, box) in at.items():
        owner = origin.layer.get(layer.shared)
        if owner is None or owner.name not in at or owner.name == name:
            continue
        if owner.kind != layer.kind and at[owner.name][1] != box:
            found.setdefault(box, Tie(owner, at[owner.name][1]))
    return found


def _calls(draft: Draft) -> Mapping[str, list[frozenset[str]]]:
    """For each module that is drawn more than once, the boxes of each of its calls; steps in time are told elsewhere.

    A group that runs again is one module, whatever is in it; the keys are paths of groups and names of layers.
    """
    at, origin = _places(draft), draft.origin
    owners = {layer.shared for layer, _ in at.values() if layer.shared}
    in_time = {layer.name for calls in recurrences(draft) for layer in calls}
    often = called_again(origin)
    found: dict[str, dict[str, dict[str, None]]] = {}
    for name, (layer, box) in at.items():
        owner = layer.shared or layer.name
        if owner not in owners or owner not in at or box in in_time:
            continue
        if at[owner][0].kind != layer.kind or not at[owner][0].params:
            continue
        around = origin.ancestors(origin.layer[name].group) if name in origin.layer else ()
        call = next((path for path in reversed(around) if first_call(path) in often), "")
        key, call = (first_call(call), call) if call else (owner, box)
        found.setdefault(key, {}).setdefault(call, {})[box] = None
    boxes = {key: list(dict.fromkeys(frozenset(each) for each in calls.values())) for key, calls in found.items()}
    return {key: calls for key, calls in boxes.items() if len(calls) > 1}


def _what(key: str, calls: list[frozenset[str]], draft: Draft) -> str:
    """What is called again, as a reader finds it: `blocks Encoder`, `boxes ‘Linear, 8’`, `runs of Head`, not framed."""
    group = draft.origin.group.get(key)
    boxes = [min(call) for call in calls if len(call) == 1 and min(call) not in draft.contents]
    if group is None or len(boxes) == len(calls):
        return f"boxes ‘{_label(draft.graph, min(calls[0]))}’"
    name = draft.rules.title(group) or own_name(group)
    seen = group.path in draft.graph.group or all(len(call) == 1 for call in calls)
    return f"{'blocks' if seen else 'runs of'} {f'‘{name}’' if name else in_words(group.cls).lstrip('_')}"


def _shared(what: str, counts: list[int], draft: Draft) -> str:
    """`the 2 blocks Encoder share their weights`; how many sets of weights there are, where there are several."""
    alike = sum(what == f"boxes ‘{_label(draft.graph, layer.name)}’" for layer in draft.graph.layers)
    if len(counts) == 1:
        return f"{f'{counts[0]} of the' if alike > counts[0] else f'the {counts[0]}'} {what} share their weights"
    sizes = (
        f"{len(counts)} sets of {counts[0]}" if len(set(counts)) == 1 else f"sets of {listed(list(map(str, counts)))}"
    )
    return f"{'some of ' * (alike > sum(counts))}the {what} share their weights in {sizes}"


def _label(graph: Graph, name: str) -> str:
    look = graph.layer[name].look
    return look.label[0] if look and look.label else graph.layer[name].kind


def _places(draft: Draft) -> Mapping[str, tuple[Layer, str]]:
    """For each layer that is drawn, stands in a closed block or inside another layer, the box that it is drawn in."""
    found = {layer.name: (layer, layer.name) for layer in draft.graph.layers}
    for name, contents in draft.contents.items():
        if name in found:
            found.update((member.name, (member, name)) for member in contents.members)
    for name, inside in draft.record.merged:
        found.update((layer.name, (layer, name)) for layer in inside)
    return found
