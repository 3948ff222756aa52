"""The neurons view: columns reads a network as vectors, and `view`, the way in, draws them."""
