"""What the certificate says of each planted trap, and what a comparison without it would say."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fwexp.store.certificate import Stage
from fwexp.store.store import Store
from tests.prove.planting import planted
from tests.prove.table import table
from tests.prove.there import Done, fwexp_there
from tests.prove.traps import CNN, LINTER, NONE, Trap, copy_project
from tests.prove.without_gate import Comparisons

EXIT_CODES = {LINTER: 2, NONE: 0}  # of `fwexp parity`; at any other stage 1


@dataclass(frozen=True, kw_only=True)
class Caught:
    """What became of a planted trap."""

    trap: Trap
    file: Path  # that it was planted in, within the project
    failed: list[Stage]  # in their order; none: the trap slipped through
    exit_code: int
    without_gate: str

    @property
    def as_it_must(self) -> bool:
        first = self.failed[0] if self.failed else None
        return (
            self.exit_code == EXIT_CODES.get(self.trap.stage, 1)
            and (first.name if first else NONE) == self.trap.stage
            and self.trap.where in ("", first.where if first else "")
        )


def catch_all(traps: Sequence[Trap], folder: Path) -> list[Caught]:
    """Plant them one by one into a copy of the project."""
    project = copy_project(folder / "project")
    comparisons = Comparisons(project)
    return [_catch(trap, project, comparisons) for trap in traps]


def _catch(trap: Trap, project: Path, comparisons: Comparisons) -> Caught:
    if trap.stage != LINTER:
        comparisons.prepare(trap)
    scratch = tempfile.TemporaryDirectory(prefix="fwexp-trap-")
    with planted(trap, project) as file, scratch as store:
        chosen = [*trap.workload, *trap.overrides, "hardware.num_threads=1", f"store={store}"]
        done = fwexp_there(project, "parity", *chosen)
        caught = Caught(
            trap=trap,
            file=file.relative_to(project),
            failed=_failed(done, project, Store(store)),
            exit_code=done.returncode,
            without_gate="refused" if trap.stage == LINTER else comparisons.tell(trap),
        )
    _say(caught, done)
    return caught


def _say(caught: Caught, done: Done) -> None:
    trap = caught.trap
    first = next((f"{stage.name}, {stage.where}" for stage in caught.failed), "not caught")
    if not caught.as_it_must:
        first += f"; WRONG, not {trap.stage}, {trap.where}\n{done.stdout}{done.stderr}"
    print(f"{trap.what}: {first}; without the gate: {caught.without_gate}", flush=True)


def _failed(done: Done, project: Path, store: Store) -> list[Stage]:
    """The traps that planning named, each with its file and line, and the stages that failed."""
    linted = [
        Stage(
            name=LINTER,
            passed=False,
            difference=float("inf"),
            tolerance=0.0,
            where=line.partition(": trap: ")[0].removeprefix(f"{project}{os.sep}"),
        )
        for line in done.stderr.splitlines()
        if ": trap: " in line
    ]
    keys = [path.stem for path in store.path.glob("certificates/*.json")]
    made, _ = store.read_certificates(keys)
    return linted + [stage for c in made.values() for stage in c.stages if not stage.passed]


def trap_table(caught: Sequence[Caught]) -> list[str]:
    """A row a trap; those that nothing caught last."""
    header = [
        *("trap", "planted in", "stage that caught it", "where", "difference", "failed with it"),
        "without the gate",
    ]
    return table(header, [_row(c) for c in sorted(caught, key=lambda c: not c.failed)])


def _row(caught: Caught) -> list[str]:
    trap = caught.trap
    overrides = [*(trap.workload if trap.workload != CNN else ()), *trap.overrides]
    what = "; ".join([trap.what, *(f"`{override}`" for override in overrides)])
    found = ["NOT CAUGHT", "", "", ""]
    if caught.failed:
        first, *others = caught.failed
        size = "not equal" if first.difference == float("inf") else f"{first.difference:.1g}"
        size = "–" if first.name == LINTER else size
        found = [first.name, first.where, size, ", ".join(stage.name for stage in others)]
    if not caught.as_it_must:
        found[0] += f" (WRONG: {trap.stage or 'none'} was to)"
    return [what, f"`{caught.file}`: `{trap.at.partition(':')[2]}`", *found, caught.without_gate]
