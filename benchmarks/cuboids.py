r"""VGG-16 and U-Net as TikZ of the usual kind: cuboids as pics, placed one after another, filled with opacity.

An imitation for comparison, of no author's files: it draws the content that figures made with PlotNeuralNet have
(front, top and end face of every convolution with a band for its activation, dashed hidden edges, channels, sizes and
captions, named corners, arrows) by the means that they use (`\pic` with keys, `\foreach` over the convolutions,
`\pgfmathsetmacro`, coordinates in three dimensions, `quotes`).
"""

from __future__ import annotations

from collections.abc import Iterable

PREAMBLE = r"""\documentclass[border=10pt, tikz]{standalone}
\usetikzlibrary{quotes, arrows.meta, positioning, 3d}
\def\conv{rgb:yellow,5;red,3;white,5}\def\act{rgb:yellow,5;red,5;white,5}
\def\pool{rgb:red,5;black,2}\def\up{rgb:blue,5;green,3;white,5}\def\dense{rgb:blue,5;red,3;white,5}
\tikzset{
  /cuboid/.search also=/tikz, /cuboid/.cd,
  called/.store in=\called, wide/.store in=\wide, high/.store in=\high, deep/.store in=\deep,
  numbers/.store in=\units, size/.store in=\size, says/.store in=\says,
  paint/.store in=\paint, band/.store in=\band, see/.store in=\see,
  called=, numbers={{"",""}}, size=, says=, paint=\conv, band=\act, see=0.4, high=20, deep=20, wide=2,
  /tikz/.cd,
  cuboid/.pic={\tikzset{/cuboid/.cd, #1}
    \tikzset{
      face/.style={every edge/.append style={pic actions, densely dashed, opacity=.7}, fill opacity=\see, fill=\paint},
      strip/.style={fill opacity=.6, fill=\band, draw=\band}}
    \pgfmathsetmacro{\h}{\high*.2}\pgfmathsetmacro{\t}{\deep*.2}
    \foreach[count=\n, evaluate=\n as \channels using {array({\units},\n-1)},
      evaluate=\one as \r using {\one*.2+\before}, remember=\r as \before (initially 0)] \one in \wide {
      \pgfmathsetmacro{\w}{\one*.2}
      \coordinate (lu) at (\r-\w, \h/2, \t/2);  \coordinate (ld) at (\r-\w, -\h/2, \t/2);
      \coordinate (ru) at (\r, \h/2, \t/2);     \coordinate (rd) at (\r, -\h/2, \t/2);
      \coordinate (RU) at (\r, \h/2, -\t/2);    \coordinate (RD) at (\r, -\h/2, -\t/2);
      \coordinate (LU) at (\r-\w, \h/2, -\t/2); \coordinate (LD) at (\r-\w, -\h/2, -\t/2);
      \coordinate (bu) at (\r-\w/3, \h/2, \t/2); \coordinate (bd) at (\r-\w/3, -\h/2, \t/2);
      \coordinate (BU) at (\r-\w/3, \h/2, -\t/2);
      \draw[face] (ru) -- (lu) -- (ld) -- (rd) -- cycle (ru) -- (lu) -- (LU) -- (RU) -- cycle;
      \draw[face] (RD) edge (LD) (ld) edge (LD) (LU) edge (LD);
      \draw[strip] (ru) -- (bu) -- (bd) -- (rd) -- cycle (ru) -- (bu) -- (BU) -- (RU) -- cycle;
      \draw[face, fill opacity=0] (ru) -- (lu) -- (ld) -- (rd) -- cycle (ru) -- (lu) -- (LU) -- (RU) -- cycle;
      \path (ld) edge["\channels"', midway] (rd);
      \xdef\last{\r}}
    \draw[face] (ru) -- (RU) -- (RD) -- (rd) -- cycle;
    \draw[strip] (ru) -- (RU) -- (RD) -- (rd) -- cycle;
    \draw[pic actions] (ru) -- (RU) -- (RD) -- (rd) -- cycle;
    \path (rd) edge["\small\size"', pos=0, text width=14*\t, align=center, sloped] (RD);
    \path (\last/2, -\h/2, \t/2) + (0, -25pt) coordinate (under)
      edge["\textbf{\says}"', text width=15*\last/.2, align=center] (under);
    \foreach \point/\x/\y/\z in {west/0/0/0, east/1/0/0, north/.5/.5/0, south/.5/-.5/0, middle/.5/0/0, near/.5/0/.5,
      far/.5/0/-.5, nearwest/0/0/.5, neareast/1/0/.5, farwest/0/0/-.5, fareast/1/0/-.5, neu/1/.5/.5, feu/1/.5/-.5,
      ned/1/-.5/.5, fed/1/-.5/-.5, nwu/0/.5/.5, fwu/0/.5/-.5, nwd/0/-.5/.5, fwd/0/-.5/-.5}
      \coordinate (\called-\point) at (\x*\last, \y*\h, \z*\t);}}
\newcommand\halfway{\tikz\draw[-Stealth, line width=.8mm, draw=\conv] (-.3, 0) -- ++(.3, 0);}
"""


def _cuboid(name: str, after: str, gap: float, **keys: object) -> str:
    at = f"({after}-east)" if after else "(0,0,0)"
    said = ", ".join(f"{key}={{{value}}}" for key, value in keys.items())
    return rf"\pic[shift={{({gap},0,0)}}] at {at} {{cuboid={{called={name}, {said}}}}};"


def _arrow(a: str, b: str) -> str:
    style = r"ultra thick, every node/.style={sloped, allow upside down}, draw=\conv, opacity=0.7"
    return rf"\draw[{style}] ({a}-east) -- node {{\halfway}} ({b}-west);"


def _convs(channels: int, count: int) -> str:
    numbers = ",".join(f'"{channels}"' for _ in range(count))
    return "{" + numbers + "}"


def _document(lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"{PREAMBLE}\\begin{{document}}\n\\begin{{tikzpicture}}\n{body}\n\\end{{tikzpicture}}\n\\end{{document}}\n"


def vgg16() -> str:
    """Five blocks of convolutions with their pooling, three dense layers, the softmax."""
    lines: list[str] = []
    before = ""
    blocks = ((64, 2, 224, 40, 2), (128, 2, 112, 35, 3), (256, 3, 56, 30, 4), (512, 3, 28, 23, 7), (512, 3, 14, 15, 7))
    for i, (channels, count, size, high, wide) in enumerate(blocks, 1):
        widths = ",".join([str(wide)] * count)
        facts = {"high": high, "deep": high, "wide": widths, "size": size, "says": f"conv{i}"}
        lines.append(_cuboid(f"c{i}", before, 2 if before else 0, numbers=_convs(channels, count), **facts))
        small = (35, 30, 23, 15, 10)[i - 1]
        pooled = {"high": small, "deep": small, "wide": 1, "paint": r"\pool", "band": r"\pool", "see": 0.5}
        lines.append(_cuboid(f"p{i}", f"c{i}", 0, **pooled))
        lines += [_arrow(before, f"c{i}")] if before else []
        before = f"p{i}"
    for name, units, deep in (("fc6", 4096, 100), ("fc7", 4096, 100), ("fc8", 1000, 25), ("softmax", "K", 25)):
        paint = r"\pool" if name == "softmax" else r"\dense"
        shape = {"high": 3, "deep": deep, "wide": 3, "size": units, "says": name, "paint": paint}
        lines += [_cuboid(name, before, 2, numbers='{"1",""}', **shape), _arrow(before, name)]
        before = name
    return _document(lines)


def unet() -> str:
    """Four levels down, the bottom, four levels up with up-convolutions, copies across, the last convolution."""
    lines: list[str] = []
    before = ""
    levels = ((64, 568, 40, 2), (128, 280, 32, 2.5), (256, 136, 25, 3.5), (512, 64, 16, 4.5), (1024, 28, 8, 6))
    for i, (channels, size, high, wide) in enumerate(levels, 1):
        facts = {"high": high, "deep": high, "wide": f"{wide},{wide}", "size": size, "says": f"down {i}"}
        lines.append(_cuboid(f"d{i}", before, 1 if before else 0, numbers=_convs(channels, 2), **facts))
        lines += [_arrow(before, f"d{i}")] if before else []
        before = f"d{i}"
        if i < len(levels):
            pooled = {"high": high * 0.8, "deep": high * 0.8, "wide": 1, "paint": r"\pool", "band": r"\pool"}
            lines.append(_cuboid(f"p{i}", before, 0, see=0.5, **pooled))
            before = f"p{i}"
    for i, (channels, size, high, wide) in reversed(list(enumerate(levels[:-1], 1))):
        raised = {"high": high, "deep": high, "wide": wide, "paint": r"\up", "band": r"\up", "see": 0.5}
        lines += [_cuboid(f"u{i}", before, 1.5, **raised), _arrow(before, f"u{i}")]
        facts = {"high": high, "deep": high, "wide": f"{wide},{wide},{wide}", "size": size, "says": f"up {i}"}
        lines.append(_cuboid(f"e{i}", f"u{i}", 0, numbers=_convs(channels, 3), **facts))
        lines.append(
            rf"\path (d{i}-feu) -- (d{i}-fed) coordinate[pos=1.25] (from{i}) (u{i}-fwu) -- (u{i}-fwd) "
            rf"coordinate[pos=1.25] (to{i}) (d{i}-south) -- (d{i}-north) coordinate[pos=1.25] (over{i});"
        )
        lines.append(
            rf"\draw[ultra thick, draw=\conv, opacity=0.7] (d{i}-north) -- (over{i}) -- node {{\halfway}} "
            rf"(over{i} -| u{i}-north) -- (u{i}-north);"
        )
        before = f"e{i}"
    lines.append(_cuboid("last", before, 1, high=40, deep=40, wide=1, says="1x1", numbers='{"2",""}'))
    lines.append(_arrow(before, "last"))
    return _document(lines)
