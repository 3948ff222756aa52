"""What several test files share: the `--update` switch, the project's root, and skips that say what to install."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the goldens of the gallery anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that typeset are skipped where there is no TeX."""
    if shutil.which("pdflatex"):
        return
    skip = pytest.mark.skip(reason="no pdflatex: run scripts/tex.sh")
    for item in items:
        if "tex" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be written anew."""
    return bool(request.config.getoption("--update"))
