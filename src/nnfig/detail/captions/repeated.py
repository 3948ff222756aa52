"""Blocks that are drawn once -> what the caption says of them, of what they differ in and of what each gives."""

from __future__ import annotations

from collections.abc import Sequence

from nnfig.detail.captions.english import FAMILIES, in_words, listed, some
from nnfig.detail.draft import Draft
from nnfig.detail.labels.outputs import gives_each
from nnfig.graph import Group
from nnfig.graph.every import with_all, without_all


def repeated(drafts: Sequence[Draft]) -> str:
    """`equal blocks in a row are drawn once: Bottleneck ×3`; '' where there are none."""
    times: dict[str, dict[str, None]] = {}
    differ: dict[str, dict[str, None]] = {}
    folds = {fold.path: fold for draft in drafts for fold in draft.record.folded}
    for draft in drafts:
        for group in draft.graph.groups:
            if group.repeat > 1:
                fold = folds.get(group.path)
                name = called(draft, group.path, fold.name if fold else group.cls) or "block"
                times.setdefault(name, {})[f"×{group.repeat}"] = None
                differ.setdefault(name, {}).update(dict.fromkeys(fold.differ if fold else ()))
    if not times:
        return ""
    words = [
        f"{name} {listed(list(counts))}" + (f" (equal but for the rate of {listed(list(of))})" if of else "")
        for (name, counts), of in zip(times.items(), differ.values(), strict=True)
    ]
    steps = any(group.shared and group.repeat > 1 for draft in drafts for group in draft.graph.groups)
    weights = "; weights that copies share are counted once" if steps else ""
    what = "layers" if all(name in FAMILIES.values() for name in times) else "blocks"
    several = len(times) > 1 and any(len(counts) > 1 for counts in times.values())
    told = "; ".join(words) if several else some(words)
    return f"equal {what} in a row are drawn once: {told}{weights}{_given(drafts)}"


def called(draft: Draft, path: str, cls: str) -> str:
    """A block's title, else its class."""
    return draft.rules.title(Group(path, cls)) or in_words(cls).lstrip("_")


def _given(drafts: Sequence[Draft]) -> str:
    """What lines and outputs mean that stand for one of each copy."""
    numbers = {without_all(edge.label)[1] for draft in drafts for edge, _ in draft.graph.edges} - {1}
    lines = [f"‘{with_all('', number)}’" for number in sorted(numbers)]
    said = f"; a line with {listed(lines, 'or')} brings the result of each of them, in order" if lines else ""
    returned = any(gives_each(draft.graph) for draft in drafts)
    return said + "; the network returns the result of each of them" * returned
