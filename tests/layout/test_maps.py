"""Promises of the maps view: the U-Net of its paper, arrows by operation, levels by resolution."""

from dataclasses import replace
from itertools import combinations, pairwise

import networks
import pytest

from nnfig.graph import Drawing, Edge, Group, Panel
from nnfig.layout import scene
from nnfig.layout.scene import Scene
from nnfig.layout.text import width
from nnfig.options import Options


def maps(drawing, **options: object) -> Scene:
    """The scene of a drawing in this view."""
    return scene(drawing, Options.of(view="maps", **options))


def test_unet_reads_like_the_figure_of_its_paper():
    """Channels above, sizes beside, copies white, one colour an operation."""
    found = maps(networks.unet())
    at = {node.name: node for node in found.nodes}
    assert found.fits
    assert len(found.nodes) == 28
    assert (at["image"].top, at["image"].side) == ("1", "572²")
    assert (at["down.0.1"].top, at["down.0.1"].side) == ("64", "568²")
    assert (at["head"].top, at["head"].side) == ("2", "388²")
    assert at["cat.3"].copied == 0.5
    assert at["cat.3"].top == "1024"
    legend = {entry.text for key in found.legends for entry in key.entries}
    assert legend == {"Conv 3×3, ReLU", "Max pool 2×2", "Up-conv 2×2", "Copy and crop", "Conv 1×1"}
    assert {entry.what for key in found.legends for entry in key.entries} == {"edge"}


def test_pools_and_upconvs_run_upright_and_copies_level():
    """Arrows to another level have no bend; a copied map is met in its white part, the new one in its own."""
    found = maps(networks.unet())
    at = {node.name: node for node in found.nodes}
    for wire in found.wires:
        if wire.cls in ("pool", "up"):
            start, end = at[wire.source].x + wire.out_shift, at[wire.target].x + wire.in_shift
            assert not wire.via
            assert start == pytest.approx(end)
        if wire.cls == "up":
            target = at[wire.target]
            assert end - (target.x - target.w / 2) > target.copied * target.w
        if wire.cls == "copy":
            assert (wire.out, wire.into) == ("east", "west")


def test_maps_of_a_level_are_as_high_as_they_are():
    """What was cropped on its way is lower than what it was cropped from, about the same middle."""
    at = {node.name: node for node in maps(networks.unet()).nodes}
    assert at["cat.0"].h / at["down.0.1"].h == pytest.approx((392 / 568) ** 0.5)
    assert at["cat.0"].y == pytest.approx(at["down.0.1"].y)


def test_a_sequence_knows_its_axes_from_its_neighbours():
    """In a net of one dimension what follows a convolution is N C L too: activation, concatenation, up-sampling."""
    layers = [
        networks.layer("a", "Conv1d", "sound", (1, 8, 64), "conv", kernel_size=(15,)),
        networks.layer("b", "Conv1d", "a", (1, 16, 32), "conv", kernel_size=(15,), stride=(2,)),
        networks.layer("up", "interpolate", "b", (1, 16, 64), "up", scale_factor=2),
        networks.layer("cat", "cat", ("a", "up"), (1, 24, 64), "merge"),
        networks.layer("act", "tanh", "cat", (1, 24, 64), "act"),
        networks.layer("c", "Conv1d", "act", (1, 2, 64), "conv", kernel_size=(1,)),
    ]
    found = maps(networks.drawing("net", layers, {"sound": (1, 1, 64)}))
    at = {node.name: node for node in found.nodes}
    assert [(at[n].top, at[n].side) for n in ("sound", "cat", "c")] == [("1", "64"), ("24", "64"), ("2", "64")]
    assert "Up-sample 2" in {entry.text for key in found.legends for entry in key.entries}


def test_white_parts_are_copies_of_what_is_drawn():
    """A skip ends in the gate that takes it: what is put together are copies of the gate's product and the rest."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.pool("pool", "a", 8, 16),
        networks.layer("up", "ConvTranspose2d", "pool", (1, 8, 32, 32), "up", kernel_size=(2, 2)),
        networks.layer("gate", "Gate", ("up", "a"), (1, 8, 32, 32), "block"),
        networks.layer("cat", "cat", ("gate", "up"), (1, 16, 32, 32), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    assert {(w.source, w.target) for w in found.wires if w.cls == "copy"} == {
        ("a", "gate"),
        ("gate", "cat"),
        ("up", "cat"),
    }
    assert {node.name: node.copied for node in found.nodes} == {
        **dict.fromkeys(("image", "a", "pool", "up", "gate"), 0),
        "cat": 1,
    }


@pytest.mark.parametrize("merged", [True, False])
def test_what_runs_on_copies_gives_a_map_of_its_own(merged):
    """A norm behind a concatenation is an arrow after it, not a word at the convolution that is one of its parts."""
    after = "BN, ReLU" if merged else ""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.layer("b", "Conv2d", "a", (1, 8, 32, 32), "conv", kernel_size=(5, 5)),
        networks.layer("cat", "cat", ("a", "b"), (1, 16, 32, 32), "merge", after),
        *([] if merged else [networks.layer("bn", "BatchNorm2d", "cat", (1, 16, 32, 32), "norm")]),
        networks.layer("c", "Conv2d", "bn" if not merged else "cat", (1, 4, 32, 32), "conv", kernel_size=(1, 1)),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    assert "a: conv 5×5" in {entry.text for key in found.legends for entry in key.entries}
    (norm,) = [wire for wire in found.wires if wire.cls == "norm"]
    assert norm.source == "cat"
    assert {node.name: node.copied for node in found.nodes}[norm.target] == 0


def test_what_only_grows_reads_from_left_to_right():
    """A generator has no way down: its maps stand in one row, none under the ones that it is made of."""
    layers = [
        networks.layer(name, "ConvTranspose2d", before, (1, 8, size, size), "up", kernel_size=(4, 4))
        for before, name, size in (("z", "a", 4), ("a", "b", 8), ("b", "c", 16))
    ]
    found = maps(networks.drawing("net", layers, {"z": (1, 100, 1, 1)}))
    assert len({node.y for node in found.nodes}) == 1
    assert [wire.out for wire in found.wires] == ["east"] * 3


def test_a_vector_that_is_given_lies_below_the_maps():
    """The time of a denoiser meets its map from below; on the image's level it would cross the skips."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.linear("time", "t", 8),
        networks.pool("pool", "a", 8, 16),
        networks.layer("sum", "add", ("pool", "time"), (1, 8, 16, 16), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32), "t": (1, 4)}))
    at = {node.name: node.y for node in found.nodes}
    assert at["image"] > at["sum"] > at["t"]


def test_a_crop_on_the_way_to_a_concatenation_is_named_on_the_copy():
    """As a layer of its own it gives no map: the arrow says copy and crop."""
    layers = [
        networks.conv("a", "image", 8, 30),
        networks.pool("pool", "a", 8, 15),
        networks.layer("up", "ConvTranspose2d", "pool", (1, 8, 28, 28), "up", kernel_size=(2, 2)),
        networks.layer("crop", "center_crop", "a", (1, 8, 28, 28), "func"),
        networks.layer("cat", "cat", ("crop", "up"), (1, 16, 28, 28), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    assert [node.name for node in found.nodes] == ["image", "a", "pool", "cat"]
    assert "Copy and crop" in {entry.text for key in found.legends for entry in key.entries}


def test_a_crop_that_is_returned_is_an_arrow_along_its_level():
    """Padding that makes a map larger and cutting it back change no resolution; the size returned is written."""
    layers = [
        networks.conv("wide", "image", 8, 60),
        networks.layer("crop", "crop", "wide", (1, 8, 32, 32), "reshape"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    at = {node.name: node for node in found.nodes}
    assert at["image"].y == at["wide"].y == at["crop"].y
    assert (at["wide"].side or at["wide"].below, at["crop"].side or at["crop"].below) == ("60×60", "32×32")
    assert ("crop",) in [label.lines for label in found.labels]


def test_two_ways_down_from_one_map_do_not_begin_together():
    """Of a strided convolution and a strided shortcut one runs straight, one leaves at the right and turns once."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.conv("half", "a", 16, 16, stride=(2, 2)),
        networks.conv("more", "half", 16, 16),
        networks.conv("short", "a", 16, 16, 1, stride=(2, 2)),
        networks.layer("sum", "add", ("more", "short"), (1, 16, 16, 16), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    down = {wire.target: wire for wire in found.wires if wire.source == "a"}
    assert (down["half"].out, down["half"].via) == ("south", ())
    assert (down["sum"].out, down["sum"].into, len(down["sum"].via)) == ("east", "north", 1)


def test_several_copies_are_parted_by_lines():
    """A concatenation of two copies and an up-sampled map has a line between the copies."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.conv("b", "a", 8, 32),
        networks.pool("pool", "b", 8, 16),
        networks.layer("up", "ConvTranspose2d", "pool", (1, 16, 32, 32), "up", kernel_size=(2, 2)),
        networks.layer("cat", "cat", ("a", "b", "up"), (1, 32, 32, 32), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    cat = next(node for node in found.nodes if node.name == "cat")
    assert (cat.copied, cat.seams) == (0.5, (0.25,))


def test_what_is_returned_is_a_tensor_of_its_own():
    """A variational encoder returns its mean: the sum that takes it does not absorb it, and both vectors are level."""
    layers = [
        networks.conv("a", "image", 8, 4),
        networks.linear("mean", "a", 16),
        networks.linear("spread", "a", 16),
        networks.layer("noise", "mul", "spread", (1, 16), "func"),
        networks.layer("sum", "add", ("mean", "noise"), (1, 16), "merge"),
    ]
    drawing = networks.drawing("net", layers, {"image": (1, 3, 4, 4)})
    graph = drawing.graph.replace(outputs=("sum", "mean", "spread"))
    found = maps(replace(drawing, panels=(replace(drawing.panels[0], graph=graph),)))
    at = {node.name: node for node in found.nodes}
    assert at["mean"].y == at["spread"].y == at["sum"].y
    assert [label.lines for label in found.labels].count(("output",)) == 3


def test_what_a_convolution_loses_at_its_borders_is_no_level():
    """14×14 -> 10×10 by 5×5 without stride stays level, as in the figure of LeNet; a pooling goes down one."""
    layers = [
        networks.conv("c1", "image", 6, 28, 5),
        networks.pool("s2", "c1", 6, 14),
        networks.conv("c3", "s2", 16, 10, 5),
        networks.conv("c5", "c3", 120, 1, 10),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 1, 32, 32)}))
    at = {node.name: node for node in found.nodes}
    assert at["image"].y == at["c1"].y > at["s2"].y == at["c3"].y > at["c5"].y


def test_nested_concatenations_are_one():
    """What is put together in two steps is drawn once, with a copy from each."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.conv("b", "a", 8, 32),
        networks.layer("inner", "cat", ("a", "b"), (1, 16, 32, 32), "merge"),
        networks.conv("c", "b", 8, 32),
        networks.layer("outer", "cat", ("c", "inner"), (1, 24, 32, 32), "merge"),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    assert [node.name for node in found.nodes] == ["image", "a", "b", "outer"]
    assert {w.source for w in found.wires if w.target == "outer" and w.cls == "copy"} == {"a", "b"}
    assert {node.name: node.copied for node in found.nodes}["outer"] == pytest.approx(2 / 3, abs=1e-3)


def test_unpooling_is_told_from_its_indices():
    """Values come on the way of the operation, indices on a way of their own."""
    indexed = Edge("pool", 1)
    unpool = networks.layer("unpool", "MaxUnpool2d", "c", (1, 8, 32, 32), "up", kernel_size=(2, 2))
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.pool("pool", "a", 8, 16),
        networks.conv("b", "pool", 8, 16),
        networks.conv("c", "b", 8, 16),
        replace(unpool, inputs=(*unpool.inputs, indexed)),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    assert {w.source: w.cls for w in found.wires if w.target == "unpool"} == {"c": "up", "pool": "indices"}
    assert {"Max unpool 2×2", "Pool indices"} <= {entry.text for key in found.legends for entry in key.entries}


def test_arrows_of_one_colour_that_do_different_things_are_told_apart():
    """A letter at the arrow and in the legend says which of three convolutions has no ReLU."""
    layers = [networks.conv(name, before, 8, 32) for before, name in pairwise(["image", "a", "b", "c"])]
    layers[-1] = replace(layers[-1], look=replace(layers[-1].look, data=()))
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    at = {node.name: node for node in found.nodes}
    assert [e.text for key in found.legends for e in key.entries] == ["Conv 3×3, ReLU", "a: conv 3×3"]
    (letter,) = [label for label in found.labels if label.lines == ("a",)]
    assert at["b"].x < letter.x < at["c"].x
    assert "Letters tell" in found.caption


def test_what_has_no_colour_is_written_at_its_arrow():
    """Black arrows would all look alike in a legend: each has its operation at it, and room for the text."""
    layers = [networks.linear("a", "x", 8)]
    layers += [networks.layer(name, name, before, (1, 8), "func") for before, name in (("a", "exp"), ("exp", "erfinv"))]
    layers.append(networks.conv("c", "image", 8, 32))
    drawing = networks.drawing("net", layers, {"x": (1, 8), "image": (1, 3, 32, 32)})
    found = maps(drawing)
    at = {node.name: node for node in found.nodes}
    assert {e.text for key in found.legends for e in key.entries} == {"Fully connected, ReLU", "Conv 3×3, ReLU"}
    for source, target in pairwise(["a", "exp", "erfinv"]):
        (text,) = [label for label in found.labels if label.lines == (target,)]
        gap = at[target].x - at[target].w / 2 - at[source].x - at[source].w / 2
        assert width(target, found.font_size * 0.8) < gap
        assert at[source].x < text.x < at[target].x


def test_a_vector_meets_a_map_beside_what_leaves_it():
    """Where a map goes down at its middle, the time that comes up from below arrives beside: no arrow has two heads."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.linear("time", "t", 8),
        networks.layer("sum", "add", ("a", "time"), (1, 8, 32, 32), "merge"),
        networks.pool("pool", "sum", 8, 16),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32), "t": (1, 4)}))
    (up,) = [wire.in_shift for wire in found.wires if wire.target == "sum" and wire.into == "south"]
    (down,) = [wire.out_shift for wire in found.wires if wire.source == "sum" and wire.out == "south"]
    assert down - up > 1


def test_sizes_are_written_in_one_way():
    """Where one has no room as n×n all are n²."""
    wide, small = maps(networks.unet()), maps(networks.unet(depth=1, size=64))
    for found, mark in ((wide, "²"), (small, "×")):
        sizes = [node.side or node.below for node in found.nodes if node.side or node.below]
        assert all(mark in size for size in sizes)


def test_results_that_meet_are_said_to_be_added():
    """Where no arc adds, the legend tells what becomes of arrows that end in one box; cropped ones are told too."""
    layers = [
        networks.conv("a", "image", 8, 32),
        networks.pool("pool", "a", 8, 16),
        networks.layer("up", "ConvTranspose2d", "pool", (1, 8, 30, 30), "up", kernel_size=(2, 2)),
        networks.layer("side", "Conv2d", "a", (1, 8, 32, 32), "conv", kernel_size=(1, 1)),
        networks.layer("add", "add", ("up", "side"), (1, 8, 30, 30), "merge"),
        networks.layer("head", "Conv2d", "add", (1, 2, 30, 30), "conv", kernel_size=(1, 1)),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))
    texts = {entry.text for key in found.legends for entry in key.entries}
    assert {"Up-conv 2×2, sum", "Conv 1×1, crop, sum", "a: conv 1×1"} <= texts


def test_what_follows_a_sum_is_said_after_it():
    """The ReLU behind a sum runs after the sum, also where an arc adds to the last convolution's result."""
    found = maps(networks.residual(blocks=2))
    texts = [entry.text for key in found.legends for entry in key.entries]
    assert texts == ["Conv 3×3, ReLU", "a: conv 3×3, ReLU, sum", "Conv 1×1, ReLU, sum", "Add"]


def test_each_kernel_has_an_entry():
    """Two kernels of one class are two lines of the legend, which is about as wide as the drawing at most."""
    layers = [
        networks.conv("a", "image", 8, 8),
        networks.layer("up", "ConvTranspose2d", "a", (1, 8, 16, 16), "up", kernel_size=(7, 7)),
        networks.layer("up2", "ConvTranspose2d", "up", (1, 8, 32, 32), "up", kernel_size=(3, 3)),
    ]
    found = maps(networks.drawing("net", layers, {"image": (1, 3, 8, 8)}))
    assert [e.text for key in found.legends for e in key.entries if e.cls == "up"] == ["Up-conv 7×7", "a: up-conv 3×3"]


def test_a_least_width_is_said():
    """Edges that are drawn longer than in proportion are told in the caption, and only then."""
    assert "but none shorter than 3 pt" in maps(networks.unet()).caption
    layers = [networks.conv(name, before, 8, 32) for before, name in pairwise(["image", "a", "b"])]
    assert "shorter" not in maps(networks.drawing("net", layers, {"image": (1, 8, 32, 32)})).caption


def test_squares_are_said():
    """Where sizes are written as squares the caption says what they mean, and only there."""
    assert "Sizes n² are n×n." in maps(networks.unet()).caption
    layers = [networks.conv("a", "image", 8, 32)]
    assert "n²" not in maps(networks.drawing("net", layers, {"image": (1, 8, 32, 32)})).caption


def test_compared_nets_have_one_scale():
    """Equal tensors are equally large in all panels."""
    small, large = networks.unet(depth=2), networks.unet(depth=4)
    both = Drawing((large.panels[0], Panel("small", small.graph, "compare", "small")))
    found = maps(both)
    at = {node.name: node for node in found.nodes}
    assert (at["down.0.1"].w, at["down.0.1"].h) == (at["small/down.0.1"].w, at["small/down.0.1"].h)
    padded = Drawing((large.panels[0], Panel("same", networks.unet(padded=True, size=256).graph, "compare")))
    entries = [entry for key in maps(padded).legends for entry in key.entries]
    assert len({entry.cls for entry in entries}) == len(entries)
    assert "Copy and crop or copy" in {entry.text for entry in entries}


def test_padding_says_copy_and_sizes_only_where_they_change():
    """Without cropping the legend says copy; a level's size stands at its first map on each side, and at the output."""
    found = maps(networks.unet(padded=True, size=256))
    assert {e.text for key in found.legends for e in key.entries} >= {"Copy"}
    sized = [node.name for node in found.nodes if node.side or node.below]
    beside = [label for label in found.labels if "×" in label.lines[0]]
    assert len(sized) + len(beside) == 1 + 4 + 4 + 1


def crossed(found: Scene) -> list[tuple[str, str, str]]:
    """Arrows that run through a map, with its name."""
    at = {node.name: node for node in found.nodes}

    def end(name: str, side: str, shift: float) -> tuple[float, float]:
        node = at[name]
        x, y = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}[side]
        return node.x + x * node.w / 2 + abs(y) * shift, node.y + y * node.h / 2 + abs(x) * shift

    return [
        (wire.source, wire.target, node.name)
        for wire in found.wires
        for (a, b), (c, d) in pairwise(
            [end(wire.source, wire.out, wire.out_shift), *wire.via, end(wire.target, wire.into, wire.in_shift)]
        )
        for node in found.nodes
        if abs((a + c) / 2 - node.x) < (abs(a - c) + node.w) / 2 - 0.1
        and abs((b + d) / 2 - node.y) < (abs(b - d) + node.h) / 2 - 0.1
    ]


def test_arrows_that_skip_levels_run_beside_the_maps_there():
    """A net with skips from every level to every level: no arrow runs through a map."""
    layers = [networks.conv("a", "image", 8, 64), networks.pool("b", "a", 8, 32), networks.pool("c", "b", 8, 16)]
    layers += [networks.pool("d", "c", 8, 8), networks.conv("e", "d", 8, 8)]
    layers += [
        networks.layer("u", "Upsample", "e", (1, 8, 16, 16), "up", scale_factor=2),
        networks.layer("v", "Upsample", "u", (1, 8, 32, 32), "up", scale_factor=2),
        networks.layer("far", "Upsample", "e", (1, 8, 64, 64), "up", scale_factor=8),
        networks.layer("near", "Upsample", "v", (1, 8, 64, 64), "up", scale_factor=2),
        networks.layer("deep", "MaxPool2d", "a", (1, 8, 8, 8), "pool", kernel_size=8, stride=8),
        networks.layer("cat", "cat", ("near", "far", "a"), (1, 24, 64, 64), "merge"),
        networks.linear("head", "deep", 4),
    ]
    for inches in (3.25, 5.5):
        found = maps(networks.drawing("net", layers, {"image": (1, 3, 64, 64)}), width=f"{inches}in")
        assert found.view == "maps"
        assert not crossed(found)


@pytest.mark.parametrize("seed", range(20))
def test_no_arrow_runs_through_a_map(seed):
    """Whatever the wiring."""
    found = maps(networks.random_maps(seed))
    assert found.view != "maps" or not crossed(found)


@pytest.mark.parametrize("inches", [3.4, 5.5, 7])
def test_maps_never_overlap(inches):
    """Boxes keep apart at any width, and grow with it."""
    found = maps(networks.unet(depth=2), width=f"{inches}in")
    for a, b in combinations(found.nodes, 2):
        assert abs(a.x - b.x) >= (a.w + b.w) / 2 + 5 or abs(a.y - b.y) >= (a.h + b.h) / 2 + 5


def test_residual_sum_is_an_arc_over_the_maps_between():
    """A sum absorbs the convolutions before it; identity and projection arrive from above."""
    found = maps(networks.residual(blocks=2))
    arcs = {wire.cls: wire for wire in found.wires if wire.target.endswith(".add") and wire.via}
    assert {cls: wire.target for cls, wire in arcs.items()} == {"conv1": "block0.add", "add": "block1.add"}
    tops = max(node.y + node.h / 2 for node in found.nodes)
    assert all(max(y for _, y in wire.via) > tops for wire in arcs.values())
    assert not {"block0.down", "block1.b"} & {node.name for node in found.nodes}


def test_folded_blocks_are_written_out():
    """No count is lost: a group that stands three times is three maps."""
    layers = [networks.conv("a", "image", 8, 32, group="g"), networks.conv("b", "a", 16, 32)]
    drawn = networks.drawing("g", layers, {"image": (1, 8, 32, 32)}, (Group("g", "Block", repeat=3),))
    assert [node.name for node in maps(drawn).nodes] == ["image", "a", "a ×2", "a ×3", "b"]


def test_legend_goes_where_nothing_is():
    """It meets no map, whether inside the U or below it."""
    found = maps(networks.unet())
    key = found.legends[0]
    for node in found.nodes:
        apart = abs(node.x - (key.x + key.w / 2)) >= (node.w + key.w) / 2
        assert apart or abs(node.y - (key.y - key.h / 2)) >= (node.h + key.h) / 2
