"""Every drawn layer gets its Look: lines of text, TeX class, glyph, size, facts for TeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nnfig.detail.captions.english import in_words
from nnfig.detail.captions.steps import names_of_steps
from nnfig.detail.captions.ties import Tie, ties
from nnfig.detail.categories import BY_NAME, category_of
from nnfig.detail.draft import Draft
from nnfig.detail.labels.block_label import block_lines
from nnfig.detail.labels.common_facts import IDEAS, Facts, class_fact, facts
from nnfig.detail.labels.dims import Axes, input_dims
from nnfig.detail.labels.merged import Told, is_add_norm, merged_text, pattern_of, short
from nnfig.detail.labels.names import layer_name
from nnfig.detail.labels.operands import is_masked, key_value_heads, one_sided
from nnfig.detail.labels.outputs import NOTHING, telling
from nnfig.detail.labels.shortcuts import projections
from nnfig.detail.labels.values import FACETS, default_value, field_value, heads
from nnfig.detail.sheets.rules import Rules, Writing
from nnfig.detail.sheets.templates import fields, render
from nnfig.graph import Edge, Graph, Layer, Look
from nnfig.graph.defaults import call


def label(draft: Draft, told: Mapping[str, Told], common: Facts) -> Draft:
    """Set the looks; what the caption tells of merged layers and of whole kinds is not written into the boxes."""
    inside = dict(draft.record.merged)
    axes, tied = Axes(draft.graph, inside), ties(draft)
    desk = Desk(draft, inside, told, common, axes, projections(draft.graph), tied, names_of_steps(draft))
    layers = tuple(_labelled(layer, _look(layer, desk), draft.graph) for layer in draft.graph.layers)
    return draft.having(draft.graph.replace(layers=layers))


def _labelled(layer: Layer, look: Look, graph: Graph) -> Layer:
    """The layer with its look; what stands in the box does not stand on a wire to it as well."""
    edges = [_told(edge, graph) for edge in layer.inputs]
    edges = [_state(edge, edges, graph) for edge in edges]
    return replace(layer, look=look, inputs=tuple(replace(e, label="") if e.label in look.label else e for e in edges))


def _told(edge: Edge, graph: Graph) -> Edge:
    """A recurrent layer gives its last state beside its output, which the edge says."""
    source = graph.layer.get(edge.source)
    states = source is not None and edge.output > 0 and source.kind in _RECURRENT
    return replace(edge, label="state") if states and not edge.label else edge


def _state(edge: Edge, beside: Sequence[Edge], graph: Graph) -> Edge:
    """An LSTM cell gives two tensors; where both are taken, they have names."""
    source = graph.layer.get(edge.source)
    both = {other.output for other in beside if other.source == edge.source} == {0, 1}
    cell = both and source is not None and source.kind in _CELLS
    return replace(edge, label="hc"[edge.output]) if cell and not edge.label else edge


_CELLS = ("LSTMCell", "lstm_cell")
_RECURRENT = ("LSTM", "GRU", "RNN", "lstm", "gru", "rnn_tanh", "rnn_relu")


@dataclass(frozen=True, slots=True)
class Desk:
    """What is at hand while labels are written."""

    draft: Draft
    inside: Mapping[str, tuple[Layer, ...]]
    told: Mapping[str, Told]
    common: Facts
    axes: Axes
    projections: frozenset[str]
    ties: Mapping[str, Tie]
    steps: Mapping[str, str]
    """What steps in time are called where there are several recurrences."""


def _look(layer: Layer, desk: Desk) -> Look:
    draft, inside, projects = desk.draft, desk.inside.get(layer.name, ()), layer.name in desk.projections
    writing = draft.rules.writing(layer, draft.origin_graph(layer))
    cls = writing.cls or _cls(layer, draft)
    glyph = (writing.glyph or "") if _joins(layer) or category_of(layer.kind).name not in _OF_SEVERAL else ""
    if is_add_norm(layer, inside):
        lines, glyph, cls = ("Add & Norm",), "", writing.cls or category_of(inside[0].kind).cls
        said = " · ".join(pattern_of(inside[1:], draft))
    else:
        lines, glyph = _lines(layer, desk, glyph)
        said = merged_text(layer, inside, desk.told, draft)
    lines += (f"tied to {_owner(layer, desk)}",) if layer.name in desk.ties else ()
    lines = (desk.steps[layer.name], *lines) if desk.steps.get(layer.name, lines[0]) not in lines else lines
    return Look(
        label=(*lines, said) if said else lines,
        cls=cls,
        glyph="" if said else glyph,
        dims=desk.axes.written(layer) if draft.rules.shows("dims") and not projects else "",
        merged=tuple(each.name for each in inside),
        then=tuple(call(each.kind, each.attributes) for each in inside),
        data=(*_data(layer, draft, inside), *((("shortcut", "projection"),) if projects else ())),
    )


def _owner(layer: Layer, desk: Desk) -> str:
    """Short name of what has the weights that a layer computes with."""
    owner = desk.ties[layer.name].owner
    return short(owner, desk.draft.rules, desk.draft.origin_graph(owner)).strip(", ×")


def _cls(layer: Layer, draft: Draft) -> str:
    """The class of a layer's category; a closed function that does more than arithmetic is a block."""
    category, contents = category_of(layer.kind), draft.contents.get(layer.name)
    if contents and category.name == "function" and not contents.is_light:
        return BY_NAME["block"].cls
    return category.cls


def _lines(layer: Layer, desk: Desk, glyph: str) -> tuple[tuple[str, ...], str]:
    """Lines of the label before anything is said of merged layers, and the sign, if it is a sign.

    A layer whose label is its name, and that somebody gave one, is no bare sign.
    """
    draft, rules = desk.draft, desk.draft.rules
    graph = draft.origin_graph(layer)
    contents = draft.contents.get(layer.name)
    writing = rules.writing(layer, graph)
    unknown = writing.label == Writing().label and not writing.rename
    several = bool(contents) and contents.drawn > 1
    name = layer_name(layer, draft.graph)
    if contents and not writing.own_label and ((several and category_of(layer.kind).name not in IDEAS) or unknown):
        return (*block_lines(layer, draft, desk.axes.channels(layer)), *fact_lines(layer, rules, name)), ""
    if not glyph and not contents and (said := one_sided(layer, draft.origin)):
        return (said, *fact_lines(layer, rules, name)), ""
    more = {"name": name, "channels": desk.axes.channels(layer), "called": _called(layer, desk)}
    if is_masked(contents.members if contents else (layer,), draft.origin):
        more["masked"] = "Masked"
    if (shared := key_value_heads(layer, graph)) not in ("", heads(layer)):
        more["kv_heads"] = shared
    if more["called"] and any("called" in fields(template) for template in writing.label):
        glyph = ""
    own = () if contents else class_fact(layer, writing)
    return text_lines(layer, rules, graph, more, desk.common.get(layer.kind, ()), own), glyph


def _called(layer: Layer, desk: Desk) -> str:
    """The name that somebody gave to a layer, or to the last of those that are merged into it."""
    names = [each.name for each in (*reversed(desk.inside.get(layer.name, ())), layer)]
    known = desk.draft.symbols
    return next((said for name in names if (said := known.get(name) or telling(desk.draft.origin, name))), "")


_OF_SEVERAL = ("merge", "function")
"""Categories whose sign would be wrong where they take one tensor and a number."""

_FACTS = ("shape", "params", "macs")
"""Fields that get a line of their own where `--show` asks for them."""


def fact_lines(layer: Layer, rules: Rules, name: str) -> tuple[str, ...]:
    """Shape, parameters, cost, and `name: class` of what has a name, as far as they are to be written."""
    facts = [text for field in _FACTS if rules.shows(FACETS[field]) and (text := field_value(layer, field))]
    words = (name if rules.shows("names") else "", field_value(layer, "class") if rules.shows("classes") else "")
    said = ": ".join(word for word in words if word)
    return (*facts, said) if said and name else tuple(facts)


def text_lines(
    layer: Layer,
    rules: Rules,
    graph: Graph,
    more: Mapping[str, str],
    known: Sequence[str] = (),
    own: Sequence[str] = (),
) -> tuple[str, ...]:
    """The label of a layer by itself: its template's lines, then what `explicit` adds.

    `more` holds fields that only the whole graph tells; `known` is told in the caption; `own` comes before the rest.
    """
    writing = rules.writing(layer, graph)

    def value(field: str) -> str:
        if field == "kind":
            return writing.rename or layer.kind
        if field == "short":
            return layer.name.rpartition(".")[2]
        facet = FACETS.get(field)
        if facet is not None and not rules.shows(facet):
            return ""
        return more[field] if field == "name" else field_value(layer, field) or more.get(field, "")

    lines = [render(template, value, partial(default_value, layer)) for template in writing.label]
    if writing.title:
        lines = [writing.title]
    if rules.shows("attributes"):
        said = (fact for fact in facts(layer, rules, graph) if fact not in known)
        lines.append(", ".join((*own, *said)))
    lines += fact_lines(layer, rules, more["name"])
    return tuple(line for line in lines if line) or (writing.rename or layer.kind,)


def _joins(layer: Layer) -> bool:
    return sum(1 for edge in layer.inputs if edge.kind == "data") > 1


def _data(layer: Layer, draft: Draft, inside: tuple[Layer, ...]) -> tuple[tuple[str, str], ...]:
    """Facts that TeX templates and `check` can read."""
    facts = {
        "kernel": field_value(layer, "kernel_size"),
        "channels": field_value(layer, "channels"),
        "stride": field_value(layer, "stride"),
        "shape": field_value(layer, "shape"),
        "after": ", ".join(pattern_of(inside, draft)),
    }
    return tuple((key, value) for key, value in facts.items() if value)


def input_looks(draft: Draft, called: Mapping[str, str] = NOTHING, inset: bool = False) -> Mapping[str, Look]:
    """How a network's inputs are drawn; those of an inset are only called `input`, unless they are the network's.

    `called` is what else some of them are known as.
    """
    graph, shown = draft.graph, draft.rules.shows("dims")
    given = draft.origin if draft.whole else graph
    plain = str if draft.rules.shows("names") else in_words
    names = list(graph.inputs)
    said = {name: "input" if len(names) == 1 else f"input {i}" for i, name in enumerate(names, 1)} if inset else {}
    said = {} if all(name in draft.origin.inputs for name in names) and len(names) > 1 else said
    said |= {name: word for name in names if (word := called.get(name) or draft.symbols.get(name))}
    return {
        name: Look(label=(said.get(name) or plain(name),), cls="data", dims=input_dims(given, name) if shown else "")
        for name in names
    }
