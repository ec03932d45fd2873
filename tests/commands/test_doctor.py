"""`fwexp doctor`, with stand-ins for what it would find on another machine."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from fwexp.commands import doctor
from fwexp.meters import probe
from fwexp.meters.probe import Found


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One GPU that torch sees and TensorFlow does not; nothing decoded."""
    monkeypatch.setenv("FWEXP_DATA", str(tmp_path))

    def look(framework: str, hardware: str, *, timeout_s: float) -> Found:
        assert timeout_s == 60
        devices = ["A GPU"] if framework == "torch" and hardware == "gpu" else []
        return Found(devices=devices, capability=None, words=f"{framework} sees 0 GPUs")

    monkeypatch.setattr(doctor, "look", look)


def test_it_says_what_is_here_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.command([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("fwexp ")
    assert "  gpu for torch       A GPU" in lines
    assert "  gpu for tf          none (tf sees 0 GPUs)" in lines
    assert "  tpu for tf          none (its TPU build, tensorflow-tpu, is not installed)" in lines
    assert (
        "  digits             not decoded yet; a run's first step fetches and decodes it" in lines
    )
    for data in ("mnist", "fashion_mnist", "cifar10"):
        assert any(line.startswith(f"  {data} ") for line in lines)
    assert not any("MISSING" in line for line in lines[1:])
    assert list(tmp_path.iterdir()) == []


def test_a_set_in_the_cache_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    from fwexp.config.load import compose
    from fwexp.data.preparation import prepare

    prepare(compose(["data=digits"]).data, say=lambda _: None)
    doctor.command([])
    assert "  digits             ready, from " in capsys.readouterr().out


def test_a_framework_that_is_missing_is_said_and_not_asked_for_devices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real_spec, real_version = probe.find_spec, doctor.version

    def version(name: str) -> str:
        if name == "keras":
            raise PackageNotFoundError(name)
        return real_version(name)

    monkeypatch.setattr(probe, "find_spec", lambda n: None if n == "keras" else real_spec(n))
    monkeypatch.setattr(doctor, "version", version)
    assert doctor.command([]) == 1
    out = capsys.readouterr().out
    assert "  keras              MISSING\n" in out
    assert "framework=tf needs keras, not installed here" in out
    assert "for tf" not in out


def test_an_argument_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        doctor.command(["--fix"])
    assert raised.value.code == 2
    assert "unrecognized arguments: --fix" in capsys.readouterr().err
