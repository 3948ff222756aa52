"""The maps view, in the order in which it works.

Net, reading, joins, tensors, legend, texts, place, elbows, draw; `view` is the way in.
"""
