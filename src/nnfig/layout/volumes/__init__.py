"""The volumes view, in the order in which it works: after, stations, scale, solids, texts, rows, place, wires, draw, words.

`view` is the way in.
"""
