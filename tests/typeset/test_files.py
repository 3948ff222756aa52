"""A file is written whole or not at all, and someone else's text is kept."""

import os

import pytest

from nnfig import typeset
from nnfig.errors import NnfigError


def test_a_text_of_someone_else_is_kept(tmp_path):
    """A file that nnfig did not write is an error with a way out; --force overwrites it."""
    path = tmp_path / "paper.tex"
    path.write_text("\\documentclass{article}\n")
    with pytest.raises(NnfigError, match="did not write it") as error:
        typeset.write_text(path, "% nnfig 1.0\n")
    assert "--force" in str(error.value)
    assert path.read_text() == "\\documentclass{article}\n"
    typeset.write_text(path, "% nnfig 1.0\n", force=True)
    assert path.read_text() == "% nnfig 1.0\n"


@pytest.mark.parametrize(
    "text",
    [
        "% nnfig 1.0 · x\n",
        "# nnfig\n",
        "nnfig: 1\n",
        "<!-- nnfig -->\n<svg/>",
        '{\n  "nnfig": 1}',
        "<!DOCTYPE html>\n<!-- nnfig -->",
        "",
    ],
)
def test_our_own_texts_are_overwritten(tmp_path, text):
    """Every kind of file that nnfig writes is recognised by its beginning."""
    path = tmp_path / "out"
    path.write_text(text)
    typeset.write_text(path, "new")
    assert path.read_text() == "new"


def test_nothing_is_left_when_writing_fails(tmp_path, monkeypatch):
    """The old file stays and no temporary file remains."""
    path = tmp_path / "figure.pdf"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fdopen", lambda *a: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(NnfigError, match="No space left"):
        typeset.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["figure.pdf"]


def test_mode_and_link_are_kept(tmp_path):
    """A link is followed, permissions stay."""
    real, link = tmp_path / "real.tex", tmp_path / "link.tex"
    real.write_text("% nnfig")
    real.chmod(0o640)
    link.symlink_to(real)
    typeset.write_text(link, "% nnfig 2")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("% nnfig 2", 0o640)


def test_style_files_are_put_beside_and_changed_ones_kept(tmp_path):
    """Ours are brought up to date, an author's own version is not touched."""
    typeset.put_style_files(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["nnfig-standalone.tex", "nnfig.sty"]
    (tmp_path / "nnfig.sty").write_text("% my own style\n")
    typeset.put_style_files(tmp_path)
    assert (tmp_path / "nnfig.sty").read_text() == "% my own style\n"
