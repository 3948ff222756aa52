"""Widths and line breaks of labels."""

import re

from nnfig.layout.text import width, wrap


def test_width_is_the_sum_of_computer_modern_widths():
    """Known letters have the widths of CMR8; small sizes are drawn wider."""
    assert abs(width("conv", 8) - 17.23) < 0.05
    assert width("conv", 6) / width("conv", 8) > 0.85
    assert width("日", 8) > 8


def test_wrap_keeps_every_letter_and_the_limit():
    """Nothing but spaces and commas at breaks is lost, and parts that can be short enough are."""
    for text in ("3×3 conv, 64 · BN · ReLU", "MultiheadAttention", "scaled_dot_product_attention", "a b c d e f"):
        for limit in (20, 40, 60, 200):
            lines = wrap(text, limit, 8)
            assert re.sub("[ ,]", "", "".join(lines)) == re.sub("[ ,]", "", text)
            assert not any(line.endswith(",") for line in lines)
            assert limit < 60 or max(width(line, 8) for line in lines) <= limit


def test_wrap_prefers_commas_and_dots_to_words():
    """A label breaks where its parts end."""
    assert wrap("3×3 conv, 64 · BN · ReLU", 60, 8) == ("3×3 conv, 64", "· BN · ReLU")
    assert wrap("7×7 conv, 64", 40, 8) == ("7×7 conv", "64")
