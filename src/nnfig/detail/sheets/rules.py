"""Rules in order over layers and groups: which are drawn, hidden, merged, open or closed, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from nnfig.detail.categories import category_of, category_word
from nnfig.detail.labels.values import text
from nnfig.graph import Graph, Group, Layer

LAYER_ACTIONS = ("show", "hide", "merge")
GROUP_ACTIONS = ("open", "close", "fold", "unfold", "inset")

_GLOB = re.compile(r"[*?[]")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


@dataclass(frozen=True, slots=True)
class Selector:
    """Which layers and groups a rule means; every field that is given must fit, any of its values may."""

    kind: tuple[str, ...] = ()
    """Kinds, verbatim or as globs (`*Norm`)."""
    category: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    """Globs over the layer's name and path, or the group's path."""
    attributes: tuple[tuple[str, Any], ...] = ()
    """A value, or text with a comparison: `>1`, `!=0`."""
    shape: tuple[str, ...] = ()
    """Globs over the first output's shape: `*x7x7`."""
    group: tuple[str, ...] = ()
    """Classes of a group around the layer, or of the group itself."""
    mark: tuple[str, ...] = ()
    """What a layer is beside arithmetic: plumbing, constant, index, opaque."""

    @property
    def is_of_group(self) -> bool:
        """Whether it speaks of groups: looks then belong to a closed block, not to the layers in an open one."""
        return bool(self.group) and not (self.kind or self.category or self.path or self.attributes or self.shape)

    def takes_layer(self, layer: Layer, graph: Graph) -> bool:
        """Whether the rule means this layer; the groups around it are those that it has in `graph`."""
        home = graph.layer.get(layer.name, layer).group
        return (
            (not self.kind or _any(self.kind, (layer.kind, layer.original)))
            and (not self.category or category_of(layer.kind).name in self.category)
            and (not self.mark or layer.mark in self.mark)
            and (not self.path or _any(self.path, (layer.name, layer.path)))
            and all(_fits(layer.attributes.get(name), wanted) for name, wanted in self.attributes)
            and (not self.shape or _any(self.shape, ("x".join(map(str, layer.shape)),)))
            and (not self.group or _any(self.group, (layer.kind, *(graph.group[p].cls for p in graph.ancestors(home)))))
        )

    def takes_group(self, group: Group) -> bool:
        """Whether the rule means this group: by its class (`group` or `kind`) or its path, nothing else given."""
        if self.attributes or self.shape or self.mark:
            return False
        classes = (*self.group, *self.kind)
        return (
            bool(classes or self.path or self.category)
            and (not classes or _any(classes, (group.cls,)))
            and (not self.path or _any(self.path, (group.path,)))
            and (not self.category or category_of(group.cls).name in self.category)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a style sheet."""

    select: Selector = Selector()
    do: tuple[str, ...] = ()
    label: tuple[str, ...] | None = None
    """Templates, one a line."""
    title: str | None = None
    """What is written on a group's frame or in its block."""
    rename: str | None = None
    """What the kind is called in labels, caption and legend."""
    cls: str | None = None
    glyph: str | None = None
    legend: str | None = None

    @property
    def is_of_groups(self) -> bool:
        """Whether it opens and closes groups and says nothing of layers."""
        said = (self.label, self.title, self.rename, self.cls, self.glyph, self.legend)
        return bool(self.do) and set(self.do) <= set(GROUP_ACTIONS) and said == (None,) * len(said)


@dataclass(frozen=True, slots=True)
class Writing:
    """How one layer is written: what the rules that select it say together."""

    label: tuple[str, ...] = ("{kind}",)
    cls: str = ""
    glyph: str | None = None
    rename: str = ""
    title: str = ""
    legend: str = ""
    own_label: bool = False
    """Whether the label was given for this kind, path or group rather than for a whole category."""
    told: tuple[str, ...] = ()
    """Attributes that the label tells without a field: its rule selects them by value (`output_size: 1`, global)."""


@dataclass(frozen=True)
class Rules:
    """A resolved style sheet: dial settings, what is written, and rows in order, later ones winning."""

    rows: tuple[Rule, ...] = ()
    facets: tuple[str, ...] = ("dims", "kernel", "channels", "stride")
    level: str = "layers"
    """blocks, layers or operations: how far groups are opened when no depth is given."""
    frames: str = "repeated"
    """Which open groups get a frame: repeated, named or all."""
    merged: str = "caption"
    """Where merged layers are told of: `caption` (once, where it holds for all of a kind) or `label` (in each box)."""
    fit: str = "close"
    """`close`: groups may be closed to fit the page; `warn`: they may not."""
    fold: bool = True
    singles: bool = False
    """Whether single equal layers in a row fold too."""
    depth: int | None = None
    by_hand: bool = False
    """Whether the user said how far all groups are opened."""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Options of other rooms that a style sheet sets."""

    def shows(self, facet: str) -> bool:
        """Whether this kind of text is written."""
        return facet in self.facets

    def fate(self, layer: Layer, graph: Graph) -> str:
        """`show`, `hide` or `merge`."""
        return self._last(layer, graph, LAYER_ACTIONS) or "show"

    def writing(self, layer: Layer, graph: Graph) -> Writing:
        """How a layer is written."""
        found: dict[str, Any] = {}
        for rule in self._rows_for(layer, graph):
            if rule.select.is_of_group and not _any(rule.select.group, (layer.kind,)):
                continue
            for name in ("label", "cls", "glyph", "rename", "title", "legend"):
                if getattr(rule, name) is not None:
                    found[name] = getattr(rule, name)
            if rule.label is not None:
                found["told"] = tuple(name for name, _ in rule.select.attributes)
                found["own_label"] = bool(rule.select.kind or rule.select.path or rule.select.group)
        return Writing(**found)

    def group_action(self, group: Group, among: Iterable[str] = GROUP_ACTIONS) -> str:
        """The last of these actions that a rule asks of a group, '' if none does."""
        words = tuple(among)
        for rule in reversed(self.group_rows):
            if rule.select.takes_group(group):
                for action in reversed(rule.do):
                    if action in words:
                        return action
        return ""

    def is_frameless(self, group: Group) -> bool:
        """Whether the last rule that says a title for a group says an empty one."""
        titles = (
            rule.title for rule in reversed(self.rows) if rule.title is not None and rule.select.takes_group(group)
        )
        return next(titles, None) == ""

    def title(self, group: Group) -> str:
        """What rules write on a group, else its own title."""
        for rule in reversed(self.rows):
            if (rule.title is not None or rule.rename is not None) and rule.select.takes_group(group):
                return rule.title if rule.title is not None else rule.rename or ""
        return group.title

    @cached_property
    def group_rows(self) -> tuple[Rule, ...]:
        """Rows that say what is to be done with groups."""
        return tuple(rule for rule in self.rows if any(action in GROUP_ACTIONS for action in rule.do))

    def _last(self, layer: Layer, graph: Graph, words: tuple[str, ...]) -> str:
        found = ""
        for rule in self._rows_for(layer, graph):
            found = next((action for action in reversed(rule.do) if action in words), found)
        return found

    def _rows_for(self, layer: Layer, graph: Graph) -> Iterable[Rule]:
        """Rows that select a layer; those that can be told by its kind alone are found once a kind."""
        for rule in self._rows_by_kind(layer.kind, layer.original):
            if rule.select.takes_layer(layer, graph):
                yield rule

    def _rows_by_kind(self, kind: str, original: str) -> tuple[Rule, ...]:
        if (kind, original) not in self._kinds:
            category = category_of(kind).name
            self._kinds[kind, original] = tuple(
                rule
                for rule in self.rows
                if not rule.is_of_groups
                and (not rule.select.kind or _any(rule.select.kind, (kind, original)))
                and (not rule.select.category or category in rule.select.category)
            )
        return self._kinds[kind, original]

    @cached_property
    def _kinds(self) -> dict[tuple[str, str], tuple[Rule, ...]]:
        return {}


def word_selectors(word: str) -> tuple[Selector, ...]:
    """What a word of `--hide`, `--merge` or `--show` means: a category, else a kind, a group's class, a path glob."""
    category = category_word(word)
    if category:
        return (Selector(category=(category,)),)
    return (Selector(kind=(word,)), Selector(group=(word,)), Selector(path=(word,)))


def _any(globs: Iterable[str], names: Iterable[str]) -> bool:
    present = [name for name in names if name]
    return any(name == glob or (_GLOB.search(glob) and fnmatchcase(name, glob)) for glob in globs for name in present)


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        match = re.fullmatch(r"\s*(>=|<=|!=|>|<|=)\s*(-?[0-9.]+)\s*", wanted)
        if match:
            numbers = value if isinstance(value, (tuple, list)) else (value,)
            return all(
                isinstance(number, (int, float)) and _COMPARE[match[1]](number, float(match[2])) for number in numbers
            )
        return text(value) == wanted or str(value) == wanted
    if isinstance(value, (tuple, list)):
        return list(value) == list(wanted) if isinstance(wanted, (tuple, list)) else all(v == wanted for v in value)
    return (type(value) is type(wanted) and value == wanted) or (value == wanted and not isinstance(wanted, bool))
