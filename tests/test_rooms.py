"""Who may import whom, and what an import may cost."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "jinja2", "rich", "pydantic", "yaml", "onnx", "keras", "typer")


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_nnfig_loads_nothing_heavy():
    """`import nnfig` costs no framework, no template engine and no validator."""
    loaded = _python(f"import sys, nnfig; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded == "[]"


def test_the_check_above_would_notice():
    """The same question answers yes for a module that is loaded."""
    loaded = _python(f"import sys, nnfig, rich; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded == "['rich']"


def test_tracing_does_not_load_the_compiler():
    """The machinery of torch.compile takes seconds to import; models and PyTorch may bring it, we do not."""
    pytest.importorskip("torch")
    code = "import sys, torch, nnfig; nnfig.trace(torch.nn.ReLU(), input_size=(1, 2)); "
    assert _python(code + "print([m for m in ('torch._dynamo', 'torch._inductor') if m in sys.modules])") == "[]"


def test_rooms_import_only_what_the_design_allows():
    """The contracts of pyproject.toml hold."""
    done = subprocess.run([str(Path(sys.executable).with_name("lint-imports"))], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
