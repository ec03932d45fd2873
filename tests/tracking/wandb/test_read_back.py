"""A sweep that the service does not have, or not in full."""

from pathlib import Path

from fwexp.store.store import Store
from tests.tracking.service import Service
from tests.tracking.simulated import (
    fwexp,
    same_write_up,
    wandb_environment,
)
from tests.tracking.synced import NUM_RUNS, counts, sync


def test_a_sweep_that_is_not_there(service: Service, tmp_path: Path) -> None:
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(tmp_path)),
        environment=wandb_environment(service),
    )
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp has no sweep 'demo'; where it ran, type fwexp sync demo. If "
        "it is in another project or team, set WANDB_PROJECT or WANDB_ENTITY",
    )


def test_a_sweep_whose_runs_are_not_all_there(
    store: Store, service: Service, tmp_path: Path
) -> None:
    sync(store, service)
    (key, *_) = (k for k, run in service.data.runs.items() if run.fields["jobType"] == "train")
    del service.data.runs[key]
    done = fwexp(
        *("report", "demo", "--from", "wandb", "--store", str(tmp_path / "lead")),
        environment=wandb_environment(service),
    )
    assert (done.returncode, done.stderr.strip()) == (
        2,
        f"{service.url}/team/fwexp lacks 1 of the 12 runs of demo, {key[2]} among them; "
        "where they ran, type fwexp sync demo",
    )
    assert counts(sync(store, service)) == [1, NUM_RUNS, 0]
    assert same_write_up(store, service, lead=tmp_path / "lead")
