"""A PyTorch model and what it is run on become a Graph: the model runs once, watched, and comes back as it was."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Generator, Mapping
from typing import Any

import torch

from nnfig.graph import Graph
from nnfig.progress import progress as bar
from nnfig.sources.tracer.build import graph
from nnfig.sources.tracer.inputs import Given, given, told_by
from nnfig.sources.tracer.recording import class_name
from nnfig.sources.tracer.run import Tick, record
from nnfig.sources.tracer.state import realised
from nnfig.sources.tracer.wrappers import unwrapped, without_wrappers


def trace(
    model: torch.nn.Module,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    input_size: Any = None,
    progress: bool = False,
) -> Graph:
    """The layer list of a model, from one run of it.

    Weights need no memory: the run uses stand-ins, and real values only where the model looks at them.

    Args:
        model: any module; it comes back as it was, also when its forward raises.
        inputs: positional arguments of forward.
        kwargs: keyword arguments of forward.
        input_size: shapes instead of `inputs`: `(1, 3, 224, 224)`, with a dtype `((1, 128), torch.int64)`, a list of
            such, a dict by name, or text such as `"1,128:int64"` and `"mask=1,128:bool"`.
        progress: show a progress bar on the terminal.

    Raises:
        NnfigError: no inputs are known, forward raises, or a model on `meta` needs values.
    """
    model = unwrapped(model)
    what = _without_cache(model, given(model, inputs, kwargs, input_size))
    model = realised(model, lambda twin: twin(*what.args, **what.kwargs))
    with _progress(model, progress) as tick, without_wrappers(model):
        return graph(record(model, what, tick), model, class_name(model))


def _without_cache(model: torch.nn.Module, what: Given) -> Given:
    """Language models of the transformers library also return a cache of keys and values unless told not to."""
    config = told_by(model, "config")
    if getattr(config, "use_cache", None) and "use_cache" not in what.kwargs:
        with contextlib.suppress(TypeError, ValueError):
            parameters = inspect.signature(model.forward).parameters
            if "use_cache" in parameters:
                what.kwargs["use_cache"] = False
    return what


@contextlib.contextmanager
def _progress(model: torch.nn.Module, wanted: bool) -> Generator[Tick | None]:
    """A function to call with the path of each module that begins to run."""
    if not wanted:
        yield None
        return
    total = sum(1 for _ in model.modules())
    with bar("tracing") as step:
        yield lambda path: step(total=total, what=path)
