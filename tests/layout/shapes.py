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
                p = b.add(f"{block}.down", f"1×1 conv, {c}", x, group=block, data=(("shortcut", "projection"),))
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


def vgg() -> Builder:
    """VGG-19 in stages."""
    b = Builder("vgg19")
    t = [b.input("image", 1, 3, 224, 224)]
    for s, (c, count) in enumerate([(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)]):
        g = b.group(f"s{s}", f"stage {s + 1}")
        t += b.chain(g, *((f"c{s}{i}", f"3×3 conv, {c}") for i in range(count)), after=t[-1])
        t.append(b.add(f"p{s}", "max pool", t[-1], group=g, cls="pool", dims=f"{224 >> (s + 1)}×{224 >> (s + 1)}"))
    g = b.group("classifier", "classifier")
    t += b.chain(g, ("f1", "fc, 4096"), ("f2", "fc, 4096"), ("f3", "fc, 1000"), after=t[-1], cls="linear")
    b.trunks = [t]
    return b


def densenet() -> Builder:
    """A dense block: every layer takes all earlier ones."""
    b = Builder("densenet")
    g = b.group("block", "dense block")
    x = b.input("features", 1, 64, 56, 56)
    t = [x, b.add("pool", "max pool", x, cls="pool")]
    for i in range(6):
        t.append(b.add(f"l{i}", f"layer {i + 1}", *t[1:], group=g))
    t.append(b.add("transition", "", *t[1:], cls="norm"))
    t.append(b.add("end", "average pool", t[-1], cls="pool"))
    b.trunks = [t]
    return b


def unet(depth: int = 4) -> Builder:
    """An encoder-decoder with skips between equal resolutions."""
    b = Builder("unet")
    x = b.input("image", 1, 1, 572, 572)
    b.group("enc", "encoder")
    b.group("dec", "decoder")
    t, kept = [x], []

    def shape(d: int) -> tuple[int, ...]:
        return (1, 64 << d, 512 >> d, 512 >> d)

    for d in range(depth):
        for i in "ab":
            t.append(b.add(f"e{d}{i}", f"3×3 conv, {64 << d}", t[-1], group="enc", shape=shape(d)))
        kept.append(t[-1])
        t.append(b.add(f"p{d}", "max pool", t[-1], group="enc", cls="pool", shape=shape(d + 1)))
    for i in "ab":
        t.append(b.add(f"m{i}", f"3×3 conv, {64 << depth}", t[-1], shape=shape(depth)))
    for d in reversed(range(depth)):
        t.append(b.add(f"u{d}", "up-conv", t[-1], group="dec", cls="up", shape=shape(d)))
        t.append(b.add(f"k{d}", "concat", kept[d], t[-1], group="dec", cls="merge", shape=shape(d)))
        for i in "ab":
            t.append(b.add(f"d{d}{i}", f"3×3 conv, {64 << d}", t[-1], group="dec", shape=shape(d)))
    t.append(b.add("out", "1×1 conv, 2", t[-1], shape=shape(0)))
    b.trunks = [t]
    return b


def fpn() -> Builder:
    """A feature pyramid on a backbone."""
    b = Builder("fpn")
    for path, title in (("bb", "backbone"), ("fp", "feature pyramid"), ("hd", "heads")):
        b.group(path, title)
    t = [b.input("image", 1, 3, 512, 512)]
    t += b.chain("bb", "C2", "C3", "C4", "C5", after=t[0])
    above = ""
    for i in (5, 4, 3, 2):
        at = b.add(f"l{i}", "1×1 conv", f"C{i}", group="fp")
        if above:
            up = b.add(f"up{i}", "up ×2", above, group="fp", cls="up")
            at = b.add(f"a{i}", "+", at, up, group="fp")
        b.add(f"h{i}", "head", b.add(f"P{i}", f"P{i}", at, group="fp"), group="hd", cls="linear")
        above = at
    b.trunks = [t]
    return b


def hrnet() -> Builder:
    """Parallel resolutions that exchange features."""
    b = Builder("hrnet")
    t = [b.input("image", 1, 3, 256, 256)]
    t += b.chain("", ("s1", "3×3 conv, /2"), ("s2", "3×3 conv, /2"), after=t[0])
    now = [t[-1]]
    streams: list[list[str]] = [[], [], [], []]
    for s in range(4):
        g = b.group(f"S{s}", f"stage {s + 1}")
        now = [
            b.add(f"u{s}{k}", f"units 1/{4 << k}", *now, group=g, shape=(1, 32 << k, 64 >> k, 64 >> k))
            for k in range(s + 1)
        ]
        for k, name in enumerate(now):
            streams[k].append(name)
    cat = b.add("cat", "up & concat", *now, cls="merge", shape=(1, 480, 64, 64))
    b.add("head", "1×1 conv", cat)
    b.trunks = [[*t, streams[0][0]], *(s for s in streams if len(s) > 1)]
    return b


def nasnet() -> Builder:
    """A searched cell with two inputs and five sums."""
    b = Builder("nasnet")
    b.group("cell", "normal cell")
    p = b.add("n0", "1×1 conv", b.input("h[i-1]", 1, 44, 28, 28), group="cell")
    q = b.add("n1", "1×1 conv", b.input("h[i]", 1, 44, 28, 28), group="cell")
    plan = [(q, "sep 3×3", q, "identity"), (p, "sep 3×3", q, "sep 5×5"), (q, "avg 3×3", p, "identity"),
            (p, "avg 3×3", p, "avg 3×3"), (p, "sep 5×5", p, "sep 3×3")]  # fmt: skip
    sums = []
    for i, (x, one, y, two) in enumerate(plan):
        left = b.add(f"o{i}a", one, x, group="cell")
        right = b.add(f"o{i}b", two, y, group="cell")
        sums.append(b.add(f"s{i}", "+", left, right, group="cell"))
    cat = b.add("cat", "concat", *sums, q, group="cell", cls="merge")
    b.add("out", "h[i+1]", cat, cls="data")
    b.trunks = [[cat, "out"], ["h[i]", q]]
    return b


def lstm() -> Builder:
    """An LSTM cell."""
    b = Builder("lstm")
    b.group("cell", "LSTM cell")
    for name in ("c[t-1]", "h[t-1]", "x[t]"):
        b.input(name, 1, 8)
    b.add("cat", "concat", "h[t-1]", "x[t]", group="cell", cls="merge")
    for gate, sign in (("f", "σ"), ("i", "σ"), ("g", "tanh"), ("o", "σ")):
        b.add(
            f"a{gate}", sign, b.add(f"l{gate}", f"W{gate}", "cat", group="cell", cls="linear"), group="cell", cls="act"
        )
    b.add("m1", "×", "c[t-1]", "af", group="cell")
    b.add("m2", "×", "ai", "ag", group="cell")
    b.add("sum", "+", "m1", "m2", group="cell")
    b.add("th", "tanh", "sum", group="cell", cls="act")
    b.add("m3", "×", "th", "ao", group="cell")
    b.add("c[t]", "c[t]", "sum", cls="data")
    b.add("h[t]", "h[t]", "m3", cls="data")
    b.trunks = [["c[t-1]", "m1", "sum", "c[t]"]]
    return b


def gpt() -> Builder:
    """A GPT block with its attention open."""
    b = Builder("gpt")
    x = b.input("tokens + positions", 1, 1024)
    b.group("block", "GPT block", repeat=12)
    b.group("attn", "causal attention", "block")
    b.group("mlp", "MLP", "block")
    b.add("ln1", "layer norm", x, group="block", cls="norm")
    for name in "QKV":
        b.add(name, "", "ln1", group="attn", cls="linear")
    b.add("qk", "matmul", "Q", "K", group="attn", cls="attn")
    seq = ["qk", *b.chain("attn", "scale", "mask", "softmax", after="qk", cls="act")]
    seq.append(b.add("av", "matmul", "softmax", "V", group="attn", cls="attn"))
    seq.append(b.add("proj", "projection", "av", group="attn", cls="linear"))
    b.add("a1", "+", "proj", x, group="block")
    b.add("ln2", "layer norm", "a1", group="block", cls="norm")
    mlp = b.chain("mlp", ("fc1", "linear, 4d"), ("gelu", "GELU"), ("fc2", "linear, d"), after="ln2", cls="linear")
    b.add("a2", "+", mlp[-1], "a1", group="block")
    b.chain("", ("lnf", "layer norm"), ("head", "LM head"), after="a2", cls="linear")
    b.trunks = [[x, "ln1", "a1", "ln2", *mlp, "a2", "lnf", "head"], seq]
    return b


def clip() -> Builder:
    """Two encoders that meet in a similarity."""
    b = Builder("clip")
    sides = []
    for p, x, steps in (("I", "image", ["patch embed", "ViT block", "CLS pool", "linear", "L2 norm"]),
                        ("T", "text", ["token embed", "text block", "EOS pool", "linear", "L2 norm"])):  # fmt: skip
        g = b.group(p, f"{x} encoder")
        b.input(x, 1, 8)
        inside = b.chain(g, *((f"{p}{i}", label) for i, label in enumerate(steps[:3])), after=x, cls="attn")
        outside = b.chain("", *((f"{p}{i + 3}", label) for i, label in enumerate(steps[3:])), after=inside[-1])
        sides.append([x, *inside, *outside])
    b.add("sim", "cosine similarity", sides[0][-1], b.input("temperature"), sides[1][-1], cls="merge")
    b.add("image loss", "", "sim", cls="out")
    b.add("text loss", "", "sim", cls="out")
    b.trunks = sides
    b.splits = [("sim", [sides[0][0], sides[1][0]])]
    return b


def moe(experts: int = 8) -> Builder:
    """A mixture of experts with a router and a residual."""
    b = Builder("moe")
    x = b.input("tokens", 1, 1024)
    b.group("moe", "mixture of experts")
    b.add("ln", "layer norm", x, cls="norm")
    b.add("router", "", "ln", group="moe", cls="attn")
    names = [b.add(f"x{i}", f"expert {i + 1}", "ln", "router", group="moe", cls="linear") for i in range(experts)]
    b.add("sum", "weighted sum", *names, "router", group="moe", cls="merge")
    b.add("add", "+", "sum", x)
    b.add("out", "output", "add", cls="out")
    b.trunks = [[x, "ln", "sum", "add", "out"]]
    b.splits = [("sum", names)]
    return b


def siamese() -> Builder:
    """Twin towers."""
    b = Builder("siamese")
    sides = []
    for p in "AB":
        x = b.input(f"image {p}", 1, 1, 105, 105)
        g = b.group(p, f"twin {p} (shared)")
        steps = ["10×10 conv, 64", "max pool", "7×7 conv, 128", "max pool", "4×4 conv, 256", "fc, 4096"]
        sides.append([x, *b.chain(g, *((f"{p}{i}", label) for i, label in enumerate(steps)), after=x)])
    b.add("d", "L1 distance", sides[0][-1], sides[1][-1], cls="merge")
    tail = ["d", *b.chain("", "fc, 1", "sigmoid", after="d", cls="linear")]
    b.trunks = [*sides, tail]
    b.splits = [("d", [sides[0][0], sides[1][0]])]
    return b


def inception_v3() -> Builder:
    """A network of inception modules."""
    b = Builder("inception_v3")
    t = [b.input("image", 1, 3, 299, 299)]
    t += b.chain(
        b.group("stem", "stem"),
        *((f"st{i}", k) for i, k in enumerate(["3×3, /2", "3×3", "3×3", "pool", "1×1", "3×3", "pool"])), after=t[0],
    )  # fmt: skip
    modules = [
        ("A", 3, [["1×1"], ["1×1", "5×5"], ["1×1", "3×3", "3×3"], ["pool", "1×1"]]),
        ("RA", 1, [["3×3, /2"], ["1×1", "3×3", "3×3, /2"], ["pool"]]),
        ("B", 4, [["1×1"], ["1×1", "1×7", "7×1"], ["1×1", "7×1", "1×7", "7×1", "1×7"], ["pool", "1×1"]]),
        ("RB", 1, [["1×1", "3×3, /2"], ["1×1", "1×7", "7×1", "3×3, /2"], ["pool"]]),
        ("C", 2, [["1×1"], ["1×1", ("1×3", "3×1")], ["1×1", "3×3", ("1×3", "3×1")], ["pool", "1×1"]]),
    ]
    for title, repeat, branches in modules:
        g = b.group(title, f"Inception {title}", repeat=repeat)
        ends: list[str] = []
        heads: list[str] = []
        for k, steps in enumerate(branches):
            fork = steps[-1] if isinstance(steps[-1], tuple) else ()
            plain = [s for s in steps if isinstance(s, str)]
            names = b.chain(g, *((f"{title}{k}{i}", s) for i, s in enumerate(plain)), after=t[-1])
            heads.append(names[0])
            ends += [b.add(f"{title}{k}f{f}", f, names[-1], group=g) for f in fork] or [names[-1]]
        t.append(b.add(f"{title}cat", "concat", *ends, group=g, cls="merge"))
        b.splits.append((t[-1], heads))
    t += b.chain("", ("avg", "average pool"), ("fc", "fc, 1000"), after=t[-1], cls="linear")
    b.trunks = [t]
    return b


def resnet152() -> Builder:
    """A deep residual network with every block open."""
    return resnet("resnet152", (3, 8, 36, 3), bottleneck=True)


def resnet34() -> Builder:
    """A residual network with plain blocks, all open."""
    return resnet("resnet34", (3, 4, 6, 3))


ALL = (
    vgg, resnet34, resnet152, inception_v3, densenet, unet, transformer, fpn, hrnet, nasnet, lstm, gpt, clip, moe,
    siamese,
)  # fmt: skip
"""The 15 shapes that the layout report measures."""
