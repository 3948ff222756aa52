"""What finding blocks in a flat graph promises: only blocks that repeat, never a network's own shape."""

from __future__ import annotations

from nnfig.graph import Edge, Graph, Layer, TensorSpec, verify
from nnfig.sources.blocks import with_blocks
from nnfig.sources.class_names import with_class_names


def graph(*rows: str, groups: str = "") -> Graph:
    """Layers written as `name kind source source`, all of one size."""
    layers = []
    for row in rows:
        name, kind, *sources = row.split()
        layers.append(Layer(name, kind, tuple(map(Edge, sources)), (TensorSpec((1, 4, 8, 8)),)))
    return Graph("net", {"x": TensorSpec((1, 4, 8, 8))}, tuple(layers), outputs=(layers[-1].name,))


def residual(number: int, source: str) -> list[str]:
    """One residual block of three layers and its ReLU."""
    n = number
    return [
        f"a{n} Conv2d {source}",
        f"b{n} ReLU a{n}",
        f"c{n} Conv2d b{n}",
        f"s{n} add c{n} {source}",
        f"r{n} ReLU s{n}",
    ]


def test_residual_blocks_are_groups_with_the_activation_that_follows() -> None:
    """Two equal blocks in a row: each from after the fork to the ReLU after the sum."""
    found = verify(with_blocks(graph("stem Conv2d x", *residual(1, "stem"), *residual(2, "r1"), "fc Linear r2")))
    assert [(g.path, g.cls, g.parent) for g in found.groups] == [
        ("block1", "ResidualBlock", ""),
        ("block2", "ResidualBlock", ""),
    ]
    assert [n.name for n in found.members("block1")] == ["a1", "b1", "c1", "s1", "r1"]
    assert found.layer["fc"].group == ""


def test_runs_of_blocks_of_one_size_are_stages() -> None:
    """Four blocks, two and two with a pooling between, are two stages."""
    rows = [*residual(1, "stem"), *residual(2, "r1"), "p MaxPool2d r2", *residual(3, "p"), *residual(4, "r3")]
    found = verify(with_blocks(graph("stem Conv2d x", *rows)))
    assert [(g.path, g.cls) for g in found.groups if not g.parent] == [
        ("stage1", "Sequential"),
        ("stage2", "Sequential"),
    ]


def test_a_ladder_is_no_block() -> None:
    """The skips of an encoder-decoder occur once each, so they make no groups."""
    rows = ["d1 Conv2d x", "d2 Conv2d d1", "m Conv2d d2", "u2 cat m d2", "v2 Conv2d u2", "u1 cat v2 d1", "v1 Linear u1"]
    found = with_blocks(graph(*rows))
    assert not found.groups
    assert any("no module hierarchy" in note for note in found.notes)


def test_a_block_whose_inside_is_used_elsewhere_is_none() -> None:
    """Something inside the second block is also a result: it stays open."""
    rows = [*residual(1, "x"), *residual(2, "r1"), *residual(3, "r2"), "extra Linear b3"]
    found = with_blocks(graph(*rows))
    assert [g.path for g in found.groups if g.cls != "Sequential"] == ["block1", "block2"]


def test_long_chains_are_quick_and_no_recursion() -> None:
    """A thousand blocks in a row."""
    rows: list[str] = []
    for n in range(1000):
        rows += residual(n, f"r{n - 1}" if n else "x")
    assert len(with_blocks(graph(*rows)).groups) == 1000


def test_groups_are_called_after_their_names_or_their_wiring() -> None:
    """`inception_3a` is an Inception; a numbered module with a sum is a ResidualBlock."""
    flat = with_blocks(graph("stem Conv2d x", *residual(1, "stem"), *residual(2, "r1")))
    bare = flat.replace(groups=tuple(type(g)(f"layers.{i}") for i, g in enumerate(flat.groups)))
    names = {"block1": "layers.0", "block2": "layers.1", "": ""}
    moved = tuple(type(n)(n.name, n.kind, n.inputs, n.output, group=names[n.group]) for n in flat.layers)
    assert [g.cls for g in with_class_names(bare.replace(layers=moved), modules=True).groups] == ["ResidualBlock"] * 2
