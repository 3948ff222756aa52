"""Words of --show, --hide, --merge, --open, --close and --inset are checked against the networks that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from nnfig.detail.categories import CATEGORIES, category_word
from nnfig.detail.equations import EQUATIONS
from nnfig.detail.values import FACET_WORDS
from nnfig.errors import NnfigError, Problem
from nnfig.graph import Graph
from nnfig.options import Options

_KNOWN_KINDS = frozenset(kind for category in CATEGORIES for kind in category.kinds)


def check_words(graphs: Sequence[Graph], options: Options) -> None:
    """Raise NnfigError for every word that is no facet, no category, and names nothing in any of the networks."""
    kinds = _unique(layer.kind for graph in graphs for layer in graph.layers)
    classes = _unique(group.cls for graph in graphs for group in graph.groups)
    whole = [kind for kind in kinds if kind in EQUATIONS]
    places = _unique(
        name for graph in graphs for name in (*graph.layer, *(layer.path for layer in graph.layers), *graph.group)
    )
    categories = [category.name for category in CATEGORIES]
    problems: list[Problem] = []
    for option, words, known, general in (
        ("show", options.show, (*kinds, *classes, *places), FACET_WORDS),
        ("hide", options.hide, (*kinds, *classes, *places), FACET_WORDS),
        ("merge", options.merge, (*kinds, *classes, *places), ()),
        ("open", options.open, (*classes, *whole, *places), ()),
        ("close", options.close, (*classes, *whole, *places), ()),
        ("inset", options.inset, classes, ()),
    ):
        for word in words:
            if word in general or (
                option in ("show", "hide", "merge") and (category_word(word) or word in _KNOWN_KINDS)
            ):
                continue
            if word not in known and not any(fnmatchcase(name, word) for name in known):
                layers = option in ("show", "hide", "merge")
                small = (*general, *categories, *kinds, *classes) if layers else (*classes, *whole)
                problems.append(
                    Problem(f"--{option}: nothing in this network is called '{word}'", hint=_hint(word, small))
                )
    if problems:
        raise NnfigError(*problems)


def _hint(word: str, known: Iterable[str]) -> str:
    choices = _unique(known)
    near = get_close_matches(word, choices, 1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"there are: {', '.join(choices)}" if choices else "the network has no groups"


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))
