"""Sweeps on a cluster that fails: what is lost, what is done twice, and what the user sees."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.cluster.one_machine import Cluster, bring_up, take_down
from tests.prove.cluster_faults import BRIEF, FAULTS, NARROW, Fault
from tests.prove.cluster_kills import Kills, kill_many
from tests.prove.cluster_sweep import ClusterSweep, Reference, end
from tests.prove.proof import Proof
from tests.prove.small_sweep import Ended
from tests.prove.table import table

MOST_TYPED = 3


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A fault, and what came of it."""

    fault: Fault
    num_runs: int
    num_before: int  # records of runs that were done when the command was typed again
    status: str  # what `fwexp status` said then
    trouble: str  # the first line of it, or of the disturbed command, that told of the fault
    again: str  # what the command typed again said first
    num_typed: int  # so often was it typed again
    code: int  # its last exit
    num_missing: int
    num_repeated: int
    num_interruptions: int  # after which a run went on from its saved state
    is_equal: bool

    @property
    def passed(self) -> bool:
        has_struck = (
            self.num_interruptions >= self.fault.num_interruptions
            and self.num_before <= self.num_runs - self.fault.num_undone
        )
        unharmed = self.code == self.num_missing == self.num_repeated == 0 and self.is_equal
        return has_struck and unharmed


def main() -> Proof:
    """Holds when nothing was lost."""
    with tempfile.TemporaryDirectory(prefix="fwexp-cluster-") as scratch:
        cluster = bring_up(Path(scratch, "cluster"))
        try:
            outcomes = list(_outcomes(cluster, Path(scratch)))
            kills = kill_many(cluster, Path(scratch))
        finally:
            take_down(cluster)
    passed = kills.passed and all(outcome.passed for outcome in outcomes)
    return Proof(text="\n".join(_page(outcomes, kills, passed=passed)), holds=passed)


def _outcomes(cluster: Cluster, scratch: Path) -> Iterator[Outcome]:
    @cache
    def reference(text: str) -> Reference:
        return Reference(Path(tempfile.mkdtemp(dir=scratch, prefix="undisturbed-")), text)

    for number, fault in enumerate(FAULTS):
        sweep = ClusterSweep(scratch / str(number), cluster, reference(fault.text))
        outcome = _outcome(fault, sweep)
        print(f"{'ok ' if outcome.passed else 'BAD'} {outcome}", flush=True)
        yield outcome


def _outcome(fault: Fault, sweep: ClusterSweep) -> Outcome:
    for name, text in {"brief": BRIEF, "narrow": NARROW}.items():
        (sweep.folder / "slurm").mkdir(exist_ok=True)
        (sweep.folder / "slurm" / f"{name}.yaml").write_text(text)
    said = fault.strike(sweep).splitlines()
    status = [line.strip() for line in sweep.status()]
    troubles = [line for line in status if line.startswith(("lost:", "failed:"))]
    troubles += [line for line in said if not line.startswith(("small: ", "fwexp status"))]
    before = sweep.done()
    wanted = sweep.reference.results
    typed: list[Ended] = []
    while not typed or (len(sweep.done()) < len(wanted) and len(typed) < MOST_TYPED):
        typed.append(end(sweep.start("launcher.blocks_per_job=2", "--wait", *fault.again)))
    after = sweep.done()
    return Outcome(
        fault=fault,
        num_runs=len(wanted),
        num_before=len(before),
        status=status[0],
        trouble=troubles[0].replace(f"{sweep.folder}/", "") if troubles else "",
        again=typed[0].err.splitlines()[0],
        num_typed=len(typed),
        code=typed[-1].code,
        num_missing=len(set(wanted) - set(after)),
        num_repeated=len({i for i in before if before[i] != after.get(i)}) + sweep.num_repeated(),
        num_interruptions=sweep.num_interruptions(),
        is_equal=sweep.files.results() == wanted,
    )


def _page(outcomes: list[Outcome], kills: Kills, *, passed: bool) -> Iterator[str]:
    most = max((outcome.num_typed for outcome in outcomes), default=0)
    yield "# A cluster that fails: what a sweep on Slurm loses"
    yield ""
    yield (
        f"{'Nothing was lost' if passed else 'SOMETHING WAS LOST'}: after {len(outcomes)} faults "
        f"(the command typed again, up to {most} times) and {kills.num_kills} kills (typed "
        f"{kills.num_typed} times in all) there were the runs of an undisturbed local sweep, every "
        "score and every step's loss equal to the last bit, and no finished run done again. "
        "Measured by `python -m tests.prove cluster` on a real Slurm of three pretended nodes on "
        "one machine (`slurm/cluster`), not on a cluster of several machines."
    )
    yield ""
    yield (
        "The sweep: torch and tf × 4 seeds, mlp on digits, 600 steps each, in two jobs, one a "
        "node. *Done* counts the runs that were done when the command was typed again, as often as "
        "it took to have them all; *lost* those that were missing then; *repeated* those that came "
        "to their end twice; *went on* the times that a run went on from its saved state. The "
        "model that raises does so in half of 8 runs of 2 seeds, and is mended before; the time "
        "limit is that of one long run of torch. That the fault struck is asserted where it "
        "leaves runs undone or interrupted; of the lost node, slurmd and the controller it is not."
    )
    yield ""
    yield from table(
        ("fault", "done", "typed again", "lost", "repeated", "went on", "equal", ""),
        [
            (o.fault.title, f"{o.num_before} of {o.num_runs}", _times(o.num_typed),
             str(o.num_missing), str(o.num_repeated), str(o.num_interruptions),
             "yes" if o.is_equal else "NO", "" if o.passed else "FAILED")
            for o in outcomes
        ],
    )  # fmt: skip
    yield ""
    yield "What the user saw:"
    yield ""
    cells = [(o.fault.title, *map(_code, (o.status, o.trouble, o.again))) for o in outcomes]
    yield from table(("fault", "fwexp status", "the first that told of it", "typed again"), cells)
    yield ""
    yield from kills.page()


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _code(line: str) -> str:
    """A line of a terminal's, in a cell."""
    if not line:
        return "nothing"
    text = line.replace("|", "\\|")
    return f"`{text if len(text) <= 160 else text[:159] + '…'}`"
