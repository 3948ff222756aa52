"""The texts of several figures go in; out come their SVGs with one set of fonts, by one run of LaTeX and dvisvgm.

All figures lie on one another on one page, so that every font is embedded once, with the letters of all of them;
comments in the SVG tell where each begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as xml

from nnfig.errors import NnfigError
from nnfig.typeset.fonts import FORMAT, without_dates
from nnfig.typeset.run import latex, require, run, workshop

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Figures as SVG, to be put into one page."""

    pictures: tuple[str, ...]
    """What stands inside `<svg>` for each."""
    boxes: tuple[Box, ...]
    """x, y, width and height of each, in big points."""
    style: str
    """CSS that all of them need: embedded fonts and text sizes."""
    defs: str
    """SVG definitions that all of them need."""


_SHEET = r"""\def\pgfsysdriver{pgfsys-dvisvgm.def}
\documentclass[dvisvgm]{article}
\usepackage{fix-cm}
\usepackage{nnfig}
\pagestyle{empty}
\hoffset=-1in \voffset=-1in \topskip=0pt
\newbox\nnfsheet
\newbox\nnfpicture
\newcommand\nnfpicturefile[1]{%
  \setbox\nnfpicture\hbox{\ignorespaces\input{picture#1}\unskip}%
  \dimen0=\dp\nnfpicture
  \hbox to 0pt{\raise\dimen0\hbox{%
    \special{dvisvgm:raw <!--nnfig begin #1 {?x} {?y}
      \the\wd\nnfpicture\space\the\ht\nnfpicture\space\the\dp\nnfpicture-->{?nl}}%
    \copy\nnfpicture
    \special{dvisvgm:raw <!--nnfig end-->{?nl}}}\hss}}
\begin{document}
\shipout\vbox to 8000pt{\vss\hbox{%
%FILES%
}}
\end{document}
"""

_MARK = re.compile(
    r"<!--nnfig begin \d+ (\S+) (\S+) ([\d.]+)pt ([\d.]+)pt ([\d.]+)pt-->\s*(.*?)\s*<!--nnfig end-->", re.DOTALL
)
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_BIG_POINT = 72 / 72.27


def pictures(bodies: Sequence[str]) -> Pictures:
    """The SVGs of figures.

    Args:
        bodies: texts of figures that load no preamble of their own (`page="input"`).

    Raises:
        NnfigError: latex or dvisvgm is missing, or TeX meets an error.
    """
    require("latex")
    require("dvisvgm")
    files = "\n".join(rf"\nnfpicturefile{{{i}}}%" for i in range(len(bodies)))
    with workshop() as folder:
        for i, body in enumerate(bodies):
            (folder / f"picture{i}.tex").write_text(body, "utf-8")
        latex("latex", _SHEET.replace("%FILES%", files), folder, "sheet")
        options = [f"--font-format={FORMAT}", "--bbox=none", "--optimize=all", "--verbosity=1", "--output=sheet.svg"]
        done = run("dvisvgm", [*options, "sheet.dvi"], folder)
        sheet = folder / "sheet.svg"
        if done.returncode or not sheet.exists():
            raise NnfigError(f"dvisvgm failed: {done.stderr.decode(errors='replace').strip()[-300:]}")
        return _apart(without_dates(sheet.read_text("utf-8")), len(bodies))


def _apart(svg: str, count: int) -> Pictures:
    found = list(_MARK.finditer(svg))
    if len(found) != count:
        raise NnfigError(f"dvisvgm wrote {len(found)} of {count} pictures")
    style = re.search(r"<style[^>]*>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</style>", svg, re.DOTALL)
    defs = re.search(r"<defs>.*?</defs>", svg, re.DOTALL)
    boxes: list[Box] = []
    for mark in found:
        x, y, width, height, depth = (float(mark[i]) for i in range(1, 6))
        up, down = height * _BIG_POINT, depth * _BIG_POINT
        boxes.append((round(x, 2), round(y - up, 2), round(width * _BIG_POINT, 2), round(up + down, 2)))
    return Pictures(
        tuple(_plain(mark[6]) for mark in found),
        tuple(boxes),
        style[1].strip() if style else "",
        _plain(defs[0]) if defs else "",
    )


def _plain(svg: str) -> str:
    """The elements of a picture that draw; what could run, load or pop up is left out."""
    root = xml.fromstring(f'<svg xmlns="{_SVG}" xmlns:xlink="{_XLINK}">{svg}</svg>')
    for parent in root.iter():
        for child in list(parent):
            if child.tag.removeprefix(f"{{{_SVG}}}") not in _DRAWN:
                parent.remove(child)
        for key in list(parent.attrib):
            value = parent.attrib[key]
            if key.lower().startswith("on") or (key.endswith("href") and not value.startswith("#")):
                del parent.attrib[key]
    xml.register_namespace("", _SVG)
    xml.register_namespace("xlink", _XLINK)
    for element in root.iter():
        for key, places in (("d", 2), ("x", 3), ("y", 3)):
            if key in element.attrib:
                element.set(key, _LONG.sub(lambda m, n=places: _rounded(m[0], n), element.attrib[key]))
    text = xml.tostring(root, encoding="unicode")
    inside = text[text.index(">") + 1 : text.rindex("<")] if not text.endswith("/>") else ""
    return re.sub(r"\s*\n\s*", "\n", inside).strip()


def _rounded(number: str, places: int) -> str:
    text = f"{float(number):.{places}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


_LONG = re.compile(r"-?\d*\.\d{3,}(?![\d.])")
"""Numbers that are more exact than a screen can show."""

_DRAWN = frozenset(
    (
        *("g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "use", "defs"),
        *("clipPath", "linearGradient", "radialGradient", "stop", "pattern", "mask", "symbol"),
    )
)
"""SVG elements that only draw."""
