"""Everything that a network can come from: models, files, text. Each module gives a Graph.

Frameworks are imported by the one module that reads them, when it is asked to.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Generator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Graph, verify
from nnfig.graph.defaults import normal

READERS = {
    ".yaml": "spec",
    ".yml": "spec",
    ".json": "spec",
    ".onnx": "onnx.file",
    ".keras": "keras.model",
    ".pt2": "torch_export.walk",
    ".prototxt": "caffe.prototxt",
}
"""Module that reads a suffix; each has `read(path: Path) -> Graph`."""

REFUSED = {
    ".pt": "it may be a pickle, which runs code when it is loaded",
    ".pth": "it may be a pickle, which runs code when it is loaded",
    ".pkl": "it is a pickle, which runs code when it is loaded",
    ".ckpt": "it may be a pickle, which runs code when it is loaded",
    ".bin": "it may be a pickle, and holds weights without the network's structure",
    ".h5": "it may hold Python code; load it in Keras 3 and save it as .keras",
    ".hdf5": "it may hold Python code; load it in Keras 3 and save it as .keras",
    ".safetensors": "it holds weights without the network's structure",
    ".pb": "convert it: python -m tf2onnx.convert --graphdef NET.pb --inputs X:0 --outputs Y:0 --output NET.onnx",
    ".tflite": "convert it: python -m tf2onnx.convert --tflite NET.tflite --output NET.onnx",
    ".caffemodel": "it holds weights; the network is in the .prototxt beside it",
}
"""Suffixes that are not read, with the reason."""

_INSTEAD = (
    "name the Python that builds the network (file.py:NAME), export it to .onnx or .pt2, save it as .keras, "
    "or write a layer list (.yaml)"
)


def load(source: str | Path, **python: Any) -> Graph:
    """The graph of a file or of `file.py:NAME` / `package.module:NAME`.

    Args:
        source: path or Python reference.
        python: for Python references: `input_size`, `inputs`, `kwargs`, `arguments` (of the factory), `progress`.

    Raises:
        NnfigError: the file is missing, of an unknown kind, or faulty.
    """
    text = str(source)
    if _is_python(text):
        reference = importlib.import_module("nnfig.sources.python_reference")
        with _staying():
            return _finished(reference.load(text, **python))
    path = Path(text)
    suffix = path.suffix.lower()
    if suffix in REFUSED:
        raise NnfigError(f"{suffix} files are not read: {REFUSED[suffix]}", where=text, hint=_INSTEAD)
    if not path.exists():
        raise NnfigError(f"no such file '{text}'", hint=_similar(path))
    if path.is_dir():
        raise NnfigError("is a folder, expected a file", where=text)
    if suffix == ".py":
        raise NnfigError("which model in this file?", where=text, hint=f"write {text}:NAME, a model, class or factory")
    if suffix not in READERS:
        raise NnfigError(
            f"unknown kind of file '{suffix or path.name}', expected one of {', '.join(READERS)} or file.py:NAME",
            where=text,
            hint=_INSTEAD,
        )
    return _finished(importlib.import_module(f"nnfig.sources.{READERS[suffix]}").read(path))


def trace(model: Any, **given: Any) -> Graph:
    """The graph of a live model: a torch.nn.Module, a torch.export ExportedProgram or a Keras model.

    Raises NnfigError for anything else, and where the model cannot run on what is given.
    """
    for module in _families(model):
        if module == "torch":
            with _staying():
                return _finished(importlib.import_module("nnfig.sources.pytorch").trace(model, **given))
        if module == "torch.export":
            return _finished(importlib.import_module("nnfig.sources.torch_export.walk").trace(model))
        if module == "keras":
            return _finished(importlib.import_module("nnfig.sources.keras.model").trace(model, **given))
    held = [
        f"{name} ({type(part).__name__})" for name, part in getattr(model, "__dict__", {}).items() if _families(part)
    ]
    expected = "expected a torch.nn.Module, a Keras model, an ExportedProgram, a Graph, or a path"
    raise NnfigError(
        f"cannot trace a {type(model).__module__}.{type(model).__qualname__}",
        hint=f"it holds {', '.join(held)}: give one of them" if held else expected,
    )


@contextlib.contextmanager
def _staying() -> Generator[None]:
    """While code of the user's runs, which may end Python: that is told, too."""
    try:
        yield
    except SystemExit as done:
        raise NnfigError(
            f"the model's code ended Python with exit status {0 if done.code is None else done.code}",
            hint="what reads a command line or exits belongs below: if __name__ == '__main__':",
        ) from None


def _finished(graph: Graph) -> Graph:
    """The graph, found to be lawful, its attributes in their one form: complete, whatever the source tells."""
    changed = {layer.name: normal(layer.kind, layer.attributes) for layer in verify(graph).layers}
    if all(list(layer.attributes.items()) == list(changed[layer.name].items()) for layer in graph.layers):
        return graph
    return graph.replace(layers=tuple(replace(layer, attributes=changed[layer.name]) for layer in graph.layers))


def _families(model: Any) -> list[str]:
    """Frameworks that a model's class descends from, told without importing any."""
    found: list[str] = []
    for cls in type(model).__mro__:
        root = cls.__module__.split(".")[0]
        if root in ("keras", "tf_keras"):
            return ["keras"]
        if cls.__module__.startswith("torch.export"):
            found.append("torch.export")
        elif cls.__module__ == "torch.nn.modules.module":
            found.append("torch")
    return found


def _is_python(text: str) -> bool:
    """Whether text is `file.py:NAME` or `package.module:NAME` (and no Windows drive)."""
    head, colon, name = text.rpartition(":")
    return bool(colon) and len(head) > 1 and "\0" not in head and all(part.isidentifier() for part in name.split("."))


def _similar(path: Path) -> str:
    parent = path.parent
    if not parent.is_dir():
        return f"there is no folder '{parent}'"
    near = get_close_matches(path.name, sorted(p.name for p in parent.iterdir()), 1, 0.6)
    return f"did you mean '{parent / near[0]}'?" if near else ""
