"""A new hardware is its entry, a line in the table and a file of values: a made-up NPU."""

import socket
from dataclasses import replace

import pytest

from fwexp.config.load import compose
from fwexp.config.paths import conf_dir
from fwexp.config.resolve import resolve
from fwexp.errors import ConfigError, DeviceError
from fwexp.hardware.kind import Build, HardwareKind
from fwexp.hardware.table import HARDWARE
from fwexp.meters.environment import cpu_machine_class
from fwexp.meters.probe import machine_class
from fwexp.processes.locks import device_lock
from fwexp.trainers.devices import keras_arguments, lightning_arguments, requested

PROBE = """print('{"devices": ["An NPU", "An NPU"], "capability": null}')"""
NPU = HardwareKind(
    name="npu",
    title="NPU",
    is_accelerator=True,
    device_types={"torch": "npu", "tf": "NPU"},
    lightning_accelerator="their_npu",
    torch_backend="hccl",
    tf_takes_all=True,
    refused_precisions={"tf32": "an NPU has no TF32; use fp32."},
    probes={"torch": PROBE, "tf": PROBE},
    metering="none",
    assigned=lambda: "",
)


@pytest.fixture(autouse=True)
def table(monkeypatch):
    monkeypatch.setitem(HARDWARE, "npu", NPU)


@pytest.fixture
def composed(tmp_path):
    """A function that composes with a folder of options that holds the NPU's."""
    gpu = (conf_dir() / "hardware" / "gpu.yaml").read_text()
    (tmp_path / "hardware").mkdir()
    (tmp_path / "hardware" / "npu.yaml").write_text(gpu.replace("name: gpu", "name: npu"))

    def compose_on_npu(*overrides):
        folders = [str(tmp_path)]
        return resolve(compose(["hardware=npu", *overrides], config_dirs=folders), num_cores=2)

    return compose_on_npu


def test_it_composes(composed):
    assert composed().hardware.name == "npu"


def test_it_refuses_a_precision(composed):
    with pytest.raises(ConfigError) as raised:
        composed("precision=tf32")
    assert raised.value.problems == [
        "precision=tf32 on npu is refused: an NPU has no TF32; use fp32."
    ]


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_its_probe_gives_the_machine_class(composed, framework):
    wanted = f"An NPU; host {cpu_machine_class()}"
    assert machine_class(composed(f"framework={framework}", "hardware.devices=2")) == wanted


def test_fewer_are_there_than_were_asked_for(composed):
    with pytest.raises(DeviceError) as raised:
        machine_class(composed("hardware.devices=4"))
    assert str(raised.value) == (
        f"hardware.devices=4 was asked for but 2 NPUs were found on {socket.gethostname()} (torch "
        "sees 2 NPUs). Nothing was trained. On a cluster ask for more per node, or choose "
        "hardware.devices=2."
    )


def test_none_is_there(composed, monkeypatch):
    none = PROBE.replace('"An NPU", "An NPU"', "")
    monkeypatch.setitem(HARDWARE, "npu", replace(NPU, probes={"torch": none}))
    with pytest.raises(DeviceError) as raised:
        machine_class(composed())
    assert str(raised.value) == (
        f"hardware=npu was asked for but no NPU was found on {socket.gethostname()} (torch sees 0 "
        "NPUs). Nothing was trained. On a cluster ask for a NPU partition, or choose "
        "hardware=cpu|gpu|tpu."
    )


def test_its_build_is_missing(composed, monkeypatch):
    build = Build(packages=("torch-npu",), why_missing=lambda: "torch needs torch-npu.")
    monkeypatch.setitem(HARDWARE, "npu", replace(NPU, builds={"torch": build}))
    with pytest.raises(DeviceError, match=r"^torch needs torch-npu\.$"):
        machine_class(composed())


def test_its_lock_is_its_own_and_that_of_the_part_it_was_assigned(composed, monkeypatch):
    hardware = composed().hardware
    whole = device_lock(hardware)
    assert whole.name.endswith("-npu.lock")
    monkeypatch.setitem(HARDWARE, "npu", replace(NPU, assigned=lambda: "3"))
    assert device_lock(hardware) != whole


def test_the_trainers_arguments(composed):
    several = composed("hardware.devices=2", "precision=bf16")
    assert lightning_arguments(several) == {
        "accelerator": "their_npu",
        "devices": 2,
        "num_nodes": 1,
        "strategy": "ddp",
        "precision": "bf16-mixed",
    }
    keras = keras_arguments(several)
    assert (keras.strategy, keras.device_type, keras.num_devices) == ("MirroredStrategy", "NPU", 2)
    assert keras.logical_cpus == 0
    assert requested(several).device == "npu"
