"""The Python stack around an operation: which helper functions it runs in, which line of the user's code asked."""

from __future__ import annotations

import os
from pathlib import Path
from types import CodeType, FrameType, TracebackType

import torch

from nnfig.sources.tracer.compat import CALL_CODES, caller
from nnfig.sources.tracer.recording import Helper

_TORCH = str(Path(torch.__file__).parent) + os.sep  # and not torchvision or torch_geometric beside it
_OURS = str(Path(__file__).parents[1]) + os.sep
_LIBRARY_PARTS = ("contextlib.py", "functools.py", "jaxtyping", "beartype", "typeguard", "einops")
_WRAPPERS = frozenset(
    ("wrapper", "wrapped", "inner", "wrapped_func", "wrapped_forward", "decorate_context", "new_func")
)


class Stack:
    """Helper functions of the operation being recorded; one run of a function is one Helper."""

    def __init__(self) -> None:
        self._known: list[tuple[FrameType, Helper]] = []
        self._around: list[list[tuple[FrameType, Helper]]] = []
        """The same for the modules that are running, outermost first."""
        self._foreign: dict[CodeType, bool] = {}

    def helpers(self, frame: FrameType | None = None) -> tuple[Helper, ...]:
        """Functions between the innermost forward and here (or a frame on the stack), outermost first."""
        frame = frame or caller()
        chain: list[FrameType] = []
        cut = 0
        while frame is not None and frame.f_code not in CALL_CODES:
            code = frame.f_code
            if code.co_name == "forward":  # also one that another forward calls: super().forward(x)
                cut = len(chain)
            elif not self._is_foreign(code):
                chain.append(frame)
            frame = frame.f_back
        if frame is None or not cut:
            return ()
        chain = chain[cut - 1 :: -1]
        known, same = self._known, 0
        while same < len(known) and same < len(chain) and known[same][0] is chain[same]:
            same += 1
        del known[same:]
        known += [(frame, Helper(frame.f_code.co_name)) for frame in chain[same:]]
        return tuple(helper for _, helper in known)

    def enter(self) -> None:
        """A module begins to run: the functions that call it hold more than operations."""
        frame = caller()
        while frame is not None and frame.f_code not in CALL_CODES:
            frame = frame.f_back
        while frame is not None and frame.f_code in CALL_CODES:
            frame = frame.f_back
        for helper in self.helpers(frame) if frame is not None else ():
            helper.calls_modules = True
        self._around.append(self._known)
        self._known = []

    def leave(self) -> None:
        """The module that began last has run."""
        self._known = self._around.pop()

    def clear(self) -> None:
        """Let go of the Python frames that it holds."""
        self._known = []
        self._around.clear()

    def _is_foreign(self, code: CodeType) -> bool:
        found = self._foreign.get(code)
        if found is None:
            found = self._foreign[code] = (
                code.co_name.startswith("<")
                or code.co_name in _WRAPPERS
                or code.co_filename.startswith((_TORCH, _OURS))
                or any(part in code.co_filename for part in _LIBRARY_PARTS)
            )
        return found


def here() -> str:
    """`file.py:line` of the innermost line of user code that is running; of any code where there is none."""
    frame = caller()
    while frame is not None and frame.f_code.co_filename.startswith((_TORCH, _OURS)):
        frame = frame.f_back
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno}" if frame else "?"


def raised_at(traceback: TracebackType | None) -> tuple[str, str]:
    """`file.py:line` and the text of the innermost line of user code in a traceback, past PyTorch and past us."""
    place, text = "", ""
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not name.startswith((_TORCH, _OURS)):
            place, text = f"{_short(name)}:{traceback.tb_lineno}", _line(name, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place, text


def _line(filename: str, number: int) -> str:
    import linecache

    return linecache.getline(filename, number).strip()


def _short(filename: str) -> str:
    """The path below site-packages or the current folder, else whole."""
    for mark in ("/site-packages/", "/dist-packages/"):
        if mark in filename:
            return filename.rpartition(mark)[2]
    path = Path(filename)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return filename
