"""What goes to arXiv or Overleaf: complete, checked, with names that are accepted."""

import re
import runpy
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnfig import emit, typeset
from nnfig.errors import NnfigError

scenes = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "emit" / "scenes.py")))


@pytest.fixture
def figure(tmp_path):
    """A figure under a name that arXiv would not take."""
    path = tmp_path / "my net é.tex"
    path.write_text(emit.tex(scenes.block()), encoding="utf-8")
    return path


@pytest.mark.tex
def test_a_paper_beside_the_bundle_compiles(figure, tmp_path):
    """The folder alone is enough; the figure brings no class; the README's lines are the paper's."""
    said = typeset.bundle([figure], tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["README.txt", "my-net.tex", "nnfig.sty"]
    assert all(re.fullmatch(r"[A-Za-z0-9_+.,=-]+", name) for name in names)
    assert any("checked" in line for line in said)
    text = (tmp_path / "out" / "my-net.tex").read_text(encoding="utf-8")
    assert "nnfig-standalone" not in text
    readme = (tmp_path / "out" / "README.txt").read_text()
    body = readme.split("...\n")[1].split("\nNothing")[0]
    paper = rf"\documentclass{{article}}\usepackage{{nnfig}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "out" / "paper.tex").write_text(paper)
    done = subprocess.run(
        ["pdflatex", "-no-shell-escape", "-halt-on-error", "paper"],
        cwd=tmp_path / "out",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


@pytest.mark.tex
def test_again_and_with_a_second_figure(figure, tmp_path):
    """A bundle can be made anew over itself; a self-contained figure goes in as it is."""
    other = tmp_path / "volumes.tex"
    other.write_text(emit.tex(scenes.volumes(), page="self-contained"), encoding="utf-8")
    for _ in range(2):
        typeset.bundle([figure, other], tmp_path / "out")
    assert (tmp_path / "out" / "volumes.tex").exists()


@pytest.mark.tex
def test_nothing_is_written_when_a_figure_does_not_compile(figure, tmp_path):
    """The fault is told with the figure's line."""
    figure.write_text(figure.read_text(encoding="utf-8").replace("{BN}", r"{\oops}"), encoding="utf-8")
    with pytest.raises(NnfigError, match="Undefined control sequence"):
        typeset.bundle([figure], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_all_wrong_files_are_told_at_once(tmp_path):
    """Missing files, files of others, names that collide."""
    paper = tmp_path / "paper.tex"
    paper.write_text("\\documentclass{article}")
    a, b = tmp_path / "a b.tex", tmp_path / "a+b.tex"
    same = tmp_path / "a?b.tex"
    for path in (a, b, same):
        path.write_text("% nnfig 1.0\n")
    with pytest.raises(NnfigError) as error:
        typeset.bundle([tmp_path / "none.tex", paper, a, b, same], tmp_path / "out")
    assert [problem.what.split()[0] for problem in error.value.problems] == ["there", "this", "a"]


@pytest.mark.tex
@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_leaves_all_of_a_bundle_or_nothing(figure, tmp_path, monkeypatch, there):
    """No room for the last file: the folder is as it was, or is not made."""
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
        (folder / "my-net.tex").write_text("% nnfig old")
    real = Path.write_text

    def full(path: Path, *arguments: object, **more: object) -> int:
        if path.name == "README.txt":
            raise OSError(28, "No space left on device")
        return real(path, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(NnfigError, match="No space left"):
        typeset.bundle([figure], folder)
    assert [(p.name, p.read_text()) for p in folder.glob("*")] == ([("my-net.tex", "% nnfig old")] if there else [])
    assert folder.exists() == there


@pytest.mark.tex
def test_a_text_of_someone_else_keeps_a_bundle_out(figure, tmp_path):
    """Their README stands, and no other file is written beside it."""
    (tmp_path / "README.txt").write_text("mine")
    with pytest.raises(NnfigError, match="did not write it"):
        typeset.bundle([figure], tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.txt", figure.name]
