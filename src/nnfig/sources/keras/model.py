"""A Keras 3 model, live or in a `.keras` archive -> Graph, by a walk over its functional graph."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Graph
from nnfig.sources.keras import file as keras_file
from nnfig.sources.keras.walk import Walk


def read(path: Path) -> Graph:
    """The model in a `.keras` archive; its weights are not read and no code in it is run.

    Raises NnfigError where Keras is missing, the archive is damaged, or it asks for code of its own.
    """
    found = keras_file.config(path)
    keras = _keras()
    try:
        with _without_memory(keras), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about how Keras reads its own configuration
            model = keras.saving.deserialize_keras_object(found, safe_mode=True)
        return _graph(keras, model, path.stem, None)
    except NnfigError:
        raise
    except Exception as error:
        what = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        hint = "was it saved by another version of Keras? " + keras_file.INSTEAD
        raise NnfigError(f"Keras cannot rebuild this model: {what}", where=str(path), hint=hint) from None


def trace(
    model: Any,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    input_size: Any = None,
    progress: bool = False,
) -> Graph:
    """The graph of a live Keras model; nothing is computed.

    Args:
        model: Sequential, functional or subclassed.
        inputs: example tensors, needed only by a subclassed model that was never built.
        kwargs: not used by Keras models.
        input_size: shapes instead of `inputs`.
        progress: the walk is too short to show.

    Raises:
        NnfigError: it is no Keras 3 model, or its input shape is unknown.
    """
    keras = _keras()
    if not isinstance(model, keras.layers.Layer):
        hint = "save it as .onnx, or rebuild it with Keras 3"
        raise NnfigError(f"is a {type(model).__module__}.{type(model).__name__}, not a Keras 3 model", hint=hint)
    return _graph(keras, model, model.name, _shapes(inputs, input_size))


def _graph(keras: Any, model: Any, name: str, shapes: list[Any] | None) -> Graph:
    functional = _functional(keras, model, shapes)
    return Walk(keras).graph(functional, name if functional is not model else model.name, model)


def _keras() -> Any:
    """Keras, on the PyTorch backend unless the user has chosen one."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
    except ImportError as error:
        hint = "pip install 'nnfig[keras]'"
        raise NnfigError(f"Keras models need the keras package and a backend ({error})", hint=hint) from None
    if int(keras.__version__.split(".")[0]) < 3:
        raise NnfigError(f"this is Keras {keras.__version__}, expected 3.3 or later", hint="pip install 'keras>=3.3'")
    return keras


@contextlib.contextmanager
def _without_memory(keras: Any) -> Generator[None, None, None]:
    """Weights on PyTorch's meta device, where it is the backend: a configuration cannot fill the memory."""
    if keras.config.backend() != "torch":
        yield
        return
    with keras.device("meta"):
        yield


def _functional(keras: Any, model: Any, shapes: list[Any] | None) -> Any:
    """The model as Keras's own graph of calls."""
    from nnfig.sources.keras.walk import is_functional, opened

    if isinstance(model, keras.Sequential):
        if not model.built:
            if not shapes:
                raise NnfigError(f"'{model.name}' does not know its input shape", hint=_SHAPE)
            model.build(shapes[0])
        return model._functional or model
    if is_functional(model):
        return model
    given = shapes or _built_shapes(model)
    if not given:
        raise NnfigError(f"'{model.name}' is built in Python and does not know its input shape", hint=_SHAPE)
    tensors = [keras.Input(batch_shape=tuple(shape)) for shape in given]
    return opened(keras, model, tensors)


_SHAPE = "give it: nnfig.draw(model, input_size=(1, 224, 224, 3)), or --input 1,224,224,3; or begin it with keras.Input"


def _built_shapes(model: Any) -> list[Any]:
    """The shapes with which a model was built before."""
    found = getattr(model, "_build_shapes_dict", None) or {}
    return [shape for shape in found.values() if isinstance(shape, (tuple, list)) and shape]


def _shapes(inputs: Any, input_size: Any) -> list[Any] | None:
    """Shapes of the inputs, from tensors or as the user writes them."""
    if inputs is not None:
        many = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
        return [tuple(int(d) for d in tensor.shape) for tensor in many]
    if input_size is None:
        return None
    if isinstance(input_size, str):
        input_size = tuple(int(part) for part in input_size.partition(":")[0].split(","))
    if all(isinstance(size, int) or size is None for size in input_size):
        return [tuple(input_size)]
    return [shape for each in input_size for shape in _shapes(None, each) or []]
