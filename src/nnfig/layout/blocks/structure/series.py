"""A level taken apart: its items become a chain of cuts with segments between them and lanes beside them.

A cut is an item that everything passes through. Between two cuts lies nothing, a set of parallel branches (chains
again), or a core that is neither. An edge that jumps over cuts is a skip and becomes a lane; a short branch beside
a long one becomes a lane too, with its items in it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nnfig.layout.blocks.net import END, START
from nnfig.layout.blocks.structure.chains import Chain, Decomposition, Lane, Pair, Segment
from nnfig.layout.blocks.structure.levels import Level
from nnfig.layout.blocks.structure.sums import sums
from nnfig.layout.blocks.structure.tails import hang, tails

LARGE = 30
"""A core of more items is looked through for items that feed places all over it."""

MainBranch = Callable[[int, int, list[list[int]]], "int | None"]
"""Says which of two branches between two items is the trunk, or None where they are equals."""


def decomposition(level: Level, main_branch: MainBranch, nodes: int = 0) -> Decomposition:
    """The level taken apart; of the items below `nodes` sums may leave the flow."""
    kept: frozenset[int] = frozenset()
    while True:
        work = _Work(level, main_branch, kept, nodes)
        top = Chain([])
        work.todo.append((top, START, END, list(level.items)))
        while work.todo:
            work.fill(*work.todo.popleft())
        hung, lost = hang(work.chains, work.tails)
        lost |= work.lost_sums()
        if not lost:
            return Decomposition(top, [*work.chains, *hung], work.misfits)
        kept |= lost


@dataclass(frozen=True, slots=True)
class _Home:
    """Where an item that is no cut lies: a branch or core between two cuts."""

    first: int
    last: int


class _Work:
    """The state of taking one level apart; branches wait in `todo`, so that depth costs no stack."""

    def __init__(self, level: Level, main_branch: MainBranch, kept: frozenset[int], nodes: int) -> None:
        self.joins = level.joins
        self.rank = {START: -1, END: len(level.items)} | level.order
        self.after: dict[int, list[int]] = defaultdict(list)
        self.before: dict[int, list[int]] = defaultdict(list)
        for a, b in level.joins:
            self.after[a].append(b)
            self.before[b].append(a)
        self.main_branch = main_branch
        self.todo: deque[tuple[Chain, int, int, list[int]]] = deque()
        self.chains: list[Chain] = []
        self.misfits: list[Pair] = []
        self.nodes = nodes
        self.kept = kept
        """Items that feed tails, or end sums, which must stay where they are."""
        self.tails: list[tuple[int, ...]] = []
        """Items that lead nowhere, each row behind the item that feeds it."""

    def fill(self, chain: Chain, first: int, last: int, items: list[int]) -> None:
        """Take apart what lies between two items, into the chain."""
        self.chains.append(chain)
        removed: set[Pair] = {(first, last)} if items else set()
        chain.cuts = [first]
        sides: list[tuple[Pair, Chain]] = []
        skips: list[Pair] = []
        homes: dict[int, _Home] = {}
        waiting: deque[tuple[int, int, list[int]]] = deque([(first, last, items)])
        while waiting:
            u, v, inside = waiting.popleft()
            if not inside:
                joined = (u, v) in self.joins and (u, v) not in removed
                self._close(chain, v, Segment(joined=joined))
                continue
            if (u, v) in self.joins and (u, v) not in removed:
                skips.append((u, v))
                removed.add((u, v))
            parts = self._cut(u, v, inside, removed)
            if len(parts) > 1:
                waiting.extendleft(reversed(parts))
                continue
            branches = self._components(inside, removed)
            if len(branches) > 1:
                main = self.main_branch(u, v, branches) if len(branches) == 2 else None
                if main is not None:
                    side = Chain([], branch=True)
                    self.todo.append((side, u, v, branches[1 - main]))
                    sides.append(((u, v), side))
                    homes |= dict.fromkeys(branches[1 - main], _Home(u, v))
                    waiting.appendleft((u, v, branches[main]))
                    continue
                segment = Segment(branches=[Chain([], branch=True) for _ in branches])
                for branch, members in zip(segment.branches, branches, strict=False):
                    self.todo.append((branch, u, v, members))
                    homes |= dict.fromkeys(members, _Home(u, v))
                self._close(chain, v, segment)
                continue
            found = sums(v, inside, u, self.before, self.after) if v not in self.kept and not chain.branch else None
            if found and all(item < self.nodes for item in found.items):
                chain.sums.append(found)
                waiting.appendleft((u, v, [item for item in inside if item not in found.items]))
                continue
            spare = self._redundant(u, v, inside, removed)
            if spare:
                skips += spare
                removed.update(spare)
                waiting.appendleft((u, v, inside))
                continue
            hubs = self._hubs(u, v, inside, removed) if len(inside) > LARGE else []
            if hubs:
                self.misfits += hubs
                removed.update(hubs)
                waiting.appendleft((u, v, inside))
                continue
            dead = [item for item in inside if self.after[item] == [END] and not self.joins[item, END]]
            rows = tails(dead, self.before, self.after, self.kept) if v == END else []
            if rows:
                self.tails += rows
                gone = {item for tail in rows for item in tail[1:]}
                removed.update((tail[0], tail[1]) for tail in rows)
                waiting.appendleft((u, v, [item for item in inside if item not in gone]))
                continue
            homes |= dict.fromkeys(inside, _Home(u, v))
            self._close(chain, v, Segment(core=inside))
        self._settle(chain, sides, skips, homes)

    def lost_sums(self) -> frozenset[int]:
        """Ends of sums that are fed by items which became no cuts of their chain."""
        return frozenset(
            each.end for chain in self.chains for each in chain.sums if {c for c, _ in each.feeds} - set(chain.cuts)
        )

    def _close(self, chain: Chain, cut: int, segment: Segment) -> None:
        chain.segments.append(segment)
        chain.cuts.append(cut)

    def _cut(self, u: int, v: int, inside: list[int], removed: set[Pair]) -> list[tuple[int, int, list[int]]]:
        """The stretches between the items that no edge spans."""
        place = {item: i for i, item in enumerate(inside)} | {v: len(inside)}

        def far(item: int) -> int:
            ends = [place[b] for b in self.after[item] if b in place and (item, b) not in removed]
            return max(ends, default=-1)

        def far_from_start() -> int:
            ends = [place[b] for b in self.after[u] if b in place and b != v and (u, b) not in removed]
            return max(ends, default=-1)

        reach = far_from_start()
        parts: list[tuple[int, int, list[int]]] = []
        at, held = u, list[int]()
        for i, item in enumerate(inside):
            if reach <= i:
                parts.append((at, item, held))
                at, held = item, []
            else:
                held.append(item)
            reach = max(reach, far(item))
        parts.append((at, v, held))
        return parts

    def _components(self, inside: list[int], removed: set[Pair]) -> list[list[int]]:
        member = set(inside)
        seen: set[int] = set()
        found: list[list[int]] = []
        for item in inside:
            if item in seen:
                continue
            seen.add(item)
            part, stack = [], [item]
            while stack:
                x = stack.pop()
                part.append(x)
                for near, forward in ((self.after[x], True), (self.before[x], False)):
                    for y in near:
                        if y in member and y not in seen and ((x, y) if forward else (y, x)) not in removed:
                            seen.add(y)
                            stack.append(y)
            found.append(sorted(part, key=self.rank.__getitem__))
        return found

    def _redundant(self, u: int, v: int, inside: list[int], removed: set[Pair]) -> list[Pair]:
        """Edges that another way round goes past, between u and v."""
        bit = {item: 1 << i for i, item in enumerate(inside)} | {v: 1 << len(inside)}
        reach: dict[int, int] = {v: 0}
        spare: list[Pair] = []
        for item in (*reversed(inside), u):
            ends = [b for b in self.after[item] if b in bit and (item, b) not in removed]
            ends.sort(key=self.rank.__getitem__)
            seen = 0
            for b in ends:
                if seen & bit[b]:
                    spare.append((item, b))
                seen |= reach[b] | bit[b]
            reach[item] = seen
        spare.reverse()
        return spare

    def _hubs(self, u: int, v: int, inside: list[int], removed: set[Pair]) -> list[Pair]:
        """Edges from items that feed places all over a segment (tables, masks), but for the nearest of each."""
        place = {item: i for i, item in enumerate(inside)} | {v: len(inside)}
        found: list[Pair] = []
        for item in (u, *inside):
            ends = [b for b in self.after[item] if b in place and (item, b) not in removed]
            ends.sort(key=place.__getitem__)
            if len(ends) > 2 and place[ends[-1]] - place[ends[0]] > len(inside) / 2:
                found += [(item, b) for b in ends[1:] if self.joins[item, b]]
        return found

    def _settle(
        self, chain: Chain, sides: list[tuple[Pair, Chain]], skips: list[Pair], homes: dict[int, _Home]
    ) -> None:
        """Turn skips into lanes; those that begin or end inside a branch are rails, or fit nowhere."""
        place = {cut: i for i, cut in enumerate(chain.cuts)}
        lanes = [Lane(place[u], place[v], (u, v), branch) for (u, v), branch in sides]
        odd: list[Pair] = []
        for u, v in dict.fromkeys(skips):
            if u in place and v in place:
                lanes.append(Lane(place[u], place[v], (u, v)))
            elif not _same_home(u, v, homes):
                odd.append((u, v))
        chain.lanes = lanes
        odd = self._rails(chain, odd)
        self.misfits += odd

    def _rails(self, chain: Chain, odd: Iterable[Pair]) -> list[Pair]:
        """Give segments whose branches are all fed by one earlier cut a rail; what is left over is returned."""
        place = {cut: i for i, cut in enumerate(chain.cuts)}
        by_source: dict[int, list[Pair]] = defaultdict(list)
        left: list[Pair] = []
        for u, v in odd:
            (by_source[u] if u in place else left).append((u, v))
        for u, pairs in by_source.items():
            for i, segment in enumerate(chain.segments):
                heads = [set(self.after[chain.cuts[i]]) for _ in segment.branches]
                fed = [pair for pair in pairs if heads and pair[1] in heads[0]]
                if segment.branches and len(fed) == len(segment.branches) and i > place[u]:
                    segment.rails.append((u, fed))
                    pairs = [pair for pair in pairs if pair not in fed]
            left += pairs
        return left


def _same_home(u: int, v: int, homes: dict[int, _Home]) -> bool:
    """Whether a branch or core, its ends included, holds both; then that branch or core finds the skip itself."""
    if u in homes and v in homes:
        return homes[u] is homes[v]
    return (v in homes and homes[v].first == u) or (u in homes and homes[u].last == v)
