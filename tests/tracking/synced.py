"""`fwexp sync demo` as typed, and what the service has to hold afterwards."""

import subprocess

from fwexp.store.store import Store
from fwexp.tracking.wandb.content import wandb_run
from tests.tracking.service import Service
from tests.tracking.simulated import (
    fwexp,
    num_rows,
    sweep_folders,
    uploaded_rows,
    wandb_environment,
)

NUM_RUNS = 12


def sync(store: Store, service: Service | None, **more: str) -> subprocess.CompletedProcess[str]:
    environment = wandb_environment(service, **more)
    return fwexp("sync", "demo", "--store", str(store.path), environment=environment)


def counts(done: subprocess.CompletedProcess[str]) -> list[int]:
    """Uploaded, skipped and failed, from the table."""
    lines = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert len(lines) == 3, done.stdout + done.stderr
    return [int(line.split("│")[2]) for line in lines]


def check_complete(store: Store, service: Service) -> None:
    """Every run and the sweep are there with all they hold, each row sent once."""
    check_there(store, service)
    assert service.data.num_resent == 0


def check_there(store: Store, service: Service) -> None:
    """Every run and the sweep are there with all they hold, each row once and in order."""
    wanted = {run_id: list(range(num + 1)) for run_id, num in num_rows(store).items()}
    assert uploaded_rows(service) == wanted
    for folder in sweep_folders(store):
        content = wandb_run(folder)
        run = service.runs()[content.wandb_id]
        own = [{k: v for k, v in row.items() if not k.startswith("_")} for row in run.rows]
        assert own == content.rows
        assert run.summary.items() >= content.summary.items()
        assert run.state == ("finished" if content.exit_code == 0 else "failed")
