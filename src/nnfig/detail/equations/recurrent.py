"""LSTM, GRU and RNN, and their cells, as the matrix products, gates and sums that they compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nnfig.detail.equations.parts import STATE, Parts, Shape, StaysClosed
from nnfig.graph import Edge, TensorSpec

States = tuple[Edge, ...]
"""Hidden state, and for an LSTM the cell state."""
NAMES = "hc"
BACKWARDS = "go_backwards"
"""What Keras calls a sequence that is read, and given, from its end."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """One cell."""

    batch: Shape
    """Axes before the features."""
    width: int
    """Features that it takes."""
    hidden: int
    projected: int = 0
    """Features of the hidden state after a projection; 0 without one."""
    bias: tuple[bool, bool] = (False, False)
    """Whether the products of the input and of the state have one."""

    @property
    def shape(self) -> Shape:
        """Of a gate."""
        return (*self.batch, self.hidden)

    @property
    def states(self) -> tuple[Shape, Shape]:
        """Of the hidden state and the cell state."""
        return (*self.batch, self.projected or self.hidden), self.shape

    def weights(self, gates: int) -> int:
        """Elements of all matrices, without biases."""
        return gates * self.hidden * (self.width + (self.projected or self.hidden)) + self.hidden * self.projected


Equations = Callable[[Parts, Sizes, Edge, States], States]
"""One time step: input and states -> states, each edge with what its tensor is called."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one time step of a kind computes."""

    equations: Equations
    gates: int
    states: int
    one_bias: bool = True
    """Whether a bias on the product of the input alone, as other frameworks have it, is the same equation."""


def _products(parts: Parts, sizes: Sizes, x: Edge, h: Edge, gates: int) -> tuple[Edge, Edge]:
    wide = gates * sizes.hidden
    of_h = sizes.projected or sizes.hidden
    return (
        parts.linear("W_ih", x, sizes.batch, sizes.width, wide, sizes.bias[0], "Wᵢₕ"),
        parts.linear("W_hh", h, sizes.batch, of_h, wide, sizes.bias[1], "Wₕₕ"),
    )


def _lstm(parts: Parts, sizes: Sizes, x: Edge, states: States) -> States:
    """`c' = f * c + i * g`, `h' = o * tanh(c')`."""
    h, c = states
    of_x, of_h = _products(parts, sizes, x, h, 4)
    shape = sizes.shape
    gates = parts.add("gates", "add", [of_x, of_h], (*sizes.batch, 4 * sizes.hidden))
    kinds = {"i": "sigmoid", "f": "sigmoid", "g": "tanh", "o": "sigmoid"}
    chunks = parts.chunk("chunk", gates, sizes.batch, sizes.hidden, tuple(kinds))
    i, f, g, o = (parts.add(name, kinds[name], [chunk], shape) for name, chunk in zip(kinds, chunks, strict=True))
    keep = parts.add("keep", "mul", [f, c], shape)
    write = parts.add("write", "mul", [i, g], shape)
    c = parts.add("c_next", "add", [keep, write], shape, symbol=_now("c"))
    squashed = parts.add("tanh", "tanh", [c if parts.whole else replace(c, label=_now("c"))], shape)
    if not sizes.projected:
        return parts.add("h_next", "mul", [o, squashed], shape, symbol=_now("h")), c
    wide = parts.add("out", "mul", [o, squashed], shape)
    return parts.linear("h_next", wide, sizes.batch, sizes.hidden, sizes.projected, False, _now("h")), c


def _gru(parts: Parts, sizes: Sizes, x: Edge, states: States) -> States:
    """`n = tanh(W x + r * (W h))`, `h' = (1 - z) * n + z * h`."""
    (h,) = states
    of_x, of_h = _products(parts, sizes, x, h, 3)
    shape = sizes.shape
    x_r, x_z, x_n = parts.chunk("chunk_x", of_x, sizes.batch, sizes.hidden, "rzn")
    h_r, h_z, h_n = parts.chunk("chunk_h", of_h, sizes.batch, sizes.hidden, "rzn")
    r = parts.add("r", "sigmoid", [parts.add("sum_r", "add", [x_r, h_r], shape)], shape)
    z = parts.add("z", "sigmoid", [parts.add("sum_z", "add", [x_z, h_z], shape)], shape)
    reset = parts.add("reset", "mul", [r, h_n], shape)
    n = parts.add("n", "tanh", [parts.add("sum_n", "add", [x_n, reset], shape)], shape)
    rest = parts.add("rest", "sub", [z], shape, input=1)
    write = parts.add("write", "mul", [rest, n], shape)
    keep = parts.add("keep", "mul", [z, h], shape)
    return (parts.add("h_next", "add", [write, keep], shape, symbol=_now("h")),)


def _rnn(parts: Parts, sizes: Sizes, x: Edge, states: States) -> States:
    """`h' = tanh(W x + W h)`, or relu."""
    of_x, of_h = _products(parts, sizes, x, states[0], 1)
    total = parts.add("sum", "add", [of_x, of_h], sizes.shape)
    kind = str(parts.attributes.get("nonlinearity", "tanh"))
    return (parts.add("h_next", kind, [total], sizes.shape, symbol=_now("h")),)


def _now(letter: str) -> str:
    """What a tensor of this step is called."""
    return f"{letter}ₜ"


STEPS = {"LSTM": Step(_lstm, 4, 2), "GRU": Step(_gru, 3, 1, one_bias=False), "RNN": Step(_rnn, 1, 1)}


def cell(parts: Parts) -> None:
    """LSTMCell, GRUCell, RNNCell: one step."""
    step = STEPS[parts.layer.kind.removesuffix("Cell")]
    x, *given = parts.inputs
    a = parts.attributes
    sizes = Sizes(x.spec.shape[:-1], a["input_size"], a["hidden_size"])
    sizes = replace(sizes, bias=_biases(parts, step, [sizes]))
    if len(given) not in (0, step.states):
        raise StaysClosed(f"it takes {len(given)} states, expected {step.states}")
    states = tuple(taken.edge for taken in given)
    if not given:
        with parts.outside():
            states = _zeros(parts, sizes.states[: step.states], "initial.")
    if parts.whole:
        parts.call(x.edge, _now("x"))
    if parts.whole and given:  # the network's own inputs are the states
        for letter, edge in zip(NAMES, states, strict=False):
            parts.call(edge, f"{letter}ₜ₋₁")
    elif parts.whole:
        with parts.outside():
            states = _old(parts, states, sizes)
    else:
        states = _old(parts, states, sizes)
    made = step.equations(parts, sizes, x.edge, states)
    parts.gives = dict(enumerate(made if parts.whole else _said(made)))


def sequence(parts: Parts) -> None:
    """LSTM, GRU, RNN: for each layer and direction a step, as often as the sequence is long."""
    step, shape, time = STEPS[parts.layer.kind], parts.inputs[0].spec.shape, _time(parts)
    ways = ("", "_reverse") if parts.attributes.get("bidirectional") else ("",)
    cells = _cells(parts, step, time, len(ways))
    given = _initial(parts, step, cells[0], len(cells) * len(ways))
    edge, finals = parts.inputs[0].edge, list[States]()
    over_time = (*shape[:-1], cells[0].states[0][-1])
    results: list[Edge] = []
    for layer, sizes in enumerate(cells):
        results = []
        for way in ways:
            name = f"l{layer}{way}"
            states = _initial_states(parts, name, len(finals), given, sizes.states[: step.states])
            turned = bool(parts.attributes.get(BACKWARDS))
            index = "length - 1 - t" if way or turned else "t"
            with parts.group(name, f"{parts.layer.kind}Cell", repeat=int(shape[time])):
                states = _old(parts, states, sizes, backwards=turned or bool(way))
                x = parts.add(
                    "x_t", "select", [edge], (*sizes.batch, sizes.width), mark="plumbing", dim=time, index=index
                )
                states = _said(step.equations(parts, sizes, replace(x, label=_now("x")), states))
            finals.append(tuple(replace(edge, label=f"last {edge.label}") for edge in states))
            results.append(
                parts.add(f"{name}_stack", "stack", states[:1], over_time, dim=time, index="t" if turned else index)
            )
        edge = _side_by_side(parts, f"l{layer}", results, over_time)
        if parts.attributes.get("dropout") and sizes is not cells[-1]:
            wide = (*shape[:-1], cells[-1].width)
            edge = parts.add(f"l{layer}_dropout", "dropout", [edge], wide, p=parts.attributes["dropout"])
    parts.gives[0] = edge
    rank = len(parts.layer.output[0].shape) if parts.layer.output else len(shape)
    if rank < len(shape):  # Keras gives the last step alone
        last = [states[0] for states in finals[-len(ways) :]]
        parts.gives[0] = _side_by_side(parts, "last", last, cells[0].states[0])
    elif rank > len(shape):  # ONNX gives directions an axis of their own
        apart = (*shape[:1], len(ways), *over_time[1:])
        parts.gives[0] = parts.add("directions", "stack", results, apart, dim=1)
    for number in range(step.states):
        if number + 1 in parts.used:
            last = [states[number] for states in finals]
            state = cells[0].states[number]
            if len(last) == 1 and parts.layer.output[number + 1 :][:1] == (TensorSpec(state, parts.dtype),):
                parts.gives[number + 1] = last[0]  # Keras has no axis for the layers
                continue
            size = (len(last), *state)
            kind, mark = ("stack", "") if len(last) > 1 else ("unsqueeze", "plumbing")
            parts.gives[number + 1] = parts.add(f"{NAMES[number]}_n", kind, last, size, mark=mark, dim=0)


def _time(parts: Parts) -> int:
    """The axis of time."""
    shape = parts.inputs[0].spec.shape
    if len(shape) == 2 and any(len(spec.shape) == 3 for spec in parts.layer.output[1:]):
        raise StaysClosed("its sequences are packed, each of its own length")
    time = 1 if parts.attributes.get("batch_first") and len(shape) == 3 else 0
    if len(shape) not in (2, 3) or not isinstance(shape[time], int) or not shape[time]:
        raise StaysClosed("the number of its steps is not known")
    return time


def _cells(parts: Parts, step: Step, time: int, ways: int) -> list[Sizes]:
    """The cell of each layer."""
    a, shape = parts.attributes, parts.inputs[0].spec.shape
    batch = tuple(size for axis, size in enumerate(shape[:-1]) if axis != time)
    first = Sizes(batch, a["input_size"], a["hidden_size"], a.get("proj_size") or 0)
    deeper = replace(first, width=ways * int(first.states[0][-1]))
    cells = [deeper if layer else first for layer in range(a.get("num_layers", 1))]
    bias = _biases(parts, step, [sizes for sizes in cells for _ in range(ways)])
    return [replace(sizes, bias=bias) for sizes in cells]


def _initial(parts: Parts, step: Step, sizes: Sizes, count: int) -> list[Edge]:
    """The states that the layer is given, of all its cells together."""
    given = parts.inputs[1:]
    if given and [taken.spec.shape for taken in given] != [(count, *state) for state in sizes.states[: step.states]]:
        raise StaysClosed("its initial states have other shapes than PyTorch's")
    return [taken.edge for taken in given]


def _initial_states(parts: Parts, name: str, number: int, given: Sequence[Edge], shapes: Sequence[Shape]) -> States:
    """The states of one cell before its first step, selected from those of all cells or zero."""
    if not given:
        return _zeros(parts, shapes, f"{name}_initial.")
    return tuple(
        parts.add(f"{name}_initial.{letter}", "select", [edge], shape, mark="plumbing", dim=0, index=number)
        for letter, edge, shape in zip(NAMES, given, shapes, strict=False)
    )


def _zeros(parts: Parts, shapes: Sequence[Shape], prefix: str) -> States:
    """The states where none are given."""
    return tuple(
        parts.add(f"{prefix}{letter}", "zeros", [], shape, mark="constant")
        for letter, shape in zip(NAMES, shapes, strict=False)
    )


def _old(parts: Parts, first: States, sizes: Sizes, backwards: bool = False) -> States:
    """The states that a step takes: before the first one these, then what the step before gave."""
    before = "ₜ₊₁" if backwards else "ₜ₋₁"
    return tuple(
        parts.add(letter, STATE, [edge], shape, symbol=f"{letter}{before}")
        for letter, edge, shape in zip(NAMES, first, sizes.states, strict=False)
    )


def _said(states: States) -> States:
    """The states with what they are called."""
    return tuple(replace(edge, label=_now(letter)) for letter, edge in zip(NAMES, states, strict=False))


def _side_by_side(parts: Parts, name: str, results: Sequence[Edge], shape: Shape) -> Edge:
    """The results of all directions, each of this shape, as one."""
    if len(results) == 1:
        return results[0]
    return parts.add(f"{name}_cat", "cat", results, (*shape[:-1], len(results) * int(shape[-1])), dim=-1)


def _biases(parts: Parts, step: Step, cells: Sequence[Sizes]) -> tuple[bool, bool]:
    """Whether the products of the input and of the state have a bias, told by the number of weights.

    PyTorch gives one to both or to none.
    """
    bare = sum(sizes.weights(step.gates) for sizes in cells)
    biases = sum(step.gates * sizes.hidden for sizes in cells)
    known = {bare: (False, False), bare + 2 * biases: (True, True)}
    if step.one_bias:
        known[bare + biases] = (True, False)
    if parts.weights not in known:
        raise StaysClosed(f"it has {parts.weights:,} parameters, and PyTorch's equations {bare + 2 * biases:,}")
    return known[parts.weights]
