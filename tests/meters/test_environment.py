"""What is recorded of the machine and its software."""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from fwexp.meters import environment as module
from fwexp.meters.environment import (
    commit,
    cpu_machine_class,
    environment,
    instruction_sets,
    steering_variables,
)


def test_the_machine_class_is_the_processor_and_the_usable_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "cpu_model", lambda: "A CPU")
    for cores, words in ((1, "A CPU, 1 core"), (8, "A CPU, 8 cores")):
        monkeypatch.setattr(module, "usable_cores", lambda cores=cores: cores)
        assert cpu_machine_class() == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 sse4_2 aes avx512f fma\nflags\t: other",
         ["avx2", "avx512f", "fma", "sse4_2"]),
        ("Features\t: fp asimd evtstrm sve i8mm bf16", ["asimd", "bf16", "i8mm", "sve"]),
        ("processor\t: 0", []),
    ],
)  # fmt: skip
def test_instruction_sets_are_those_that_linux_names(
    monkeypatch: pytest.MonkeyPatch, text: str, found: list[str]
) -> None:
    monkeypatch.setattr(module.Path, "read_text", lambda _: text)
    assert instruction_sets() == found


def test_versions_are_those_installed() -> None:
    found = environment().versions
    assert found["numpy"] == version("numpy")
    assert {"torch", "tensorflow", "keras", "pytorch-lightning"} <= found.keys()


def test_variables_that_steer_a_framework_are_recorded_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in list(os.environ):
        if name.startswith(module.STEERING):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("TF_VAR_password", "secret")  # Terraform's
    monkeypatch.setenv("NVIDIA_API_KEY", "secret")
    assert steering_variables() == {"OMP_NUM_THREADS": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_the_commit_says_whether_the_tree_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fwexp" / "meters" / "environment.py"
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setattr(module, "__file__", str(file))
    assert commit() is None
    git(tmp_path, "init")
    assert commit() is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "m")
    clean = commit()
    assert clean is not None
    assert len(clean) == 12
    file.write_text("changed")
    assert commit() == f"{clean}+"


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "fwexp" / "meters" / "environment.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() is None
