"""Promises of the blocks view that hold for any network."""

import hashlib
import os
import random
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import measure
import pytest
import shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig import detail, figure
from nnfig.graph import Drawing, Edge, Panel, TensorSpec
from nnfig.layout import fitting, scene
from nnfig.options import Options

BOTH = ["right", "down"]


def draw(builder: shapes.Builder, **options: object):
    """The scene of a shape."""
    return scene(builder.drawing(), Options.of(view="blocks", **options))


def random_network(seed: int, layers: int) -> shapes.Builder:
    """A directed graph without cycles, with groups, sums and skips of any kind."""
    r = random.Random(seed)
    b = shapes.Builder(f"random{seed}")
    names = [b.input(f"x{i}", 1, 8) for i in range(r.choice([1, 1, 2]))]
    groups = [b.group(f"g{i}", f"group {i}", repeat=r.choice([1, 1, 4])) for i in range(layers // 6)]
    for i in range(layers):
        near = names[-r.choice([1, 2, 3, 8]) :]
        taken = list(dict.fromkeys(r.choice(near) for _ in range(r.choice([1, 1, 1, 2, 3]))))
        group = groups[i * len(groups) // layers] if groups and r.random() < 0.8 else ""
        label = "+" if len(taken) > 1 and r.random() < 0.6 else r.choice(["3×3 conv, 64", "pool", "a long label, 7"])
        names.append(b.add(f"n{i}", label, *taken, group=group, dims=r.choice(["", "", "56×56"])))
    return b


@pytest.mark.parametrize("direction", BOTH)
def test_a_chain_is_straight(direction):
    """All nodes of a short chain lie on one line, in order."""
    nodes = draw(shapes.chain(4), direction=direction, width=2000).nodes
    along = [node.x if direction == "right" else -node.y for node in nodes]
    assert along == sorted(along)
    assert len({round(node.y if direction == "right" else node.x, 3) for node in nodes}) == 1
    assert all(b - a > 10 for a, b in pairwise(along))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from([*BOTH, None]))
def test_nothing_covers_anything(seed, layers, direction):
    """Whatever the network: nodes and text lie apart, no wire runs through a node, frames hold members only."""
    builder = random_network(seed, layers)
    made = draw(builder, direction=direction)
    rects = {node.name: measure.rect(node) for node in made.nodes}
    assert measure.overlaps(rects) == []
    assert measure.through(rects, measure.ways(made)) == []
    assert measure.foreign(made) == []
    assert [
        pair for pair in measure.overlaps(rects | measure.texts(made)) if pair[1] not in rects or pair[0] not in rects
    ] == []


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from(BOTH))
def test_every_edge_is_drawn_once_and_everything_is_inside(seed, layers, direction):
    """One wire for each edge; nodes and bends lie within the figure's size."""
    builder = random_network(seed, layers)
    made = draw(builder, direction=direction)
    edges = {(edge.source, target) for edge, target in builder.graph().edges}
    assert sorted((w.source, w.target) for w in made.wires) == sorted(edges)
    points = [p for path in measure.ways(made).values() for p in path]
    points += [p for r in map(measure.rect, made.nodes) for p in (r[:2], r[2:])]
    assert all(-0.01 <= x <= made.width + 0.01 and -0.01 <= y <= made.height + 0.01 for x, y in points)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 30), st.sampled_from(BOTH))
def test_data_flows_in_the_direction(seed, layers, direction):
    """Where nothing is wrapped, what takes a tensor lies behind what gives it (or beside it)."""
    made = draw(random_network(seed, layers), direction=direction, width=16000, max_height=16000)
    place = {n.name: (n.x if direction == "right" else -n.y) for n in made.nodes}
    size = {n.name: (n.w if direction == "right" else n.h) for n in made.nodes}
    flow = [w for w in made.wires if w.cls == "flow"]
    assert all(place[w.source] < place[w.target] + (size[w.source] + size[w.target]) / 2 for w in flow)


@pytest.mark.parametrize("make", shapes.ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("direction", [None, *BOTH])
def test_shapes_of_networks_are_clean(make, direction):
    """Known networks: nothing covered, no wire through a node or through text, frames with members only."""
    made = draw(make(), direction=direction)
    rects = {node.name: measure.rect(node) for node in made.nodes}
    paths = measure.ways(made)
    assert measure.overlaps(rects | measure.texts(made)) == []
    assert measure.through(rects | measure.texts(made), paths) == []
    assert measure.foreign(made) == []


@pytest.mark.parametrize("direction", BOTH)
def test_trunks_are_straight(direction):
    """Where nothing is wrapped, 94 % or more of the steps of all trunks are straight, no network under 85 %."""
    found = []
    for make in shapes.ALL:
        builder = make()
        made = draw(builder, direction=direction, width=16000, max_height=16000)
        found.append(measure.straightness({n.name: measure.rect(n) for n in made.nodes}, builder.trunks))
    assert min(found) >= 0.66
    assert sum(found) / len(found) >= 0.94


@pytest.mark.parametrize("make", [shapes.inception, shapes.moe, shapes.clip, shapes.siamese])
def test_branches_are_symmetric(make):
    """Branches of one split lie on both sides of the axis alike."""
    builder = make()
    rects = {node.name: measure.rect(node) for node in draw(builder, direction="down").nodes}
    assert measure.symmetry(rects, builder.splits) == 1.0


def test_skips_nest_and_end_at_the_sum():
    """A residual block: the skip runs beside, on one side, as class skip; a projection keeps its box."""
    made = draw(shapes.resnet(reps=(1, 1)), direction="down", max_height=4000)
    skips = [w for w in made.wires if w.cls == "skip"]
    assert {(w.source, w.target) for w in skips} == {("maxpool", "layer1.0.add")}
    dashed = [(w.source, w.target) for w in made.wires if w.cls == "projection"]
    assert dashed == [("layer1.0.add", "layer2.0.down"), ("layer2.0.down", "layer2.0.add")]
    place = {n.name: n for n in made.nodes}
    assert place["layer2.0.down"].x > place["layer2.0.conv0"].x + place["layer2.0.conv0"].w / 2


@pytest.mark.parametrize("direction", BOTH)
def test_dashes_begin_where_they_leave_the_solid_line(direction):
    """No stretch of a projection lies upon another wire of its source, where a row ends neither."""
    made = draw(shapes.resnet(reps=(2, 2, 2, 2)), direction=direction, width=300)
    dashed = [w for w in made.wires if w.cls == "projection"]
    assert sum(w.tap for w in dashed) == 3
    for wire in dashed:
        mine = list(pairwise(measure.way(wire, made)))
        for other in made.wires:
            if other.source == wire.source and other.cls != "projection":
                theirs = list(pairwise(measure.way(other, made)))
                assert not any(_upon(a, b) for a in mine for b in theirs)


def _upon(a, b):
    """Whether two straight pieces share more than a point."""
    for k in (0, 1):
        if max(abs(p[k] - a[0][k]) for p in (*a, *b)) < 0.01:
            low, high = (sorted(p[1 - k] for p in piece) for piece in (a, b))
            return min(low[1], high[1]) - max(low[0], high[0]) > 0.05
    return False


def test_long_chains_break_into_rows_like_text():
    """Rows run from left to right one below the other, and keep to the width."""
    made = draw(shapes.chain(20), direction="right")
    assert made.width <= Options().width + 0.5
    rows = {}
    for node in made.nodes:
        rows.setdefault(round(node.y, 1), []).append(node.x)
    assert len(rows) > 1
    assert list(rows) == sorted(rows, reverse=True)
    assert all(row == sorted(row) for row in rows.values())


def test_unet_folds():
    """Skips of an encoder-decoder are level, between a column that goes down and one that goes up."""
    made = draw(shapes.unet())
    place = {n.name: n for n in made.nodes}
    for d in range(4):
        assert abs(place[f"e{d}b"].y - place[f"k{d}"].y) < 0.01
        assert place[f"e{d}b"].x < place[f"k{d}"].x
    assert place["k3"].y < place["k0"].y


def test_an_encoder_of_residual_blocks_folds_with_a_time_for_every_block():
    """Residual sums, skips that share an end and an embedding that every block takes do not keep a U from folding."""
    b = shapes.Builder("unet")
    last = b.input("x", 1, 3, 64, 64)
    time = b.add("time", "embedding", b.input("t", 1, 16), shape=(1, 16))
    ends = []
    for d in range(4):
        size = 64 >> d
        first = b.add(f"e{d}a", "3×3 conv", last, time, shape=(1, 8, size, size))
        second = b.add(f"e{d}b", "3×3 conv", first, shape=(1, 8, size, size))
        last = b.add(f"e{d}", "+", second, first, shape=(1, 8, size, size))
        ends.append(last)
    for d in (2, 1, 0):
        size = (1, 8, 64 >> d, 64 >> d)
        up = b.add(f"u{d}", "up", last, cls="up", shape=size)
        merged = b.add(f"k{d}", "concat", up, ends[d], *([ends[d + 1]] if d else []), cls="merge", shape=size)
        last = b.add(f"d{d}", "3×3 conv", merged, time, shape=size)
    made = draw(b)
    place = {n.name: n for n in made.nodes}
    for d in range(3):
        assert abs(place[f"e{d}"].y - place[f"k{d}"].y) < 0.01
    assert place["k2"].y < place["k0"].y
    rects = {node.name: measure.rect(node) for node in made.nodes}
    assert measure.overlaps(rects) == []
    assert measure.through(rects, measure.ways(made)) == []


def test_residual_sums_of_a_transformer_do_not_fold():
    """Skips around sums of vectors are no encoder-decoder, however they lie."""
    b = shapes.Builder("llama")
    x = b.add("embed", "embedding", b.input("ids", 1, 16), shape=(1, 16, 64))
    for k in range(2):
        a = b.add(f"a{k}", "attention", b.add(f"n{k}", "norm", x, shape=(1, 16, 64)), shape=(1, 16, 64))
        s = b.add(f"s{k}", "+", a, x, shape=(1, 16, 64))
        gate, up = (b.add(f"{n}{k}", "linear", s, shape=(1, 16, 128)) for n in ("gate", "up"))
        down = b.add(f"down{k}", "linear", b.add(f"m{k}", "×", gate, up, shape=(1, 16, 128)), shape=(1, 16, 64))
        x = b.add(f"t{k}", "+", down, s, shape=(1, 16, 64))
    made = draw(b, direction="down", max_height="20in")
    place = {n.name: n for n in made.nodes}
    assert place["embed"].y > place["s0"].y > place["t0"].y > place["s1"].y > place["t1"].y


def test_the_state_of_a_cell_is_one_straight_line():
    """From the old state over the product and the sum to the new one, left to right."""
    place = {n.name: n for n in draw(shapes.lstm(), direction="right").nodes}
    line = [place[name] for name in ("c[t-1]", "m1", "sum", "c[t]")]
    assert len({round(n.y, 2) for n in line}) == 1
    assert [n.x for n in line] == sorted(n.x for n in line)


def test_gradients_run_beside_what_they_run_against():
    """A gradient edge is a wire of its own class, a little beside the forward one, with its label."""
    b = shapes.chain(3)
    graph = b.graph()
    layers = list(graph.layers)
    back = Edge("l2", label="∂l", kind="gradient")
    layers[1] = replace(layers[1], inputs=(*layers[1].inputs, back))
    made = scene(Drawing((Panel("", graph.replace(layers=tuple(layers))),)), Options(view="blocks", direction="down"))
    wire = next(w for w in made.wires if w.cls == "gradient")
    assert (wire.source, wire.target, wire.label) == ("l2", "l1", "∂l")
    assert (wire.out, wire.into) == ("north", "south")
    assert wire.out_shift < -2
    assert measure.overlaps({n.name: measure.rect(n) for n in made.nodes} | measure.texts(made)) == []


@pytest.mark.parametrize("length", ["3.25in", "5.5in", "7in"])
def test_text_stays_readable_and_figures_fit(length):
    """A ResNet-18 fits columns and pages with text of 6 pt or more."""
    made = draw(shapes.resnet(), width=length)
    assert made.font_size >= 6
    assert made.fits


def test_compared_networks_are_level():
    """Equal sizes of compared networks begin on one line, written once at the left."""
    a, b = shapes.unet(1), shapes.unet(1)
    a.layers.pop()
    panels = (Panel("", a.graph(), title="a"), Panel("b", b.graph(), role="compare", title="b"))
    made = scene(Drawing(panels), Options(view="blocks"))
    place = {n.name: n for n in made.nodes}
    assert abs(place["p0"].y - place["b/p0"].y) < 0.01
    assert [label.lines for label in made.labels if label.cls == "stage"] == [("572×572",), ("512×512",), ("256×256",)]
    assert place["b/p0"].x > place["p0"].x + place["p0"].w


def test_sizes_that_not_all_compared_networks_have_stand_at_their_own_layers():
    """At the left stands only what is true of every column."""
    panels: list[Panel] = []
    for name, middle in (("a", 4), ("b", 5)):
        b = shapes.Builder(name)
        last = b.input("image", 1, 3, 8, 8)
        last = b.add("c", "conv", last, shape=(1, 4, middle, middle))
        b.add("d", "conv", last, shape=(1, 4, 2, 2))
        panels.append(Panel("" if name == "a" else name, b.graph(), "" if name == "a" else "compare", title=name))
    made = scene(Drawing(tuple(panels)), Options(view="blocks"))
    assert [label.lines for label in made.labels if label.cls == "stage"] == [("8×8",), ("2×2",)]
    assert {n.name: n.dims for n in made.nodes if n.dims} == {"c": "4×4", "b/c": "5×5"}


def test_compared_layers_that_are_written_alike_are_level():
    """In rows of one size they stand beside each other; vectors stand in the row of size 1×1."""
    plain, sums = shapes.Builder("plain"), shapes.Builder("sums")
    for b in (plain, sums):
        last = b.input("image", 1, 3, 8, 8)
        for i in range(3):
            last = b.add(f"a{i}", "conv", last, shape=(1, 4, 4, 4))
            last = b.add(f"b{i}", "conv", last, shape=(1, 4, 4, 4))
            if b is sums:
                last = b.add(f"s{i}", "+", last, f"a{i}", shape=(1, 4, 4, 4))
        b.add("fc", "linear", last, shape=(1, 10))
    panels = (Panel("", plain.graph(), title="plain"), Panel("sums", sums.graph(), role="compare", title="sums"))
    made = scene(Drawing(panels), Options(view="blocks"))
    height = {n.name: n.y for n in made.nodes}
    assert all(abs(height[name] - height[f"sums/{name}"]) < 0.01 for name in height if "/" not in name)
    assert [label.lines for label in made.labels if label.cls == "stage"] == [("8×8",), ("4×4",), ("1×1",)]


def test_insets_lie_apart_and_are_led_to():
    """An inset has a frame beside or below the figure and a leader from what it opens."""
    main, inner = shapes.chain(4).graph(), shapes.inception().graph()
    panels = (Panel("", main), Panel("block", inner, role="inset", title="Block", of="l1"))
    made = scene(Drawing(panels), Options(view="blocks"))
    frame = next(f for f in made.frames if f.cls == "inset")
    leader = next(w for w in made.wires if w.cls == "leader")
    assert (leader.source, leader.target) == ("l1", frame.name)
    inside = [n for n in made.nodes if frame.x0 < n.x < frame.x1 and frame.y0 < n.y < frame.y1]
    assert {n.name for n in inside} == {f"block/{name}" for name in (*inner.inputs, *inner.layer)}


def test_depth_and_length_cost_no_stack():
    """A chain of 3,000 layers and 300 nested groups are laid out."""
    b = shapes.Builder("nest")
    last, group = b.input("x", 1, 8), ""
    for i in range(300):
        group = b.group(f"g{i}", "", group)
        last = b.add(f"n{i}", "conv", last, group=group)
    assert len(draw(b, direction="down").nodes) == 301
    assert len(draw(shapes.chain(3000), direction="right").nodes) == 3001


_PRINT = """
import sys, hashlib
sys.path.insert(0, sys.argv[1])
import shapes
from nnfig.layout import fitting, scene
from nnfig.options import Options
for make in (shapes.nasnet, shapes.fpn, shapes.transformer, shapes.moe):
    print(hashlib.md5(repr(scene(make().drawing(), Options(view="blocks"))).encode()).hexdigest())
"""


def test_the_same_network_gives_the_same_scene_under_any_hash_seed():
    """Bytes do not depend on the order of sets."""
    here = str(Path(__file__).parent)
    found = {
        subprocess.run(
            [sys.executable, "-c", _PRINT, here],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "77")
    }  # fmt: skip
    assert len(found) == 1
    assert len(hashlib.md5(found.pop().encode()).hexdigest()) == 32


def test_a_line_that_wires_share_is_crossed_once():
    """Wires of one tensor are one net where they run on one line; of different tensors they are not."""
    bus = {("a", name): [(0.0, 0.0), (20.0, 0.0), (20.0, y)] for name, y in (("b", 9.0), ("c", 12.0))}
    assert measure.crossings(bus | {("x", "y"): [(10.0, -5.0), (10.0, 5.0)]}) == (1, 2)
    two = {(name, "t" + name): [(0.0, y), (20.0, y)] for name, y in (("a", 0.0), ("b", 3.0))}
    assert measure.crossings(two | {("x", "y"): [(10.0, -5.0), (10.0, 5.0)]}) == (2, 2)


def test_several_tensors_on_one_way_are_counted():
    """Two tensors from one layer to another are one wire that says so, on the trunk and in a lane; one is not."""
    graph = shapes.chain(3).graph()
    first, second, third = graph.layers
    two = TensorSpec((1, 8)), TensorSpec((1, 8))
    layers = (
        replace(first, output=two),
        replace(second, inputs=(Edge("l0"), Edge("l0", 1), Edge("l0", 1))),
        replace(third, inputs=(Edge("l1"), Edge("l0"), Edge("l0", 1))),
    )
    drawing = Drawing((Panel("", graph.replace(layers=layers)),))
    for direction in BOTH:
        made = scene(drawing, Options.of(view="blocks", direction=direction))
        said = {(w.source, w.target): w.label for w in made.wires}
        assert said == {("x", "l0"): "", ("l0", "l1"): "2 tensors", ("l1", "l2"): "", ("l0", "l2"): "2 tensors"}
        rects = {node.name: measure.rect(node) for node in made.nodes}
        assert measure.overlaps(rects | measure.texts(made)) == []
        assert measure.through(measure.texts(made), measure.ways(made)) == []


def test_columns_break_between_blocks():
    """Of two places nearly as good, a figure is broken where a block ends, not inside it, though no frame shows it."""
    b = shapes.Builder("blocks")
    last = b.input("x", 1, 8)
    for k, count in enumerate((5, 6, 4, 5)):
        for i in range(count):
            last = b.add(f"block{k}.l{i}", "3×3 conv, 64", last)
    graph = b.graph()
    layers = tuple(replace(layer, path=layer.name) for layer in graph.layers)
    drawing = Drawing((Panel("", graph.replace(layers=layers)),))
    made = scene(drawing, Options.of(view="blocks", direction="down", max_height="5in"))
    columns = {}
    for node in made.nodes:
        columns.setdefault(round(node.x), []).append(node.name)
    assert len(columns) > 1
    assert all(names[0] in ("x", *(f"block{k}.l0" for k in range(4))) for names in columns.values())


@pytest.mark.parametrize("direction", BOTH)
def test_boxes_that_read_one_tensor_are_level_whatever_follows_them(direction):
    """Of branches of one, two and three boxes the first ones stand in one row, and so do the second ones."""
    b = shapes.Builder("module")
    x = b.input("x", 1, 8)
    ends = [
        b.chain("", *((f"b{i}.{k}", "3×3 conv" if k else "1×1 conv, 64 · BN") for k in range(i + 1)), after=x)[-1]
        for i in range(3)
    ]
    b.add("concat", "concat", *ends, cls="merge")
    nodes = {n.name: (n.y if direction == "down" else n.x) for n in draw(b, direction=direction).nodes}
    assert nodes["b0.0"] == pytest.approx(nodes["b1.0"]) == pytest.approx(nodes["b2.0"])
    assert nodes["b1.1"] == pytest.approx(nodes["b2.1"])


@pytest.mark.parametrize("direction", BOTH)
def test_a_branch_beside_the_trunk_begins_level_with_it(direction):
    """The values of attention stand in one row with its queries and keys, though they are used later."""
    b = shapes.Builder("attention")
    x = b.input("x", 1, 8)
    q, k, v = (b.add(name, name, x) for name in "qkv")
    last = b.chain("", "scale", "softmax", after=b.add("scores", "matmul", q, k))[-1]
    b.add("out", "matmul", last, v)
    nodes = {n.name: (n.y if direction == "down" else n.x) for n in draw(b, direction=direction).nodes}
    assert nodes["q"] == pytest.approx(nodes["k"]) == pytest.approx(nodes["v"])


def test_outputs_half_way_and_a_learned_number_leave_two_towers_symmetric():
    """As in CLIP: towers join in the middle, the scale stands by its product, a side output beside its source."""
    b = shapes.Builder("clip")
    ends: list[str] = []
    for tower in ("image", "text"):
        group = b.group(f"{tower}_model")
        inside = b.chain(group, f"{tower}.embed", f"{tower}.block", f"{tower}.norm", after=b.input(tower, 1, 8))
        ends.append(b.add(f"{tower}_projection", "linear", inside[-1]))
    b.add("hidden", "hidden state", "text.norm", cls="data")
    scores = b.add("scores", "matmul", *ends)
    scale = b.chain("", "scale", "exp")
    b.add("logits", "×", scores, scale[-1])
    made = draw(b, direction="down")
    nodes = {n.name: n for n in made.nodes}
    image, text = (nodes[f"{tower}_projection"] for tower in ("image", "text"))
    assert nodes["scores"].x == nodes["logits"].x == pytest.approx((image.x + text.x) / 2)
    assert nodes["text.norm"].x == text.x
    assert nodes["scale"].y < image.y
    assert nodes["scale"].x < text.x + text.w


def test_inputs_of_one_kind_are_level():
    """Queries, keys and values that come in from outside stand in one row, whatever takes them when."""
    b = shapes.Builder("attention")
    q, k, v = (b.add(f"W{name}", name, b.input(name, 1, 8)) for name in "QKV")
    last = b.chain("", "scale", "softmax", after=b.add("scores", "matmul", q, k))[-1]
    b.add("out", "matmul", last, v)
    nodes = {n.name: n.y for n in draw(b, direction="down").nodes}
    assert nodes["Q"] == pytest.approx(nodes["K"]) == pytest.approx(nodes["V"])


def test_a_pyramid_whose_top_goes_on_is_a_ladder():
    """In an FPN the rows of the outputs are level with their stages; one that is read half way hangs below its row."""
    b = shapes.Builder("fpn")
    size = 64
    last = b.input("image", 1, 3, size, size)
    stages: list[str] = []
    for i in range(4):
        size //= 2
        last = b.add(f"C{i}", f"stage {i}", last, shape=(1, 8, size, size))
        stages.append(last)
    top = b.add("M3", "1×1 conv", stages[3], shape=(1, 8, size, size))
    b.chain("", "P3", "pool", "P4", after=top)
    b.add("out3", "out", "P3", cls="data")
    for i in (2, 1, 0):
        size *= 2
        up = b.add(f"up{i}", "upsample", top, cls="up", shape=(1, 8, size, size))
        side = b.add(f"lateral{i}", "1×1 conv", stages[i], shape=(1, 8, size, size))
        top = b.add(f"M{i}", "+", up, side, shape=(1, 8, size, size))
        b.add(f"P{i}", "3×3 conv", top, shape=(1, 8, size, size))
    nodes = {n.name: n for n in draw(b).nodes}
    for i in range(4):
        assert nodes[f"C{i}"].y == pytest.approx(nodes[f"M{i}"].y) == pytest.approx(nodes[f"P{i}"].y)
    assert nodes["out3"].x == pytest.approx(nodes["P3"].x)
    assert nodes["out3"].y < nodes["P3"].y


def test_titles_of_frames_stand_one_way_in_a_figure():
    """Where one title must run up the side of its frame, all do that have room there; else none does."""
    b = shapes.Builder("towers")
    for title in ("short", "a title much wider than its boxes"):
        b.chain(
            b.group(title, title), *((f"{title}{i}", "conv") for i in range(10)), after=b.input(f"to {title}", 1, 8)
        )
    made = draw(b, direction="down")
    assert {frame.title_at for frame in made.frames} == {"west"}
    b.chain(b.group("single", "single box, long title"), "one", after=b.input("x", 1, 8))
    assert {frame.title_at for frame in draw(b, direction="down").frames} == {"north west"}


def test_the_one_wire_between_two_streams_is_straight():
    """The memory of an encoder runs straight into the decoder's attention, whose column is stretched for it."""
    b = shapes.Builder("transformer")
    b.chain("", *((f"e{i}", label) for i, label in enumerate(["embed", "attention", "norm"])), after=b.input("e", 1, 8))
    first = b.add("d0", "embed", b.input("d", 1, 8))
    b.chain(b.group("decoder"), "d1", "d2", after=first)
    b.edge("e2", "d2")
    made = draw(b, direction="down")
    nodes = {n.name: n for n in made.nodes}
    assert nodes["e"].y == nodes["d"].y
    assert nodes["e2"].y == pytest.approx(nodes["d2"].y)


def test_insets_one_below_the_other_are_equally_wide_with_straight_leaders():
    """Frames of insets begin and end at one place; a leader that can be straight is."""
    main, first, second = shapes.Builder("main"), shapes.Builder("first"), shapes.Builder("second")
    main.chain("", "a", "b", "c", after=main.input("x", 1, 8))
    first.chain("", "d", "e", "f", after=first.input("x", 1, 8))
    second.chain("", *(f"a rather long name {i}" for i in range(5)), after=second.input("x", 1, 8))
    panels = (Panel("", main.graph()), Panel("first", first.graph(), "inset", "first", "b"))
    panels = (*panels, Panel("second", second.graph(), "inset", "second", "e"))
    made = scene(Drawing(panels), Options.of(view="blocks", direction="right"))
    frames = [frame for frame in made.frames if frame.cls == "inset"]
    assert len({(frame.x0, frame.x1) for frame in frames}) == 1
    leaders = [wire for wire in made.wires if wire.cls == "leader"]
    assert len(leaders) == 2
    assert not any(wire.via for wire in leaders)


def test_what_is_written_at_a_wire_that_leaves_a_frame_stands_outside():
    """The first token is taken after the last of the repeated layers, beside the wire that takes it."""
    b = shapes.Builder("bert")
    layer = b.group("layer", repeat=12)
    last = b.chain(layer, "attention", "norm", after=b.input("x", 1, 8))[-1]
    b.add("hidden", "hidden state", last)
    b.chain("", "pooler", "tanh")
    b.edge(last, "pooler", "first token")
    made = draw(b, direction="down")
    (frame,) = made.frames
    (wire,) = (wire for wire in made.wires if wire.label)
    assert wire.target == "pooler"
    assert wire.label_at[1] < frame.y0


def test_a_repeat_that_no_frame_can_show_is_warned_of():
    """What is drawn once would look as if it stood there once; nothing is said where the frame is drawn."""
    lost = 0
    for seed in range(12):
        builder = random_network(seed, 24)
        made = draw(builder)
        wanted = [g.path for g in builder.drawing().panels[0].graph.groups if g.repeat > 1]
        missing = [path for path in wanted if path not in {frame.name.split("~")[0] for frame in made.frames}]
        told = [w for w in made.warnings if w.startswith("no frame says")]
        assert [path for path in missing if any(f"'{path}'" in each for each in told)] == missing
        assert len(told) == len(missing)
        lost += len(missing)
    assert lost


def u_net(inside: int) -> Drawing:
    """A U-Net of four levels with so many layers on each level of the encoder."""
    b = shapes.Builder("unet")
    size, last, skips = 64, b.input("image", 1, 3, 64, 64), list[str]()
    for i in range(4):
        for k in range(inside):
            last = b.add(f"e{i}.{k}", "3×3 conv", last, shape=(1, 8, size, size))
        skips.append(last)
        if i < 3:
            size //= 2
            last = b.add(f"pool{i}", "pool", last, cls="pool", shape=(1, 8, size, size))
    for i in (2, 1, 0):
        size *= 2
        up = b.add(f"up{i}", "up-conv", last, cls="up", shape=(1, 8, size, size))
        join = b.add(f"join{i}", "concat", up, skips[i], cls="merge", shape=(1, 16, size, size))
        last = b.add(f"d{i}", "3×3 conv", join, shape=(1, 8, size, size))
    return b.drawing()


def test_groups_are_closed_rather_than_a_fold_given_up(monkeypatch):
    """Of an encoder-decoder that would fit in rows alone less is shown, so that one sees the U; rows if that fails."""
    options = Options.of(view="blocks", width="7in", max_height="4.5in")
    full, closed, chain = u_net(6), u_net(1), shapes.chain(9).drawing()
    assert fitting(full, options).folded is False
    for drawings, best in (([full, closed], closed), ([full, chain], full)):
        monkeypatch.setattr(detail, "drawings", lambda *_, found=drawings: iter(found))
        assert figure.Figure([full.graph], options).drawing is best


@pytest.mark.parametrize("direction", BOTH)
def test_words_at_wires_of_a_core_have_room(direction):
    """Where streams cross, channels are as wide as what is written at the wires that begin there."""
    b = shapes.Builder("graph")
    x, edges = b.input("x", 1, 8), b.input("edges", 2, 8)
    b.chain("", "select", "mean", "linear", after=x)
    b.edge(edges, "select", "one half")
    b.edge(edges, "mean", "other half")
    b.add("root", "linear", x)
    b.add("sum", "sum", "linear", "root")
    made = draw(b, direction=direction)
    assert measure.through(measure.texts(made), measure.ways(made)) == []
    assert measure.overlaps(measure.texts(made)) == []


def test_a_block_that_repeats_is_not_folded_apart():
    """An excitation within a residual block looks like a ladder, and its frame marked ×3 could not be drawn."""
    builder = shapes.Builder("excited")
    x = builder.add("stem", "stem", builder.input("x", 1, 8, 16, 16), shape=(1, 8, 16, 16))
    block = builder.group("block", "MB", repeat=3)
    y = builder.add("deep", "deep", x, group=block, shape=(1, 8, 16, 16))
    z = builder.add("pool", "pool", y, group=block, shape=(1, 8, 1, 1))
    z = builder.add("squeeze", "squeeze", z, group=block, shape=(1, 8, 1, 1))
    y = builder.add("times", "×", y, z, group=block, shape=(1, 8, 16, 16))
    builder.add("sum", "+", builder.add("last", "last", y, group=block, shape=(1, 8, 16, 16)), x, group=block,
                shape=(1, 8, 16, 16))  # fmt: skip
    builder.add("head", "head", "sum", shape=(1, 8, 16, 16))
    made = draw(builder, max_height="1.8in")
    assert [frame.repeat for frame in made.frames] == [3]


@pytest.mark.parametrize("direction", BOTH)
def test_a_step_that_repeats_keeps_its_frame_whatever_enters_it(direction):
    """A word and the first state come into the frame of the step from two sides; only its own in it."""
    b = shapes.Builder("loop")
    step = b.group("step", repeat=9)
    cell = b.group("cell", "MyCell", parent=step)
    word = b.add("word", "word", b.add("embed", "embed", b.input("x", 9, 8)), group=step)
    state = b.add("state", "state", b.add("zeros", "zeros"), group=cell)
    gate = b.chain(cell, "gate", ("reset", "×"), after=b.add("both", "concat", word, state, group=cell))[-1]
    b.edge(state, gate)
    new = b.chain(cell, "new", ("blend", "×"), after=b.add("again", "concat", word, gate, group=cell))[-1]
    b.edge(state, new)
    b.chain("", "stack", "out", after=new)
    made = draw(b, direction=direction)
    assert {(frame.title, frame.repeat) for frame in made.frames} == {("step", 9), ("MyCell", 1)}
    assert measure.foreign(made) == []
    assert measure.through({node.name: measure.rect(node) for node in made.nodes}, measure.ways(made)) == []


@pytest.mark.parametrize("direction", BOTH)
@pytest.mark.parametrize("through", [False, True])
def test_what_blocks_give_beside_their_way_on_is_summed_in_a_line_along_them(direction, through):
    """Blocks stand on one line and the sums of what each gives besides on another; each sum beside its block's wire."""
    b = shapes.Builder("accumulated")
    trunk = [b.add("stem", "stem", b.input("x", 1, 32, 1024))]
    sums: list[str] = []
    for i in range(5):
        trunk.append(b.add(f"block{i}", f"block {i}", trunk[-1]))
        given = b.add(f"skip{i}", "1×1 conv", trunk[-1]) if through and i < 4 else trunk[-1]
        sums.append(b.add(f"sum{i}", "+", sums[-1], given) if sums else given)
    b.chain("", "head", after=sums[-1])
    made = draw(b, direction=direction, width="12in", max_height="12in")
    nodes = {node.name: node for node in made.nodes}

    def across(names):
        return {round(nodes[name].x if direction == "down" else nodes[name].y, 2) for name in names}

    assert len(across([*trunk, sums[-1], "head"])) == 1
    assert len(across(sums[1:-1])) == 1
    assert across(sums[1:-1]) != across(trunk)
    assert measure.counts(made).crossings == 0
    beside = {wire.target: wire for wire in made.wires if wire.source in (f"block{i}" for i in range(1, 4))}
    assert through or all(len(beside[name].via) <= 1 for name in sums[1:-1])


def test_a_frame_marked_with_a_count_is_not_broken_where_it_fits_whole():
    """A column that holds all of a repeated block is better than two rows that tear its frame."""
    b = shapes.Builder("loop")
    step = b.group("step", repeat=9)
    b.chain("", "stack", "out", after=b.chain(step, *(f"layer {i}" for i in range(8)), after=b.input("x", 1, 8))[-1])
    made = draw(b)
    assert [(frame.name, frame.repeat) for frame in made.frames] == [("step", 9)]


def test_gates_that_leave_one_box_are_told_apart():
    """Where room is short, the words of wires of one box stand where each runs alone, and no wire strikes them."""
    b = shapes.Builder("gates")
    cell, chunk = b.add("cell", "state", b.input("c", 1, 8)), b.add("chunk", "chunk", b.input("x", 1, 8))
    for gate in "figo":
        b.add(gate, "sigmoid")
        b.edge(chunk, gate, gate)
    b.add("keep", "×", cell, "f")
    b.add("new", "×", "i", "g")
    b.add("sum", "sum", "keep", "new")
    b.add("h", "×", b.add("tanh", "tanh", "sum"), "o")
    b.chain("", "stack", after="h")
    b.add("states", "stack", "sum", "h")
    made = draw(b, direction="down", width="2in", max_height="2in")
    assert measure.through(measure.texts(made), measure.ways(made)) == []


def test_a_stream_that_reads_another_before_and_in_a_block_that_repeats_stays_in_its_column():
    """The first block of T5's decoder is drawn apart from the ×5: the encoder and the decoder stand side by side."""
    b = shapes.Builder("memory")
    encoder = [b.add("enc0", "self-attention", b.input("source", 1, 8))]
    encoder += b.chain("", "enc1", "norm", after=encoder[-1])
    decoder = [b.add("dec0", "self-attention", b.input("target", 1, 8))]
    decoder.append(b.add("cross0", "attention", decoder[-1], encoder[-1]))
    block = b.group("block", "T5Block", repeat=5)
    decoder.append(b.add("dec1", "self-attention", decoder[-1], group=block))
    decoder.append(b.add("cross1", "attention", decoder[-1], encoder[-1], group=block))
    decoder.append(b.add("out", "linear", decoder[-1]))
    nodes = {node.name: node for node in draw(b, direction="down").nodes}
    columns = [{round(nodes[name].x, 2) for name in names} for names in (["source", *encoder], ["target", *decoder])]
    assert [len(column) for column in columns] == [1, 1]
    assert columns[0] != columns[1]


def test_streams_of_about_one_length_begin_level():
    """Two towers begin side by side with their inputs; a stream of one layer stands where it meets a long one."""
    for layers, level in ((4, True), (1, False)):
        b = shapes.Builder("towers")
        image = b.chain("", *(f"a{i}" for i in range(6)), after=b.input("image", 1, 8))
        text = b.chain("", *(f"b{i}" for i in range(layers)), after=b.input("text", 1, 8))
        b.add("meet", "matmul", image[-1], text[-1])
        at = {node.name: node.y for node in draw(b, direction="down", max_height="12in").nodes}
        assert (at["image"] == at["text"] and at["a0"] == at["b0"]) == level
        assert level or at["b0"] <= at["a5"]


@pytest.mark.parametrize("direction", BOTH)
def test_what_no_input_feeds_stands_behind_a_skip_into_the_item_before(direction):
    """A scale beside the last item of a tower is not struck by the skip that ends there."""
    b = shapes.Builder("scaled")
    x = b.add("linear", "linear", b.input("x", 1, 8))
    b.add("div", "div", x, b.add("norm", "norm", x))
    b.add("times", "×", "div", b.add("exp", "exp", b.add("scale", "scale")))
    b.add("meet", "matmul", "times", b.chain("", "embed", "other", after=b.input("y", 1, 8))[-1])
    made = draw(b, direction=direction)
    assert measure.through({node.name: measure.rect(node) for node in made.nodes}, measure.ways(made)) == []
