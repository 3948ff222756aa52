"""A Jinja template and values in, text out: a template reaches no object and no file elsewhere, and comes to an end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

from nnfig.emit.escape import Tex
from nnfig.emit.escape import tex as escape
from nnfig.emit.figure_lines import Line
from nnfig.errors import NnfigError, Problem
from nnfig.resources import resource

OURS = resource("templates", "figure.tex.jinja").parent
TIME_LIMIT = 20.0
"""Seconds for a template of the user's own."""
MEMORY = 512 * 2**20
"""Bytes that such a template may take: texts can be doubled, padded and joined in more ways than anyone can list."""
LARGEST = 10**6
"""Letters or items that one operation may make, and digits of a number."""


def rendered(path: Path, values: Mapping[str, Any]) -> str:
    """The template filled in.

    Raises:
        NnfigError: it cannot be read, is wrong, prints what nobody has escaped, or asks for too much.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NnfigError(f"cannot read the template: {error}", where=str(path)) from None
    try:
        with nullcontext() if path.parent == OURS else _limits():
            text = _environment(path.parent).from_string(source).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise NnfigError(Problem(error.message or "syntax", where=f"{error.filename or path}:{error.lineno}")) from None
    except _FAULTS as error:
        said = _SAID.get(type(error), error)
        raise NnfigError(
            f"the template fails: {said}", where=f"{path}:{_line_of(error)}", hint=f"known there: {', '.join(values)}"
        ) from None
    return text.rstrip() + "\n"


class _Unescaped(Exception):
    """A template met text that nobody has escaped."""


_FAULTS = (
    *(jinja2.TemplateError, _Unescaped, ArithmeticError, TypeError, ValueError, AttributeError, LookupError),
    *(RecursionError, MemoryError, TimeoutError),
)
_SAID: dict[type[BaseException], str] = {
    RecursionError: "it calls or includes itself without end",
    MemoryError: f"it asks for more than {MEMORY >> 20} MiB of memory",
}


def _checked(value: Any) -> Any:
    if isinstance(value, (Tex, Line, int, float)):
        return value
    raise _Unescaped(f"{str(value)[:80]!r} is plain text, expected escaped TeX; write <<tex(...)>>")


def _escaped(text: object) -> Tex:
    plain = str(text)
    if len(plain) > LARGEST:
        raise ValueError(f"a text of {len(plain):,} letters")
    return escape(plain)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which operators cannot make what fills the memory either."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """The result, unless it would be too large."""
        lengths = [len(side) for side in (left, right) if isinstance(side, (str, bytes, list, tuple))]
        numbers = [side for side in (left, right) if isinstance(side, int)]
        if operator == "*" and lengths and numbers and lengths[0] * numbers[0] > LARGEST:
            raise OverflowError(f"{lengths[0]:,} things {numbers[0]:,} times")
        if operator == "**" and len(numbers) == 2 and left.bit_length() * right > LARGEST:
            raise OverflowError(f"{left} to the power of {right}")
        if operator == "%" and isinstance(left, (str, bytes)):
            raise TypeError("'%' on text is not offered; write a ~ b")
        return super().call_binop(context, operator, left, right)


def _environment(folder: Path) -> jinja2.Environment:
    """Jinja with TeX's needs: `<% %>` and `<< >>` for delimiters, a sandbox, and no text that is not escaped."""
    environment = _Sandbox(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=_checked,
        loader=jinja2.FunctionLoader(_inside(folder, OURS)),
    )
    environment.globals.clear()
    environment.globals.update({"tex": _escaped, "range": safe_range})  # pyright: ignore[reportCallIssue, reportArgumentType]
    for name in ("center", "format", "indent", "wordwrap"):
        del environment.filters[name]
    return environment


def _inside(*folders: Path) -> Callable[[str], tuple[str, str, None] | None]:
    """Reads templates that lie in one of the folders, links followed."""
    loader = jinja2.FileSystemLoader([str(folder) for folder in folders])
    real = [folder.resolve() for folder in folders]

    def load(name: str) -> tuple[str, str, None] | None:
        text, path, _ = loader.get_source(jinja2.Environment(), name)
        inside = any(Path(path).resolve().is_relative_to(folder) for folder in real)
        return (text, path, None) if inside else None

    return load


@contextmanager
def _limits() -> Generator[None]:
    with _time_limit(TIME_LIMIT), _memory_limit(MEMORY):
        yield


@contextmanager
def _memory_limit(more: int) -> Generator[None]:
    """Raise MemoryError in the body for more than so much beyond what is in use, where the system tells that."""
    try:
        import resource as system

        used = int(Path("/proc/self/statm").read_text().split()[0]) * system.getpagesize()
    except (ImportError, OSError):
        yield
        return
    before = soft, hard = system.getrlimit(system.RLIMIT_AS)
    wanted = used + more
    system.setrlimit(system.RLIMIT_AS, (wanted if soft == system.RLIM_INFINITY else min(soft, wanted), hard))
    try:
        yield
    finally:
        system.setrlimit(system.RLIMIT_AS, before)


@contextmanager
def _time_limit(seconds: float) -> Generator[None]:
    """Raise TimeoutError in the body after so many seconds; only the main thread can be stopped like that."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError(f"it was stopped after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _line_of(error: BaseException) -> int:
    """The template's line, which Jinja puts into the traceback."""
    line, frame = 1, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
