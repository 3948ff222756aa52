"""A Caffe `.prototxt` (train_val or deploy, both formats) -> Graph, with shapes and weights by Caffe's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nnfig.errors import NnfigError
from nnfig.graph import Edge, Graph, Layer, TensorSpec
from nnfig.sources import scopes
from nnfig.sources.blocks import with_blocks
from nnfig.sources.caffe.kinds import DATA, draft, finished, is_left_out, modern
from nnfig.sources.caffe.moves import Shape
from nnfig.sources.caffe.schema import LARGEST_FILE, parsed
from nnfig.sources.class_names import with_class_names
from nnfig.sources.kinds import Clash
from nnfig.sources.macs import macs

MOST_LAYERS = 20_000


def read(path: Path) -> Graph:
    """The network in a Caffe text file; of a train_val file the test phase, without losses.

    Raises NnfigError where protobuf is missing, and for text that is no network or whose layers do not fit.
    """
    where = str(path)
    if path.stat().st_size > LARGEST_FILE:
        raise NnfigError(f"is larger than {LARGEST_FILE:,} bytes", where=where)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise NnfigError("is no text file", where=where) from None
    except OSError as error:
        raise NnfigError(f"cannot be read: {error.strerror}", where=where) from None
    net, notes = parsed(text, where)
    everything = [*net.layer, *(each.layer if each.HasField("layer") else each for each in net.layers)]
    if not everything:
        hint = "a solver.prototxt names the network's file in its field net" if "solver" in path.name else ""
        raise NnfigError("holds no layers", where=where, hint=hint)
    if len(everything) > MOST_LAYERS:
        raise NnfigError(f"holds more than {MOST_LAYERS:,} layers", where=where)
    layers = [layer for layer in everything if _runs(layer, "TEST")]
    if not any(modern(layer.type) in DATA for layer in layers) and not net.input:
        layers = [layer for layer in everything if _runs(layer, "TRAIN")] or layers
    return _Net(where, notes).graph(net, layers, scopes.clean(net.name or path.stem))


def _runs(layer: Any, phase: str) -> bool:
    """Whether a layer belongs to a phase."""
    if layer.include:
        return any(not rule.phase or rule.phase == phase for rule in layer.include)
    return not any(rule.phase == phase for rule in layer.exclude)


@dataclass(slots=True)
class _Net:
    where: str
    notes: list[str]
    inputs: dict[str, TensorSpec] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    around: list[tuple[str, ...]] = field(default_factory=list)
    tops: dict[str, Edge] = field(default_factory=dict)
    """Who makes a blob last; a layer that works in place makes it anew."""
    shapes: dict[tuple[str, int], Shape] = field(default_factory=dict)
    """Shape by layer or input, and number of its output."""
    owners: dict[str, str] = field(default_factory=dict)
    """Names of shared weights -> the first layer that uses them."""
    labels: set[str] = field(default_factory=set)
    """Blobs of data layers that are no pictures."""
    names: set[str] = field(default_factory=set)
    pairs: int = 0

    def graph(self, net: Any, layers: Sequence[Any], name: str) -> Graph:
        """The Graph of the layers that run."""
        self._declared(net)
        left_out: list[str] = []
        for layer in layers:
            kind = modern(layer.type)
            if kind in DATA:
                self._data(layer)
            elif is_left_out(kind):
                left_out.append(layer.name)
            elif kind == "Split":
                self.tops |= {top: self._edge(layer.bottom[0], layer) for top in layer.top}
            else:
                self._layer(layer, kind)
        self._tell(left_out)
        taken = {edge.source for layer in self.layers for edge in layer.inputs}
        ways = self._ways()
        placed = [replace(made, group=way[-1] if way else "") for made, way in zip(self.layers, ways, strict=True)]
        graph = Graph(
            name=name,
            inputs={key: spec for key, spec in self.inputs.items() if key in taken or key not in self.labels},
            layers=tuple(placed),
            groups=scopes.groups(ways),
            outputs=tuple(layer.name for layer in self.layers if layer.name not in taken),
            notes=tuple(self.notes),
        )
        return with_class_names(with_blocks(graph), modules=False)

    def _ways(self) -> list[tuple[str, ...]]:
        """The groups around each layer: parts of names that more than one layer has and that name no layer."""
        ways = [tuple(path for path in way if path not in self.names) for way in self.around]
        count: dict[str, int] = {}
        for way in ways:
            for path in way:
                count[path] = count.get(path, 0) + 1
        return [tuple(path for path in way if count[path] > 1) for way in ways]

    def _tell(self, left_out: list[str]) -> None:
        if left_out:
            self.notes.append(f"Losses and measures ({', '.join(left_out[:6])}) are not drawn.")
        if self.pairs:
            self.notes.append(f"{self.pairs} pairs of BatchNorm and Scale are one BatchNorm2d each, as in PyTorch.")

    def _declared(self, net: Any) -> None:
        """Inputs that a deploy file lists at its head."""
        for i, name in enumerate(net.input):
            dims = net.input_shape[i].dim if i < len(net.input_shape) else net.input_dim[4 * i : 4 * i + 4]
            self._input(name, tuple(int(d) for d in dims) or ("?",))

    def _input(self, name: str, shape: Shape, dtype: str = "float32") -> None:
        self.inputs[name] = TensorSpec(shape, dtype)
        self.tops[name] = Edge(name)
        self.shapes[name, 0] = shape

    def _data(self, layer: Any) -> None:
        """Inputs that a data layer gives: the first is the picture, the second its label."""
        for i, top in enumerate(layer.top):
            if top in self.inputs:
                continue
            shape = _data_shape(layer, i)
            if i and modern(layer.type) not in ("Input", "DummyData"):
                self.labels.add(top)
            if "?" in shape and not i:
                self.notes.append(
                    f"The size of '{top}' is not in the file, so sizes and parameters after it may be unknown."
                )
            self._input(top, shape, "int64" if top in self.labels else "float32")

    def _edge(self, bottom: str, layer: Any) -> Edge:
        if bottom not in self.tops:
            raise NnfigError(
                f"takes '{bottom}', which no layer before it makes", where=f"{self.where}: layer {layer.name}"
            )
        return self.tops[bottom]

    def _layer(self, layer: Any, kind: str) -> None:
        edges = tuple(self._edge(bottom, layer) for bottom in layer.bottom)
        shapes = [self.shapes.get((edge.source, edge.output), ("?",)) for edge in edges]
        if not edges:
            shapes = [("?",)]
        if kind == "Scale" and len(edges) == 1 and self._joins_norm(layer, edges[0]):
            return
        item = draft(layer, kind, shapes)
        try:
            output, params = finished(item, shapes)
        except (Clash, ValueError, ZeroDivisionError, IndexError, KeyError) as error:
            what = str(error) or "its sizes do not fit its input"
            raise NnfigError(what, where=f"{self.where}: layer {layer.name} ({layer.type})") from None
        name, way = self._name(layer)
        shared, params = self._weights(layer, name, params)
        if len(output) < len(layer.top):
            output = (*output, *((("?",),) * (len(layer.top) - len(output))))
        made = Layer(
            name=name,
            kind=item.kind,
            inputs=edges,
            output=tuple(TensorSpec(shape) for shape in output),
            params=params,
            macs=macs(item.kind, item.attributes, shapes, list(output)),
            path=name,
            attributes=item.attributes,
            shared=shared,
            mark=item.mark,
            original=layer.type if modern(layer.type) != item.kind else "",
        )
        self._append(made, way, layer.top)

    def _append(self, made: Layer, way: tuple[str, ...], tops: Sequence[str]) -> None:
        self.layers.append(made)
        self.around.append(way)
        self.shapes |= {(made.name, i): spec.shape for i, spec in enumerate(made.output)}
        for i, top in enumerate(tops):
            self.tops[top] = Edge(made.name, i)

    def _joins_norm(self, layer: Any, edge: Edge) -> bool:
        """Put a Scale into the BatchNorm that it follows, and say whether that was possible."""
        if not self.layers or self.layers[-1].name != edge.source or self.layers[-1].original != "BatchNorm":
            return False
        norm, size = self.layers[-1], self.layers[-1].attributes["num_features"]
        each = 2 if layer.scale_param.bias_term else 1
        attributes = {**norm.attributes, "affine": True}
        params = each * size if isinstance(size, int) else 0
        self.layers[-1] = replace(norm, attributes=attributes, params=params, original="BatchNorm, Scale")
        self.tops |= {top: Edge(norm.name) for top in layer.top}
        self.pairs += 1
        return True

    def _name(self, layer: Any) -> tuple[str, tuple[str, ...]]:
        """A unique name, with dots for slashes, and the paths of the groups around it."""
        parts = [scopes.clean(part).replace(".", "_") for part in layer.name.split("/") if part]
        parts = parts or [scopes.clean(layer.type).lower()]
        name = scopes.unique(".".join(parts), self.names | self.inputs.keys())
        self.names.add(name)
        return name, scopes.module_path(parts[:-1])

    def _weights(self, layer: Any, name: str, params: int) -> tuple[str, int]:
        """The layer that owned these weights before, if they are shared, and how many are this layer's own."""
        keys = [each.name for each in layer.param if each.name]
        first = next((self.owners[key] for key in keys if key in self.owners), "")
        for key in keys:
            self.owners.setdefault(key, name)
        return (first, 0) if first else ("", params)


def _data_shape(layer: Any, place: int) -> Shape:
    """What a data layer's fields tell of the shape of one of its blobs."""
    shapes = [*layer.input_param.shape, *layer.dummy_data_param.shape]
    if shapes:
        return tuple(int(d) for d in shapes[min(place, len(shapes) - 1)].dim)
    old = layer.dummy_data_param
    if old.num:
        return tuple(_nth(values, place) for values in (old.num, old.channels, old.height, old.width))
    params = list(_data_params(layer))
    batch: Any = next((p.batch_size for p in params if p.batch_size), "batch")
    if place:
        return (batch,)
    crop = layer.transform_param.crop_size or next((p.crop_size for p in params if p.crop_size), 0)
    height = crop or next((p.new_height or p.height for p in params if p.new_height or p.height), "?")
    width = crop or next((p.new_width or p.width for p in params if p.new_width or p.width), "?")
    channels = next((p.channels for p in params if p.channels), 1 if layer.transform_param.force_gray else 3)
    return (batch, channels if height != "?" else "?", height, width)


def _nth(values: Sequence[int], place: int) -> int:
    return int(values[min(place, len(values) - 1)]) if values else 1


def _data_params(layer: Any) -> Iterator[Any]:
    for name in ("data_param", "image_data_param", "memory_data_param", "hdf5_data_param", "window_data_param"):
        if layer.HasField(name):
            yield getattr(layer, name)
