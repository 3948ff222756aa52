"""Every way to write a layer -> its long form, in place: `a: ReLU` -> `{name: a, kind: ReLU}`."""

from __future__ import annotations

from typing import Any

from nnfig.records import found
from nnfig.sources.language.models import BROKEN, BlockModel, LayerModel
from nnfig.sources.language.tree import Map, Seq, Source, Spot

_COMMA = "a comma inside [...] parts layers: write each layer on a line of its own, or in quotes"
_KEYS = LayerModel.keys.keys() | BlockModel.keys.keys()


def lengthen(document: Map, source: Source) -> None:
    """Turn all layers of the document, and of its definitions, into their long form."""
    _lengthen_list(document.get("layers"), source)
    define = document.get("define")
    for body in define.values() if isinstance(define, Map) else ():
        _lengthen_list(body, source)


def _lengthen_list(items: Any, source: Source) -> None:
    if not isinstance(items, Seq):
        return
    parted = -1  # the line in which a comma parted the arguments of a definition
    for position, item in enumerate(items):
        spot = items.items_at[position]
        more = (item.count("(") - item.count(")")) if isinstance(item, str) else 0
        if spot.line == parted and not isinstance(item, Map):
            items[position] = broken(spot)
            parted = -1 if more < 0 else parted
        elif more > 0:
            source.report(f"'{item}' has no closing bracket", _COMMA, spot=spot)
            items[position] = broken(spot)
            parted = spot.line
        else:
            items[position] = _long(item, spot, source)


def _long(item: Any, spot: Spot, source: Source) -> Map:
    if isinstance(item, str) and item:
        entry = Map(spot)
        entry.put("kind", item, spot, spot)
        return entry
    if not isinstance(item, Map):
        source.report(f"expected a layer, found {found(item)}", _COMMA, spot=spot)
        return broken(spot)
    extra = [key for key in item if key not in _KEYS]
    if "kind" not in item and "layers" not in item and extra:
        item = _named(item, extra[0], source)
    elif "kind" not in item and "layers" not in item and item and "name" not in item:
        key = next(iter(item))
        hint = f"a layer of this name is {{name: {key}, kind: ...}}"
        source.report(f"'{key}' is a key of this language, and there is no kind", hint, spot=item.keys_at[key])
        return broken(spot, key)
    _lengthen_list(item.get("layers"), source)
    return item


def _named(item: Map, name: str, source: Source) -> Map:
    """`{name: body, further keys}` with the name as a key of its own."""
    body, at, name_at = item[name], item.values_at[name], item.keys_at[name]
    entry = Map(item.at)
    entry.put("name", name, name_at, name_at)
    if isinstance(body, Map):
        _take(body, entry, source)
    elif isinstance(body, str) and body:
        entry.put("kind", body, at, at)
    else:
        hint = "layers in a frame are {group: Name, layers: [...]}" if isinstance(body, Seq) else ""
        what = (
            f"'{name}' is {found(body)}, expected a kind with its arguments"
            if body is not None
            else f"'{name}' has no kind"
        )
        source.report(what, hint or f"for instance '{name}: Conv2d 3x3, 64'", spot=name_at)
        entry = broken(item.at, name)
    rest = Map(item.at)
    for key in item:
        if key != name:
            rest.put(key, item[key], item.keys_at[key], item.values_at[key])
    _take(rest, entry, source)
    return entry


def _take(entries: Map, into: Map, source: Source) -> None:
    for key, value in entries.items():
        if key in into:
            source.report(f"a second '{key}' for this layer", spot=entries.keys_at[key])
        else:
            into.put(key, value, entries.keys_at[key], entries.values_at[key])


def broken(spot: Spot, name: str | None = None) -> Map:
    """What stands for a layer that cannot be read, so that the rest can."""
    entry = Map(spot)
    if name is not None:
        entry.put("name", name, spot, spot)
    entry.put("kind", BROKEN, spot, spot)
    return entry
