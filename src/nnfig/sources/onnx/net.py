"""The operators of an ONNX graph with their wiring, in which several can be replaced by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nnfig.sources.onnx.ops import Op
from nnfig.sources.onnx.values import Values


@dataclass(slots=True)
class Net:
    """The operators with their wiring, while patterns are replaced in it."""

    ops: dict[int, Op]
    values: Values
    maker: dict[str, int]
    takers: dict[str, list[int]]
    """Operators that take a tensor, once for each use; -1 stands for the network's result."""

    @classmethod
    def of(cls, ops: Sequence[Op], values: Values, results: Sequence[str]) -> Net:
        """The wiring of these operators."""
        net = cls(dict(enumerate(ops)), values, {}, {name: [-1] for name in results})
        for i, op in net.ops.items():
            net._wire(i, op)
        return net

    def _wire(self, i: int, op: Op) -> None:
        for name in op.outputs:
            self.maker[name] = i
        for name in op.inputs:
            self.takers.setdefault(name, []).append(i)

    def before(self, name: str, *types: str) -> int | None:
        """The operator that makes a tensor, if it is of one of these types."""
        i = self.maker.get(name)
        return i if i is not None and self.ops[i].type in types else None

    def after(self, i: int, *types: str) -> int | None:
        """The only operator that takes an operator's only used output, if it is of one of these types."""
        takers = [t for name in self.ops[i].outputs for t in self.takers.get(name, ())]
        only = takers[0] if takers and all(t == takers[0] for t in takers) else -1
        return only if only >= 0 and self.ops[only].type in types else None

    def users(self, name: str) -> set[int]:
        """Operators that take a tensor."""
        return set(self.takers.get(name, ()))

    def constant(self, op: Op) -> tuple[str, str] | None:
        """For an operator of two operands of which one is a constant: (the other, the constant)."""
        if len(op.inputs) != 2:
            return None
        left, right = op.inputs
        if self.values.known(right) and not self.values.known(left):
            return left, right
        if self.values.known(left) and not self.values.known(right):
            return right, left
        return None

    def varying(self, i: int) -> str:
        """The operand of an operator that is no constant, if the other is one; '' otherwise."""
        pair = self.constant(self.ops[i])
        return pair[0] if pair else ""

    def scaled(self, op: Op) -> str:
        """What an operator multiplies by a number, be it known or computed from sizes; '' if it does not."""
        pair = self.constant(op)
        return pair[0] if pair and (self.values.number(pair[1]) is not None or pair[1] in self.values.sizes) else ""

    def scalar(self, op: Op) -> float | None:
        """The number that an operator of two operands applies to the other."""
        pair = self.constant(op)
        return self.values.number(pair[1]) if pair else None

    def replace(self, old: Sequence[int], new: Op) -> None:
        """Put one operator in the place of several, where the last of them stood, unless a value between is used."""
        inner = [name for i in old for name in self.ops[i].outputs if name not in new.outputs]
        if any(t not in old for name in inner for t in self.takers.get(name, ())):
            return
        for i in old:
            for name in self.ops[i].inputs:
                self.takers[name] = [t for t in self.takers[name] if t != i]
        for name in inner:
            self.maker.pop(name, None)
        scope = _common([self.ops[i].scope for i in old])
        classes = next((self.ops[i].classes for i in old if self.ops[i].scope[: len(scope)] == scope), ())
        last = max(old)
        for i in old:
            del self.ops[i]
        self.ops[last] = replace(new, scope=scope, classes=classes[: len(scope)])
        self._wire(last, self.ops[last])


def _common(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    first = min(scopes, key=len)
    length = next((n for n, part in enumerate(first) if any(s[n] != part for s in scopes)), len(first))
    return first[:length]
