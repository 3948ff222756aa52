"""Results on `meta` without running anything, for functions whose shape is known and whose `meta` kernels are slow.

PyTorch decomposes norms and recurrent networks on `meta` into dozens of Python calls a layer (or a time step), and
loads its whole compiler for the first of them, which takes longer than most traces. A shortcut answers only where it
is certain; in any other case, and for every wrong call, the function itself runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from nnfig.sources.tracer.functions import Function
from nnfig.sources.tracer.structure import tensors

Answer = Any
Shortcut = Callable[..., Answer]


def answer(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Answer:
    """The result of a function call on `meta`, or None where the function itself must run."""
    shortcut = _SHORTCUTS.get(function.kind)
    if shortcut is None or "out" in kwargs or kwargs.get("dtype") is not None:
        return None
    if function.inplace or kwargs.get("inplace"):
        shortcut = _in_place if shortcut is _activation else None
    try:
        return shortcut(*args, **kwargs) if shortcut else None
    except (TypeError, AttributeError, IndexError, ValueError, RuntimeError):
        return None


def _empty(shape: Sequence[int], like: torch.Tensor) -> torch.Tensor:
    return torch.empty(shape, dtype=like.dtype, device="meta")


def _like(x: torch.Tensor) -> torch.Tensor | None:
    """A result of the same shape and strides."""
    if not x.is_floating_point() or x.layout is not torch.strided:
        return None
    if x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last):
        return torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device="meta")
    return torch.empty_like(x, device="meta")


def _activation(input: torch.Tensor, *rest: Any, **more: Any) -> Answer:
    if True in rest:  # F.relu(x, True) works in place
        return _in_place(input) if rest[-1] is True else None
    return None if tensors((rest, more)) else _like(input)


def _in_place(input: torch.Tensor, *rest: Any, **more: Any) -> Answer:
    if torch.is_grad_enabled() or not input.is_floating_point() or tensors((rest, more)):
        return None
    return input.zero_()  # counts as a change, which is all that matters on meta


def _arithmetic(input: Any, other: Any, **more: Any) -> Answer:
    """Sums and products of floating point tensors and numbers, where the result is plainly contiguous."""
    if more or isinstance(other, complex) or isinstance(input, complex):
        return None
    if not isinstance(input, torch.Tensor):
        input, other = other, input
    if not input.is_floating_point() or not input.is_contiguous():
        return None
    if not isinstance(other, torch.Tensor):
        return _empty(input.shape, input)
    if input.dtype != other.dtype or not other.is_contiguous():
        return None
    if input.shape == other.shape:
        return _empty(input.shape, input)
    return _empty(torch.broadcast_shapes(input.shape, other.shape), input)


def _power(input: torch.Tensor, exponent: Any) -> Answer:
    return _like(input) if isinstance(exponent, (int, float)) else None


def _reduction(input: torch.Tensor, dim: Any = None, keepdim: bool = False) -> Answer:
    if not input.is_floating_point() or not input.numel():
        return None
    rank = input.dim()
    dims = range(rank) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    if any(not -rank <= d < rank for d in dims) or not dims:
        return None
    gone = {d % rank for d in dims}
    shape = [1 if d in gone else n for d, n in enumerate(input.shape) if keepdim or d not in gone]
    return _empty(shape, input)


def _batch_norm(
    input: torch.Tensor,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Answer:
    held = [t for t in (running_mean, running_var, weight, bias) if t is not None]
    fits = input.dim() > 1 and all(t.shape == input.shape[1:2] for t in held) and input.numel()
    return _like(input) if fits and (held or training) and (running_mean is not None or training) else None


def _layer_norm(
    input: torch.Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float | None = 1e-5
) -> Answer:
    shape = tuple(normalized_shape)
    held = [t for t in (weight, bias) if t is not None]
    fits = tuple(input.shape[input.dim() - len(shape) :]) == shape and all(tuple(t.shape) == shape for t in held)
    return _like(input) if fits else None


def _group_norm(
    input: torch.Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Answer:
    held = [t for t in (weight, bias) if t is not None]
    fits = input.dim() > 1 and input.shape[1] % num_groups == 0 and all(t.shape == input.shape[1:2] for t in held)
    return _like(input) if fits else None


def _linear(input: torch.Tensor, weight: torch.Tensor, bias: Any = None) -> Answer:
    fits = weight.dim() == 2 and input.dim() > 0 and input.shape[-1] == weight.shape[1] and input.numel()
    same = input.dtype == weight.dtype and (bias is None or (bias.dtype, bias.shape) == (input.dtype, weight.shape[:1]))
    return _empty((*input.shape[:-1], weight.shape[0]), input) if fits and same else None


def _cat(tensors: Sequence[torch.Tensor], dim: int = 0) -> Answer:
    first = tensors[0]
    at = dim % first.dim() if -first.dim() <= dim < first.dim() else None
    # of pictures and volumes it may be in the order of channels that all of them have
    ordered = all(t.is_contiguous() or t.dim() not in (4, 5) for t in tensors)
    plain = ordered and first.is_floating_point() and all(t.dtype == first.dtype for t in tensors)
    rests = {tuple(n for axis, n in enumerate(t.shape) if axis != at) for t in tensors}
    if at is None or not plain or len(rests) != 1 or not first.numel():
        return None
    shape = list(first.shape)
    shape[at] = sum(t.shape[at] for t in tensors)
    return _empty(shape, first)


def _dropout(input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Answer:
    return _like(input) if training and 0 < p < 1 and not inplace else None


def _softmax(input: torch.Tensor, dim: Any = None, *rest: Any, **more: Any) -> Answer:
    fits = isinstance(dim, int) and -input.dim() <= dim < input.dim() and all(r in (3, None) for r in rest)
    return _like(input) if fits else None


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **more: Any,
) -> Answer:
    if query.dtype != key.dtype or query.dtype != value.dtype or query.dim() < 3:
        return None
    if key.shape[:-2] != value.shape[:-2] or query.shape[:-3] != key.shape[:-3]:
        return None
    heads, shared = query.shape[-3], key.shape[-3]
    if heads != shared and not (more.get("enable_gqa") and query.dim() == 4 and shared and heads % shared == 0):
        return None
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        return None
    scores = (*query.shape[:-1], key.shape[-2])
    if attn_mask is not None and torch.broadcast_shapes(attn_mask.shape, scores) != torch.Size(scores):
        return None
    return _empty((*query.shape[:-1], value.shape[-1]), query)


def _interpolate(
    input: torch.Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", *rest: Any, **more: Any
) -> Answer:
    spatial = input.shape[2:]
    if size is None:
        scales = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor] * len(spatial)
        exact = [length * scale for length, scale in zip(spatial, scales, strict=True)]
        size = [round(length) for length in exact]
        if any(abs(length - whole) > 1e-6 for length, whole in zip(exact, size, strict=True)):
            return None
    sizes = [size] * len(spatial) if isinstance(size, int) else list(size)
    linear = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5, "nearest": input.dim()}
    fits = (
        linear.get(mode) == input.dim() and len(sizes) == len(spatial) and all(type(s) is int and s > 0 for s in sizes)
    )
    if not fits or not input.is_floating_point() or not input.is_contiguous() or not input.numel():
        return None
    return _empty((*input.shape[:2], *sizes), input)


def _adaptive_average(axes: int) -> Shortcut:
    def pooled(input: torch.Tensor, output_size: Any) -> Answer:
        sizes: list[Any] = [output_size] * axes if isinstance(output_size, int) else list(output_size)
        if len(sizes) != axes or input.dim() not in (axes + 1, axes + 2) or not input.numel():
            return None
        shape = [have if want is None else want for have, want in zip(input.shape[-axes:], sizes, strict=True)]
        fits = input.is_floating_point() and input.is_contiguous() and all(type(n) is int and n > 0 for n in shape)
        return _empty((*input.shape[:-axes], *shape), input) if fits else None

    return pooled


def _grid_sample(input: torch.Tensor, grid: torch.Tensor, *rest: Any, **more: Any) -> Answer:
    fits = input.dim() == grid.dim() and input.dim() in (4, 5) and input.shape[0] == grid.shape[0]
    if not fits or grid.shape[-1] != input.dim() - 2 or input.dtype != grid.dtype or not input.numel():
        return None
    return _empty((*input.shape[:2], *grid.shape[1:-1]), input)


def _recurrent(*args: Any, **more: Any) -> Answer:
    """torch.lstm, gru, rnn_tanh and rnn_relu: input, [sizes of a packed batch,] state(s), weights, flags."""
    packed = isinstance(args[1], torch.Tensor) and not args[1].is_floating_point()
    data, states, weights = args[0], args[2 if packed else 1], args[3 if packed else 2]
    flags = args[4 if packed else 3 :]
    both = bool(flags[4])
    several = isinstance(states, (tuple, list))
    first = states[0] if several else states
    if data.shape[-1] != weights[0].shape[1] or data.dtype != weights[0].dtype:
        return None
    out = _empty((*data.shape[:-1], first.shape[-1] * (2 if both else 1)), data)
    final = [_empty(state.shape, state) for state in (states if several else (states,))]
    return (out, *final)


_ACTIVATIONS = """
relu relu6 gelu silu sigmoid tanh hardswish hardsigmoid hardtanh leaky_relu elu mish softplus neg exp sqrt rsqrt abs sin
cos square log clamp
"""

_SHORTCUTS: Mapping[str, Shortcut] = {
    **dict.fromkeys(_ACTIVATIONS.split(), _activation),
    **dict.fromkeys(("add", "sub", "mul", "div"), _arithmetic),
    **dict.fromkeys(("mean", "sum"), _reduction),
    "pow": _power,
    "batch_norm": _batch_norm,
    "linear": _linear,
    "cat": _cat,
    "dropout": _dropout,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "group_norm": _group_norm,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "scaled_dot_product_attention": _attention,
    "interpolate": _interpolate,
    **{f"adaptive_avg_pool{axes}d": _adaptive_average(axes) for axes in (1, 2, 3)},
    "grid_sample": _grid_sample,
    "lstm": _recurrent,
    "gru": _recurrent,
    "rnn_tanh": _recurrent,
    "rnn_relu": _recurrent,
}
