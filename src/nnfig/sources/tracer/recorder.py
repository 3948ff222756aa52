"""The recorder: told of every module call and torch function, it writes down calls and the values between them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch

from nnfig.sources.tracer.arguments import in_order, of_call
from nnfig.sources.tracer.compat import global_hooks, has_pre_hooks, own_modules, quiet, version
from nnfig.sources.tracer.escapes import Escape, numbers_of
from nnfig.sources.tracer.functions import (
    BRANCHES,
    ESCAPES,
    FACTORIES,
    KEPT_WITHOUT_EFFECT,
    Function,
)
from nnfig.sources.tracer.in_place import changed_around, read
from nnfig.sources.tracer.journal import Journal, Origins
from nnfig.sources.tracer.memory import alias, among, congruent, disjoint, once
from nnfig.sources.tracer.reads import looked_at, question
from nnfig.sources.tracer.recording import FLOAT_INPUT, INT_INPUT, Call, Frame, class_name, is_leaf
from nnfig.sources.tracer.stack import Stack, here
from nnfig.sources.tracer.structure import mapped, tensors
from nnfig.sources.tracer.threads import Threads
from nnfig.sources.tracer.weights import Weights


class Recorder(Journal):
    """State of one recording."""

    def __init__(
        self,
        model: torch.nn.Module,
        stored: dict[int, tuple[str, torch.Tensor]],
        origins: Origins | None = None,
        tick: Callable[[str], None] | None = None,
    ) -> None:
        """Args: the model; names of its parameters and buffers by id of the tensor in use; what else helps."""
        super().__init__(model, stored, origins)
        self.paths: dict[int, str] = {}
        for path, module in model.named_modules():
            self.paths.setdefault(id(module), path)
        self.model = model
        self._tick = tick
        self._entered = False
        self._numbers: Counter[str] = Counter()
        self._stack = Stack()
        self._handles: list[Any] = []
        self._hooked: set[int] = set()
        """Leaves that begin to run only when the hooks of their user have run."""
        self._threads = Threads()
        self._weights = Weights(model)
        self._foreign: list[torch.nn.Module] = []
        """Modules that the model does not hold, kept so that their ids stay theirs."""

    # --- calls

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
        self._note_reads(function, args, kwargs)
        before = [version(t) for t in taken]
        result = run()
        made = tensors(result)
        written = [t for t, count in zip(taken, before, strict=True) if version(t) != count]
        if not written and function.inplace and taken and function.name != "requires_grad_":
            written = [taken[0]]  # inference tensors count no versions
        written += [t for t in changed if not among(t, written)]
        if not made and not written:
            return result  # a question, or a value that Python now knows
        new = [t for t in made if not among(t, taken)]
        if not written and not new:
            if function.kind not in KEPT_WITHOUT_EFFECT or not isinstance(result, torch.Tensor):
                return result  # it gave back what it got: contiguous, to(same dtype), ...
            new = [result := alias(result)]
        ins = [self.value(t) for t in read(function, taken, kwargs, written, self.memory)]
        ins += changed_around(written, ins, self.memory, self.recording.values)
        if not ins and function.name in FACTORIES and self.recording.escapes:
            self.returned(function.kind, new[0])
            return result
        if numbers := numbers_of(args, kwargs, self.recording.escapes):
            ins += self.back(numbers, "a number", function.kind)
        call = Call(
            function.kind,
            self.frame,
            tuple(ins),
            helpers=self._stack.helpers(),
            arguments=of_call(function, args, kwargs),
            opaque=function.kind in BRANCHES,
        )
        if call.opaque:
            self.recording.notes[f"what '{call.kind}' runs inside is not seen: it is one layer"] = None
        direct = [t for t in made if among(t, written)] or written[:1]
        self.append(call, new or direct)
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
                elif not disjoint(other, tensor):
                    self._further_output(call, other, fresh)

    def _further_output(self, call: Call, tensor: torch.Tensor, fresh: set[int]) -> None:
        depends = self.recording.values[call.outs[0]].depends
        number = self.new(tensor, len(self.recording.calls) - 1, len(call.outs), depends)
        call.outs.append(number)
        fresh.add(number)

    def _note_reads(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Remember where the model looks at values that depend on its inputs or weights."""
        looked = [(n, t) for t in looked_at(function, args, kwargs) if (n := self._known(t)) is not None]
        known = [(n, t) for n, t in looked if self.recording.values[n].depends]
        if not known:
            return
        place = f"{question(function)} at {here()}"
        self.recording.reads[place] = self.recording.reads.get(place, 0) + 1
        if function.name in ESCAPES:
            self.recording.escapes += [Escape(number, place, tensor) for number, tensor in known]

    def _known(self, tensor: torch.Tensor) -> int | None:
        if isinstance(tensor, torch.nn.Parameter):
            return self.value(tensor)
        return self.memory.get(tensor)

    # --- modules

    def before(self, module: torch.nn.Module, args: tuple[Any, ...]) -> None:
        """A module is about to run."""
        if self._threads.is_away():
            self._threads.enter()
            return
        if self.closed or id(module) in self._hooked:
            return
        with quiet():
            if not self._entered and module is self.model and not is_leaf(module):
                self._entered = True
                return
            self._begin(module, args)

    def _begin(self, module: torch.nn.Module, args: tuple[Any, ...]) -> None:
        self._stack.enter()
        parent, path = self.frame, self._path(module)
        number = self._numbers[path]
        self._numbers[path] += 1
        taken = tuple((id(t), version(t)) for t in tensors(args))
        leaf = is_leaf(module)
        self.frame = Frame(path, module, number, parent, leaf, len(self.recording.calls), taken)
        self.closed = leaf
        if self._tick:
            self._tick(path)

    def _path(self, module: torch.nn.Module) -> str:
        path = self.paths.get(id(module))
        if path is None:  # made inside forward
            path = self.paths[id(module)] = _join(self.frame.path, type(module).__name__)
            self._foreign.append(module)
        return path

    def after(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        """A module has run, or raised (then the result is None)."""
        if self._threads.is_away():
            if self._threads.leave() and result is not None:
                with self._threads.lock:
                    self._from_thread(module, args, kwargs, result)
            return None
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
        unseen = [t for t in made if self.memory.get(t) is None and id(t) not in self.stored]
        idle = bool(made) and all(among(t, taken) for t in made) and self._is_idle_since(frame.first_call)
        if not frame.leaf and not idle and not (silent and (childless or unseen) and made):
            return None
        if not frame.leaf and silent and childless and any(id(t) in self.stored for t in made):
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
        weights, replaced = self._weights.instead(module, self._is_fed) if frame.leaf else ([], frozenset[str]())
        ins = [self.value(t) for t in (*taken, *weights)]
        call = Call(
            frame.cls,
            self.frame,
            (*ins, *changed_around(written, ins, self.memory, self.recording.values)),
            module=module,
            path=frame.path,
            number=frame.number,
            opaque=opaque,
            replaced=replaced,
        )
        self.append(call, once(made))
        self._rewrite(call, written)
        return changed_result

    def _is_fed(self, tensor: torch.Tensor) -> bool:
        number = self.memory.get(tensor)
        return number is not None and bool(self.recording.values[number].depends & (FLOAT_INPUT | INT_INPUT))

    def _is_idle_since(self, first: int) -> bool:
        """Whether all calls since then are of functions that do nothing to the network's values."""
        values = self.recording.values
        return not any(
            call.module is not None or any(values[n].depends & (FLOAT_INPUT | INT_INPUT) for n in call.ins)
            for call in self.recording.calls[first:]
        )

    def _from_thread(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """Write down a module that ran in another thread, where no function is seen: one layer."""
        path = self._path(module)
        taken = [*tensors(args), *tensors(in_order(module, kwargs))]
        call = Call(
            class_name(module),
            self.frame,
            tuple(self.value(t) for t in taken),
            module=module,
            path=path,
            number=self._numbers[path],
            opaque=not is_leaf(module),
        )
        self._numbers[path] += 1
        self.append(call, [t for t in once(tensors(result)) if not among(t, taken)])
        self.away += call.outs
        self.recording.notes[
            f"'{path}' runs in a thread of its own: what is computed there outside of modules is not seen"
        ] = None

    def install(self) -> None:
        """Begin to listen to module calls."""
        self._handles = global_hooks(self.before, self.after)
        for module in self.model.modules():
            if has_pre_hooks(module) and is_leaf(module):
                self._hooked.add(id(module))
                self._handles.append(module.register_forward_pre_hook(self._after_hooks))

    def _after_hooks(self, module: torch.nn.Module, args: tuple[Any, ...]) -> None:
        """The user's own hooks have run, beside the layer; now the layer begins."""
        if not self.closed and not self._threads.is_away():
            with quiet():
                self._begin(module, args)

    def remove(self) -> None:
        """Stop listening; let go of what the run held."""
        for handle in self._handles:
            handle.remove()
        self._stack.clear()


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
