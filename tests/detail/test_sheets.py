"""Style sheets: what they can say, how they lie over one another, and how their faults are shown."""

from __future__ import annotations

import detail_graphs as graphs
import pytest

from nnfig import detail
from nnfig.errors import NnfigError
from nnfig.options import DETAILS, Options


def _net():
    sketch = graphs.Sketch()
    x = sketch.add("bn", "BatchNorm2d", sketch.conv("conv", "image", 64, 7))
    group = sketch.group("block", "Block")
    x = sketch.conv("block.a", x, 8, 3, group=group, groups=2)
    x = sketch.conv("block.b", x, 8, 3, group=group)
    sketch.add("fc", "Linear", x, shape=(1, 10), out_features=10)
    return sketch.done()


def _drawn(tmp_path, sheet, **options):
    path = tmp_path / "mine.yaml"
    path.write_text(sheet, encoding="utf-8")
    return detail.drawing([_net()], Options(style=(str(path),), **options))


def test_a_rule_says_label_class_glyph_and_title(tmp_path):
    """New looks are rows of a style sheet, never a fork."""
    drawing = _drawn(
        tmp_path,
        """
rules:
- select: {kind: Conv2d}
  label: "C{out_channels}@{kernel_size}"
- select: {path: block.a}
  class: my special
  legend: The special one
- select: {group: Block}
  do: open
  title: Body
- select: {kind: Linear}
  label: [Classifier, "{out_features} classes"]
""",
    )
    looks = {layer.name: layer.look for layer in drawing.graph.layers}
    assert looks["conv"].label == ("C64@7×7", "BN")
    assert looks["block.a"].cls == "my special"
    assert looks["fc"].label == ("Classifier", "10 classes")
    assert [group.title for group in drawing.graph.groups] == ["Body"]
    assert looks["block.b"].label == ("C8@3×3",)
    assert ("my special", "The special one") in [(entry.cls, entry.text) for entry in drawing.legend]


def test_a_field_outside_of_brackets_is_written_though_it_is_a_default(tmp_path):
    """Sections hide what is usual; what stands bare was asked for."""
    drawing = _drawn(tmp_path, 'rules: [{select: {path: conv}, label: "stride {stride}[, stride {stride}]"}]')
    assert drawing.graph.layer["conv"].look.label == ("stride 1", "BN")


def test_a_field_that_no_layer_has_is_an_error(tmp_path):
    """A slip of the pen is shown, with what was meant; sections may speak of what only some layers have."""
    with pytest.raises(NnfigError, match="Conv2d has no attribute 'strid'") as caught:
        _drawn(tmp_path, 'rules: [{select: {kind: Conv2d}, label: "{strid}[, {tokens}]"}]')
    assert "did you mean 'stride'" in str(caught.value)
    assert "'tokens'" not in str(caught.value)


def test_an_empty_title_leaves_out_the_frame(tmp_path):
    """An opened group stands without a frame then."""
    sheet = "rules:\n- select: {group: Block}\n  do: open\n"
    assert len(_drawn(tmp_path, sheet).graph.groups) == 1
    assert _drawn(tmp_path, sheet + '  title: ""\n').graph.groups == ()


def test_a_rule_names_a_network(tmp_path):
    """The caption calls it so, and so does the graph as drawn."""
    net = _net()
    drawing = _drawn(tmp_path, f"rules:\n- select: {{group: {net.name}}}\n  title: Our network\n")
    assert drawing.graph.name == "Our network"
    assert drawing.caption.startswith("Our network")


def test_a_closed_block_takes_its_looks_from_group_rules(tmp_path):
    """Title or label, and class, of the block; layers in an open one keep theirs."""
    sheet = "rules:\n- select: {group: Block}\n  do: close\n  class: body\n"
    titled = _drawn(tmp_path, sheet + "  title: Body\n").graph.layer["block"].look
    assert (titled.label, titled.cls) == (("Body, 8", "3×3, 3×3 conv"), "body")
    assert _drawn(tmp_path, sheet + "  label: 'Core [{channels}]'\n").graph.layer["block"].look.label == ("Core 8",)
    opened = _drawn(tmp_path, sheet.replace("close", "open")).graph
    assert opened.layer["block.a"].look.cls == "conv"


@pytest.mark.parametrize(
    ("select", "hit"),
    [
        ("{kind: Linear}", ["fc"]),
        ("{category: convolution}", ["conv", "block.a", "block.b"]),
        ("{path: 'block.*'}", ["block.a", "block.b"]),
        ("{attributes: {groups: 2}}", ["block.a"]),
        ("{attributes: {kernel_size: '>3'}}", ["conv"]),
        ("{attributes: {kernel_size: [7, 7]}}", ["conv"]),
        ("{shape: '1x64x*'}", ["conv"]),
        ("{shape: [1, 64, null, null]}", ["conv"]),
        ("{group: Block, kind: Conv2d}", ["block.a", "block.b"]),
    ],
)
def test_selectors(tmp_path, select, hit):
    """By kind, category, path, attribute, shape and group class, each and together."""
    drawing = _drawn(tmp_path, f"rules:\n- select: {select}\n  class: hit\n", show=("norm",))
    assert [layer.name for layer in drawing.graph.layers if layer.look.cls == "hit"] == hit


def test_later_rules_win_and_options_over_sheets(tmp_path):
    """Rows in order; then what the user says on the command line."""
    sheet = "hide: [Linear]\nrules:\n- select: {kind: Linear}\n  do: show\n- select: {kind: Linear}\n  do: hide\n"
    assert "fc" not in _drawn(tmp_path, sheet).graph.layer
    assert "fc" in _drawn(tmp_path, sheet, show=("Linear",)).graph.layer


def test_extends_starts_from_another_sheet(tmp_path):
    """A preset or a file; a sheet without `extends` lies over the dial."""
    (tmp_path / "base.yaml").write_text("extends: explicit\nhide: [norm]\n", encoding="utf-8")
    graph = _drawn(tmp_path, "extends: base.yaml\n").graph
    assert "bn" not in graph.layer
    over = _drawn(tmp_path, "show: [params]\n", detail="explicit").graph
    assert "bn" in over.layer
    assert any("parameters" in line for line in over.layer["conv"].look.label)


def test_facets_are_shown_and_hidden():
    """--show params,macs,names and --hide kernel,channels change text, not layers."""
    drawing = detail.drawing([_net()], Options(show=("params", "names"), hide=("kernel", "channels")))
    assert drawing.graph.layer["conv"].look.label == ("conv", "64 parameters", "conv", "BN")


def test_names_and_classes_stand_within_their_frame(tmp_path):
    """What the frame says of the path is not said again in its boxes."""
    sheet = "show: [names, classes]\nrules:\n- select: {group: Block}\n  do: open\n"
    graph = _drawn(tmp_path, sheet).graph
    assert [group.title for group in graph.groups] == ["block: Block"]
    assert graph.layer["block.a"].look.label[-1] == "a: Conv2d"


def test_every_fault_is_shown_with_its_line(tmp_path):
    """All at once: unknown keys, wrong values, broken templates; each with file, line and column."""
    with pytest.raises(NnfigError) as caught:
        _drawn(
            tmp_path,
            "hid: [norm]\nfold: maybe\nrules:\n- select: {kin: Conv2d}\n- hide: true\n- label: '{a'\n- do: vanish\n",
        )
    places = [problem.where.rsplit("mine.yaml", 1)[1] for problem in caught.value.problems]
    assert places == [":1:1", ":2:1", ":4:12", ":5:3", ":6:3", ":7:3"]
    message = str(caught.value)
    assert "did you mean 'hide'?" in message
    assert "did you mean 'kind'?" in message
    assert "write do: hide" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "no valid YAML"),
        ("fold: true\nfold: false\n", "given twice"),
        ("x: &a [1]\ny: *a\n", "aliases"),
        ("- a\n", "expected keys"),
        ("extends: mine.yaml\n", "in a circle"),
        ("extends: nowhere.yaml\n", "cannot read"),
    ],
)
def test_broken_files_are_explained(tmp_path, text, said):
    """Never a traceback."""
    with pytest.raises(NnfigError, match=said):
        _drawn(tmp_path, text)


def test_a_missing_sheet_is_an_error():
    """With its name."""
    with pytest.raises(NnfigError, match=r"nope\.yaml"):
        detail.drawing([_net()], Options(style=("nope.yaml",)))


def test_options_of_other_rooms_stand_in_sheets(tmp_path):
    """View, direction and width come from the sheet where the user gives none."""
    (tmp_path / "s.yaml").write_text("view: volumes\nwidth: 84mm\ndirection: down\n", encoding="utf-8")
    options = detail.style_options(Options(style=(str(tmp_path / "s.yaml"),), direction="right"))
    assert (options.view, round(options.width), options.direction) == ("volumes", 239, "right")


def test_the_schema_knows_every_key():
    """Editors complete what the reader accepts."""
    schema = detail.style_schema()
    assert {"extends", "rules", "hide", "depth"} <= set(schema["properties"])
    assert "label" in str(schema["$defs"]["RuleModel"])


@pytest.mark.parametrize("dial", DETAILS)
def test_presets_are_sheets_that_can_be_named(dial):
    """--style explicit is --detail explicit."""
    by_style = detail.drawing([_net()], Options(style=(dial,)))
    by_dial = detail.drawing([_net()], Options(detail=dial))
    assert by_style.graph == by_dial.graph


def test_a_strip_is_the_whole_network():
    """`--view strip` alone folds and closes nothing, as the sheet of that name says; another detail is obeyed."""
    by_view = detail.drawing([_net()], Options(view="strip"))
    assert by_view.graph == detail.drawing([_net()], Options(style=("strip",))).graph
    less = detail.drawing([_net()], Options(view="strip", detail="overview"))
    assert less.graph == detail.drawing([_net()], Options(detail="overview")).graph
