"""Multiply-accumulates against numbers worked out by hand; test_pytorch_macs.py compares with PyTorch's own counter."""

from __future__ import annotations

import pytest

from nnfig.sources.macs import macs

CASES = {
    "grouped convolution divides its channels": (
        ("Conv2d", {"in_channels": 8, "kernel_size": (3, 3), "groups": 4}, [(1, 8, 5, 5)], [(1, 16, 5, 5)]),
        16 * 25 * 2 * 9,
    ),
    "one number stands for all axes": (
        ("Conv3d", {"in_channels": 2, "kernel_size": 3}, [(1, 2, 4, 4, 4)], [(1, 3, 4, 4, 4)]),
        3 * 64 * 2 * 27,
    ),
    "a transposed convolution works on its input": (
        ("ConvTranspose2d", {"out_channels": 3, "kernel_size": (2, 2)}, [(1, 4, 5, 5)], [(1, 3, 10, 10)]),
        4 * 25 * 3 * 4,
    ),
    "a function's weight is its second input": (("conv1d", {}, [(1, 4, 9), (8, 2, 3)], [(1, 8, 7)]), 8 * 7 * 6),
    "linear works on the last axis": (("Linear", {"in_features": 4}, [(2, 7, 4)], [(2, 7, 5)]), 2 * 7 * 5 * 4),
    "matmul of a matrix and a vector": (("matmul", {}, [(3, 4), (4,)], [(3,)]), 12),
    "baddbmm adds its first argument": (("baddbmm", {}, [(2, 3, 5), (2, 3, 4), (2, 4, 5)], [(2, 3, 5)]), 120),
    "einsum with an ellipsis": (
        ("einsum", {"equation": "...ij,...jk->...ik"}, [(2, 6, 3, 4), (2, 6, 4, 5)], [(2, 6, 3, 5)]),
        2 * 6 * 3 * 4 * 5,
    ),
    "einsum without an arrow": (("einsum", {"equation": "ij,jk"}, [(3, 4), (4, 5)], [(3, 5)]), 60),
    "einsum of three operands, from left to right": (
        ("einsum", {"equation": "ij,jk,kl->il"}, [(2, 3), (3, 4), (4, 5)], [(2, 5)]),
        2 * 3 * 4 + 2 * 4 * 5,
    ),
    "attention, values wider than keys": (
        ("scaled_dot_product_attention", {}, [(1, 2, 5, 8), (1, 2, 7, 8), (1, 2, 7, 16)], [(1, 2, 5, 16)]),
        2 * 5 * 7 * (8 + 16),
    ),
    "a key more for each learned row and row of zeros": (
        (
            "MultiheadAttention",
            {"embed_dim": 8, "batch_first": True, "add_bias_kv": True, "add_zero_attn": True},
            [(2, 5, 8)],
            [(2, 5, 8)],
        ),
        2 * (4 * 5 * 8 * 8 + 2 * 5 * 7 * 8),
    ),
    "cropping is free": (("center_crop", {"output_size": (3, 3)}, [(1, 2, 5, 5)], [(1, 2, 3, 3)]), 0),
    "self-attention from one source": (
        ("MultiheadAttention", {"embed_dim": 8, "batch_first": True}, [(2, 5, 8)], [(2, 5, 8)]),
        4 * 2 * 5 * 64 + 2 * 2 * 5 * 5 * 8,
    ),
    "two-layer, two-way LSTM": (
        (
            "LSTM",
            {"input_size": 3, "hidden_size": 4, "num_layers": 2, "bidirectional": True},
            [(6, 2, 3)],
            [(6, 2, 8)],
        ),
        12 * 2 * (16 * (3 + 4) + 16 * (8 + 4)),
    ),
    "LSTM with a projection": (
        ("LSTM", {"input_size": 3, "hidden_size": 4, "proj_size": 2}, [(6, 1, 3)], [(6, 1, 2)]),
        6 * (16 * (3 + 2) + 4 * 2),
    ),
    "GRU cell": (("GRUCell", {"input_size": 3, "hidden_size": 4}, [(2, 3)], [(2, 4)]), 2 * 12 * 7),
    "norms cost nothing": (("BatchNorm2d", {}, [(1, 3, 4, 4)], [(1, 3, 4, 4)]), 0),
    "an unknown kind is not known to be free": (("MyKernel", {}, [(1, 3)], [(1, 3)]), None),
    "a symbolic size inside has none": (("matmul", {}, [(2, 3, "n"), (2, "n", 5)], [(2, 3, 5)]), None),
    "a symbolic batch has no number": (("Linear", {"in_features": 4}, [("batch", 4)], [("batch", 5)]), None),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES)
def test_macs(given: tuple, expected: int | None) -> None:
    """The formula of each kind gives the number worked out by hand."""
    assert macs(*given) == expected
