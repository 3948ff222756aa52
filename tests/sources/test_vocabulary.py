"""The vocabulary speaks PyTorch: its kinds exist there."""

from __future__ import annotations

from typing import Any

import pytest

from nnfig.sources.keras.words import ACTIVATIONS
from nnfig.sources.vocabulary import FUNCTIONS, ONNX

torch: Any = pytest.importorskip("torch")


def exists(kind: str) -> bool:
    """Whether PyTorch has a module, function or tensor method of this name."""
    functional = torch.nn.functional
    return any(hasattr(place, kind) for place in (torch.nn, functional, torch, torch.Tensor, torch.special))


def test_every_function_of_a_module_exists() -> None:
    """Both columns of the table are PyTorch's names."""
    assert [pair for pair in FUNCTIONS.items() if not all(map(exists, pair))] == []


def test_onnx_words_are_torch_words() -> None:
    """But for operators that PyTorch has no name for, which keep one that says what they do."""
    own = {"nms", "roi_align", "roi_pool", "gather_nd", "getitem", "hardmax", "mean_variance_norm", "one_hot"}
    own |= {"sum_square", "quantize_per_tensor_dynamic", "normalize"}
    assert sorted({word.kind for word in ONNX.values() if not exists(word.kind)} - own) == []


def test_keras_activations_are_torch_words() -> None:
    """Every activation that Keras names is a module or function of PyTorch."""
    assert [kind for kind, _ in ACTIVATIONS.values() if not exists(kind)] == []
