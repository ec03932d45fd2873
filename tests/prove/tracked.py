"""A run as its user types it, tracked or not, and what its steps took.

The command line is typed in this process again and again, so that both frameworks are imported
once and runs that are compared lie seconds apart.
"""

import io
import json
import os
import random
import statistics
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from fwexp.cli import dispatch
from tests.proc import commands, with_variables
from tests.tiny import SharedServers, session_variables
from tests.tracking.service import Service
from tests.tracking.simulated import wandb_environment
from tests.tracking.wandb_files import read_offline_run

NUM_STEPS = 400
NUM_FIRST = 50  # steps of warm-up, left out of the time of a step
GONE_S = 1.0
RUN = (
    *("model=mlp", "data=digits", "training.batch_size=512", "training.num_epochs=null"),
    *(f"training.num_steps={NUM_STEPS}", "training.evaluate_every_epochs=200"),
    "hardware.num_threads=1",
)
WIDTH = {"torch": 320, "tf": 512}  # of the mlp, for steps of about 5 ms


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command's runs, one after the other, as they were typed."""

    train_s: float  # all steps
    mean_step_s: float
    median_step_s: float
    recorded_at: float  # the last record
    after_s: float  # from then to the end of the command
    num_rows: int  # of their copies
    told: str


def type_runs(
    store: Path, framework: str, kind: str, *more: str, service: Service | None = None
) -> Ran:
    """`fwexp framework=… tracking=… …`; AssertionError where a process of W&B's outlives it."""
    chosen = (f"framework={framework}", f"model.options.width={WIDTH[framework]}")
    argv = [*RUN, *chosen, f"tracking={kind}", f"store={store}", *more]
    said = _type(argv, wandb_environment(service, **session_variables()))
    ended = time.time()
    assert _are_gone(store), "a process of W&B's outlived the command"
    files = list(store.glob("runs/*/*/record.json"))
    series = [json.loads(file.with_name("history.json").read_text())["step_s"] for file in files]
    steady = [step_s for steps in series for step_s in steps[NUM_FIRST:]]
    told = [line for line in said.splitlines() if "W&B runs" in line or " uploaded to " in line]
    copied = [] if kind == "none" else [read_offline_run(file.parent)["rows"] for file in files]
    recorded_at = max(file.stat().st_mtime for file in files)
    return Ran(
        train_s=sum(map(sum, series)),
        mean_step_s=statistics.fmean(steady),
        median_step_s=statistics.median(steady),
        recorded_at=recorded_at,
        after_s=ended - recorded_at,
        num_rows=sum(map(len, copied)),
        told=" ".join(told).replace(service.url if service else "URL", "URL"),
    )


def store_name(name: str, rng: random.Random) -> str:
    """A store's name of a random length.

    In a process that is forked from a warm server the layout of memory follows from what it is
    sent, and would be the same in every run of a kind.
    """
    return f"{name}-{'x' * rng.randrange(100)}"


def _are_gone(store: Path) -> bool:
    """Whether W&B's processes end with the command, or a moment later."""
    deadline = time.monotonic() + GONE_S
    while _named(store) or with_variables(f"WANDB_DIR={store.resolve() / 'wandb'}"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _named(store: Path) -> bool:
    """Whether a process has the store in its command line."""
    return any(os.fsencode(store.resolve()) in command for command in commands().values())


def _type(argv: list[str], environment: dict[str, str]) -> str:
    """What `fwexp …` prints, without the import of its framework."""
    said = io.StringIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("fwexp.launch.drive.framework_servers", SharedServers),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        code = dispatch(argv)
    assert code == 0, said.getvalue()
    return said.getvalue()
