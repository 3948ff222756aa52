"""The command line: what it writes, the status it leaves, and how its messages read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnfig import cli

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def nnfig(capsys, monkeypatch):
    """Run a command in the checkout: `nnfig("show", "examples/lenet.yaml")` gives (status, stdout, stderr)."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as done:
            cli.main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return int(done.value.code or 0), out, err

    return run


def test_draw_writes_a_tex_file_with_its_style_files(nnfig, tmp_path):
    """One command: a `.tex` that can be input, with nnfig.sty and nnfig-standalone.tex beside it."""
    status, out, err = nnfig("draw", "examples/lenet.yaml", "-o", tmp_path / "lenet.tex")
    assert (status, out) == (0, ""), err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lenet.tex", "nnfig-standalone.tex", "nnfig.sty"]
    assert r"\nnflayer" in (tmp_path / "lenet.tex").read_text()


def test_text_smaller_than_asked_for_is_told(nnfig, tmp_path):
    """--font-size is what the page allows at most; where it allows less, the message says how much."""
    words = ("draw", "examples/lenet.yaml", "-o", tmp_path / "lenet.tex", "--view", "blocks", "--max-height", "2.2in")
    assert "text is" not in nnfig(*words)[2]
    assert "not 14, so that the figure fits" in nnfig(*words, "--font-size", 14)[2]


MENDABLE = {
    "missing file": (["draw", "examples/lenett.yaml"], "did you mean 'examples/lenet.yaml'?"),
    "pickle": (["draw", "net.pt"], "pickle"),
    "python without a name": (["draw", "examples/resnet.py"], "examples/resnet.py:NAME"),
    "unknown suffix": (["draw", "Makefile"], "expected one of .yaml"),
    "upwards": (["draw", "examples/lenet.yaml", "--direction", "up"], "read from left to right"),
    "unknown view": (["draw", "examples/lenet.yaml", "--view", "volume"], "did you mean 'volumes'?"),
    "no length": (["draw", "examples/lenet.yaml", "--width", "wide"], "write for instance 5.5in"),
    "tiny print": (["draw", "examples/lenet.yaml", "--font-size", "3"], "under 6 pt cannot be read"),
    "bad argument": (["draw", "examples/lenet.yaml", "--arg", "depth"], "expected KEY=VALUE"),
}


@pytest.mark.parametrize(("arguments", "says"), MENDABLE.values(), ids=MENDABLE)
def test_what_the_user_can_mend_is_one_message_and_status_2(nnfig, tmp_path, arguments, says):
    """No traceback, no half-written file, and a hint."""
    status, out, err = nnfig(*arguments, "-o", tmp_path / "figure.tex")
    assert status == 2
    assert says in err
    assert out == ""
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_unknown_figure_suffix_is_refused_before_anything_is_written(nnfig, tmp_path):
    """Every output that cannot be written is told, with the suffixes that exist; nor is the good one beside it."""
    outputs = [word for name in ("a.tex", "a.jpg", "b") for word in ("-o", tmp_path / name)]
    status, _, err = nnfig("draw", "examples/lenet.yaml", *outputs)
    assert status == 2
    assert "unknown kind of figure '.jpg', expected one of .tex, .pdf, .png, .svg" in err
    assert "such as 'b.tex'" in err
    assert list(tmp_path.iterdir()) == []


def test_a_text_file_of_the_users_own_is_kept(nnfig, tmp_path):
    """A `.tex` that nnfig did not write is overwritten only with --force; one that it wrote always."""
    mine = tmp_path / "paper.tex"
    mine.write_text("my paper")
    status, _, err = nnfig("draw", "examples/lenet.yaml", "-o", mine)
    assert (status, mine.read_text()) == (2, "my paper")
    assert "--force" in err
    assert nnfig("draw", "examples/lenet.yaml", "-o", mine, "--force")[0] == 0
    assert nnfig("draw", "examples/lenet.yaml", "-o", mine)[0] == 0


def test_a_fault_of_ours_is_status_1_and_says_how_to_report_it(nnfig, monkeypatch, tmp_path):
    """An internal error names its place and asks for a report."""
    monkeypatch.setattr("nnfig.layout.fitting", lambda *_: 1 / 0)
    status, _, err = nnfig("draw", "examples/lenet.yaml", "-o", tmp_path / "x.tex")
    assert status == 1
    assert "ZeroDivisionError" in err
    assert "NNFIG_DEBUG=1" in err


def test_interrupt_is_status_130(nnfig, monkeypatch, tmp_path):
    """Ctrl-C leaves quietly with the status that shells expect."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nnfig.layout.fitting", interrupted)
    status, _, err = nnfig("draw", "examples/lenet.yaml", "-o", tmp_path / "x.tex")
    assert (status, err) == (130, "")


def test_trace_writes_a_layer_list_that_draws_the_same_figure(nnfig, tmp_path):
    """SOURCE -> NET.yaml -> figure is SOURCE -> figure, byte for byte but for the line that names the command."""
    source, net = "examples/lenet.yaml", tmp_path / "net.yaml"
    assert nnfig("trace", source, "-o", net)[0] == 0
    for name, what in (("a", source), ("b", net)):
        assert nnfig("draw", what, "-o", tmp_path / f"{name}.tex")[0] == 0
    a, b = ((tmp_path / f"{name}.tex").read_text().splitlines()[1:] for name in "ab")
    assert a == b


def test_drawing_a_layer_list_does_not_import_torch(tmp_path):
    """YAML users need no torch, and do not wait for it."""
    code = (
        "import sys, nnfig; nnfig.draw('examples/lenet.yaml').tex; "
        "print([m for m in ('torch', 'onnx', 'keras', 'rich', 'typer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_python_dash_m_is_the_same_command():
    """`python -m nnfig --version` answers."""
    done = subprocess.run(
        [sys.executable, "-m", "nnfig", "--version"], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.startswith("nnfig ")


def test_watch_takes_every_option_of_draw(nnfig, monkeypatch, tmp_path):
    """`nnfig watch` reads its words as draw does, and refuses what draw refuses."""
    seen = []
    monkeypatch.setattr("nnfig.watch.watch", lambda *a, **k: seen.append((a, k)))
    words = ["watch", "examples/lenet.yaml", "--depth", "2", "--inset", "Block", "--force", "-o", tmp_path / "x.tex"]
    assert nnfig(*words)[0] == 0
    ((source, outputs, options), more) = seen[0]
    assert (source, outputs, more) == ("examples/lenet.yaml", [tmp_path / "x.tex"], {"force": True})
    assert (options["depth"], options["inset"], options["detail"]) == (2, ["Block"], "paper")
    status, _, err = nnfig("watch", "examples/lenet.yaml", "-o", tmp_path / "x.tex", "--dtail", "ops")
    assert status == 2
    assert "--detail" in err


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    """Same input, same `.tex`, under any PYTHONHASHSEED."""
    made = set()
    for seed in ("1", "2"):
        code = "import nnfig, sys; sys.stdout.write(nnfig.draw('examples/inception-module.yaml').tex)"
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, env=env)
        made.add(done.stdout)
    assert len(made) == 1


def test_no_color_is_heeded_and_color_asked_for_wins(nnfig, monkeypatch):
    """On a terminal `show` has colours, with NO_COLOR it has none, unless --color asks for them."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in nnfig("show", "examples/lenet.yaml")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in nnfig("show", "examples/lenet.yaml")[1]
    assert "\x1b[" in nnfig("show", "examples/lenet.yaml", "--color")[1]


def test_the_version_begins_as_the_first_line_of_figures(nnfig):
    """`nnfig --version` and `% nnfig 1.0 ...` do not contradict each other."""
    from nnfig.emit.page import FORMAT

    assert nnfig("--version")[1].startswith(f"nnfig {FORMAT}.")
