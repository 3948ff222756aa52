"""The maps view, in the order in which it works: tensors (of `net`), texts, place, elbows, draw; `view` is the way in."""
