"""One file that cannot be read hides no other sweep."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from fwexp.commands.status import command as status
from fwexp.commands.status import wait
from fwexp.launch.slurm.submission import (
    RUN,
    jobs_folder,
    new_submission,
    write_submission,
)
from fwexp.store.migrations import SCHEMA
from fwexp.store.store import Store
from tests.evidence.factory import MACHINE, Truth, certificate, simulate


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three sweeps of one model each: sound, and done; void; and not begun."""
    monkeypatch.chdir(tmp_path)
    store = Store(Path("store"))
    for name, model, passed in (
        ("done", "mlp", True),
        ("void", "cnn", False),
        ("new", "rnn", True),
    ):
        sweep = simulate({model: Truth()}, num_seeds=2)
        store.write_manifest(replace(sweep.manifest, name=name))
        store.write_certificate(certificate(model, passed=passed))
        if name == "done":
            for run_id, record in sweep.records.items():
                store.run(MACHINE, run_id).finish(record)
    return store


def shown(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Each sweep's cells that are not empty, and what is said below."""
    _, *lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if not line.startswith("store/")]
    return {name: cells for name, *cells in rows}, [x for x in lines if x.startswith("store/")]


SOUND = {"done": ["4", "4"], "new": ["4", "4"], "void": ["4", "4"]}


@pytest.mark.usefixtures("store")
def test_a_sweep_with_a_failed_certificate_is_a_line_as_any_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status([]) == 0
    assert shown(capsys) == (SOUND, [])
    assert status(["void"]) == 0
    assert capsys.readouterr().out.startswith("void: 4 runs, 4 void\n")


def test_every_bad_file_is_named_and_the_other_sweeps_are_shown(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    """A torn submission, a failed certificate, a torn one, a torn record and a torn manifest."""
    submission = new_submission("new", [(RUN, [{"torch-rnn-0": None}])])
    write_submission(store, submission)
    torn = {
        "submission": jobs_folder(store, "new") / submission.key / "submission.json",
        "certificate": store.path / "certificates" / "key-rnn.json",
        "record": store.run(MACHINE, "tf-mlp-1").record_file,
        "manifest": store.sweep_folder("torn") / "manifest.json",
    }
    torn["manifest"].parent.mkdir()
    for file in torn.values():
        file.write_text("{")
    assert status([]) == 1
    rows, complaints = shown(capsys)
    assert rows == SOUND | {"done": ["4", "3", "1"]}
    told = {text.partition(": ")[0]: text for text in complaints}
    assert set(told) == set(map(str, torn.values()))
    assert all(": cannot be read (" in text for text in complaints)
    advice = f"scancel its jobs, which squeue --format=%j lists as fwexp-new-{submission.key}-…"
    assert advice in told[str(torn["submission"])]


def test_what_a_later_version_wrote_is_named_and_the_rest_shown(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        store.run(MACHINE, "tf-mlp-1").record_file,
        store.sweep_folder("new") / "manifest.json",
    ]
    for file in files:
        file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": SCHEMA + 1}))
    assert status([]) == 1
    rows, complaints = shown(capsys)
    assert rows == {"done": ["4", "3", "1"], "void": ["4", "4"]}
    assert [text.partition(" (")[0] for text in complaints] == [
        f"{file}: written by a later version of fwexp" for file in files
    ]


def test_a_torn_record_keeps_no_wait_from_ending(store: Store) -> None:
    store.run(MACHINE, "tf-mlp-1").record_file.write_text("{")
    found = wait(store, "done", console=Console(quiet=True))
    assert found.counts == {"done": 3, "waiting": 1}
    assert len(found.complaints) == 1
