"""When the world breaks: no TeX, a full disk, a kill in the middle, odd locales. What was there stays whole."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nnfig
from nnfig import cli, typeset
from nnfig.errors import NnfigError

ROOT = Path(__file__).resolve().parents[1]
LENET = ROOT / "examples" / "lenet.yaml"


@pytest.fixture(autouse=True, scope="module")
def interruptible():
    """A shell starts what runs in the background deaf to interrupts, and processes inherit it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def command(*arguments: object, **more: object) -> subprocess.CompletedProcess[str]:
    """`python -m nnfig` in a process of its own."""
    return subprocess.run([sys.executable, "-m", "nnfig", *map(str, arguments)], capture_output=True, text=True, **more)


def test_without_tex_a_pdf_is_one_message_and_tex_still_works(tmp_path):
    """An empty PATH: `.tex` is written, `.pdf` says which package to install."""
    env = {**os.environ, "PATH": str(tmp_path)}
    assert command("draw", LENET, "-o", tmp_path / "a.tex", env=env).returncode == 0
    done = command("draw", LENET, "-o", tmp_path / "a.pdf", env=env)
    assert done.returncode == 2
    assert "pdflatex" in done.stderr
    assert "apt-get install" in done.stderr
    assert not (tmp_path / "a.pdf").exists()


def test_tex_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    """A pdflatex that hangs meets the time limit and leaves no folder behind."""
    slow = tmp_path / "pdflatex"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("nnfig.typeset.run.TIME_LIMIT", 0.3)
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(NnfigError, match=r"stopped after 0\.3 s"):
        typeset.pdf(nnfig.draw(LENET).tex)
    assert [p.name for p in tmp_path.iterdir()] == ["pdflatex"]


def test_tex_that_is_killed_is_reported(tmp_path, monkeypatch):
    """A pdflatex that dies of a signal is an error, not an empty figure."""
    dying = tmp_path / "pdflatex"
    dying.write_text("#!/bin/sh\nkill -9 $$\n")
    dying.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NnfigError):
        typeset.pdf(nnfig.draw(LENET).tex)


def test_a_full_disk_leaves_the_old_figure(tmp_path, monkeypatch):
    """No space while writing: one message, the old file whole, no half of the new one."""
    path = tmp_path / "net.tex"
    figure = nnfig.draw(LENET)
    figure.save(path)
    before = path.read_bytes()

    class FullDisk:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    real = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda fd, *a, **k: (real(fd, *a, **k).close(), FullDisk())[1])
    with pytest.raises(NnfigError, match="No space left"):
        nnfig.draw(LENET, direction="down").save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.tex", "nnfig-standalone.tex", "nnfig.sty"]


@pytest.mark.tex
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS])
def test_no_room_for_temporary_files_is_one_message(tmp_path, monkeypatch, fault):
    """A full or read-only TMPDIR is the user's to mend, and nothing is left in it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def refused(*_: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr("shutil.copyfile", refused)
    with pytest.raises(NnfigError, match=f"{os.strerror(fault)}(.|\n)*TMPDIR"):
        typeset.pdf(nnfig.draw(LENET).tex)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_exist_or_is_a_file_is_one_message(tmp_path):
    """`-o nowhere/x.tex` names the folder and starts no work."""
    done = command("draw", LENET, "-o", tmp_path / "nowhere" / "x.tex")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.tex
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_kill_in_the_middle_leaves_the_old_file_whole(tmp_path, number):
    """Stopped while TeX runs: the old figure is as it was, and an interrupt has status 130 and no traceback."""
    path = tmp_path / "net.pdf"
    path.write_bytes(b"old")
    process = subprocess.Popen(
        [sys.executable, "-m", "nnfig", "draw", str(LENET), "-o", str(path)],
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    deadline = time.time() + 120
    while not list(tmp_path.glob("nnfig-*/figure.tex")) and process.poll() is None and time.time() < deadline:
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert path.read_bytes() == b"old"
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert b"Traceback" not in err
        assert [p.name for p in tmp_path.iterdir()] == ["net.pdf"]


@pytest.mark.tex
def test_two_processes_writing_side_by_side_both_succeed(tmp_path):
    """Same output from two processes: each writes whole files, the last one stays."""
    outputs = ["-o", tmp_path / "net.tex", "-o", tmp_path / "net.pdf"]
    call = [sys.executable, "-m", "nnfig", "draw", str(LENET), *map(str, outputs)]
    both = [subprocess.Popen(call, stderr=subprocess.PIPE) for _ in range(2)]
    assert [p.wait(300) for p in both] == [0, 0]
    assert (tmp_path / "net.pdf").read_bytes().startswith(b"%PDF")
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.tex
@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_paths_with_spaces_and_letters_beyond_ascii_work_in_any_locale(tmp_path, locale):
    """A folder `Übung mit Ω`, a label with accents, a locale without UTF-8."""
    folder = tmp_path / "Übung mit Ω"
    folder.mkdir()
    source = folder / "netz é.yaml"
    source.write_text("nnfig: 1\nname: Café\ninputs: {x: [1, 8]}\nlayers: [Linear 4, ReLU]\n", encoding="utf-8")
    env = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = command("draw", source, "-o", folder / "bild ü.tex", "-o", folder / "bild ü.pdf", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "bild ü.pdf").stat().st_size > 1000


STAGES = {
    "tracing": "nnfig.sources.spec.read",
    "detail": "nnfig.detail.drawings",
    "layout": "nnfig.layout.fitting",
    "emitting": "nnfig.emit.tex",
    "typesetting": "subprocess.run",
    "writing": "os.fdopen",
}


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupt_at_any_stage_is_130_without_leftovers(tmp_path, monkeypatch, capsys, stage):
    """Ctrl-C while reading, laying out, typesetting or writing: no traceback, the old file whole, nothing beside it."""
    if stage == "typesetting" and shutil.which("pdflatex") is None:
        pytest.skip("no TeX")
    path = tmp_path / ("net.pdf" if stage == "typesetting" else "net.tex")
    path.write_bytes(b"% nnfig old")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(STAGES[stage], interrupt)
    with pytest.raises(SystemExit) as done:
        cli.main(["draw", str(LENET), "-o", str(path)])
    monkeypatch.undo()
    assert done.value.code == 130
    assert "Traceback" not in capsys.readouterr().err
    assert path.read_bytes() == b"% nnfig old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("folder", ["file", "/proc"])
@pytest.mark.parametrize("command_name", ["draw", "trace", "bundle"])
def test_a_folder_that_cannot_be_written_is_one_message(tmp_path, folder, command_name):
    """A file in the folder's place, and file systems that even root cannot write to."""
    if folder == "file":
        folder = str(tmp_path / "file")
        Path(folder).write_text("x")
    elif not Path(folder).is_dir():
        pytest.skip(f"no {folder}")
    source: object = LENET
    if command_name == "bundle":
        if shutil.which("pdflatex") is None:
            pytest.skip("no TeX")
        source = tmp_path / "net.tex"
        nnfig.draw(LENET).save(source)
    name = {"draw": "net.tex", "trace": "net.yaml", "bundle": "out"}[command_name]
    done = command(command_name, source, "-o", Path(folder) / name)
    assert done.returncode == 2, done.stderr
    assert folder in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.tex
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("suffix", [".pdf", ".png", ".svg", ".html"])
def test_a_full_disk_leaves_the_old_picture(tmp_path, monkeypatch, suffix):
    """The kernel says that there is no space: one message, the old picture whole, no half of the new one."""
    path = tmp_path / f"net{suffix}"
    path.write_bytes(b"<!-- nnfig old")
    figure = nnfig.draw(LENET)
    try:
        made = {".pdf": lambda: figure.pdf, ".png": lambda: figure.png, ".svg": lambda: figure.svg}.get(suffix)
        if made:
            made()
    except NnfigError as error:
        pytest.skip(str(error))
    real = os.fdopen

    def full(handle: int, *arguments: object, **more: object) -> object:
        if tmp_path in Path(f"/proc/self/fd/{handle}").readlink().parents:
            os.dup2(os.open("/dev/full", os.O_WRONLY), handle)
        return real(handle, *arguments, **more)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(NnfigError, match="No space left"):
        figure.save(path)
    monkeypatch.undo()
    assert path.read_bytes() == b"<!-- nnfig old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_killed_while_writing_the_old_file_is_whole(tmp_path):
    """SIGKILL after half of the bytes: what was there is as it was; only a hidden file remains."""
    path = tmp_path / "net.tex"
    path.write_bytes(b"% nnfig old")
    code = (
        "import os, signal, nnfig\n"
        "real = os.fdopen\n"
        "class Half:\n"
        "    def __init__(self, file): self.file = file\n"
        "    def __enter__(self): return self\n"
        "    def __exit__(self, *_): return False\n"
        "    def write(self, data):\n"
        "        self.file.write(data[: len(data) // 2]); self.file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.fdopen = lambda *a, **k: Half(real(*a, **k))\n"
        f"nnfig.draw({str(LENET)!r}).save({str(path)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"% nnfig old"
    assert all(p.name.startswith(".") for p in tmp_path.iterdir() if p != path)


INTERRUPTED = """
import os, signal, torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)
        self.armed = True

    def forward(self, x):
        x = self.norm(self.first(x)).relu_()
        if self.armed:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                x = x + 1
        return self.last(x)
"""


def test_an_interrupt_while_a_model_runs_is_130_without_leftovers(tmp_path):
    """Ctrl-C inside forward: status 130, nothing said, the old figure whole, nothing beside it."""
    pytest.importorskip("torch")
    (tmp_path / "net.py").write_text(INTERRUPTED)
    path = tmp_path / "net.tex"
    path.write_bytes(b"% nnfig old")
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = command("draw", f"{tmp_path}/net.py:Net", "--input", "2,4", "-o", path, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert path.read_bytes() == b"% nnfig old"
    left = [p.name for p in tmp_path.iterdir() if not p.name.startswith("torchinductor")]  # torch makes it, empty
    assert sorted(left) == ["net.py", "net.tex"]


def test_an_interrupt_while_a_model_runs_leaves_it_and_torch_as_they_were(tmp_path):
    """Weights, buffers, mode, hooks and default device are the same, and the model can be traced afterwards."""
    torch = pytest.importorskip("torch")
    from torch.nn.modules import module as hooks

    names: dict[str, object] = {}
    exec(INTERRUPTED, names)
    model = names["Net"]().train()
    before = {name: (value.data_ptr(), value.clone()) for name, value in model.state_dict(keep_vars=True).items()}
    counts = {name: len(value) for name, value in vars(hooks).items() if name.endswith("_hooks")}
    with pytest.raises(KeyboardInterrupt):
        nnfig.trace(model, input_size=(2, 4))
    after = model.state_dict(keep_vars=True)
    assert {name: value.data_ptr() for name, value in after.items()} == {name: ptr for name, (ptr, _) in before.items()}
    assert all(torch.equal(value, before[name][1]) for name, value in after.items())
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert counts == {name: len(vars(hooks)[name]) for name in counts}
    assert torch.empty(1).device.type == "cpu"
    assert not torch.overrides._get_current_function_mode_stack()
    model.armed = False
    assert [layer.kind for layer in nnfig.trace(model, input_size=(2, 4)).layers][-1] == "Linear"


def test_an_interrupt_while_nnfig_is_loading_is_130_without_a_word():
    """Ctrl-C in the first tenth of a second, while libraries are imported."""
    code = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from nnfig.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_full_disk_leaves_the_figure_with_the_style_that_it_had(tmp_path, monkeypatch):
    """No room for nnfig.sty: the figure is not written either."""
    path = tmp_path / "net.tex"
    path.write_bytes(b"% nnfig old")
    monkeypatch.setattr(os, "fdopen", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(NnfigError, match=r"nnfig\.sty(.|\n)*No space left"):
        nnfig.draw(LENET).save(path)
    monkeypatch.undo()
    assert path.read_bytes() == b"% nnfig old"
    assert [p.name for p in tmp_path.iterdir()] == ["net.tex"]


def test_a_figure_cannot_take_the_name_of_the_style(tmp_path):
    """It would be overwritten by the file that stands beside every figure."""
    done = command("draw", LENET, "-o", tmp_path / "nnfig-standalone.tex")
    assert done.returncode == 2
    assert "own style" in done.stderr
    assert not list(tmp_path.iterdir())
