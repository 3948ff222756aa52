"""The blocks view, in the order in which it works; `view` is the way in.

What is there: net, levels, beside, series, fold, state. Boxes: air, boxes, sizes, place, and what place calls
(lay_chain, lanes, core, channels, lay_fold). On the page: page, framing, route, gradients. One figure: strips runs
these steps, wrap breaks what is long, choose compares ways by cost, panels, leaders and compare set several together.
"""
