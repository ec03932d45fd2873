"""Starts the mirror beside the command, as a process that can fail without harm, and waits."""

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

from fwexp.tracking.wandb.sync_state import is_pending, source_of

MIRROR = (sys.executable, "-m", "fwexp.tracking.wandb.mirror_process")
START_S = 60.0  # imports wandb and starts wandb-core: 1 s on an idle machine
RUN_S = 10.0  # takes 0.1 s
HISTORY_S = 30.0  # per MiB of history: some 15,000 steps, which take 1.5 s
MIB = 2**20
UPLOAD_S = 120.0  # to give up on a service that hangs


@dataclass(kw_only=True)
class Mirror:
    """A mirror under way."""

    log: Path
    pending: list[Path] = field(default_factory=list)  # the folders without an offline run
    upload_report: Path | None = None  # where it says what became of the upload, if there is one
    process: subprocess.Popen[bytes] | None = None  # None: nothing to do, or it did not start
    deadline: float = 0.0  # of time.monotonic()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class MirrorOutcome:
    num_mirrored: int
    warning: str  # for the user; empty if every folder was mirrored
    upload: str = ""  # what became of the upload, if there was one


def start_mirror(
    store: Path,
    *,
    folders: Sequence[Path],
    project: str,
    group: str,
    answer_timeout_s: float | None = None,
) -> Mirror:
    """The mirror at work on the finished run and sweep folders that have no offline run yet.

    With `answer_timeout_s` it also uploads, if the service answers in that time; then it gets all
    finished folders, as an earlier upload may have failed.
    """
    own = store.resolve() / "wandb"
    mirror = Mirror(log=own / "mirror.log", pending=[f for f in folders if is_pending(f)])
    given, flags = mirror.pending, ["--project", project, "--group", group]
    if answer_timeout_s is not None:
        given = [folder for folder in folders if source_of(folder).is_file()]
        mirror.upload_report = own / f"upload-{secrets.token_hex(8)}.txt"
        flags += ["--online-s", f"{answer_timeout_s}"]
        flags += ["--upload-report", str(mirror.upload_report)]
    if given:
        mirror.deadline = time.monotonic() + START_S + sum(map(_limit_s, given))
        mirror.deadline += UPLOAD_S + 10 * answer_timeout_s if answer_timeout_s is not None else 0
        try:
            mirror.process = _start(mirror, given, flags)
        except OSError as error:
            mirror.problem = str(error)
    return mirror


def wait_for_mirror(mirror: Mirror) -> MirrorOutcome:
    """How many folders were mirrored, and a warning if some were not; their records stay whole."""
    if mirror.process is not None:
        _wait(mirror, process=mirror.process)
    num_left = sum(is_pending(folder) for folder in mirror.pending)
    return MirrorOutcome(
        num_mirrored=len(mirror.pending) - num_left,
        warning=_warning(mirror, num_left=num_left) if num_left else "",
        upload=_read_upload_report(mirror),
    )


def _limit_s(folder: Path) -> float:
    """How long mirroring a folder may take on a busy machine."""
    try:
        return RUN_S + HISTORY_S * (folder / "history.json").stat().st_size / MIB
    except FileNotFoundError:  # a sweep, or a run that failed early
        return RUN_S


def _start(
    mirror: Mirror, folders: Sequence[Path], flags: Sequence[str]
) -> subprocess.Popen[bytes]:
    own = mirror.log.parent
    own.mkdir(parents=True, exist_ok=True)
    command = [*MIRROR, "--driver", str(os.getpid()), "--folder", str(own), *flags]
    # A file, since a pipe to a process that dies at once would break here.
    with tempfile.TemporaryFile() as names, mirror.log.open("ab") as log:
        names.write("\n".join(str(folder.resolve()) for folder in folders).encode())
        names.seek(0)
        return subprocess.Popen(command, stdin=names, stdout=log, stderr=log)


def _wait(mirror: Mirror, *, process: subprocess.Popen[bytes]) -> None:
    doing = "mirroring to W&B" + (" and uploading" if mirror.upload_report else "")
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
        f"warning: {num_left} of {len(mirror.pending)} runs were not mirrored to W&B: {reason}. "
        "Their records are complete; the same command tries again."
    )


def _read_upload_report(mirror: Mirror) -> str:
    if mirror.upload_report is None or (mirror.process is None and not mirror.problem):
        return ""
    try:
        report = mirror.upload_report.read_text()
        mirror.upload_report.unlink()
    except OSError:
        reason = mirror.problem or f"see {mirror.log}"
        return f"warning: the upload to W&B did not finish: {reason}; run fwexp sync later"
    return report
