"""Style sheets: YAML text -> validated models with places -> one resolved `Rules` with the options laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nnfig.detail.categories import CATEGORIES, category_word
from nnfig.detail.places import Document, read_document
from nnfig.detail.rules import Rule, Rules, Selector, word_selectors
from nnfig.detail.templates import parse
from nnfig.detail.values import FACET_WORDS
from nnfig.errors import NnfigError, Problem
from nnfig.options import Options
from nnfig.resources import resource

PRESETS = ("overview", "paper", "explicit", "ops", "strip")
VIEW_SHOWS = {"neurons": ("dropout",)}
"""What a view can show without more room, so that it is shown there."""

_ROOM = ("direction", "font_size", "max_height", "scale", "title", "view", "width", "page")
_CONFIG = ConfigDict(extra="forbid", populate_by_name=True)
Words = list[str] | str
Action = Literal["show", "hide", "merge", "open", "close", "fold", "unfold", "inset"]


class SelectModel(BaseModel):
    """Which layers and groups a rule means. Every key that is given must fit; of a list, any entry may."""

    model_config = _CONFIG
    kind: Words = Field(default=[], description="Kinds, verbatim or as globs: Conv2d, '*Norm'.")
    category: Words = Field(default=[], description="Categories: " + ", ".join(c.name for c in CATEGORIES) + ".")
    path: Words = Field(default=[], description="Globs over module paths: 'encoder.layer.*'.")
    attributes: dict[str, Any] = Field(default={}, description="Attribute values; text may compare: '>1', '!=0'.")
    shape: Words | list[int | str | None] = Field(
        default=[], description="Output shape: '*x7x7', or a list with null for any."
    )
    group: Words = Field(default=[], description="Classes of a group around the layer, or of the group itself.")
    mark: Words = Field(
        default=[], description="plumbing, constant, index or opaque: what a layer is beside arithmetic."
    )

    @field_validator("category")
    @classmethod
    def _known(cls, value: Words) -> Words:
        for word in _words(value):
            if not category_word(word):
                raise ValueError(f"unknown category '{word}', expected one of {', '.join(c.name for c in CATEGORIES)}")
        return value


class RuleModel(BaseModel):
    """One rule: what it selects and what is to be done there; later rules win."""

    model_config = _CONFIG
    select: SelectModel = SelectModel()
    do: list[Action] | Action = Field(
        [], description="show, hide or merge layers; open, close, (un)fold or inset groups."
    )
    label: Words | None = Field(
        default=None, description="Template, or one a line: '{kernel_size} conv[, {out_channels}]'."
    )
    title: str | None = Field(default=None, description="What stands on the group's frame or in its block.")
    rename: str | None = Field(default=None, description="What the kind is called in labels, caption and legend.")
    cls: str | None = Field(default=None, alias="class", description="TeX style: conv, pool, ..., or a new name.")
    glyph: str | None = Field(default=None, description="A sign in a circle instead of a box; '' for a box.")
    legend: str | None = Field(default=None, description="What the legend says about the class.")

    @field_validator("label")
    @classmethod
    def _templates(cls, value: Words | None) -> Words | None:
        for line in [value] if isinstance(value, str) else value or []:
            parse(line)
        return value

    @field_validator("cls")
    @classmethod
    def _class(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.replace(" ", "").replace("-", "").isalnum()):
            raise ValueError(f"'{value}' is no name of a TeX style; use letters, digits, '-' and spaces")
        return value


class SheetModel(BaseModel):
    """A style sheet: how a network is read, laid over the sheet that it extends."""

    model_config = _CONFIG
    extends: str = Field(
        "", description="A preset (overview, paper, explicit, ops) or a path; this sheet lies over it."
    )
    level: Literal["blocks", "units", "layers", "operations"] | None = Field(
        None, description="How far groups are opened."
    )
    frames: Literal["repeated", "named", "all"] | None = Field(
        default=None, description="Which open groups get a frame."
    )
    merged: Literal["caption", "label"] | None = Field(default=None, description="Where merged layers are told of.")
    fit: Literal["close", "warn"] | None = Field(
        default=None, description="Whether groups may be closed to fit the page."
    )
    show: Words = Field(default=[], description="As --show: " + ", ".join(FACET_WORDS) + "; kinds; categories.")
    hide: Words = Field(default=[], description="As --hide: the same words.")
    merge: Words = Field(default=[], description="As --merge: kinds and categories.")
    open: Words = Field(default=[], description="Globs of module paths that are opened.")
    close: Words = Field(default=[], description="Globs of module paths that are drawn as one block.")
    inset: Words = Field(default=[], description="Classes of blocks that a panel beside the figure opens.")
    depth: int | None = Field(default=None, ge=0, description="Levels of hierarchy that are opened everywhere.")
    fold: bool | None = Field(default=None, description="Equal blocks in a row become one, marked xN.")
    view: Literal["auto", "blocks", "volumes", "maps", "neurons", "strip"] | None = None
    direction: Literal["right", "down"] | None = None
    scale: Literal["linear", "sqrt", "log"] | None = None
    page: Literal["standalone", "input", "self-contained"] | None = None
    title: str | None = None
    width: str | float | None = None
    max_height: str | float | None = None
    font_size: float | None = None
    rules: list[RuleModel] = Field(default=[], description="In order; later ones win.")


def schema() -> dict[str, Any]:
    """The JSON Schema of style sheets."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SheetModel.model_json_schema(by_alias=True)}


def resolved(options: Options) -> Rules:
    """The rules of a drawing: the dial's preset, style sheets over it, the options over both."""
    stack = _chain(options.detail, ())
    for name in options.style:
        chain = _chain(name, ())
        stack = chain if chain[0][0].extends or len(chain) > 1 else [*stack, *chain]
    values: dict[str, Any] = {}
    rows: list[Rule] = []
    facets: dict[str, None] = {}
    extra: dict[str, Any] = {}
    by_hand = False
    for sheet, is_preset in stack:
        for name in ("level", "frames", "merged", "fit", "depth", "fold"):
            if getattr(sheet, name) is not None:
                values[name] = getattr(sheet, name)
        extra |= {name: getattr(sheet, name) for name in _ROOM if getattr(sheet, name) is not None}
        by_hand = by_hand or (not is_preset and (sheet.depth is not None or bool(sheet.open)))
        _lay(rows, facets, sheet.show, sheet.hide, sheet.merge, sheet.open, sheet.close, sheet.inset)
        rows += [_rule(rule) for rule in sheet.rules]
    shown = (*VIEW_SHOWS.get(options.view, ()), *options.show)
    _lay(rows, facets, shown, options.hide, options.merge, options.open, options.close, options.inset)
    if options.depth is not None:
        values["depth"] = options.depth
    if options.fold is not None:
        values["fold"] = options.fold
    by_hand = by_hand or options.depth is not None or bool(options.open)
    return Rules(
        tuple(rows),
        tuple(facets),
        singles=options.fold is True and options.view in ("auto", "blocks"),
        by_hand=by_hand,
        extra=extra,
        **values,
    )


def _chain(name: str, seen: tuple[str, ...]) -> list[tuple[SheetModel, bool]]:
    """A sheet and those that it extends, the outermost first."""
    if _is_preset(name):
        sheet = _preset(name)
        return [*(_chain(sheet.extends, seen) if sheet.extends else []), (sheet, True)]
    path = Path(name)
    if str(path) in seen:
        raise NnfigError(
            f"style sheets extend each other in a circle: {' -> '.join((*seen, str(path)))}", where=seen[0]
        )
    sheet = _validated(read_document(path))
    below: list[tuple[SheetModel, bool]] = []
    if sheet.extends:
        relative = sheet.extends if _is_preset(sheet.extends) else str(path.parent / sheet.extends)
        below = _chain(relative, (*seen, str(path)))
    return [*below, (sheet, False)]


@lru_cache(maxsize=8)
def _preset(name: str) -> SheetModel:
    return _validated(read_document(resource("templates", "styles", f"{name}.yaml")))


def _is_preset(name: str) -> bool:
    return name in (*PRESETS, "kinds")


def _validated(document: Document) -> SheetModel:
    try:
        return SheetModel.model_validate(document.value)
    except ValidationError as error:
        raise NnfigError(*_problems(error, document)) from None


def _problems(error: ValidationError, document: Document) -> list[Problem]:
    found: list[Problem] = []
    for fault in error.errors():
        loc = tuple(
            part for part in fault["loc"] if part not in ("list[str]", "str") and not str(part).startswith("list[")
        )
        message, hint = fault["msg"], ""
        if fault["type"] == "extra_forbidden":
            model = SheetModel if len(loc) == 1 else SelectModel if "select" in loc else RuleModel
            message, hint = f"unknown key '{loc[-1]}'", _hint(str(loc[-1]), model)
        problem = document.problem(loc, message.removeprefix("Value error, "), hint)
        if all(problem.where != other.where for other in found):
            found.append(problem)
    return sorted(found, key=lambda problem: [int(part) for part in problem.where.rsplit(":", 2)[1:]])


def _hint(word: str, model: type[BaseModel]) -> str:
    from difflib import get_close_matches

    known = [field.alias or name for name, field in model.model_fields.items()]
    if model is RuleModel and word in SelectModel.model_fields:
        return f"selectors stand under select: {{{word}: ...}}"
    if model is RuleModel and word in ("show", "hide", "merge", "open", "close", "fold", "inset"):
        return f"in a rule, write do: {word}"
    near = get_close_matches(word, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def _lay(rows: list[Rule], facets: dict[str, None], show: Any, hide: Any, merge: Any, *groups: Any) -> None:
    """Append what the words of show, hide, merge, open, close and inset mean."""
    for word in _words(show):
        if word in FACET_WORDS:
            facets[word] = None
        else:
            rows += [Rule(select, ("show",)) for select in word_selectors(word)]
    for word in _words(hide):
        if word in FACET_WORDS:
            facets.pop(word, None)
        else:
            rows += [Rule(select, ("hide",)) for select in word_selectors(word)]
    for word in _words(merge):
        rows += [Rule(select, ("merge",)) for select in word_selectors(word)]
    for action, words in zip(("open", "close", "inset"), groups, strict=True):
        for word in _words(words):
            rows.append(Rule(Selector(path=(word,)), (action,)))
            rows.append(Rule(Selector(group=(word,)), (action,)))


def _rule(model: RuleModel) -> Rule:
    select = model.select
    shape = select.shape
    if isinstance(shape, list) and any(not isinstance(part, str) for part in shape):
        shape = ["x".join("*" if part is None else str(part) for part in shape)]
    return Rule(
        Selector(
            kind=_words(select.kind),
            category=tuple(category_word(word) for word in _words(select.category)),
            path=_words(select.path),
            attributes=tuple((name, _frozen(value)) for name, value in select.attributes.items()),
            shape=_words(shape),
            group=_words(select.group),
            mark=_words(select.mark),
        ),
        do=(model.do,) if isinstance(model.do, str) else tuple(model.do),
        label=None if model.label is None else _lines(model.label),
        title=model.title,
        rename=model.rename,
        cls=model.cls,
        glyph=model.glyph,
        legend=model.legend,
    )


def _lines(label: Words) -> tuple[str, ...]:
    return tuple(label.splitlines()) if isinstance(label, str) else tuple(label)


def _words(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(word) for word in value)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def options_of(sheet_values: Mapping[str, Any], options: Options) -> Options:
    """The options, with what style sheets say for other rooms where an option still has its default."""
    default = Options()
    names = [f.name for f in dataclass_fields(Options)]
    given = {
        name: getattr(options, name)
        if getattr(options, name) != getattr(default, name)
        else sheet_values.get(name, getattr(default, name))
        for name in names
    }
    return Options.of(**given)
