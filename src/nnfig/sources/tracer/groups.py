"""The tree of module calls and helper functions as Groups."""

from __future__ import annotations

from collections import Counter

from nnfig.graph import Group
from nnfig.sources.tracer.recording import Call, Frame, Helper


class Groups:
    """Groups that hold layers, made as layers come, parents first."""

    def __init__(self, calls: list[Call]) -> None:
        """Args: the calls that compute something; what only moves values makes no group of a helper function."""
        self.found: list[Group] = []
        self._paths: dict[int, str] = {}
        """Group path by id of the Frame or Helper."""
        self._taken: Counter[str] = Counter()
        self._worth_it = _worth_it(calls)

    def of(self, call: Call) -> str:
        """Path of the innermost group around a call; the group is made if it is new."""
        path = self._frame(call.frame)
        for helper in call.helpers:
            if id(helper) in self._worth_it:
                path = self._helper(helper, path)
        return path

    def _frame(self, frame: Frame) -> str:
        missing: list[Frame] = []
        while frame.parent is not None and id(frame) not in self._paths:
            missing.append(frame)
            frame = frame.parent
        path = self._paths.get(id(frame), "")
        for inner in reversed(missing):
            again = inner.number if inner.path else inner.number + 1  # a network that calls itself runs already
            wanted = (inner.path or inner.cls) + (f"@{again + 1}" if again else "")
            path = self._make(id(inner), wanted, inner.cls, path)
        return path

    def _helper(self, helper: Helper, around: str) -> str:
        if id(helper) in self._paths:
            return self._paths[id(helper)]
        return self._make(id(helper), f"{around}.{helper.name}" if around else helper.name, helper.name, around)

    def _make(self, key: int, wanted: str, cls: str, parent: str) -> str:
        self._taken[wanted] += 1
        path = wanted if self._taken[wanted] == 1 else f"{wanted}@{self._taken[wanted]}"
        self._paths[key] = path
        self.found.append(Group(path, cls, parent=parent))
        return path


def _worth_it(calls: list[Call]) -> set[int]:
    """Helper functions that run no modules and hold two or more, but not all, of the operations around them."""
    inside: Counter[int] = Counter()
    around: dict[int, int] = {}
    for call in calls:
        inside[id(call.frame)] += 1
        holder = id(call.frame)
        for helper in call.helpers:
            if helper.calls_modules:
                continue
            inside[id(helper)] += 1
            around[id(helper)] = holder
            holder = id(helper)
    return {key for key, holder in around.items() if 1 < inside[key] < inside[holder]}
