"""The recorder: told of every module call and torch function, it writes down calls and the values between them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch

from nnfig.sources.tracer.arguments import in_order, of_call
from nnfig.sources.tracer.compat import global_hooks, own_modules, quiet, version
from nnfig.sources.tracer.functions import (
    ESCAPES,
    FACTORIES,
    KEPT_WITHOUT_EFFECT,
    SHAPE_OF_FIRST,
    SHAPE_OF_SECOND,
    Function,
)
from nnfig.sources.tracer.memory import Memory, alias, among, congruent, once, sizes
from nnfig.sources.tracer.recording import (
    FLOAT_INPUT,
    INT_INPUT,
    PARAMETER,
    Call,
    Frame,
    Recording,
    Value,
    is_leaf,
)
from nnfig.sources.tracer.stack import Stack, here
from nnfig.sources.tracer.structure import mapped, tensors

Origins = Callable[[torch.Tensor], tuple[str, list[torch.Tensor]] | None]
"""For a tensor that no torch function was seen to make: what made it, and from which earlier tensors."""


class Recorder:
    """State of one recording."""

    def __init__(
        self,
        model: torch.nn.Module,
        stored: dict[int, tuple[str, torch.Tensor]],
        origins: Origins | None = None,
        tick: Callable[[str], None] | None = None,
    ) -> None:
        """Args: the model; names of its parameters and buffers by id of the tensor in use; what else helps."""
        self.paths: dict[int, str] = {}
        for path, module in model.named_modules():
            self.paths.setdefault(id(module), path)
        self.model = model
        self.frame = Frame("", model, 0, None)
        self.recording = Recording(self.frame)
        self.memory = Memory()
        self.closed = False
        """Inside a leaf: what runs there is not recorded."""
        self._stored = stored
        self._origins = origins
        self._tick = tick
        self._entered = False
        self._numbers: Counter[str] = Counter()
        self._stack = Stack()
        self._handles: list[Any] = []
        self._foreign: list[torch.nn.Module] = []
        """Modules that the model does not hold, kept so that their ids stay theirs."""

    # --- values

    def value(self, tensor: torch.Tensor) -> int:
        """The value that a tensor holds now; an unknown one becomes a Parameter, a Constant or an opaque call."""
        found = self.memory.get(tensor)
        return self._unknown(tensor) if found is None else found

    def add_input(self, name: str, tensor: torch.Tensor) -> None:
        """A tensor that the network is given."""
        floating = tensor.is_floating_point() or tensor.is_complex()
        number = self._new(tensor, -1, 0, FLOAT_INPUT if floating else INT_INPUT)
        self.recording.inputs.append((name, number))

    def _new(self, tensor: torch.Tensor, call: int, output: int, depends: int) -> int:
        values = self.recording.values
        values.append(Value(sizes(tensor), str(tensor.dtype)[6:], call, output, depends))
        self.memory.put(tensor, len(values) - 1)
        return len(values) - 1

    def _unknown(self, tensor: torch.Tensor) -> int:
        inner = self.memory.inner(tensor)
        if inner is not None:
            self.memory.put(tensor, number := self.value(inner))
            return number
        known = [other for other in reversed(self.memory.sharing(tensor)) if self.memory.get(other) is not None]
        if known:
            same = next((other for other in known if congruent(other, tensor)), None)
            if same is None:  # a view that no torch function was seen to make
                return self._append(Call("alias", self.frame, (self.value(known[0]),)), [tensor])
            self.memory.put(tensor, number := self.value(same))
            return number
        if id(tensor) in self._stored or isinstance(tensor, torch.nn.Parameter):
            return self._stored_value(tensor)
        origin = self._origins(tensor) if self._origins else None
        if origin is not None:
            known = [t for t in origin[1] if self.memory.get(t) is not None or id(t) in self._stored]
            if known:
                return self._opaque(origin[0], [self.value(t) for t in known], tensor)
        if self.recording.escapes and not self.closed:
            return self._returned("from_numpy", tensor)
        self.recording.unseen += 1
        return self._append(Call("Constant", self.frame, tensor=tensor.detach()), [tensor], 0)

    def _stored_value(self, tensor: torch.Tensor) -> int:
        name, original = self._stored.get(id(tensor), ("", tensor))
        parameter = isinstance(tensor, torch.nn.Parameter)
        call = Call("Parameter" if parameter else "Constant", self.frame, path=name, tensor=original)
        return self._append(call, [tensor], PARAMETER if parameter else 0)

    def _opaque(self, kind: str, ins: Sequence[int], tensor: torch.Tensor) -> int:
        self.recording.notes[f"'{kind}' ran unseen; its result is connected to what went in"] = None
        return self._append(Call(kind, self.frame, tuple(dict.fromkeys(ins)), opaque=True), [tensor])

    def _returned(self, kind: str, tensor: torch.Tensor) -> int:
        """A tensor made of plain numbers after values had left the trace: taken to come from those."""
        escapes, self.recording.escapes = self.recording.escapes, []
        places = ", ".join(dict.fromkeys(place for _, place in escapes))
        self.recording.notes[
            f"values left the trace ({places}) and came back as a new tensor at {here()}: what Python or NumPy did "
            f"between is not seen, the edge into '{kind}' is assumed"
        ] = None
        ins = tuple(dict.fromkeys(number for number, _ in escapes))
        return self._append(Call(kind, self.frame, ins, opaque=True), [tensor])

    # --- calls

    def _append(self, call: Call, results: Sequence[torch.Tensor], depends: int | None = None) -> int:
        """Write a call down; returns the first result's value."""
        recording = self.recording
        position = len(recording.calls)
        recording.calls.append(call)
        if depends is None:
            depends = 0
            for number in call.ins:
                depends |= recording.values[number].depends
        if call.module is not None and next(call.module.parameters(), None) is not None:
            depends |= PARAMETER
        for tensor in results:
            call.outs.append(self._new(tensor, position, len(call.outs), depends))
        call.results = len(call.outs)
        return call.outs[0] if call.outs else -1

    def function(
        self,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        taken: Sequence[torch.Tensor],
        run: Callable[[], Any],
        changed: list[torch.Tensor],
    ) -> Any:
        """Run a torch function and write it down; `changed` names further tensors that it turned out to write into."""
        if self.closed:
            return run()
        before = [version(t) for t in taken]
        result = run()
        made = tensors(result)
        written = [t for t, count in zip(taken, before, strict=True) if version(t) != count]
        if not written and function.inplace and taken and function.name != "requires_grad_":
            written = [taken[0]]  # inference tensors count no versions
        written += [t for t in changed if not among(t, written)]
        if not made and not written:
            self._plain_result(function, result, taken)
            return result
        new = [t for t in made if not among(t, taken)]
        if not written and not new:
            if function.kind not in KEPT_WITHOUT_EFFECT or not isinstance(result, torch.Tensor):
                return result  # it gave back what it got: contiguous, to(same dtype), ...
            new = [result := alias(result)]
        ins = [self.value(t) for t in _read(function, taken, kwargs)]
        if not ins and function.name in FACTORIES and self.recording.escapes:
            self._returned(function.kind, new[0])
            return result
        call = Call(
            function.kind,
            self.frame,
            tuple(ins),
            helpers=self._stack.helpers(),
            arguments=of_call(function, args, kwargs),
        )
        direct = [t for t in made if among(t, written)] or written[:1]
        self._append(call, new or direct)
        self._rewrite(call, written)
        return result

    def _rewrite(self, call: Call, written: Sequence[torch.Tensor]) -> None:
        """Tensors that were written into, and all that share memory with them, hold a new value from now on."""
        fresh = set(call.outs)
        for tensor in written:
            if self.memory.get(tensor) not in fresh:
                self._further_output(call, tensor, fresh)
            number = self.value(tensor)
            for other in self.memory.sharing(tensor):
                if self.memory.get(other) in fresh:
                    continue
                if congruent(other, tensor):
                    self.memory.put(other, number)
                else:
                    self._further_output(call, other, fresh)

    def _further_output(self, call: Call, tensor: torch.Tensor, fresh: set[int]) -> None:
        depends = self.recording.values[call.outs[0]].depends
        number = self._new(tensor, len(self.recording.calls) - 1, len(call.outs), depends)
        call.outs.append(number)
        fresh.add(number)

    def _plain_result(self, function: Function, result: Any, taken: Sequence[torch.Tensor]) -> None:
        """No tensor came out: a question, or a value that Python now knows."""
        if function.reads and taken and not isinstance(result, torch.Tensor):
            numbers = [n for t in taken if (n := self.memory.get(t)) is not None]
            known = [n for n in numbers if self.recording.values[n].depends & (FLOAT_INPUT | INT_INPUT | PARAMETER)]
            if not known:
                return
            word = "in" if function.name == "__contains__" else f"{function.name.strip('_')}()"
            place = f"{word} at {here()}"
            self.recording.reads[place] = self.recording.reads.get(place, 0) + 1
            if function.name in ESCAPES:
                self.recording.escapes += [(number, place) for number in known]

    # --- modules

    def before(self, module: torch.nn.Module, args: tuple[Any, ...]) -> None:
        """A module is about to run."""
        if self.closed:
            return
        with quiet():
            if not self._entered and module is self.model and not is_leaf(module):
                self._entered = True
                return
            self._stack.enter()
            parent = self.frame
            path = self.paths.get(id(module))
            if path is None:  # made inside forward
                path = self.paths[id(module)] = _join(parent.path, type(module).__name__)
                self._foreign.append(module)
            number = self._numbers[path]
            self._numbers[path] += 1
            taken = tuple((id(t), version(t)) for t in tensors(args))
            leaf = is_leaf(module)
            self.frame = Frame(path, module, number, parent, leaf, len(self.recording.calls), taken)
            self.closed = leaf
            if self._tick:
                self._tick(path)

    def after(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        """A module has run, or raised (then the result is None)."""
        frame = self.frame
        if frame.module is not module:
            if not self._is_open(module):
                return None  # runs inside a leaf
            while self.frame.module is not module:  # a module between raised, and somebody caught it
                self._leave()
            frame = self.frame
        elif frame.parent is None:
            return None  # the network itself
        with quiet():
            self._leave()
            if result is None and sys.exc_info()[0] is not None:
                return None
            return self._finish(frame, args, kwargs, result)

    def _leave(self) -> None:
        assert self.frame.parent is not None
        self.frame = self.frame.parent
        self.closed = False
        self._stack.leave()

    def _is_open(self, module: torch.nn.Module) -> bool:
        frame = self.frame
        while frame.parent is not None:
            if frame.module is module:
                return True
            frame = frame.parent
        return False

    def _finish(self, frame: Frame, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        """Write down a leaf, or a module that made tensors where nothing was seen; a changed result or None."""
        module = frame.module
        assert module is not None
        taken, made = [*tensors(args), *tensors(in_order(module, kwargs))], tensors(result)
        silent = len(self.recording.calls) == frame.first_call
        childless = not own_modules(module)
        unseen = [t for t in made if self.memory.get(t) is None and id(t) not in self._stored]
        if not frame.leaf and not (silent and (childless or unseen) and made):
            return None
        if not frame.leaf and silent and childless and any(id(t) in self._stored for t in made):
            self.frame = frame  # it hands out its own parameter: that is its only layer
            for tensor in made:
                self.value(tensor)
            self.frame = frame.parent or frame
            return None
        counts = dict(frame.taken)
        written = [t for t in taken if id(t) in counts and version(t) != counts[id(t)]]
        passed = [t for t in made if among(t, taken) and not among(t, written)]
        changed_result = None
        if passed:
            twins = {id(t): alias(t) for t in passed}
            result = changed_result = mapped(result, lambda t: twins.get(id(t), t))
            made = tensors(result)
        opaque = isinstance(module, torch.jit.ScriptModule) or (not frame.leaf and bool(unseen))
        if opaque:
            where = f"'{frame.path}' ({frame.cls})" if frame.path else f"'{frame.cls}'"
            self.recording.notes[f"{where} ran in compiled code: it is one layer without a view inside"] = None
        call = Call(
            frame.cls,
            self.frame,
            tuple(self.value(t) for t in taken),
            module=module,
            path=frame.path,
            number=frame.number,
            opaque=opaque,
        )
        self._append(call, once(made))
        self._rewrite(call, written)
        return changed_result

    def install(self) -> None:
        """Begin to listen to module calls."""
        self._handles = global_hooks(self.before, self.after)

    def remove(self) -> None:
        """Stop listening; let go of what the run held."""
        for handle in self._handles:
            handle.remove()
        self._stack.clear()


def _read(function: Function, taken: Sequence[torch.Tensor], kwargs: dict[str, Any]) -> Sequence[torch.Tensor]:
    """The tensors whose values matter, in the order of the arguments of the function's kind."""
    if "out" in kwargs:
        filled = tensors(kwargs["out"])
        taken = [t for t in taken if not among(t, filled)]
    if function.kind in SHAPE_OF_FIRST:
        return [t for t in taken[1:] if function.name.startswith("new_")]
    if function.kind in SHAPE_OF_SECOND:
        return taken[:1]
    return taken[::-1] if function.swapped else taken


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
