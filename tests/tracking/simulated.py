"""A simulated sweep as a store holds it, series included, and the commands typed on it."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from fwexp.store.record import History, RunRecord
from fwexp.store.store import Store
from fwexp.writeup.write import write_up
from tests.evidence.factory import Sweep, Truth, simulate
from tests.tracking.service import Service
from tests.writeup.stored import save

ROOT = Path(__file__).parents[2]
FWEXP = [sys.executable, "-m", "fwexp"]


def simulated_store(path: Path, sweep: Sweep | None = None) -> Store:
    """A store with the records, series and write-up of the sweep `demo`."""
    sweep = sweep or simulate(
        {"mlp": Truth(target=0.9), "cnn": Truth(quality_target=0.5)}, num_seeds=3
    )
    sweep.manifest.comparison.horizon = "as run"  # which report_figures.py recomputes
    store = save(sweep, path)
    for record in sweep.records.values():
        if record.status == "done":
            store.run(record.machine_class, record.run_id).write_history(_history(record))
    write_up(store, "demo")
    return store


def _history(record: RunRecord) -> History:
    assert record.num_steps is not None
    steps = range(1, record.num_steps + 1)
    return History(
        loss=[1 / step for step in steps],
        step_s=[0.004 for _ in steps],
        learning_rate=[1e-3 for _ in steps],
    )


def sweep_folders(store: Store) -> list[Path]:
    """The folders of the runs of `demo` that have a record, and its own."""
    return [file.parent for file in store.path.resolve().glob("runs/*/*/record.json")] + [
        store.sweep_folder("demo").resolve()
    ]


def num_rows(store: Store) -> dict[str, int]:
    """How many rows each W&B run should have, by run id."""
    manifest = store.read_manifest("demo")
    records, _ = store.read_records(manifest.machine_class, manifest.runs)
    return {run_id: record.num_steps or 0 for run_id, record in records.items()}


def uploaded_rows(service: Service) -> dict[str, list[int]]:
    """The steps of the rows that the service has, by run id."""
    return {
        str(run.config["run_id"]["value"]): [row["_step"] for row in run.rows]
        for run in service.runs().values()
        if run.fields["jobType"] == "train"
    }


def start_sync(store: Store, service: Service) -> subprocess.Popen[str]:
    """`fwexp sync demo`, which goes on beside the caller."""
    return subprocess.Popen(
        [*FWEXP, "sync", "demo", "--store", str(store.path)],
        env=wandb_environment(service),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def same_write_up(store: Store, service: Service, *, lead: Path) -> bool:
    """Whether `fwexp report demo --from wandb`, where no store is, writes the local files."""
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(lead)),
        environment=wandb_environment(service),
        timeout_s=600,
    )
    assert done.returncode == 0, done.stderr
    here, there = store.sweep_folder("demo"), lead / "sweeps" / "demo" / "from_wandb"
    names = ("evidence.json", "page.md", "page.html")
    return all((there / name).read_bytes() == (here / name).read_bytes() for name in names)


def wandb_environment(service: Service | None, **more: str) -> dict[str, str]:
    """The test's environment with no settings of wandb's but the service's address."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    address = service.environment if service else {}
    return own | {"PYTHONPATH": str(ROOT), "HOME": "/nonexistent"} | address | more


def fwexp(
    *argv: str, environment: dict[str, str], timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """`fwexp …` as a user types it."""
    return run_command(argv, environment=environment, timeout_s=timeout_s)


def run_process(
    argv: Sequence[str], *, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """The command in a new process."""
    return subprocess.run(
        [*FWEXP, *argv], env=environment, capture_output=True, text=True, timeout=timeout_s
    )


run_command = run_process  # the tests of tracking have a quicker way
