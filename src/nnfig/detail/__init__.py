"""Graph -> Drawing: what of a network is drawn, how it is written, and what the caption says is left out."""

from __future__ import annotations

from nnfig.detail.drawing import drawing, drawings, folded, shows_more, style_options, style_schema

__all__ = ["drawing", "drawings", "folded", "shows_more", "style_options", "style_schema"]
