"""Interrupt real runs with real signals at random steps, and compare them with undisturbed ones."""

import os
import random
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.plain import to_plain
from fwexp.data.preparation import prepare
from fwexp.launch.plan import Plan
from fwexp.launch.planning import plan_runs
from fwexp.meters.environment import cpu_model, instruction_sets, versions
from fwexp.processes.warm_servers import WarmServer, WarmServers
from fwexp.runs.execute import RunRequest
from fwexp.store.record import RunRecord
from fwexp.trainers.registry import TRAINERS
from tests.prove.proof import Proof
from tests.prove.resume_run import state_file
from tests.prove.small_sweep import runs_of
from tests.prove.table import table

SEED = 20261120
FRAMEWORKS = ("torch", "tf")
TIMES = (1, 3, 7)  # that a run is interrupted by a signal that asks it to stop
NUM_KILLS = 3  # in one more, by SIGKILL, with a save every SAVE_EVERY_S
SAVE_EVERY_S = 0.1
ASKING = (signal.SIGUSR2, signal.SIGTERM)
SHARED = ["training.num_epochs=null", "tracking=none", "optimizer.schedule.name=cosine"]
WORKLOADS = {
    "mlp, adam, digits": [
        *("model=mlp", "data=digits", "optimizer=adam", "training.num_steps=1500"),
        *("training.evaluate_every_epochs=10", "hardware.num_threads=1"),
    ],
    "cnn with BatchNorm, adamw, digits": [
        *("model=cnn", "data=digits", "optimizer=adamw", "training.num_steps=300"),
        *("training.evaluate_every_epochs=2", "hardware.num_threads=1"),
    ],
    "lstm, adam, electricity": [
        *("model=lstm", "data=electricity", "optimizer=adam", "training.num_steps=300"),
        *("training.evaluate_every_epochs=0.2", "hardware.num_threads=1"),
    ],
    "cnn with BatchNorm, adamw, digits, two threads": [
        *("model=cnn", "data=digits", "optimizer=adamw", "training.num_steps=300"),
        *("training.evaluate_every_epochs=2", "hardware.num_threads=2"),
    ],
}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a run left behind."""

    record: RunRecord
    losses: list[float]
    learning_rates: list[float]
    state: dict[str, NDArray[Any]]

    def series(self) -> dict[str, dict[str, NDArray[Any]]]:
        """All that must not differ, by what it is and by name."""
        tests = {
            f"{name} at step {e.step}": np.array(value)
            for e in self.record.evaluations
            for name, value in e.scores.items()
        }
        return {
            "weights": {k: v for k, v in self.state.items() if "/" not in k},
            "optimizer": {k: v for k, v in self.state.items() if "/" in k},
            "losses": {"loss": np.array(self.losses)},
            "rates": {"rate": np.array(self.learning_rates)},
            "scores": tests,
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An interrupted run, compared with the undisturbed one."""

    workload: str
    framework: str
    sent: list[str]  # the signals: an interruption each
    codes: list[int]  # the attempts' exit codes
    record: RunRecord
    differences: dict[str, float]  # the largest, by what differs

    @property
    def passed(self) -> bool:
        ended = -signal.SIGKILL if self.is_killed else os.EX_TEMPFAIL
        num_found = len(self.record.interruptions)
        return (
            self.codes == [*[ended] * len(self.sent), 0]
            and (num_found > 0 if self.is_killed else num_found == len(self.sent))
            and all(value == 0 for value in self.differences.values())
        )

    @property
    def is_killed(self) -> bool:
        """Two kills after one save are one interruption in the record."""
        return "SIGKILL" in self.sent


def perform(
    server: WarmServer, request: RunRequest, *, after: int | None, by: int, log: Path
) -> int:
    """The exit code of an attempt that is sent the signal after that many steps."""

    def hear(event: dict[str, Any]) -> None:
        nonlocal after
        if after is not None and event.get("step", 0) >= after:
            for run in runs_of(os.getpid()):
                os.kill(run, by)
            after = None

    return server.call("tests.prove.resume_run:run", to_plain(request), log=log, hear=hear)


@contextmanager
def serving(framework: str, *, logs: Path) -> Iterator[WarmServer]:
    """A server that ends with the block."""
    modules = [TRAINERS[framework].partition(":")[0], "tests.prove.resume_run"]
    with WarmServers({framework: modules}, logs=logs) as servers:
        yield servers[framework]


def main() -> Proof:
    """Holds when nothing differs."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="fwexp-resume-") as scratch:
        for framework in FRAMEWORKS:
            with serving(framework, logs=Path(scratch, "logs")) as server:
                for workload in WORKLOADS:
                    folder = Path(scratch) / str(len(outcomes))
                    for outcome in _outcomes(server, framework, workload, folder):
                        print(_told(outcome), flush=True)
                        outcomes.append(outcome)
    passed = all(outcome.passed for outcome in outcomes)
    return Proof(text="\n".join(_page(outcomes, passed=passed)), holds=passed)


def _outcomes(server: WarmServer, framework: str, workload: str, folder: Path) -> Iterator[Outcome]:
    rng = random.Random(f"{SEED} {framework} {workload}")
    undisturbed = _Run(server, framework, workload, folder / "undisturbed")
    assert undisturbed.perform() == 0, undisturbed.folder.log.read_text()
    wanted = undisturbed.ending()
    for times in TIMES:
        run = _Run(server, framework, workload, folder / f"{times}")
        yield _interrupt(run, [rng.choice(ASKING) for _ in range(times)], wanted, rng)
    often = f"launcher.checkpoint_every_min={SAVE_EVERY_S / 60}"
    run = _Run(server, framework, workload, folder / "killed", often)
    yield _interrupt(run, [signal.SIGKILL] * NUM_KILLS, wanted, rng)


class _Run:
    """One run in a store of its own."""

    def __init__(
        self, server: WarmServer, framework: str, workload: str, folder: Path, *overrides: str
    ) -> None:
        self.server, self.framework, self.workload = server, framework, workload
        axes = {"framework": [f"framework={framework}"], "seed": ["seed=0"]}
        chosen = [*SHARED, *WORKLOADS[workload], f"store={folder}", *overrides]
        self.plan: Plan = plan_runs(axes, chosen, name="resume", title="", command="")
        (self.run,) = self.plan.runs
        prepare(self.run.config.data, say=print)
        self.request = RunRequest(
            run_id=self.run.run_id,
            config=self.run.config,
            sources=self.run.sources,
            digests=self.run.digests,
            machine_class=self.plan.machine_class,
            commit=None,
            store=str(folder),
            replaces=None,
        )
        self.folder = self.request.folder

    def perform(self, *, after: int | None = None, by: int = signal.SIGKILL) -> int:
        log = self.folder.log
        return perform(self.server, self.request, after=after, by=by, log=log)

    def ending(self) -> Ending:
        record, history = self.folder.read_record(), self.folder.read_history()
        assert record is not None, self.folder.log.read_text()
        assert history is not None, self.folder.log.read_text()
        with np.load(state_file(self.request)) as state:
            return Ending(
                record=record,
                losses=history.loss,
                learning_rates=history.learning_rate,
                state=dict(state),
            )


def _interrupt(run: _Run, by: Sequence[int], wanted: Ending, rng: random.Random) -> Outcome:
    """Interrupt it with these signals, each after a random step, and then let it finish.

    A signal whose step has passed already is sent after the attempt's first step.
    """
    num_steps = len(wanted.losses)
    earliest = num_steps // 3 if signal.SIGKILL in by else 1  # there must be a save before it
    steps = sorted(rng.sample(range(earliest, num_steps * 9 // 10), len(by)))
    codes = [run.perform(after=step, by=number) for step, number in zip(steps, by, strict=True)]
    codes.append(run.perform())
    found = run.ending()
    ours, theirs = found.series(), wanted.series()
    return Outcome(
        workload=run.workload,
        framework=run.framework,
        sent=[signal.Signals(number).name for number in by],
        codes=codes,
        record=found.record,
        differences={kind: _difference(ours[kind], theirs[kind]) for kind in ours},
    )


def _difference(ours: Mapping[str, NDArray[Any]], theirs: Mapping[str, NDArray[Any]]) -> float:
    """The largest of any number from its counterpart; infinite where one has none."""
    if ours.keys() != theirs.keys() or any(ours[k].shape != theirs[k].shape for k in ours):
        return float("inf")
    gaps = [np.abs(ours[k].astype(float) - theirs[k]).max(initial=0.0) for k in ours]
    return float(max(gaps, default=0.0))


def _told(outcome: Outcome) -> str:
    steps = [interruption.step for interruption in outcome.record.interruptions]
    return (
        f"{'ok ' if outcome.passed else 'BAD'} {outcome.framework} {outcome.workload}: "
        f"{outcome.sent} after {steps}, exit {outcome.codes}, {outcome.differences}"
    )


def _page(outcomes: list[Outcome], *, passed: bool) -> Iterator[str]:
    yield "# Exact resume: what an interruption changes"
    yield ""
    num_stops = sum(len(outcome.sent) for outcome in outcomes)
    num_passed = sum(outcome.passed for outcome in outcomes)
    verdict = "Nothing" if passed else "SOMETHING"
    yield (
        f"{verdict} changed: {num_passed} of {len(outcomes)} runs, interrupted {num_stops} times "
        "in all, finished with the same weights, optimizer slots, losses and learning rates of "
        "every step, and scores as the undisturbed run."
    )
    yield ""
    yield (
        "Each row is one run through a warm server, as a sweep runs it. `stopped` runs were sent "
        f"{' or '.join(signal.Signals(number).name for number in ASKING)} after random steps "
        f"(seed {SEED}); they saved what they had done and exited with {os.EX_TEMPFAIL}. `killed` "
        f"runs saved every {SAVE_EVERY_S} s and were sent SIGKILL: they `went on after` the last "
        "save before it. Each time the run was started again in a new process. The differences are "
        "the largest between any number and its counterpart. `lost` is the wall time from a save "
        "until training went on from it, which the record keeps apart from training; `saving` is "
        "that of the other saves. Two kills after the same save are one entry. BatchNorm "
        "statistics count as weights. Not tested: a GPU or TPU, whose libraries need not add in "
        "the same order twice, and a change of processor: a checkpoint from another processor or "
        "number of threads is refused, and the run starts again."
    )
    yield ""
    yield from table(
        (
            *("framework", "workload", "steps", "interrupted", "went on after"),
            *("weights", "optimizer", "losses", "rates", "scores", "saving s", "lost s", ""),
        ),
        [_row(outcome) for outcome in outcomes],
    )
    yield ""
    found = versions()
    names = ("torch", "pytorch-lightning", "tensorflow", "keras", "numpy")
    yield (
        f"{cpu_model()} ({', '.join(s for s in instruction_sets() if s.startswith('avx'))}); "
        f"{', '.join(f'{name} {found[name]}' for name in names)}. Measured by "
        "`python -m tests.prove resume`."
    )


def _row(outcome: Outcome) -> list[str]:
    record = outcome.record
    assert record.phases is not None
    kind = "killed" if outcome.is_killed else "stopped"
    return [
        outcome.framework,
        outcome.workload,
        str(record.num_steps),
        f"{kind} {len(outcome.sent)}×",
        ", ".join(str(interruption.step) for interruption in record.interruptions),
        *(f"{value:.2g}" for value in outcome.differences.values()),
        f"{record.phases.checkpoint_s:.2f}",
        f"{sum(interruption.lost_s for interruption in record.interruptions):.1f}",
        "" if outcome.passed else "FAILED",
    ]
