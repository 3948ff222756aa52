"""`file.py:NAME` or `package.module:NAME` becomes a Graph: NAME is a model, class or factory. Runs the user's code."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import traceback
from collections.abc import Generator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from nnfig.errors import NnfigError, Problem
from nnfig.graph import Graph


def load(
    text: str,
    arguments: Mapping[str, Any] | None = None,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    input_size: Any = None,
    progress: bool = False,
) -> Graph:
    """The graph of the model that a reference names.

    Args:
        text: `path/to/file.py:NAME` or `package.module:NAME`.
        arguments: constructor arguments, where NAME is a class or a factory.
        inputs, kwargs, input_size, progress: see `nnfig.trace`.

    Raises:
        NnfigError: there is no such file, module or name, its code raises, or the model cannot be traced.
    """
    from nnfig import sources

    head, _, name = text.rpartition(":")
    with _importable(head):
        module = _module(head)
        model = _model(_found(module, name, text), text, arguments or {})
        if isinstance(model, Graph):
            return model
        given = {"inputs": inputs, "kwargs": kwargs, "input_size": input_size, "progress": progress}
        graph = sources.trace(model, **given)
    return graph.replace(name=name.rpartition(".")[2])


@contextlib.contextmanager
def _importable(head: str) -> Generator[None]:
    """While a reference is loaded and run, its folder (or the current one) can be imported from."""
    folder = str(Path(head).resolve().parent if head.endswith(".py") else Path.cwd())
    added = folder not in sys.path
    if added:
        sys.path.insert(0, folder)
    try:
        yield
    finally:
        if added and folder in sys.path:
            sys.path.remove(folder)


def _module(head: str) -> ModuleType:
    if head.endswith(".py"):
        return _file(Path(head))
    if not all(part.isidentifier() for part in head.split(".")):
        raise NnfigError(
            f"'{head}' is neither a .py file nor a module", hint="write file.py:NAME or package.module:NAME"
        )
    try:
        return importlib.import_module(head)
    except ModuleNotFoundError as error:
        if error.name and (head == error.name or head.startswith(error.name + ".")):
            raise NnfigError(
                f"there is no module '{error.name}'",
                where=head,
                hint=_instead(head) or "install it, or run where it can be imported",
            ) from None
        raise _raised(error, "importing", head) from error
    except Exception as error:
        raise _raised(error, "importing", head) from error


def _instead(head: str) -> str:
    path = Path(*head.split(".")).with_suffix(".py")
    return f"did you mean {path}:...?" if path.exists() else ""


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        near = get_close_matches(path.name, sorted(p.name for p in path.parent.glob("*.py")), 1)
        raise NnfigError(f"no such file '{path}'", hint=f"did you mean '{path.parent / near[0]}'?" if near else "")
    name = path.stem if path.stem.isidentifier() and path.stem not in sys.modules else f"nnfig_source_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look classes up there
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[name]
        raise NnfigError(
            Problem(
                f"SyntaxError: {error.msg}",
                where=f"{path}:{error.lineno}:{error.offset}",
                excerpt=f"{(error.text or '').rstrip()}\n{' ' * ((error.offset or 1) - 1)}^",
            )
        ) from None
    except Exception as error:
        del sys.modules[name]
        raise _raised(error, "importing", str(path)) from error
    return module


def _found(module: ModuleType, name: str, text: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise NnfigError(f"there is no '{part}' in {text.rpartition(':')[0]}", where=text, hint=_names(found, part))
        found = getattr(found, part)
    return found


def _names(owner: Any, wanted: str) -> str:
    """What it may be: names that look alike, else everything that can be a model."""
    known = getattr(owner, "__dict__", {})
    public = sorted(key for key in known if not key.startswith("_"))
    near = get_close_matches(wanted, public, 1)
    if near:
        return f"did you mean '{near[0]}'?"
    own = [key for key in public if _is_candidate(known[key], getattr(owner, "__name__", ""))]
    return f"it has {', '.join(own[:12])}{' ...' if len(own) > 12 else ''}" if own else ""


def _is_candidate(value: Any, module: str) -> bool:
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__module__ == module
    return any(base.__module__ == "torch.nn.modules.module" for base in type(value).__mro__)


def _model(found: Any, text: str, arguments: Mapping[str, Any]) -> Any:
    """The model itself: what was found, or what it makes when it is called."""
    if isinstance(found, Graph) or _is_model(found):
        if arguments:
            raise NnfigError(f"'{text}' is a model already; --arg is for classes and factories", where=text)
        return found
    if not callable(found):
        raise NnfigError(f"is of type {type(found).__name__}, expected a model, a class or a function", where=text)
    _check_arguments(found, text, arguments)
    try:
        made = found(**arguments)
    except Exception as error:
        raise _raised(error, "calling", text) from error
    if isinstance(made, Graph) or _is_model(made):
        return made
    raise NnfigError(f"returned something of type {type(made).__name__}, expected a model", where=text)


def _is_model(value: Any) -> bool:
    """Whether a class that it descends from is a framework's model; told without importing any."""
    roots = ("torch.nn.modules.module", "keras", "torch.export")
    return any(base.__module__.startswith(roots) for base in type(value).__mro__)


def _check_arguments(found: Any, text: str, arguments: Mapping[str, Any]) -> None:
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**arguments)
    except TypeError as error:
        known = ", ".join(str(p) for p in signature.parameters.values())
        wrong = next((key for key in arguments if key not in signature.parameters), None)
        near = get_close_matches(wrong or "", sorted(signature.parameters), 1)
        hint = f"did you mean '{near[0]}'?" if near else f"it takes ({known}); give them as --arg KEY=VALUE"
        raise NnfigError(f"{error}", where=text, hint=hint) from None


_OURS = str(Path(__file__).parent)
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
"""Folders of other people's code, whose lines nobody is sent to while there is a line of the user's own."""


def _raised(error: Exception, doing: str, what: str) -> NnfigError:
    """The user's own exception in one message: what, where, on which line."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(("<", _OURS))]
    own = [f for f in frames if not f.filename.startswith(_INSTALLED)]
    package = what.partition(":")[0].partition(".")[0]
    theirs = own or [f for f in frames if package in Path(f.filename).parts] or frames
    frame = theirs[-1] if theirs else None
    message = " ".join(str(error).split())[:400]
    return NnfigError(
        Problem(
            f"{doing} {what} raised {type(error).__name__}: {message}",
            where=f"{frame.filename}:{frame.lineno}" if frame else "",
            excerpt=frame.line or "" if frame else "",
            hint="" if own or doing != "importing" else f"so does: python -c 'import {what}'",
        )
    )
