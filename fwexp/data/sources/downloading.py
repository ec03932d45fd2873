"""A package manager's own download command, run in a temporary folder."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from fwexp.data.faults import SourceAbsent

TIMEOUT_S = 1800  # of a whole download: 139 MB at 80 kB/s


def downloaded(
    command: Sequence[str | Path],
    *,
    into: Path,
    pattern: str,
    name: str,
    spec: str,
    complaint: Callable[[str], str],
) -> Path:
    """The one file matching the pattern that the command leaves in `into`.

    `name` is what the command is called, `complaint` finds the reason in its output. Raises
    SourceAbsent if it fails, leaves no file or several, or takes longer than TIMEOUT_S.
    """
    try:
        done = subprocess.run(
            command,
            cwd=into,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceAbsent(f"{name} took longer than {TIMEOUT_S} s") from None
    files = list(into.glob(pattern))
    if done.returncode != 0 or len(files) != 1:
        raise SourceAbsent(f"{name} {spec} failed: {complaint(done.stderr)}")
    return files[0]
