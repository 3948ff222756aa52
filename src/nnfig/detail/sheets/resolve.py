"""Style sheets: YAML text -> checked records with places -> one resolved `Rules` with the options laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnfig.detail.categories import category_word
from nnfig.detail.labels.values import FACET_WORDS
from nnfig.detail.sheets.places import Document, read_document
from nnfig.detail.sheets.records import ACTIONS, RuleModel, SelectModel, SheetModel
from nnfig.detail.sheets.rules import Rule, Rules, Selector, word_selectors
from nnfig.errors import NnfigError, Problem
from nnfig.options import Options
from nnfig.records import BAD, Fault, found
from nnfig.resources import resource

PRESETS = ("overview", "paper", "explicit", "ops", "strip", "cell")
VIEW_SHOWS = {"neurons": ("dropout",)}
"""What a view can show without more room, so that it is shown there."""
VIEW_PRESETS = {("strip", "paper"): "strip"}
"""What a view stands for at the dial's default: a strip is the whole network, layer by layer."""

_ROOM = ("direction", "font_size", "max_height", "scale", "title", "view", "width", "page")
Words = Sequence[str]


def resolved(options: Options) -> Rules:
    """The rules of a drawing: the dial's preset, style sheets over it, the options over both."""
    stack = _chain(VIEW_PRESETS.get((options.view, options.detail), options.detail), ())
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
        by_hand = by_hand or (not is_preset and sheet.depth is not None)
        _lay(rows, facets, sheet.show, sheet.hide, sheet.merge, sheet.open, sheet.close, sheet.inset)
        rows += [_rule(rule) for rule in sheet.rules]
    shown = (*VIEW_SHOWS.get(options.view, ()), *options.show)
    _lay(rows, facets, shown, options.hide, options.merge, options.open, options.close, options.inset)
    if options.depth is not None:
        values["depth"] = options.depth
    if options.fold is not None:
        values["fold"] = options.fold
    by_hand = by_hand or options.depth is not None
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
    faults: list[Fault] = []
    sheet = SheetModel.read(document.value, (), faults)
    problems = {problem.where: problem for fault in reversed(faults) for problem in [_problem(fault, document)]}
    if problems:
        raise NnfigError(*sorted(problems.values(), key=lambda p: [int(n) for n in p.where.rsplit(":", 2)[1:]]))
    assert sheet is not BAD, "what cannot be read has faults"
    return sheet


def _problem(fault: Fault, document: Document) -> Problem:
    word = str(fault.path[-1]) if fault.path else ""
    if fault.what == "unknown":
        return document.problem(fault.path, f"unknown key '{word}'", _hint(word, fault.keys))
    last = next((str(step) for step in reversed(fault.path) if isinstance(step, str)), "")
    place = word if fault.path and word == last else f"an entry of '{last}'"
    return document.problem(fault.path, fault.said or f"{place} is {found(fault.value)}, expected {fault.expected}")


def _hint(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    if "select" in known and word in SelectModel.keys:
        return f"selectors stand under select: {{{word}: ...}}"
    if "select" in known and word in ACTIONS:
        return f"in a rule, write do: {word}"
    near = get_close_matches(word, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def _lay(rows: list[Rule], facets: dict[str, None], show: Words, hide: Words, merge: Words, *groups: Words) -> None:
    """Append what the words of show, hide, merge, open, close and inset mean."""
    for word in show:
        if word in FACET_WORDS:
            facets[word] = None
        else:
            rows += [Rule(select, ("show",)) for select in word_selectors(word)]
    for word in hide:
        if word in FACET_WORDS:
            facets.pop(word, None)
        else:
            rows += [Rule(select, ("hide",)) for select in word_selectors(word)]
    for word in merge:
        rows += [Rule(select, ("merge",)) for select in word_selectors(word)]
    for action, words in zip(("open", "close", "inset"), groups, strict=True):
        for word in words:
            rows.append(Rule(Selector(path=(word,)), (action,)))
            rows.append(Rule(Selector(group=(word,)), (action,)))


def _rule(model: RuleModel) -> Rule:
    select = model.select
    shape = tuple(select.shape)
    if any(not isinstance(part, str) for part in shape):
        shape = ("x".join("*" if part is None else str(part) for part in shape),)
    return Rule(
        Selector(
            kind=tuple(select.kind),
            category=tuple(category_word(word) for word in select.category),
            path=tuple(select.path),
            attributes=tuple((name, _frozen(value)) for name, value in select.attributes.items()),
            shape=tuple(map(str, shape)),
            group=tuple(select.group),
            mark=tuple(select.mark),
        ),
        do=tuple(model.do),
        label=None if model.label is None else tuple(line for part in model.label for line in part.splitlines()),
        title=model.title,
        rename=model.rename,
        cls=model.cls,
        glyph=model.glyph,
        legend=model.legend,
    )


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
