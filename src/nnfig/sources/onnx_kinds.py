"""One ONNX operator -> PyTorch's kind and attributes, the tensors it takes, and the weights it owns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnfig.graph import Mark
from nnfig.sources.onnx_values import Values
from nnfig.sources.vocabulary import FUNCTIONS, ONNX, Word


@dataclass(frozen=True, slots=True)
class Op:
    """One node of an ONNX graph, in plain Python."""

    type: str
    name: str = ""
    inputs: tuple[str, ...] = ()
    """An operand that is left out is ''."""
    outputs: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    scope: tuple[str, ...] = ()
    """Parts of the module path, where the names tell."""
    classes: tuple[str, ...] = ()
    """Class names parallel to `scope`, where known."""

    def input(self, place: int) -> str:
        """The operand at a place; '' where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one computation for counting its multiplications."""

    kind: str
    attributes: Mapping[str, Any]
    inputs: tuple[tuple[Any, ...] | None, ...]
    outputs: tuple[tuple[Any, ...] | None, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer before it has a name."""

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    """Tensors that flow in."""
    weights: tuple[str, ...] = ()
    """Tensors that it owns."""
    mark: Mark = ""
    shapes: tuple[tuple[Any, ...] | None, ...] = ()
    """Shapes to count multiplications with, where those of `inputs` are not the ones that the formula expects."""
    parts: tuple[Part, ...] = ()
    """What it was put together from, to count multiplications part by part."""


def draft(op: Op, values: Values) -> Draft:
    """The operator in PyTorch's words; one that nobody knows keeps its own name."""
    if op.domain in ("", "ai.onnx", "com.microsoft"):
        translate = _SPECIAL.get(op.type)
        found = translate(op, values) if translate else None
        if found:
            return found
        if op.type in ONNX:
            return _renamed(op, values, ONNX[op.type])
    weights = tuple(name for name in op.inputs if name and _owned(values, name))
    kept = tuple(name for name in op.inputs if not values.known(name))
    return Draft(op.type, _plain(op.attributes), kept, weights)


def as_function(kind: str) -> str:
    """The function of the same arithmetic as a module without parameters, or the kind itself."""
    return FUNCTIONS.get(kind, kind)


def _owned(values: Values, name: str) -> bool:
    """Whether a constant operand of an operator that nobody knows is a weight."""
    return name in values.roots and values.is_float(name) and values.number(name) is None


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that a layer can carry: numbers, text and short tuples of these."""
    return {
        key: value
        for key, value in attributes.items()
        if isinstance(value, (int, float, str, bool)) or (isinstance(value, tuple) and len(value) <= 16)
    }


def _rank(op: Op, values: Values, place: int = 0) -> int | None:
    shape = values.shape(op.input(place))
    return len(shape) if shape is not None else None


def _operands(op: Op, values: Values, named: Sequence[str] = ()) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Constants as attributes, and the tensors that flow in."""
    attributes: dict[str, Any] = {}
    inputs: list[str] = []
    for place, name in enumerate(op.inputs):
        if not name:
            continue
        label = named[place - 1] if 0 < place <= len(named) else ""
        constant = values.known(name)
        if label and constant:
            known = values.number(name) if label in ("min", "max", "k", "dim", "index") else values.tuple(name)
            known = values.tuple(name) if known is None else known
            if known is not None and (not isinstance(known, tuple) or len(known) <= 16):
                attributes[label] = known
        elif constant and values.number(name) is not None:
            attributes["other" if place else "input"] = values.number(name)
        elif name not in values.sizes:
            inputs.append(name)
    return attributes, tuple(inputs)


def _renamed(op: Op, values: Values, word: Word) -> Draft:
    attributes, inputs = _operands(op, values, word.operands)
    for key, value in op.attributes.items():
        if key in word.attributes:
            attributes.setdefault(word.attributes[key], value)
    dim = attributes.get("dim")
    if isinstance(dim, tuple) and len(dim) == 1:
        attributes["dim"] = dim[0]
    return Draft(word.kind, attributes, inputs, mark=word.mark)


# Layers with weights


def _pairs(pads: Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """ONNX pads (all begins, then all ends) as one number an axis, or as they are where the two sides differ.

    >>> _pairs((1, 1, 1, 1), 2), _pairs((0, 0, 1, 1), 2)
    ((1, 1), (0, 0, 1, 1))
    """
    pads = tuple(pads or (0,) * (2 * rank))
    return pads[:rank] if pads[:rank] == pads[rank:] else pads


def _window(op: Op, rank: int, kernel: Sequence[int]) -> dict[str, Any]:
    a = op.attributes
    found: dict[str, Any] = {
        "kernel_size": tuple(kernel),
        "stride": tuple(a.get("strides", (1,) * rank)),
        "padding": _pairs(a.get("pads"), rank),
        "dilation": tuple(a.get("dilations", (1,) * rank)),
    }
    if str(a.get("auto_pad", "NOTSET")).startswith("SAME"):
        found["padding"] = "same"
    return found


def _conv(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or not values.constant(op.input(1)) or len(weight) < 3:
        return None
    rank, groups = len(weight) - 2, op.attributes.get("group", 1)
    transposed = op.type == "ConvTranspose"
    first, second = weight[0], weight[1]
    attributes = {
        "in_channels": first if transposed else _times(second, groups),
        "out_channels": _times(second, groups) if transposed else first,
        **_window(op, rank, op.attributes.get("kernel_shape") or weight[2:]),
        "groups": groups,
        "bias": bool(op.input(2)),
    }
    if transposed:
        attributes["output_padding"] = tuple(op.attributes.get("output_padding", (0,) * rank))
    kind = f"ConvTranspose{rank}d" if transposed else f"Conv{rank}d"
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


def _times(size: Any, factor: int) -> Any:
    return size * factor if isinstance(size, int) else size


def _gemm(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or len(weight) != 2 or not values.constant(op.input(1)) or not values.constant(op.input(2)):
        return None
    out, features = weight if op.attributes.get("transB", 0) else weight[::-1]
    attributes = {"in_features": features, "out_features": out, "bias": bool(op.input(2))}
    return Draft("Linear", attributes, op.inputs[:1], op.inputs[1:3])


def _matmul(op: Op, values: Values) -> Draft | None:
    weight = values.shape(op.input(1))
    if weight is None or len(weight) != 2 or not values.constant(op.input(1)) or values.constant(op.input(0)):
        return None
    attributes = {"in_features": weight[0], "out_features": weight[1], "bias": False}
    return Draft("Linear", attributes, op.inputs[:1], op.inputs[1:2])


def _batch_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(1)) or ("?",)
    rank = _rank(op, values) or 4
    attributes = {
        "num_features": shape[0],
        "eps": _rounded(op.attributes.get("epsilon", 1e-5)),
        "momentum": _rounded(1 - op.attributes.get("momentum", 0.9)),
        "affine": True,
    }
    kind = {2: "BatchNorm1d", 3: "BatchNorm1d", 5: "BatchNorm3d"}.get(rank, "BatchNorm2d")
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


def _rounded(value: float) -> float:
    """A float32 written with the digits that it was given with."""
    return float(f"{value:.6g}")


def _instance_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(1)) or ("?",)
    rank = {3: "1d", 5: "3d"}.get(_rank(op, values) or 4, "2d")
    attributes = {"num_features": shape[0], "eps": _rounded(op.attributes.get("epsilon", 1e-5)), "affine": True}
    return Draft(f"InstanceNorm{rank}", attributes, op.inputs[:1], op.inputs[1:3])


def _group_norm(op: Op, values: Values) -> Draft:
    shape = values.shape(op.input(0)) or ("?", "?")
    attributes = {
        "num_groups": op.attributes.get("num_groups", 1),
        "num_channels": shape[1],
        "eps": _rounded(op.attributes.get("epsilon", 1e-5)),
    }
    return Draft("GroupNorm", attributes, op.inputs[:1], op.inputs[1:3])


def _layer_norm(op: Op, values: Values) -> Draft:
    shape = (values.shape(op.input(1)) if op.input(1) else None) or op.attributes.get("shape") or ("?",)
    attributes = {"normalized_shape": tuple(shape), "eps": _rounded(op.attributes.get("epsilon", 1e-5))}
    kind = "RMSNorm" if op.type in ("RMSNormalization", "SimplifiedLayerNormalization") else "LayerNorm"
    return Draft(kind, attributes, op.inputs[:1], op.inputs[1:3])


def _recurrent(op: Op, values: Values) -> Draft:
    weight = values.shape(op.input(1)) or ("?", "?", "?")
    attributes = {
        "input_size": weight[-1],
        "hidden_size": op.attributes.get("hidden_size", "?"),
        "bias": bool(op.input(3)),
        "bidirectional": op.attributes.get("direction", "forward") == "bidirectional",
    }
    weights = tuple(op.input(place) for place in (1, 2, 3, 7) if op.input(place))
    states = tuple(op.input(p) for p in (0, 5, 6) if op.input(p) and not values.known(op.input(p)))
    return Draft(op.type, attributes, states, weights)


def _prelu(op: Op, values: Values) -> Draft | None:
    if not values.constant(op.input(1)):
        return None
    slopes = [d for d in values.shape(op.input(1)) or () if d != 1]
    return Draft("PReLU", {"num_parameters": slopes[0] if slopes else 1}, op.inputs[:1], op.inputs[1:2])


def _gather(op: Op, values: Values) -> Draft | None:
    table = values.shape(op.input(0))
    if table is not None and len(table) == 2 and _owned(values, op.input(0)) and op.attributes.get("axis", 0) == 0:
        attributes = {"num_embeddings": table[0], "embedding_dim": table[1]}
        return Draft("Embedding", attributes, op.inputs[1:2], op.inputs[:1])
    if values.number(op.input(1)) is not None and not values.constant(op.input(0)):
        attributes = {"dim": op.attributes.get("axis", 0), "index": values.number(op.input(1))}
        return Draft("select", attributes, op.inputs[:1], mark="plumbing")
    return None


# Layers without weights


def _pool(op: Op, values: Values) -> Draft:
    kernel = op.attributes.get("kernel_shape", ())
    rank = len(kernel)
    attributes = _window(op, rank, kernel)
    attributes["ceil_mode"] = bool(op.attributes.get("ceil_mode", 0))
    begins, ends = attributes["padding"][:rank], attributes["padding"][rank:]
    if attributes["padding"] != "same" and ends and all(e >= b for b, e in zip(begins, ends, strict=True)):
        # more padding at the end than at the start is how exporters write ceil_mode
        attributes["padding"] = begins
        attributes["ceil_mode"] = _rounds_up(values.shape(op.input(0)), values.shape(op.outputs[0]), attributes)
    if op.type == "AveragePool":
        attributes["count_include_pad"] = bool(op.attributes.get("count_include_pad", 0))
        if all(d == 1 for d in attributes["dilation"]):
            del attributes["dilation"]
    names = {"MaxPool": "MaxPool", "AveragePool": "AvgPool", "LpPool": "LPPool"}
    return Draft(f"{names[op.type]}{rank}d", attributes, op.inputs[:1])


def _rounds_up(before: Any, after: Any, window: Mapping[str, Any]) -> bool:
    """Whether a window that rounds down would give a smaller output than there is."""
    sizes = zip(
        (before or ())[2:], (after or ())[2:], window["kernel_size"], window["stride"], window["padding"], strict=False
    )
    return any(isinstance(i, int) and isinstance(o, int) and (i + 2 * p - k) // s + 1 < o for i, o, k, s, p in sizes)


def _global_pool(op: Op, values: Values) -> Draft:
    rank = (_rank(op, values) or 4) - 2
    kind = "AdaptiveMaxPool" if op.type == "GlobalMaxPool" else "AdaptiveAvgPool"
    return Draft(f"{kind}{rank}d", {"output_size": (1,) * rank}, op.inputs[:1])


def _dropout(op: Op, values: Values) -> Draft:
    ratio = op.attributes.get("ratio", values.number(op.input(1)))
    return Draft("Dropout", {"p": _rounded(0.5 if ratio is None else ratio)}, op.inputs[:1])


def _clip(op: Op, values: Values) -> Draft | None:
    low = op.attributes.get("min", values.number(op.input(1)))
    high = op.attributes.get("max", values.number(op.input(2)))
    if low == 0 and high == 6:
        return Draft("ReLU6", {}, op.inputs[:1])
    if low == 0 and high is None and not op.input(2):
        return Draft("ReLU", {}, op.inputs[:1])
    return None


def _flatten(op: Op, values: Values) -> Draft:
    return Draft("Flatten", {"start_dim": op.attributes.get("axis", 1)}, op.inputs[:1], mark="plumbing")


def _reshape(op: Op, values: Values) -> Draft | None:
    """A reshape that keeps the batch and joins all the rest is a flatten."""
    before, after = values.shape(op.input(0)), values.shape(op.outputs[0])
    if values.constant(op.input(0)) or not before or not after or len(after) != 2 or len(before) < 3:
        return None
    return _flatten(replace(op, attributes={}), values) if before[0] == after[0] else None


def _reduce(op: Op, values: Values) -> Draft:
    axes = op.attributes.get("axes") or values.tuple(op.input(1))
    attributes: dict[str, Any] = {"dim": axes, "keepdim": bool(op.attributes.get("keepdims", 1))}
    if op.type in ("ReduceL1", "ReduceL2"):
        attributes["p"] = int(op.type[-1])
    return Draft(ONNX[op.type].kind, attributes, op.inputs[:1])


def _upsample(op: Op, values: Values) -> Draft:
    a = op.attributes
    scales = a.get("scales") or values.tuple(op.input(1 if op.type == "Upsample" else 2))
    before, after = values.shape(op.input(0)) or (), values.shape(op.outputs[0]) or ()
    if not scales and len(before) == len(after):
        sizes = list(zip(before, after, strict=True))
        scales = tuple(o / i for i, o in sizes) if all(isinstance(x, int) and x for s in sizes for x in s) else ()
    rank = len(before) - 2 if before else 2
    mode = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank, "linear"), "cubic": "bicubic"}
    attributes: dict[str, Any] = {"mode": mode.get(a.get("mode", "nearest"), a.get("mode", "nearest"))}
    if scales and len(scales) > 2:
        attributes["scale_factor"] = tuple(int(s) if s == int(s) else _rounded(s) for s in scales[2:])
    if attributes["mode"] != "nearest":
        attributes["align_corners"] = a.get("coordinate_transformation_mode") == "align_corners"
    return Draft("Upsample", attributes, op.inputs[:1])


def _pad(op: Op, values: Values) -> Draft:
    pads = op.attributes.get("pads") or op.attributes.get("paddings") or values.tuple(op.input(1)) or ()
    rank = len(pads) // 2
    pairs = [(pads[axis], pads[axis + rank]) for axis in reversed(range(rank))]
    while pairs and pairs[-1] == (0, 0):
        pairs.pop()
    mode = op.attributes.get("mode", "constant")
    attributes = {"pad": tuple(x for pair in pairs for x in pair), "mode": {"edge": "replicate"}.get(mode, mode)}
    return Draft("pad", attributes, op.inputs[:1], mark="" if pairs else "plumbing")


def _attention(op: Op, values: Values) -> Draft:
    a = op.attributes
    attributes: dict[str, Any] = {"is_causal": True} if a.get("is_causal") else {}
    attributes |= {new: a[old] for old, new in (("q_num_heads", "num_heads"), ("scale", "scale")) if old in a}
    inputs = tuple(n for n in op.inputs if n and not values.known(n))
    return Draft("scaled_dot_product_attention", attributes, inputs, shapes=a.get("shapes", ()))


def _slice(op: Op, values: Values) -> Draft:
    a = op.attributes
    parts = {
        key: a.get(key) or values.tuple(op.input(place))
        for place, key in enumerate(("starts", "ends", "axes", "steps"), 1)
    }
    named = {"starts": "start", "ends": "stop", "axes": "dim", "steps": "step"}
    attributes = {named[key]: value for key, value in parts.items() if value is not None}
    attributes = {key: value[0] if len(value) == 1 else value for key, value in attributes.items()}
    if attributes.get("step") == 1:
        del attributes["step"]
    return Draft("getitem", attributes, op.inputs[:1], mark="plumbing")


def _cast(op: Op, values: Values) -> Draft:
    spec = values.specs.get(op.outputs[0])
    return Draft("to", {"dtype": spec.dtype} if spec else {}, op.inputs[:1], mark="plumbing")


_SPECIAL: Mapping[str, Callable[[Op, Values], Draft | None]] = {
    "Conv": _conv,
    "ConvTranspose": _conv,
    "ConvInteger": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _layer_norm,
    "SimplifiedLayerNormalization": _layer_norm,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "PRelu": _prelu,
    "Gather": _gather,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "LpPool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "Dropout": _dropout,
    "Clip": _clip,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Resize": _upsample,
    "Upsample": _upsample,
    "Pad": _pad,
    "Attention": _attention,
    "Slice": _slice,
    "Cast": _cast,
    "CastLike": _cast,
    **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1"), _reduce),
    **dict.fromkeys(("ReduceL2", "ReduceLogSumExp", "ReduceSumSquare"), _reduce),
}
