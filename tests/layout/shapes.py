"""Small networks with looks, for layout tests and for the layout report."""

from __future__ import annotations

from nnfig.graph import Drawing, Edge, Graph, Group, Layer, Look, Panel, TensorSpec

GLYPHS = {"+": "+", "×": "×"}


class Builder:
    """A graph put together layer by layer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inputs: dict[str, TensorSpec] = {}
        self.layers: list[Layer] = []
        self.groups: list[Group] = []
        self.edges: dict[str, list[Edge]] = {}
        self.trunks: list[list[str]] = []
        self.splits: list[tuple[str, list[str]]] = []
        """A merge and the heads of its branches."""

    def input(self, name: str, *shape: int) -> str:
        """An input of the network."""
        self.inputs[name] = TensorSpec(shape)
        return name

    def group(self, path: str, title: str = "", parent: str = "", repeat: int = 1) -> str:
        """A group."""
        self.groups.append(Group(path, "", title or path, repeat, parent))
        return path

    def add(
        self, name: str, label: str = "", *sources: str, group: str = "", cls: str = "conv", dims: str = "",
        data: tuple[tuple[str, str], ...] = (), shape: tuple[int, ...] = (1, 8),
    ) -> str:  # fmt: skip
        """A layer, drawn as a circle where its label is a sign."""
        glyph = GLYPHS.get(label, "")
        look = Look((label or name,), "merge" if glyph else cls, glyph, dims, data=data)
        self.layers.append(Layer(name, label or name, group=group, look=look, output=(TensorSpec(shape),)))
        self.edges[name] = [Edge(source) for source in sources]
        return name

    def edge(self, source: str, target: str, label: str = "") -> None:
        """A further edge into a layer."""
        self.edges[target].append(Edge(source, label=label))

    def chain(self, group: str, *steps: tuple[str, str] | str, after: str = "", cls: str = "conv") -> list[str]:
        """Layers in a row; each a (name, label) or a name."""
        names: list[str] = []
        for step in steps:
            name, label = step if isinstance(step, tuple) else (step, step)
            self.add(name, label, *([after] if after else []), group=group, cls=cls)
            after = name
            names.append(name)
        return names

    def graph(self) -> Graph:
        """The graph, its layers in an order in which they can run."""
        waiting = {layer.name: layer for layer in self.layers}
        done: dict[str, None] = dict.fromkeys(self.inputs)
        layers: list[Layer] = []
        while waiting:
            ready = [n for n in waiting if all(e.source in done for e in self.edges[n])]
            for name in ready:
                layer = waiting.pop(name)
                done[name] = None
                layers.append(
                    Layer(
                        layer.name, layer.kind, tuple(self.edges[name]), layer.output,
                        group=layer.group, look=layer.look,
                    )
                )  # fmt: skip
        used = {e.source for layer in layers for e in layer.inputs}
        outputs = tuple(layer.name for layer in layers if layer.name not in used)
        return Graph(self.name, self.inputs, tuple(layers), tuple(self.groups), outputs)

    def drawing(self) -> Drawing:
        """The graph as a drawing of one panel."""
        return Drawing((Panel("", self.graph()),))


def chain(n: int) -> Builder:
    """n layers in a row."""
    b = Builder(f"chain{n}")
    last = b.input("x", 1, 8)
    names = b.chain("", *((f"l{i}", "3×3 conv, 64") for i in range(n)), after=last)
    b.trunks = [[last, *names]]
    return b


def resnet(name: str = "resnet18", reps: tuple[int, ...] = (2, 2, 2, 2), bottleneck: bool = False) -> Builder:
    """A residual network, every block open."""
    b = Builder(name)
    t = [b.input("image", 1, 3, 224, 224)]
    t += b.chain("", ("conv1", "7×7 conv, 64, /2"), ("maxpool", "3×3 max pool, /2"), after=t[-1])
    for stage, count in enumerate(reps):
        g = b.group(f"layer{stage + 1}", f"stage {stage + 1}")
        c = 64 * 2**stage
        for k in range(count):
            block = b.group(f"{g}.{k}", f"block {k + 1}", g)
            x = t[-1]
            kernels = ["1×1", "3×3", "1×1"] if bottleneck else ["3×3", "3×3"]
            seq = b.chain(block, *((f"{block}.conv{i}", f"{z} conv, {c}") for i, z in enumerate(kernels)), after=x)
            add = b.add(f"{block}.add", "+", seq[-1], group=block)
            if k == 0 and (stage or bottleneck):
                p = b.add(
                    f"{block}.down", f"1×1 conv, {c}", x, group=block, data=(("shortcut", "projection"),)
                )
                b.edge(p, add)
            else:
                b.edge(x, add)
            t += [*seq, add]
    t += b.chain("", ("avgpool", "average pool"), ("fc", "fc, 1000"), after=t[-1], cls="linear")
    b.trunks = [t]
    return b


def inception() -> Builder:
    """One inception module between two layers."""
    b = Builder("inception")
    x = b.input("previous layer", 1, 192, 28, 28)
    g = b.group("mixed", "Inception")
    heads = [["1×1 conv, 64"], ["1×1 conv, 96", "3×3 conv, 128"], ["1×1 conv, 16", "5×5 conv, 32"],
             ["3×3 max pool", "1×1 conv, 32"]]  # fmt: skip
    ends: list[str] = []
    firsts: list[str] = []
    for i, labels in enumerate(heads):
        names = b.chain(g, *((f"b{i}{j}", label) for j, label in enumerate(labels)), after=x)
        firsts.append(names[0])
        ends.append(names[-1])
    cat = b.add("cat", "filter concatenation", *ends, group=g, cls="merge")
    b.add("next", "next layer", cat)
    b.trunks = [[x, cat, "next"]]
    b.splits = [(cat, firsts)]
    return b


def transformer() -> Builder:
    """Encoder and decoder with cross-attention."""
    b = Builder("transformer")
    b.input("inputs", 1, 10)
    b.input("outputs (shifted)", 1, 10)
    b.group("enc", "encoder layer", repeat=6)
    b.group("dec", "decoder layer", repeat=6)

    def stem(p: str, x: str) -> list[str]:
        e = b.add(f"{p}.emb", "embedding", x, cls="embed")
        pos = b.add(f"{p}.pos", "positional encoding", cls="data")
        return [x, e, b.add(f"{p}.add", "+", e, pos)]

    def sub(t: list[str], p: str, label: str, group: str, cls: str) -> str:
        f = b.add(p, label, t[-1], group=group, cls=cls)
        t += [f, b.add(f"{p}.norm", "add & norm", f, t[-1], group=group, cls="norm")]
        return f

    enc, dec = stem("src", "inputs"), stem("tgt", "outputs (shifted)")
    sub(enc, "enc.attn", "multi-head attention", "enc", "attn")
    sub(enc, "enc.ff", "feed forward", "enc", "linear")
    sub(dec, "dec.self", "masked multi-head attention", "dec", "attn")
    cross = sub(dec, "dec.cross", "multi-head attention", "dec", "attn")
    b.edge(enc[-1], cross)
    sub(dec, "dec.ff", "feed forward", "dec", "linear")
    dec += b.chain("", ("linear", "linear"), ("softmax", "softmax"), after=dec[-1], cls="linear")
    b.trunks = [enc, dec]
    return b
