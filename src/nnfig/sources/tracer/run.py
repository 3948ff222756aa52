"""One run of a model under the recorder, on `meta` where that is possible, else on real values; errors explained."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from nnfig.errors import NnfigError, Problem
from nnfig.sources.tracer.compat import all_indexing, eager, has_compiler, quiet, refused_by_compiler
from nnfig.sources.tracer.inputs import Given, argument_names, make
from nnfig.sources.tracer.modes import MetaMode, NeedsIntegers, NeedsValues, RealMode, on_meta
from nnfig.sources.tracer.origins import Origins
from nnfig.sources.tracer.recorder import Recorder
from nnfig.sources.tracer.recording import Recording
from nnfig.sources.tracer.stack import raised_at
from nnfig.sources.tracer.state import Backup, kept, swap
from nnfig.sources.tracer.structure import named_deep, tensors

Tick = Callable[[str], None]


def record(model: torch.nn.Module, what: Given, tick: Tick | None = None) -> Recording:
    """The recording of one forward pass.

    Raises:
        NnfigError: forward raises on these inputs, or a model on `meta` needs values.
    """
    while True:
        try:
            return _recorded(model, what, tick)
        except _WrongDtype as wrong:
            what = wrong.mended


NO_KERNEL = "not implemented for"
"""In an error: the CPU cannot compute with this precision; `meta` has only shapes to compute."""
PARTS = "; where it takes a dict or a tuple, give its parts: NAME.KEY=SHAPE, NAME.0=SHAPE"
FEW = 6
"""As many parameters of forward are named."""
DEEPER = 1000
"""Python calls that the recorder adds to a deeply nested model's own."""
QUICK = 10**9
"""Parameters times elements of the inputs, up to which a real forward is quicker than PyTorch's `meta` kernels."""


def _recorded(model: torch.nn.Module, what: Given, tick: Tick | None) -> Recording:
    only_meta = _is_on_meta(model)
    if not only_meta and _work(model, what) < QUICK:
        try:
            return _on_values(model, what, tick)
        except NnfigError as error:
            if NO_KERNEL not in str(error):
                raise
    try:
        return watched(model, what, True, tick)
    except NeedsValues as needs:
        if only_meta:
            raise _values_missing(needs) from None
    except _WrongDtype:
        raise
    except Exception as error:
        if only_meta:
            raise _forward_raised(error, what, model) from error
    return _on_values(model, what, tick)


def _is_on_meta(model: torch.nn.Module) -> bool:
    return any(p.is_meta for p in model.parameters())


def _work(model: torch.nn.Module, what: Given) -> int:
    elements = sum(t.numel() for t in tensors((what.args, what.kwargs)))
    return elements * sum(p.numel() for p in model.parameters() if not is_lazy(p))


def _on_values(model: torch.nn.Module, what: Given, tick: Tick | None) -> Recording:
    try:
        return watched(model, what, False, tick)
    except _WrongDtype:
        raise
    except Exception as error:
        raise _forward_raised(error, what, model) from error


def watched(model: torch.nn.Module, what: Given, meta: bool, tick: Tick | None) -> Recording:
    """A run; a second one where it was the first to load PyTorch's compiler, which is kept off then."""
    compiles = has_compiler()
    try:
        return _watched(model, what, meta, tick)
    except Exception:
        if compiles or not has_compiler():
            raise
        return _watched(model, what, meta, tick)


def _watched(model: torch.nn.Module, what: Given, meta: bool, tick: Tick | None) -> Recording:
    """A run; a second one where tensors came from nowhere, with a look at PyTorch's kernels."""
    try:
        recording = _run(model, what, meta, tick)
        gradients = False
    except RuntimeError as error:
        if "require grad" not in str(error) and "requires_grad" not in str(error):
            raise
        gradients = True  # the model differentiates inside its forward
        recording = _run(model, what, meta, tick, gradients)
    if not recording.unseen:
        return recording
    try:
        return _run(model, what, meta, tick, gradients, Origins())
    except Exception:
        return recording


def _run(
    model: torch.nn.Module,
    what: Given,
    meta: bool,
    tick: Tick | None,
    gradients: bool = False,
    origins: Origins | None = None,
) -> Recording:
    alone = _is_on_meta(model)
    with contextlib.ExitStack() as stack:
        stack.enter_context(kept(model))
        stored = swap(model, meta)
        backup = Backup(model)
        stack.callback(backup.restore)
        changes = _Changes(model, what, meta)
        run = what.mapped(changes.of)
        stack.enter_context(torch.set_grad_enabled(gradients))
        stack.enter_context(eager())
        stack.enter_context(all_indexing())
        stack.callback(sys.setrecursionlimit, sys.getrecursionlimit())
        sys.setrecursionlimit(sys.getrecursionlimit() + DEEPER)
        recorder = Recorder(model, stored, origins, tick)
        for name, tensor in argument_names(model, run):
            recorder.add_input(name, tensor)
        recorder.install()
        stack.callback(recorder.remove)
        mode = MetaMode(recorder, alone) if meta else RealMode(recorder, backup)
        if origins:
            stack.enter_context(origins)
        try:
            with mode:
                result = model(*run.args, **run.kwargs)
                result = list(result) if inspect.isgenerator(result) else result
        except NeedsIntegers as needs:
            raise _integers(recorder, needs, what, changes) from None
        if isinstance(mode, MetaMode) and mode.asked is not None:
            raise mode.asked  # the model swallowed it and took another way
        with quiet():
            recorder.recording.outputs = [(name, recorder.value(t)) for name, t in named_deep(result)]
        return recorder.recording


class _Changes:
    """What the run gets in place of each input."""

    def __init__(self, model: torch.nn.Module, what: Given, meta: bool) -> None:
        self._meta = meta
        self._made = what.made
        self._guessed = what.guessed
        parameters = [p for p in model.parameters() if p.is_floating_point()]
        self._dtype = parameters[0].dtype if parameters else torch.float32
        self._device = parameters[0].device if parameters else torch.device("cpu")
        self.pairs: list[tuple[torch.Tensor, torch.Tensor]] = []
        """Given tensor and what stands for it."""

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """A stand-in, or a copy that forward may write into."""
        stand_in = self._change(tensor)
        self.pairs.append((tensor, stand_in))
        return stand_in

    def _change(self, tensor: torch.Tensor) -> torch.Tensor:
        floating = tensor.is_floating_point() or tensor.is_complex()
        if floating and id(tensor) in self._guessed:
            tensor = tensor.to(self._dtype)
        if self._meta:
            return on_meta(tensor) if floating or tensor.is_meta else tensor.detach().cpu().clone()
        if tensor.is_meta and self._made:
            tensor = torch.zeros(tensor.shape, dtype=tensor.dtype)
        return tensor.detach().to(self._device if self._made else tensor.device, copy=True)


class _WrongDtype(Exception):
    """An input of a dtype that nobody gave must be integer; try again with it mended."""

    def __init__(self, mended: Given) -> None:
        super().__init__()
        self.mended = mended


def _integers(recorder: Recorder, needs: NeedsIntegers, what: Given, changes: _Changes) -> Exception:
    """Which input the indices are: a new attempt if its dtype was a guess, else an error."""
    with quiet():
        number = recorder.value(needs.tensor)
    recording = recorder.recording
    while (made_by := recording.values[number].call) >= 0:
        varying = [n for n in recording.calls[made_by].ins if recording.values[n].depends]
        if len(varying) != 1:
            break
        number = varying[0]
    position = next((i for i, (_, value) in enumerate(recording.inputs) if value == number), None)
    original = changes.pairs[position][0] if position is not None else None
    if original is None or id(original) not in what.guessed:
        return TypeError("floating point values are used as indices; give integers (--input 1,128:int64)")
    integers = make(tuple(original.shape), "int64")

    def mend(tensor: torch.Tensor) -> torch.Tensor:
        return integers if tensor is original else tensor

    mended = what.mapped(mend)
    mended.guessed = what.guessed - {id(original)}
    return _WrongDtype(mended)


def _forward_raised(error: Exception, what: Given, model: torch.nn.Module) -> NnfigError:
    place, text = raised_at(error.__traceback__)
    if refused_by_compiler(error):
        return NnfigError(
            Problem(
                "this PyTorch compiles what runs here (torch.cond and its like, torch.compile) and shows nothing of it",
                where=place,
                excerpt=text,
                hint="PyTorch 2.6 and newer run it as plain Python; or write it as plain Python for the trace",
            )
        )
    message = " ".join(str(error).split())
    hint = PARTS if what.made and isinstance(error, (TypeError, KeyError, IndexError)) else ""
    hint = (_left_out(what, model) if "None" in message else "") or hint
    if not what.made and what.args and not tensors(what.args):
        hint = ", no tensor; " + (
            "shapes are given as input_size=" if _are_numbers(what.args) else "inputs= takes tensors"
        )
    return NnfigError(
        Problem(
            f"forward raised {type(error).__name__}: {message[:400]}",
            where=place or type(model).__name__,
            excerpt=text,
            hint=f"it was given {what}{hint}",
        )
    )


def _left_out(what: Given, model: torch.nn.Module) -> str:
    """Parameters of forward that are None because nobody gave them."""
    parameters = list(inspect.signature(model.forward).parameters.values())[len(what.args) :]
    names = [each.name for each in parameters if each.default is None and each.name not in what.kwargs]
    return f"; it was not given {', '.join(names[:FEW])}{' ...' if len(names) > FEW else ''}" if names else ""


def _are_numbers(args: tuple[Any, ...]) -> bool:
    """`inputs=(1, 3, 224, 224)`."""
    return all(isinstance(value, int) for value in args)


def _values_missing(needs: NeedsValues) -> NnfigError:
    return NnfigError(
        Problem(
            f"the model asks for values ({needs.question}) that weights on 'meta' do not have",
            where=needs.place,
            hint="build the model on the CPU (model.to_empty(device='cpu')), perhaps with fewer or smaller layers, "
            "or take another way around this line",
        )
    )
