"""Frames around groups that were dissolved: where their nodes lie apart from all others, a frame still shows them."""

from __future__ import annotations

from itertools import pairwise

from nnfig.layout.blocks.page import Page, Rect, words
from nnfig.layout.scene import Point
from nnfig.layout.text import width

MOST = 300_000
"""Groups times pieces of wire beyond which nobody looks for frames."""


def frame_dissolved(at: Page) -> None:
    """Add frames for groups without one, inner groups first, if nothing foreign is in them or in their titles."""
    net, pad = at.net, at.air.pad
    framed = {group for group, _, _ in at.frames}
    held: dict[int, list[int]] = {}
    for i in range(net.size):
        for group in net.around(i):
            held.setdefault(group, []).append(i)
    pieces = [(a, b) for way in at.ways.values() for a, b in pairwise(way)]
    if len(held) * len(pieces) > MOST:
        return
    texts = at.written()
    for group in sorted((g for g in held if g not in framed), reverse=True):
        inside = set(held[group])
        rects = [at.rects[i] for i in held[group]]
        rects += [size for size in map(at.size_of, held[group]) if size]
        rects += [rect for other, rect, _ in at.frames if group in net.around(other)]
        x0, y0 = min(r[0] for r in rects) - pad, min(r[1] for r in rects) - pad
        x1, y1 = max(r[2] for r in rects) + pad, max(r[3] for r in rects) + pad
        foreign = [r for i, r in enumerate(at.rects) if i not in inside]
        foreign += [r for g, r, _ in at.frames if group not in net.around(g) and g not in net.around(group)]
        title, count = words(net, group, False)
        top = y1 + at.air.header
        wide, times = width(title, at.air.font) + 2.0, width(f"×{count}", at.air.font) + 2.0
        # what is written above a corner moves out of the way of wires, and the corner with it
        struck = [a[0] for a, b in pieces if title and _runs_through(a, b, (x0, y1 + 1, x0 + wide, top))]
        if struck:
            x0 = min(x0, min(struck) - wide - 1.0)
        struck = [a[0] for a, b in pieces if count > 1 and _runs_through(a, b, (x1 - times, y1 + 1, x1, top))]
        if struck:
            x1 = max(x1, max(struck) + times + 1.0)
        head = top if title or count > 1 else y1
        label = (x0, y1 + 1, x0 + wide, head)
        if title and (any(_runs_through(a, b, label) for a, b in pieces) or any(_meets(label, t) for t in texts)):
            continue
        if not any(_meets(r, (x0, y0, x1, head)) for r in foreign):
            at.frames.append((group, (x0, y0, x1, y1), False))


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _runs_through(a: Point, b: Point, rect: Rect) -> bool:
    """Whether the straight piece from a to b (along an axis, or else its bounding box) meets the outline."""
    low = min(a[0], b[0]), min(a[1], b[1])
    high = max(a[0], b[0]), max(a[1], b[1])
    return low[0] < rect[2] and rect[0] < high[0] + 0.01 and low[1] < rect[3] and rect[1] < high[1] + 0.01
