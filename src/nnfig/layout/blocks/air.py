"""The measures of a blocks figure, in pt: gaps, pads and box sizes, from the font size and how tight it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnfig.layout.parts import small

LABEL = 92.0
"""Widest line of a label before it wraps, at 8 pt, where nothing forces a narrower one."""


@dataclass(frozen=True, slots=True)
class Air:
    """Every distance of a layout; all follow from the font size."""

    font: float = 8.0
    direction: Literal["right", "down"] = "down"
    rotated: bool = False
    """Labels read upwards; boxes are narrow along the flow (right only)."""
    label: float = LABEL
    tight: float = 1.0
    """Factor on the gaps, 1 to 0.6; less where networks stand side by side."""

    @property
    def unit(self) -> float:
        """Everything scales with this."""
        return self.font / 8

    @property
    def lane_side(self) -> int:
        """Where skips run by default: to the right of a column, above a row."""
        return 1 if self.direction == "down" else -1

    def _gap(self, at_8_pt: float) -> float:
        return at_8_pt * self.unit * self.tight

    def _side(self, at_8_pt: float) -> float:
        """A distance across the flow, which gives way less."""
        return at_8_pt * self.unit * max(self.tight, 0.6)

    @property
    def gap(self) -> float:
        """Between two items of a chain: an arrow."""
        return self._gap(11.0)

    @property
    def bus(self) -> float:
        """Between items where wires fan out or in."""
        return self._gap(16.0)

    @property
    def tap(self) -> float:
        """Added to a gap in which skips leave the trunk."""
        return self._gap(4.0)

    @property
    def beside(self) -> float:
        """Between parallel branches."""
        return self._side(10.0)

    @property
    def lane(self) -> float:
        """Between lanes, and between a lane and what it runs beside."""
        return self._side(7.0)

    @property
    def pad(self) -> float:
        """Between a frame and what it holds."""
        return self._gap(5.0)

    @property
    def small(self) -> float:
        """Size of sizes beside nodes and of labels at wires, as the style file has it."""
        return small(self.font)

    @property
    def line(self) -> float:
        """Height of a line of text."""
        return 1.2 * self.font

    @property
    def header(self) -> float:
        """Room for a frame's title, which stands above it."""
        return 1.2 * self.font + 2.0

    @property
    def inset(self) -> float:
        """Between a label and the border of its box, at the sides."""
        return 4.0 * self.unit

    @property
    def crowded(self) -> float:
        """Factor on what surrounds a label, where gaps alone do not make room enough."""
        return min(1.0, self.tight / 0.6)

    @property
    def leading(self) -> float:
        """What a box is taller than its lines."""
        return 4.4 * self.unit * (0.4 + 0.6 * self.tight) * self.crowded

    @property
    def glyph(self) -> float:
        """Diameter of a circle with a sign."""
        return 1.35 * self.font * (0.7 + 0.3 * self.tight) * (0.5 + 0.5 * self.crowded)
