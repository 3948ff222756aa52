"""The nouns: a Graph of Layers joined by Edges, nested in Groups. Frozen, printable, checked by `verify`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

Dim = int | str
"""A size, or the name of a symbolic one ('batch')."""

Mark = Literal["", "plumbing", "constant", "index", "opaque"]
"""What a layer is beside arithmetic.

- `plumbing`: moves or relabels values (view, reshape, permute, getitem, cast); hiding it loses nothing but a label.
- `constant`: depends on no input of the network (a parameter read by a function, a table, a mask made of numbers).
- `index`: integer or boolean arithmetic that prepares masks and positions.
- `opaque`: a body that the source could not look into (C++ code, a numpy round trip).
"""

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape (batch included; N C H W or N L D) and dtype of one tensor.

    >>> print(TensorSpec((1, 64, 56, 56)))
    1x64x56x56
    """

    shape: tuple[Dim, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        return "x".join(map(str, self.shape)) or "scalar"


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that a layer takes: the `output`-th output of `source`, a layer or an input of the network."""

    source: str
    output: int = 0
    label: str = ""
    """What happens on the way where that is worth saying ('split heads'); detail writes it."""
    kind: Literal["data", "gradient"] = "data"
    """`gradient` edges carry derivatives and run backwards."""


@dataclass(frozen=True, slots=True)
class Look:
    """How detail decided that a layer is to be read: text and style, no coordinates."""

    label: tuple[str, ...] = ()
    """Lines of plain Unicode text; layout may wrap a line further at a comma, a dot or a space."""
    cls: str = "block"
    """The TeX style it is drawn with: conv, pool, linear, norm, act, attn, embed, merge, up, data, out, block ..."""
    glyph: str = ""
    """A sign drawn in a circle instead of a box: '+', '×', '‖', 'σ', 'tanh', 'f'; empty for a box."""
    dims: str = ""
    """Size of the output as it is written beside the layer, empty where it did not change."""
    merged: tuple[str, ...] = ()
    """Names of the layers that run inside this one, after it, in the order in which they run."""
    then: tuple[str, ...] = ()
    """The same as calls with what is no default: `LeakyReLU(negative_slope=0.1)`."""
    data: tuple[tuple[str, str], ...] = ()
    """Further facts for TeX (`kernel`, `channels`, `stride`, ...), readable there in text templates."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One computation: a module call or a function call, or, after detail, a closed group."""

    name: str
    """Unique in the graph: the module path, or path of the enclosing module and function (`layer1.0.add`)."""
    kind: str
    """PyTorch's class or function name, verbatim (`Conv2d`, `add`); a closed group has its class name."""
    inputs: tuple[Edge, ...] = ()
    """In argument order."""
    output: tuple[TensorSpec, ...] = ()
    """One for each output tensor."""
    params: int = 0
    """Elements of the parameters that this layer owns; 0 for a layer that runs another one's weights again."""
    macs: int | None = None
    """Multiply-accumulates of one forward pass at this input; None where nobody knows."""
    path: str = ""
    """Module path; for a function call that of the module it runs in."""
    attributes: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    """Hyper-parameters with PyTorch's names: numbers, text, booleans, None and tuples of these."""
    shared: str = ""
    """Name of the earlier layer whose weights this one runs."""
    group: str = ""
    """Path of the innermost group that holds the layer; empty at the top."""
    mark: Mark = ""
    original: str = ""
    """The source's own name of the kind where it is not PyTorch's ('Gemm')."""
    look: Look | None = None
    """Set by detail."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the layers and inputs that it takes, in argument order."""
        return tuple(edge.source for edge in self.inputs)

    @property
    def dtype(self) -> tuple[str, ...]:
        """One dtype for each output tensor."""
        return tuple(spec.dtype for spec in self.output)

    @property
    def shape(self) -> tuple[Dim, ...]:
        """Shape of the first output; empty if it gives none."""
        return self.output[0].shape if self.output else ()


@dataclass(frozen=True, slots=True)
class Group:
    """Layers under one module call; after folding, `repeat` equal ones of which the first is kept."""

    path: str
    """Unique: the module path; a second call of the same module is `path@2`."""
    cls: str = ""
    """Class name of the module (`Bottleneck`); written `class` in files."""
    title: str = ""
    """What is written on the frame; empty: the class name."""
    repeat: int = 1
    parent: str = ""
    """Path of the group around it; empty at the top."""
    shared: bool = False
    """Whether the repeated ones all run the same weights, as the steps of an unrolled loop do."""


@dataclass(frozen=True)
class Graph:
    """A whole network: what every source gives and every drawing starts from.

    `layers` are in an order in which they can run: every data edge comes from an input or an earlier layer.
    """

    name: str = ""
    inputs: Mapping[str, TensorSpec] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    groups: tuple[Group, ...] = ()
    """Parents before children."""
    outputs: tuple[str, ...] = ()
    """Names of the layers (or inputs) that the network returns."""
    output_names: tuple[str, ...] = ()
    """The network's own names for them ('logits'), parallel to `outputs`, or empty."""
    notes: tuple[str, ...] = ()
    """What the source could not tell or had to assume, each a sentence for the reader."""
    returned: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    """For layers among `outputs` of which more or others than the first output are returned: which ones."""

    @cached_property
    def layer(self) -> Mapping[str, Layer]:
        """Layers by name."""
        return MappingProxyType({layer.name: layer for layer in self.layers})

    @cached_property
    def group(self) -> Mapping[str, Group]:
        """Groups by path."""
        return MappingProxyType({group.path: group for group in self.groups})

    @cached_property
    def consumers(self) -> Mapping[str, tuple[str, ...]]:
        """For each layer and input, the layers that take it, in graph order, each once."""
        found: dict[str, dict[str, None]] = {name: {} for name in (*self.inputs, *self.layer)}
        for layer in self.layers:
            for source in layer.sources:
                found[source][layer.name] = None
        return MappingProxyType({name: tuple(names) for name, names in found.items()})

    @property
    def edges(self) -> Iterator[tuple[Edge, str]]:
        """Every edge with the name of the layer that takes it."""
        return ((edge, layer.name) for layer in self.layers for edge in layer.inputs)

    @property
    def params(self) -> int:
        """Parameters of the whole network, shared ones counted once."""
        return sum(layer.params * self.repeats(layer, shared=False) for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass, as far as they are known."""
        return sum((layer.macs or 0) * self.repeats(layer) for layer in self.layers)

    def spec(self, name: str, output: int = 0) -> TensorSpec | None:
        """The tensor that an input or a layer's output is; None where it is unknown."""
        if name in self.inputs:
            return self.inputs[name]
        specs = self.layer[name].output
        return specs[output] if output < len(specs) else None

    def ancestors(self, group: str) -> tuple[str, ...]:
        """The group and the groups around it, innermost first; empty for the top."""
        found = self._ways.get(group)
        return self._way(group) if found is None else found

    def _way(self, group: str) -> tuple[str, ...]:
        unknown: list[str] = []
        while group not in self._ways:
            unknown.append(group)
            group = self.group[group].parent
        for path in reversed(unknown):
            self._ways[path] = (path, *self._ways[group])
            group = path
        return self._ways[group]

    @cached_property
    def _ways(self) -> dict[str, tuple[str, ...]]:
        """What `ancestors` has found, kept because every pass asks for every layer."""
        return {"": ()}

    def repeats(self, layer: Layer, *, shared: bool = True) -> int:
        """How many times the layer stands in the network once folded groups are counted out.

        With `shared=False`, how many sets of weights that makes.
        """
        count = 1
        for path in self.ancestors(layer.group):
            group = self.group[path]
            count *= group.repeat if shared or not group.shared else 1
        return count

    def members(self, group: str) -> tuple[Layer, ...]:
        """Layers inside a group, at any depth, in graph order."""
        return tuple(layer for layer in self.layers if group in self.ancestors(layer.group))

    def children(self, group: str = "") -> tuple[Group, ...]:
        """Groups directly inside a group, or at the top."""
        return tuple(g for g in self.groups if g.parent == group)

    def replace(self, **changes: Any) -> Graph:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def save(self, path: Any, *, full: bool = False, force: bool = False) -> None:
        """Write the layer list as YAML (`.yaml`, `.yml`) or JSON (`.json`).

        `full` also writes attributes that equal PyTorch's defaults. A file that nnfig did not write is
        kept unless `force`. Raises NnfigError for another suffix, or where the file cannot be written.
        """
        from nnfig.graph.save import save

        save(self, path, full=full, force=force)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a notebook and in IPython a graph shows itself as `nnfig show` prints it."""
        # By name, because the nouns know no room; this is their one word about how they look.
        printer.text(import_module("nnfig.report").terminal(self))

    def __str__(self) -> str:
        layers = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        lines = [f"{self.name or 'network'}: {layers}, {self.params:,} parameters"]
        lines += [f"  input {name} {spec} {spec.dtype}" for name, spec in self.inputs.items()]
        for layer in self.layers:
            indent = "  " * (1 + len(self.ancestors(layer.group)))
            outputs = ", ".join(map(str, layer.output))
            times = f" x{self.repeats(layer)}" if self.repeats(layer) > 1 else ""
            lines.append(f"{indent}{layer.name} = {layer.kind}({', '.join(layer.sources)}) {outputs}{times}".rstrip())
        lines.append(f"  return {', '.join(self.outputs)}")
        return "\n".join(lines)
