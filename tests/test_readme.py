"""The README and the manual tell the truth: their commands run, their snippets do what they say.

Each page is walked from top to bottom in a folder of its own that holds `examples/`, a small `model.py:net` and a
figure, `figure.tex`. A block with a title is the file of that name.
"""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import nnfig
from nnfig import cli

ROOT = Path(__file__).resolve().parents[1]
GENERATED = {"docs/gallery.md", "docs/reference/cli.md"}
"""Pages that only repeat what other tests draw."""
PAGES = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if path.relative_to(ROOT).as_posix() not in GENERATED
)
SLOW = {"big-models.md"}
MODEL = """
import torch
from torch import nn

def net():
    layers = nn.Conv2d(3, 8, 3, 4), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6272, 10)
    return nn.Sequential(*layers)
"""
DOCUMENT = r"""\documentclass{article}\usepackage{nnfig}
%s
\begin{document}\input{figure}\end{document}
"""
LIST = """nnfig: 1
inputs: {{input: [1, 196, 768]}}
layers:
- conv2: Linear 768
{items}
"""
"""What a fragment of a layer list stands in."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    text: str


def blocks(path: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    fences = re.findall(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', path.read_text(encoding="utf-8"), re.M | re.S)
    return [Block(*fence) for fence in fences]


def commands(block: Block) -> list[list[str]]:
    """The commands of a shell block, as words, without their comments."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def _parameters() -> list[Any]:
    return [
        pytest.param(
            path,
            id=path.relative_to(ROOT).as_posix(),
            marks=[pytest.mark.tex, *([pytest.mark.slow] if path.name in SLOW else [])],
        )
        for path in PAGES
        if blocks(path)
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A folder with what pages may take for granted."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "model.py").write_text(MODEL, encoding="utf-8")
    nnfig.draw(f"{folder}/model.py:net", input_size=(1, 3, 224, 224)).save(folder / "figure.tex")
    return folder


@pytest.fixture
def folder(tmp_path, small, monkeypatch) -> Iterator[Path]:
    """A fresh folder to walk a page in; what its snippets import is forgotten afterwards."""
    shutil.copytree(small, tmp_path, dirs_exist_ok=True)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("examples", "model", "big", "mixer", "two"):
            del sys.modules[name]


@pytest.mark.parametrize("page", _parameters())
def test_page_does_what_it_says(page, folder, capsys):
    """Every command leaves with status 0, every snippet of Python, YAML and LaTeX works, in the order of the page.

    A block of text is what the command before it prints.
    """
    names: dict[str, Any] = {}
    printed = ""
    for block in blocks(page):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        if block.language == "sh":
            for words in commands(block):
                capsys.readouterr()
                run(words, folder)
                printed = capsys.readouterr().out
        elif block.language == "text":
            assert block.text.rstrip() == printed.rstrip()
        elif block.language == "python" and not block.title:
            python(block.text, names)
        elif block.language == "python":
            importlib.import_module(block.title.removesuffix(".py"))
        elif block.language == "yaml":
            layer_list(block)
        elif block.language == "latex":
            compiles(block.text if r"\documentclass" in block.text else DOCUMENT % block.text, folder)


def run(words: list[str], folder: Path) -> None:
    """Run a command of nnfig; of others see that they are what the project has."""
    if words[0] == "nnfig":
        with pytest.raises(SystemExit) as done:
            cli.main(words[1:])
        assert done.value.code == 0, shlex.join(words)
        for at, word in enumerate(words):
            if word == "-o":
                assert (folder / words[at + 1]).exists(), shlex.join(words)
    elif words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:.*## ", makefile, re.M), f"the Makefile has no target {words[1]}"
    elif words[0] == "pdflatex":
        assert (folder / f"{words[1]}.tex").exists()
    else:
        assert words == ["source", ".venv/bin/activate"], f"what should be tested of {words}?"


def python(text: str, names: dict[str, Any]) -> None:
    """Run a snippet; the names that a reader brings along are there."""
    if not names:
        import torch
        from examples.resnet import resnet18
        from torch import nn

        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64), 2, enable_nested_tensor=False)
        names |= {"model": resnet18(), "encoder": encoder, "tokens": torch.zeros(9, 1, 32), "mask": torch.zeros(9, 9)}
    exec(compile(text, "snippet", "exec"), names)


def layer_list(block: Block) -> None:
    """A layer list loads, whole or as a fragment of one; style sheets are tried by the commands that name them."""
    from nnfig.sources.spec import read_text

    if "nnfig: 1" in block.text:
        graph = read_text(block.text)
        assert graph.params == 61_706 or graph.name != "LeNet-5"
    elif block.text.startswith("- "):
        assert read_text(LIST.format(items=block.text)).layers
    elif not block.text.startswith("#"):
        assert block.title, "a style sheet needs a title and a command that draws with it"


def compiles(text: str, folder: Path) -> None:
    """The document goes through pdflatex; a figure that is not there yet is the small one."""
    for name in re.findall(r"\\input\{(\w+)\}", text):
        if not (folder / f"{name}.tex").exists():
            shutil.copy(folder / "figure.tex", folder / f"{name}.tex")
    (folder / "snippet.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "snippet"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:]


def test_readme_draws_lenet_with_its_parameters():
    """The layer list of the README is LeNet-5 with 61,706 parameters."""
    from nnfig.sources.spec import read_text

    (text,) = (block.text for block in blocks(ROOT / "README.md") if block.language == "yaml")
    assert read_text(text).params == 61_706


def test_pictures_are_there():
    """Every picture that a page shows is in the repository."""
    for path in [*PAGES, ROOT / "docs/gallery.md"]:
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).is_file(), f"{path.name}: {target}"
