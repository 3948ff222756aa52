"""A progress bar for long work: on a terminal, after a second, on stderr; otherwise nothing at all."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds of work that nobody needs to be told of."""


class Step(Protocol):
    """Say how far the work is."""

    def __call__(self, done: int = 1, *, total: int | None = None, what: str = "") -> None:
        """Advance by `done`, of `total` where that is known; `what` is in hand now."""
        ...


@contextmanager
def progress(title: str, enabled: bool = True) -> Generator[Step]:
    """Show a bar while the block runs, if that takes more than a second and stderr is a terminal.

    Args:
        title: what is being done, in one or two words ("tracing").
        enabled: what the user chose with `--progress/--no-progress`.

    >>> with progress("counting", enabled=False) as step:
    ...     for i in range(3):
    ...         step(total=3)
    """
    if not enabled or not sys.stderr.isatty():
        yield _silent
        return
    bar = _Bar(title)
    timer = threading.Timer(PATIENCE, bar.show)
    timer.daemon = True
    timer.start()
    try:
        yield bar.step
    finally:
        timer.cancel()
        bar.close()


def _silent(done: int = 1, *, total: int | None = None, what: str = "") -> None:
    """Count nothing."""


class _Bar:
    """How far the work is, and the bar that shows it once the timer has rung."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.done = 0
        self.total: int | None = None
        self.what = ""
        self.closed = False
        self.lock = threading.Lock()
        self.shown: Progress | None = None

    def step(self, done: int = 1, *, total: int | None = None, what: str = "") -> None:
        self.done += done
        self.total = total or self.total
        self.what = what or self.what
        if self.shown is not None:
            self._update(self.shown)

    def show(self) -> None:
        from rich.console import Console
        from rich.errors import LiveError
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        text, count = TextColumn("{task.description}"), TextColumn("{task.fields[count]}")
        bar = Progress(
            SpinnerColumn(), text, BarColumn(), count, TimeElapsedColumn(), console=Console(stderr=True), transient=True
        )
        with self.lock:
            if self.closed:
                return
            bar.add_task(self.title, total=self.total, count="")
            self._update(bar)
            with suppress(LiveError):  # a bar around this one is shown already
                bar.start()
                self.shown = bar

    def close(self) -> None:
        with self.lock:
            self.closed = True
            if self.shown is not None:
                self.shown.stop()

    def _update(self, bar: Progress) -> None:
        from rich.markup import escape

        words = f"{self.title} {self.what}".strip()[:60]
        count = f"{self.done}/{self.total}" if self.total else ""
        bar.update(bar.task_ids[0], completed=self.done, total=self.total, description=escape(words), count=count)
