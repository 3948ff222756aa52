"""The maps view, in the order in which it works: tensors, lanes, place, draw; `view` is the way in."""
