"""The files of values are found in a checkout and in an installed package."""

from pathlib import Path

import pytest

from fwexp.config import paths


def test_the_checkout_comes_first() -> None:
    root = Path(__file__).parents[2]
    assert paths.conf_dir() == root / "conf"
    assert paths.sweeps_dir() == root / "sweeps"


def test_an_installed_package_holds_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "fwexp"
    monkeypatch.setattr(paths, "PACKAGE", package)
    assert paths.conf_dir() == package / "_conf"
    assert paths.sweeps_dir() == package / "_sweeps"


def test_an_editable_install_ignores_its_stale_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fwexp" / "_conf").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "fwexp")
    assert paths.conf_dir() == tmp_path / "conf"
