"""Results on `meta` without running anything, for functions whose shape is known and whose `meta` kernels are slow.

PyTorch decomposes norms and recurrent networks on `meta` into dozens of Python calls a layer (or a time step). A
shortcut answers only where it is certain; in any other case, and for every wrong call, the function itself runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

Answer = Any
Shortcut = Callable[..., Answer]


def answer(kind: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Answer:
    """The result of a function call on `meta`, or None where the function itself must run."""
    shortcut = _SHORTCUTS.get(kind)
    if shortcut is None or name != kind or kwargs.get("inplace") or kwargs.get("dtype") is not None:
        return None
    try:
        return shortcut(*args, **kwargs)
    except (TypeError, AttributeError, IndexError, ValueError, RuntimeError):
        return None


def _like(x: torch.Tensor) -> torch.Tensor | None:
    if not x.is_floating_point() or x.layout is not torch.strided:
        return None
    return torch.empty_like(x, device="meta")


def _activation(input: torch.Tensor, *rest: Any, **more: Any) -> Answer:
    return None if True in rest else _like(input)  # F.relu(x, True) works in place


def _batch_norm(
    input: torch.Tensor, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
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


def _softmax(input: torch.Tensor, dim: Any = None, *rest: Any, **more: Any) -> Answer:
    fits = isinstance(dim, int) and -input.dim() <= dim < input.dim() and all(r in (3, None) for r in rest)
    return _like(input) if fits else None


def _attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, **more: Any,
) -> Answer:
    if query.dtype != key.dtype or query.dtype != value.dtype or query.dim() < 3 or more.get("enable_gqa"):
        return None
    if query.shape[:-2] != key.shape[:-2] or query.shape[:-2] != value.shape[:-2]:
        return None
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        return None
    scores = (*query.shape[:-1], key.shape[-2])
    if attn_mask is not None and torch.broadcast_shapes(attn_mask.shape, scores) != torch.Size(scores):
        return None
    return query.new_empty((*query.shape[:-1], value.shape[-1]), device="meta")


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
    out = data.new_empty((*data.shape[:-1], first.shape[-1] * (2 if both else 1)), device="meta")
    final = [torch.empty_like(state, device="meta") for state in (states if several else (states,))]
    return (out, *final)


_SHORTCUTS: Mapping[str, Shortcut] = {
    **dict.fromkeys(
        ("relu", "relu6", "gelu", "silu", "sigmoid", "tanh", "hardswish", "hardsigmoid", "hardtanh", "leaky_relu", "elu",
         "mish", "softplus"),
        _activation,
    ),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "group_norm": _group_norm,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "scaled_dot_product_attention": _attention,
    "lstm": _recurrent,
    "gru": _recurrent,
    "rnn_tanh": _recurrent,
    "rnn_relu": _recurrent,
}
