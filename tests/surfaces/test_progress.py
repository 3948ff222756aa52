"""Progress is for people who wait at a terminal, and for nobody else."""

import os
import pty
import subprocess
import sys
import time

import pytest

WORK = """
import sys, time
from nnfig.progress import progress
with progress("tracing", enabled={enabled}) as step:
    for i in range(4):
        time.sleep({pause})
        step(total=4, what=f"layer{{i}}[/bold]")
print("rich" in sys.modules)
"""


def _on_a_terminal(pause: float, enabled: bool = True) -> str:
    """What the work writes to stdout and stderr when both are a terminal."""
    master, slave = pty.openpty()
    code = WORK.format(pause=pause, enabled=enabled)
    with subprocess.Popen([sys.executable, "-c", code], stdout=slave, stderr=slave, stdin=slave) as process:
        os.close(slave)
        text = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece
        process.wait()
    os.close(master)
    return text.decode()


@pytest.mark.slow
def test_long_work_shows_a_bar_on_a_terminal():
    """After a second a bar appears with what is in hand, names shown as they are, and it goes at the end."""
    text = _on_a_terminal(0.6)
    assert "tracing layer" in text
    assert "[/bold]" in text
    assert text.rstrip().endswith("True")


def test_short_work_and_quiet_work_show_nothing():
    """Under a second, or with --no-progress, not even rich is loaded."""
    assert _on_a_terminal(0.0).strip() == "False"
    assert _on_a_terminal(0.3, enabled=False).strip() == "False"


def test_a_pipe_gets_nothing():
    """stderr that is no terminal stays empty, however long it takes."""
    code = WORK.format(pause=0.3, enabled=True)
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.perf_counter() - began > 1
    assert (done.stdout, done.stderr) == ("False\n", "")
