"""Every drawn layer gets its Look: lines of text, TeX class, glyph, size, facts for TeX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nnfig.detail.categories import category_of
from nnfig.detail.dims import dims
from nnfig.detail.draft import Draft
from nnfig.detail.merged import Told, merged_text, pattern_of, told
from nnfig.detail.rules import Rules
from nnfig.detail.templates import fields, render
from nnfig.detail.values import FACETS, field_value, remaining
from nnfig.graph import Graph, Layer, Look


def label(draft: Draft) -> Draft:
    """Set the looks; what merged layers are said in the caption is not written into the boxes."""
    graph, rules = draft.graph, draft.rules
    sizes = dims(graph) if rules.shows("dims") else {}
    inside = dict(draft.record.merged)
    once = told(draft)
    layers = tuple(
        replace(layer, look=_look(layer, draft, inside.get(layer.name, ()), once, sizes)) for layer in graph.layers
    )
    return draft.having(graph.replace(layers=layers))


def _look(
    layer: Layer, draft: Draft, inside: tuple[Layer, ...], once: Mapping[str, Told], sizes: Mapping[str, str]
) -> Look:
    writing = draft.rules.writing(layer, draft.origin_graph(layer))
    category = category_of(layer.kind)
    said = merged_text(layer, inside, once, draft)
    glyph = writing.glyph if writing.glyph is not None else ""
    if len(layer.inputs) < 2 and not _joins(layer):
        glyph = ""
    lines = text_lines(layer, draft.rules, draft.graph)
    if glyph and said:
        glyph, lines = "", _joined(lines, said)
    elif said:
        lines = (*lines, said)
    return Look(
        label=lines,
        cls=writing.cls or ("norm" if _add_norm(layer, inside) else category.cls),
        glyph=glyph,
        dims=sizes.get(layer.name, ""),
        merged=tuple(each.name for each in inside),
        data=_data(layer, draft, inside),
    )


def text_lines(layer: Layer, rules: Rules, graph: Graph) -> tuple[str, ...]:
    """The label of a layer by itself: its template's lines, then what `explicit` adds."""
    writing = rules.writing(layer, graph)

    def value(field: str) -> str:
        if field == "kind":
            return writing.rename or layer.kind
        if field == "short":
            return layer.name.rpartition(".")[2]
        facet = FACETS.get(field)
        return field_value(layer, field) if facet is None or rules.shows(facet) else ""

    lines = [render(template, value) for template in writing.label]
    if writing.title:
        lines = [writing.title]
    if rules.shows("attributes"):
        used = [name for template in writing.label for name in fields(template)]
        lines.append(", ".join(remaining(layer, (*used, *_IMPLIED.get(layer.kind, ())))))
    lines += [value(field) for field in ("shape", "params", "macs", "name") if rules.shows(FACETS[field])]
    return tuple(line for line in lines if line) or (writing.rename or layer.kind,)


_IMPLIED = {"Linear": ("out_features",), "Embedding": ("embedding_dim",), "Conv1D": ("nf", "nx")}
"""Attributes that a computed field of the label has written."""


def short(layer: Layer, rules: Rules, graph: Graph) -> str:
    """The shortest honest name of a layer: what it is called, without numbers."""
    writing = rules.writing(layer, graph)
    if writing.rename:
        return writing.rename
    if writing.label == ("{kind}",):
        return layer.kind
    return render(writing.label[0], lambda field: layer.kind if field == "kind" else "") or layer.kind


def _joined(lines: tuple[str, ...], said: str) -> tuple[str, ...]:
    return (f"{lines[0].capitalize()} & Norm",) if said in ("LayerNorm", "RMSNorm") else (*lines, said)


def _add_norm(layer: Layer, inside: tuple[Layer, ...]) -> bool:
    return bool(inside) and category_of(layer.kind).name == "merge" and category_of(inside[0].kind).cls == "norm"


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


def input_looks(graph: Graph, rules: Rules) -> Mapping[str, Look]:
    """How the network's inputs are drawn."""
    from nnfig.detail.dims import input_dims

    shown = rules.shows("dims")
    return {
        name: Look(label=(name,), cls="data", dims=input_dims(graph, name) if shown else "") for name in graph.inputs
    }
