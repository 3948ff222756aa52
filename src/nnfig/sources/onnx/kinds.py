"""One ONNX operator -> PyTorch's kind and attributes, the tensors it takes, and the weights it owns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnfig.sources.onnx.kinds_weights import WITH_WEIGHTS
from nnfig.sources.onnx.ops import Draft, Op, owned, rank, rounded, window
from nnfig.sources.onnx.values import Values
from nnfig.sources.vocabulary import FUNCTIONS, ONNX, Word


def draft(op: Op, values: Values) -> Draft:
    """The operator in PyTorch's words; one that nobody knows keeps its own name."""
    if op.domain in ("", "ai.onnx", "com.microsoft"):
        try:
            translate = _SPECIAL.get(op.type)
            found = translate(op, values) if translate else None
            if found:
                return found
            if op.type in ONNX:
                return _renamed(op, values, ONNX[op.type])
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
            pass  # attributes or operands that its definition does not allow: drawn as what it calls itself
    weights = tuple(name for name in op.inputs if name and owned(values, name))
    kept = tuple(name for name in op.inputs if not values.known(name))
    return Draft(op.type, _plain(op.attributes), kept, weights)


def as_function(kind: str) -> str:
    """The function of the same arithmetic as a module without parameters, or the kind itself."""
    return FUNCTIONS.get(kind, kind)


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that a layer can carry: numbers, text and short tuples of these."""
    return {
        key: value
        for key, value in attributes.items()
        if isinstance(value, (int, float, str, bool)) or (isinstance(value, tuple) and len(value) <= 16)
    }


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


def _pool(op: Op, values: Values) -> Draft:
    kernel = op.attributes.get("kernel_shape", ())
    axes = len(kernel)
    attributes = window(op, axes, kernel)
    attributes["ceil_mode"] = bool(op.attributes.get("ceil_mode", 0))
    begins, ends = attributes["padding"][:axes], attributes["padding"][axes:]
    if attributes["padding"] != "same" and ends and all(e >= b for b, e in zip(begins, ends, strict=True)):
        # more padding at the end than at the start is how exporters write ceil_mode
        attributes["padding"] = begins
        attributes["ceil_mode"] = _rounds_up(values.shape(op.input(0)), values.shape(op.outputs[0]), attributes)
    if op.type == "AveragePool":
        attributes["count_include_pad"] = bool(op.attributes.get("count_include_pad", 0))
        if all(d == 1 for d in attributes["dilation"]):
            del attributes["dilation"]
    names = {"MaxPool": "MaxPool", "AveragePool": "AvgPool", "LpPool": "LPPool"}
    return Draft(f"{names[op.type]}{axes}d", attributes, op.inputs[:1])


def _rounds_up(before: Any, after: Any, window: Mapping[str, Any]) -> bool:
    """Whether a window that rounds down would give a smaller output than there is."""
    grids = [list(shape)[2:] for shape in (before or (), after or ())]
    sizes = zip(*grids, window["kernel_size"], window["stride"], window["padding"], strict=False)
    return any(isinstance(i, int) and isinstance(o, int) and (i + 2 * p - k) // s + 1 < o for i, o, k, s, p in sizes)


def _global_pool(op: Op, values: Values) -> Draft:
    axes = (rank(op, values) or 4) - 2
    kind = "AdaptiveMaxPool" if op.type == "GlobalMaxPool" else "AdaptiveAvgPool"
    return Draft(f"{kind}{axes}d", {"output_size": (1,) * axes}, op.inputs[:1])


def _dropout(op: Op, values: Values) -> Draft:
    ratio = op.attributes.get("ratio", values.number(op.input(1)))
    return Draft("Dropout", {"p": rounded(0.5 if ratio is None else ratio)}, op.inputs[:1])


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
        pairs = [(i, o) for i, o in zip(before, after, strict=True) if isinstance(i, int) and isinstance(o, int) and i]
        scales = tuple(o / i for i, o in pairs) if len(pairs) == len(before) else ()
    rank = len(before) - 2 if before else 2
    mode = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank, "linear"), "cubic": "bicubic"}
    attributes: dict[str, Any] = {"mode": mode.get(a.get("mode", "nearest"), a.get("mode", "nearest"))}
    if scales and len(scales) > 2:
        attributes["scale_factor"] = tuple(int(s) if s == int(s) else rounded(s) for s in scales[2:])
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
    **WITH_WEIGHTS,
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
