"""Words of options, and fields of label templates, are checked against the networks that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from nnfig.detail.captions.english import listed, some
from nnfig.detail.categories import CATEGORIES, category_word
from nnfig.detail.equations import EQUATIONS
from nnfig.detail.labels.values import COMPUTED, FACET_WORDS
from nnfig.detail.sheets.rules import Rules
from nnfig.detail.sheets.templates import bare_fields
from nnfig.errors import NnfigError, Problem
from nnfig.graph import Graph
from nnfig.options import Options

NEAR, MOST = 3, 20
"""Words that a hint offers: those near, or those that there are."""
_KNOWN_KINDS = frozenset(kind for category in CATEGORIES for kind in category.kinds)


def check_words(graphs: Sequence[Graph], options: Options) -> None:
    """Raise NnfigError for every word that is no facet, no category, and names nothing in any of the networks."""
    kinds = _unique(layer.kind for graph in graphs for layer in graph.layers)
    classes = _unique(group.cls for graph in graphs for group in graph.groups)
    whole = [kind for kind in kinds if kind in EQUATIONS]
    places = _unique(
        name for graph in graphs for name in (*graph.layer, *(layer.path for layer in graph.layers), *graph.group)
    )
    parts = _unique(
        (
            *(path for graph in graphs for path in graph.group),
            *(layer.name for graph in graphs for layer in graph.layers if layer.kind in EQUATIONS),
        )
    )
    categories = [category.name for category in CATEGORIES]
    problems: list[Problem] = []
    for option, words, known, general in (
        ("show", options.show, (*kinds, *classes, *places), FACET_WORDS),
        ("hide", options.hide, (*kinds, *classes, *places), FACET_WORDS),
        ("merge", options.merge, (*kinds, *classes, *places), ()),
        ("open", options.open, (*classes, *whole, *parts), ()),
        ("close", options.close, (*classes, *whole, *parts), ()),
        ("inset", options.inset, (*classes, *whole), ()),
    ):
        for word in words:
            if word in general or (
                option in ("show", "hide", "merge") and (category_word(word) or word in _KNOWN_KINDS)
            ):
                continue
            if word not in known and not any(fnmatchcase(name, word) for name in known):
                layers = option in ("show", "hide", "merge")
                small = (*general, *categories, *kinds, *classes) if layers else (*classes, *whole)
                near = places if layers else () if option == "inset" else parts
                what = f"--{option}: nothing in this network is called '{word}'"
                if word in places:
                    what = f"--{option}: '{word}' is {'no class of blocks' if option == 'inset' else 'a single layer'}"
                problems.append(Problem(what, hint=_hint(word, small, near)))
    if problems:
        raise NnfigError(*problems)


def check_fields(graphs: Sequence[Graph], rules: Rules) -> None:
    """Raise NnfigError for every field of a label that no layer has of those for which the label is meant.

    Sections in brackets may speak of what only some layers have.
    """
    problems: list[Problem] = []
    for rule in rules.rows:
        asked = [
            (template, name) for template in rule.label or () for name in bare_fields(template) if name not in COMPUTED
        ]
        if not asked:
            continue
        layers = [layer for graph in graphs for layer in graph.layers if rule.select.takes_layer(layer, graph)]
        known = _unique(name for layer in layers for name in layer.attributes)
        for template, name in asked:
            if layers and name not in known:
                what = f"label \"{template}\": {layers[0].kind} has no attribute '{name}'"
                problems.append(Problem(what, hint=_hint(name, (*known, *COMPUTED))))
    if problems:
        raise NnfigError(*problems)


def _hint(word: str, known: Iterable[str], paths: Sequence[str] = ()) -> str:
    """What may have been meant: words and paths like it, else the words that there are."""
    choices = _unique(known)
    wide = _unique((*choices, *paths))
    if near := _near(word, wide, 1, 0.8) or _near(word, wide, NEAR, 0.6):
        return "did you mean {}?".format(listed([f"'{each}'" for each in near], "or"))
    return f"there are: {some(choices, MOST)}" if choices else "the network has no groups"


def _near(word: str, words: Sequence[str], most: int, cutoff: float) -> list[str]:
    """Words like a word, capitals or not."""
    found = get_close_matches(word.lower(), [each.lower() for each in words], most, cutoff)
    return _unique(each for low in found for each in words if each.lower() == low)[:most]


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))
