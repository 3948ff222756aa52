"""From scoped names (`/layer1/layer1.0/conv1/Conv`) to module paths, and from module paths to groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nnfig.graph import Group


def module_path(scope: Sequence[str]) -> tuple[str, ...]:
    """The module paths that a scope walks through, outermost first.

    A part that repeats its parent's name, as exporters write children of containers, is not counted twice; the
    number of a further call stands at the end of the path.

    >>> module_path(["layer1", "layer1.0", "conv1"])
    ('layer1', 'layer1.0', 'layer1.0.conv1')
    >>> module_path(["encoder@2", "fc"])
    ('encoder@2', 'encoder.fc@2')
    """
    paths: list[str] = []
    path = before = call = ""
    for part in scope:
        part, at, number = part.partition("@")
        call = at + number or call
        tail = part[len(before) + 1 :] if before and part.startswith(f"{before}.") else part
        path = f"{path}.{tail}" if path else part
        paths.append(path + call)
        before = part
    return tuple(paths)


def groups(ways: Iterable[Sequence[str]], classes: Mapping[str, str] | None = None) -> tuple[Group, ...]:
    """A group for each path that a way goes through, parents first, in the order of first use.

    Args:
        ways: for each layer the paths of the groups around it, outermost first.
        classes: class names by path, where known.

    >>> [g.path for g in groups([("layer1", "layer1.0"), ("layer1", "layer1.1")])]
    ['layer1', 'layer1.0', 'layer1.1']
    """
    found: dict[str, Group] = {}
    for way in ways:
        for around, path in zip(("", *way), way, strict=False):
            if path not in found:
                found[path] = Group(path, cls=(classes or {}).get(path, ""), parent=around)
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
