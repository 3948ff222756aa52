"""Promises of the choice of a view: it suits the network, says why, and a refused view gives way with a warning."""

from dataclasses import replace

import networks
import pytest

from nnfig.graph import Drawing, Edge, Graph, Group, Layer, Look, Panel, TensorSpec
from nnfig.layout import scene
from nnfig.layout.auto import choose, refusal
from nnfig.layout.unfold import unfolded
from nnfig.options import Options

CASES = [
    (networks.vgg16, "volumes"),
    (networks.unet, "maps"),
    (lambda: networks.mlp(784, 100, 10), "neurons"),
    (networks.residual, "blocks"),
    (networks.transformer, "blocks"),
]


@pytest.mark.parametrize(("make", "view"), CASES)
def test_each_network_in_its_own_language(make, view):
    """Chains of convolutions as volumes, U-Nets as maps, perceptrons as columns, the rest as blocks; with a reason."""
    chosen, why = choose(make())
    assert chosen == view
    assert why in scene(make(), Options()).report[0]


def test_the_reason_names_what_is_in_the_way():
    """Where only blocks will do the report says which layer other views could not show."""
    assert "'block0.add'" in choose(networks.residual())[1]
    assert "is attention" in choose(networks.transformer())[1]
    assert "in 4 places" in choose(networks.unet())[1]


def test_up_sampling_that_meets_nothing_is_no_u():
    """A pyramid whose branches are put together once at its end is no encoder and decoder."""
    layers = [networks.conv("a", "image", 8, 32), networks.pool("down", "a", 8, 16)]
    layers += [networks.conv(name, "down", 8, 16) for name in ("b", "c")]
    layers.append(networks.layer("cat", "cat", ("b", "c"), (1, 16, 16, 16), "merge"))
    layers.append(networks.layer("up", "Upsample", "cat", (1, 16, 32, 32), "up", scale_factor=2))
    assert choose(networks.drawing("net", layers, {"image": (1, 3, 32, 32)}))[0] == "blocks"


def test_a_pyramid_that_is_returned_is_no_u():
    """A detector returns maps of several sizes, none as large as its image; a U-Net may return smaller ones too."""
    drawing = networks.unet(depth=3, padded=True, size=64)
    wide = drawing.graph
    for outputs, view in ((("merge.1.1", "merge.2.1"), "blocks"), (("head", "merge.1.1"), "maps")):
        panel = replace(drawing.panels[0], graph=wide.replace(outputs=outputs))
        assert choose(replace(drawing, panels=(panel,)))[0] == view


@pytest.mark.parametrize("view", ["volumes", "maps", "neurons"])
def test_a_transformer_is_drawn_as_blocks_with_a_warning(view):
    """What a view cannot show it does not pretend to show."""
    found = scene(networks.transformer(), Options.of(view=view))
    assert found.view == "blocks"
    assert f"{view} view cannot show this" in found.warnings[0]


def test_elementwise_joins_are_no_columns():
    """A product of vectors is not all-to-all, so columns are refused."""
    layers = [
        networks.linear("gate", "x", 8),
        networks.linear("value", "x", 8),
        networks.layer("mul", "mul", ("gate", "value"), (1, 8), "merge"),
    ]
    assert "'mul'" in refusal("neurons", networks.drawing("gated", layers, {"x": (1, 8)}))


def test_several_panels_are_blocks_unless_asked():
    """Compared networks are drawn in the view that shows any network."""
    one = networks.vgg16()
    both = Drawing((*one.panels, Panel("other", one.graph, "compare")))
    assert choose(both)[0] == "blocks"
    asked = scene(both, Options.of(view="volumes"))
    assert asked.view == "volumes"
    assert any(node.name.startswith("other/") for node in asked.nodes)


def test_strip_has_a_box_for_every_layer_and_no_text():
    """The strip view keeps layers, ends and colours, drops labels, sizes and tips, and has a legend of colours."""
    found = scene(networks.residual(8), Options.of(view="strip"))
    assert len(found.nodes) == len(networks.residual(8).graph.layers) + 2
    assert not any("".join(node.label) or node.dims for node in found.nodes if node.shape != "circle")
    assert {node.label for node in found.nodes if node.shape == "circle"} == {("+",)}
    assert not any(wire.tip for wire in found.wires)
    assert found.fits


def test_what_is_written_at_wires_takes_no_room_in_a_strip():
    """Words at edges are not drawn in the strip view, and boxes stand as close as without them."""
    drawn = networks.residual(4)
    graph = drawn.panels[0].graph
    said = [replace(x, inputs=tuple(replace(e, label="half of the channels") for e in x.inputs)) for x in graph.layers]
    other = Drawing((replace(drawn.panels[0], graph=graph.replace(layers=tuple(said))),))
    options = Options.of(view="strip")
    assert scene(other, options).nodes == scene(drawn, options).nodes


def test_strip_names_what_comes_out():
    """Name and size of every output stand right of all boxes, clear of each other and within the width."""
    layers = [networks.conv("stem", "image", 16, 32)]
    layers += [networks.conv("scores", "stem", 63, 8), networks.conv("boxes", "stem", 12, 8)]
    drawn = networks.drawing("detector", layers, {"image": (1, 3, 32, 32)})
    panel = drawn.panels[0]
    looks = {name: Look((name,), "data") for name in ("scores", "boxes")}
    both = Drawing((Panel("", panel.graph.replace(outputs=("scores", "boxes")), output_looks=looks),))
    found = scene(both, Options.of(view="strip", width="3.25in"))
    assert {label.lines for label in found.labels} == {("scores: 8×8×63",), ("boxes: 8×8×12",)}
    assert all(label.x > max(node.x + node.w / 2 for node in found.nodes) for label in found.labels)
    assert abs(found.labels[0].y - found.labels[1].y) > 6
    assert found.fits
    alone = scene(drawn, Options.of(view="strip"))
    assert [label.lines for label in alone.labels] == [("output: 8×8×12",)]
    compared = Drawing((panel, replace(panel, name="other", role="compare")))
    twice = [label.lines for label in scene(compared, Options.of(view="strip")).labels if label.cls == "dims"]
    assert twice == [("output: 8×8×12",)] * 2


@pytest.mark.parametrize("view", ["volumes", "maps", "neurons"])
def test_the_caption_says_nothing_of_folding_where_blocks_are_written_out(view):
    """`drawn once` holds for frames with a number alone; what follows layers is said by legends and labels."""
    said = {
        "shows": "Net.",
        "merged": "Every convolution is followed by ReLU.",
        "folded": "Equal blocks are drawn once.",
    }
    layers = [networks.conv("a", "image", 8, 7, group="g"), networks.layer("f", "Flatten", "a", (1, 392), "reshape")]
    layers.append(networks.linear("fc", "f", 10, in_features=392))
    drawn = networks.drawing("net", layers, {"image": (1, 8, 7, 7)}, (Group("g", "Block", repeat=3),))
    drawn = replace(drawn, caption=" ".join(said.values()), said=said)
    found = scene(drawn, Options.of(view=view))
    assert found.view == view
    assert "drawn once" not in found.caption
    assert ("followed by" in found.caption) == (view == "volumes")
    assert "drawn once" in scene(drawn, Options.of(view="blocks")).caption


def test_unfolding_keeps_paths():
    """Copies follow each other; what follows the group takes from the last; the law of graphs holds."""
    from nnfig.graph import verify

    layers = (
        Layer("a", "Linear", (Edge("x"),), (TensorSpec((1, 4)),), group="g", look=Look()),
        Layer("b", "add", (Edge("a"), Edge("x")), (TensorSpec((1, 4)),), group="g", look=Look()),
        Layer("c", "Linear", (Edge("b"),), (TensorSpec((1, 4)),), look=Look()),
    )
    graph = Graph("n", {"x": TensorSpec((1, 4))}, layers, (Group("g", repeat=3),), outputs=("c",))
    wide = verify(unfolded(graph))
    assert wide.layer["b ×2"].sources == ("a ×2", "b")
    assert wide.layer["c"].sources == ("b ×3",)
    assert all(group.repeat == 1 for group in wide.groups)


def test_copies_inside_of_copies_have_names_of_their_own():
    """Two blocks of two layers each are four layers in a chain."""
    from nnfig.graph import verify

    layers = (Layer("a", "Linear", (Edge("x"),), (TensorSpec((1, 4)),), group="outer.inner", look=Look()),)
    groups = (Group("outer", repeat=2), Group("outer.inner", repeat=2, parent="outer"))
    wide = verify(unfolded(Graph("n", {"x": TensorSpec((1, 4))}, layers, groups, outputs=("a",))))
    names = list(wide.layer)
    assert len(names) == len(wide.layers) == 4
    assert [layer.sources for layer in wide.layers] == [("x",), *((name,) for name in names[:-1])]
    assert wide.outputs == (names[-1],)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("view", ["volumes", "maps", "neurons", "strip"])
def test_any_network_is_drawn_or_refused(view, seed):
    """Whatever the wiring: names are unique, every wire ends at nodes, and the legend explains only what is there."""
    found = scene(networks.random_maps(seed), Options.of(view=view))
    names = [node.name for node in found.nodes]
    assert len(names) == len(set(names))
    assert {end for wire in found.wires for end in (wire.source, wire.target)} <= set(names)
    drawn = {node.cls for node in found.nodes} | {wire.cls for wire in found.wires}
    drawn |= {cls for node in found.nodes for _, _, cls in node.bands}
    assert found.view == "blocks" or {entry.cls for key in found.legends for entry in key.entries} <= drawn


def test_a_layer_that_is_given_its_weights_is_no_column():
    """Lines from unit to unit are weights of its own; what makes them would not be seen."""
    layers = [
        networks.layer("make", "Linear", "code", (1, 64), "linear"),
        networks.layer("fc", "Linear", ("x", "make"), (1, 8), "linear"),
    ]
    net = networks.drawing("net", layers, {"x": (1, 8), "code": (1, 4)})
    assert (choose(net)[0], refusal("neurons", net)) == ("blocks", "'fc' is given its weights by 'make'")
