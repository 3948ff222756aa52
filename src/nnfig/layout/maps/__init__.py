"""The maps view, in the order in which it works: net, tensors, texts, place, elbows, draw; `view` is the way in."""
