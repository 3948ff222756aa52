"""A Scene in, the text of a `.tex` file out, through a Jinja template; the only home of escaping."""

from __future__ import annotations

from nnfig.emit.escape import Tex, missing
from nnfig.emit.escape import tex as escape
from nnfig.emit.names import layer_name, node_name
from nnfig.emit.page import tex, unprintable

__all__ = ["Tex", "escape", "layer_name", "missing", "node_name", "tex", "unprintable"]
