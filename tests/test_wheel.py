"""The wheel, built from the sdist, carries everything that the checkout's package reads."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(out.glob("*.tar.gz"))) == 1
    (built,) = out.glob("*.whl")
    return built


def files_below(folder: str, *, kept_as: str) -> Iterator[str]:
    """The names that the files of a folder of the checkout have in the wheel."""
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{kept_as}/{path.relative_to(ROOT / folder)}"


@pytest.mark.parametrize(
    ("folder", "kept_as"),
    [("fwexp", "fwexp"), ("conf", "fwexp/_conf"), ("sweeps", "fwexp/_sweeps")],
)
def test_the_wheel_holds_the_folder(wheel: Path, folder: str, kept_as: str) -> None:
    expected = set(files_below(folder, kept_as=kept_as))
    assert expected
    assert expected - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_holds_the_templates_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.startswith("fwexp/writeup/templates/")]
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"fwexp"}
