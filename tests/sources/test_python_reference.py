"""`file.py:NAME` and `package.module:NAME`: what NAME may be, and what is said when it is not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from nnfig import sources
from nnfig.errors import NnfigError
from nnfig.sources import load

CODE = """
import dataclasses
import torch
from torch import nn
from helper_of_net import WIDTH

@dataclasses.dataclass
class Config:
    width: int = WIDTH

class Net(nn.Module):
    def __init__(self, width: int = Config().width):
        super().__init__()
        self.fc = nn.Linear(3, width)
    def forward(self, x):
        return self.fc(x)

def wide(width=9):
    return Net(width)

model = Net(5)
number = 3

def broken():
    raise KeyError("no weights")

def wrong():
    return "a model"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with models in it, beside a module that it imports."""
    (tmp_path / "helper_of_net.py").write_text("WIDTH = 7\n")
    path = tmp_path / "net.py"
    path.write_text(CODE)
    return path


@pytest.mark.parametrize(
    ("name", "arguments", "width"),
    [("Net", {}, 7), ("wide", {}, 9), ("wide", {"width": 2}, 2), ("model", {}, 5)],
)
def test_model_class_and_factory(file: Path, name: str, arguments: dict[str, Any], width: int) -> None:
    """All three are traced, with constructor arguments, under the name that was asked for."""
    before = list(sys.path)
    graph = load(f"{file}:{name}", arguments=arguments, input_size="2,3")
    assert (graph.name, graph.spec("fc").shape) == (name, (2, width))
    assert sys.path == before


def test_installed_module() -> None:
    """package.module:NAME is imported as Python does."""
    graph = load("torch.nn:LSTMCell", arguments={"input_size": 3, "hidden_size": 4}, input_size="2,3")
    assert graph.layers[0].kind == "LSTMCell"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Nett", {}, "did you mean 'Net'"),
        ("zzz", {}, "it has Config, Net, broken, model, wide, wrong"),
        ("number", {}, "is of type int, expected a model"),
        ("wide", {"widht": 2}, "did you mean 'width'"),
        ("model", {"width": 2}, "is a model already"),
        ("broken", {}, "raised KeyError: 'no weights'"),
        ("wrong", {}, "returned something of type str, expected a model"),
    ],
)
def test_what_is_wrong_is_said(file: Path, name: str, arguments: dict[str, Any], message: str) -> None:
    """One message with what to try; no traceback."""
    with pytest.raises(NnfigError) as caught:
        load(f"{file}:{name}", arguments=arguments, input_size="2,3")
    assert message in str(caught.value)


def test_code_that_raises_names_its_line(file: Path) -> None:
    """The user's file and line, not ours."""
    with pytest.raises(NnfigError) as caught:
        load(f"{file}:broken")
    assert caught.value.problems[0].where == f"{file}:{1 + CODE[: CODE.index('raise KeyError')].count(chr(10))}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("def f(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import json; json.loads('{')", "JSONDecodeError"),
        ("import torch; torch.nn.Conv2d(3, 4, 1, groups=2)", "in_channels must be divisible"),
    ],
)
def test_file_that_cannot_be_imported(tmp_path: Path, code: str, message: str) -> None:
    """The exception, summarised, with the user's own line, also where a library raised it."""
    path = tmp_path / "bad.py"
    path.write_text(f"\n{code}\n")
    with pytest.raises(NnfigError) as caught:
        load(f"{path}:f")
    assert message in str(caught.value)
    assert caught.value.problems[0].where.startswith(f"{path}:2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("missing/net.py:Net", "no such file"),
        ("no_such_package.models:Net", "there is no module 'no_such_package'"),
        ("torch.nn.no_such:Net", "there is no module 'torch.nn.no_such'"),
    ],
)
def test_source_that_is_not_there(text: str, message: str) -> None:
    """Missing files and modules are named."""
    with pytest.raises(NnfigError, match=message):
        load(text)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args()", 2),
        ("import sys\ndef f(): sys.exit()", 0),
        ("import sys, torch\nclass f(torch.nn.Module):\n    def forward(self, x): sys.exit('no data')", "no data"),
    ],
)
def test_code_that_ends_python_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, status: Any) -> None:
    """A file that reads the command line, or exits, says so instead of ending nnfig without a word."""
    path = tmp_path / "ends.py"
    path.write_text(code)
    monkeypatch.setattr(sys, "argv", ["nnfig"])
    with pytest.raises(NnfigError, match=f"ended Python with exit status {status}(.|\n)*__main__"):
        sources.load(f"{path}:f", input_size="2,3")


@pytest.mark.parametrize("size", ["9" * 25, "99999999999,99999999999", "1,9999999999999:int64"])
def test_sizes_that_no_tensor_can_have_are_one_message(file: Path, size: str) -> None:
    """Larger than numbers, than addresses, than memory."""
    with pytest.raises(NnfigError, match="there can be no tensor of"):
        load(f"{file}:Net", input_size=size)
