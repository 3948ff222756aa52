"""torch.export programs, live or from a `.pt2` file: aten operators under their modules -> Graph."""
