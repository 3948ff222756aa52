"""Promises of the volumes view: sizes to scale by one rule, nothing collides, every connection is drawn."""

import math
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import networks
import pytest

import nnfig
from nnfig.graph import Drawing, Group, Panel
from nnfig.layout import scene
from nnfig.layout.parts import small
from nnfig.layout.scene import DEPTH_ANGLE, DEPTH_SCALE, Node, Scene
from nnfig.layout.text import width
from nnfig.layout.volumes.solids import Solid, apart, rectangle
from nnfig.options import Options


def volumes(drawing, **options: object) -> Scene:
    """The scene of a drawing in this view."""
    return scene(drawing, Options.of(view="volumes", **options))


def front(node: Node) -> tuple[float, float]:
    """Width and height of a volume's front face."""
    along = node.depth * DEPTH_SCALE
    return (
        node.w - along * math.cos(math.radians(DEPTH_ANGLE)),
        node.h - along * math.sin(math.radians(DEPTH_ANGLE)),
    )


def written(found: Scene) -> list[str]:
    """What stands below boxes."""
    return [node.below.replace("\n", "") for node in found.nodes if node.below]


def by_name(found: Scene) -> dict[str, Node]:
    """Nodes by name."""
    return {node.name: node for node in found.nodes}


def test_vgg_is_stacks_with_attached_poolings_and_bars():
    """Convolutions of one size are one box with seams; its sizes are those of the published figure."""
    found = volumes(networks.vgg16())
    assert found.fits
    assert [len(node.seams) + 1 for node in found.nodes if node.cls == "conv"] == [2, 2, 3, 3, 3]
    assert written(found) == [
        "224×224×3", "224×224×64", "112×112×128", "56×56×256", "28×28×512", "14×14×512", "7×7×512",
        "1×1×4096", "1×1×1000",
    ]  # fmt: skip
    at, pools = by_name(found), [node for node in found.nodes if node.cls == "pool"]
    for pool in pools:
        stack = at[networks.vgg16().graph.layer[pool.name].sources[0]]
        stands_on_it = pool.x - front(pool)[0] / 2 == pytest.approx(stack.x + front(stack)[0] / 2, abs=0.02)
        assert stands_on_it == (not pool.below)
        assert pool.below_shift == 0


@pytest.mark.parametrize(
    ("rule", "damp"), [("sqrt", math.sqrt), ("linear", float), ("log", lambda v: math.log2(1 + v))]
)
def test_one_rule_for_every_edge(rule, damp):
    """Heights and depths are in proportion to the damped sizes, and the caption names the rule."""
    found = volumes(networks.vgg16(), scale=rule)
    boxes = [node for node in found.nodes if node.cls in ("conv", "data")]
    sizes = [int(dict(node.data)["shape"].split("×")[0]) for node in boxes]
    ratios = [front(node)[1] / damp(size) for node, size in zip(boxes, sizes, strict=True)]
    depths = [node.depth / damp(size) for node, size in zip(boxes, sizes, strict=True)]
    assert max(ratios) / min(ratios) < 1.01
    assert max(depths) / min(depths) < 1.01
    assert {"sqrt": "square roots", "linear": "proportional to height", "log": "logarithms"}[rule] in found.caption


@pytest.mark.parametrize(
    "make", [networks.vgg16, networks.residual, networks.two_streams, lambda: networks.unet(padded=True)]
)
@pytest.mark.parametrize("inches", [3.25, 5.5, 7])
def test_texts_keep_apart(make, inches):
    """No two texts below boxes meet, at any width."""
    found = volumes(make(), width=f"{inches}in")
    text = small(found.font_size)
    boxes = []
    for node in found.nodes:
        if node.below:
            lines = node.below.split("\n")
            x, y = node.x - (node.w - front(node)[0]) / 2 + node.below_shift, node.y - node.h / 2
            half = max(width(line, text) for line in lines) / 2
            boxes.append((x - half, y - text * len(lines), x + half, y))
    for a, b in combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def test_every_edge_is_a_wire_a_touch_or_a_seam():
    """From any box one comes to the next: wires and touching boxes join what the network joins."""
    found = volumes(networks.vgg16())
    reached = {"image"}
    names = [node.name for node in found.nodes]
    for before, after in pairwise(names):
        wired = any(wire.source == before and wire.target == after for wire in found.wires)
        a, b = by_name(found)[before], by_name(found)[after]
        touching = abs((b.x - front(b)[0] / 2) - (a.x + front(a)[0] / 2)) < 0.01
        if wired or touching:
            reached.add(after)
    assert reached == set(names)


def _pools() -> Drawing:
    """Two poolings behind stacked convolutions, as before the classifier of AlexNet."""
    layers = [networks.conv("c1", "image", 256, 13), networks.conv("c2", "c1", 256, 13)]
    layers += [networks.pool("p1", "c2", 256, 6), networks.pool("p2", "p1", 256, 6), networks.pool("p3", "p2", 256, 3)]
    return networks.drawing("pools", layers, {"image": (1, 3, 13, 13)})


@pytest.mark.parametrize("make", [_pools, networks.vgg16, networks.two_streams, networks.residual])
@pytest.mark.parametrize("inches", [3.25, 5.5])
def test_boxes_that_follow_each_other_touch_or_have_an_arrow(make, inches):
    """No two boxes stand apart without an arrow where one takes the tensor of the other."""
    drawn = make()
    found = volumes(drawn, width=f"{inches}in")
    at, wired = by_name(found), {(wire.source, wire.target) for wire in found.wires}
    for layer in drawn.graph.layers:
        for source in layer.sources:
            if layer.name not in at or source not in at or (source, layer.name) in wired:
                continue
            a, b = at[source], at[layer.name]
            assert b.x - front(b)[0] / 2 == pytest.approx(a.x + front(a)[0] / 2, abs=0.02), (source, layer.name)
            assert a.y == pytest.approx(b.y)


def test_a_box_says_what_follows_it_where_the_legend_does_not_hold():
    """Exceptions stand under their boxes, alone in their stack; what ends or feeds a sum as its like is none."""
    bare = [("bare", "b2", ""), ("odd", "bare", "Sigmoid")]
    layers = [networks.conv("b1", "image", 8, 32), networks.conv("b2", "b1", 8, 32)]
    layers += [networks.layer(name, "Conv2d", source, (1, 8, 32, 32), "conv", after) for name, source, after in bare]
    layers += [networks.conv("b3", "odd", 8, 32), networks.conv("b4", "b3", 8, 32), networks.conv("b5", "b4", 8, 32)]
    layers += [networks.conv("b6", "b5", 8, 32), networks.layer("last", "Conv2d", "b6", (1, 4, 32, 32), "conv")]
    found = volumes(networks.drawing("odd", layers, {"image": (1, 3, 32, 32)}))
    said = {node.name: node.below.replace("\n", " ") for node in found.nodes}
    assert said == {
        "image": "32×32×3", "b2": "32×32×8", "bare": "no ReLU", "odd": "only Sigmoid", "b6": "", "last": "32×32×4",
    }  # fmt: skip
    assert [entry.text for legend in found.legends for entry in legend.entries] == ["Convolution (+ ReLU)"]


def test_projection_is_a_dashed_arc_and_identity_a_plain_one():
    """Shortcuts run above the boxes; one with a 1x1 convolution is told apart."""
    found = volumes(networks.residual())
    arcs = [wire for wire in found.wires if wire.into == "north"]
    assert [wire.cls for wire in arcs].count("projection") == 1
    assert [wire.cls for wire in arcs].count("skip") == 2
    tops = {node.name: node.y + node.h / 2 for node in found.nodes}
    assert all(wire.via[-1][1] > tops[wire.target] for wire in arcs)
    assert "block0.down" not in by_name(found)
    assert "1×1 convolutions on dashed shortcuts are not drawn" in found.caption


def test_a_skip_begins_on_the_arrow_behind_its_box():
    """What is skipped is the tensor: the arc leaves the arrow that brings it to the next box, not the box."""
    found = volumes(networks.residual())
    at = by_name(found)
    for wire in (wire for wire in found.wires if wire.into == "north"):
        source, (x, y) = at[wire.source], wire.via[0]
        taker = next(at[other.target] for other in found.wires if other.source == wire.source and other.into == "west")
        assert source.x + source.w / 2 < x < taker.x - taker.w / 2
        assert y == source.y


def test_streams_stand_about_what_they_share():
    """Two equal streams: one above and one below the axis, box under box."""
    at = by_name(volumes(networks.two_streams()))
    assert at["a1"].x == pytest.approx(at["b1"].x)
    assert at["a2"].x == pytest.approx(at["b2"].x)
    assert at["image"].y == pytest.approx((at["a1"].y + at["b1"].y) / 2)
    assert at["meet"].y == pytest.approx(at["image"].y)


def test_streams_that_exchange_cross():
    """A concatenation that two streams share is four arrows without a circle, and the caption says that they join."""
    layers = [networks.conv(name, "image", 48, 55) for name in ("a1", "b1")]
    layers.append(networks.layer("meet", "cat", ("a1", "b1"), (1, 96, 55, 55), "merge"))
    layers += [networks.conv("a2", "meet", 64, 27), networks.conv("b2", "meet", 64, 27)]
    layers += [networks.linear("fa", "a2", 100), networks.linear("fb", "b2", 100)]
    layers.append(networks.layer("both", "cat", ("fa", "fb"), (1, 200), "merge"))
    layers.append(networks.linear("end", "both", 10))
    found = volumes(networks.drawing("exchange", layers, {"image": (1, 3, 224, 224)}))
    assert not [node for node in found.nodes if node.shape == "circle"]
    ends = {(wire.source, wire.target) for wire in found.wires}
    assert {(a, b) for a in ("a1", "b1") for b in ("a2", "b2")} | {("fa", "end"), ("fb", "end")} <= ends
    assert "joined along channels" in found.caption


def test_branches_that_meet_in_one_map_keep_their_circle():
    """Only streams that go on cross; one map of several branches is joined in a circle that the caption explains."""
    found = volumes(networks.two_streams())
    assert [node.label for node in found.nodes if node.shape == "circle"] == [("‖",)]
    assert "‖ joins" in found.caption


def test_encoder_and_decoder_fold_into_a_u():
    """Levels lie lower the smaller their maps are, and copies run straight along them."""
    found = volumes(networks.unet(padded=True))
    at = by_name(found)
    assert at["down.0.1"].y > at["down.1.1"].y > at["down.4.1"].y < at["merge.1.1"].y < at["merge.0.1"].y
    assert at["cat.2"].bands == ((0.0, 0.5, "data"),)
    copies = [wire for wire in found.wires if wire.target == "cat.2"]
    assert {wire.source: (wire.out, wire.into) for wire in copies} == {
        "merge.3.1": ("north", "south"),
        "down.2.1": ("east", "west"),
    }
    for wire in found.wires:
        if {wire.out, wire.into} == {"north", "south"}:
            source, target = at[wire.source], at[wire.target]
            assert not wire.via
            assert source.x + wire.out_shift == pytest.approx(target.x + wire.in_shift, abs=0.01)
            assert not target.top or target.y > source.y
    assert volumes(networks.unet(padded=True), width="3.25in").fits


def test_kernel_slides_in_the_tensor_when_asked():
    """`--show kernel` draws it in the tensor that it reads and writes it over the arrow to the one that it gives."""
    layers = [
        networks.conv("conv1", "image", 64, 55, kernel=11, stride=(4, 4)),
        networks.conv("conv2", "conv1", 64, 27),
    ]
    drawn = networks.drawing("kernels", layers, {"image": (1, 3, 224, 224)})
    assert all(node.window is None for node in volumes(drawn).nodes)
    found = volumes(drawn, show="kernel")
    at = by_name(found)
    assert [(wire.cls, wire.label) for wire in found.wires] == [("kernel", "11×11, /4"), ("kernel", "3×3")]
    for wire in found.wires:
        source, target = at[wire.source], at[wire.target]
        half = width(wire.label, small(found.font_size)) / 2
        assert source.x + source.w / 2 < wire.label_at[0] - half < wire.label_at[0] + half < target.x - target.w / 2
    assert at["image"].window[2] == pytest.approx(front(at["image"])[1] * math.sqrt(11 / 224), rel=0.01)
    assert at["conv1"].window[3] < at["image"].window[3]


def test_what_a_layer_costs_is_written_below_it():
    """Lines of a label that tell its name and cost stand under its box; equal layers are then boxes of their own."""
    layers = [networks.conv("conv1", "image", 64, 56), networks.conv("conv2", "conv1", 64, 56)]
    told = [
        replace(layer, look=replace(layer.look, label=("3×3 conv, 64", f"{n}k parameters", layer.name)))
        for n, layer in enumerate(layers)
    ]
    found = volumes(networks.drawing("costs", told, {"image": (1, 3, 56, 56)}))
    assert written(found) == ["56×56×3", "56×56×640k parametersconv1", "1k parametersconv2"]
    assert all(not node.seams for node in found.nodes)


def test_a_vector_that_becomes_a_map_is_drawn_as_the_map():
    """A generator's fully connected layer has the size in which the first convolution takes it."""
    layers = [networks.linear("fc", "z", 8192)]
    up = {"kernel_size": (4, 4), "stride": (2, 2), "in_channels": 512}
    layers.append(networks.layer("up", "ConvTranspose2d", "fc", (1, 256, 8, 8), "up", **up))
    found = volumes(networks.drawing("generator", layers, {"z": (1, 100)}))
    assert by_name(found)["fc"].below == "4×4×512"


def test_another_direction_is_answered():
    """Volumes run to the right, and whoever asks for another direction is told so."""
    assert "runs to the right" in volumes(networks.vgg16(), direction="down").warnings[0]
    assert not volumes(networks.vgg16(), direction="right").warnings


def test_bands_show_what_runs_after_a_layer():
    """Activations that are layers of their own are painted at the end of the slab that they follow."""
    layers = [
        networks.conv("conv1", "image", 16, 32),
        networks.layer("bn", "BatchNorm2d", "conv1", (1, 16, 32, 32), "norm"),
        networks.layer("relu", "ReLU", "bn", (1, 16, 32, 32), "act"),
        networks.conv("conv2", "relu", 16, 32),
    ]
    found = volumes(networks.drawing("bands", layers, {"image": (1, 3, 32, 32)}))
    stack = by_name(found)["conv2"]
    assert [cls for _, _, cls in stack.bands] == ["norm", "act"]
    assert stack.seams == (0.5,)
    assert all(end <= 0.5 for _, end, _ in stack.bands)


def test_folded_group_is_framed_but_equal_convolutions_are_slabs():
    """`x3` of one convolution is three slabs; a folded block with a pooling inside keeps its frame and count."""
    slabs = [networks.conv("a", "image", 8, 32, group="g"), networks.conv("b", "a", 16, 32)]
    found = volumes(networks.drawing("g", slabs, {"image": (1, 3, 32, 32)}, (Group("g", "Block", repeat=3),)))
    assert not found.frames
    assert [len(node.seams) for node in found.nodes if node.cls == "conv"] == [2, 0]
    mixed = [networks.conv("a", "image", 8, 32, group="g"), networks.conv("b", "a", 16, 32, group="g")]
    found = volumes(networks.drawing("g", mixed, {"image": (1, 16, 32, 32)}, (Group("g", "Block", repeat=3),)))
    assert [frame.repeat for frame in found.frames] == [3]


def test_long_chain_breaks_into_lines_that_fit():
    """Thirty changes of size do not fit one line: they take more, and every line keeps to the width."""
    layers = [networks.conv(f"c{i}", f"c{i - 1}" if i else "image", 16 + i, 64) for i in range(30)]
    found = volumes(networks.drawing("long", layers, {"image": (1, 3, 64, 64)}))
    assert found.fits
    assert len({node.y for node in found.nodes}) > 1
    assert len([wire for wire in found.wires if len(wire.via) == 4]) == len({node.y for node in found.nodes}) - 1


def test_streams_break_into_lines_together():
    """Two streams that meet and a long rest: the rest goes on below both, and everything keeps to the width."""
    layers = [networks.conv("a1", "image", 48, 55), networks.conv("b1", "image", 48, 55)]
    layers.append(networks.layer("meet", "add", ("a1", "b1"), (1, 48, 55, 55), "merge"))
    layers += [networks.conv(f"c{i}", f"c{i - 1}" if i else "meet", 32 + i, 64) for i in range(24)]
    found = volumes(networks.drawing("streams", layers, {"image": (1, 3, 224, 224)}), width="4in")
    at = by_name(found)
    assert found.fits
    assert at["a1"].x == pytest.approx(at["b1"].x)
    assert at["c23"].y < min(at["a1"].y, at["b1"].y) - at["b1"].h / 2


def test_a_skip_goes_on_with_the_next_line():
    """Where a line ends in a sum whose tensor is also skipped, the skip leaves the arrow where the next line begins."""
    found = volumes(networks.residual(12), width="3.25in")
    at = by_name(found)
    assert found.fits
    assert len({node.y for node in found.nodes}) > 1
    turning = [wire for wire in found.wires if wire.into == "west" and len(wire.via) == 4]
    skips = [wire for wire in found.wires if wire.into == "north" and at[wire.source].y != at[wire.target].y]
    assert turning
    assert {wire.source: wire.via[:3] for wire in skips} == {wire.source: wire.via[:3] for wire in turning}


@pytest.mark.parametrize("seed", [7, 42, 133, 185])
@pytest.mark.parametrize("show", ["", "kernel"])
def test_any_wiring_breaks_into_lines(seed, show):
    """Whatever the wiring, every box has a place, however narrow the page is."""
    drawn = networks.random_maps(seed)
    found = volumes(drawn, width="2.5in", show=show)
    assert found.view in ("volumes", "blocks")
    assert len({node.name for node in found.nodes}) == len(found.nodes)


def test_compared_networks_share_one_scale():
    """Maps and channels of equal size are drawn equally large in every panel."""
    small_net = networks.drawing("small", [networks.conv("conv", "image", 64, 224)], {"image": (1, 3, 224, 224)})
    large = networks.vgg16()
    found = by_name(volumes(Drawing((*large.panels, Panel("other", small_net.graph, "compare")))))
    stack, slab = found["features.1"], found["other/conv"]
    assert front(stack)[1] == pytest.approx(front(slab)[1], abs=0.02)
    assert front(stack)[0] / 2 == pytest.approx(front(slab)[0], abs=0.02)


def test_symbolic_sizes_are_written_and_drawn():
    """A dimension that is a name keeps its name."""
    layers = [networks.layer("c", "Conv2d", "image", ("N", 8, "H", "W"), "conv", kernel_size=3)]
    found = volumes(networks.drawing("symbols", layers, {"image": ("N", 3, "H", "W")}))
    assert by_name(found)["c"].below == "H×W×8"


def test_each_input_begins_its_own_row():
    """Three inputs, each with a layer of its own, stand at the left and meet in one map."""
    names = ("left", "middle", "right")
    layers = [networks.conv(f"{name}-conv", name, 8, 32) for name in names]
    layers.append(networks.layer("meet", "cat", [layer.name for layer in layers], (1, 24, 32, 32), "merge"))
    found = by_name(volumes(networks.drawing("three", layers, dict.fromkeys(names, (1, 3, 32, 32)))))
    assert len({found[name].y for name in names}) == 3
    assert len({found[name].x for name in names}) == 1


def test_apart_clears_a_slanted_edge():
    """A box beside a receding face may stand under its slope, but not in it."""
    solid = Solid(10, 20, 40)
    below = rectangle(-5, -solid.h / 2 - 10, 5, -solid.h / 2 - 5)
    level = rectangle(-5, -2, 5, 2)
    assert apart(solid.outline, below, 1) == -math.inf
    assert apart(solid.outline, level, 1) > apart(solid.outline, rectangle(-5, -solid.h / 2, 5, -solid.h / 2 + 1), 1)


def test_a_u_with_sums_keeps_its_arcs_in_their_rows():
    """An arc passes what stands under it on its own row, and no size lies on an arrow to another row."""
    layers = [
        networks.conv("a", "image", 8, 64),
        networks.conv("down", "a", 16, 32, 2, stride=(2, 2)),
        networks.conv("b", "down", 16, 32),
        networks.layer("sum", "add", ("b", "down"), (1, 16, 32, 32), "merge"),
        networks.layer("up", "ConvTranspose2d", "sum", (1, 8, 64, 64), "up", kernel_size=(2, 2)),
        networks.layer("cat", "cat", ("a", "up"), (1, 16, 64, 64), "merge"),
        networks.conv("c", "cat", 16, 64),
        networks.layer("end", "add", ("c", "cat"), (1, 16, 64, 64), "merge"),
    ]
    found = volumes(networks.drawing("net", layers, {"image": (1, 3, 64, 64)}))
    at = by_name(found)
    low = next(wire for wire in found.wires if (wire.source, wire.target) == ("down", "sum"))
    assert max(y for _, y in low.via) < min(at[name].y - at[name].h / 2 for name in ("a", "cat"))
    rising = next(wire for wire in found.wires if (wire.source, wire.target) == ("sum", "cat"))
    assert low.in_shift < rising.out_shift
    assert (at["cat"].top, at["cat"].below) == ("", "64×64×16")


def test_crossings_of_streams_are_drawn_in_one_way():
    """Where one crossing must keep clear of a text all begin and end level, though the others have room."""
    root = Path(__file__).resolve().parents[2]
    found = nnfig.draw(root / "examples" / "alexnet-two-streams.yaml", view="volumes").scene
    at = by_name(found)
    linears = [node.name for node in found.nodes if node.cls == "linear"]
    across = [wire for wire in found.wires if wire.target in linears and at[wire.source].y != at[wire.target].y]
    assert [len(wire.via) for wire in across] == [2] * len(across)
    assert len(across) > 4


def test_arrows_between_rows_keep_clear_of_boxes_and_texts():
    """Branches that meet in a box turn before it, and what an upright arrow enters or leaves is written beside it."""
    layers = [networks.conv("stem", "image", 16, 32), networks.pool("pool", "stem", 16, 16)]
    layers += [networks.conv("low", "pool", 16, 16), networks.conv("deep", "low", 32, 8)]
    layers.append(networks.layer("up", "Upsample", "deep", (1, 32, 16, 16), "up", scale_factor=2))
    layers.append(networks.layer("both", "cat", ("up", "low"), (1, 48, 16, 16), "merge"))
    layers.append(networks.conv("last", "both", 4, 16))
    layers.append(networks.layer("end", "Upsample", "last", (1, 4, 64, 64), "up", scale_factor=4))
    folded = volumes(networks.drawing("folded", layers, {"image": (1, 3, 64, 64)}))
    at = by_name(folded)
    assert (at["stem"].y > at["pool"].y, at["end"].top, at["end"].below) == (True, "64×64×4", "")
    layers = [networks.conv("image2", "image", 8, 16), networks.linear("v", "image2", 10)]
    layers += [networks.linear("a", "image2", 10), networks.layer("mean", "mean", "a", (1, 1), "op")]
    layers.append(networks.layer("both", "scale", ("v", "mean"), (1, 10), "op"))
    streams = volumes(networks.drawing("streams", layers, {"image": (1, 3, 32, 32)}))
    assert (folded.refused, streams.refused) == ("", "")


def test_a_tangle_is_drawn_as_blocks_and_said():
    """Where arrows would run through boxes of others, the view says so and gives way."""
    layers = [networks.conv(f"c{i}", "image" if i == 0 else f"c{i - 1}", 8, 16) for i in range(4)]
    for i in range(4):
        layers.append(networks.layer(f"u{i}", "Upsample", f"c{i}", (1, 8, 64, 64), "up", scale_factor=4))
        layers.append(networks.layer(f"j{i}", "cat", (f"u{i}", f"c{3 - i}"), (1, 16, 64, 64), "merge"))
        layers.append(networks.conv(f"d{i}", f"j{i}", 8, 4))
    layers.append(networks.layer("all", "stack", ("d0", "d1", "d2", "d3", "c0"), (1, 8, 4, 4), "op"))
    found = volumes(networks.drawing("tangle", layers, {"image": (1, 3, 64, 64)}))
    assert found.view == "blocks"
    assert "volumes view cannot show this: arrows would run through" in found.warnings[0]
