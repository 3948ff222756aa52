"""Figures of neural networks for papers: a PyTorch model or a layer list in, readable TikZ out."""

__version__ = "0.1.0"
