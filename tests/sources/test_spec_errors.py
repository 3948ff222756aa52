"""What is wrong with a layer list is said where it stands, in words that help, and all at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnfig.errors import NnfigError
from nnfig.sources.kinds import KINDS
from nnfig.sources.spec import read, read_text

HEAD = "nnfig: 1\ninputs: {x: [1, 64, 56, 56]}\nlayers:\n"


def complaints(text: str, filename: str = "net.yaml") -> list[str]:
    """Problems of a text, as they are printed."""
    with pytest.raises(NnfigError) as caught:
        read_text(text, filename)
    return [str(problem) for problem in caught.value.problems]


def one(layers: str) -> str:
    """The only problem of some layers."""
    (problem,) = complaints(HEAD + layers)
    return problem


def test_a_problem_shows_place_line_caret_and_remedy():
    """file:line:column, the line, a caret below the place, and what to try."""
    expected = """\
net.yaml:4:10: unknown kind 'Conv2D'
  - conv1: Conv2D 3x3, 16
           ^
  did you mean 'Conv2d'?"""
    assert expected == one("- conv1: Conv2D 3x3, 16")


def test_all_problems_are_said_at_once_in_the_order_of_lines():
    """A wrong key, an unknown kind, a name, an argument and a second layer of one name do not hide one another."""
    layers = "- a: Conv2d 3x3, 8, pading 1\n- {kind: ReLU, frm: a}\n- a: Rellu\n- b: ReLU\n  from: c\n- Linear ten\n"
    expected = [
        "net.yaml:4:21: Conv2d has no attribute 'pading'",
        "net.yaml:5:16: unknown key 'frm'",
        "net.yaml:6:3: a second layer, block or input named 'a' (the first is in line 4)",
        "net.yaml:6:6: unknown kind 'Rellu'",
        "net.yaml:8:9: there is no layer, block or input 'c'",
        "net.yaml:9:10: 'ten' is no argument of Linear",
    ]
    assert expected == [problem.splitlines()[0] for problem in complaints(HEAD + layers)]


LAYERS = {
    "- cnv: conv2d 3x3, 8": "unknown kind 'conv2d'|did you mean 'Conv2d'?",
    "- Dense 10": "unknown kind 'Dense'|PyTorch's name is Linear",
    "- Mystery": "unknown kind 'Mystery'|a kind of your own needs the shape that it gives",
    "- {kind: ReLU, frm: x}": "unknown key 'frm'|did you mean 'from'?",
    "- {kind: Conv2d 3x3, 64}": "unknown key '64'|a comma inside {...} parts keys",
    "- {kind: ReLU, kind: Tanh}": "a second key 'kind' (the first is in line 4)",
    "- {layers: [ReLU], repeats: 2}": "unknown key 'repeats'|did you mean 'repeat'?",
    "- a: ReLU\n- a: Tanh": "a second layer, block or input named 'a' (the first is in line 4)",
    "- x: ReLU": "a second layer, block or input named 'x' (the first is in line 2)",
    "- a: ReLU\n  from: xx": "there is no layer, block or input 'xx'|did you mean 'x'?",
    "- a: ReLU\n  from: c\n- b: Tanh\n- c: ReLU": "a cycle: a → b → c → a|edges of kind gradient",
    "- a: ReLU\n  from: a": "a cycle: a → a",
    "- a: Conv2d 3x3, 8, /2\n- add\n- {name: s, kind: add, from: [a, x]}": (
        "s (add): 1x8x27x27 and 1x64x56x56 do not fit|it takes a 1x8x27x27, x 1x64x56x56"
    ),
    "- {kind: cat, from: [x, b]}\n- {name: b, kind: ReLU, from: c}\n- {name: c, kind: 'MaxPool2d 2x2', from: x}": (
        "1x64x56x56 and 1x64x28x28 cannot be joined along axis 1"
    ),
    "- Conv2d 3x3, 8, in_channels 3": "in_channels is 3, but the input has 64|it takes x 1x64x56x56",
    "- {kind: 'Conv2d 3x3, 8', output: [1, 8, 9, 9]}": "output is 1x8x9x9, but 1x8x54x54 follows from its input",
    "- Flatten\n- Conv2d 3x3, 8": "its input is 1x200704, expected 4 axes: batch x channels x height x width",
    "- MaxPool2d 99x99": "a window of 99x99 does not fit into 56x56",
    "- Conv2d 3x3, 8, groups 3": "in_channels is 64, which 3 groups do not divide",
    "- MultiheadAttention 5": "5 heads do not divide a width of 56",
    "- Flatten\n- LSTM 8\n- {kind: ReLU, from: lstm, edges: [{output: 5}]}": "'lstm' has 3 outputs, there is no",
    "- LSTM 8, batch_first\n": "'batch_first' needs a value|for instance 'batch_first true'",
    "- ReLU\n  from: x": "'from:' below a layer without a name|or write {kind: KIND, from: ...}",
    "- {kind: ReLU, from: [x, x]}": "takes 1 input, found 2",
    "- {kind: add, from: []}": "takes at least 1 input, found 0",
    "- {kind: ReLU, params: many}": "params is 'many', expected a whole number",
    "- {kind: ReLU, macs: -1}": "macs is -1, expected a whole number that is not negative",
    "- {kind: ReLU, output: 5}": "output is 5, expected a list",
    "- {kind: ReLU, attributes: [1]}": "attributes is a list, expected a mapping",
    "- {kind: Conv2d, attributes: {out_channels: '8', kernel_size: 3}}": "out_channels is '8', expected a whole number",
    "- {kind: Conv2d, attributes: {biass: no}}": "Conv2d has no attribute 'biass'|did you mean 'bias'?",
    "- Conv2d 3x3, 8, bias 0": "bias is 0, expected true or false",
    "- Conv2d 3x3": "has no out_channels; write it, for instance 'Conv2d 3x3, 64'",
    "- Conv2d 3x3, 8, padding=1": "'padding=1' is no argument|write 'padding 1'",
    "- Conv2d 3x3, 8, bias": "'bias' needs a value|for instance 'bias false'",
    "- Conv2d 3x3 8": "a comma is missing in '3x3 8'",
    "- Conv2d(8, 3)": "'Conv2d' is no definition|arguments follow the name: 'Conv2d 8, 3'",
    "- Linear 10, 20": "'20' is one number too many: Linear takes only out_features",
    "- Linear 10, /2": "Linear has no stride, which '/2' would be",
    "- Linear 3x3": "Linear has no kernel_size, which '3x3' would be",
    "- Linear 10,, bias false": "nothing stands between two commas",
    "- ReLU 5": "'5' is one number too many: ReLU takes no bare number",
    "- a: Conv2d, 3x3, 8": "a comma between Conv2d and its arguments|write 'Conv2d 3x3, 8'",
    "- a:": "'a' has no kind|for instance 'a: Conv2d 3x3, 64'",
    "- a: 5": "'a' is 5, expected a kind",
    "- a: [ReLU]": "layers in a frame are {group: Name, layers: [...]}",
    "- path: {kind: ReLU}": "'path' is a key of this language|{name: path, kind: ...}",
    "- [ReLU, Tanh]": "expected a layer, found a list",
    "- {group: g, layers: [Linear 8, ReLU, 5]}": "expected a layer, found 5|a comma inside [...] parts layers",
    "- {repeat: -1, layers: [ReLU]}": "repeat is -1, expected a whole number that is not negative",
    "- {repeat: n, layers: [ReLU]}": "repeat is 'n', expected a whole number up to 20,000",
    "- {repeat: 20001, layers: [ReLU]}": "repeat is 20001, expected a whole number up to 20,000",
    "- {repeat: 500, layers: [{repeat: 500, layers: [ReLU]}]}": "more than 20,000 layers once",
    "- {kind: ReLU, shared: conv9}": "there is no earlier layer 'conv9' to share weights with",
    "- {kind: ReLU, group: gone}": "there is no group 'gone'",
    "- {kind: ReLU, mark: plumb}": "mark is 'plumb', expected '', 'plumbing', 'constant', 'index' or 'opaque'",
    "- {kind: ReLU, edges: [{}, {}]}": "2 edges for 1 source",
    "- {kind: ReLU, dtype: [float32, int8], output: [[1]]}": "2 dtypes for 1 output",
    "- ReLU\n- !!python/object:os.system [ls]": "a YAML tag ('!!python/object:os.system'); layer lists are plain data",
    "-\tReLU\n\t- Tanh": "a tab; YAML is indented with spaces",
    "- a: b: c": "a second colon in this entry",
    "- [ReLU": "after this '[' a comma or a closing ']' is missing",
    '- "ReLU': "the text that begins here has no closing quote",
    "- a: ReLU\n - Tanh": "this line does not fit the indentation above it",
    "- *a": "'*a' stands for nothing",
    "- &a [*a]": "'*a' stands inside the entry that it names",
    "- @x": "text cannot begin with '@'|put it in quotes",
    "- ? [a]\n  : ReLU": "a key that is no word",
    "- a\x07": "the character U+0007 is not allowed in YAML",
    "- ReLU\n---\na: 1": "a second document ('---'), expected one",
    "- " * 200 + "ReLU": "nested more than 100 levels deep",
    "- " + "[" * 5000: "nested more than 100 levels deep",
}


@pytest.mark.parametrize("layers", LAYERS, ids=lambda text: text[:40].encode("unicode_escape").decode())
def test_faulty_layers(layers: str):
    """The first problem says what is wrong and what to try, and shows its place."""
    first = complaints(HEAD + layers)[0]
    for part in LAYERS[layers].split("|"):
        assert part in first
    assert first.startswith("net.yaml:")
    assert "^" in first


DEFINED = {
    "- block": "block is not given width|it is defined as block(width, depth=1)",
    "- block(1, 2, 3)": "block(width, depth=1) is given too many arguments",
    "- block(1, width=2)": "block is given width twice",
    "- block(wdth=2)": "block has no parameter 'wdth'|did you mean 'width'?",
    "- block 2": "'2' after the definition 'block'|arguments stand in brackets: block(width, depth=1)",
    "- {group: g, layers: [block(2, 1), ReLU]}": "'block(2' has no closing bracket|a comma inside [...] parts layers",
    "- blok(2)": "unknown kind 'blok'|did you mean 'block'?",
    "- {kind: block(2), params: 4}": "'params' does not go with a definition",
    "- loop": "the definition 'loop' uses itself: loop → loop",
}


@pytest.mark.parametrize("layers", DEFINED)
def test_faulty_uses_of_definitions(layers: str):
    """A use says how the definition is meant."""
    define = "define:\n  block(width, depth=1): [Linear width]\n  loop: [loop]\n"
    text = HEAD.replace("layers:", f"{define}layers:") + layers
    problems = "\n".join(complaints(text))
    for part in DEFINED[layers].split("|"):
        assert part in problems


DOCUMENTS = {
    "": "the file is empty, expected a layer list|nnfig: 1",
    "# only a comment\n": "the file is empty",
    "hello": "expected a mapping with nnfig, inputs and layers, found 'hello'",
    "- ReLU": "expected a mapping with nnfig, inputs and layers, found a list",
    "nnfig: 2\ninputs: {}\nlayers: []": "version 2 of the language, expected 1",
    "inputs: {x: [1]}\nlayers: [ReLU]": "missing key 'nnfig'|a layer list begins with 'nnfig: 1'",
    "nnfig: 1\nlayers: [ReLU]": "missing key 'inputs'",
    "nnfig: 1\ninputs: {x: [1]}\nlayer: [ReLU]": "missing key 'layers'",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: ReLU": "layers is 'ReLU', expected a list",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: []": "there are no layers",
    "nnfig: 1\ninputs: {x: 5}\nlayers: [ReLU]": "x is 5, expected a shape such as [1, 3, 224, 224]",
    "nnfig: 1\ninputs: {x: [1, 2.5]}\nlayers: [ReLU]": "an entry of 'x' is 2.5, expected a whole number",
    "nnfig: 1\ninputs: {x: [1], y: [2]}\nlayers: [ReLU]": "one of 2 inputs, but which?|add 'from:' with x or y",
    "nnfig: 1\ninputs: {x: [1, 4]}\nlayers: [LSTM 8]\noutputs: [lstm.3]": "'lstm' has 3 outputs, there is no output 3",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\noutputs: [relu.x]": "there is no layer, block or input 'relu.x'",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\noutputs: [z]": "there is no layer, block or input 'z'",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\noutput_names: [a, b]": "2 output names for 1 output",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\ngroups: [{path: a}, {path: a}]": "a second group 'a'",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\ngroups: [{path: a, parent: b}]": "there is no group 'b'",
    "nnfig: 1\ninputs: {x: [1]}\nlayers: [ReLU]\ngroups: [{path: a, parent: b}, {path: b, parent: a}]": "in itself",
    "nnfig: 1\ninputs: {x: [1]}\ndefine: {'a(n, n)': [ReLU]}\nlayers: [ReLU]": "a second parameter 'n'",
    "nnfig: 1\ninputs: {x: [1]}\ndefine: {'a b': [ReLU]}\nlayers: [ReLU]": "'a b' is no definition",
    "nnfig: 1\ninputs: {x: [1]}\ndefine: {'a(n=1, m)': [ReLU]}\nlayers: [ReLU]": "'m' has no default",
    "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{n}: &{n} [{', '.join([f'*{m}'] * 10)}]\n" for m, n in zip("abcdef", "bcdefg", strict=True)
    ): "aliases ('*name') that unfold",
}


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text[:40].encode("unicode_escape").decode())
def test_faulty_documents(text: str):
    """A file that is no layer list, or not quite."""
    problems = "\n".join(complaints(text))
    for part in DOCUMENTS[text].split("|"):
        assert part in problems


BOMBS = {
    "blocks and definitions inside one another": "define:\n"
    + "".join(f"  d{n}: [d{n + 1}]\n" for n in range(150))
    + "  d150: [ReLU]\nlayers: [d0]",
    "leads back to itself": "layers:\n- {group: a, layers: [], from: b}\n- {group: b, layers: [], from: a}\n- add",
    "nested too deep": f"layers:\n- 'Conv2d padding {'[' * 3000}{']' * 3000}'",
    "xxx!' is no argument of Conv2d": f"layers:\n- 'Conv2d {'x' * 3000}!'",
    "pieces are more than 1,000": "layers:\n- split 1",
    "too long to compute with": "layers:\n- {repeat: 40, layers: [{kind: cat dim 0, from: [input, input]}]}",
}


@pytest.mark.parametrize("message", BOMBS)
def test_small_texts_that_would_grow_large_are_refused(message: str):
    """Neither time nor memory nor the stack runs out."""
    inputs = "inputs: {x: [1, 999999999]}\n" if "too long" not in message else "inputs: {y: [n, 3]}\n"
    started = time.process_time()
    assert message in "\n".join(complaints(f"nnfig: 1\n{inputs}{BOMBS[message]}"))
    assert time.process_time() - started < 30


def test_files_that_are_no_text(tmp_path: Path):
    """Binary files, folders and missing files are refused in words."""
    path = tmp_path / "net.yaml"
    for data, message in ((b"\x89PNG\r\n\x1a\n\x00", "binary"), (b"nnfig: 1\x00", "binary"), (b"\xff\xfea", "binary")):
        path.write_bytes(data)
        with pytest.raises(NnfigError, match=message):
            read(path)
    with pytest.raises(NnfigError, match="cannot be read"):
        read(tmp_path / "gone.yaml")


def test_json_has_the_same_errors():
    """A JSON file is told of with line and column too."""
    (problem,) = complaints('{"nnfig": 1, "inputs": {"x": [1, 4]},\n "layers": [\n  "Linaer 2"]}', "net.json")
    assert "net.json:3:4: unknown kind 'Linaer'" in problem
    assert "did you mean 'Linear'?" in problem


def test_the_caret_stands_under_wide_letters():
    """Letters of double width count twice, so that the caret stands where the terminal shows the place."""
    line, caret = one("- {name: 卷积, kind: Rellu}").splitlines()[1:3]
    assert line.index("Rellu") + 2 == caret.index("^")


def answer(text: str) -> list[str]:
    """Places of the problems of a text; none where it is read."""
    try:
        read_text(text)
    except NnfigError as error:
        return [problem.where for problem in error.problems]
    return []


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("abx12 :,-[]{}()&*#!|>'\"%@`\n\t/=~?é\u2028"), max_size=60),
    st.sampled_from(["", HEAD, HEAD + "- "]),
)
def test_any_text_is_read_or_explained(text: str, head: str):
    """No text ends in anything but a graph or an NnfigError with places."""
    assert all(where.startswith("layers.yaml") for where in answer(head + text))


PIECES = (
    *("ReLU", "Conv2d 3x3, 8", "conv: Conv2d 3x3, 8", "block(2)", "block", "Linear n", "5", "~", "chunk 2"),
    *("{kind: add, from: [x, relu]}", "{group: g, layers: [ReLU, Conv2d 1x1]}", "{repeat: 2, layers: [block(3)]}"),
    *("{a: ReLU, from: b}", "{b: cat, from: [a, a]}", "{kind: LSTM 4, output: [[1], [2]]}", "pad pad [1, 1]"),
    *("{name: 7, kind: Foo, output: [1, 2]}", "{kind: add, from: input, edges: [{output: 1}]}"),
    *("{kind: Parameter, output: [n, 2]}", "{kind: reshape shape [1, -1]}", "{kind: einsum equation 'ab->a'}"),
    *(f"{kind} 2" for kind in KINDS),
    *(f"{kind} 3x3" for kind in KINDS),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=6),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3),
    st.sampled_from(["[1, 3, 8, 8]", "[b, 4]", "[]", "'2,x'", "[2, 4, 6]"]),
)
def test_any_mixture_of_layers_is_read_or_explained(layers: list[str], body: list[str], shape: str):
    """Whatever is put together, the answer is a graph or a list of problems with places."""
    define = "".join(f"  - {piece}\n" for piece in body)
    text = f"nnfig: 1\ninputs: {{x: {shape}}}\ndefine:\n  block(n):\n{define}layers:\n"
    text += "".join(f"- {piece}\n" for piece in layers)
    assert all(where.startswith("layers.yaml:") for where in answer(text))
