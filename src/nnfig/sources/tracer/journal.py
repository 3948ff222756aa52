"""What a recording writes down: the value that each tensor holds, and the calls that make values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from nnfig.sources.tracer.escapes import Escape, sources_of
from nnfig.sources.tracer.memory import Memory, congruent, sizes
from nnfig.sources.tracer.recording import FLOAT_INPUT, INT_INPUT, PARAMETER, Call, Frame, Recording, Value
from nnfig.sources.tracer.stack import here

Origins = Callable[[torch.Tensor], tuple[str, list[torch.Tensor]] | None]
"""For a tensor that no torch function was seen to make: what made it, and from which earlier tensors."""


class Journal:
    """Values by tensor, and calls in order."""

    def __init__(
        self, model: torch.nn.Module, stored: dict[int, tuple[str, torch.Tensor]], origins: Origins | None = None
    ) -> None:
        """Args: the model; names of its parameters and buffers by id of the tensor in use; what else helps."""
        self.frame = Frame("", model, 0, None)
        """The module call that is running."""
        self.recording = Recording(self.frame)
        self.memory = Memory()
        self.closed = False
        """Inside a leaf: what runs there is not recorded."""
        self.away: list[int] = []
        """Values that modules made in other threads."""
        self.stored = stored
        self._origins = origins

    def value(self, tensor: torch.Tensor) -> int:
        """The value that a tensor holds now; an unknown one becomes a Parameter, a Constant or an opaque call."""
        found = self.memory.get(tensor)
        return self._unknown(tensor) if found is None else found

    def add_input(self, name: str, tensor: torch.Tensor) -> None:
        """A tensor that the network is given."""
        floating = tensor.is_floating_point() or tensor.is_complex()
        number = self.new(tensor, -1, 0, FLOAT_INPUT if floating else INT_INPUT)
        self.recording.inputs.append((name, number))

    def new(self, tensor: torch.Tensor, call: int, output: int, depends: int) -> int:
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
                return self.append(Call("alias", self.frame, (self.value(known[0]),)), [tensor])
            self.memory.put(tensor, number := self.value(same))
            return number
        if id(tensor) in self.stored or isinstance(tensor, torch.nn.Parameter):
            return self._stored_value(tensor)
        origin = self._origins(tensor) if self._origins else None
        if origin is not None:
            known = [t for t in origin[1] if self.memory.get(t) is not None or id(t) in self.stored]
            if known:
                return self._opaque(origin[0], [self.value(t) for t in known], tensor)
        if self.away:
            return self._opaque("thread", self.away, tensor)
        if self.recording.escapes and not self.closed:
            return self.returned("from_numpy", tensor)
        self.recording.unseen += 1
        return self.append(Call("Constant", self.frame, tensor=tensor.detach()), [tensor], 0)

    def _stored_value(self, tensor: torch.Tensor) -> int:
        name, original = self.stored.get(id(tensor), ("", tensor))
        parameter = isinstance(tensor, torch.nn.Parameter)
        call = Call("Parameter" if parameter else "Constant", self.frame, path=name, tensor=original)
        return self.append(call, [tensor], PARAMETER if parameter else 0)

    def _opaque(self, kind: str, ins: Sequence[int], tensor: torch.Tensor) -> int:
        self.recording.notes[f"'{kind}' ran unseen; its result is connected to what went in"] = None
        return self.append(Call(kind, self.frame, tuple(dict.fromkeys(ins)), opaque=True), [tensor])

    def returned(self, kind: str, tensor: torch.Tensor) -> int:
        """A tensor made of plain numbers after values had left the trace: taken to come from those."""
        found, used_up = sources_of(tensor, self.recording.escapes)
        ins = self.back(found, "a new tensor", kind, used_up)
        return self.append(Call(kind, self.frame, ins, opaque=True), [tensor])

    def back(self, escapes: Sequence[Escape], form: str, kind: str, used_up: bool = True) -> tuple[int, ...]:
        """The values that come back into the trace, with a note that says so."""
        places = dict.fromkeys(each.place for each in escapes)
        for place in places:
            self.recording.reads.pop(place, None)
        if used_up:
            self.recording.escapes = [each for each in self.recording.escapes if each not in escapes]
        self.recording.notes[
            f"values left the trace ({', '.join(places)}) and came back as {form} at {here()}: what Python or "
            f"NumPy did between, and which paths it chose, is not seen; the edge into '{kind}' is assumed"
        ] = None
        return tuple(dict.fromkeys(each.number for each in escapes))

    def append(self, call: Call, results: Sequence[torch.Tensor], depends: int | None = None) -> int:
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
            call.outs.append(self.new(tensor, position, len(call.outs), depends))
        call.results = len(call.outs)
        return call.outs[0] if call.outs else -1
