"""The text of a figure in; a PDF, a PNG out."""

from __future__ import annotations

import io

from nnfig.typeset.run import latex, require, workshop


def pdf(tex: str) -> bytes:
    """The figure as a PDF, its page as large as the picture.

    Raises:
        NnfigError: there is no pdflatex, or TeX meets an error: the problems name lines and layers.
    """
    require("pdflatex")
    with workshop() as folder:
        latex("pdflatex", tex, folder)
        return (folder / "figure.pdf").read_bytes()


MOST_PIXELS = 80_000_000
"""Of a PNG: the page of a figure that is far too large is drawn coarser, as image libraries refuse to read more."""


def png(pdf: bytes, dpi: int = 300) -> bytes:
    """The first page of a PDF as a PNG."""
    require("pdftoppm")
    from pdf2image import convert_from_bytes, pdfinfo_from_bytes

    width, height = (float(size) for size in pdfinfo_from_bytes(pdf)["Page size"].split()[:3:2])
    pixels = width * height * (dpi / 72) ** 2
    dpi = dpi if pixels <= MOST_PIXELS else max(1, int(dpi * (MOST_PIXELS / pixels) ** 0.5))
    page = convert_from_bytes(pdf, dpi=dpi, first_page=1, last_page=1)[0]
    data = io.BytesIO()
    page.save(data, "PNG", dpi=(dpi, dpi), optimize=True)
    return data.getvalue()
