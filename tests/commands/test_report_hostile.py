"""`fwexp report` on a store with one broken or hostile file: it is named and left out."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fwexp.cli import main
from fwexp.config.plain import to_plain
from fwexp.store.audit import Audit, Check
from fwexp.store.record import History
from tests.evidence.factory import MACHINE, Truth, simulate
from tests.writeup.stored import save

RUN = "tf-mlp-1"
HUGE = 10**400
ESCAPE = "\x1b]0;owned\x07\x1b[31mred"
MEGABYTES = "A" * 3_000_000
NOT_A_NUMBER = (math.nan, math.inf, "1", None, [], True, HUGE)
NOT_AN_AMOUNT = (*NOT_A_NUMBER, -1.0, 1e300)
NOT_A_COUNT = (-1, 1.5, "3", [], True, HUGE, 10**15)
NOT_A_MOMENT = ("", "yesterday", "2026-11-09T10:00:00", "0001-01-01T00:00:00+23:59", 5, None)
NOT_A_WORD = (ESCAPE, "a\x00b", "a\ud800b", "a\u202eb", MEGABYTES, 5, {})

RECORD: dict[str, tuple[Any, ...]] = {
    "run_id": ("tf-mlp-2", "../../x", *NOT_A_WORD),
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
    "config.seed": (0, -1, "1", HUGE),
    "config.model.name": ("cnn", *NOT_A_WORD),
    "config.training.batch_size": (0, -64, 32, "64", HUGE),
    "config.training.num_epochs": (0, -1, math.nan, 1e18, 20.0),
    "config.training.evaluate_every_epochs": (0, 1e-9, math.nan),
    "config.hardware.name": ("abacus", ESCAPE),
    "unheard_of": (5, ESCAPE, MEGABYTES),
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


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a sweep of one workload, with series and audits."""
    path = tmp_path_factory.mktemp("pristine")
    sweep = simulate({"mlp": Truth()}, num_seeds=4)
    store = save(sweep, path)
    sweep.manifest.name = "other"
    store.write_manifest(sweep.manifest)
    series = History(loss=[1.0] * 220, step_s=[0.1] * 220, learning_rate=[0.1] * 220)
    for run_id, record in sweep.records.items():
        store.run(MACHINE, run_id).write_history(series)
        check = Check(what="weights", step=1, difference=0.0, bound=1e-6)
        store.run(MACHINE, run_id).write_audit(
            Audit(
                run_id=run_id,
                finished_at=record.finished_at,
                certificate="key-mlp",
                made_at=record.finished_at,
                steps=[1],
                checks=[check],
            )
        )
    return path


@pytest.fixture(scope="module")
def store(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy whose files the cases change, one at a time."""
    return Path(shutil.copytree(pristine, tmp_path_factory.mktemp("store") / "s"))


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


@pytest.mark.parametrize(
    ("name", "change"),
    [*mutations(RECORD), *texts()],
    ids=lambda c: c if isinstance(c, str) else "",
)
def test_a_hostile_record_is_named_and_the_page_of_the_others_written(
    store: Path, capsys: pytest.CaptureFixture[str], name: str, change: Callable[[bytes], bytes]
) -> None:
    file = next(store.glob(f"runs/*/{RUN}/record.json"))
    before, page = file.read_bytes(), store / "sweeps" / "demo" / "page.md"
    page.unlink(missing_ok=True)
    try:
        file.write_bytes(change(before))
        assert typed(store, "demo") == 0
    finally:
        file.write_bytes(before)
    printed = capsys.readouterr()
    assert f"warning: {file}: " in printed.err
    assert "1 of 8 runs: missing" in printed.out
    text = page.read_text()
    assert "3 pairs of runs" in text
    for shown in (printed.err, printed.out, text):
        check_shown(shown)
