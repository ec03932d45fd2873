"""The documented example of a user's own model, and Hugging Face's word on our transformer."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fwexp.data.preparation import prepare
from fwexp.launch.combine import resolved
from tests.conftest import Require
from tests.test_docs import FENCE, links_of
from tests.text import small_text

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "own_model"
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def transformers(require: Require) -> None:
    require(find_spec("transformers") is not None, "transformers is not installed")


def commands() -> list[list[str]]:
    lines = "".join(FENCE.findall(README)).splitlines()
    return [line.split()[1:] for line in lines if line.startswith("python -m fwexp ")]


def python(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "120"},
        capture_output=True,
        text=True,
    )


@pytest.mark.usefixtures("transformers")
def test_the_examples_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FWEXP_DATA", str(tmp_path / "cache"))
    text = small_text(tmp_path / "text")
    prepare(resolved(text).data, say=lambda _: None)
    (parity,) = [words for words in commands() if "parity" in words]
    done = python(*parity, *text[1:], f"store={tmp_path / 'store'}", cwd=EXAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "parity of hf_gpt2 × adamw × text: passed, 13 stages" in done.stdout


def test_the_example_is_compared_as_the_readme_says() -> None:
    (sweep,) = [words for words in commands() if "parity" not in words]
    chosen = [w for w in sweep[2:] if "=" in w and not w.startswith(("framework=", "seed="))]
    done = python("-m", "fwexp", *chosen, "--config-dir", "conf", "--cfg", "job", cwd=EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert "implementation: gpt2" in done.stdout


def test_the_readmes_links_and_its_one_line() -> None:
    assert [link for link in links_of(README) if not (EXAMPLE / link).exists()] == []
    (line,) = re.findall(r"`(LEAVES\[.*?)`", README)
    assert line in (EXAMPLE / "gpt2" / "torch.py").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("transformers")
def test_our_transformer_is_hugging_faces_gpt2() -> None:
    """Nobody here wrote the other one: same weights, outputs equal to rounding."""
    done = python("-m", "tests.models.gpt2_agreement", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    differences = dict(line.split() for line in done.stdout.splitlines())
    assert float(differences["float64"]) < 1e-14
    assert float(differences["float32"]) < 1e-5
