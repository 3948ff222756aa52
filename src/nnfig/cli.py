"""The command line: words to keywords of `nnfig.draw` and its neighbours; errors to one message and a status."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from nnfig.errors import NnfigError, Problem, plain

app = typer.Typer(
    name="nnfig",
    help="Figures of neural networks for papers, written in TikZ.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A layer list (.yaml .json), a model file (.onnx .keras .pt2 .prototxt), or Python: file.py:NAME, "
        "module:NAME.",
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="SHAPE[:DTYPE]", help="One per model input: 1,3,224,224 or mask=1,128:bool."),
]
Args = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="KEY=VALUE", help="Constructor argument of NAME, a YAML value."),
]
Outputs = Annotated[list[Path], typer.Option("-o", "--output", metavar="FIGURE", help="Where to write; repeatable.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a text file that nnfig did not write.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what was chosen, and print the caption.")]
Progress = Annotated[bool | None, typer.Option("--progress/--no-progress", help="Default: on a terminal only.")]
View = Annotated[str, typer.Option(help="auto, blocks, volumes, maps, neurons or strip: what a node is.")]
Detail = Annotated[str, typer.Option(help="overview, paper, explicit or ops: the explicit/implicit dial.")]
Show = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LIST",
        help="What is written (dims, kernel, channels, stride, attributes, shapes, params, macs, names, classes) "
        "or drawn (kinds, categories).",
    ),
]
Hide = Annotated[list[str] | None, typer.Option(metavar="LIST", help="Kinds and categories that are not drawn.")]
Merge = Annotated[
    list[str] | None, typer.Option(metavar="LIST", help="... that are merged into the layer they follow.")
]
Depth = Annotated[int | None, typer.Option(metavar="N", help="Levels of hierarchy that are opened everywhere.")]
Open = Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Module paths that are opened.")]
Close = Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Module paths that are drawn as one block.")]
Inset = Annotated[list[str] | None, typer.Option(metavar="KIND", help="A panel that opens one block of that class.")]
Fold = Annotated[bool | None, typer.Option("--fold/--no-fold", help="Equal blocks in a row become one, marked xN.")]
Direction = Annotated[str | None, typer.Option(help="right or down; default: whichever fits better.")]
Width = Annotated[str, typer.Option(metavar="LENGTH", help="Printed width to fit.")]
MaxHeight = Annotated[str, typer.Option(metavar="LENGTH", help="Printed height to fit.")]
FontSize = Annotated[float, typer.Option(metavar="PT", help="Preferred text size; it may shrink to 6.")]
Scale = Annotated[str, typer.Option(help="linear, sqrt or log: how volumes are damped.")]
Compare = Annotated[list[str] | None, typer.Option(metavar="SOURCE", help="A further network beside the first.")]
Style = Annotated[list[str] | None, typer.Option(metavar="FILE", help="A style sheet, or a preset's name.")]
Template = Annotated[str | None, typer.Option(metavar="FILE", help="A Jinja template in place of ours.")]
Page = Annotated[str, typer.Option(help="standalone, input or self-contained.")]
Title = Annotated[str, typer.Option(help="Name of the figure in caption and alt text.")]


@app.command()
def draw(
    source: Source,
    output: Outputs,
    input: Inputs = None,
    arg: Args = None,
    view: View = "auto",
    detail: Detail = "paper",
    show: Show = None,
    hide: Hide = None,
    merge: Merge = None,
    depth: Depth = None,
    open: Open = None,
    close: Close = None,
    inset: Inset = None,
    fold: Fold = None,
    direction: Direction = None,
    width: Width = "5.5in",
    max_height: MaxHeight = "8in",
    font_size: FontSize = 8,
    scale: Scale = "sqrt",
    compare: Compare = None,
    style: Style = None,
    template: Template = None,
    page: Page = "standalone",
    title: Title = "",
    force: Force = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    progress: Progress = None,
) -> None:
    """Draw a network: .tex .pdf .png .svg .html, by suffix; several -o share the work."""
    from nnfig import outputs
    from nnfig.figure import draw

    outputs.check(output)
    figure = draw(
        source,
        input_size=input or None,
        arguments=_arguments(arg),
        compare=compare or (),
        progress=_progress(progress, quiet),
        command=_command(),
        view=view,
        detail=detail,
        show=show,
        hide=hide,
        merge=merge,
        depth=depth,
        open=open,
        close=close,
        inset=inset,
        fold=fold,
        direction=direction,
        width=width,
        max_height=max_height,
        font_size=font_size,
        scale=scale,
        style=style,
        template=template,
        page=page,
        title=title,
    )
    for path in output:
        figure.save(path, force=force)
    if quiet:
        return
    for note in figure.warnings if not verbose else figure.notes:
        typer.echo(f"nnfig: {plain(note)}", err=True)
    if verbose:
        typer.echo(plain(figure.caption))


@app.command()
def trace(
    source: Source,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="NET.yaml", help="Layer list to write (.yaml .json).")
    ],
    input: Inputs = None,
    arg: Args = None,
    full: Annotated[bool, typer.Option("--full", help="Also write attributes that equal PyTorch's defaults.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    progress: Progress = None,
) -> None:
    """Write the layer list, to edit and draw again."""
    graph = _load(source, input, arg, _progress(progress, quiet))
    graph.save(output, full=full, force=force)
    if not quiet:
        for note in graph.notes:
            typer.echo(f"nnfig: {plain(note)}", err=True)


@app.command()
def show(
    source: Source,
    input: Inputs = None,
    arg: Args = None,
    format: Annotated[str, typer.Option(help="text, json, or table.tex (a booktabs table).")] = "text",
    depth: Depth = None,
    fold: Fold = None,
    color: Annotated[bool | None, typer.Option("--color/--no-color", help="Default: on a terminal only.")] = None,
    quiet: Quiet = False,
    progress: Progress = None,
) -> None:
    """Print a network in the terminal: operations, sizes, parameters, MACs."""
    from nnfig import surfaces

    graph = _load(source, input, arg, _progress(progress, quiet))
    tty = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    typer.echo(
        surfaces.summary(
            graph, format=format, depth=depth, fold=fold is not False, color=tty if color is None else color
        )
    )


@app.command()
def bundle(
    figure: Annotated[list[Path], typer.Argument(metavar="FIGURE.tex...", help="Figures that nnfig wrote.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to make.")],
) -> None:
    """Put everything that arXiv or Overleaf needs into one folder, checked."""
    from nnfig import typeset

    for line in typeset.bundle(figure, output):
        typer.echo(line)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def watch(context: typer.Context, source: Source, output: Outputs) -> None:
    """Redraw on every save of the source, the style sheet or the template. Takes every option of draw."""
    from nnfig import watch as watching

    group: Any = typer.main.get_command(app)
    words = [source, *context.args, *(word for path in output for word in ("-o", str(path)))]
    given: dict[str, Any] = dict(group.commands["draw"].make_context("nnfig watch", words).params)
    for name in ("source", "output", "quiet", "verbose", "progress"):
        del given[name]
    sizes, arguments, force = given.pop("input"), _arguments(given.pop("arg")), given.pop("force")
    given["compare"] = given["compare"] or ()
    watching.watch(source, output, {"input_size": sizes or None, "arguments": arguments, **given}, force=force)


@app.command()
def check(
    figure: Annotated[Path, typer.Argument(metavar="FIGURE.tex", help="A figure that nnfig wrote.")],
    source: Source,
    input: Inputs = None,
    arg: Args = None,
) -> None:
    """Does the figure still tell the truth about the model?"""
    from nnfig import check as checking

    problems = checking.check(figure, _load(source, input, arg, False))
    if problems:
        raise NnfigError(*problems)
    typer.echo(f"{figure} tells the truth about {source}")


@app.command()
def schema(
    what: Annotated[str, typer.Argument(metavar="[spec|style]", help="Layer lists or style sheets.")] = "spec",
) -> None:
    """Print the JSON Schema of layer lists or of style sheets, for editors."""
    from nnfig.surfaces import schema

    typer.echo(json.dumps(schema(what), indent=2, ensure_ascii=False))


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    from nnfig import doctor as doctoring

    typer.echo(doctoring.report())


def _version(wanted: bool) -> None:
    if wanted:
        from nnfig import __version__

        typer.echo(f"nnfig {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def _load(source: str, input: Sequence[str] | None, arg: Sequence[str] | None, progress: bool) -> Any:
    from nnfig import sources

    return sources.load(source, input_size=input or None, arguments=_arguments(arg), progress=progress)


def _arguments(given: Sequence[str] | None) -> dict[str, Any]:
    """`--arg` texts as constructor arguments; values are YAML."""
    found: dict[str, Any] = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise NnfigError(f"--arg {text}: expected KEY=VALUE", hint="for instance --arg num_classes=10")
        import yaml

        try:
            found[key] = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise NnfigError(f"--arg {text}: the value is no YAML ({error.__class__.__name__})") from None
    return found


def _progress(wanted: bool | None, quiet: bool) -> bool:
    return sys.stderr.isatty() and not quiet if wanted is None else wanted


def _command() -> str:
    return shlex.join(["nnfig", *sys.argv[1:]])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its status: 0, 2 (the user can mend it), 1 (our fault) or 130."""
    sys.exit(_guarded(lambda: app(list(arguments) if arguments is not None else None, standalone_mode=True)))


def _guarded(run: Callable[[], Any]) -> int:
    try:
        run()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except NnfigError as error:
        return _complain(error.problems)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _apologise(error)
    return 0


def _complain(problems: Sequence[Problem]) -> int:
    for problem in problems:
        typer.echo(f"nnfig: {problem}", err=True)
    return 2


def _apologise(error: Exception) -> int:
    """A fault of ours: say so in one message; NNFIG_DEBUG=1 shows the traceback."""
    if os.environ.get("NNFIG_DEBUG"):
        import traceback

        traceback.print_exc()
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" at {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    typer.echo(
        f"nnfig: internal error{place}: {type(error).__name__}: {plain(str(error))}\n"
        "  This is a fault of nnfig. Run again with NNFIG_DEBUG=1 and report what it prints, with the source.",
        err=True,
    )
    return 1
