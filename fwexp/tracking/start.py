"""The driver's side of the mirror: a process beside it that can fail without harm."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from fwexp.tracking.marker import is_pending, source_of

START_S = 60.0  # imports wandb and starts its service: 1 s on an idle machine
RUN_S = 10.0  # takes 0.1 s
HISTORY_S = 30.0  # for each MiB of history: some 15,000 steps, which take 1.5 s
MIB = 2**20
UPLOAD_S = 120.0  # for a service that hangs to be given up


@dataclass(kw_only=True)
class Mirror:
    """A mirror under way."""

    log: Path
    pending: list[Path] = field(default_factory=list)  # folders it was given to copy
    told: Path | None = None  # where it says what became of the upload, if there is one
    process: subprocess.Popen[bytes] | None = None  # None: nothing to do, or it did not start
    deadline: float = 0.0  # of time.monotonic()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class MirrorOutcome:
    num_mirrored: int
    warning: str  # for the user; empty when every run has its copy
    upload: str = ""  # what became of it, where there was to be one


def start_mirror(
    store: Path,
    *,
    runs: Sequence[Path],
    project: str,
    group: str,
    answer_timeout_s: float | None = None,
) -> Mirror:
    """The mirror at work on those of the run and sweep folders that are done and have no copy yet.

    With `answer_timeout_s` it uploads them, too, if the service answers in that time; then all
    that are done are handed to it, as an earlier upload may have failed.
    """
    folder = store.resolve() / "wandb"
    mirror = Mirror(log=folder / "mirror.log", pending=[run for run in runs if is_pending(run)])
    given, flags = mirror.pending, ["--project", project, "--group", group]
    if answer_timeout_s is not None:
        given = [run for run in runs if source_of(run).is_file()]
        mirror.told = folder / f"upload-{secrets.token_hex(8)}.txt"
        flags += ["--online-s", f"{answer_timeout_s}", "--told", str(mirror.told)]
    if given:
        mirror.deadline = time.monotonic() + START_S + sum(map(_most_s, given))
        mirror.deadline += UPLOAD_S + 10 * answer_timeout_s if answer_timeout_s is not None else 0
        try:
            mirror.process = _start(mirror, given, flags)
        except OSError as error:
            mirror.problem = str(error)
    return mirror


def wait_for_mirror(mirror: Mirror) -> MirrorOutcome:
    """How many runs were copied, and a warning if some were not; their records stay whole."""
    if mirror.process is not None:
        _wait(mirror, process=mirror.process)
    num_left = sum(is_pending(run) for run in mirror.pending)
    return MirrorOutcome(
        num_mirrored=len(mirror.pending) - num_left,
        warning=_warning(mirror, num_left=num_left) if num_left else "",
        upload=_read_told(mirror),
    )


def _most_s(folder: Path) -> float:
    """The time that copying a folder may take on a machine that has much else to do."""
    try:
        return RUN_S + HISTORY_S * (folder / "history.json").stat().st_size / MIB
    except FileNotFoundError:  # a sweep, or a run that failed early
        return RUN_S


def _read_told(mirror: Mirror) -> str:
    if mirror.told is None or (mirror.process is None and not mirror.problem):
        return ""
    try:
        told = mirror.told.read_text()
        mirror.told.unlink()
    except OSError:
        reason = mirror.problem or f"see {mirror.log}"
        return f"warning: the upload to W&B came to no end: {reason}; later: fwexp sync"
    return told


def _start(
    mirror: Mirror, folders: Sequence[Path], flags: Sequence[str]
) -> subprocess.Popen[bytes]:
    folder = mirror.log.parent
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "fwexp.tracking.mirror", "--driver", str(os.getpid())]
    command += ["--folder", str(folder), *flags]
    # A file, since a pipe to a process that dies at once would break here.
    with tempfile.TemporaryFile() as names, mirror.log.open("ab") as log:
        names.write("\n".join(str(run.resolve()) for run in folders).encode())
        names.seek(0)
        return subprocess.Popen(command, stdin=names, stdout=log, stderr=log)


def _wait(mirror: Mirror, *, process: subprocess.Popen[bytes]) -> None:
    doing = "copying to W&B" + (" and uploading" if mirror.told else "")
    console = Console(stderr=True)
    try:
        with console.status(f"{doing} …") if console.is_terminal else nullcontext():
            process.wait(timeout=max(0.0, mirror.deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        mirror.problem = "it took too long and was stopped"


def _warning(mirror: Mirror, *, num_left: int) -> str:
    reason = mirror.problem or f"see {mirror.log}"
    return (
        f"warning: {num_left} of {len(mirror.pending)} runs are not copied to W&B: {reason}. "
        "Their records are complete; the same command tries again."
    )
