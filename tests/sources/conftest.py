"""Tests here share `bodies.py` and `networks.py`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
