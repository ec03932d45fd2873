"""Each framework replays steps of the other's runs: equal ones pass, and what was changed shows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fwexp.launch import drive as module
from fwexp.launch.drive import drive
from fwexp.launch.launcher import Outcome, missing_runs
from fwexp.launch.plan import Plan
from fwexp.models.initialization import Weights
from fwexp.parity.audit import Auditable, audit, describe_audits, has_audits
from fwexp.parity.key import certificate_key
from fwexp.parity.replay import read_state
from fwexp.store.array_file import ArrayWriter
from fwexp.store.audit import Audit
from fwexp.store.certificate import Certificate, Stage
from fwexp.store.run_folder import RunFolder
from fwexp.store.store import Store
from tests.tiny import SharedServers, tiny_plan, warm_servers

BOTH = ["torch", "tf"]
Change = Callable[[Weights], None]


@pytest.fixture(autouse=True)
def shared_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "framework_servers", SharedServers)


def leave_certificate(plan: Plan, store: Store) -> None:
    """As if it had been made, so that the runs may be compared."""
    stage = Stage(name="forward", passed=True, difference=0.0, tolerance=1e-10, where="")
    certificate = Certificate(
        key=certificate_key(plan.first),
        passed=True,
        model="mlp",
        optimizer="adam",
        data="digits",
        precision="fp32",
        num_parameters=1,
        stages=[stage],
    )
    store.write_certificate(certificate)


def ran(folder: Path, *overrides: str) -> tuple[Plan, Store, Outcome]:
    """A run in each framework, and its audit."""
    store = Store(folder)
    plan = tiny_plan("training.num_steps=30", *overrides, in_store=folder, framework=BOTH)
    leave_certificate(plan, store)
    return plan, store, drive(plan, store, missing_runs(plan, store, retry=False))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "framework_servers", SharedServers)
        plan, store, outcome = ran(tmp_path_factory.mktemp("done"))
    assert outcome.is_complete
    return plan, store


def auditable(plan: Plan, store: Store) -> Auditable:
    return Auditable(
        config=plan.first,
        certificate=certificate_key(plan.first),
        folders=[store.run(plan.machine_class, run.run_id) for run in plan.runs],
    )


def again(plan: Plan, store: Store) -> dict[str, Audit]:
    found = audit(
        auditable(plan, store), store=store, servers=warm_servers(), say=lambda _: None, again=True
    )
    return {made.run_id.partition("-")[0]: made for made in found}


def folder_of(plan: Plan, store: Store, framework: str) -> RunFolder:
    (run,) = [r for r in plan.runs if r.config.framework.name == framework]
    return store.run(plan.machine_class, run.run_id)


def change(path: Path, by: Change) -> bytes:
    """What the file held before."""
    before, state = path.read_bytes(), read_state(path)
    by(state)
    with ArrayWriter(path) as file:
        file.add(state)
    return before


@pytest.mark.parametrize("framework", BOTH)
def test_a_drive_leaves_an_audit_of_each_run(done: tuple[Plan, Store], framework: str) -> None:
    plan, store = done
    folder = folder_of(plan, store, framework)
    made, record = folder.read_audit(), folder.read_record()
    assert made is not None
    assert record is not None
    assert made.finished_at == record.finished_at
    assert made.steps == folder.samples.steps()
    assert made.failed is None
    assert {check.what for check in made.checks} == {
        *("weights", "optimizer state", "loss", "accuracy"),
    }
    assert all(check.share < 0.3 for check in made.checks)


def test_audits_there_already_are_not_made_again(done: tuple[Plan, Store]) -> None:
    plan, store = done
    assert has_audits(auditable(plan, store))
    times = [folder.audit_file.stat().st_mtime_ns for folder in auditable(plan, store).folders]
    assert drive(plan, store, missing_runs(plan, store, retry=False)).is_complete
    assert times == [f.audit_file.stat().st_mtime_ns for f in auditable(plan, store).folders]


def scale_a_kernel(state: Weights) -> None:
    state["head.kernel"] *= 1.01


def forget(state: Weights) -> None:
    for name in state:
        if name.endswith("/v"):
            state[name] = state[name] * 0


@pytest.mark.parametrize("framework", BOTH)
@pytest.mark.parametrize(
    ("moment", "by", "words"),
    [
        ("after", scale_a_kernel, "weights after step"),
        ("before", forget, "optimizer state after step"),
        ("final", scale_a_kernel, "loss after step 30 differs"),
    ],
)
def test_a_state_that_the_other_framework_does_not_reach(
    done: tuple[Plan, Store], framework: str, moment: str, by: Change, words: str
) -> None:
    plan, store = done
    samples = folder_of(plan, store, framework).samples
    step = samples.steps()[-1]
    paths = {
        "before": samples.before(step),
        "after": samples.after(step),
        "final": samples.final,
    }
    before = change(paths[moment], by)
    try:
        found = again(plan, store)
    finally:
        paths[moment].write_bytes(before)
    failed = found[framework].failed
    assert failed is not None
    assert words in failed.text() or failed.what in ("weights", "loss", "optimizer state")
    (other,) = [made for name, made in found.items() if name != framework]
    assert other.failed is None
    told = describe_audits(found.values(), config=plan.first)
    assert told.startswith("audit of mlp × adam × digits: FAILED in 1 of 2 runs: ")
    assert again(plan, store)[framework].failed is None


def test_a_run_that_kept_nothing_is_not_audited(tmp_path: Path) -> None:
    plan, store, outcome = ran(tmp_path, "comparison.audit_mib=0", "training.num_steps=2")
    assert outcome.is_complete
    assert again(plan, store) == {}
    assert has_audits(auditable(plan, store))
