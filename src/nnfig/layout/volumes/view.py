"""The volumes view: from a drawing to boxes to scale of their tensors, damped, with text of constant size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nnfig.graph import Drawing, Panel
from nnfig.layout.parts import LEAST, MARGIN, Drawn, composed, fits, small
from nnfig.layout.scene import Scene
from nnfig.layout.stretch import stretched
from nnfig.layout.tensors import damped
from nnfig.layout.unfold import unfolded
from nnfig.layout.volumes.after import after
from nnfig.layout.volumes.draw import parts
from nnfig.layout.volumes.place import FRAME_PAD, TURN, extent, place
from nnfig.layout.volumes.rows import folds, levels, lines, rows
from nnfig.layout.volumes.scale import Scale, Written, sentence, space_scale, unit_scale
from nnfig.layout.volumes.stations import Station, facts, is_stack, stations
from nnfig.layout.volumes.tangles import tangle
from nnfig.layout.volumes.texts import Placed
from nnfig.layout.volumes.words import entries
from nnfig.options import Options

HEIGHTS = (0.22, 0.18, 0.14, 0.11, 0.08)
"""Heights of the largest map that are tried, as shares of the width, for one row."""

WIDEST = 0.28
"""The widest slab, as a share of the largest map's height."""

MOST_LINES = 9
"""Lines into which a network may be broken."""

WAYS: tuple[tuple[tuple[float, ...], tuple[Written, ...]], ...] = (
    ((7.5, LEAST), ("whole",)),
    ((LEAST,), ("split",)),
    ((LEAST,), ("short", "tight")),
)
"""Sizes of text after the one that is asked for, and how sizes are written in them: the clearest first."""

ROOMY = ("whole", "split")
"""Ways to write sizes that must leave boxes enough width."""

WIDE = 6.0
"""The widest slab is to have this width in pt, or sizes are written short."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a panel does not depend on its scale: its boxes, their rows, and where lines begin."""

    panel: Panel
    found: tuple[Station, ...]
    row: Mapping[str, float]
    starts: frozenset[str]
    room: float
    """Width that boxes may take."""

    def placed(self, scale: Scale) -> tuple[Placed, ...]:
        """The boxes at a scale."""
        return place(self.found, self.row, scale, self.starts)

    def extent(self, scale: Scale) -> float:
        """Their width at a scale."""
        return extent(self.placed(scale), scale.text)[0]


def scene(drawing: Drawing, options: Options) -> Scene:
    """Place the tensors of each panel as volumes within the width, all to one scale; an encoder and decoder as a U."""
    share = replace(options, max_height=options.max_height / len(drawing.panels))
    drawn, tangled = _drawn(drawing.panels, share)
    made = composed(drawing, options, "volumes", lambda panel, room: drawn[panel.name])
    return replace(made, refused=f"arrows would run through '{tangled}'") if tangled else made


def _drawn(panels: Sequence[Panel], options: Options) -> tuple[dict[str, Drawn], str]:
    """Every panel: the first way to draw them all that fits, with each kernel in its own tensor where it is shown.

    With it the name of what arrows run through, if there is such a box.
    """
    unfolded_panels = [replace(panel, graph=unfolded(panel.graph, is_stack)) for panel in panels]
    usual, unlike = after([panel.graph for panel in unfolded_panels])
    best: dict[str, Drawn] = {}
    tangled = ""
    for stacked in _stackings(unfolded_panels, options):
        found = [stations(panel.graph, stacked, said) for panel, said in zip(unfolded_panels, unlike, strict=True)]
        best, fitting, tangled = _to_one_scale(unfolded_panels, found, usual, options)
        if fitting:
            break
    return best, tangled


def _stackings(panels: Sequence[Panel], options: Options) -> tuple[bool, ...]:
    """Whether equal convolutions are joined: not where something is written at each, nor if it can be with kernels."""
    if any(facts(layer) for panel in panels for layer in panel.graph.layers):
        return (False,)
    return (False, True) if "kernel" in options.show else (True,)


def _to_one_scale(
    panels: Sequence[Panel],
    found: Sequence[tuple[Station, ...]],
    usual: Mapping[str, tuple[str, ...]],
    options: Options,
) -> tuple[dict[str, Drawn], bool, str]:
    """The panels drawn in the first way in which they fit, whether there is one, and what arrows run through in it."""
    ways = list(_scales(found, options))
    everything = [station for each in found for station in each]
    words = (sentence(options.scale, everything, "kernel" in options.show),)
    keys = tuple(entries(everything, usual, "kernel" in options.show))
    fewest = [_plans(panel, each, ways[-1][0], options) for panel, each in zip(panels, found, strict=True)]
    best: dict[str, Drawn] = {}
    for more, scale, font in _tries(ways, fewest):
        plans = [each[min(more, len(each) - 1)] for each in fewest]
        scale = replace(scale, channel=min(_widest(plan, scale) for plan in plans))
        placed = [plan.placed(scale) for plan in plans]
        if scale.sizes in ROOMY and not all(map(_is_roomy, placed)):
            continue
        best = {
            plan.panel.name: Drawn(
                parts(boxes, plan.row, scale, plan.panel.graph, plan.starts),
                font,
                keys,
                words,
            )
            for plan, boxes in zip(plans, placed, strict=True)
        }
        if all(fits(drawn, options) for drawn in best.values()):
            drawn = zip(placed, best.values(), strict=True)
            tangled = (tangle(boxes, each.parts.wires, scale.text) for boxes, each in drawn)
            return best, True, next(filter(None, tangled), "")
    return best, False, ""


def _tries(ways: Sequence[tuple[Scale, float]], plans: Sequence[Sequence[Plan]]) -> Iterator[tuple[int, Scale, float]]:
    """Lines beyond the fewest, scale and size of text: whole sizes on more lines before short ones on few."""
    least = ways[-1][0]
    if any(each[0].extent(least) > each[0].room for each in plans):
        yield 0, *ways[-1]
        return
    for more in range(max(map(len, plans))):
        yield from ((more, scale, font) for scale, font in ways if scale.sizes in ROOMY)
    yield from ((0, scale, font) for scale, font in ways if scale.sizes not in ROOMY)


def _plans(panel: Panel, found: tuple[Station, ...], least: Scale, options: Options) -> list[Plan]:
    """A network on as few lines as hold it with the least of everything, and on more; an encoder and decoder on one."""
    row = _rows(found)
    room = options.width - 2 * MARGIN
    whole = Plan(panel, found, row, frozenset(), room)
    if folds(found):
        return [whole]
    placed = whole.placed(least)
    plans = [whole]
    for number in range(2, MOST_LINES + 1):
        broken, starts = lines(placed, row, number)
        if len(starts) > len(plans[-1].starts):
            plans.append(Plan(panel, found, broken, starts, room - 4 * TURN - FRAME_PAD))
    fewest = next((i for i, plan in enumerate(plans) if plan.extent(least) <= plan.room), len(plans) - 1)
    return plans[fewest:]


def _rows(found: Sequence[Station]) -> dict[str, float]:
    """By resolution for an encoder and decoder, else by streams."""
    return levels(found) if folds(found) else rows(found)


def _scales(found: Sequence[Sequence[Station]], options: Options) -> Iterator[tuple[Scale, float]]:
    """What is tried: whole sizes before short ones, large boxes and text before small ones; slabs are widened later."""
    sizes = [s.size for each in found for s in each if s.role != "join"]
    count = max(sum(row == int(row) for row in set(_rows(each).values())) for each in found)
    bars = 1.0 if all(size.form == "vector" for size in sizes) else 0.5
    for font, written in _texts(options.font_size):
        for share in HEIGHTS[:2] if written in ROOMY else HEIGHTS:
            height = min(share * options.width, 0.45 * options.max_height) / (1 + 0.25 * (count - 1))
            yield (
                Scale(
                    options.scale,
                    space_scale(sizes, options.scale, height),
                    0.0,
                    unit_scale(sizes, options.scale, bars * height),
                    small(font),
                    written,
                    "kernel" in options.show,
                ),
                font,
            )


def _texts(font: float) -> Iterator[tuple[float, Written]]:
    """Sizes of text and how sizes are written, each pair once."""
    for fonts, ways in WAYS:
        sizes = dict.fromkeys((font, *(min(font, size) for size in fonts)))
        for size in sizes:
            for written in ways:
                yield size, written


def _widest(plan: Plan, scale: Scale) -> float:
    """The scale of channels at which slabs are as wide as the room, or good taste, allows."""
    sizes = [s.size for s in plan.found if s.size.form != "vector" and s.role != "join"]
    tallest = scale.space / space_scale(sizes, scale.rule, 1.0)
    largest = max((damped(size.channels, scale.rule) for size in sizes), default=1.0)
    most = WIDEST * tallest / largest
    return stretched(lambda channel: plan.extent(replace(scale, channel=channel)), most, plan.room)


def _is_roomy(placed: Sequence[Placed]) -> bool:
    """Whether boxes keep enough width beside sizes that are written whole."""
    fronts = [item.body.front / len(item.station.slabs) for item in placed if item.station.role == "stack"]
    return max(fronts, default=WIDE) >= WIDE
