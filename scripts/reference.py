"""Write the pages of the manual that follow from the code (usage: reference.py [--check]).

docs/reference/cli.md from the command line's own help, docs/reference/schema-*.json from the models, docs/gallery.md
from examples/gallery. With --check nothing is written, and the status is 1 if a page is stale.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PROSE = """\
Options can be repeated where they take a LIST, GLOB, KIND, SOURCE or FILE, and so can `--input`, `--arg` and `-o`.
LIST, GLOB, KIND and FILE may also be several with commas between them. A LENGTH is `5.5in`, `84mm` or `240pt`.

The exit status is 0; or 2 for what you can mend (a message says where, what was found, what was expected, what to try);
or 1 for a fault of nnfig.
"""


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page with its text."""
    from nnfig.surfaces import schema

    yield DOCS / "reference" / "cli.md", command_line()
    yield DOCS / "reference" / "schema-spec.json", json.dumps(schema("spec"), indent=1, ensure_ascii=False) + "\n"
    yield DOCS / "reference" / "schema-style.json", json.dumps(schema("style"), indent=1, ensure_ascii=False) + "\n"
    yield DOCS / "gallery.md", gallery()


def command_line() -> str:
    """Every command with its arguments and options."""
    from nnfig.cli import app

    group: Any = typer.main.get_command(app)
    lines = ["# Command line", "", "Made by `scripts/reference.py` from what `nnfig --help` says.", ""]
    lines += [*PROSE.splitlines(), ""]
    for name, command in group.commands.items():
        rows = [row for parameter in command.params if (row := describe(parameter))]
        lines += [f"## nnfig {name}", "", command.help or "", ""]
        if rows:
            lines += ["| option | meaning | default |", "| --- | --- | --- |", *rows, ""]
    rows = [row for parameter in group.params if (row := describe(parameter))]
    lines += ["## nnfig", "", "| option | meaning | default |", "| --- | --- | --- |", *rows, ""]
    return "\n".join(lines)


def describe(parameter: Any) -> str:
    """One row of an option table; empty for what is the same everywhere."""
    if parameter.name == "help":
        return ""
    words = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        words = f"`{parameter.metavar or parameter.name.upper()}`"
    elif parameter.metavar:
        words += f" {parameter.metavar}"
    default = parameter.default
    shown = "" if default in (None, False, "") or callable(default) else f"`{default}`"
    required = parameter.required and parameter.param_type_name != "argument"
    meaning = ("required: " if required else "") + (parameter.help or "")
    return f"| {words} | {meaning} | {shown} |".replace("[spec|style]", "[spec\\|style]")


def gallery() -> str:
    """All gallery pages below each other, each with its picture and its command."""
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "scripts" / "gallery.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module
    spec.loader.exec_module(module)
    parts = ["# Gallery", "", "Every figure is drawn from a model or a layer list by the command below it.", ""]
    for path in sorted(module.CASES.glob("*.md")):
        title, _, rest = path.read_text(encoding="utf-8").partition("\n")
        picture = [] if module.summary(path) else ["", f"![{title.strip('# ')}](img/gallery/{path.stem}.png)"]
        parts += [f"#{title}", *picture, re.sub(r"\n<!-- in the figure\n.*?-->\n", "", rest, flags=re.S)]
    return "\n".join(parts)


def main() -> int:
    """Write or check all pages."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for path, text in pages():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(min(main(), 1))
