"""SVG with embedded TrueType fonts in, the same without the time at which the fonts were made out.

dvisvgm stamps every font with the hour; the same figure must be the same bytes tomorrow.
"""

from __future__ import annotations

import base64
import re
import struct

_FONT = re.compile(r"(url\(data:application/x-font-ttf;base64,)([A-Za-z0-9+/=]+)(\))")

FORMAT = "ttf"
"""What dvisvgm must be asked for (`--font-format`): the other formats are compressed, dates and all."""

_WHOLE = 0xB1B0AFBA
"""What the sum of a font file is brought to, as the format wants it."""


def without_dates(svg: str) -> str:
    """The SVG with every font's dates at zero."""
    return _FONT.sub(lambda font: font[1] + _settled(font[2]) + font[3], svg)


def _settled(text: str) -> str:
    font = bytearray(base64.b64decode(text))
    (tables,) = struct.unpack_from(">H", font, 4)
    for entry in range(12, 12 + 16 * tables, 16):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font, entry)
        if tag == b"head":
            # head: checksum of the whole at 8, created at 20, modified at 28
            struct.pack_into(">L", font, offset + 8, 0)
            struct.pack_into(">QQ", font, offset + 20, 0, 0)
            struct.pack_into(">L", font, entry + 4, _sum(font[offset : offset + length]))
            struct.pack_into(">L", font, offset + 8, (_WHOLE - _sum(font)) & 0xFFFFFFFF)
    return base64.b64encode(font).decode()


def _sum(data: bytes | bytearray) -> int:
    padded = bytes(data) + b"\0" * (-len(data) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
