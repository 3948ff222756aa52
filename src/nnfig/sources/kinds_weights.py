"""Layers that own weights: what follows from their input, their shapes, and how many parameters they have."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from nnfig.graph import Dim
from nnfig.sources.kinds_arrays import axis
from nnfig.sources.kinds_windows import Attributes, Clash, Follows, Output, Shape, Shapes, per_axis, written

Count = Callable[[Attributes], int]
"""Attributes -> number of parameters."""


def last(name: str) -> Follows:
    """The rule 'this attribute is the size of the input's last axis'."""
    return lambda a, shapes: {name: _at(shapes[0], -1)}


def second(name: str) -> Follows:
    """The rule 'this attribute is the number of channels', which stand after the batch."""
    return lambda a, shapes: {name: _at(shapes[0], 1 if len(shapes[0]) > 1 else 0)}


def _at(shape: Shape, place: int) -> Dim:
    if not shape:
        raise Clash("its input is a single number, expected a tensor")
    return shape[place]


def no_params(a: Attributes) -> int:
    """Nothing is learned."""
    return 0


def conv_params(axes: int) -> Count:
    """Kernels and biases; the larger side is divided into groups."""

    def count(a: Attributes) -> int:
        kernels = a["in_channels"] * a["out_channels"] // a.get("groups", 1) * prod(per_axis(a["kernel_size"], axes))
        return kernels + a["out_channels"] * bool(a.get("bias", True))

    return count


def linear_params(a: Attributes) -> int:
    """A matrix and a bias."""
    return a["out_features"] * (a["in_features"] + bool(a.get("bias", True)))


def linear(a: Attributes, shapes: Shapes) -> list[Shape]:
    """The last axis becomes out_features."""
    return [(*shapes[0][:-1], a["out_features"])]


def bilinear_follows(a: Attributes, shapes: Shapes) -> dict[str, Any]:
    """Both inputs' last axes."""
    return {"in1_features": _at(shapes[0], -1), "in2_features": _at(shapes[1], -1)}


def bilinear_params(a: Attributes) -> int:
    """A matrix for each output feature, and a bias."""
    return a["out_features"] * (a["in1_features"] * a["in2_features"] + bool(a.get("bias", True)))


def affine_params(name: str) -> Count:
    """A scale and a shift for each channel."""
    return lambda a: (
        2 * a[name] * bool(a.get("affine")) - (a[name] if a.get("bias") is False and a.get("affine") else 0)
    )


def layer_norm(a: Attributes, shapes: Shapes) -> list[Shape]:
    """The last axes are normalised; they have to be those that are named."""
    size = a["normalized_shape"]
    if tuple(shapes[0][len(shapes[0]) - len(size) :]) != tuple(size):
        raise Clash(f"normalized_shape is {written(tuple(size))}, but the input is {written(shapes[0])}")
    return [shapes[0]]


def layer_norm_follows(a: Attributes, shapes: Shapes) -> dict[str, Any]:
    """The last axis, unless more are named."""
    return {} if "normalized_shape" in a else {"normalized_shape": (_at(shapes[0], -1),)}


def layer_norm_params(a: Attributes) -> int:
    """A scale and, but for RMSNorm, a shift for each place."""
    return prod(a["normalized_shape"]) * bool(a.get("elementwise_affine")) * (1 + bool(a.get("bias")))


def group_norm(a: Attributes, shapes: Shapes) -> list[Shape]:
    """The number of groups divides the channels."""
    if isinstance(a["num_channels"], int) and a["num_channels"] % a["num_groups"]:
        raise Clash(f"{a['num_groups']} groups do not divide {a['num_channels']} channels")
    return [shapes[0]]


def embedding(a: Attributes, shapes: Shapes) -> list[Shape]:
    """A vector for each index."""
    return [(*shapes[0], a["embedding_dim"])]


def embedding_bag(a: Attributes, shapes: Shapes) -> list[Shape]:
    """A vector for each bag of indices."""
    return [(*shapes[0][:1], a["embedding_dim"])]


def embedding_params(a: Attributes) -> int:
    """The table."""
    return a["num_embeddings"] * a["embedding_dim"]


def recurrent(states: int) -> Output:
    """RNN, GRU, LSTM: the sequence, then the last states."""

    def output(a: Attributes, shapes: Shapes) -> list[Shape]:
        shape = shapes[0]
        if len(shape) not in (2, 3):
            order = "batch x time" if a["batch_first"] else "time x batch"
            raise Clash(f"its input is {written(shape)}, expected {order} x features")
        directions = 2 if a["bidirectional"] else 1
        size = a.get("proj_size") or a["hidden_size"]
        batch = shape[:-1][:1] if a["batch_first"] else shape[:-1][1:]
        layers = a["num_layers"] * directions
        state = (layers, *(batch if len(shape) == 3 else ()), size)
        return [(*shape[:-1], directions * size), state, (*state[:-1], a["hidden_size"])][: 1 + states]

    return output


def recurrent_params(gates: int) -> Count:
    """For each layer and direction: weights of input and state, two biases, a projection."""

    def count(a: Attributes) -> int:
        hidden, project = a["hidden_size"], a.get("proj_size") or 0
        directions, total, taken = 2 if a["bidirectional"] else 1, 0, a["input_size"]
        for _ in range(a["num_layers"]):
            one = gates * hidden * (taken + (project or hidden) + 2 * bool(a["bias"])) + hidden * project
            total, taken = total + directions * one, directions * (project or hidden)
        return total

    return count


def cell(states: int) -> Output:
    """RNNCell, GRUCell, LSTMCell: the next states."""
    return lambda a, shapes: [(*shapes[0][:-1], a["hidden_size"])] * states


def cell_params(gates: int) -> Count:
    """Weights of input and state, two biases."""
    return lambda a: gates * a["hidden_size"] * (a["input_size"] + a["hidden_size"] + 2 * bool(a["bias"]))


def attention_follows(a: Attributes, shapes: Shapes) -> dict[str, Any]:
    """The width of the query, and those of key and value where they differ."""
    width = _at(shapes[0], -1)
    key = shapes[1] if len(shapes) > 1 else shapes[0]
    value = shapes[2] if len(shapes) > 2 and len(shapes[2]) == len(shapes[0]) else key
    other = {name: shape[-1] for name, shape in (("kdim", key), ("vdim", value)) if shape[-1:] != (width,)}
    return {"embed_dim": width, **other}


def attention(a: Attributes, shapes: Shapes) -> list[Shape]:
    """As the query; the heads divide its width."""
    if isinstance(a["embed_dim"], int) and a["embed_dim"] % a["num_heads"]:
        raise Clash(f"{a['num_heads']} heads do not divide a width of {a['embed_dim']}")
    return [shapes[0]]


def attention_params(a: Attributes) -> int:
    """Projections of query, key, value and result."""
    width, biased = a["embed_dim"], bool(a["bias"])
    taken = 2 * width + (a["kdim"] or width) + (a["vdim"] or width)
    return width * (taken + 4 * biased + 2 * bool(a["add_bias_kv"]))


def cosine(a: Attributes, shapes: Shapes) -> list[Shape]:
    """CosineSimilarity and PairwiseDistance: one number for each pair of vectors."""
    at = axis(a.get("dim", -1), shapes[0])
    shape = shapes[0]
    return [(*shape[:at], *((1,) if a.get("keepdim") else ()), *shape[at + 1 :])]
