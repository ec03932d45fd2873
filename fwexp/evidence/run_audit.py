"""Whether the runs are what was certified: each whole, the pairs alike, none failed its audit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fwexp.store.audit import Audit
from fwexp.store.certificate import Certificate
from fwexp.store.record import History, RunRecord

PAIRED = {  # hashes that the two frameworks' runs of a seed share
    "data": "data",
    "initial_weights": "initial weights",
    "order": "sample order",
    "learning_rates": "learning rates",
}
# Another seed's trainings part sooner or later than the reference's.
FACTOR = 200.0
LOST = 0.05  # a bound so wide tells nothing


@dataclass(kw_only=True)
class RunAudit:
    """What was looked at in a workload's runs, and what is wrong with them."""

    problems: list[str] = field(default_factory=list)
    num_runs: int = 0  # with a result
    num_audited: int = 0  # of those, replayed by the other framework
    num_steps: int = 0  # replayed
    num_paired: int = 0  # pairs of seeds whose losses were compared
    reach: int = 0  # how many steps the losses can be compared


def audit_runs(
    records: list[RunRecord],
    *,
    certificate: Certificate | None,
    audits: dict[str, Audit],
    histories: dict[str, History],
) -> RunAudit:
    """What the workload's runs say of themselves and each other, and what their replays say."""
    found = RunAudit(num_runs=len(records))
    for record in records:
        found.problems += find_gaps(record, histories.get(record.run_id))
        audit = audits.get(record.run_id)
        if audit is not None and audit.finished_at == record.finished_at:
            found.num_audited += 1
            found.num_steps += len(audit.steps)
            if audit.failed:
                found.problems.append(
                    f"audit of {record.run_id} failed: {audit.failed.text()}; look at "
                    f"{probable_cause(audit)}"
                )
    divergence = certificate.divergence if certificate else []
    found.reach = reach(divergence)
    for torch, tf in pairs_of(records):
        found.problems += find_unlike(torch, tf)
        ours, theirs = (histories.get(record.run_id) for record in (torch, tf))
        if ours and ours.loss and theirs and found.reach:
            found.num_paired += 1
            found.problems += find_jump(torch, tf, ours.loss, theirs.loss, divergence)
    return found


CAUSES = {  # the first of these that failed at the first step with a failure, and what may cause it
    "loss": "the batch, the loss and the forward pass: samples, labels, dropout, precision",
    "optimizer state": "the gradients and the optimizer's state: clipping, precision, resets",
    "weights": "the update: learning rate, decay, the count of steps",
    "statistics": "the running statistics: their momentum, training or evaluation mode",
}
OF_SCORES = "the evaluation: its samples, its weights, its precision"


def probable_cause(audit: Audit) -> str:
    """Where to look first: what fails later may follow from it."""
    first = audit.failed
    assert first
    at_once = {c.what for c in audit.checks if c.step == first.step and not c.passed}
    if "weights" not in at_once and "optimizer state" not in at_once and "loss" in at_once:
        return OF_SCORES  # a step with another loss has other gradients, too
    return next((cause for what, cause in CAUSES.items() if what in at_once), OF_SCORES)


def pairs_of(records: list[RunRecord]) -> Iterator[tuple[RunRecord, RunRecord]]:
    """The runs of one seed, torch's and TensorFlow's."""
    by_side = {(r.config.framework.name, r.config.seed): r for r in records}
    for (framework, seed), record in sorted(by_side.items()):
        if framework == "torch" and (other := by_side.get(("tf", seed))):
            yield record, other


def find_gaps(record: RunRecord, history: History | None) -> Iterator[str]:
    """What of the run its record or history lacks, has too much of, or contradicts."""
    name, planned = record.run_id, record.config.num_steps
    if record.num_steps != planned:
        yield f"{name} made {record.num_steps} steps, and {planned} were planned"
    if history is not None and len(history.loss) != record.num_steps:
        yield f"{name} has the losses of {len(history.loss)} steps, and made {record.num_steps}"
    due, evaluated = record.config.evaluation_steps, [e.step for e in record.evaluations]
    if evaluated != due:
        missing = sorted({*due} ^ {*evaluated})
        where = f"step {missing[0]}" if missing else "another order"
        yield f"{name} was not evaluated as planned: {where}"
    elif record.metric and record.evaluations[-1].scores[record.metric.name] != record.score:
        yield f"{name}: its score is not that of its last evaluation"


def find_unlike(torch: RunRecord, tf: RunRecord) -> Iterator[str]:
    """What two runs of one seed must share and do not."""
    for key, what in PAIRED.items():
        if torch.hashes.get(key) != tf.hashes.get(key):
            yield f"{torch.run_id} and {tf.run_id} had other {what}"


def find_jump(
    torch: RunRecord,
    tf: RunRecord,
    ours: list[float],
    theirs: list[float],
    divergence: list[float],
) -> Iterator[str]:
    """The first step or evaluation after which two runs of one seed are further apart than
    rounding explains, in units of the first loss."""
    steps = [(k + 1, "loss", a, b) for k, (a, b) in enumerate(zip(ours, theirs, strict=False))]
    evaluated = zip(torch.evaluations, tf.evaluations, strict=False)
    tests = [(a.step, "test loss", a.scores["loss"], b.scores["loss"]) for a, b in evaluated]
    units = {"loss": abs(ours[0]), "test loss": abs(tests[0][2])}
    for step, what, our, their in sorted(steps + tests):
        if step > reach(divergence):
            return
        bound = FACTOR * divergence[max(step, 1) - 1]
        unit = max(units[what], abs(our))  # a small loss has lost digits in the softmax
        difference = abs(their - our) / unit if unit else float("inf")
        if not difference <= bound:
            yield (
                f"seed {torch.config.seed}: the {what} at step {step} differs by "
                f"{difference:.1e}, where rounding explains {bound:.1e}"
            )
            return


def reach(divergence: list[float]) -> int:
    """How many steps can be compared before rounding has taken over."""
    return sum(FACTOR * noise <= LOST for noise in divergence)
