"""Python and `fwexp` of a copied project, in the copy's folder."""

import os
import subprocess
import sys
from pathlib import Path

Done = subprocess.CompletedProcess[str]


def fwexp_there(project: Path, *argv: str) -> Done:
    """`fwexp …` of the copy."""
    return _python(project, "-m", "fwexp", *argv)


def script_there(project: Path, script: Path, *argv: str) -> Done:
    """A script of ours that imports the copy's fwexp, and nothing from its own folder."""
    return _python(project, "-P", str(script), *argv)


def _python(project: Path, *argv: str) -> Done:
    return subprocess.run(
        [sys.executable, *argv],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )
