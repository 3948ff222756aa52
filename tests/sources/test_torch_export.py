"""What reading torch.export promises: the network that the tracer sees, from the archive's text alone."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from nnfig import sources
from nnfig.detail.drawing import drawing
from nnfig.errors import NnfigError
from nnfig.graph import Graph
from nnfig.options import Options

torch = pytest.importorskip("torch")
nn: Any = torch.nn


class Block(nn.Module):
    """A residual block whose ReLU runs twice."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        """Twice the ReLU."""
        return self.relu(x + self.norm(self.conv(self.relu(x))))


class Net(nn.Module):
    """Convolutions, attention, a recurrent layer and a parameter that a function reads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.place = nn.Parameter(torch.zeros(1, 16, 8))
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.memory = nn.LSTM(8, 6, batch_first=True, bidirectional=True)
        self.head = nn.Linear(12, 5)

    def forward(self, x: Any) -> Any:
        """Image to sequence to scores."""
        x = self.blocks(self.stem(x)).flatten(2).transpose(1, 2) + self.place
        x = self.memory(x + self.attend(x, x, x, need_weights=False)[0])[0]
        return nn.functional.gelu(self.head(x))


def facts(graph: Graph) -> list[tuple[Any, ...]]:
    """What has to be the same, whatever the way."""
    return [(n.name, n.kind, n.params, n.macs, n.group, n.shared, n.sources, str(n.output[0])) for n in graph.layers]


@pytest.fixture(scope="module")
def program() -> Any:
    return torch.export.export(Net().eval(), (torch.zeros(1, 3, 8, 8),))


@pytest.fixture(scope="module")
def archive(program: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "net.pt2"
    torch.export.save(program, path)
    return path


def test_an_export_is_the_network_that_the_tracer_sees(archive: Path) -> None:
    """Names, kinds, weights, multiplications, groups and wiring."""
    exported, traced = sources.load(archive), sources.trace(Net().eval(), input_size=(1, 3, 8, 8))
    assert facts(exported) == facts(traced)
    assert exported.groups == traced.groups
    assert exported.params == sum(p.numel() for p in Net().parameters())


def test_a_live_program_and_its_archive_are_one_graph(program: Any, archive: Path) -> None:
    """`nnfig.trace(exported_program)` gives what the file gives."""
    assert facts(sources.trace(program)) == facts(sources.load(archive))


def test_open_sizes_are_named(tmp_path: Path) -> None:
    """A dynamic batch is called batch, and multiplications are those of one sample."""
    batch = {"x": {0: torch.export.Dim("batch", min=2, max=64)}}
    exported = torch.export.export(nn_linear(), (torch.zeros(4, 3),), dynamic_shapes=batch)
    graph = sources.trace(exported)
    assert graph.layers[0].shape == ("batch", 2)
    assert graph.layers[0].macs == 6
    torch.export.save(exported, tmp_path / "open.pt2")
    assert facts(sources.load(tmp_path / "open.pt2")) == facts(graph)


def nn_linear() -> Any:
    """One layer whose argument is called x."""

    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            return self.fc(x)

    return One()


def test_nothing_in_an_archive_is_unpickled(archive: Path, tmp_path: Path) -> None:
    """The graph is enough: weights and examples may be missing or hostile."""
    bare = tmp_path / "bare.pt2"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            data = old.read(name) if "/models/" in name else b"cos\nsystem\n(S'touch owned'\ntR."
            new.writestr(name, data)
    assert facts(sources.load(bare)) == facts(sources.load(archive))


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"readme": b""}, "no graph"),
        ({"m/models/model.json": b"{"}, "no JSON"),
        ({"m/models/model.json": b"{}"}, "not in the format"),
        ({"m/models/model.json": b"[" * 100_000}, "no JSON"),
    ],
    ids=["other", "cut", "foreign", "bottomless"],
)
def test_damaged_archives_are_one_message(tmp_path: Path, entries: dict[str, bytes], told: str) -> None:
    """An archive of something else, a graph cut short, one of another format."""
    path = tmp_path / "bad.pt2"
    with zipfile.ZipFile(path, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    with pytest.raises(NnfigError, match=told):
        sources.load(path)


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    """A pickle under this suffix."""
    path = tmp_path / "bad.pt2"
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(NnfigError, match=r"no \.pt2 archive"):
        sources.load(path)


@pytest.mark.parametrize("settings", [{"batch_first": True}, {"bias": False}])
def test_attention_gives_its_weights_and_opens(settings: dict[str, bool]) -> None:
    """Both outputs are those of the one layer, with heads and order of axes read off its products."""

    class Attend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attend = nn.MultiheadAttention(16, 4, **settings)

        def forward(self, q: Any, k: Any) -> Any:
            return self.attend(q, k, k)

    first = "batch_first" in settings
    shapes = [(2, 5, 16), (2, 6, 16)] if first else [(5, 2, 16), (6, 2, 16)]
    exported = torch.export.export(Attend().eval(), tuple(map(torch.zeros, shapes)))
    graph = sources.trace(exported)
    (layer,) = graph.layers
    assert (layer.kind, layer.attributes["num_heads"]) == ("MultiheadAttention", 4)
    assert [spec.shape for spec in layer.output] == [shapes[0], (2, 5, 6)]
    assert (graph.outputs, dict(graph.returned)) == (("attend", "attend"), {"attend": (0, 1)})
    drawn = drawing([graph], Options.of(open="*"))
    assert drawn is not None
    assert "softmax" in [each.kind for each in drawn.graph.layers]
