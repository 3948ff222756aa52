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


def png(pdf: bytes, dpi: int = 300) -> bytes:
    """The first page of a PDF as a PNG."""
    require("pdftoppm")
    from pdf2image import convert_from_bytes

    page = convert_from_bytes(pdf, dpi=dpi, first_page=1, last_page=1)[0]
    data = io.BytesIO()
    page.save(data, "PNG", dpi=(dpi, dpi), optimize=True)
    return data.getvalue()
