"""A `.keras` archive -> its model, rebuilt from the configuration alone: no weights, no code, no foreign classes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.sources.archives import json_in

DEEPEST = 400

_TRUSTED = ("layers", "models", "activations", "initializers", "regularizers", "constraints", "ops", "dtype_policies")
"""Parts of keras whose classes are structure and no more."""
_REFUSED = {
    "Lambda": "a Lambda layer, which is Python code",
    "TorchModuleWrapper": "a wrapped PyTorch module, which is a pickle",
    "TFSMLayer": "a TensorFlow SavedModel, which is read from the disk",
    "JaxLayer": "a function of JAX, which is Python code",
    "FlaxLayer": "a module of Flax, which is Python code",
}
_VALUES = frozenset(
    ["__keras_tensor__", "__tensor__", "__numpy__", "__tuple__", "__slice__", "__ellipsis__", "__bytes__"]
)
"""Names under which Keras writes plain values."""
INSTEAD = "draw the model where it is built: nnfig draw file.py:NAME, or nnfig.draw(model) in Python"


def config(path: Path) -> dict[str, Any]:
    """The model's configuration, checked to name nothing but Keras's own structure.

    Raises NnfigError for what is no archive of Keras 3, is damaged, too large, or would run code.
    """
    where = str(path)
    found = json_in(
        path,
        _config_entry,
        called="configuration",
        absent="holds no config.json, so it is no .keras archive",
        hint=INSTEAD,
    )
    if not isinstance(found, dict) or not isinstance(found.get("class_name"), str):
        raise NnfigError("its configuration describes no model", where=where)
    _check(found, where)
    return found


def _config_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    return next((entry for entry in archive.infolist() if entry.filename == "config.json"), None)


def _check(found: dict[str, Any], where: str) -> None:
    """Raise NnfigError for anything that would be imported from elsewhere, or run."""
    for item in _objects(found, where):
        cls, module = item.get("class_name"), item.get("module")
        if isinstance(cls, str) and cls in _REFUSED:
            raise NnfigError(f"holds {_REFUSED[cls]}; that is not loaded", where=where, hint=INSTEAD)
        if cls == "__lambda__":
            raise NnfigError("holds a Python function; that is not loaded", where=where, hint=INSTEAD)
        if not isinstance(cls, str) or module == "builtins" or "config" not in item or cls in _VALUES:
            continue
        parts = module.split(".") if isinstance(module, str) else [""]
        if parts[0] != "keras":
            raise NnfigError(f"is built of the class '{cls}', which is not Keras's own", where=where, hint=INSTEAD)
        if not any(part in _TRUSTED for part in parts[1:3]) and parts != ["keras"]:
            raise NnfigError(f"names {module}.{cls}, which is no layer", where=where, hint=INSTEAD)


def _objects(found: Any, where: str) -> Iterator[dict[str, Any]]:
    """Every object that the configuration asks Keras to make; what is only for training is dropped first."""
    for key in ("compile_config", "build_config"):
        found.pop(key, None)
    work: list[tuple[Any, int]] = [(found, 0)]
    while work:
        item, depth = work.pop()
        if depth > DEEPEST:
            raise NnfigError("its configuration is nested too deeply", where=where)
        if isinstance(item, dict):
            item.pop("compile_config", None)
            yield item
            work += [(value, depth + 1) for value in item.values()]
        elif isinstance(item, list):
            work += [(value, depth + 1) for value in item]
