"""What else went on while a run trained is in its record."""

import json
from pathlib import Path

import pytest

from fwexp.config.plain import to_plain
from fwexp.runs.execute import execute
from fwexp.store.record import RunRecord
from tests.runs.stand_in import Harness


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(tmp_path, monkeypatch)


def run_on_gpu(harness: Harness) -> RunRecord:
    (run,) = harness.plan.runs
    plain = to_plain(run.config)
    plain["hardware"]["name"] = "gpu"
    known = {"dispatched_at": 0.0, "import_s": 3.0, "import_rss_mib": 400.0}
    execute(harness.request(config=plain), known, harness.events.append)
    return harness.record()


def test_a_run_on_the_cpu_has_the_load_of_its_cores(harness: Harness) -> None:
    load = harness.execute().load
    assert load is not None
    assert load.foreign_cores is not None
    assert (load.foreign_device_processes, load.unknown) == (None, "")


def test_a_run_on_a_gpu_has_the_strangers_there(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    smi = tmp_path / "nvidia-smi"
    smi.write_text('#!/bin/sh\ncase "$1" in *query-gpu*) echo 0, GPU-a;; *) echo 7, GPU-a;; esac')
    smi.chmod(0o755)
    record = run_on_gpu(harness)
    assert record.status == "done", record.failure
    assert record.load is not None
    assert (record.load.foreign_device_processes, record.load.unknown) == (1, "")


def test_a_gpu_run_without_nvidia_smi_says_so(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    load = run_on_gpu(harness).load
    assert load is not None
    assert load.foreign_device_processes is None
    assert load.unknown == "this machine has no nvidia-smi"


def test_an_older_record_has_no_load(harness: Harness) -> None:
    harness.execute()
    file = harness.folder / "record.json"
    plain = json.loads(file.read_text())
    del plain["load"]
    file.write_text(json.dumps(plain))
    assert harness.record().load is None
