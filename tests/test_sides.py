"""What needs a framework is tested in a process of its own: one for torch, one for Keras.

The tests themselves lie beside the rest, in files named side_torch.py and side_keras.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_side(framework: str) -> None:
    files = sorted(map(str, TESTS.rglob(f"side_{framework}.py")))
    assert len(files) == 2
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files],
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stdout[-5000:]
