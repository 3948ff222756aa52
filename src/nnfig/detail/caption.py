"""Record and drawn graph -> the caption: what is shown, merged, folded, closed, hidden, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnfig.detail.categories import BY_NAME, category_of
from nnfig.detail.common_facts import Facts
from nnfig.detail.draft import Draft
from nnfig.detail.english import FAMILIES, SINGULAR, listed, millions, phrase, sentence, some
from nnfig.detail.groups import CONTAINERS
from nnfig.detail.insets import Inset
from nnfig.detail.merged import Pattern, Told
from nnfig.graph import Layer, TensorSpec

_IDEAS = ("normalization", "activation", "softmax", "dropout")
"""Categories of closed groups that nobody would look into."""

_PLACES = {
    "sum": "where it feeds a sum",
    "concatenation": "where it feeds a concatenation",
    "product": "where it feeds a product",
    "end": "at the end",
}


_WHICH = {
    "sum": "that feeds a sum",
    "concatenation": "that feeds a concatenation",
    "product": "that feeds a product",
    "end": "at the end",
}


def caption(
    drafts: Sequence[Draft],
    panels: Sequence[Draft],
    insets: Sequence[Inset],
    told: Sequence[Mapping[str, Told]],
    common: Facts,
    title: str = "",
) -> str:
    """The caption of a figure.

    Args:
        drafts: of the main panel and of those it is compared with.
        panels: of the insets.
        insets: what these open.
        told: for each of `drafts`, what is merged into which family of layers.
        common: what all layers of a kind share.
        title: the figure's name; empty: that of the network.
    """
    everything = (*drafts, *panels)
    parts = (
        _shows(drafts, title),
        _merged(drafts, told),
        _common(common),
        _folded(everything),
        _stages(everything),
        _closed(everything, insets),
        _hidden(everything),
        _insets(insets),
        _sizes(drafts),
    )
    return " ".join(sentence(part) for part in parts if part)


def _shows(drafts: Sequence[Draft], title: str) -> str:
    names = [title or drafts[0].origin.name or "network", *(d.origin.name or "network" for d in drafts[1:])]
    if len(drafts) > 1:
        costs = [
            f"{name} ({_cost(draft)})" if _cost(draft) else name for name, draft in zip(names, drafts, strict=True)
        ]
        return f"{listed(costs)} side by side"
    cost = _cost(drafts[0])
    inputs = [str_dims(spec) for spec in drafts[0].origin.inputs.values()]
    given = f" for an input of {'length ' if inputs[0].isdigit() else ''}{inputs[0]}" if inputs and inputs[0] else ""
    given = given if len(inputs) == 1 else ""
    return f"{names[0]}{given}" + (f": {cost}" if cost else "")


def str_dims(spec: TensorSpec) -> str:
    """A shape without its batch, as it is written in sentences."""
    return "×".join(map(str, spec.shape[1:] if len(spec.shape) > 1 else spec.shape))


def _cost(draft: Draft) -> str:
    graph = draft.origin
    words = [f"{millions(graph.params)} parameters"] if graph.params else []
    words += [f"{millions(graph.macs)} multiply-accumulates"] if graph.macs else []
    return listed(words)


def _merged(drafts: Sequence[Draft], told: Sequence[Mapping[str, Told]]) -> str:
    """`every convolution is followed by batch normalisation, then ReLU; every sum by ReLU`."""
    said = [_followed(each) for each in told]
    if len(set(said)) == 1:
        return said[0]
    places = [
        f"in {draft.origin.name or 'the other'}, {text}" for draft, text in zip(drafts, said, strict=True) if text
    ]
    return ". ".join(text[:1].upper() + text[1:] for text in places)


def _followed(told: Mapping[str, Told]) -> str:
    clauses = [clause for family in told.values() if (clause := _family(family))]
    return "; ".join([*clauses[:1], *(clause.replace(" is followed by", " by", 1) for clause in clauses[1:])])


def _family(family: Told) -> str:
    name = FAMILIES.get(family.category, family.category)
    patterns = dict(family.patterns)
    usual = patterns.pop("", None)
    if usual is None:
        usual = max(patterns.values(), key=len)
        patterns = {place: pattern for place, pattern in patterns.items() if pattern != usual}
    if not usual:
        clauses = [f"every {name} {_WHICH[place]} is followed by {_then(p)}" for place, p in patterns.items() if p]
        return "; ".join(clauses)
    last = " but the last" if patterns.get("end") == () else ""
    others = [
        f"{_only(pattern, usual)} {_PLACES[place]}"
        for place, pattern in patterns.items()
        if pattern != usual and not (place == "end" and last)
    ]
    exceptions = f" ({'; '.join(others)})" if others else ""
    unless = " unless its box says otherwise" if family.exceptions else ""
    return f"every {name}{last} is followed by {_then(usual)}{exceptions}{unless}"


def _then(pattern: Pattern) -> str:
    return ", then ".join(phrase(short) for short in pattern)


def _only(pattern: Pattern, usual: Pattern) -> str:
    if not pattern:
        return "not"
    return f"by {_then(pattern)}" + (" only" if set(pattern) < set(usual) else "")


def _common(common: Facts) -> str:
    return "; ".join(f"every {kind} has {listed(words)}" for kind, words in common.items())


def _folded(drafts: Sequence[Draft]) -> str:
    times: dict[str, dict[str, None]] = {}
    for draft in drafts:
        names = {fold.path: fold.name.lstrip("_") for fold in draft.record.folded}
        for group in draft.graph.groups:
            if group.repeat > 1:
                times.setdefault(names.get(group.path) or "block", {})[f"×{group.repeat}"] = None
    if not times:
        return ""
    words = [f"{name} {listed(list(counts))}" for name, counts in times.items()]
    steps = any(group.shared and group.repeat > 1 for draft in drafts for group in draft.graph.groups)
    weights = "; where the copies share their weights these are counted once" if steps else ""
    what = "layers" if all(name in FAMILIES.values() for name in times) else "blocks"
    return f"equal {what} in a row are drawn once: {some(words)}{weights}"


def _stages(drafts: Sequence[Draft]) -> str:
    for draft in drafts:
        for layer in draft.graph.layers:
            contents = draft.contents.get(layer.name)
            if contents and layer.kind in CONTAINERS and any(count > 1 for _, count in contents.blocks):
                return "in the text of a box ×N counts blocks of one class, of which the first may differ"
    return ""


def _closed(drafts: Sequence[Draft], insets: Sequence[Inset]) -> str:
    classes: dict[str, None] = {}
    paths: dict[str, None] = {}
    opened = {inset.cls for inset in insets}
    for draft in drafts:
        for path, cls in draft.record.closed:
            if category_of(cls).name in _IDEAS or draft.contents[_name_of(draft, path)].drawn < 2:
                continue
            if cls not in opened:
                if cls in CONTAINERS:
                    paths[path] = None
                else:
                    classes[cls.lstrip("_")] = None
    words = [f"each {some(list(classes), 6)}"] if classes else []
    words += [some(list(paths), 6)] if paths else []
    return f"one box {'each ' if len(paths) > 1 else ''}stands for {listed(words)}" if words else ""


def _name_of(draft: Draft, path: str) -> str:
    return next((name for name in draft.contents if name == path or name.startswith(f"{path}~")), path)


def _hidden(drafts: Sequence[Draft]) -> str:
    words: dict[str, None] = {}
    visible = {
        category_of(layer.kind).name
        for draft in drafts
        for layer in (*draft.graph.layers, *(m for _, inside in draft.record.merged for m in inside))
    }
    for draft in drafts:
        for layer in draft.record.hidden:
            word = _hidden_word(layer, visible)
            if word:
                words[word] = None
    one = len(words) == 1 and next(iter(words)) in SINGULAR
    return f"{some(list(words), 6)} {'is' if one else 'are'} not drawn" if words else ""


def _hidden_word(layer: Layer, visible: set[str]) -> str:
    if layer.mark == "index":
        return "masks and positions"
    if layer.mark == "constant":
        return "parameters read by functions" if layer.kind == "Parameter" else "constants"
    category = category_of(layer.kind).name
    if layer.mark == "plumbing" or category == "reshape":
        return "changes of shape"
    if layer.kind == "Identity":
        return ""
    return BY_NAME[category].plural if category not in visible else f"{layer.kind} layers"


def _insets(insets: Sequence[Inset]) -> str:
    if not insets:
        return ""
    return f"the {'inset opens' if len(insets) == 1 else 'insets open'} {listed([inset.cls for inset in insets])}"


def _sizes(drafts: Sequence[Draft]) -> str:
    shown = any(layer.look and layer.look.dims for draft in drafts for layer in draft.graph.layers)
    return "sizes stand where they change" if shown else ""
