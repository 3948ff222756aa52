"""Names of layers in, names that TikZ, babel and XML accept out; different names stay different."""

from __future__ import annotations

from functools import lru_cache

_SAFE = {".": "/", "_": "-", "/": "@/", "-": "@-", "@": "@@"}


@lru_cache(maxsize=1 << 16)
def node_name(name: str) -> str:
    """The node of a layer: letters, digits, `/` for a dot and `-` for an underscore; the rest follows an `@`.

    >>> node_name("layer1.0.conv_a"), node_name("conv@2"), node_name("inset/x"), node_name("é")
    ('layer1/0/conv-a', 'conv@@2', 'inset@/x', '@e9@')
    """
    return "".join(c if c.isascii() and c.isalnum() else _SAFE.get(c) or f"@{ord(c):x}@" for c in name)


def layer_name(node: str) -> str:
    """The layer of a node: the inverse of `node_name`.

    >>> layer_name("layer1/0/conv-a"), layer_name("conv@@2"), layer_name("@e9@")
    ('layer1.0.conv_a', 'conv@2', 'é')
    """
    found, i = "", 0
    while i < len(node):
        c = node[i]
        if c != "@":
            found, i = found + {"/": ".", "-": "_"}.get(c, c), i + 1
        elif node[i + 1] in "/-@":
            found, i = found + node[i + 1], i + 2
        else:
            end = node.index("@", i + 1)
            found, i = found + chr(int(node[i + 1 : end], 16)), end + 1
    return found
