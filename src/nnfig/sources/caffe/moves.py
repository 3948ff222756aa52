"""Caffe layers that move, cut, join or resize tensors -> PyTorch's kinds, with their shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from nnfig.graph import Dim, Mark

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer before it has its place in the graph."""

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    output: tuple[Shape, ...] | None = None
    """Shapes of the outputs; None: what PyTorch's kind gives, and if that is unknown the input's."""
    params: int | None = None
    """None: what PyTorch's kind has."""
    mark: Mark = ""


def channels(shape: Shape, axis: int = 1) -> Dim:
    return shape[axis] if axis < len(shape) else "?"


def _flatten(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.flatten_param
    start = p.axis if p.HasField("axis") else 1
    return Draft(
        "Flatten", {"start_dim": start, "end_dim": p.end_axis if p.HasField("end_axis") else -1}, mark="plumbing"
    )


def _reshape(layer: Any, shapes: Sequence[Shape]) -> Draft:
    before = shapes[0]
    sizes: list[Dim] = [
        before[i] if d == 0 and i < len(before) else d for i, d in enumerate(layer.reshape_param.shape.dim)
    ]
    whole = [d for d in before if isinstance(d, int)]
    fixed = [d for d in sizes if isinstance(d, int) and d > 0]
    if -1 in sizes:
        known = len(whole) == len(before) and prod(fixed) > 0
        sizes[sizes.index(-1)] = prod(whole) // prod(fixed) if known else "?"
    return Draft("reshape", {"shape": tuple(layer.reshape_param.shape.dim)}, (tuple(sizes),), mark="plumbing")


def _slice(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p, before = layer.slice_param, shapes[0]
    axis = p.axis if p.HasField("axis") else p.slice_dim if p.HasField("slice_dim") else 1
    size = channels(before, axis)
    if not isinstance(size, int):
        return Draft("split", {"dim": axis}, (before,) * len(layer.top), mark="plumbing")
    cuts = list(p.slice_point) or [size * i // len(layer.top) for i in range(1, len(layer.top))]
    pieces = tuple(end - start for start, end in zip([0, *cuts], [*cuts, size], strict=True))
    output = tuple((*before[:axis], piece, *before[axis + 1 :]) for piece in pieces)
    return Draft("split", {"split_size": pieces, "dim": axis}, output, mark="plumbing")


def _crop(layer: Any, shapes: Sequence[Shape]) -> Draft:
    axis = layer.crop_param.axis if layer.crop_param.HasField("axis") else 2
    output = (*shapes[0][:axis], *shapes[1][axis:]) if len(shapes) > 1 else shapes[0]
    return Draft("Crop", {"axis": axis, "offset": tuple(layer.crop_param.offset)}, (output,))


def _permute(layer: Any, shapes: Sequence[Shape]) -> Draft:
    return Draft("permute", {"dims": tuple(layer.permute_param.order)}, mark="plumbing")


def _tile(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.tile_param
    axis = p.axis if p.HasField("axis") else 1
    size = channels(shapes[0], axis)
    many = size * p.tiles if isinstance(size, int) else "?"
    return Draft(
        "repeat", {"tiles": p.tiles, "dim": axis}, ((*shapes[0][:axis], many, *shapes[0][axis + 1 :]),), mark="plumbing"
    )


def _upsample(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p, before = layer.interp_param, shapes[0]
    factor = layer.upsample_param.scale or p.zoom_factor or 1
    grid = tuple(d * factor if isinstance(d, int) else "?" for d in before[2:])
    if p.height and p.width:
        return Draft("Upsample", {"size": (p.height, p.width), "mode": "bilinear"}, ((*before[:2], p.height, p.width),))
    mode = "bilinear" if layer.type == "Interp" else "nearest"
    return Draft("Upsample", {"scale_factor": factor, "mode": mode}, ((*before[:2], *grid),))


def _roi_pool(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.roi_pooling_param
    count = shapes[1][0] if len(shapes) > 1 and shapes[1] else "?"
    return Draft(
        "roi_pool", {"output_size": (p.pooled_h, p.pooled_w)}, ((count, channels(shapes[0]), p.pooled_h, p.pooled_w),)
    )


def _reduction(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.reduction_param
    return Draft(
        {"MEAN": "mean"}.get(p.operation, "sum"), {"dim": tuple(range(p.axis, len(shapes[0])))}, (shapes[0][: p.axis],)
    )


def _arg_max(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p, before = layer.argmax_param, shapes[0]
    axis = p.axis if p.HasField("axis") else 1
    kept = (*before[:axis], p.top_k or 1, *before[axis + 1 :]) if p.HasField("axis") else (before[0], 1, p.top_k or 1)
    return Draft("argmax", {"dim": axis}, (kept,))


def _concat(layer: Any, shapes: Sequence[Shape]) -> Draft:
    p = layer.concat_param
    return Draft("cat", {"dim": p.axis if p.HasField("axis") else p.concat_dim if p.HasField("concat_dim") else 1})


MOVES: Mapping[str, Callable[[Any, Sequence[Shape]], Draft]] = {
    "Concat": _concat,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Slice": _slice,
    "Crop": _crop,
    "Permute": _permute,
    "Tile": _tile,
    "Interp": _upsample,
    "Upsample": _upsample,
    "ROIPooling": _roi_pool,
    "Reduction": _reduction,
    "ArgMax": _arg_max,
}
"""By type."""
