"""Shapes of array functions: broadcasting, joining, products, reductions, changes of shape. Inputs -> outputs."""

from __future__ import annotations

from math import prod
from typing import Any

from nnfig.graph import Dim
from nnfig.sources.kinds_windows import Attributes, Clash, Shape, Shapes, symbol, written

MOST_PIECES = 1000
"""Outputs that one layer may have."""


def same(a: Attributes, shapes: Shapes) -> list[Shape]:
    """The shape of the first input."""
    return [shapes[0]]


def scalar(a: Attributes, shapes: Shapes) -> list[Shape]:
    """One number."""
    return [()]


def broadcast(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Elementwise: axes agree from the right, or one of them has size 1."""
    result: Shape = shapes[0]
    for shape in shapes[1:]:
        result = _broadcast(result, shape)
    return [result]


def _broadcast(left: Shape, right: Shape) -> Shape:
    length = max(len(left), len(right))
    first, second = (1,) * (length - len(left)) + left, (1,) * (length - len(right)) + right
    if any(a != b and 1 not in (a, b) and not _unsure(a, b) for a, b in zip(first, second, strict=True)):
        raise Clash(f"{written(left)} and {written(right)} do not fit: sizes differ where neither is 1")
    return tuple(b if a == 1 else a for a, b in zip(first, second, strict=True))


def _unsure(a: Dim, b: Dim) -> bool:
    """Whether sizes may be equal although they are written differently."""
    return isinstance(a, str) or isinstance(b, str)


def axis(dim: Any, shape: Shape, more: int = 0) -> int:
    """An axis counted from the left."""
    length = len(shape) + more
    if not isinstance(dim, int) or not -length <= dim < max(length, 1):
        raise Clash(f"there is no axis {dim} in {written(shape)}")
    return dim % length if length else 0


def cat(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Joined along one axis."""
    at = axis(a.get("dim", 0), shapes[0])
    for shape in shapes[1:]:
        fits = len(shape) == len(shapes[0]) and all(
            i == at or m == n or _unsure(m, n) for i, (m, n) in enumerate(zip(shapes[0], shape, strict=True))
        )
        if not fits:
            raise Clash(
                f"{written(shapes[0])} and {written(shape)} cannot be joined along axis {at}: the others must agree"
            )
    return [(*shapes[0][:at], total(shape[at] for shape in shapes), *shapes[0][at + 1 :])]


def total(sizes: Any) -> Dim:
    """The sum of sizes; symbolic where one of them is."""
    sizes = list(sizes)
    numbers = sum(size for size in sizes if isinstance(size, int))
    names = [size for size in sizes if isinstance(size, str)]
    return symbol("+".join([*names, *([str(numbers)] if numbers else [])])) if names else numbers


def stack(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Joined along a new axis."""
    if any(shape != shapes[0] for shape in shapes):
        raise Clash(f"only equal shapes can be stacked, found {' and '.join(map(written, shapes))}")
    at = axis(a.get("dim", 0), shapes[0], 1)
    return [(*shapes[0][:at], len(shapes), *shapes[0][at:])]


def matmul(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Matrix product, with everything that torch.matmul allows."""
    left, right = shapes[0], shapes[1]
    if not left or not right:
        raise Clash("a product of matrices needs at least one axis in each")
    first, second = (1, *left) if len(left) == 1 else left, (*right, 1) if len(right) == 1 else right
    if first[-1] != second[-2] and not _unsure(first[-1], second[-2]):
        raise Clash(f"{written(left)} times {written(right)} does not work: {first[-1]} columns meet {second[-2]} rows")
    shape = (*_broadcast(first[:-2], second[:-2]), first[-2], second[-1])
    shape = shape if len(left) > 1 else (*shape[:-2], shape[-1])
    return [shape if len(right) > 1 else shape[:-1]]


def linear(a: Attributes, shapes: Shapes) -> list[Shape]:
    """The function linear: weights are the second input."""
    return [(*matmul(a, (shapes[0], tuple(reversed(shapes[1]))))[0],)]


def attention(a: Attributes, shapes: Shapes) -> list[Shape]:
    """scaled_dot_product_attention of query, key, value."""
    query, key, value = shapes[0], shapes[1], shapes[2]
    if query[-1:] != key[-1:] or key[-2:-1] != value[-2:-1]:
        raise Clash(f"query {written(query)}, key {written(key)} and value {written(value)} do not fit")
    return [(*query[:-1], value[-1])]


def einsum(a: Attributes, shapes: Shapes) -> list[Shape]:
    """By its equation, without the ellipsis."""
    left, arrow, right = str(a.get("equation", "")).replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow or "." in left or [len(term) for term in terms] != [len(shape) for shape in shapes]:
        raise Clash(f"the equation '{a.get('equation')}' does not fit {' and '.join(map(written, shapes))}")
    sizes: dict[str, Dim] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Clash(f"'{letter}' is {sizes[letter]} and {size} in {' and '.join(map(written, shapes))}")
    return [tuple(sizes[letter] for letter in right)]


def reduce(a: Attributes, shapes: Shapes) -> list[Shape]:
    """mean, sum, norm ...: over all axes or those given."""
    shape, dim = shapes[0], a.get("dim")
    gone = range(len(shape)) if dim is None else {axis(d, shape) for d in (dim if isinstance(dim, tuple) else (dim,))}
    kept = ((1 if i in gone else size) for i, size in enumerate(shape) if i not in gone or a.get("keepdim"))
    return [tuple(kept)]


def extreme(a: Attributes, shapes: Shapes) -> list[Shape]:
    """max and min: of everything; elementwise with a second input; with places where an axis is given."""
    if len(shapes) > 1:
        return broadcast(a, shapes)
    return reduce(a, shapes) * (1 if a.get("dim") is None else 2)


def flatten(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Neighbouring axes become one."""
    shape = shapes[0] or (1,)
    first, last = axis(a.get("start_dim", 0), shape), axis(a.get("end_dim", -1), shape)
    if first > last:
        raise Clash(f"start_dim {first} stands after end_dim {last} in {written(shape)}")
    return [(*shape[:first], product(shape[first : last + 1]), *shape[last + 1 :])]


def product(sizes: Shape) -> Dim:
    """The product of sizes; symbolic where one of them is."""
    numbers = prod(size for size in sizes if isinstance(size, int))
    names = [size for size in sizes if isinstance(size, str)]
    return symbol("*".join([*([str(numbers)] if numbers != 1 else []), *names])) if names else numbers


def unflatten(a: Attributes, shapes: Shapes) -> list[Shape]:
    """One axis becomes several."""
    shape, at = shapes[0], axis(a.get("dim"), shapes[0])
    sizes = a.get("unflattened_size", a.get("sizes"))
    return [(*shape[:at], *_filled(tuple(sizes), shape[at : at + 1]), *shape[at + 1 :])]


def reshape(a: Attributes, shapes: Shapes) -> list[Shape]:
    """To the shape given; -1 is what is left."""
    shape = a.get("shape")
    if shape is None:
        raise Clash("shape is not given, for instance reshape shape [1, -1]")
    return [_filled(tuple(shape) if isinstance(shape, tuple) else (shape,), shapes[0])]


def _filled(wanted: Shape, shape: Shape) -> Shape:
    whole, known = product(shape), product(tuple(size for size in wanted if size != -1))
    if isinstance(whole, str) or isinstance(known, str):
        if -1 in wanted:
            raise Clash(f"cannot compute -1 from the symbolic sizes of {written(shape)}; give the output shape")
        return wanted
    if wanted.count(-1) > 1 or (whole % known if -1 in wanted and known else whole != known):
        raise Clash(f"{written(shape)} cannot become {written(wanted)}: {whole} elements")
    return tuple(whole // known if size == -1 else size for size in wanted)


def permute(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Axes in another order."""
    dims = a.get("dims") or ()
    order = [axis(dim, shapes[0]) for dim in dims]
    if sorted(order) != list(range(len(shapes[0]))):
        raise Clash(f"dims is {list(dims)}, expected every axis of {written(shapes[0])} once")
    return [tuple(shapes[0][i] for i in order)]


def transpose(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Two axes change places."""
    shape = list(shapes[0])
    first, second = axis(a.get("dim0", -2), shapes[0]), axis(a.get("dim1", -1), shapes[0])
    shape[first], shape[second] = shape[second], shape[first]
    return [tuple(shape)]


def squeeze(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Without axes of size 1."""
    dim = a.get("dim")
    dims = (
        range(len(shapes[0]))
        if dim is None
        else [axis(d, shapes[0]) for d in (dim if isinstance(dim, tuple) else (dim,))]
    )
    return [tuple(size for i, size in enumerate(shapes[0]) if i not in dims or size != 1)]


def unsqueeze(a: Attributes, shapes: Shapes) -> list[Shape]:
    """With a new axis of size 1."""
    at = axis(a.get("dim"), shapes[0], 1)
    return [(*shapes[0][:at], 1, *shapes[0][at:])]


def expand(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Axes of size 1 repeated; -1 keeps one."""
    size = tuple(a.get("size", a.get("shape", ())))
    shape = (1,) * (len(size) - len(shapes[0])) + shapes[0]
    if len(size) < len(shape):
        raise Clash(f"size {written(size)} has fewer axes than {written(shape)}")
    wanted = tuple(own if want == -1 else want for want, own in zip(size, shape, strict=True))
    _broadcast(wanted, shape)
    return [wanted]


def chunk(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Pieces of equal size, the last one perhaps smaller."""
    count = a.get("chunks")
    if not isinstance(count, int) or count < 1:
        raise Clash(f"chunks is {count}, expected 1 or more")
    at = axis(a.get("dim", 0), shapes[0])
    return _pieces(shapes[0], at, None if isinstance(shapes[0][at], str) else -(-int(shapes[0][at]) // count))


def split(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Pieces of the size given, or of the sizes given."""
    at, size = axis(a.get("dim", 0), shapes[0]), a.get("split_size", a.get("split_size_or_sections"))
    if isinstance(size, tuple):
        if sum(size) != shapes[0][at]:
            raise Clash(f"pieces of {list(size)} do not make up axis {at} of {written(shapes[0])}")
        return [(*shapes[0][:at], piece, *shapes[0][at + 1 :]) for piece in size]
    return _pieces(shapes[0], at, size)


def _pieces(shape: Shape, at: int, size: Any) -> list[Shape]:
    whole = shape[at]
    if isinstance(whole, str) or not isinstance(size, int) or size < 1:
        raise Clash(f"cannot cut axis {at} of {written(shape)} into pieces of {size}")
    if whole // size > MOST_PIECES:
        raise Clash(f"{whole // size:,} pieces are more than {MOST_PIECES:,}")
    sizes = [min(size, whole - start) for start in range(0, whole, size)]
    return [(*shape[:at], piece, *shape[at + 1 :]) for piece in sizes]


def unbind(a: Attributes, shapes: Shapes) -> list[Shape]:
    """One tensor for each place on an axis."""
    at = axis(a.get("dim", 0), shapes[0])
    count = shapes[0][at] if shapes[0] else 0
    if not isinstance(count, int) or count > MOST_PIECES:
        raise Clash(f"cannot cut axis {at} of {written(shapes[0])} into {count} pieces")
    return [(*shapes[0][:at], *shapes[0][at + 1 :])] * count


def select(a: Attributes, shapes: Shapes) -> list[Shape]:
    """One place on an axis."""
    at = axis(a.get("dim", 0), shapes[0])
    return [(*shapes[0][:at], *shapes[0][at + 1 :])]


def narrow(a: Attributes, shapes: Shapes) -> list[Shape]:
    """A stretch of an axis."""
    at = axis(a.get("dim", 0), shapes[0])
    return [(*shapes[0][:at], a["length"], *shapes[0][at + 1 :])]


def halve(a: Attributes, shapes: Shapes) -> list[Shape]:
    """GLU: one half gates the other."""
    at = axis(a.get("dim", -1), shapes[0])
    size = shapes[0][at]
    if isinstance(size, str) or size % 2:
        raise Clash(f"axis {at} of {written(shapes[0])} cannot be halved")
    return [(*shapes[0][:at], size // 2, *shapes[0][at + 1 :])]
