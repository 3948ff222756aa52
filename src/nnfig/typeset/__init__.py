"""The text of a `.tex` file in, PDF, PNG or SVG out; files written whole; the only home of subprocess."""

from __future__ import annotations

from nnfig.typeset.bundle import bundle
from nnfig.typeset.files import keep_foreign, put_style_files, write_bytes, write_text, written_by_us
from nnfig.typeset.products import pdf, png
from nnfig.typeset.run import STYLE_FILES
from nnfig.typeset.svg import svg

__all__ = [
    "STYLE_FILES",
    "bundle",
    "keep_foreign",
    "pdf",
    "png",
    "put_style_files",
    "svg",
    "write_bytes",
    "write_text",
    "written_by_us",
]
