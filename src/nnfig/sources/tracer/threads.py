"""Which thread a module runs in: function modes see only the thread that they were entered in."""

from __future__ import annotations

import threading
from collections import Counter


class Threads:
    """The thread that is recorded, and how deep in modules every other one is."""

    def __init__(self) -> None:
        self._home = threading.get_ident()
        self._depth: Counter[int] = Counter()
        self.lock = threading.RLock()

    def is_away(self) -> bool:
        """Whether another thread than the recorded one asks."""
        return threading.get_ident() != self._home

    def enter(self) -> None:
        """A module begins to run in this thread."""
        self._depth[threading.get_ident()] += 1

    def leave(self) -> bool:
        """A module has run in this thread; whether it was the outermost."""
        thread = threading.get_ident()
        self._depth[thread] -= 1
        return not self._depth[thread]
