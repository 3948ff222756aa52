"""What a mapping in a file may hold, said once: by it values are read, faults found, and JSON Schemas made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

Path = tuple[str | int, ...]
BAD: Any = object()
"""What stands for a value that cannot be read, and of which a fault tells."""


class Fault(NamedTuple):
    """Something that does not fit, and its place."""

    path: Path
    what: str
    """missing (a key, the last of the path), unknown (a key), or wrong (a value)."""
    value: Any = None
    expected: str = ""
    """What should stand there, as in 'expected a whole number'; or a whole sentence in `said`."""
    said: str = ""
    keys: tuple[str, ...] = ()
    """Keys that are known where one is not."""


class Type(Protocol):
    """What a value may be."""

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        """The value as the program wants it; BAD, and a fault more, where it does not fit."""
        ...

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        ...


@dataclass(frozen=True)
class Value:
    """A number, a word: one value, taken as it is where it fits."""

    expected: str
    fits: Callable[[Any], bool]
    """May raise ValueError with a sentence of its own."""
    json: Mapping[str, Any]
    turned: Callable[[Any], Any] | None = None
    """Into what the program wants."""

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        try:
            if self.fits(value):
                return self.turned(value) if self.turned else value
            faults.append(Fault(path, "wrong", value, self.expected))
        except ValueError as error:
            faults.append(Fault(path, "wrong", value, said=str(error)))
        return BAD

    def schema(self) -> dict[str, Any]:
        return dict(self.json)


@dataclass(frozen=True)
class Many:
    """A list."""

    item: Type

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        if not isinstance(value, list):
            faults.append(Fault(path, "wrong", value, "a list [...]"))
            return BAD
        found = [self.item.read(each, (*path, i), faults) for i, each in enumerate(value)]
        return BAD if any(each is BAD for each in found) else found

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}


@dataclass(frozen=True)
class Keyed:
    """A mapping whose keys are the user's."""

    item: Type

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        if not isinstance(value, dict):
            faults.append(Fault(path, "wrong", value, "a mapping {...}"))
            return BAD
        found = {key: self.item.read(each, (*path, key), faults) for key, each in value.items()}
        return BAD if any(each is BAD for each in found.values()) else found

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema()}


@dataclass(frozen=True)
class Lone:
    """A list, which may be left out around a single item."""

    item: Type
    alone: Callable[[Any], bool]
    """Whether a value is the item rather than the list."""

    def read(self, value: Any, path: Path, faults: list[Fault]) -> Any:
        if not self.alone(value):
            return Many(self.item).read(value, path, faults)
        found = self.item.read(value, path, faults)
        return BAD if found is BAD else [found]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.item.schema(), Many(self.item).schema()]}


@dataclass(frozen=True)
class Key:
    """One key of a record."""

    type: Type
    about: str
    default: Any
    alias: str


_REQUIRED: Any = object()


def key(type: Type, about: str = "", *, default: Any = _REQUIRED, alias: str = "") -> Any:
    """Declare a key of a record; without a default it has to be given, and where that is None, null may be."""
    return Key(type, about, default, alias)


class Record:
    """A mapping with known keys, which become attributes.

    >>> class Point(Record):
    ...     x: int = key(WHOLE)
    ...     y: int = key(WHOLE, default=0)
    >>> faults = []
    >>> Point.read({"x": 1}, (), faults).y, Point.read({"x": "a", "z": 1}, (), faults) is BAD
    (0, True)
    >>> [(fault.path, fault.what) for fault in faults]
    [(('x',), 'wrong'), (('z',), 'unknown')]
    """

    keys: ClassVar[dict[str, tuple[str, Key]]] = {}
    """What is written -> the attribute, and what is known of it."""
    given: frozenset[str] = frozenset()
    """Attributes that were written."""

    def __init_subclass__(cls) -> None:
        own = {name: one for name, one in vars(cls).items() if isinstance(one, Key)}
        cls.keys = {one.alias or name: (name, one) for name, one in own.items()}
        for name, one in own.items():
            setattr(cls, name, one.default)

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)
        self.given = frozenset(values)

    @classmethod
    def read(cls, value: Any, path: Path, faults: list[Fault]) -> Any:
        """The record; BAD where a value does not fit or a key is missing. Unknown keys are faults, and passed over."""
        if not isinstance(value, dict):
            faults.append(Fault(path, "wrong", value, "a mapping {...}"))
            return BAD
        found: dict[str, Any] = {}
        whole = True
        for word, each in value.items():
            if word not in cls.keys:
                faults.append(Fault((*path, word), "unknown", each, keys=tuple(cls.keys)))
                whole = whole and each is not None  # a stray comma in {kind: Conv2d 3x3, 64}
                continue
            name, one = cls.keys[word]
            ready = None if each is one.default is None else one.type.read(each, (*path, word), faults)
            whole = whole and ready is not BAD
            found[name] = ready
        for word, (_, one) in cls.keys.items():
            if one.default is _REQUIRED and word not in value:
                faults.append(Fault((*path, word), "missing", value))
                whole = False
        return cls(**found) if whole else BAD

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """A reference to the definition that `definitions` gives."""
        return {"$ref": f"#/$defs/{cls.__name__}"}

    @classmethod
    def definition(cls) -> dict[str, Any]:
        """The JSON Schema itself."""
        properties: dict[str, Any] = {}
        for word, (_, one) in cls.keys.items():
            found = one.type.schema()
            if one.default is None:
                found = {"anyOf": [*found.get("anyOf", [found]), {"type": "null"}]}
            about = {"description": one.about} if one.about else {}
            default = {"default": one.default} if isinstance(one.default, (bool, int, float, str)) else {}
            properties[word] = {**found, **about, **default}
        required = [word for word, (_, one) in cls.keys.items() if one.default is _REQUIRED]
        return {
            "type": "object",
            "description": (cls.__doc__ or "").partition("\n")[0],
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }


def schema(of: type[Record], others: Sequence[type[Record]], title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document that is a record and refers to others."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **of.definition()}
    return {**found, "$defs": {other.__name__: other.definition() for other in others}}


def found(value: Any) -> str:
    """A value as it is named in a message.

    >>> found(None), found(True), found("a"), found([1]), found(2.5)
    ('nothing', 'true', "'a'", 'a list', '2.5')
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    if isinstance(value, str):
        return f"'{value}'" if len(value) < 60 else f"'{value[:57]}...'"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else str(value)


def is_whole(value: Any) -> bool:
    """Whether it is an integer, which true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def one_of(*words: Any) -> Value:
    """A type of a few words.

    >>> one_of("linear", "sqrt", "log").expected
    "'linear', 'sqrt' or 'log'"
    """
    shown = [repr(word) for word in words]
    expected = f"{', '.join(shown[:-1])} or {shown[-1]}" if shown[1:] else shown[0]
    return Value(expected, lambda value: any(type(value) is type(w) and value == w for w in words), {"enum": [*words]})


ANY = Value("anything", lambda value: True, {})
WORD = Value("a word", lambda value: isinstance(value, str), {"type": "string"})
FLAG = Value("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
WHOLE = Value("a whole number", is_whole, {"type": "integer"})


def at_least(least: int) -> Value:
    """Whole numbers from here on."""
    expected = "a whole number that is not negative" if least == 0 else f"a whole number from {least}"
    return Value(expected, lambda value: is_whole(value) and value >= least, {"type": "integer", "minimum": least})
