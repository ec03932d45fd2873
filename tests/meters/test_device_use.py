"""Which processes are on a run's GPUs, by a stand-in of nvidia-smi on the PATH."""

import os
from pathlib import Path

import pytest

from fwexp.meters import device_use as module
from fwexp.meters.device_use import DeviceUse, device_use, num_foreign
from fwexp.meters.load import LoadMeter
from fwexp.store.record import Load

GPUS = "0, GPU-aaa\n1, GPU-bbb\n2, GPU-bbc\n"


class Smi:
    """An nvidia-smi that lists three GPUs and the processes it is told of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "gpus").write_text(GPUS)
        self.list()
        self.write(
            f'case "$1" in *query-gpu=index,uuid) cat {folder}/gpus;; '
            f"*query-compute-apps=pid,gpu_uuid) cat {folder}/apps;; *) exit 9;; esac; "
            '[ "$2" = --format=csv,noheader ]'
        )

    def write(self, script: str) -> None:
        (self.folder / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (self.folder / "nvidia-smi").chmod(0o755)

    def list(self, *rows: tuple[object, str]) -> None:
        (self.folder / "apps").write_text("".join(f"{pid}, {uuid}\n" for pid, uuid in rows))


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Smi:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return Smi(tmp_path)


@pytest.mark.parametrize(
    ("visible", "uuid"),
    [
        (None, "GPU-aaa"),
        ("1", "GPU-bbb"),
        ("2,0", "GPU-bbc"),
        ("GPU-bbb", "GPU-bbb"),
        ("GPU-a", "GPU-aaa"),
    ],
)
def test_the_runs_gpu_is_the_first_visible_one(
    smi: Smi, monkeypatch: pytest.MonkeyPatch, visible: str | None, uuid: str
) -> None:
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    smi.list((7, uuid), (8, "GPU-other"))
    assert device_use() == DeviceUse(processes={uuid: ["7"]})


def test_several_devices_are_all_looked_at(smi: Smi) -> None:
    smi.list((7, "GPU-bbb"), (8, "GPU-bbb"), (9, "GPU-bbc"))
    assert device_use(num_devices=2).processes == {"GPU-aaa": [], "GPU-bbb": ["7", "8"]}


@pytest.mark.parametrize(
    ("before", "after", "num"),
    [
        pytest.param([], ["own"], 0, id="alone"),
        pytest.param([], ["4026531"], 0, id="alone, in a container that hides process ids"),
        pytest.param(["7"], ["7", "own"], 1, id="there all the time"),
        pytest.param(["7"], ["own"], 1, id="gone by the end"),
        pytest.param([], ["7", "8", "own"], 2, id="come meanwhile"),
        pytest.param([], ["7", "4026531"], 1, id="come meanwhile, in a container"),
        pytest.param(["7"], [], 1, id="the run's own not listed, a stranger was"),
    ],
)
def test_who_is_not_of_the_run_is_foreign(before: list[str], after: list[str], num: int) -> None:
    uses = [DeviceUse(processes={"GPU-aaa": pids}) for pids in (before, after)]
    own = os.getpid()
    named = [str(own) if pid == "own" else pid for pid in after]
    uses[1] = DeviceUse(processes={"GPU-aaa": named})
    assert num_foreign(*uses, own=[own]) == num


def test_on_several_gpus_every_rank_is_of_the_run() -> None:
    before = DeviceUse(processes={"GPU-aaa": [], "GPU-bbb": []})
    after = DeviceUse(processes={"GPU-aaa": ["1"], "GPU-bbb": ["2", "3"]})
    assert num_foreign(before, after, own=[1, 2]) == 1


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo NVIDIA-SMI has failed; exit 9", "nvidia-smi failed: NVIDIA-SMI has failed"),
        ("exit 9", "nvidia-smi failed: 9"),
        ("exec sleep 60", "nvidia-smi did not answer within 0.2 s"),
        ("", "nvidia-smi does not list even the run's own process"),
    ],
)
def test_what_is_not_known_is_said(
    smi: Smi, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    before = device_use()
    if script:
        smi.write(script)
    if "sleep" in script:
        monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    load = meter_around(before)
    assert (load.foreign_device_processes, load.unknown) == (None, words)


def test_without_nvidia_smi_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert meter_around(device_use()).unknown == "this machine has no nvidia-smi"


@pytest.mark.parametrize(("visible", "num"), [("", 0), ("2", 1)])
def test_fewer_gpus_than_the_run_uses_is_said(
    smi: Smi, monkeypatch: pytest.MonkeyPatch, visible: str, num: int
) -> None:
    assert smi.folder.is_dir()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert device_use(num_devices=2).unknown == f"nvidia-smi lists {num} of the run's 2 GPUs"


def test_a_gpu_that_nvidia_smi_does_not_know_is_said(
    smi: Smi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert smi.folder.is_dir()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1234")
    words = "CUDA_VISIBLE_DEVICES=MIG-1234: nvidia-smi lists no such GPU"
    assert device_use() == DeviceUse(processes={}, unknown=words)


def test_a_stranger_on_the_gpu_is_in_the_runs_load(smi: Smi) -> None:
    smi.list((7, "GPU-aaa"))
    before = device_use()
    smi.list((7, "GPU-aaa"), (os.getpid(), "GPU-aaa"))
    load = meter_around(before)
    assert (load.foreign_device_processes, load.unknown) == (1, "")


def meter_around(before: DeviceUse) -> Load:
    meter = LoadMeter(before=before)
    meter.stop()
    return meter.load()
