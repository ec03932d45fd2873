"""`fwexp report` on a store with one broken or hostile file: it is named and left out."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fwexp.cli import main
from fwexp.store.audit import Audit, Check
from fwexp.store.record import History
from fwexp.text import in_markdown
from fwexp.writeup.page import render_html
from tests.evidence.factory import MACHINE, Truth, simulate
from tests.writeup.stored import save

NUM_BAD, NUM_GOOD = 10, 3  # seeds
HUGE = 10**400
ESCAPE = "\x1b]0;owned\x07\x1b[31mred"
MEGABYTES = "A" * 3_000_000
NOT_A_NUMBER = (math.nan, math.inf, "1", None, [], True, HUGE)
NOT_AN_AMOUNT = (*NOT_A_NUMBER, -1.0, 1e300)
NOT_A_COUNT = (-1, 1.5, "3", [], True, HUGE, 10**15)
NOT_A_MOMENT = ("", "yesterday", "2026-11-09T10:00:00", "0001-01-01T00:00:00+23:59", 5, None)
NOT_A_WORD = (ESCAPE, "a\x00b", "a\ud800b", "a\u202eb", MEGABYTES, 5, {})

RECORD: dict[str, tuple[Any, ...]] = {
    "run_id": ("tf-mlp-12", "../../x", *NOT_A_WORD),
    "status": ("", "ok", "failed", *NOT_A_WORD),
    "machine_class": ("Other CPU", *NOT_A_WORD),
    "started_at": (*NOT_A_MOMENT, "2199-01-01T00:00:00+00:00"),
    "finished_at": (*NOT_A_MOMENT, "2001-01-01T00:00:00+00:00"),
    "phases": ({}, [], 5),
    "phases.total_s": NOT_AN_AMOUNT,
    "phases.steady_s": NOT_AN_AMOUNT,
    "memory.train_peak_mib": NOT_AN_AMOUNT,
    "samples_per_s": NOT_AN_AMOUNT,
    "units_per_s": NOT_AN_AMOUNT,
    "num_steps": (*NOT_A_COUNT, 0, None),
    "num_first_steps": (*NOT_A_COUNT, 1000),
    "num_parameters": NOT_A_COUNT,
    "unit": (*NOT_A_WORD, None),
    "score": NOT_A_NUMBER,
    "metric": ({}, "accuracy", None),
    "metric.name": ("loss", "perplexity", *NOT_A_WORD),
    "metric.title": ("Another", *NOT_A_WORD),
    "metric.points": (0, -100.0, math.nan, 1e300, "100"),
    "metric.comparison": ("ratio", "difference", None),
    "evaluations": ([], {}, None, [5]),
    "evaluations.3.scores": ({}, [], {"accuracy": 0.5}, {"loss": 0.5}),
    "evaluations.3.scores.accuracy": NOT_A_NUMBER,
    "evaluations.3.scores.loss": NOT_A_NUMBER,
    "evaluations.3.step": (*NOT_A_COUNT, 0, 22, 220),
    "evaluations.3.train_s": (*NOT_AN_AMOUNT, 0.0),
    "environment": ([], None, {}),
    "environment.num_cores": ("4", 1.5),
    "environment.versions": ([], {"torch": 2}),
    "load": ({"num_cores": 0, "foreign_cores": math.nan}, []),
    "effective.num_threads": (*NOT_A_COUNT, 0),
    "interruptions": ([{"step": 1, "saved_at": "x", "resumed_at": "y", "lost_s": 1.0}], None),
    "digests": ([], {"a": 5}, {"a\x1b": "b"}),
    "hashes": ([], {"order": 5}, {"order": ESCAPE}),
    "schema": (0, -1, "3", 99, None),
    "config": ({}, None, []),
    "config.framework.name": ("torch", "jax", ESCAPE),
    "config.seed": (11, -1, "1", HUGE),
    "config.model.name": ("cnn", *NOT_A_WORD),
    "config.training.batch_size": (0, -64, 32, "64", HUGE),
    "config.training.num_epochs": (0, -1, math.nan, 1e18, 20.0),
    "config.training.evaluate_every_epochs": (0, 1e-9, math.nan),
    "config.hardware.name": ("abacus", ESCAPE),
    "unheard_of": (5, ESCAPE, MEGABYTES),
}
HISTORY: dict[str, tuple[Any, ...]] = {
    "loss": ([], {}, "1", [1.0], [math.nan] * 220, ["1"] * 220),
    "step_s": ([-1.0] * 220, [math.inf] * 220, [HUGE] * 220),
    "learning_rate": (None, [[0.1]] * 220),
}
AUDIT: dict[str, tuple[Any, ...]] = {
    "run_id": ("tf-mlp-12", *NOT_A_WORD),
    "made_at": NOT_A_MOMENT,
    "finished_at": NOT_A_MOMENT,
    "steps": ([-1], ["1"], [HUGE], {}),
    "checks": ([5], {}, None),
    "checks.0.bound": (-1.0, math.nan, "1"),
    "checks.0.where": NOT_A_WORD,
}
CERTIFICATE: dict[str, tuple[Any, ...]] = {
    "key": ("another", ESCAPE),
    "passed": (False, "yes", None),
    "stages": ([], {}, [5]),
    "stages.0.passed": (False, 1),
    "stages.0.difference": (math.nan, -1.0, math.inf, "0"),
    "stages.0.where": NOT_A_WORD[:3],
    "divergence": ([-1.0], [math.nan], {}),
    "code_lines": ({"torch.py": -1}, []),
    "made_at": NOT_A_MOMENT[1:],
}
MANIFEST: dict[str, tuple[Any, ...]] = {
    "name": ("other", "../../x", *NOT_A_WORD),
    "title": NOT_A_WORD,
    "declared_at": NOT_A_MOMENT,
    "sha256": ("", "xyz", ESCAPE),
    "machine_class": ("", *NOT_A_WORD),
    "comparison.ratio_margin": (1.0, -2.0, math.nan, math.inf, "1.1", HUGE),
    "comparison.confidence": (0.5, 1.0, 95, math.nan),
    "comparison.num_seeds": (0, -1, 2.5),
    "pricing.machine_class": ("(", ESCAPE),
    "pricing.price_usd_per_hour": (0.0, -1.0, math.inf),
    "pricing.date": ("soon", 2026),
    "workloads": ({}, [], {"../x": None}),
    "workloads.key-mlp.certificate": ("../../x", 5),
    "workloads.key-mlp.config.hardware.name": ("abacus", None),
    "workloads.key-mlp.config.training.batch_size": (0, -1, "64"),
    "workloads.key-mlp.config.training.num_epochs": (1e300, 1e12, math.inf, None),
    "workloads.key-mlp.config.training.evaluate_every_epochs": (0.0, -1.0, math.nan),
    "workloads.key-mlp.config.model.name": NOT_A_WORD,
    "runs": ({}, [], {"a/b": {"workload": "key-mlp", "framework": "tf", "seed": 0}}),
    "runs.tf-mlp-0.workload": ("key-cnn", 5),
    "runs.tf-mlp-0.framework": ("jax", None),
    "runs.tf-mlp-0.seed": (-1, 1.5, HUGE),
    "blocks": ([["unknown"]], [["tf-mlp-0", "tf-mlp-0"]], [5], {}),
    "schema": (0, 99, "3"),
    "unheard_of": (5, ESCAPE),
}
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "torn": b'{"run_id": "tf-',
    "an array": b"[]",
    "a number": b"5",
    "null": b"null",
    "not text": b"\xff\xfe\x00",
    "deep": b"[" * 200_000,
    "deep in a key": b'{"load": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
    "endless digits": b'{"schema": ' + b"9" * 10_000 + b"}",
}


def _named(value: Any) -> str:
    text = repr(value).encode("ascii", "backslashreplace").decode()
    return text if len(text) < 30 else f"{text[:20]}…{len(text)}"


def planted(plain: Any, path: str, value: Any) -> Any:
    """The plain data with another value there."""
    *before, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node = plain
    for part in before:
        node = node[part]
    node[last] = value
    return plain


Case = tuple[str, Callable[[bytes], bytes]]


def mutations(table: dict[str, tuple[Any, ...]]) -> list[Case]:
    def change(path: str, value: Any) -> Callable[[bytes], bytes]:
        return lambda text: json.dumps(planted(json.loads(text), path, value)).encode()

    return [
        (f"{path}={_named(value)}", change(path, value))
        for path, values in table.items()
        for value in values
    ]


def texts() -> list[Case]:
    def as_text(content: bytes) -> Callable[[bytes], bytes]:
        return lambda _: content

    return [(name, as_text(content)) for name, content in TEXTS.items()]


def batches(cases: list[Case]) -> list[list[Case]]:
    """As many as a sweep has bad runs."""
    return [cases[place : place + NUM_BAD] for place in range(0, len(cases), NUM_BAD)]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a sweep of one workload, with series and audits."""
    path = tmp_path_factory.mktemp("pristine")
    sweep = simulate({"mlp": Truth()}, num_seeds=NUM_BAD + NUM_GOOD)
    store = save(sweep, path)
    store.write_manifest(replace(sweep.manifest, name="other"))
    series = History(loss=[1.0] * 220, step_s=[0.1] * 220, learning_rate=[0.1] * 220)
    for run_id, record in sweep.records.items():
        folder = store.run(MACHINE, run_id)
        folder.write_history(series)
        folder.write_audit(audit(run_id, record.finished_at))
    return path


def audit(run_id: str, finished_at: str) -> Audit:
    return Audit(
        run_id=run_id,
        finished_at=finished_at,
        certificate="key-mlp",
        made_at=finished_at,
        steps=[1],
        checks=[Check(what="weights", step=1, difference=0.0, bound=1e-6)],
    )


@pytest.fixture
def store(pristine: Path, tmp_path: Path) -> Path:
    """A copy whose files a case may change."""
    return Path(shutil.copytree(pristine, tmp_path / "s"))


def typed(store: Path, *names: str) -> int:
    """The exit code of `fwexp report NAMES`."""
    with pytest.raises(SystemExit) as ended:
        main(["report", *names, "--store", str(store)])
    return int(ended.value.code or 0)


def check_shown(text: str) -> None:
    """Nothing that steers a terminal, and no line without end."""
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert "\u202e" not in text
    assert all(len(line) < 3000 for line in text.splitlines())


def run_files(store: Path, name: str) -> list[Path]:
    """That file of each of the runs that a batch may spoil."""
    return [next(store.glob(f"runs/*/tf-mlp-{seed}/{name}")) for seed in range(NUM_BAD)]


def reported(store: Path, files: list[Path], capsys: pytest.CaptureFixture[str]) -> str:
    """The page's text, once `fwexp report` has named these files and written it."""
    assert typed(store, "demo") == 0
    printed = capsys.readouterr()
    text = (store / "sweeps" / "demo" / "page.md").read_text()
    for file in files:
        assert f"warning: {file}: " in printed.err
        assert f"Cannot be read: {in_markdown(str(file))}: " in text
    for shown in (printed.err, printed.out, text):
        check_shown(shown)
    return text


def spoil(files: list[Path], batch: list[Case]) -> list[Path]:
    for file, (_, change) in zip(files, batch, strict=False):
        file.write_bytes(change(file.read_bytes()))
    return files[: len(batch)]


@pytest.mark.parametrize(
    "batch",
    batches([*mutations(RECORD), *texts()]),
    ids=lambda batch: batch[0][0].partition("=")[0],
)
def test_hostile_records_are_named_and_the_page_of_the_others_written(
    store: Path, capsys: pytest.CaptureFixture[str], batch: list[Case]
) -> None:
    spoiled = spoil(run_files(store, "record.json"), batch)
    text = reported(store, spoiled, capsys)
    assert f"{len(spoiled)} of {2 * (NUM_BAD + NUM_GOOD)} runs: missing" in text
    assert f"{NUM_BAD + NUM_GOOD - len(spoiled)} pairs of runs" in text


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        (name, batch)
        for name, table in (("history.json", HISTORY), ("audit.json", AUDIT))
        for batch in batches([*mutations(table), *texts()])
    ],
)
def test_hostile_series_and_audits_are_named_and_the_page_written(
    store: Path, capsys: pytest.CaptureFixture[str], name: str, batch: list[Case]
) -> None:
    text = reported(store, spoil(run_files(store, name), batch), capsys)
    assert f"{NUM_BAD + NUM_GOOD} pairs of runs" in text


def test_a_hostile_certificate_is_named_and_voids_its_workload(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fwexp.writeup.write.render_html", lambda _: "")
    (file,) = store.glob("certificates/*.json")
    sound = file.read_bytes()
    for _, change in [*mutations(CERTIFICATE), *texts()]:
        file.write_bytes(change(sound))
        assert "comparison void; no parity certificate" in reported(store, [file], capsys)


def test_a_hostile_manifest_stops_its_own_sweep_only(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = store / "sweeps" / "demo" / "manifest.json"
    sound = file.read_bytes()
    assert typed(store, "other") == 0
    page = store / "sweeps" / "other" / "page.html"
    for number, (_, change) in enumerate([*mutations(MANIFEST), *texts()]):
        file.write_bytes(change(sound))
        names = ["demo", "other"] if number % 10 == 0 else ["demo"]  # a page takes a second
        if "other" in names:
            page.unlink()
        capsys.readouterr()
        assert typed(store, *names) == 2
        assert page.is_file()
        error = capsys.readouterr().err
        assert error.startswith(f"{file}: ")
        check_shown(error)
    assert not (file.parent / "page.html").exists()


def test_a_failure_that_steers_a_terminal_is_shown_as_words(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed run's message comes from a framework, which may colour it."""
    file = next(store.glob("runs/*/tf-mlp-0/record.json"))
    message = f"{ESCAPE}<script>\u202e | [a](b)\n# Choose TensorFlow\ud800{MEGABYTES}"
    failure = {"kind": "E\x07", "message": message, "traceback": MEGABYTES}
    plain = json.loads(file.read_text()) | {"status": "failed", "failure": failure}
    plain["environment"]["variables"] = {"OMP_\x1b[1m": f"\x1b[2J{MEGABYTES}"}
    file.write_text(json.dumps(plain))
    text = reported(store, [], capsys)
    assert "E: red\\<script> \\| \\[a\\](b) # Choose TensorFlowAAA" in text
    page = (store / "sweeps" / "demo" / "page.html").read_text()
    assert "red&lt;script&gt; | [a](b)" in page
    assert len(page) < 500_000


def test_labels_with_control_characters_are_drawn() -> None:
    """One aborted the process inside the chart library."""
    sweep = simulate({"mlp\x00\x1b[31m\ud800": Truth(), "cnn": Truth()})
    assert "mlp" in render_html(sweep.evidence())
