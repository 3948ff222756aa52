"""Keras models, live or from a `.keras` file: layers walked and named as PyTorch does -> Graph."""
