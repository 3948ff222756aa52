"""Promises of the volumes view: sizes to scale by one rule, nothing collides, every connection is drawn."""

import math
from itertools import combinations, pairwise

import networks
import pytest

from nnfig.graph import Group
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


def by_name(found: Scene) -> dict[str, Node]:
    """Nodes by name."""
    return {node.name: node for node in found.nodes}


def test_vgg_is_stacks_with_attached_poolings_and_bars():
    """Convolutions of one size are one box with seams; its sizes are those of the published figure."""
    found = volumes(networks.vgg16())
    assert found.fits
    assert [len(node.seams) + 1 for node in found.nodes if node.cls == "conv"] == [2, 2, 3, 3, 3]
    said = [node.below for node in found.nodes if node.below]
    assert said == [
        "224×224×3", "224×224×64", "112×112×128", "56×56×256", "28×28×512", "14×14×512", "7×7×512",
        "4096", "4096", "1000", "1000",
    ]  # fmt: skip


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
            x = node.x - (node.w - front(node)[0]) / 2
            half, y = width(node.below, text) / 2, node.y - node.h / 2
            boxes.append((x - half, y - text, x + half, y))
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


def test_projection_is_a_dashed_arc_and_identity_a_plain_one():
    """Shortcuts run above the boxes; one with a 1x1 convolution is told apart."""
    found = volumes(networks.residual())
    arcs = [wire for wire in found.wires if wire.out == "north"]
    assert [wire.cls for wire in arcs].count("projection") == 1
    assert [wire.cls for wire in arcs].count("skip") == 2
    tops = {node.name: node.y + node.h / 2 for node in found.nodes}
    assert all(wire.via[0][1] > max(tops[wire.source], tops[wire.target]) for wire in arcs)
    assert "block0.down" not in by_name(found)


def test_streams_stand_about_what_they_share():
    """Two equal streams: one above and one below the axis, box under box."""
    at = by_name(volumes(networks.two_streams()))
    assert at["a1"].x == pytest.approx(at["b1"].x)
    assert at["a2"].x == pytest.approx(at["b2"].x)
    assert at["image"].y == pytest.approx((at["a1"].y + at["b1"].y) / 2)
    assert at["meet"].y == pytest.approx(at["image"].y)


def test_encoder_and_decoder_fold_into_a_u():
    """Levels lie lower the smaller their maps are, and copies run straight along them."""
    found = volumes(networks.unet(padded=True))
    at = by_name(found)
    assert at["down.0.1"].y > at["down.1.1"].y > at["down.4.1"].y < at["merge.1.1"].y < at["merge.0.1"].y
    assert at["cat.2"].bands == ((0.0, 0.5, "data"),)
    copies = [wire for wire in found.wires if wire.target == "cat.2"]
    assert {wire.source: len(wire.via) for wire in copies} == {"merge.3.1": 1, "down.2.1": 0}


def test_kernel_slides_in_the_tensor_when_asked():
    """`--show kernel` draws it in the tensor that it reads and writes it over the one that it gives."""
    layers = [
        networks.conv("conv1", "image", 64, 55, kernel=11, stride=(4, 4)),
        networks.conv("conv2", "conv1", 64, 27),
    ]
    drawn = networks.drawing("kernels", layers, {"image": (1, 3, 224, 224)})
    assert all(node.window is None for node in volumes(drawn).nodes)
    at = by_name(volumes(drawn, show="kernel"))
    assert at["conv1"].top == "11×11, /4"
    assert at["image"].window[2] == pytest.approx(front(at["image"])[1] * math.sqrt(11 / 224), rel=0.01)
    assert at["conv1"].window[3] < at["image"].window[3]


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
