"""Speed as ratios measured in one run: prints a Markdown table (`make bench`); status 1 if one is over its limit."""

from __future__ import annotations

import gc
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "benchmarks")]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    value: float
    unit: str
    limit: float | None = None


def median_seconds(run: Callable[[], object], times: int = 5) -> float:
    """Median processor time of a few runs, after one that warms up."""
    run()
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def ratio(
    ours: Callable[[], object],
    floor: Callable[[], object],
    times: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Median of time against time, run in turns after one run each, so that a busy machine slows both down.

    Where one takes ten times as long as the other, it does not: then `clock` should count processor time.
    """
    found = []
    for turn in range(times + 1):
        taken = []
        for run in (ours, floor):
            start = clock()
            run()
            taken.append(clock() - start)
        if turn:
            found.append(taken[0] / taken[1])
    return statistics.median(found)


def fresh_python(code: str, bytecode: str) -> Callable[[], object]:
    """Runs code in a fresh Python; compiled modules are kept in a folder, as pip keeps them."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
    command = [sys.executable, "-c", code]
    return lambda: subprocess.run(command, check=True, cwd=ROOT, capture_output=True, env=env)


def tracing() -> Iterator[Row]:
    """Trace against one forward pass on meta, and against other tracers on the same model."""
    import resnet
    import torch

    import nnfig

    torch.set_num_threads(1)
    import gpt2

    cases = {
        "ResNet-50": (resnet.resnet50, torch.empty(1, 3, 224, 224), "1,3,224,224"),
        "GPT-2": (gpt2.gpt2, torch.zeros(1, 64, dtype=torch.long), "1,64:int64"),
    }
    cold = (
        "import sys, time; sys.path.insert(0, 'examples'); import resnet, nnfig, torch; "
        "torch.set_num_threads(1); model = resnet.resnet50().eval(); "
        "start = time.process_time(); nnfig.trace(model, input_size='1,3,224,224'); print(time.process_time() - start)"
    )
    said = subprocess.run([sys.executable, "-c", cold], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    yield Row("trace ResNet-50, the first trace of a process that has loaded torch", float(said), "s")
    for name, (make, x, size) in cases.items():
        model = make().eval()
        with torch.device("meta"):
            ghost = make().eval()
        meta = x.to("meta")

        def forward(ghost=ghost, meta=meta) -> None:
            with torch.no_grad():
                ghost(meta)

        def ours(model=model, size=size) -> None:
            nnfig.trace(model, input_size=size)

        yield Row(f"trace {name} again / its forward pass on meta", ratio(ours, forward), "x", 6)
        for peer, run in peers(make, x):
            yield Row(
                f"trace {name} again / {peer}",
                ratio(ours, run, 3),
                "x",
                1 if peer == "torchview" else None,
            )


def peers(make, x) -> Iterator[tuple[str, Callable[[], object]]]:
    """Other tracers that are installed, each with a model of its own: torchview moves it to meta."""
    try:
        import torchview

        model = make().eval()
        yield (
            "torchview",
            lambda: torchview.draw_graph(model, input_data=x, device="meta", depth=20, graph_dir="TB"),
        )
    except ImportError:
        print("torchview is not installed: pip install torchview graphviz", file=sys.stderr)
    try:
        import torchlens

        warnings.simplefilter("ignore")

        trace = getattr(torchlens, "trace", None) or torchlens.log_forward_pass  # as it was called before 2.0
        other = make().eval()
        yield "torchlens", lambda: trace(other, x)
    except ImportError:
        print("torchlens is not installed: pip install torchlens", file=sys.stderr)


def starting() -> Iterator[Row]:
    """YAML to .tex in a fresh Python, against that Python starting with the libraries that it needs."""
    with tempfile.TemporaryDirectory() as kept:
        floor = fresh_python("import jinja2, yaml", kept)
        ours = fresh_python("import nnfig; nnfig.draw('examples/lenet.yaml').tex", kept)
        yield Row("lenet.yaml to .tex / Python with jinja2 and yaml", ratio(ours, floor, 9), "x", 3)
        bare = fresh_python("pass", kept)
        yield Row("import nnfig / bare Python", ratio(fresh_python("import nnfig", kept), bare, 9), "x", 1.3)
    loaded = "import nnfig, sys; print([m for m in ('torch', 'jinja2', 'rich', 'pydantic') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout
    yield Row("of torch, jinja2, rich and pydantic, import nnfig loads", said.count("'") / 2, "", 0)


def drawing() -> Iterator[Row]:
    """Graph to .tex on big networks, and growth with the number of layers."""
    import gpt2
    import resnet

    import nnfig
    from nnfig import typeset

    networks = {
        "ResNet-152": nnfig.trace(resnet.resnet152(), input_size=(1, 3, 224, 224)),
        "GPT-2": nnfig.trace(gpt2.gpt2(), input_size="1,64:int64"),
    }
    for name, graph in networks.items():
        tex = nnfig.draw(graph).tex
        ours, floor = (lambda graph=graph: nnfig.draw(graph).tex), (lambda tex=tex: typeset.pdf(tex))
        yield Row(f"{name} graph to .tex", median_seconds(ours, 3), "s")
        yield Row(f"{name} graph to .tex / pdflatex on it", ratio(ours, floor, 5), "x", 1)
    few, many = residual(500), residual(5000)
    gc.collect()
    gc.freeze()  # the collector is not to look at this process's other networks again and again
    yield Row("5,000 layers to .tex, explicit, every block drawn", median_seconds(many, 1), "s")
    yield Row("growth from 500 to 5,000 layers (exponent)", math.log10(ratio(many, few, 3, time.process_time)), "", 1.2)


def residual(layers: int) -> Callable[[], object]:
    """Draws a residual network of so many layers, nothing folded."""
    import nnfig

    blocks = layers // 5
    text = "nnfig: 1\ninputs: {x: [1, 64, 32, 32]}\ndefine:\n  block(k):\n"
    text += "  - Conv2d 3x3, 64, padding 1\n  - BatchNorm2d\n  - ReLU\n  - c: Conv2d 3x3, 64, padding 1\n"
    text += "  - {kind: add, from: [c, input]}\nlayers:\n"
    text += "".join(f"- b{i}: block({i})\n" for i in range(blocks))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep.yaml"
        path.write_text(text)
        graph = nnfig.load(path)
    return lambda: nnfig.draw(graph, detail="explicit", fold=False).tex


def typesetting() -> Iterator[Row]:
    """pdflatex on our figures against an empty TikZ picture and against cuboids; the preview against pdflatex."""
    import cuboids
    import resnet

    import nnfig
    from nnfig import typeset

    empty = r"\documentclass{article}\usepackage{tikz}\begin{document}\tikz{}\end{document}"

    def floor() -> object:
        return typeset.pdf(empty)

    figure = nnfig.draw(resnet.resnet50(), input_size=(1, 3, 224, 224), fold=False)
    layers = figure.tex.count(r"\nnflayer")
    yield Row(
        f"pdflatex on {layers} layers / an empty TikZ picture",
        ratio(lambda: typeset.pdf(figure.tex), floor),
        "x",
        3,
    )
    small = nnfig.draw("examples/vgg16.yaml", view="volumes")
    yield Row(
        "pdflatex on VGG-16 as volumes / an empty TikZ picture",
        ratio(lambda: typeset.pdf(small.tex), floor),
        "x",
        2,
    )
    for name, source, theirs in (
        ("VGG-16", "examples/vgg16.yaml", cuboids.vgg16()),
        ("U-Net", "examples/unet.yaml", cuboids.unet()),
    ):
        tex = nnfig.draw(source, view="volumes").tex
        yield Row(
            f"pdflatex on {name} as volumes / as cuboids in the manner of PlotNeuralNet",
            ratio(lambda tex=tex: typeset.pdf(tex), lambda theirs=theirs: typeset.pdf(theirs)),
            "x",
            1,
        )
    from nnfig.typeset import preview

    yield Row(
        "preview with a dumped format / pdflatex",
        ratio(lambda: preview.pdf(small.tex), lambda: typeset.pdf(small.tex)),
        "x",
        0.5,
    )


def memory() -> Iterator[Row]:
    """What a model of 405 billion parameters costs, built and traced on meta in a process of its own."""
    code = """
import re, sys, time
sys.path.insert(0, 'examples')
import llama, nnfig, torch

torch.set_num_threads(1)

def status(key):
    return int(re.search(key + r':\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024

model = llama.llama3_405b()
open('/proc/self/clear_refs', 'w').write('5')  # the peak is counted from here
before, start = status('VmRSS'), time.process_time()
nnfig.trace(model, input_size='1,128:int64')
print(status('VmHWM') - before, time.process_time() - start)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    more, seconds = map(float, done.stdout.split())
    yield Row("Llama 405 B on meta: memory beyond the model's own", more, "MiB", 256)
    yield Row("Llama 405 B on meta: trace", seconds, "s")


def main() -> int:
    """Print the table."""
    parts = {f.__name__: f for f in (starting, drawing, typesetting, tracing, memory)}
    wanted = sys.argv[1:] or list(parts)
    over = 0
    print("| what | measured | limit |\n| --- | --- | --- |")
    for name in wanted:
        for row in parts[name]():
            bad = row.limit is not None and row.value > row.limit
            over += bad
            limit = f"{row.limit:g}" if row.limit is not None else ""
            print(f"| {row.what} | {row.value:.2f} {row.unit} | {limit}{' OVER' if bad else ''} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this run {peak:.0f} MiB", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
