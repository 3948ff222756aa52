"""`nnfig watch` redraws on every save and keeps the last good picture through errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnfig.errors import NnfigError
from nnfig.typeset import pdf, preview
from nnfig.watch import watch, watched

NET = """\
nnfig: 1
inputs: {image: [1, 3, 8, 8]}
layers:
- conv: Conv2d 3x3, SIZE
- fc: KIND
"""


class Watched:
    """A running watch, what it says, and how to wait for the next word."""

    def __init__(self, source: str, outputs: list[Path], options: dict[str, object]) -> None:
        self.said: list[str] = []
        self.stop = threading.Event()
        keywords = {"say": self.said.append, "stop": self.stop}
        self.thread = threading.Thread(target=watch, args=(source, outputs, options), kwargs=keywords, daemon=True)
        self.thread.start()

    def wait(self, word: str, count: int = 1) -> str:
        """What was said, once `word` was said so many times."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if sum(word in said for said in list(self.said)) >= count:
                return "\n".join(self.said)
            time.sleep(0.02)
        raise AssertionError(f"'{word}' was not said {count} times: {self.said}")


Start = Callable[..., Watched]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start watches that end with the test."""
    running: list[Watched] = []

    def begin(source: str, outputs: list[Path], **options: object) -> Watched:
        running.append(Watched(source, outputs, options))
        return running[-1]

    yield begin
    for each in running:
        each.stop.set()
        each.thread.join(10)


def _net(path: Path, size: int = 4, kind: str = "Flatten") -> None:
    path.write_text(NET.replace("SIZE", str(size)).replace("KIND", kind))


def test_saving_the_layer_list_redraws(tmp_path: Path, start: Start):
    """The figure follows the file."""
    source, figure = tmp_path / "net.yaml", tmp_path / "net.tex"
    _net(source)
    running = start(str(source), [figure])
    running.wait("watching")
    assert "channels=4" in figure.read_text()
    _net(source, size=9)
    running.wait("drawn", 2)
    assert "channels=9" in figure.read_text()


def test_an_error_is_shown_and_the_last_good_picture_stays(tmp_path: Path, start: Start):
    """The message names the line; the next good save draws again."""
    source, figure = tmp_path / "net.yaml", tmp_path / "net.tex"
    _net(source)
    running = start(str(source), [figure])
    running.wait("watching")
    good = figure.read_bytes()
    _net(source, kind="Flaten")
    assert "net.yaml:5" in running.wait("stays as it was")
    assert figure.read_bytes() == good
    _net(source, size=7)
    running.wait("drawn", 2)
    assert "channels=7" in figure.read_text()


def test_a_style_sheet_is_watched_too(tmp_path: Path, start: Start):
    """So are the template and Python files beside a Python source."""
    source, figure, style = tmp_path / "net.yaml", tmp_path / "net.tex", tmp_path / "my.yaml"
    _net(source)
    style.write_text("extends: paper\n")
    running = start(str(source), [figure], style=[str(style)])
    running.wait("watching")
    style.write_text("extends: paper\nrules:\n- {select: {kind: Conv2d}, label: my own words}\n")
    running.wait("drawn", 2)
    assert "my own words" in figure.read_text()


@pytest.mark.slow
def test_a_python_file_and_what_it_imports_are_run_anew(tmp_path: Path, start: Start):
    """Saving a module beside the model changes the figure."""
    pytest.importorskip("torch")
    figure = tmp_path / "net.tex"
    (tmp_path / "parts_of_it.py").write_text("WIDTH = 4\n")
    (tmp_path / "net.py").write_text(
        "from torch import nn\nimport parts_of_it\n"
        "def Net():\n    return nn.Sequential(nn.Conv2d(3, parts_of_it.WIDTH, 3), nn.ReLU())\n"
    )
    running = start(f"{tmp_path}/net.py:Net", [figure], input_size="1,3,8,8")
    running.wait("watching")
    assert "channels=4" in figure.read_text()
    (tmp_path / "parts_of_it.py").write_text("WIDTH = 12\n")
    running.wait("drawn", 2)
    assert "channels=12" in figure.read_text()


def test_what_is_watched(tmp_path: Path):
    """Files that the figure depends on; presets and missing files are none."""
    for name in ("net.py", "my.yaml", "other.onnx", "page.jinja"):
        (tmp_path / name).touch()
    options = {"style": ["paper", f"{tmp_path}/my.yaml"], "template": f"{tmp_path}/page.jinja"}
    found = watched(f"{tmp_path}/net.py:Net", {**options, "compare": [f"{tmp_path}/other.onnx"]})
    assert [path.name for path in found] == ["net.py", "other.onnx", "my.yaml", "page.jinja"]


def test_nothing_to_watch_is_an_error(tmp_path: Path):
    """A source that is no file is refused at once."""
    with pytest.raises(NnfigError, match="no file that can be watched"):
        watch("nothing_there.yaml", [tmp_path / "x.tex"], {})


@pytest.mark.tex
def test_a_preview_is_the_figure_from_a_dumped_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The same bytes without a run that loads TikZ; a broken cache costs nothing but time."""
    import nnfig

    _net(tmp_path / "net.yaml")
    tex = nnfig.draw(tmp_path / "net.yaml").tex
    expected = pdf(tex)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    preview.dumped.cache_clear()
    with monkeypatch.context() as slow:
        slow.setattr(preview.products, "pdf", lambda tex: pytest.fail("TikZ was loaded"))
        assert preview.pdf(tex) == expected
        assert preview.pdf(tex) == expected
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    preview.dumped.cache_clear()
    assert preview.pdf(tex) == expected
    preview.dumped.cache_clear()


@pytest.mark.tex
def test_an_error_in_a_preview_is_told_as_in_a_figure():
    """The plain run says what is wrong and where."""
    with pytest.raises(NnfigError, match=r"figure\.tex:2"):
        preview.pdf("\\ifdefined\\nnfset\\else\\input{nnfig-standalone}\\fi\n\\undefinedcommand\n\\nnfend\n")
