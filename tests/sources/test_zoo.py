"""A small part of the zoo: the networks that need nothing but PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from zoo import examine  # noqa: E402
from zoo_networks import Network, _plain  # noqa: E402

sys.path.remove(str(BENCHMARKS))


@pytest.mark.parametrize("network", [Network("plain", *row) for row in _plain()], ids=lambda network: network.name)
def test_zoo(network: Any) -> None:
    """Every leaf call, all parameters, reachable outputs, and a model that is as it was."""
    assert examine(network, with_torchview=False).faults == []
