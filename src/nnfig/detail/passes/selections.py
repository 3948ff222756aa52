"""Which part of a tensor hidden layers take -> a word for the edge: first half, first token, [:, ::2]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import prod

from nnfig.graph import Dim, Graph, Layer

_SPLITS = ("chunk", "split", "tensor_split", "unbind")
"""Kinds with an output for every part."""
_PICKS = ("getitem", "select", "narrow", "slice", "index_select", "index_select_")
"""Kinds that give one part."""
_OUTSIDE = ("constant", "index")
"""What tables, masks and positions are cut to is no part of the data."""
_FRACTIONS = {2: "half", 3: "third", 4: "quarter"}
_PLACES = {2: ("first", "second"), 3: ("first", "second", "last"), 4: ("first", "second", "third", "last")}
SOME, SEVERAL = "a part", "parts"
"""Of a tensor, where it would take too many words to say which."""
_LETTERS = {"Q", "K", "V"}
_WORD = re.compile(
    r"(\[.*|\d+:\d+|(first|second|third|last) (half|third|quarter|token|position)|part \d+ of \d+|[QKV]"
    rf"|{SOME})( of .*)?"
)
_COUNT = re.compile(rf"\d+ parts|{SEVERAL}")
_STEP = re.compile(r":[^:,\]]*:-?([2-9]|\d\d+)[\],]")
"""Where an index takes every second, third ... of an axis: `::2]`."""
_MANY = 3
"""So many words or more are not listed."""
_DEEPEST = 2
"""More parts of parts are not told one by one."""
_NUMBER = re.compile(r"\[?(\d+)\]?")
_REST = re.compile(r"(, :)+\]$")
"""Axes at the end of an index that are taken whole; counted from the front, they need no word."""
_COMPUTED = "·"
"""Where an index has a tensor."""
_TOKENS = {"[:, 0]": "first token", "[:, :1]": "first token", "[:, -1]": "last position"}
"""What an index takes of a sequence (N L D)."""


def part(layer: Layer, output: int, before: tuple[Dim, ...]) -> str:
    """What an output of a layer is of the tensor that it takes, '' for all of it.

    >>> from nnfig.graph import TensorSpec
    >>> halves = Layer("chunk", "chunk", output=(TensorSpec((1, 58, 28, 28)),) * 2)
    >>> part(halves, 1, (1, 116, 28, 28))
    'second half'
    >>> first = Layer("getitem", "getitem", output=(TensorSpec((1, 768)),), attributes={"index": "[:, 0]"})
    >>> part(first, 0, (1, 197, 768))
    'first token'
    """
    if layer.mark in _OUTSIDE:
        return ""
    if layer.kind in _SPLITS and len(layer.output) > 1:
        return parts([spec.shape for spec in layer.output], before)[output]
    if layer.kind not in _PICKS or _is_all(layer.shape, before):
        return ""
    index = layer.attributes.get("index")
    if not isinstance(index, str | int):
        return SOME
    if _is_smaller_image(layer, before):
        return ""
    words = plainly([index if isinstance(index, str) else f"[{index}]"])
    if (number := _NUMBER.fullmatch(words)) and before[0] in _PLACES and int(number[1]) < len(_PLACES[before[0]]):
        return parts([layer.shape] * len(_PLACES[before[0]]), before)[int(number[1])]
    return _TOKENS.get(words, words) if len(before) == 3 else words


def plainly(indices: Sequence[str]) -> str:
    """Indices one after the other as they are written, as far as that says which part they take.

    >>> plainly(["[:, 1:, :]"]), plainly(["[0]", "[:, 1]"]), plainly(["[:, ·]"]), plainly(["[0]", "[0]", "[0]"])
    ('[:, 1:]', '[0][:, 1]', 'a part', 'a part')
    """
    if len(indices) > _DEEPEST or any(_COMPUTED in index for index in indices):
        return SOME
    return "".join(index if "..." in index else _REST.sub("]", index) for index in indices)


def takes_part(layer: Layer, graph: Graph) -> bool:
    """Whether a layer gives only a part of what it takes, or several parts of it."""
    return any(part(layer, output, _before(layer, graph)) for output in range(len(layer.output)))


def is_crop(layer: Layer, graph: Graph) -> bool:
    """Whether a layer cuts an image out of a larger one."""
    before = _before(layer, graph)
    picks = layer.kind in _PICKS and layer.mark not in _OUTSIDE
    cuts = picks and not _is_all(layer.shape, before) and _is_smaller_image(layer, before)
    return cuts and not _is_shared_out(layer, before, graph)


def _is_shared_out(layer: Layer, before: tuple[Dim, ...], graph: Graph) -> bool:
    """Whether other layers take the rest of what a layer takes only a part of: the halves of rotary embedding."""
    known = graph.layer[layer.name]
    taken = [graph.layer[name] for name in graph.consumers[known.sources[0]]]
    shapes = [each.shape for each in taken if each.kind in _PICKS and len(each.shape) == len(before)]
    sizes = [prod(size for size in shape if isinstance(size, int)) for shape in shapes]
    return len(sizes) > 1 and sum(sizes) == prod(size for size in before if isinstance(size, int))


def _before(layer: Layer, graph: Graph) -> tuple[Dim, ...]:
    known = graph.layer.get(layer.name)  # as it stands there: what it takes may be drawn otherwise
    spec = graph.spec(known.inputs[0].source, known.inputs[0].output) if known and known.inputs else None
    return spec.shape if spec else ()


def parts(shapes: Sequence[tuple[Dim, ...]], before: tuple[Dim, ...]) -> list[str]:
    """Words for all parts of a split, in order: fractions of equal ones, else which of the numbers they hold.

    >>> parts([(2, 64), (2, 32)], (2, 96)), parts([(2, 8)] * 6, (2, 48))[-1]
    (['0:64', '64:96'], 'part 6 of 6')
    """
    count = len(shapes)
    if len(set(shapes)) == 1:
        if count in _FRACTIONS:
            return [f"{place} {_FRACTIONS[count]}" for place in _PLACES[count]]
        return [f"part {number} of {count}" for number in range(1, count + 1)]
    axis = next((i for i, sizes in enumerate(zip(*shapes, strict=False)) if len(set(sizes)) > 1), 0)
    sizes = [size for shape in shapes if isinstance(size := shape[axis], int)]
    if len(sizes) < count:
        return [f"part {number} of {count}" for number in range(1, count + 1)]
    ends = list(accumulate(sizes))
    return [f"{end - size}:{end}" for size, end in zip(sizes, ends, strict=True)]


def inner(outer: str, word: str) -> str:
    """What is taken of what was taken of a tensor, at most twice over.

    >>> inner("last third", "first half"), inner("", "[0]"), inner("[0] of last third", "first half")
    ('first half of last third', '[0]', 'a part')
    """
    if not outer or not word:
        return outer or word
    plain = all(_WORD.fullmatch(each) and " of " not in each and each != SOME for each in (outer, word))
    return f"{word} of {outer}" if plain else SOME


def is_part(word: str) -> bool:
    """Whether a word on an edge says that only a part of a tensor is taken."""
    return bool(_WORD.fullmatch(word)) or is_step(word)


def is_step(word: str) -> bool:
    """Whether a word on an edge says that it brings what belongs to one step in time.

    >>> is_step("xₜ"), is_step("step t"), is_step("first half")
    (True, True, False)
    """
    return word == "step t" or word.endswith("ₜ")


def together(words: Iterable[str]) -> str:
    """One word for edges that become one: '' where the parts on them are the whole.

    >>> together(["first half"]), together(["first half", "second half"]), together(["", "first half"])
    ('first half', '', '')
    >>> together(["[0::2]", "[1::2]"]), together(["0:64", "64:96"])
    ('2 parts', '2 parts')
    >>> together(f"[{number}]" for number in range(9)), together(["2 parts", "last third"])
    ('9 parts', 'parts')
    >>> together("QK"), together("QKV")
    ('Q, K', '')
    """
    distinct = list(dict.fromkeys(words))
    if len(distinct) < 2:
        return "".join(distinct)
    if any(_COUNT.fullmatch(word) for word in distinct):
        return "" if "" in distinct else SEVERAL
    if len(distinct) < _MANY and (_LETTERS.issuperset(distinct) or not all(map(is_part, filter(None, distinct)))):
        return ", ".join(word for word in distinct if word)
    count = len(distinct)
    places = [f"{place} {_FRACTIONS[count]}" for place in _PLACES[count]] if count in _FRACTIONS else []
    whole = "" in distinct or sorted(distinct) == sorted(places) or {*distinct} == _LETTERS
    return "" if whole else f"{count} parts"


def _is_all(after: tuple[Dim, ...], before: tuple[Dim, ...]) -> bool:
    """Whether a tensor holds as much after as before, or, where sizes are not known, looks the same."""
    numbers = [[size for size in shape if isinstance(size, int)] for shape in (after, before)]
    if [len(sizes) for sizes in numbers] != [len(after), len(before)]:
        return [size for size in after if size != 1] == [size for size in before if size != 1]
    return prod(numbers[0]) >= prod(numbers[1])


def _is_smaller_image(layer: Layer, before: tuple[Dim, ...]) -> bool:
    """Whether all that changes is the size of an image, of which one piece is taken, no single row or every second."""
    after, steps = layer.shape, _STEP.search(str(layer.attributes.get("index", "")))
    alike = len(after) == len(before) > 3 and after[:2] == before[:2]
    return (
        alike
        and not steps
        and all(new > 1 for new, old in zip(after, before, strict=True) if isinstance(new, int) and new != old)
    )
