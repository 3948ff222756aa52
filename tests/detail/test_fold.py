"""Equal blocks in a row become one; near-equal ones never do."""

from __future__ import annotations

from dataclasses import replace

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.graph import Edge, Layer, TensorSpec
from nnfig.options import Options


def _repeats(graph, **options) -> list[int]:
    drawn = detail.drawing([graph], Options(**options)).graph
    return [group.repeat for group in drawn.groups if group.repeat > 1]


def _chain(*variants: dict) -> graphs.Sketch:
    sketch = graphs.Sketch()
    x = sketch.conv("stem", "image")
    for index, variant in enumerate(variants):
        x = graphs.residual(sketch, f"blocks.{index}", x, **variant)
    sketch.add("head", "Linear", x, shape=(1, 10), out_features=10)
    return sketch


def test_equal_blocks_fold_and_count():
    """Four equal blocks are one group of repeat 4; the sums over the graph as drawn are the network's."""
    graph = _chain({}, {}, {}, {}).done()
    drawn = detail.drawing([graph], Options()).graph
    assert [group.repeat for group in drawn.groups] == [4]
    assert drawn.params == graph.params
    assert [layer.name for layer in drawn.layers] == [
        "stem",
        "blocks.0.conv1",
        "blocks.0.conv2",
        "blocks.0.add",
        "head",
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"dilation": (2, 2)},
        {"kernel": 5},
        {"groups": 2},
        {"act": "GELU"},
        {"skip": False},
        {"cls": "OtherBlock"},
        {"channels": 4},
        {"bias": False},
        {"norm": "GroupNorm"},
        {"padding_mode": "circular"},
    ],
    ids=str,
)
@pytest.mark.parametrize("dial", ["overview", "paper", "explicit", "ops"])
def test_near_equal_blocks_are_refused(odd, dial):
    """A block that differs in one fact is never counted with its neighbours, whatever is hidden."""
    graph = _chain({}, odd, {}).done()
    assert _repeats(graph, detail=dial) == []
    assert _repeats(graph, detail=dial, hide=("activation", "norm", "kernel")) == []


def test_a_different_first_block_stays_apart():
    """1 + x3, as in a stage that begins with a projection."""
    assert _repeats(_chain({"kernel": 1}, {}, {}, {}).done()) == [3]


def test_periods_fold():
    """(A, B) three times is one frame of two blocks marked x3."""
    a, b = {}, {"act": "GELU", "cls": "Other"}
    graph = _chain(a, b, a, b, a, b).done()
    drawn = detail.drawing([graph], Options()).graph
    assert [group.repeat for group in drawn.groups if group.repeat > 1] == [3]
    assert drawn.params == graph.params


def test_a_tap_on_an_inner_block_ends_the_run():
    """A block whose output is taken elsewhere, too, is not drawn as one of many."""
    sketch = _chain({}, {}, {}, {})
    sketch.add("tapped", "cat", "blocks.1.add", "head")
    assert _repeats(sketch.done()) == [2, 2]


def test_blocks_side_by_side_are_no_run():
    """Equal branches that do not follow one another are drawn each."""
    sketch = graphs.Sketch()
    ends = [graphs.residual(sketch, f"branch.{index}", "image") for index in range(3)]
    sketch.add("sum", "cat", *ends)
    assert _repeats(sketch.done()) == []


def _loop(steps: int, *, collect: bool) -> graphs.Sketch:
    """An Elman cell by hand: every step takes x and the state of the step before."""
    sketch = graphs.Sketch(x=(1, 8))
    sketch.layers.append(Layer("h0", "Constant", (), (TensorSpec((1, 8)),), mark="constant"))
    state, states = "h0", []
    for step in range(steps):
        for name, source in (("ih", "x"), ("hh", state)):
            shared = f"{name}0" if step else ""
            sketch.layers.append(
                Layer(
                    f"{name}{step}", "Linear", (Edge(source),), (TensorSpec((1, 8)),),
                    params=0 if step else 72, attributes={"out_features": 8}, shared=shared,
                )
            )  # fmt: skip
        summed = sketch.add(f"add{step}", "add", f"ih{step}", f"hh{step}", shape=(1, 8))
        state = sketch.add(f"tanh{step}", "tanh", summed, shape=(1, 8))
        states.append(state)
    if collect:
        sketch.add("all", "stack", *states, shape=(1, steps, 8))
    return sketch


@pytest.mark.parametrize("collect", [False, True])
@pytest.mark.parametrize("dial", ["paper", "explicit", "ops"])
def test_the_steps_of_an_unrolled_loop_fold(collect, dial):
    """Five steps are one frame marked x5 whose weights count once."""
    graph = _loop(5, collect=collect).done()
    drawn = detail.drawing([graph], Options(detail=dial)).graph
    assert [group.repeat for group in drawn.groups] == [5]
    assert drawn.params == graph.params == 144


def test_no_fold_is_obeyed_and_single_layers_fold_only_on_demand():
    """`--no-fold` draws every block; `--fold` also folds plain layers in a row."""
    assert _repeats(_chain({}, {}).done(), fold=False) == []
    sketch = graphs.Sketch()
    x = "image"
    for index in range(5):
        x = sketch.conv(f"conv{index}", x)
    assert _repeats(sketch.done()) == []
    assert _repeats(sketch.done(), fold=True) == [5]


@pytest.mark.parametrize("dial", ["paper", "explicit"])
def test_folded_units_begin_with_the_layer_that_carries_the_others(dial):
    """`conv, (conv, ReLU) x3`, not `(ReLU, conv) x3, ReLU`, where the first convolution takes other channels."""
    sketch = graphs.Sketch()
    x = "image"
    for index in range(4):
        x = sketch.conv(f"conv{index}", x, in_channels=8 if index else 3)
        x = sketch.add(f"relu{index}", "ReLU", x)
    sketch.add("pool", "MaxPool2d", x, kernel_size=2, stride=2)
    drawing = detail.drawing([sketch.done()], Options(detail=dial, fold=True))
    folded = next(group for group in drawing.graph.groups if group.repeat == 3)
    assert drawing.graph.members(folded.path)[0].name == "conv1"
    assert "drawn once: " + {"paper": "convolution", "explicit": "(conv, ReLU)"}[dial] + " ×3" in drawing.caption


def test_folded_keeps_every_layer_of_the_first_copy():
    """The fold of a whole network hides nothing."""
    graph = _chain({}, {}, {}).done()
    drawn = detail.folded(graph)
    assert len(drawn.layers) == 2 + 6
    assert drawn.params == graph.params


def test_folding_five_thousand_layers_is_quick_and_deep_nests_do_not_overflow():
    """No recursion, no quadratic search: a long chain and a deep nest are folded within seconds."""
    sketch = graphs.Sketch()
    x = "image"
    for index in range(2500):
        x = sketch.conv(f"c{index}", x, channels=index % 7 + 1)
        x = sketch.add(f"r{index}", "ReLU", x)
    assert detail.drawing([sketch.done()], Options()) is not None
    deep = graphs.Sketch()
    path = ""
    for level in range(300):
        path = deep.group(f"{path}.m" if path else "m", "Nest", parent=path)
        deep.add(f"{path}.r{level}", "ReLU", deep.layers[-1].name if deep.layers else "image", group=path)
    assert detail.drawing([deep.done()], Options(detail="explicit")) is not None


@pytest.mark.parametrize(("dial", "repeats"), [("overview", [3]), ("paper", [3]), ("explicit", []), ("ops", [])])
def test_rates_of_dropout_count_where_dropout_is_drawn(dial, repeats):
    """Blocks that drop ever more, in a layer of its own and in attention, are equal to who sees no dropout."""
    sketch = graphs.Sketch(x=(1, 4, 8))
    x = "x"
    for index in range(3):
        group, rate = sketch.group(f"b.{index}", "Block"), index / 10
        kept = {"shape": (1, 4, 8), "group": group}
        y = sketch.add(f"{group}.att", "MultiheadAttention", x, params=8, num_heads=2, dropout=rate, **kept)
        y = sketch.add(f"{group}.fc", "Linear", y, params=8, out_features=8, layer_idx=index, **kept)
        x = sketch.add(f"{group}.drop", "Dropout", y, p=rate, **kept)
    assert _repeats(sketch.done(), detail=dial) == repeats
    if dial == "paper":
        drawn = detail.drawing([sketch.done()], Options(detail=dial)).graph
        assert drawn.layer["b.0.att"].attributes["dropout"] == "0 to 0.2"


def _with_drop_path(rates, **options):
    """Blocks that drop their branch at rates of their own, as they are written in train mode."""
    sketch, x = graphs.Sketch(), "image"
    for index, rate in enumerate(rates):
        block = sketch.group(f"b.{index}", "Block")
        y = sketch.conv(f"{block}.conv2", sketch.conv(f"{block}.conv1", x, group=block), group=block)
        drop = sketch.group(f"{block}.drop", "DropPath", parent=block)
        noise = sketch.add(f"{drop}.div", "div", sketch.add(f"{drop}.empty", "empty", group=drop, mark="constant"),
                           group=drop, mark="constant", other=1 - rate)  # fmt: skip
        y = sketch.add(f"{drop}.mul", "mul", y, noise, group=drop)
        x = sketch.add(f"{block}.add", "add", x, y, group=block)
    return detail.drawing([sketch.done()], Options(**options)).graph


def test_blocks_that_differ_in_the_rate_of_dropping_them_fold():
    """The box says from which rate to which; where dropout is not drawn nothing is seen of it."""
    drawn = _with_drop_path((0.1, 0.15, 0.2), detail="explicit")
    assert [group.repeat for group in drawn.groups] == [3]
    assert drawn.layer["b.0.drop"].look.label == ("DropPath 0.1 to 0.2",)
    paper = _with_drop_path((0.1, 0.15, 0.2))
    assert [group.repeat for group in paper.groups] == [3]
    assert {layer.kind for layer in paper.layers} == {"Conv2d", "add"}
    assert _with_drop_path((0.2, 0.1, 0.3), detail="explicit").layer["b.0.drop"].look.label == ("DropPath varies",)
    assert not any(layer.kind == "DropPath" for layer in _with_drop_path((0.1,), detail="ops").layers)


@pytest.mark.parametrize("owners", ["0012", "0101", "0122", "0120"], ids=str)
def test_blocks_with_weights_of_their_own_and_such_that_run_again_are_no_one_run(owners):
    """What the figure counts is what the network has, whichever blocks share their weights."""
    graph = _chain(*({} for _ in owners)).done()
    first = {owner: owners.index(owner) for owner in owners}

    def shared(layer):
        parts = layer.name.split(".")
        if parts[0] != "blocks" or first[owners[int(parts[1])]] == int(parts[1]):
            return layer
        owner = ".".join(("blocks", str(first[owners[int(parts[1])]]), *parts[2:]))
        return replace(layer, shared=owner, params=0) if layer.params else layer

    graph = graph.replace(layers=tuple(map(shared, graph.layers)))
    drawn = detail.drawing([graph], Options(detail="explicit")).graph
    assert drawn.params == graph.params
    assert 4 not in [group.repeat for group in drawn.groups]


def test_ever_longer_sums_between_equal_blocks_fold_nothing():
    """Every block takes the sum of all before it, so that each step takes one tensor more."""
    sketch, kept = graphs.Sketch(), ["image"]
    for index in range(4):
        total = kept[0]
        for number, each in enumerate(kept[1:]):
            total = sketch.add(f"add{index}_{number}", "add", total, each)
        kept.append(graphs.residual(sketch, f"b.{index}", total))
    assert _repeats(sketch.done(), detail="explicit") == []


def test_one_cell_that_runs_many_times_is_one_box():
    """Its frame says how often, and its weights count once."""
    sketch = graphs.Sketch(x=(1, 8))
    state = "x"
    for step in range(10):
        edges = (Edge("x"), Edge(state, 1 if step else 0))
        shared = "cell0" if step else ""
        spec = (TensorSpec((1, 8)), TensorSpec((1, 8)))
        more = {"params": 0 if step else 64, "attributes": {"hidden_size": 8}, "shared": shared}
        sketch.layers.append(Layer(f"cell{step}", "LSTMCell", edges, spec, **more))
        state = f"cell{step}"
    graph = sketch.done()
    drawn = detail.drawing([graph], Options()).graph
    assert [group.repeat for group in drawn.groups] == [10]
    assert len(drawn.layers) == 1
    assert drawn.params == 64


def _cells(steps, *, state=True, fed=True):
    """One module that runs again and again: each time with the state before, with an input of its own, or both."""
    sketch = graphs.Sketch(**{f"x{step}": (1, 8) for step in range(steps)}, h=(1, 8))
    before = "h"
    for step in range(steps):
        sources = [f"x{step}"] * fed + [before] * state
        before = sketch.add(f"cell{step}", "GRUCell", *sources, shape=(1, 8), params=0 if step else 9, hidden_size=8)
        sketch.layers[-1] = replace(sketch.layers[-1], shared="cell0" if step else "")
    return sketch.done(*(f"cell{step}" for step in range(steps)))


@pytest.mark.parametrize("missing", ["", "state", "fed"])
def test_steps_in_time_have_a_state_and_an_input_of_their_own(missing):
    """Calls beside each other, and mere repetition in depth, share weights and are no steps in time."""
    drawing = detail.drawing([_cells(3, **({missing: False} if missing else {}))], Options())
    said = "The 3 boxes GRUCell are steps in time of one module, whose weights they share."
    assert drawing.said.get("steps", "") == ("" if missing else said)
    if missing == "state":
        assert drawing.said["ties"] == "The 3 boxes ‘GRUCell, 8’ share their weights."


def test_a_later_copy_that_is_opened_ends_the_run():
    """What stands in the copy that was asked for is drawn, though the block is equal to those before it."""
    drawn = detail.drawing([_chain({}, {}, {}, {}).done()], Options(detail="overview", open=("blocks.2",))).graph
    assert "blocks.2.conv1" in drawn.layer
    assert next((group.path, group.repeat) for group in drawn.groups) == ("blocks.0", 2)


def test_a_hidden_view_before_the_first_block_does_not_tell_it_from_the_others():
    """Blocks of tokens fold from the first on, though what it takes was an image."""
    sketch = graphs.Sketch(image=(1, 8, 4, 4))
    x = sketch.add("tokens", "flatten", "image", shape=(1, 8, 16), mark="plumbing")
    for index in range(3):
        group, same = sketch.group(f"b.{index}", "Block"), {"shape": (1, 8, 16), "params": 9, "out_features": 16}
        y = sketch.add(f"{group}.up", "Linear", x, group=group, **same)
        x = sketch.add(f"{group}.add", "add", x, sketch.add(f"{group}.down", "Linear", y, group=group, **same),
                       shape=(1, 8, 16), group=group)  # fmt: skip
    assert _repeats(sketch.done()) == [3]


@pytest.mark.parametrize("again", [True, False])
def test_a_block_of_one_box_folds_where_it_runs_again(again):
    """One module in a loop is one box marked xN; modules of one box each are drawn one by one."""
    sketch, x = graphs.Sketch(), "image"
    for index in range(3):
        group = sketch.group(f"b@{index + 1}" if again and index else f"b{'' if again else index}", "Block")
        x = sketch.add(f"{group}.act", "ReLU", sketch.conv(f"{group}.c", x, group=group), group=group)
        if again and index:
            sketch.layers[-2] = replace(sketch.layers[-2], shared="b.c", params=0)
    drawing = detail.drawing([sketch.done()], Options())
    assert [group.repeat for group in drawing.graph.groups] == [3] * again
    assert ("weights that copies share" in drawing.caption) == again


def test_blocks_that_all_use_one_layer_from_before_them_fold():
    """Each has weights of its own beside those of the stem, which are counted once, and the caption says so."""
    sketch = graphs.Sketch()
    x = sketch.conv("stem", "image")
    for index in range(4):
        group = sketch.group(f"b{index}", "Block")
        x = sketch.conv(f"stem@{index + 2}", x, group=group)
        sketch.layers[-1] = replace(sketch.layers[-1], shared="stem", params=0, path="stem")
        x = sketch.conv(f"{group}.own", x, group=group)
    graph = sketch.done()
    drawing = detail.drawing([graph], Options())
    assert [group.repeat for group in drawing.graph.groups] == [4]
    assert drawing.graph.params == graph.params
    assert "share their weights" in drawing.caption
