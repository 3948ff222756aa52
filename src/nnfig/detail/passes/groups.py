"""What can be told of each group of a graph: how much it draws, whether it is light, attention, or a mere container."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnfig.detail.categories import category_of
from nnfig.detail.folds.structure import members_by_group
from nnfig.detail.passes.messages import passes_messages
from nnfig.detail.sheets.rules import Rules
from nnfig.graph import Graph, Group, Layer

CONTAINERS = frozenset(["Sequential", "ModuleList", "ModuleDict", "Module"])
"""Classes that hold layers without being anything themselves."""

LIGHT = frozenset(["merge", "activation", "function", "reshape", "data", "normalization", "dropout", "softmax"])
"""Categories of which a group can consist and still be one idea: RMSNorm, rotary embedding, a gate."""


@dataclass(frozen=True)
class Groups:
    """Facts about a graph's groups, found once."""

    graph: Graph
    rules: Rules

    @cached_property
    def members(self) -> dict[str, list[Layer]]:
        """Layers of each group at any depth."""
        return members_by_group(self.graph)

    @cached_property
    def children(self) -> dict[str, list[Group]]:
        """Groups directly inside each."""
        found: dict[str, list[Group]] = {"": []} | {group.path: [] for group in self.graph.groups}
        for group in self.graph.groups:
            found[group.parent].append(group)
        return found

    @cached_property
    def weight(self) -> dict[str, int]:
        """Layers of each group that would be drawn with a box of their own."""
        fates = {layer.name: self.rules.fate(layer, self.graph) for layer in self.graph.layers}
        return {
            path: max(1, sum(fates[layer.name] == "show" for layer in layers)) for path, layers in self.members.items()
        }

    @cached_property
    def light(self) -> frozenset[str]:
        """Outermost groups with only elementwise operations, under a name of their own."""
        return self._outermost(self._is_light)

    @cached_property
    def attention(self) -> frozenset[str]:
        """Outermost groups that compute attention and nothing around it (no residual sum)."""
        return self._outermost(self._is_attention)

    @cached_property
    def messages(self) -> frozenset[str]:
        """Innermost modules that are one operation on a graph."""
        found = [g.path for g in self.graph.groups if g.cls[:1].isupper() and passes_messages(self.members[g.path])]
        around = {above for path in found for above in self.graph.ancestors(path)[1:]}
        return frozenset(path for path in found if path not in around and not self.is_container(path))

    @cached_property
    def steps(self) -> frozenset[str]:
        """Outermost groups that are calls of one module, each taking what the call before it gave: a recurrence."""
        calls: dict[str, list[str]] = {}
        for group in self.graph.groups:
            calls.setdefault(group.path.partition("@")[0], []).append(group.path)
        found = {path for each in calls.values() if len(each) > 1 and self._is_recurrence(each) for path in each}
        return self._outermost(lambda group: group.path in found)

    def _is_recurrence(self, calls: list[str]) -> bool:
        names = [{layer.name for layer in self.members[path]} for path in calls]
        takes = [{source for layer in self.members[path] for source in layer.sources} for path in calls]
        return all(before & after for before, after in zip(names, takes[1:], strict=False))

    def is_whole(self, path: str) -> bool:
        """Whether all that goes into the group reaches all that comes out: drawn as one block it tells no lie."""
        return path in self.wholes((path,))

    def wholes(self, paths: Collection[str]) -> frozenset[str]:
        """Those of the groups that tell no lie when all of them are drawn as blocks.

        What reaches only a part of what a group gives may also go by another way to all that take that part.
        """
        for path in paths:
            if path not in self._by_passed:
                self._by_passed[path] = self._passes_by(path)
        found = set(paths)
        while lying := [path for path in paths if path in found and not self._is_true(path, found)]:
            found.difference_update(lying)
        return frozenset(found)

    @cached_property
    def _by_passed(self) -> dict[str, dict[str, frozenset[str]]]:
        return {}

    def _passes_by(self, path: str) -> dict[str, frozenset[str]]:
        """Takers of what the group gives ('' is the reader of the figure) -> what goes in and is no part of that."""
        bit: dict[str, int] = {}
        reached: dict[str, int] = {}
        inside = {layer.name for layer in self.members[path]}
        for layer in self.members[path]:
            mask = 0
            for source in layer.sources:
                mask |= reached[source] if source in reached else 1 << bit.setdefault(source, len(bit))
            reached[layer.name] = mask
        found: dict[str, frozenset[str]] = {}
        for name, mask in reached.items():
            missing = frozenset(source for source, number in bit.items() if not mask >> number & 1)
            ends = [""] if name in self.graph.outputs else []
            for taker in (*ends, *self.graph.consumers[name]) if missing else ():
                if taker not in inside:
                    found[taker] = found.get(taker, frozenset()) | missing
        return found

    def _is_true(self, path: str, closed: Collection[str]) -> bool:
        """Whether what passes by on its way through a group goes another way, with these groups drawn as blocks."""
        for taker, missing in self._by_passed[path].items():
            around = self.graph.ancestors(self.graph.layer[taker].group) if taker else []
            block = next((above for above in around if above in closed and above != path), "")
            takers = [layer.name for layer in self.members[block]] if block else [taker]
            if not taker or not missing <= self._before(takers):
                return False
        return True

    def _before(self, names: Sequence[str]) -> set[str]:
        """Everything from which one of the layers can be reached."""
        seen, stack = set[str](), list(names)
        while stack:
            layer = self.graph.layer.get(stack.pop())
            for source in layer.sources if layer else ():
                if source not in seen:
                    seen.add(source)
                    stack.append(source)
        return seen

    def level(self, path: str) -> int:
        """1 for groups at the top; frames that folding made do not count."""
        return sum(1 for above in self.graph.ancestors(path) if self.graph.group[above].cls or above == path)

    def is_container(self, path: str) -> bool:
        """Whether the group is a Sequential or the like, or was made by folding."""
        return self.graph.group[path].cls in CONTAINERS or not self.graph.group[path].cls

    def stage(self, path: str) -> str:
        """The class of the blocks of which a container holds several and no others; '' if it is no such stage."""
        if not self.is_container(path):
            return ""
        blocks = [self.graph.group[inner] for inner in self.blocks(path)]
        classes = {block.cls for block in blocks}
        return classes.pop() if len(classes) == 1 and sum(block.repeat for block in blocks) > 1 else ""

    def blocks(self, path: str) -> list[str]:
        """Groups directly inside that draw more than one box."""
        return [child.path for child in self.children[path] if self.weight[child.path] > 1]

    def _outermost(self, test: Callable[[Group], bool]) -> frozenset[str]:
        found: set[str] = set()
        for group in self.graph.groups:
            if group.parent in found or any(above in found for above in self.graph.ancestors(group.parent)):
                continue
            if test(group) and self.is_whole(group.path):
                found.add(group.path)
        return frozenset(found)

    def _is_light(self, group: Group) -> bool:
        members = self.members[group.path]
        if self.is_container(group.path) or group.repeat > 1:
            return False
        if len(members) == 1:
            return members[0].kind[:1].islower() and category_of(group.cls).name not in ("block", "function")
        return all(category_of(layer.kind).name in LIGHT for layer in members)

    def _is_attention(self, group: Group) -> bool:
        if category_of(group.cls).name != "attention" or group.repeat > 1:
            return False
        members = self.members[group.path]
        if not any(category_of(layer.kind).name in ("attention", "product") for layer in members):
            return False
        return not self._ends_in_residual(group.path)

    def _ends_in_residual(self, path: str) -> bool:
        """Whether a sum inside, of what the group is given and what it made, is what the group gives."""
        inside = {layer.name for layer in self.members[path]}
        for layer in self.members[path]:
            if layer.kind in ("add", "Add") and any(source not in inside for source in layer.sources):
                outer = [self.graph.layer[s] for s in layer.sources if s in self.graph.layer and s not in inside]
                constant = all(other.mark == "constant" for other in outer) and len(outer) == len(
                    set(layer.sources) - inside
                )
                takers = self.graph.consumers[layer.name]
                if not constant and (not takers or any(taker not in inside or self._norms(taker) for taker in takers)):
                    return True
        return False

    def _norms(self, name: str) -> bool:
        return category_of(self.graph.layer[name].kind).name == "normalization"
