"""How a closed block is written: what it is called, its channels, and on one line what is in it."""

from __future__ import annotations

from dataclasses import replace

from nnfig.detail.captions.english import in_words
from nnfig.detail.categories import category_of
from nnfig.detail.draft import Draft
from nnfig.detail.labels.contents import Contents, inside_line
from nnfig.detail.passes.groups import CONTAINERS
from nnfig.detail.passes.messages import passes_messages
from nnfig.detail.sheets.rules import Rules
from nnfig.graph import Group, Layer


def block_lines(layer: Layer, draft: Draft, channels: str) -> tuple[str, ...]:
    """`Bottleneck, 256` above `1×1, 3×3, 1×1 conv`; a stage of equal classes is `Bottleneck ×3, 256`.

    What an inset opens is only called by its name, and what is one operation on a graph holds nothing to be listed.
    """
    rules, contents = draft.rules, draft.contents[layer.name]
    writing = rules.writing(layer, draft.graph)
    group = draft.origin.group.get(layer.path)
    shown = group is not None and rules.group_action(group, ("open", "close", "inset")) == "inset"
    line = "" if shown and layer.kind not in CONTAINERS else inside_line(_titled(contents, rules))
    own = rules.title(group) if group else ""
    name = own or writing.title or writing.rename
    if "repeat" in layer.attributes and not own:
        name, line = f"{name or in_words(layer.kind)} ×{layer.attributes['repeat']}", ""
    elif not name and layer.kind in CONTAINERS:
        name, line = line or layer.path.rpartition(".")[2], ""
    name = name or in_words(layer.kind).lstrip("_")
    message = passes_messages(contents.members)
    line, wide = "" if message else line, message or (len(layer.shape) >= 4 and not _gives_heads(layer, contents))
    if rules.shows("channels") and wide and not contents.is_light:
        name = f"{name}, {channels}"
    return (name, line) if line else (name,)


def _gives_heads(layer: Layer, contents: Contents) -> bool:
    """Whether what a block gives is what attention in it mixed, head by head: its last axis is no width."""
    kinds = {category_of(each.kind).name for each in contents.members if each.shape == layer.shape}
    mixes = any(category_of(each.kind).name in ("softmax", "attention") for each in contents.members)
    return mixes and not kinds.isdisjoint(("product", "attention"))


def _titled(contents: Contents, rules: Rules) -> Contents:
    """The blocks in it under the titles that frames around them would have."""
    called = ((rules.title(Group("", cls)) or in_words(cls), count) for cls, count in contents.blocks)
    return replace(contents, blocks=tuple(called))
