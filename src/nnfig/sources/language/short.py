"""The short form: `Conv2d 7x7, 64, /2, padding 3` -> a kind and its attributes; `stage(64, 2)` -> a use."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnfig.graph.scalars import value_of
from nnfig.sources.kinds import Kind
from nnfig.sources.language.words import meant, meant_or

Report = Callable[[str, str, int], None]
"""Say what is wrong, what to try, and at which letter."""
Values = Mapping[str, Any]
"""Parameters of the definition that the text stands in."""

_HEAD = re.compile(r"\s*([^\s(),]+)\s*")
_WINDOW = re.compile(r"[^\Wx]+(x[^\Wx]+)+")
_ATTRIBUTE = re.compile(r"([A-Za-z_]\w*)\s+(\S.*)", re.DOTALL)
_PYTHON = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.+)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Div: lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b,
}
_LONGEST_SUM = 80
_DEEPEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text and the letter at which it begins."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Head:
    """A text taken apart: kind, arguments in brackets (None without brackets), and what follows."""

    kind: str
    at: int
    call: tuple[Piece, ...] | None
    arguments: tuple[Piece, ...]


def head(text: str) -> Head:
    """Take a short form apart.

    >>> head("stage(64, depth=2)").call
    (Piece(text='64', at=6), Piece(text='depth=2', at=10))
    """
    match = _HEAD.match(text)
    if not match:
        return Head(text.strip(), 0, None, ())
    rest, start, call = text[match.end() :], match.end(), None
    if rest.startswith("(") and ")" in rest:
        end = _closing(rest)
        call = tuple(pieces(rest[1:end], start + 1))
        rest, start = rest[end + 1 :], start + end + 1
    return Head(match[1], match.start(1), call, tuple(pieces(rest, start)))


def _closing(text: str) -> int:
    """Place of the bracket that closes the first one."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return place
    return len(text) - 1


def pieces(text: str, start: int) -> Iterator[Piece]:
    """What commas part, outside of brackets and quotes."""
    depth, begin, quote = 0, 0, ""
    for place, char in enumerate(text + ","):
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        depth += 0 if quote else (char in "([") - (char in ")]")
        if char == "," and ((depth <= 0 and not quote) or place == len(text)):
            part = text[begin:place]
            if part.strip() or place < len(text):
                yield Piece(part.strip(), start + begin + len(part) - len(part.lstrip()))
            begin = place + 1


def attributes(
    kind: str, row: Kind, given: tuple[Piece, ...], names: tuple[str, ...], values: Values, report: Report
) -> dict[str, Any]:
    """What the arguments say.

    Args:
        kind: for messages.
        row: what the kind's bare number and window are.
        given: the arguments.
        names: attributes that the kind has.
        values: parameters that stand for numbers or words.
        report: is told of everything that cannot be read.
    """
    result: dict[str, Any] = {}
    sizes = iter(row.size)

    def put(name: str, value: Any, piece: Piece) -> None:
        if name in result:
            report(f"{kind} is given {name} twice", "", piece.at)
        result[name] = value

    for piece in given:
        text = piece.text
        if not text and piece is given[0]:
            report(f"a comma between {kind} and its arguments", f"write '{kind} {_joined(given)}'", piece.at)
        elif not text:
            report("nothing stands between two commas", "", piece.at)
        elif text.startswith("/"):
            if "stride" not in names:
                report(f"{kind} has no stride, which '{text}' would be", meant_or("", names), piece.at)
            else:
                put("stride", value(text[1:].strip(), values, report, piece.at + 1), piece)
        elif (size := _window(text, values)) is not None:
            if row.window not in names:
                report(f"{kind} has no {row.window}, which '{text}' would be", meant_or("", names), piece.at)
            else:
                put(row.window, size, piece)
        elif match := _PYTHON.fullmatch(text):
            report(f"'{text}' is no argument", f"write '{match[1]} {match[2]}'", piece.at)
        elif (match := _ATTRIBUTE.fullmatch(text)) and (match[1] in names or match[2][0] not in "+-*/"):
            if match[1] not in names:
                report(f"{kind} has no attribute '{match[1]}'", meant_or(match[1], names), piece.at)
            else:
                put(match[1], value(match[2], values, report, piece.at + match.start(2)), piece)
        else:
            _number(kind, row, text, piece, sizes, names, values, report, put)
    return result


def _joined(given: tuple[Piece, ...]) -> str:
    return ", ".join(piece.text for piece in given if piece.text)


def _number(
    kind: str,
    row: Kind,
    text: str,
    piece: Piece,
    sizes: Iterator[str],
    names: tuple[str, ...],
    values: Values,
    report: Report,
    put: Callable[[str, Any, Piece], None],
) -> None:
    """A bare number: the kind's size."""
    if _WORD.fullmatch(text) and text not in values and value_of(text) == text:
        if text in names:
            report(f"'{text}' needs a value", f"for instance '{text} {_EXAMPLES.get(text, 1)}'", piece.at)
        else:
            hint = (
                meant(text, [*names, *values])
                or "arguments are 7x7 (window), /2 (stride), a number, or 'attribute value'"
            )
            report(f"'{text}' is no argument of {kind}", hint, piece.at)
        return
    if re.match(r"[\dx.]+\s+\S", text) and not re.search(r"[-+*/]", text):
        report(f"a comma is missing in '{text}'", "", piece.at)
        return
    name = next(sizes, None)
    if name is None:
        wanted = f"takes {_counted(row.size)}" if row.size else "takes no bare number"
        hint = f"attributes are written 'name value': {', '.join(names)}" if names else ""
        report(f"'{text}' is one number too many: {kind} {wanted}", hint, piece.at)
        return
    given = value(text, values, report, piece.at)
    if isinstance(given, str):
        report(f"'{text}' is no argument of {kind}", f"{name} is a number", piece.at)
    put(name, given, piece)


_EXAMPLES = {"bias": "false", "ceil_mode": "true", "batch_first": "true", "bidirectional": "true", "inplace": "true"}


def _counted(names: tuple[str, ...]) -> str:
    return f"only {names[0]}" if len(names) == 1 else f"{len(names)}: {', '.join(names)}"


def _window(text: str, values: Values) -> tuple[int, ...] | None:
    """`3x3`, or `1xk` where k is a parameter."""
    if not _WINDOW.fullmatch(text) or text in values:
        return None
    sizes = [int(part) if part.isdecimal() else values.get(part) for part in text.split("x")]
    return tuple(size for size in sizes if isinstance(size, int)) if all(isinstance(s, int) for s in sizes) else None


def value(text: str, values: Values, report: Report, at: int) -> Any:
    """A number, a truth value, nothing, `3x3`, a list, a parameter, a sum of these, or a word (`nearest-exact`).

    >>> value("4*width", {"width": 64}, print, 0), value("[1, none]", {}, print, 0), value("same", {}, print, 0)
    (256, (1, None), 'same')
    """
    if text.count("[") > _DEEPEST_LIST:
        report("a list that is nested too deep", "", at)
        return None
    if text.startswith("[") and text.endswith("]"):
        return tuple(value(piece.text, values, report, piece.at) for piece in pieces(text[1:-1], at + 1))
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in values:
        return values[text]
    if (size := _window(text, values)) is not None:
        return size
    if text in ("none", "None"):
        return None
    plain = value_of(text)
    words = re.findall(r"[A-Za-z_]\w*", text)
    if plain == text and re.search(r"\w.*[-+*/]", text) and (not words or any(word in values for word in words)):
        return _sum(text, values, report, at)
    return plain


def _sum(text: str, values: Values, report: Report, at: int) -> Any:
    """Arithmetic with parameters."""
    try:
        if len(text) > _LONGEST_SUM:
            raise SyntaxError
        return _evaluated(ast.parse(text, mode="eval").body, values)
    except SyntaxError:
        report(f"'{text}' cannot be computed", "+ - * / and // of numbers and parameters are known", at)
    except KeyError as error:
        name = str(error.args[0])
        report(f"'{name}' in '{text}' is no parameter of the definition", meant_or(name, values), at)
    except (ZeroDivisionError, TypeError, OverflowError):
        report(f"'{text}' cannot be computed", "", at)
    return None


def _evaluated(node: ast.expr, values: Values) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluated(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_evaluated(left, values), _evaluated(right, values))
        case _:
            raise SyntaxError
