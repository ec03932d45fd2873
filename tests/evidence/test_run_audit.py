"""A workload's runs are read together, and void where they are not what was certified."""

from dataclasses import replace

import pytest

from fwexp.evidence.assess import Evidence, assess
from fwexp.evidence.decision import Winner
from fwexp.evidence.run_audit import FACTOR, reach
from fwexp.store.audit import Audit, Check
from fwexp.store.record import History
from tests.evidence.factory import Sweep, Truth, simulate

FLOOR = 1e-6  # of the reference
HASHES = {"data": "d", "initial_weights": "w", "order": "o", "learning_rates": "r"}


class Store:
    """A simulated sweep of a mlp, with hashes, histories, a reference and audits."""

    def __init__(self) -> None:
        self.sweep: Sweep = simulate({"mlp": Truth()}, num_seeds=3)
        for run_id, record in self.sweep.records.items():
            self.sweep.records[run_id] = replace(record, hashes=dict(HASHES))
        (self.key,) = self.sweep.certificates
        self.reference([FLOOR] * 220)
        losses = [1 / step for step in range(1, 221)]
        self.histories = {
            run_id: History(loss=list(losses), step_s=losses, learning_rate=losses)
            for run_id in self.sweep.records
        }
        self.audits = {
            run_id: Audit(
                run_id=run_id,
                finished_at=record.finished_at,
                certificate=self.key,
                made_at=record.finished_at,
                steps=[7, 150],
                checks=[Check(what="weights", step=8, difference=1e-6, bound=1e-5)],
            )
            for run_id, record in self.sweep.records.items()
        }
        for record in self.sweep.records.values():
            for evaluation in record.evaluations:
                evaluation.scores["loss"] = 1.0

    def reference(self, divergence: list[float]) -> None:
        certificates = self.sweep.certificates
        certificates[self.key] = replace(certificates[self.key], divergence=divergence)

    def evidence(self) -> Evidence:
        return assess(
            self.sweep.manifest,
            records=self.sweep.records,
            certificates=self.sweep.certificates,
            audits=self.audits,
            histories=self.histories,
        )

    def why_void(self) -> str:
        evidence = self.evidence()
        assert {choice.winner for choice in evidence.decision.choices} == {Winner.VOID}
        (reason,) = evidence.void.values()
        return reason


@pytest.fixture
def store() -> Store:
    return Store()


def test_sound_runs_are_compared(store: Store) -> None:
    evidence = store.evidence()
    assert evidence.void == {}
    (workload,) = evidence.workloads
    audit = workload.audit
    assert (audit.num_runs, audit.num_audited, audit.num_steps) == (6, 6, 12)
    assert (audit.num_paired, audit.reach) == (3, 220)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_steps": 219}, "tf-mlp-1 made 219 steps, and 220 were planned"),
        ({"score": 0.99}, "tf-mlp-1: its score is not that of its last evaluation"),
        ({"hashes": {**HASHES, "order": "x"}}, "torch-mlp-1 and tf-mlp-1 had other sample order"),
        ({"hashes": {**HASHES, "data": "x"}}, "torch-mlp-1 and tf-mlp-1 had other data"),
        ({"hashes": {}}, "torch-mlp-1 and tf-mlp-1 had other data (and 3 more)"),
    ],
)
def test_a_run_that_is_not_what_was_planned(
    store: Store, changes: dict[str, object], words: str
) -> None:
    store.sweep.bend("tf-mlp-1", **changes)
    assert store.why_void().startswith(words)


def test_a_run_whose_last_evaluation_is_missing(store: Store) -> None:
    record = store.sweep.records["torch-mlp-2"]
    store.sweep.bend("torch-mlp-2", evaluations=record.evaluations[:-1])
    assert store.why_void() == "torch-mlp-2 was not evaluated as planned: step 220"


def test_a_history_of_other_length(store: Store) -> None:
    history = store.histories["torch-mlp-0"]
    store.histories["torch-mlp-0"] = replace(history, loss=history.loss[:100])
    assert store.why_void() == "torch-mlp-0 has the losses of 100 steps, and made 220"


def test_losses_that_part_faster_than_rounding(store: Store) -> None:
    losses = store.histories["tf-mlp-1"].loss
    for step in range(120, 220):
        losses[step] += 2 * FACTOR * FLOOR
    assert store.why_void() == (
        "seed 1: the loss at step 121 differs by 4.0e-04, where rounding explains 2.0e-04"
    )


def test_an_evaluation_that_parts_from_the_others(store: Store) -> None:
    store.sweep.records["torch-mlp-0"].evaluations[3].scores["loss"] = 1.1
    assert store.why_void() == (
        "seed 0: the test loss at step 66 differs by 9.1e-02, where rounding explains 2.0e-04"
    )


def test_a_loss_that_is_no_number(store: Store) -> None:
    store.histories["tf-mlp-1"].loss[4] = float("nan")
    assert "the loss at step 5 differs by nan" in store.why_void()


def test_a_reference_that_has_parted_itself_tells_nothing(store: Store) -> None:
    store.reference([FLOOR] * 10 + [1e-2] * 210)
    for step in range(10, 220):
        store.histories["tf-mlp-1"].loss[step] *= 2
    store.sweep.records["torch-mlp-0"].evaluations[3].scores["loss"] = 1.1
    evidence = store.evidence()
    assert evidence.void == {}
    assert evidence.workloads[0].audit.reach == 10


def test_no_reference_compares_no_losses(store: Store) -> None:
    store.reference([])
    (workload,) = store.evidence().workloads
    assert (workload.audit.num_paired, reach([])) == (0, 0)


@pytest.mark.parametrize("difference", [2e-5, float("nan"), float("inf")])
def test_a_failed_audit_voids_as_a_failed_certificate_does(store: Store, difference: float) -> None:
    store.audits["tf-mlp-2"].checks += [
        Check(what="loss", step=151, difference=0.5, bound=1e-5),
        Check(what="weights", step=150, difference=difference, bound=1e-5, where="head.kernel"),
    ]
    assert store.why_void() == (
        f"audit of tf-mlp-2 failed: weights after step 150 differs by {difference:.1e}, where "
        "rounding explains 1.0e-05, most in head.kernel; look at the update: learning rate, decay, "
        "the count of steps"
    )


@pytest.mark.parametrize(
    ("failed", "cause"),
    [
        (("loss", "weights", "optimizer state"), "the batch, the loss and the forward pass: sampl"),
        (("weights", "optimizer state"), "the gradients and the optimizer's state: clipping, p"),
        (("statistics",), "the running statistics: their momentum, training or evaluation mode"),
        (("accuracy", "loss"), "the evaluation: its samples, its weights, its precision"),
        (("accuracy",), "the evaluation: its samples, its weights, its precision"),
    ],
)
def test_where_to_look(store: Store, failed: tuple[str, ...], cause: str) -> None:
    checks = [Check(what=what, step=9, difference=1.0, bound=1e-5) for what in failed]
    later = Check(what="weights", step=99, difference=1.0, bound=1e-5)
    store.audits["tf-mlp-2"].checks = [later, *checks]
    assert f"; look at {cause}" in store.why_void()


def test_an_audit_of_an_earlier_record_counts_for_nothing(store: Store) -> None:
    store.audits["tf-mlp-2"].checks[0].difference = 1.0
    store.audits["tf-mlp-2"].finished_at = "2026-11-01T00:00:00+00:00"
    (workload,) = store.evidence().workloads
    assert workload.audit.num_audited == 5
    assert workload.audit.problems == []
