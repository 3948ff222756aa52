"""The manual names everything that there is, and nothing that there is not."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import nnfig
from nnfig.cli import app
from nnfig.detail.categories import CATEGORIES
from nnfig.detail.labels.values import FACET_WORDS
from nnfig.detail.sheets.records import RuleModel, SelectModel, SheetModel
from nnfig.detail.sheets.resolve import PRESETS
from nnfig.options import DETAILS, PAGES, SCALES, VIEWS, Options
from nnfig.sources import READERS, REFUSED
from nnfig.sources.language.models import DocumentModel, EdgeModel, GroupModel, LayerModel
from nnfig.sources.spec import read_text

ROOT = Path(__file__).resolve().parents[1]
DOCS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
}
COMMANDS = typer.main.get_command(app).commands
WORDS = {
    option
    for command in (typer.main.get_command(app), *COMMANDS.values())
    for parameter in command.params
    for option in (*parameter.opts, *parameter.secondary_opts)
    if option.startswith("-")
} | {"--help", "-h"}
STYLE = (ROOT / "latex/nnfig.sty").read_text(encoding="utf-8")
LATEX = DOCS["docs/reference/latex.md"]
OTHERS = {"--update", "--graph"}
"""Options of other programs that the manual names."""

_spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts/reference.py")
assert _spec
assert _spec.loader
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


def written(page: str, words) -> list[str]:
    """Words of a list that do not stand as code on a page."""
    code = "; ".join(re.findall(r"`([^`\n]+)`", DOCS[page]))
    return [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", code)]


@pytest.mark.parametrize(("path", "text"), [pytest.param(*page, id=page[0].name) for page in reference.pages()])
def test_generated_page_is_fresh(path, text):
    """What follows from the code says what the code says now."""
    assert path.read_text(encoding="utf-8") == text, "run python scripts/reference.py"


def test_commands_and_options_are_documented():
    """Every command and every option of it stands on the page of the command line."""
    assert written("docs/reference/cli.md", sorted(WORDS - {"--help", "-h"})) == []
    assert [name for name in COMMANDS if f"## nnfig {name}\n" not in DOCS["docs/reference/cli.md"]] == []
    assert [name for name, command in COMMANDS.items() if not command.help] == []


def test_options_exist():
    """No page names an option that no command has."""
    found = {(page, word) for page, text in DOCS.items() for word in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)}
    assert {(page, word) for page, word in found if word not in WORDS | OTHERS} == set()


def test_commands_exist():
    """No page names a command or a target of make that is not there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page, text in DOCS.items():
        code = (
            "\n".join(re.findall(r"`([^`\n]+)`", text))
            + "\n"
            + "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))
        )
        for name in re.findall(r"^nnfig ([a-z]+)\b", code, re.M):
            assert name in COMMANDS, f"{page}: nnfig {name}"
        for target in re.findall(r"^make ([a-z-]+)\b", code, re.M):
            assert re.search(rf"^{target}:.*## ", makefile, re.M), f"{page}: make {target}"


def test_python_names_are_documented():
    """Every public name, and every option of `draw` through `Options`."""
    page = DOCS["docs/reference/python.md"]
    for name in nnfig.__all__:
        assert re.search(rf"^::: nnfig\.[\w.]*\b{name}$", page, re.M), name
    cli = {word.lstrip("-").replace("-", "_") for word in WORDS}
    assert {field.name for field in dataclasses.fields(Options)} - cli == set()
    for target in re.findall(r"^::: ([\w.]+)$", page, re.M):
        module, _, name = target.rpartition(".")
        assert getattr(importlib.import_module(module), name).__doc__, target


def test_words_of_options_are_documented():
    """Views, levels of detail, pages, scales, and what can be shown, stand in the manual."""
    assert written("docs/tutorial.md", [*DETAILS, *FACET_WORDS]) == []
    assert written("README.md", [view for view in VIEWS if view != "auto"]) == []
    text = DOCS["docs/reference/cli.md"]
    assert [word for word in (*VIEWS, *DETAILS, *PAGES, *SCALES) if word not in text] == []


def test_style_sheets_are_documented():
    """Every preset, category and key of style sheets."""
    keys = [key for model in (SheetModel, RuleModel, SelectModel) for key in model.keys if key != "select"]
    assert len(keys) > 20
    assert written("docs/reference/style-sheets.md", [*PRESETS, *(c.name for c in CATEGORIES), *keys]) == []


def test_layer_lists_are_documented():
    """Every key of layer lists."""
    models = (DocumentModel, LayerModel, GroupModel, EdgeModel)
    keys = [key for model in models for key in model.keys]
    assert len(keys) > 10
    assert written("docs/reference/layer-lists.md", [key for key in keys if key != "totals"]) == []


def test_mistakes_are_reported_as_the_manual_says():
    """The message on the page is the message."""
    text = "nnfig: 1\ninputs: {image: [1, 1, 32, 32]}\nlayers:\n- conv1: Conv2d 5x5, 6\n- Conv2D 5x5, 16\n"
    with pytest.raises(nnfig.NnfigError) as caught:
        read_text(text, "net.yaml")
    assert f"```\n{caught.value}\n```" in DOCS["docs/reference/layer-lists.md"]


def test_kinds_of_files_are_documented():
    """Every kind of file that is read, and the usual ones that are not."""
    text = DOCS["README.md"] + DOCS["docs/howto/other-frameworks.md"]
    assert [suffix for suffix in READERS if suffix not in text + DOCS["docs/reference/cli.md"] + ".yml"] == []
    assert [suffix for suffix in (".pt", ".pth", ".pkl", ".h5") if f"`{suffix}`" not in text] == []
    assert {".pt", ".pth", ".pkl", ".h5"} <= set(REFUSED)


def keys_of_latex() -> list[str]:
    """Keys that the style file defines for users, in all its families."""
    keys: list[str] = []
    for family in re.findall(r"\\pgfkeys\{/nnf(?:/\w+)?/\.is family,(.*?)^\}", STYLE, re.M | re.S):
        keys += re.findall(r"(?:^|,)\s*([a-z][a-z ]*)/\.(?:code|store in|is if|is choice)", family, re.M)
    return sorted(set(keys))


@pytest.mark.parametrize("key", keys_of_latex())
def test_key_of_latex_is_documented(key):
    """Every key of the style file stands on the page."""
    assert written("docs/reference/latex.md", [key]) == []


def test_classes_palettes_and_macros_of_latex_are_documented():
    """Every class of layers and wires, palette and macro."""
    assert "show dims" in keys_of_latex()
    classes = re.search(r"\\def\\nnf@classes\{(.*?)\}", STYLE)[1].split(",")
    wires = set(re.findall(r"(?<!\\)\b(\w+) wire/\.style", STYLE)) - {"every"}
    labels = set(re.findall(r"\b(\w+) label/\.style", STYLE)) - {"every"}
    palettes = re.findall(r"\\def\\nnf@palette@(\w+)", STYLE)
    macros = re.findall(r"\\(?:newcommand|providecommand|DeclareRobustCommand)\\(nnf[a-z]+)", STYLE)
    assert len(classes) > 10
    assert {"default", "dark"} <= set(palettes)
    assert written("docs/reference/latex.md", [*classes, *sorted(wires), *sorted(labels), *palettes]) == []
    assert [macro for macro in macros if f"\\{macro}" not in LATEX] == []


def test_defaults_of_latex_are_right():
    """Defaults that the page gives are those of the style file's last section."""
    defaults = STYLE.rpartition("\\nnfset{")[2]
    for key, value in re.findall(r"^\| `([a-z ]+)` \| (\S+) \|", LATEX, re.M):
        found = re.search(rf"(?:^|,)\s*{key}=([^,\s]*)", defaults)
        if found and found[1]:
            assert value == found[1], key


def test_schemas_are_valid_json():
    """The schemas are documents that an editor can load."""
    for name in ("spec", "style"):
        schema = json.loads((ROOT / f"docs/reference/schema-{name}.json").read_text(encoding="utf-8"))
        assert schema["properties"]


def test_links_lead_somewhere():
    """Links between pages and into the repository."""
    for page, text in DOCS.items():
        for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_site_names_every_page():
    """Every page is in the site's navigation, and nothing else."""
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    pages = {page.removeprefix("docs/") for page in DOCS if page.startswith("docs/")}
    assert set(re.findall(r"[\w/-]+\.md", nav)) == pages


@pytest.mark.slow
def test_site_is_built(tmp_path):
    """mkdocs finds nothing to warn of."""
    for name in ("mkdocs", "material", "mkdocstrings"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"no {name}: pip install -e '.[docs]'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Conv2d" in (tmp_path / "site/reference/layer-lists/index.html").read_text(encoding="utf-8")
