"""Why a run was lost, as far as its job's log tells."""

from pathlib import Path

import pytest

from fwexp.launch.slurm.job_log import why_lost

WAIT = "waiting for another run on this device to finish; the wait is not timed\n"
TRACEBACK = "Traceback (most recent call last):\n  File 'a.py', line 1, in f\nOSError: no room\n"
STEP = "slurmstepd: error: Detected 1 oom_kill event\n"
SRUN = "srun: error: nodeA: task 0: Killed\n"
ENDED = "[1/2] r1: interrupted: killed by signal 9\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENDED + STEP + SRUN, ": interrupted: killed by signal 9"),
        (ENDED + "[2/2] r2: 50 % accuracy\n" + TRACEBACK, ": interrupted: killed by signal 9"),
        (TRACEBACK + WAIT + SRUN, ": OSError: no room"),
        (WAIT + STEP + SRUN, ": slurmstepd: error: Detected 1 oom_kill event"),
        (WAIT + SRUN, ": srun: error: nodeA: task 0: Killed"),
        (
            "r1\n" + WAIT,
            "; its log names no error, its last line is: waiting for another run on this device to "
            "finish; the wait is not timed",
        ),
        ("\n", ""),
    ],
)
def test_why_it_was_lost(tmp_path: Path, text: str, expected: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert why_lost(log, "r1") == expected


def test_a_job_that_has_no_log(tmp_path: Path) -> None:
    assert why_lost(tmp_path, "r1") == ""
