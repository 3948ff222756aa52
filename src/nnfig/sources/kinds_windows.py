"""Shapes of what slides over a grid: convolutions, pooling, upsampling, padding. Attributes and inputs -> outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, prod
from typing import Any

from nnfig.graph import Dim

Shape = tuple[Dim, ...]
Attributes = Mapping[str, Any]
Shapes = Sequence[Shape]
Output = Callable[[Attributes, Shapes], list[Shape]]
"""Shapes of the outputs."""
Follows = Callable[[Attributes, Shapes], dict[str, Any]]
"""Attributes that the inputs determine."""


class Clash(ValueError):
    """Sizes that contradict one another; the text says which."""


_LONGEST_SYMBOL = 100


def symbol(text: str) -> str:
    """A symbolic size that was computed from another one, as long as it can be read."""
    if len(text) > _LONGEST_SYMBOL:
        raise Clash(f"the symbolic size {text[:20]}... is too long to compute with; give the output shape")
    return text


def written(shape: Shape) -> str:
    """A shape as people write it: `1x64x56x56`."""
    return "x".join(map(str, shape)) or "scalar"


def per_axis(value: Any, axes: int) -> tuple[Any, ...]:
    """One value for each axis.

    >>> per_axis(2, 3), per_axis((1, 7), 2)
    ((2, 2, 2), (1, 7))
    """
    found = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(found) != axes:
        raise Clash(f"{written(found)} has {len(found)} sizes, expected {axes}, one for each axis")
    return found


def grid(shape: Shape, axes: int) -> tuple[Shape, Shape]:
    """The axes before the grid (batch, channels), and the grid itself."""
    if len(shape) not in (axes + 1, axes + 2):
        names = {1: "batch x channels x length", 2: "batch x channels x height x width"}
        wanted = names.get(axes, "batch x channels x depth x height x width")
        raise Clash(f"its input is {written(shape)}, expected {axes + 2} axes: {wanted}")
    return shape[:-axes], shape[-axes:]


def channels(axes: int, name: str) -> Follows:
    """The rule 'this attribute is the number of channels of the input'."""
    return lambda a, shapes: {name: grid(shapes[0], axes)[0][-1]}


def slide(size: Dim, kernel: int, stride: int, padding: int, dilation: int = 1, up: bool = False) -> Dim:
    """Places where a window fits on one axis; a symbolic size gives a symbolic result.

    >>> slide(224, 7, 2, 3), slide("H", 3, 1, 1), slide("H", 2, 2, 0), slide("H", 5, 1, 0)
    (112, 'H', 'H/2', 'H-4')
    """
    reach = 2 * padding - dilation * (kernel - 1) - 1 + stride
    if isinstance(size, str):
        shifted = size if 0 <= reach < stride else f"{size}{reach:+d}"
        return symbol(shifted if stride == 1 else f"{shifted}/{stride}" if shifted == size else f"({shifted})/{stride}")
    if not up:
        return (size + reach) // stride
    places = -(-(size + reach) // stride)
    return places - 1 if (places - 1) * stride >= size + padding else places


def _windows(a: Attributes, sizes: Shape, padding: Any, up: bool = False) -> Shape:
    axes = len(sizes)
    kernel, dilation = per_axis(a["kernel_size"], axes), per_axis(a.get("dilation") or 1, axes)
    stride = per_axis(a.get("stride") or a["kernel_size"], axes)
    padding = per_axis(padding, axes)
    _positive(kernel_size=kernel, stride=stride, dilation=dilation)
    found = tuple(map(slide, sizes, kernel, stride, padding, dilation, (up,) * axes))
    if any(isinstance(size, int) and size < 1 for size in found):
        raise Clash(f"a window of {written(kernel)} does not fit into {written(sizes)} with padding {written(padding)}")
    return found


def _positive(**sizes: Sequence[Any]) -> None:
    for name, values in sizes.items():
        if not all(isinstance(value, int) and value > 0 for value in values):
            raise Clash(f"{name} is {written(tuple(values))}, expected 1 or more")


def _grouped(a: Attributes) -> None:
    groups = a.get("groups", 1)
    _positive(groups=(groups,), out_channels=(a["out_channels"],))
    for name in ("in_channels", "out_channels"):
        if isinstance(a.get(name), int) and a[name] % groups:
            raise Clash(f"{name} is {a[name]}, which {groups} groups do not divide")


def convolution(axes: int) -> Output:
    """Conv1d, Conv2d, Conv3d."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        _grouped(a)
        padding = a.get("padding", 0)
        if padding == "same":
            return [(*before[:-1], a["out_channels"], *sizes)]
        return [(*before[:-1], a["out_channels"], *_windows(a, sizes, 0 if padding == "valid" else padding))]

    return output


def transposed(axes: int) -> Output:
    """ConvTranspose1d, ConvTranspose2d, ConvTranspose3d."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        _grouped(a)
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        values = [per_axis(a[name], axes) for name in names]
        _positive(kernel_size=values[0], stride=values[1])
        found = tuple(
            _scaled(size, s, d * (k - 1) + 1 - s - 2 * p + extra)
            for size, k, s, p, extra, d in zip(sizes, *values, strict=True)
        )
        return [(*before[:-1], a["out_channels"], *found)]

    return output


def _scaled(size: Dim, factor: int, more: int) -> Dim:
    """size * factor + more."""
    if isinstance(size, int):
        return size * factor + more
    return symbol((f"{factor}*{size}" if factor != 1 else size) + (f"{more:+d}" if more else ""))


def pool(axes: int) -> Output:
    """MaxPool, AvgPool, LPPool; indices are a second output where they are asked for."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        shape = (*before, *_windows(a, sizes, a.get("padding", 0), bool(a.get("ceil_mode"))))
        return [shape] * (2 if a.get("return_indices") else 1)

    return output


def adaptive(axes: int) -> Output:
    """AdaptiveAvgPool, AdaptiveMaxPool: None keeps an axis."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        wanted = per_axis(a["output_size"], axes)
        shape = (*before, *(size if want is None else want for want, size in zip(wanted, sizes, strict=True)))
        return [shape] * (2 if a.get("return_indices") else 1)

    return output


def unpool(axes: int) -> Output:
    """MaxUnpool: the size that pooling came from."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        kernel, stride = per_axis(a["kernel_size"], axes), per_axis(a.get("stride") or a["kernel_size"], axes)
        padding = per_axis(a.get("padding", 0), axes)
        found = (_scaled(n, s, k - s - 2 * p) for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True))
        return [(*before, *found)]

    return output


def fractional(axes: int) -> Output:
    """FractionalMaxPool: sizes as given, or a share of the input's."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        before, sizes = grid(shapes[0], axes)
        if a.get("output_size") is not None:
            return [(*before, *per_axis(a["output_size"], axes))]
        ratio = per_axis(a["output_ratio"], axes)
        return [(*before, *(int(size * share) for size, share in zip(_numbers(sizes), ratio, strict=True)))]

    return output


def upsample(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Upsample and interpolate: to a size, or by a factor."""
    shape = shapes[0]
    axes = max(len(shape) - 2, 1)
    before, sizes = shape[:-axes], shape[-axes:]
    if a.get("size") is not None:
        return [(*before, *per_axis(a["size"], axes))]
    if a.get("scale_factor") is None:
        raise Clash("neither size nor scale_factor is given")
    factors = per_axis(a["scale_factor"], axes)
    return [
        (
            *before,
            *(int(n * f) if isinstance(n, int) else f"{f:g}*{n}" for n, f in zip(sizes, factors, strict=True)),
        )
    ]


def crop(a: Attributes, shapes: Shapes) -> list[Shape]:
    """center_crop: the last two axes get the size that is given."""
    size = a.get("output_size", a.get("size"))
    if size is None:
        raise Clash("output_size is not given, for instance center_crop 56x56")
    wanted = per_axis(size, 2)
    _, sizes = grid(shapes[0], 2)
    if any(isinstance(n, int) and n < want for n, want in zip(sizes, wanted, strict=True)):
        raise Clash(f"{written(wanted)} cannot be cropped from {written(sizes)}")
    return [(*shapes[0][:-2], *wanted)]


def pad(a: Attributes, shapes: Shapes) -> list[Shape]:
    """ZeroPad2d and its kin, and the function pad: amounts before and after, last axis first."""
    amounts = a.get("padding", a.get("pad"))
    shape = list(shapes[0])
    if not isinstance(amounts, (tuple, list)) or len(amounts) % 2 or len(amounts) > 2 * len(shape):
        raise Clash(f"padding is {amounts}, expected two numbers for each padded axis")
    for axis in range(len(amounts) // 2):
        shape[-1 - axis] = _scaled(shape[-1 - axis], 1, amounts[2 * axis] + amounts[2 * axis + 1])
    return [tuple(shape)]


def shuffle(a: Attributes, shapes: Shapes) -> list[Shape]:
    """PixelShuffle: channels become space."""
    factor = a["upscale_factor"]
    before, sizes = grid(shapes[0], 2)
    count = _numbers(before[-1:])[0]
    if count % factor**2:
        raise Clash(f"{count} channels cannot become {factor}x{factor} pixels each")
    return [(*before[:-1], count // factor**2, *(_scaled(size, factor, 0) for size in sizes))]


def unshuffle(a: Attributes, shapes: Shapes) -> list[Shape]:
    """PixelUnshuffle: space becomes channels."""
    factor = a["downscale_factor"]
    before, sizes = grid(shapes[0], 2)
    if any(size % factor for size in _numbers(sizes)):
        raise Clash(f"{written(sizes)} cannot be cut into {factor}x{factor} pixels")
    return [(*before[:-1], _numbers(before[-1:])[0] * factor**2, *(size // factor for size in _numbers(sizes)))]


def unfold(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Unfold: windows become columns."""
    before, sizes = grid(shapes[0], 2)
    places = prod(_numbers(_windows(a, sizes, a.get("padding", 0))))
    return [(*before[:-1], _numbers(before[-1:])[0] * prod(per_axis(a["kernel_size"], 2)), places)]


def fold(a: Attributes, shapes: Shapes) -> list[Shape]:
    """Fold: columns become windows."""
    before, _ = grid(shapes[0], 1)
    size, window = per_axis(a["output_size"], 2), prod(per_axis(a["kernel_size"], 2))
    return [(*before[:-1], ceil(_numbers(before[-1:])[0] / window), *size)]


def _numbers(sizes: Shape) -> tuple[int, ...]:
    """The sizes, where all are numbers."""
    if not all(isinstance(size, int) for size in sizes):
        raise Clash(f"cannot compute with the symbolic size in {written(sizes)}; give the output shape")
    return tuple(size for size in sizes if isinstance(size, int))
