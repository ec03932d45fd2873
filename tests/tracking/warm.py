"""`fwexp` in a fork of a process that has its imports: a clean process, 2 s earlier."""

import atexit
import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from fwexp.cli import main
from tests.tracking.short_waits import shorten_waits

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        *("fwexp.commands.sync", "fwexp.commands.publish", "fwexp.tracking.wandb.read_back"),
        *("wandb.apis.public", "vl_convert", __name__),
    ]
)


def run_warm(
    argv: Sequence[str], *, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` gives back of the command."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("out", "err")]
        process = CONTEXT.Process(target=_run, args=(argv, dict(environment), streams))
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(argv, timeout_s)
        out, err = (stream.read_text() for stream in streams)
    return subprocess.CompletedProcess(argv, process.exitcode, out, err)


def _run(argv: Sequence[str], environment: dict[str, str], streams: Sequence[Path]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT), number)
    shorten_waits()
    try:
        main(argv)
    finally:
        atexit._run_exitfuncs()  # which a process of multiprocessing leaves out
