"""The volumes view, in order of work: after, stations, scale, solids, texts, rows, place, wires, draw, words.

`view` is the way in.
"""
