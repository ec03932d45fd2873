"""A run of a model with a live trap is refused before anything starts."""

import shutil
from pathlib import Path

import pytest

from fwexp import cli

MLP = Path(__file__).parents[2] / "fwexp" / "models" / "mlp"
NAMES = iter(f"trapped{number}" for number in range(100))  # Python keeps what it has imported
CHOSEN = ["data=digits", "hardware.num_threads=1", "tracking=none"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own model: a copy of the mlp, in the folder in which the command is typed."""
    name = next(NAMES)
    folder = tmp_path / name
    shutil.copytree(MLP, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in folder.glob("*.py"):
        file.write_text(file.read_text().replace("fwexp.models.mlp", name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def plant(file: Path, old: str, new: str) -> int:
    """Replace the text; gives back its line."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def exit_code(*argv: str) -> object:
    with pytest.raises(SystemExit) as raised:
        cli.main(argv)
    return raised.value.code


@pytest.mark.parametrize(
    "line", [[], ["-m", "framework=torch,tf", "seed=0"], ["parity"]], ids=["run", "-m", "parity"]
)
def test_it_is_told_by_file_and_line_with_its_neutral_setting(
    package: Path, line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    at = plant(package / "keras.py", "layers.ReLU(", "layers.LeakyReLU(negative_slope=0.01, ")
    chosen = [*CHOSEN, "model=mlp", f"model.implementation={package.name}"]
    assert exit_code(*line, *chosen) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"{package / 'keras.py'}:{at}: trap: Keras's leaky_relu: its slope is rounded to float32, "
        "and defaults to 0.2 or 0.3. Neutral: ops.maximum(x, slope · x) with the slope in x's "
        "dtype; torch's slope beside it. If it is meant, end the line with: # fwexp: allow "
        "leaky-relu, because REASON\n"
    )
    assert [path.name for path in package.parent.iterdir()] == [package.name]


def test_all_are_told_at_once(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = plant(package / "torch.py", "nn.ReLU()", "nn.Dropout(0.5)")
    second = plant(package / "keras.py", "layers.ReLU(", "layers.Rescaling(2, ")
    assert exit_code(*CHOSEN, "model=mlp", f"model.implementation={package.name}") == 2
    told = [line.partition(" trap: ")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == [f"{package / 'torch.py'}:{first}:", f"{package / 'keras.py'}:{second}:"]


def test_a_file_that_is_no_python_is_told_too(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "torch.py").write_text("def build(spec:\n")
    assert exit_code(*CHOSEN, "model=mlp", f"model.implementation={package.name}") == 2
    assert capsys.readouterr().err.startswith(f"{package / 'torch.py'}:1: not valid Python: ")
