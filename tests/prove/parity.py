"""The long evidence of parity: every certificate's stages, and every planted trap's end."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fwexp.launch.local import WarmServers
from fwexp.launch.plan import resolved
from fwexp.meters.environment import commit
from fwexp.parity.certificate import Certificate, Stage
from fwexp.parity.certify import certify, describe
from fwexp.runs.store import Store
from tests.prove.traps import LINTER, ROOT, TRAPS, Trap, copy_project, plant

PAGE = ROOT / "docs" / "proof" / "parity.md"
MODELS = ("mlp", "cnn")
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
BASE = ["data=digits", "hardware.num_threads=1"]


@dataclass(frozen=True, kw_only=True)
class Caught:
    """What the certificate said of a planted trap."""

    trap: Trap
    failed: list[Stage]  # in their order; none: the trap slipped through
    exit_code: int

    @property
    def as_it_must(self) -> bool:
        return (
            self.exit_code == (2 if self.trap.stage == LINTER else 1)
            and bool(self.failed)
            and self.failed[0].name == self.trap.stage
            and self.trap.where in ("", self.failed[0].where)
        )


def main() -> bool:
    """Whether every certificate passed and every trap was caught at its stage; writes the page."""
    with tempfile.TemporaryDirectory(prefix="fwexp-prove-") as folder:
        certificates = certify_all(Store(Path(folder) / "store"))
        project = copy_project(Path(folder) / "project")
        caught = [catch(trap, project) for trap in TRAPS]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(certificates, caught))
    print(f"written: {PAGE.relative_to(ROOT)}")
    return all(c.passed for c in certificates) and all(c.as_it_must for c in caught)


def certify_all(store: Store) -> list[Certificate]:
    """The certificate of each model with each optimizer, and at bf16."""
    precisions = [(model, o, "fp32") for model in MODELS for o in OPTIMIZERS]
    precisions += [(model, "adam", "bf16") for model in MODELS]
    made = []
    with WarmServers(["torch", "tf"], logs=store.path / "logs") as servers:
        for model, optimizer, precision in precisions:
            chosen = [f"model={model}", f"optimizer={optimizer}", f"precision={precision}"]
            config = resolved([*BASE, *chosen])
            made.append(certify(config, store=store, servers=servers, say=lambda _: None))
            print(f"{precision} {describe(made[-1])}", flush=True)
    return made


def catch(trap: Trap, project: Path) -> Caught:
    """Plant the trap in the copy, have the certificate made there, and take the trap out again."""
    before = (project / trap.file).read_text()
    plant(trap, project)
    with tempfile.TemporaryDirectory(prefix="fwexp-trap-") as store:
        done = run_there(project, "parity", *BASE, *trap.overrides, f"store={store}")
        certificates = [*Path(store).glob("certificates/*.json")]
        failed = _linted(done.stderr, project)
        failed += _failed(Store(store), certificates[0].stem) if certificates else []
    (project / trap.file).write_text(before)
    caught = Caught(trap=trap, failed=failed, exit_code=done.returncode)
    first = next((f"{stage.name}, {stage.where}" for stage in failed), "")
    told = first or f"NOT CAUGHT\n{done.stdout}{done.stderr}"
    verdict = "caught" if caught.as_it_must else f"WRONG, {trap.stage} is to fail"
    print(f"{verdict}: {trap.what}: {told}", flush=True)
    return caught


def run_there(project: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """`fwexp …` of the copy, in the copy's folder."""
    return subprocess.run(
        [sys.executable, "-m", "fwexp", *argv],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )


def _linted(said: str, project: Path) -> list[Stage]:
    """The traps that planning named, each with its file and line."""
    return [
        Stage(
            name=LINTER,
            passed=False,
            difference=float("inf"),
            tolerance=0.0,
            where=line.partition(": trap: ")[0].removeprefix(f"{project}{os.sep}"),
        )
        for line in said.splitlines()
        if ": trap: " in line
    ]


def _failed(store: Store, key: str) -> list[Stage]:
    certificate = store.read_certificate(key)
    assert certificate is not None
    return [stage for stage in certificate.stages if not stage.passed]


def page(certificates: list[Certificate], caught: list[Caught]) -> str:
    """The page's Markdown."""
    versions = ", ".join(f"{k} {v}" for k, v in certificates[0].versions.items())
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    full = [c for c in certificates if c.precision == "fp32"]
    mixed = [c for c in certificates if c.precision != "fp32"]
    lines = [
        "# Parity: the two implementations are one computation",
        "",
        f"Made by `make prove` on {made}; {versions}; digits, one thread.",
        "",
        "Each figure is the worst relative norm of Keras's arrays against torch's. 0 stands for "
        "equal bytes, shapes or names. All but the last stage compute in float64 and must stay "
        "within 1e-10; the last in float32, within 1e-4.",
        "",
        *_stage_table(full),
        "",
        "At a mixed precision no numbers are compared but the dtype of every block's output: "
        + "; ".join(f"{c.model} at {c.precision}: {_outcome(c.stages[-1])}" for c in mixed)
        + ".",
        "",
        "## Planted traps",
        "",
        "Each is a change of one file of the run's own, in a copy of the project, where "
        "`fwexp parity model=cnn data=digits` (Adam, unless said otherwise) is typed: it exits "
        "with 1 and names the first stage that fails; what follows from it may fail, too. What "
        "the linter reads in the model's files is refused with 2, before anything is computed.",
        "",
        *_trap_table(caught),
    ]
    return "\n".join(lines) + "\n"


def _outcome(stage: Stage) -> str:
    return "equal" if stage.passed else f"FAILED at {stage.where}"


def _stage_table(certificates: list[Certificate]) -> list[str]:
    longest = max(certificates, key=lambda c: len(c.stages))
    columns = [f"{c.model} × {c.optimizer}" for c in certificates]
    rows = []
    for name in (stage.name for stage in longest.stages):
        found = [next((s for s in c.stages if s.name == name), None) for c in certificates]
        rows.append([name, *map(_figure, found)])
    return _table(["stage", *columns], rows)


def _figure(stage: Stage | None) -> str:
    if stage is None:
        return "–"  # nothing to compare: no optimizer state, no statistics
    return f"{stage.difference:.1g}" + ("" if stage.passed else " FAILED")


def _trap_table(caught: list[Caught]) -> list[str]:
    rows = []
    for c in caught:
        found = ["NOT CAUGHT", "", "", ""]
        if c.failed:
            first, *others = c.failed
            size = "not equal" if first.difference == float("inf") else f"{first.difference:.1g}"
            size = "–" if first.name == LINTER else size
            name = first.name + ("" if c.as_it_must else f" (WRONG: {c.trap.stage} was to fail)")
            found = [name, first.where, size, ", ".join(stage.name for stage in others)]
        what = c.trap.what + "".join(f"; `{override}`" for override in c.trap.overrides)
        rows.append([what, f"`{c.trap.file}`", *found])
    header = ["trap", "file", "stage that caught it", "where", "difference", "failed with it"]
    return _table(header, rows)


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
