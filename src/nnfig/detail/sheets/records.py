"""What a style sheet may hold, as records: read and checked by them, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnfig.detail.categories import CATEGORIES, category_word
from nnfig.detail.labels.values import FACET_WORDS
from nnfig.detail.sheets.templates import parse
from nnfig.options import PAGES, SCALES, VIEWS
from nnfig.records import ANY, FLAG, WORD, Keyed, Lone, Many, Record, Value, at_least, is_whole, key, one_of
from nnfig.records import schema as record_schema

ACTIONS = ("show", "hide", "merge", "open", "close", "fold", "unfold", "inset")


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


def _is_category(value: Any) -> bool:
    if _is_word(value) and not category_word(value):
        raise ValueError(f"unknown category '{value}', expected one of {', '.join(c.name for c in CATEGORIES)}")
    return _is_word(value)


def _is_template(value: Any) -> bool:
    if _is_word(value):
        parse(value)
    return _is_word(value)


def _is_class(value: Any) -> bool:
    if _is_word(value) and not (value.isascii() and value.replace(" ", "").replace("-", "").isalnum()):
        raise ValueError(f"'{value}' is no name of a TeX style; use letters, digits, '-' and spaces")
    return _is_word(value)


def _is_number(value: Any) -> bool:
    return is_whole(value) or isinstance(value, float)


_TEXT = {"type": "string"}
WORDS = Lone(WORD, _is_word)
CATEGORY = Lone(Value("a category", _is_category, _TEXT), _is_word)
LABEL = Lone(Value("a template", _is_template, _TEXT), _is_word)
DIMS = Lone(
    Value(
        "a size, a word or null",
        lambda value: value is None or is_whole(value) or _is_word(value),
        {"type": ["integer", "string", "null"]},
    ),
    _is_word,
)
LENGTH = Value(
    "a length such as 5.5in", lambda value: _is_word(value) or _is_number(value), {"type": ["string", "number"]}
)
POINTS = Value("a number", _is_number, {"type": "number"})


class SelectModel(Record):
    """Which layers and groups a rule means. Every key that is given must fit; of a list, any entry may."""

    kind: Sequence[str] = key(WORDS, "Kinds, verbatim or as globs: Conv2d, '*Norm'.", default=())
    category: Sequence[str] = key(CATEGORY, "Categories: " + ", ".join(c.name for c in CATEGORIES) + ".", default=())
    path: Sequence[str] = key(WORDS, "Globs over module paths: 'encoder.layer.*'.", default=())
    attributes: Mapping[str, Any] = key(Keyed(ANY), "Attribute values; text may compare: '>1', '!=0'.", default={})
    shape: Sequence[int | str | None] = key(DIMS, "Output shape: '*x7x7', or a list with null for any.", default=())
    group: Sequence[str] = key(WORDS, "Classes of a group around the layer, or of the group itself.", default=())
    mark: Sequence[str] = key(
        WORDS, "plumbing, constant, index or opaque: what a layer is beside arithmetic.", default=()
    )


class RuleModel(Record):
    """One rule: what it selects and what is to be done there; later rules win."""

    select: SelectModel = key(SelectModel, default=SelectModel())
    do: Sequence[str] = key(
        Lone(one_of(*ACTIONS), _is_word),
        "show, hide or merge layers; open, close, (un)fold or inset groups.",
        default=(),
    )
    label: Sequence[str] | None = key(
        LABEL, "Template, or one a line: '{kernel_size} conv[, {out_channels}]'.", default=None
    )
    title: str | None = key(WORD, "What stands on the group's frame or in its block.", default=None)
    rename: str | None = key(WORD, "What the kind is called in labels, caption and legend.", default=None)
    cls: str | None = key(
        Value("a word", _is_class, _TEXT), "TeX style: conv, pool, ..., or a new name.", default=None, alias="class"
    )
    glyph: str | None = key(WORD, "A sign in a circle instead of a box; '' for a box.", default=None)
    legend: str | None = key(WORD, "What the legend says about the class.", default=None)


class SheetModel(Record):
    """A style sheet: how a network is read, laid over the sheet that it extends."""

    extends: str = key(
        WORD, "A preset (overview, paper, explicit, ops) or a path; this sheet lies over it.", default=""
    )
    level: str | None = key(
        one_of("blocks", "units", "layers", "operations"), "How far groups are opened.", default=None
    )
    frames: str | None = key(one_of("repeated", "named", "all"), "Which open groups get a frame.", default=None)
    merged: str | None = key(one_of("caption", "label"), "Where merged layers are told of.", default=None)
    fit: str | None = key(one_of("close", "warn"), "Whether groups may be closed to fit the page.", default=None)
    show: Sequence[str] = key(WORDS, "As --show: " + ", ".join(FACET_WORDS) + "; kinds; categories.", default=())
    hide: Sequence[str] = key(WORDS, "As --hide: the same words.", default=())
    merge: Sequence[str] = key(WORDS, "As --merge: kinds and categories.", default=())
    open: Sequence[str] = key(WORDS, "Globs of module paths that are opened.", default=())
    close: Sequence[str] = key(WORDS, "Globs of module paths that are drawn as one block.", default=())
    inset: Sequence[str] = key(WORDS, "Classes of blocks that a panel beside the figure opens.", default=())
    depth: int | None = key(at_least(0), "Levels of hierarchy that are opened everywhere.", default=None)
    fold: bool | None = key(FLAG, "Equal blocks in a row become one, marked xN.", default=None)
    view: str | None = key(one_of(*VIEWS), default=None)
    direction: str | None = key(one_of("right", "down"), default=None)
    scale: str | None = key(one_of(*SCALES), default=None)
    page: str | None = key(one_of(*PAGES), default=None)
    title: str | None = key(WORD, default=None)
    width: str | float | None = key(LENGTH, default=None)
    max_height: str | float | None = key(LENGTH, default=None)
    font_size: float | None = key(POINTS, default=None)
    rules: Sequence[RuleModel] = key(Many(RuleModel), "In order; later ones win.", default=())


def schema() -> dict[str, Any]:
    """The JSON Schema of style sheets."""
    return record_schema(SheetModel, (RuleModel, SelectModel), title="nnfig style sheet")
