"""From scoped names (`/layer1/layer1.0/conv1/Conv`) to module paths, and from module paths to groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nnfig.graph import Group


def module_path(scope: Sequence[str]) -> tuple[str, ...]:
    """The module paths that a scope walks through, outermost first.

    A part that repeats its parent's name, as exporters write children of containers, is not counted twice.

    >>> module_path(["layer1", "layer1.0", "conv1"])
    ('layer1', 'layer1.0', 'layer1.0.conv1')
    """
    paths: list[str] = []
    before = ""
    for part in scope:
        tail = part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part
        paths.append(f"{paths[-1]}.{tail}" if paths else part)
        before = part
    return tuple(paths)


def groups(
    paths: Iterable[str], classes: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None
) -> tuple[Group, ...]:
    """Groups for these paths and all paths around them, parents first, in the order of first use.

    Args:
        paths: paths of the innermost groups, dotted; '' stands for the top.
        classes: class names by path, where known.
        titles: titles by path.

    >>> [g.path for g in groups(["layer1.0", "layer1.1"])]
    ['layer1', 'layer1.0', 'layer1.1']
    """
    found: dict[str, Group] = {}
    for path in paths:
        chain = [path]
        while chain[-1]:
            chain.append(parent(chain[-1]))
        for each in reversed(chain[:-1]):
            if each not in found:
                cls = (classes or {}).get(each, "")
                found[each] = Group(each, cls=cls, title=(titles or {}).get(each, ""), parent=parent(each))
    return tuple(found.values())


def parent(path: str) -> str:
    """The path around a path; '' at the top.

    >>> parent("layer1.0.conv1"), parent("conv1")
    ('layer1.0', '')
    """
    return path.rpartition(".")[0]


def unique(name: str, taken: Mapping[str, object] | set[str]) -> str:
    """The name, or `name_1`, `name_2` ... where it is taken.

    >>> unique("add", {"add", "add_1"})
    'add_2'
    """
    if name not in taken:
        return name
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def clean(name: str) -> str:
    """A scope's part as a path can hold it: no dots at its ends, no line breaks, never empty.

    >>> clean(" conv 1\\n")
    'conv 1'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in name).split()).strip(".") or "unnamed"


def without_common_root(scopes: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The scopes without the first parts that all of them share (`gpu_0`, `model`), which tell nothing."""
    rest = [tuple(scope) for scope in scopes]
    while rest and all(len(s) > 1 for s in rest) and len({s[0] for s in rest}) == 1:
        rest = [s[1:] for s in rest]
    return rest
