"""Hostile networks, files, labels and templates: what is typed is printed; nothing runs, is read or is filled up."""

from __future__ import annotations

import pickle
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as xml

import pytest

import nnfig
from nnfig import cli, typeset
from nnfig.emit import sandbox
from nnfig.errors import NnfigError
from nnfig.graph import Edge, Graph, Group, Layer, TensorSpec, verify

ROOT = Path(__file__).resolve().parents[1]

ATTACKS = (
    r"\input{/etc/passwd}",
    r"\write18{touch CANARY}",
    "a\n\\immediate\\write18{touch CANARY}",
    "\r\n\\immediate\\openout3=CANARY",
    "\u2028\\immediate\\write18{touch CANARY}",
    r"\csname end\endcsname",
    r"^^5cinput{/etc/passwd}",
    r"}\end{tikzpicture}\end{document}",
    r"]{x}\nnfend\par",
    r"\catcode`\%=12 \def\nnflayer{}",
    "100% of #1 & $x$ ~",
    "{{ 7*7 }}<<8*8>><% include 'x' %>",
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>",
    "]]><!--&lt;",
    "\x1b[31m\x1b]0;title\x07\x9b2J",
)
"""Text that would do something if anyone took it for more than text."""


def network(evil: str, word: str = "") -> Graph:
    """The attack in every field that a source can fill; where files are checked, `word` for sizes and dtypes."""
    kind, word = ("Block", word) if word else ("Conv2d", evil)
    spec = TensorSpec((1, word, 8, 8), word)
    attributes = {"kernel_size": evil, "out_channels": evil, evil: evil}
    group = f"g{evil}"
    layers = (
        Layer(f"n{evil}", f"K{evil}", (Edge(f"in{evil}", 0, f"E{evil}"),), (spec,), path=evil, attributes=attributes,
              group=group, original=evil),
        Layer(f"m{evil}", kind, (Edge(f"n{evil}", 0, f"E{evil}"),), (spec,), path=evil, attributes=attributes,
              group=group),
        Layer(f"p{evil}", "Parameter", (), (TensorSpec((4,)),), params=4),
        Layer(f"s{evil}", "add", (Edge(f"m{evil}"), Edge(f"p{evil}")), (spec,)),
    )  # fmt: skip
    inputs = {f"in{evil}": TensorSpec((word, 3, 8, 8), word)}
    groups = (Group(group, f"C{evil}", f"T{evil}"),)
    return verify(Graph(f"N{evil}", inputs, layers, groups, (f"s{evil}",), (f"o{evil}",), (f"note {evil}",)))


@pytest.fixture
def canary():
    """A file that every attack tries to make, under a name short enough for labels; nothing may."""
    with TemporaryDirectory(prefix="c") as folder:
        yield Path(folder) / "c"
        assert not list(Path(folder).iterdir())


def attacks(canary: Path) -> list[str]:
    return [text.replace("CANARY", str(canary)) for text in ATTACKS]


@pytest.mark.parametrize("view", ["blocks", "volumes", "maps", "neurons"])
def test_whatever_a_field_holds_the_figure_has_nnfigs_lines_only(view, canary):
    """Nobody's text begins a line or a command of its own; comments stay one line."""
    ours = re.compile(r"%|\\nnf\w+|\\ifdefined\\nnfset|\\(begin|end)\{tikzpicture\}|(alt|caption|size)=|$")
    for evil in attacks(canary):
        figure = nnfig.draw(network(evil), view=view, title=evil, show="dims,names,params", command=f"nnfig {evil}")
        lines = [line.strip() for line in figure.tex.splitlines()]
        assert not [line for line in lines if not ours.match(line)]
        code = "\n".join(line for line in lines if not line.startswith("%"))
        assert set(re.findall(r"(?<!\\)\\(?:input|write|csname|immediate|openout|catcode|def|end)\b.{9}", code)) == {
            r"\input{nnfig-st", r"\end{tikzpict"
        }  # fmt: skip


@pytest.mark.tex
@pytest.mark.slow
@pytest.mark.parametrize("page", ["standalone", "self-contained", "input"])
def test_attacks_are_printed_as_typed(page, canary):
    """Each page compiles and its PDF shows names, kinds, titles, edge labels and outputs with the attack in them."""
    pymupdf = pytest.importorskip("pymupdf")
    wanted = attacks(canary)
    figures = [nnfig.draw(network(evil), page=page, show="names", view="blocks", width="38in") for evil in wanted]
    if page == "input":
        begin = "\\documentclass{article}\\usepackage[paperwidth=40in,paperheight=9in,margin=1in]{geometry}"
        begin += "\\usepackage{nnfig}\\pagestyle{empty}\\begin{document}\n"
        documents = [begin + "\\clearpage\n".join(figure.tex for figure in figures) + "\\end{document}\n"]
    else:
        documents = [figure.tex for figure in figures]
    pages = [page.get_text() for tex in documents for page in pymupdf.open(stream=typeset.pdf(tex))]
    assert len(pages) == len(wanted)
    for evil, printed in zip(wanted, pages, strict=True):
        found = letters(printed)
        missing = [first for first in ("in", *"KTnmE") if letters(first + evil) not in found]
        assert not missing, (evil, missing, printed)


def letters(text: str) -> str:
    """Visible letters as typed, wrapped or not."""
    signs = str.maketrans({"’": "'", "‘": "`", "−": "-", "˜": "~", "”": '"', "ˆ": "^", "∗": "*", "∼": "~", "_": ""})
    return "".join(c for c in text.translate(signs) if c.isprintable() and not c.isspace())


@pytest.mark.tex
@pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh")
def test_svg_and_page_hold_markup_as_text(tmp_path, canary):
    """The SVG is XML without scripts and handlers, its titles give the name back; the page has its own scripts only."""
    for evil in attacks(canary)[-3:]:
        figure = nnfig.draw(network(evil), view="blocks")
        tree = xml.fromstring(figure.svg)
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert not tags & {"script", "img", "foreignObject", "a", "iframe"}
        assert not [key for element in tree.iter() for key in element.attrib if key.startswith("on")]
        titles = " ".join(element.text or "" for element in tree.iter() if element.tag.endswith("title"))
        assert letters(f"n{evil}") in letters(titles)
        figure.save(tmp_path / "net.html")
        text = (tmp_path / "net.html").read_text()
        assert text.count("<script") == 2
        assert "<img" not in text


@pytest.mark.tex
def test_tables_are_text(canary):
    """The booktabs table of a hostile network compiles in a paper."""
    from nnfig import report

    tables = "\n\n".join(report.tex_table(network(evil)) for evil in attacks(canary))
    begin = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\tiny "
    typeset.pdf(f"{begin}{tables}\\end{{document}}")


STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def test_a_network_cannot_steer_the_terminal(tmp_path, monkeypatch, capsys):
    """`show`, warnings and error messages print escape sequences visibly or not at all, on a terminal, too."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    evil = ATTACKS[-1]
    network(evil, "float32").save(tmp_path / "net.json")
    bad = tmp_path / "bad.yaml"
    bad.write_text('nnfig: 1\ninputs: {x: [1, 4]}\nlayers: ["\\e[31m\\e]0;t\\aConv3 \\x9b"]\n')
    for arguments, status in (
        (("show", tmp_path / "net.json", "--no-color"), 0),
        (("draw", tmp_path / "net.json", "-o", tmp_path / "net.tex", "--verbose", "--no-progress"), 0),
        (("show", bad), 2),
    ):
        with pytest.raises(SystemExit) as done:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert done.value.code in (status, None if status == 0 else status), err
        assert out + err
        assert not STEERING.search(out + err)


def test_labels_of_style_sheets_are_no_jinja_and_no_tex(tmp_path):
    """A label is a template of fields only: TeX, Jinja and format tricks in it are text."""
    evil = r"{{ 7*7 }} <<8*8>> \input{{/etc/passwd}} {{kind.__class__}} %d"
    sheet = tmp_path / "style.yaml"
    sheet.write_text(f"rules:\n- {{select: {{kind: Conv2d}}, label: '{evil}', legend: '{evil}'}}\n")
    figure = nnfig.draw(ROOT / "examples" / "lenet.yaml", style=[str(sheet)], view="blocks")
    label = next("".join(node.label) for node in figure.scene.nodes if r"\input" in "".join(node.label))
    assert "".join(label.split()).startswith(r"{7*7}<<8*8>>\input{/etc/passwd}{kind.__class__}%d")
    sheet.write_text("rules:\n- {select: {kind: Conv2d}, label: '{kind.__class__}'}\n")
    with pytest.raises(NnfigError, match=r"style\.yaml:2"):
        nnfig.draw(ROOT / "examples" / "lenet.yaml", style=[str(sheet)])


ENDLESS = {
    "<% macro f() %><<f()>><% endmacro %><<f()>>": "without end",
    "<% include 'mine.jinja' %>": "without end",
    "<% for i in range(10**9) %><% endfor %>": "Range too big",
    "<% for i in range(99999) %><% for j in range(99999) %><% endfor %><% endfor %>": "stopped after",
    "<<tex('a' * 10**9)>>": "1,000,000,000 times",
    "<<tex([0] * 10**9)>>": "1,000,000,000 times",
    "<<(10**9) ** (10**9)>>": "to the power of",
    "<<tex('%1000000000d' % 1)>>": "not offered",
    "<<tex('a' | center(10**9))>>": "center",
    "<<layers[0].__class__.__mro__>>": "unsafe",
    "<<tex('{0.__class__}'.format(1))>>": "unsafe",
    "<<tex(layers[0].values | attr('__init__'))>>": "unsafe",
    "<% include 'link' %>": "link",
    "<% include 'folder/../../secret' %>": "secret",
    "<% set a0 = 'a' %>" + "".join(f"<% set a{i + 1} = a{i} ~ a{i} %>" for i in range(40)): "memory|stopped",
    "<<tex('a'.ljust(10**11))>>": "memory",
    "<<tex(('a' * 10**6) | replace('a', 'b' * 10**6))>>": "memory|stopped",
    "<<tex((['a' * 10**6] * 10**6) | map('upper') | list)>>": "memory|stopped",
    "<% set a = tex('a' * 10**5) %><% for i in range(10**5) %><<a>><% endfor %>": "memory|stopped",
}


@pytest.mark.parametrize("text", ENDLESS)
def test_a_hostile_template_ends_in_one_message(tmp_path, monkeypatch, text):
    """No endless work, no huge text, no object's insides, no file elsewhere, not even through a link."""
    monkeypatch.setattr(sandbox, "TIME_LIMIT", 2)
    (tmp_path / "secret").write_text("SECRET")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "mine.jinja").write_text(text)
    started = time.process_time()
    with pytest.raises(NnfigError, match=ENDLESS[text]) as error:
        nnfig.draw(ROOT / "examples" / "lenet.yaml", template=str(folder / "mine.jinja")).tex  # noqa: B018
    assert "mine.jinja" in str(error.value)
    assert "SECRET" not in str(error.value)
    assert time.process_time() - started < 30
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


READS = (
    r"\input{/etc/passwd}",
    r"\input{../../../../../../etc/passwd}",
    r"\newread\r\openin\r=/etc/passwd \ifeof\r\else OPEN\fi",
    r"\edef\x{\pdffilesize{/etc/passwd}}\ifx\x\empty\else OPEN\fi",
    r"\edef\x{\pdfmdfivesum file{/etc/passwd}}\ifx\x\empty\else OPEN\fi",
    r"\edef\x{\pdffiledump offset 0 length 4{/etc/passwd}}\ifx\x\empty\else OPEN\fi",
    r"\input{|cat /etc/passwd}",
    r"\ifnum\pdfshellescape=0 \else OPEN\fi",
)


@pytest.mark.tex
@pytest.mark.parametrize("attack", READS)
def test_tex_in_a_template_opens_nothing_elsewhere(tmp_path, attack):
    """Whatever primitive a user's template tries, TeX does not open a file outside its folder."""
    pymupdf = pytest.importorskip("pymupdf")
    template = tmp_path / "mine.jinja"
    template.write_text("% nnfig\n\\documentclass{article}\\begin{document}start " + attack + " end\\end{document}")
    figure = nnfig.draw(ROOT / "examples" / "lenet.yaml", template=str(template))
    try:
        data = figure.pdf
    except NnfigError:
        return
    assert pymupdf.open(stream=data)[0].get_text().split()[:2] == ["start", "end"]


@pytest.mark.tex
@pytest.mark.parametrize("path", ["../../secret", "PLACE/secret.tex", "~/.profile", "/etc/passwd"])
def test_a_bundle_takes_nothing_from_elsewhere(tmp_path, path):
    """A figure that inputs a file outside is refused with its line, and no folder is made."""
    (tmp_path / "secret.tex").write_text("SECRET")
    figure = tmp_path / "figure.tex"
    nnfig.draw(ROOT / "examples" / "lenet.yaml").save(figure)
    text = figure.read_text().replace(r"\nnfend", rf"\input{{{path.replace('PLACE', str(tmp_path))}}}" "\n" r"\nnfend")
    figure.write_text(text)
    with pytest.raises(NnfigError, match=r"figure\.tex:\d+"):
        typeset.bundle([figure], tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Bomb:
    """A pickle that would leave a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".yaml", ".json", ".onnx", ".keras", ".pt2", ".prototxt"])
def test_no_pickle_is_loaded_under_any_name(tmp_path, canary, suffix):
    """A pickle is refused in one message, whatever its file is called."""
    path = tmp_path / f"net{suffix}"
    path.write_bytes(pickle.dumps(Bomb(canary)))
    with pytest.raises(NnfigError, match=re.escape(path.name)):
        nnfig.load(path)


def test_tags_of_yaml_make_no_objects(tmp_path, canary):
    """Layer lists, style sheets and --arg are plain data."""
    tag = f"!!python/object/apply:os.system ['touch {canary}']"
    net, sheet = tmp_path / "net.yaml", tmp_path / "style.yaml"
    net.write_text(f"nnfig: 1\nname: {tag}\nlayers: []\n")
    sheet.write_text(f"extends: {tag}\n")
    with pytest.raises(NnfigError, match=r"net\.yaml:2"):
        nnfig.load(net)
    with pytest.raises(NnfigError, match=r"style\.yaml:1"):
        nnfig.draw(ROOT / "examples" / "lenet.yaml", style=[str(sheet)])
    for value in (tag, "[" * 5000, "&a [*a, *a"):
        with pytest.raises(NnfigError, match="--arg"):
            cli._arguments([f"depth={value}"])  # pyright: ignore[reportPrivateUsage]


HUGE = 10**18
TEXTS = {
    "channels.yaml": f"nnfig: 1\ninputs: {{x: [1, 3, 64, 64]}}\nlayers:\n- Conv2d 3x3, {HUGE}\n- Conv2d 3x3, {HUGE}\n",
    "units.yaml": f"nnfig: 1\ninputs: {{x: [1, {HUGE}]}}\nlayers:\n- Linear {HUGE}\n- Linear 10\n",
    "kernel.yaml": f"nnfig: 1\ninputs: {{x: [1, 3, 8, 8]}}\nlayers:\n- Conv2d {HUGE}x{HUGE}, 8, padding {HUGE}\n",
    "digits.yaml": f"nnfig: 1\ninputs: {{x: [1, {'9' * 6000}]}}\nlayers:\n- Linear 10\n",
    "repeat.yaml": f"nnfig: 1\ninputs: {{x: [1, 4]}}\nlayers:\n- {{repeat: {HUGE}, layers: [Linear 4]}}\n",
    "entries.yaml": "nnfig: 1\ninputs: {x: [1, 4]}\nlayers: [" + "1," * 1_100_000 + "1]\n",
    "channels.prototxt": f'input: "x" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9 layer {{ name: "c" type: '
    f'"Convolution" bottom: "x" top: "c" convolution_param {{ num_output: {HUGE} kernel_size: 3 }} }}',
    "negative.prototxt": 'input: "x" input_dim: -1 input_dim: -3 layer { name: "r" type: "ReLU" bottom: "x" top: "r" }',
    "deep.prototxt": "layer {" * 20_000,
    "large.prototxt": 'layer { name: "a" type: "ReLU" }\n' * 300_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_huge_numbers_in_texts_cost_nothing(tmp_path, name):
    """A size that nobody has is drawn or refused without much time or memory, in every view."""
    path = tmp_path / name
    path.write_text(TEXTS[name])
    started, before = time.process_time(), peak()
    with suppress(NnfigError):
        graph = nnfig.load(path)
        for view in ("auto", "blocks", "volumes", "maps", "neurons"):
            with suppress(NnfigError):
                assert nnfig.draw(graph, view=view).tex
    assert time.process_time() - started < 60
    assert peak() - before < 1500


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def hostile_onnx(path: Path, case: str) -> None:
    """A small file that asks for a large constant, or names sizes that cannot be."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper, save

    def node(op: str, inputs: str, output: str, **attributes: object) -> object:
        return helper.make_node(op, inputs.split(), [output], **attributes)

    def constant(name: str, *values: int) -> object:
        return numpy_helper.from_array(numpy.array(values, dtype=numpy.int64), name)

    shape: list[int] = [1]
    nodes, constants = [node("Relu", "x", "y")], [constant("s", 10**12)]
    if case == "huge":
        shape = [1, HUGE, HUGE, HUGE]
    elif case == "negative":
        shape = [-1, -5, -HUGE]
    elif case == "constant":
        nodes = [node("ConstantOfShape", "s", "c"), node("Add", "x c", "y")]
    elif case == "range":
        scalars = [
            numpy_helper.from_array(numpy.array(v, dtype=numpy.int64), n)
            for n, v in (("a", 0), ("b", 10**12), ("d", 1))
        ]
        nodes, constants = [node("Range", "a b d", "c"), node("Cast", "c", "e", to=1), node("Add", "x e", "y")], scalars
    elif case == "tile":
        nodes, constants = [node("Tile", "v s", "c"), node("Reshape", "x c", "y")], [*constants, constant("v", 1)]
    elif case in ("doubling", "doubling sizes"):
        first = "v" if case == "doubling" else "n"
        nodes = [node("Shape", "x", "n")]
        nodes += [node("Concat", f"{first if i == 0 else f'c{i - 1}'} " * 2, f"c{i}", axis=0) for i in range(50)]
        nodes, constants = [*nodes, node("Reshape", "x c49", "y")], [constant("v", 1)]
    known = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"] if case == "doubling sizes" else shape)]
    graph = helper.make_graph(nodes, "g", known, [helper.make_tensor_value_info("y", 1, None)], constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.mark.parametrize("case", ["huge", "negative", "constant", "range", "tile", "doubling", "doubling sizes"])
def test_huge_numbers_in_onnx_cost_nothing(tmp_path, case):
    """A constant of 10^12 elements is not made, in a process that could not hold it."""
    pytest.importorskip("onnx")
    path = tmp_path / "net.onnx"
    hostile_onnx(path, case)
    code = (
        "import resource, sys, nnfig\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({3 * 2**30}, {3 * 2**30}))\n"
        f"print(len(nnfig.draw({str(path)!r}).tex))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


@pytest.mark.parametrize(
    ("name", "entry", "text"),
    [
        ("net.pt2", "net/models/model.json", "[" + "0," * 30_000_000 + "0]"),
        ("net.keras", "config.json", "[" + "0," * 40_000_000 + "0]"),
        ("net.keras", "config.json", "[" + "{}," * 10_000_000 + "0]"),
    ],
)
def test_zip_bombs_are_refused_unopened(tmp_path, name, entry, text):
    """A few kilobytes that unpack to tens of megabytes are refused by what the archive says of itself."""
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, text)
    assert path.stat().st_size < 200_000
    started = time.process_time()
    with pytest.raises(NnfigError, match=f"{re.escape(name)}.*(packed|larger)"):
        nnfig.load(path)
    assert time.process_time() - started < 10


def test_packed_lists_without_end_are_refused_before_they_are_made(tmp_path):
    """Packed no more than an honest text, a small archive would become gigabytes of empty lists."""
    path = tmp_path / "net.pt2"
    text = "".join("[]," * 7 + f'"{i:x}",' for i in range(700_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/models/model.json", f"[{text}0]")
    with pytest.raises(NnfigError, match=r"net\.pt2.*lists"):
        nnfig.load(path)


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".prototxt", ".onnx", ".keras", ".pt2"])
def test_oversized_files_are_refused_unread(tmp_path, suffix):
    """A file of three gigabytes of nothing is one message at once."""
    path = tmp_path / f"net{suffix}"
    with path.open("wb") as file:
        file.truncate(3 * 2**30)
    started = time.process_time()
    with pytest.raises(NnfigError, match=re.escape(path.name)):
        nnfig.load(path)
    assert time.process_time() - started < 10


def test_outputs_through_links(tmp_path):
    """A link is followed and stays, a dangling one makes its target, text of others is kept; a loop is one message."""
    figure = nnfig.draw(ROOT / "examples" / "lenet.yaml")
    inner = tmp_path / "inner"
    inner.mkdir()
    for name, target in (("dangling.tex", inner / "new.tex"), ("theirs.tex", inner / "theirs.tex")):
        (tmp_path / name).symlink_to(target)
    (inner / "theirs.tex").write_text("mine")
    figure.save(tmp_path / "dangling.tex")
    assert (tmp_path / "dangling.tex").is_symlink()
    assert (inner / "new.tex").read_text() == figure.tex
    with pytest.raises(NnfigError, match="kept"):
        figure.save(tmp_path / "theirs.tex")
    assert (inner / "theirs.tex").read_text() == "mine"
    (tmp_path / "loop.tex").symlink_to(tmp_path / "loop.tex")
    (tmp_path / "folder.tex").mkdir()
    for name in ("loop.tex", "folder.tex"):
        with pytest.raises(NnfigError, match=name):
            figure.save(tmp_path / name)
    (inner / "nnfig.sty").unlink(missing_ok=True)
    (inner / "nnfig.sty").mkdir()
    with pytest.raises(NnfigError, match=r"nnfig\.sty"):
        figure.save(inner / "figure.tex")
