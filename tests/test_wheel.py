"""The wheel carries everything: installed into a clean environment, it draws from another directory."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_an_installed_wheel_draws_from_another_directory(tmp_path):
    """Templates, style sheets and the LaTeX package are found in the wheel; no checkout is near."""
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, capture_output=True)
    away = tmp_path / "away"
    away.mkdir()
    (away / "net.yaml").write_text("nnfig: 1\ninputs: {x: [1, 8]}\nlayers: [Linear 4, ReLU, Linear 2]\n")
    done = subprocess.run(
        [python.with_name("nnfig"), "draw", "net.yaml", "-o", "net.tex"], cwd=away, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(p.name for p in away.iterdir()) == ["net.tex", "net.yaml", "nnfig-standalone.tex", "nnfig.sty"]
