"""A graph as text: lines for a terminal, JSON for programs, a booktabs table for a paper."""

from nnfig.report.machine import as_json
from nnfig.report.table import tex_table
from nnfig.report.terminal import terminal

__all__ = ["as_json", "terminal", "tex_table"]
