"""The look for a framework and its device; no device is needed to see what is said of one."""

import socket
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from fwexp.errors import DeviceError
from fwexp.hardware import tpu
from fwexp.hardware.table import HARDWARE
from fwexp.meters import probe
from fwexp.meters.environment import cpu_machine_class
from fwexp.meters.probe import Found, look, machine_class, require_framework
from tests.tiny import tiny_config

HOST = socket.gethostname()
A100 = {"devices": ["NVIDIA A100"], "capability": [8, 0]}
V100 = {"devices": ["NVIDIA V100"], "capability": [7, 0]}


def answer(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], words: str = "") -> None:
    seen = Found(devices=found["devices"], capability=found["capability"], words=words)
    monkeypatch.setattr(probe, "look", lambda *_, **__: seen)


def ask(monkeypatch: pytest.MonkeyPatch, script: str, *, timeout_s: float = 60) -> Found:
    gpu = replace(HARDWARE["gpu"], probes={"torch": script})
    monkeypatch.setitem(HARDWARE, "gpu", gpu)
    return look("torch", "gpu", timeout_s=timeout_s)


def test_a_cpu_needs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "look", lambda *_, **__: pytest.fail("looked"))
    assert machine_class(tiny_config()) == cpu_machine_class()


def test_a_gpu_names_the_machine_class(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, A100)
    wanted = f"NVIDIA A100; host {cpu_machine_class()}"
    assert machine_class(tiny_config("hardware=gpu", "precision=tf32")) == wanted


def test_the_machine_class_is_the_same_for_any_number_of_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, {"devices": ["NVIDIA A100"] * 4, "capability": [8, 0]})
    classes = {machine_class(tiny_config("hardware=gpu", f"hardware.devices={n}")) for n in (1, 4)}
    assert classes == {f"NVIDIA A100; host {cpu_machine_class()}"}


@pytest.mark.parametrize(("num", "words"), [(1, "1 GPU was found"), (2, "2 GPUs were found")])
def test_fewer_gpus_than_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, num: int, words: str
) -> None:
    seen = f"torch sees {num} GPUs"
    answer(monkeypatch, {"devices": ["NVIDIA A100"] * num, "capability": [8, 0]}, seen)
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=gpu", "hardware.devices=4"))
    assert str(raised.value) == (
        f"hardware.devices=4 was asked for but {words} on {HOST} ({seen}). Nothing was trained. "
        f"On a cluster ask for more per node, or choose hardware.devices={num}."
    )


@pytest.mark.parametrize("framework", ["torch", "tf"])
def test_no_gpu(monkeypatch: pytest.MonkeyPatch, framework: str) -> None:
    answer(monkeypatch, {"devices": [], "capability": None}, f"{framework} sees 0 GPUs")
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=gpu", f"framework={framework}"))
    assert str(raised.value) == (
        f"hardware=gpu was asked for but no GPU was found on {HOST} ({framework} sees 0 GPUs). "
        "Nothing was trained. On a cluster ask for a GPU partition, or choose hardware=cpu|tpu."
    )


def test_no_tpu_build_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "torch_xla", "torch_tpu", module=tpu)
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=tpu"))
    assert str(raised.value) == (
        "framework=torch hardware=tpu needs torch_xla 2.9 with torch 2.9, or torch_tpu + libtpu "
        f"(torch 2.11-2.15); found torch {version('torch')} and neither."
    )


def test_no_tpu_build_of_tensorflow() -> None:
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=tpu", "framework=tf"))
    assert str(raised.value) == (
        f"framework=tf hardware=tpu: this TensorFlow ({version('tensorflow')}) has no TPU "
        "kernels; tensorflow-tpu with a matching libtpu is needed."
    )


def test_a_tpu_build_without_a_tpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tpu, "find_spec", lambda _: find_spec("json"))
    answer(monkeypatch, {"devices": [], "capability": None}, "no answer within 60 s")
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=tpu"))
    assert str(raised.value) == (
        f"hardware=tpu was asked for but no TPU was found on {HOST} (no answer within 60 s). "
        "Nothing was trained. On a cluster ask for a TPU partition, or choose hardware=cpu|gpu."
    )


@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_an_older_gpu_is_not_asked_for_what_it_cannot(
    monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    answer(monkeypatch, V100)
    assert machine_class(tiny_config("hardware=gpu", "precision=fp16"))
    with pytest.raises(DeviceError) as raised:
        machine_class(tiny_config("hardware=gpu", f"precision={precision}"))
    assert str(raised.value) == (
        f"precision={precision} needs compute capability 8.0 or later; NVIDIA V100 has 7.0. "
        "Nothing was trained. Choose precision=fp32|fp16."
    )


def test_a_look_gives_back_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    script = """print('a banner'); print('{"devices": ["X"], "capability": [9, 0]}')"""
    found = ask(monkeypatch, script)
    assert found == Found(devices=["X"], capability=[9, 0], words="torch sees 1 GPUs")


@pytest.mark.parametrize(
    ("script", "timeout_s", "words"),
    [
        ("import time; time.sleep(600)", 0.5, "no answer within 0.5 s"),
        ("import os; os.abort()", 60, "exit code -6"),
        ("raise RuntimeError('no driver')", 60, "RuntimeError: no driver"),
        ("pass", 60, "exit code 0"),
        ("print('hello')", 60, "an answer that is not JSON: hello"),
    ],
)
def test_a_look_that_comes_to_nothing_says_how(
    monkeypatch: pytest.MonkeyPatch, script: str, timeout_s: float, words: str
) -> None:
    found = ask(monkeypatch, script, timeout_s=timeout_s)
    assert found == Found(devices=[], capability=None, words=words)


@pytest.mark.parametrize(
    ("framework", "hidden", "message"),
    [
        (
            "torch",
            ["torch", "pytorch_lightning"],
            "framework=torch needs torch and pytorch_lightning, not installed here; "
            "type pip install -c constraints.txt torch pytorch-lightning",
        ),
        (
            "tf",
            ["keras"],
            "framework=tf needs keras, not installed here; "
            "type pip install -c constraints.txt tensorflow keras",
        ),
    ],
)
def test_a_framework_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, framework: str, hidden: list[str], message: str
) -> None:
    require_framework(framework)
    hide(monkeypatch, *hidden)
    with pytest.raises(DeviceError) as raised:
        require_framework(framework)
    assert str(raised.value) == message


def hide(monkeypatch: pytest.MonkeyPatch, *names: str, module: ModuleType = probe) -> None:
    real = find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name in names else real(name))
