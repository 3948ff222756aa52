"""The blocks view; `view` is the way in.

`net` is a panel as numbers, `structure` takes it apart, `placing` and `cells` make boxes of the parts, `wires` draws
between them, `page` turns all of it into points. `strips` runs these steps for one figure, `wrap` breaks what is long,
`choose` compares ways by cost; `panels` and `compare` set several networks together.
"""
