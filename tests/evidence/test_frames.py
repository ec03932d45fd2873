"""A sweep for programs: typed evidence and records, and frames."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import fwexp
from fwexp.commands.report import command
from fwexp.errors import FwexpError, StoreError
from fwexp.evidence.frames import Sweep
from fwexp.store.record import History
from tests.evidence.factory import Truth, simulate
from tests.tiny import ROOT
from tests.writeup.stored import save


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    simulated = simulate({"mlp": Truth(), "book": Truth(perplexity=20.0)}, num_seeds=3)
    simulated.fail("tf", "mlp", 2, message="out of memory")
    store = save(simulated, tmp_path)
    for run_id in ("torch-mlp-0", "tf-mlp-0"):
        history = History(loss=[2.0, 1.0], step_s=[0.1, 0.2], learning_rate=[0.5, 0.25])
        store.run(simulated.manifest.machine_class, run_id).write_history(history)
    found: Sweep = fwexp.read(tmp_path, "demo")
    return found


def test_records_and_evidence_are_typed(sweep: Sweep) -> None:
    record = sweep.records["tf-mlp-1"]
    assert (record.config.framework.name, record.config.seed) == ("tf", 1)
    assert "tf-mlp-2" not in sweep.records
    assert sweep.evidence.answer("total").findings[0].workload == "mlp · digits"


def test_a_row_per_declared_run(sweep: Sweep) -> None:
    runs = sweep.runs.set_index("run_id")
    assert len(runs) == 12
    record = sweep.records["torch-book-1"]
    row = runs.loc["torch-book-1"]
    assert (row.framework, row.seed, row.metric, row.score) == (
        *("torch", 1, "perplexity"),
        record.score,
    )
    assert row.total_s == record.phases.total_s
    assert row.cost_usd == pytest.approx(0.20 * record.phases.total_s / 3600)
    failed = runs.loc["tf-mlp-2"]
    assert failed.problem == "failed"
    assert pd.isna(failed.score)


def test_a_row_per_evaluation_and_step(sweep: Sweep) -> None:
    own = sweep.evaluations[sweep.evaluations.run_id == "torch-mlp-0"]
    evaluations = sweep.records["torch-mlp-0"].evaluations
    assert own.step.tolist() == [e.step for e in evaluations]
    assert own.accuracy.tolist() == [e.scores["accuracy"] for e in evaluations]
    assert own.perplexity.isna().all()
    assert sweep.steps.groupby("run_id").loss.apply(list).to_dict() == {
        "tf-mlp-0": [2.0, 1.0],
        "torch-mlp-0": [2.0, 1.0],
    }


def test_frames_of_a_sweep_without_records_have_the_same_columns(
    sweep: Sweep, tmp_path: Path
) -> None:
    for path in tmp_path.glob("runs/*/*/record.json"):
        path.unlink()
    empty = fwexp.read(tmp_path, "demo")
    assert empty.runs.columns.tolist() == sweep.runs.columns.tolist()
    assert empty.steps.columns.tolist() == sweep.steps.columns.tolist()
    assert empty.evaluations.columns.tolist() == sweep.evaluations.columns.tolist()[:6]
    assert (len(empty.runs), len(empty.steps), len(empty.evaluations)) == (12, 0, 0)


def test_a_torn_record_is_told(
    sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = sweep.store.run(sweep.evidence.manifest.machine_class, "torch-mlp-0").record_file
    torn.write_text("{")
    assert command(["demo", f"--store={tmp_path}", "--to", str(tmp_path / "demo.csv")]) == 0
    said = capsys.readouterr()
    assert said.out == f"runs: 12 rows in {tmp_path / 'demo.csv'}\n"
    assert said.err.startswith(f"warning: {torn}: cannot be read (")


def test_a_history_of_unequal_lengths(sweep: Sweep) -> None:
    run = sweep.store.run(sweep.evidence.manifest.machine_class, "torch-mlp-0")
    run.write_history(History(loss=[2.0, 1.0], step_s=[0.1], learning_rate=[]))
    with pytest.raises(StoreError, match=r"history \(its series differ in length: "):
        sweep.steps  # noqa: B018


@pytest.mark.usefixtures("sweep")
def test_a_folder_in_the_tables_place(tmp_path: Path) -> None:
    (tmp_path / "demo.csv").mkdir()
    with pytest.raises(FwexpError, match=r"demo\.csv: cannot be written \(Is a directory\)"):
        command(["demo", f"--store={tmp_path}", "--to", str(tmp_path / "demo.csv")])
    assert list(tmp_path.glob(".demo.csv*")) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_in_a_file(sweep: Sweep, tmp_path: Path, suffix: str) -> None:
    to = tmp_path / f"demo.{suffix}"
    assert command(["demo", f"--store={tmp_path}", "--to", str(to), "--table", "steps"]) == 0
    found = pd.read_csv(to) if suffix == "csv" else pd.read_parquet(to)
    pd.testing.assert_frame_equal(found, sweep.steps, check_dtype=False)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--to", "demo.xlsx"], "--to demo.xlsx: name a file that ends in .csv or .parquet"),
        (["other", "--to", "demo.csv"], "--to: one sweep per file; name one"),
        (
            ["--to", "demo.csv", "--from", "wandb"],
            "--to: from the store only; leave out --from wandb",
        ),
        (["--to", "nowhere/demo.csv"], "--to nowhere/demo.csv: there is no folder nowhere"),
        (["--table", "runs"], "--table: only with --to, as in fwexp report demo --to demo.csv"),
    ],
)
def test_what_cannot_be_written(argv: list[str], message: str) -> None:
    with pytest.raises(FwexpError) as raised:
        command(["demo", *argv])
    assert str(raised.value) == message


def test_no_such_sweep(sweep: Sweep) -> None:
    with pytest.raises(StoreError, match=r"Did you mean 'demo'\?"):
        fwexp.read(sweep.store.path, "dem")
    with pytest.raises(AttributeError, match="no attribute 'wriet'"):
        fwexp.wriet  # noqa: B018


def test_the_door_imports_no_framework(sweep: Sweep) -> None:
    code = (
        "import sys, fwexp\n"
        "assert 'pandas' not in sys.modules\n"
        f"fwexp.read({str(sweep.store.path)!r}, 'demo').runs\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'pytorch_lightning', 'wandb'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_targets_change_is_the_sweeps(sweep: Sweep) -> None:
    """A record may serve two sweeps: its configuration here is this sweep's."""
    record = sweep.records["torch-mlp-0"]
    assert record == replace(record, config=sweep.evidence.manifest.config_of("torch-mlp-0"))
