"""Closing groups keeps the network: nothing is lost, and every row stands below what it takes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig.graph import Graph, Group, TensorSpec, verify
from nnfig.report.rows import rows

from .graphs import SHAPE, layer


@st.composite
def _networks(draw: st.DrawFn) -> Graph:
    """Layers that take any earlier ones, in groups up to three deep, in any interleaving."""
    paths = draw(st.lists(st.sampled_from(("a", "b", "a.x", "a.y", "b.x", "a.x.k")), unique=True))
    groups: list[Group] = []
    for path in sorted(paths):
        parent = path.rpartition(".")[0]
        known = {group.path for group in groups}
        groups.append(Group(path, "G", repeat=draw(st.integers(1, 3)), parent=parent if parent in known else ""))
    homes = ["", *(group.path for group in groups)]
    names = ["x"]
    layers = []
    for i in range(draw(st.integers(1, 10))):
        sources = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        names.append(f"n{i}")
        layers.append(
            layer(names[-1], "Conv2d", *sources, group=draw(st.sampled_from(homes)), params=draw(st.integers(0, 9)))
        )
    return verify(Graph("random", {"x": TensorSpec(SHAPE)}, tuple(layers), tuple(groups), (names[-1],)))


@settings(max_examples=200, deadline=None)
@given(_networks(), st.none() | st.integers(0, 3))
def test_rows_are_the_network_at_every_depth(graph: Graph, depth: int | None):
    """Parameters add up to the network's, and sources stand above, however the groups are woven."""
    listed = rows(graph, depth)
    seen: set[str] = set()
    total = 0
    for row in listed:
        assert seen.issuperset(row.sources)
        seen.add(row.name)
        around = 1
        for path in graph.ancestors(row.group):
            around *= graph.group[path].repeat
        total += row.params * around
    assert total == graph.params
    assert len(seen) == len(listed)


@settings(max_examples=100, deadline=None)
@given(_networks())
def test_at_full_depth_every_layer_has_its_row(graph: Graph):
    """In the order of the network."""
    assert [row.name for row in rows(graph) if row.name != "x"] == [each.name for each in graph.layers]
