"""Small scenes built by hand: one for each view, and one whose every text attacks."""

from __future__ import annotations

from nnfig.graph import LegendEntry
from nnfig.layout.scene import Frame, Label, Legend, Node, Scene, Wire
from nnfig.layout.volumes.solids import Solid


def block() -> Scene:
    """A residual block in a frame, with a projection and a legend."""
    data = (("kernel", "3×3"), ("channels", "64"), ("shape", "1×64×56×56"))
    return Scene(
        200,
        70,
        8,
        nodes=(
            Node("x", 14, 30, 28, 14, "data", label=("image",), dims="3×56×56", title="x: input 1x3x56x56"),
            Node("layer1.0.conv_1", 64, 30, 44, 20, "conv", label=("3×3 conv,", "64"), kind="Conv2d", data=data),
            Node("layer1.0.bn", 108, 30, 20, 14, "norm", label=("BN",), kind="BatchNorm2d"),
            Node("layer1.0.add", 132, 30, 10, 10, "merge", shape="circle", label=("+",), kind="add"),
            Node("relu", 160, 30, 28, 14, "act", label=("ReLU",), kind="ReLU"),
            Node("fc", 190, 30, 14, 44, "linear", label=("Linear, 10",), rotate=90, kind="Linear"),
        ),
        wires=(
            Wire("layer1.0.conv_1", "layer1.0.bn"),
            Wire("x", "layer1.0.conv_1"),
            Wire("layer1.0.bn", "layer1.0.add"),
            Wire("layer1.0.add", "relu"),
            Wire("relu", "fc"),
            Wire(
                "x",
                "layer1.0.add",
                "north",
                "north",
                via=((14, 58), (132, 58)),
                cls="projection",
                label="1×1",
                label_at=(80, 58),
            ),
        ),
        frames=(
            Frame("layer1.0", 37, 14, 141, 46, "Block", repeat=3, repeat_at="north", members=("layer1.0.conv_1",)),
        ),
        labels=(Label(185, 62, ("stage 1",), "stage"),),
        legends=(Legend(0, 0, 150, 10, (LegendEntry("conv", "Convolution"), LegendEntry("act", "Activation")), 2, 70),),
        caption="A block: 3×3 & 50% of σ.",
        alt="A residual block",
    )


def volumes() -> Scene:
    """A stack of slabs with bands and a kernel, a pooled one, a vector; maps; neurons."""

    def volume(name: str, x: float, front: float, size: float, cls: str, **more: object) -> Node:
        body = Solid(front, size, size if front > 4 else 4)
        return Node(name, x, 60, body.w, body.h, cls, "volume", depth=body.depth, **more)  # type: ignore[arg-type]

    return Scene(
        380,
        120,
        8,
        nodes=(
            volume(
                "c1",
                50,
                16,
                80,
                "conv",
                seams=(0.5,),
                bands=((0.4, 0.5, "act"), (0.9, 1, "act")),
                below="2×64",
                edge="224",
                side="224",
                window=(-8, 2, 12, 12),
            ),
            volume("p1", 68, 5, 50, "pool", top="pool"),
            volume("fc", 150, 4, 40, "linear", below="4096"),
            Node("m1", 200, 60, 8, 70, "conv", "map", top="64", side="568×568"),
            Node("m2", 240, 60, 16, 70, "conv", "map", top="128", copied=0.5),
            Node("n1", 290, 60, 9.2, 93.2, "data", "neurons", units=6, dots_after=5, crossed=(2,), below="784"),
            Node("n2", 340, 60, 9.2, 51.2, "linear", "neurons", units=4),
        ),
        wires=(
            Wire("p1", "fc"),
            Wire("m1", "m2", out_shift=9, in_shift=9, cls="copy"),
            Wire("n1", "n2", cls="dense", tip=False),
        ),
        view="volumes",
    )


EVIL = r"\input{/etc/passwd}\end{document}%#$&~_^{}}{]],=" + '\n\\write18{id}<script>"--?`!`;:é卷×²'


def evil() -> Scene:
    """Every text field holds what would do harm if it were not escaped."""
    data = ((EVIL, "v"), ("kernel", EVIL), ("shape", "]{x}\\oops"))
    wire = Wire(EVIL, "b", via=((30, 40), (90, 40)), cls=EVIL, label=EVIL, label_at=(50, 40))
    nodes = (
        Node(EVIL, 20, 20, 200, 20, EVIL, label=(EVIL, EVIL), dims=EVIL, kind=EVIL, data=data, title=EVIL),
        Node("b", 160, 20, 20, 20, "func", "circle", label=(EVIL,), title=EVIL),
        Node(
            "v",
            220,
            20,
            30,
            30,
            EVIL,
            "volume",
            depth=10,
            bands=((0.1, 0.2, EVIL),),
            top=EVIL,
            side=EVIL,
            below=EVIL,
            edge=EVIL,
        ),
        Node("m", 260, 20, 30, 30, "conv", "map", top=EVIL, side=EVIL, below=EVIL, copied=0.3),
    )
    return Scene(
        300, 60, 8, nodes, (wire,), (Frame(EVIL, 0, 0, 60, 50, EVIL, members=("b",), cls=EVIL),),
        (Label(10, 50, (EVIL, EVIL), EVIL),),
        (Legend(0, 0, 50, 10, (LegendEntry(EVIL, EVIL), LegendEntry(EVIL, EVIL, "edge"))),),
        caption=EVIL, alt=EVIL,
    )  # fmt: skip
