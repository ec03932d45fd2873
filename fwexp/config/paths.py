"""Where the files of values lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def conf_dir() -> Path:
    """The folder of configuration groups."""
    return _folder("conf")


def sweeps_dir() -> Path:
    """The folder of named sweeps."""
    return _folder("sweeps")


def slurm_dir() -> Path:
    """The folder of site profiles."""
    return _folder("slurm")


def _folder(name: str) -> Path:
    # The checkout first: an editable install leaves an ageing copy of conf/ in site-packages.
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / name
    return PACKAGE / f"_{name}"
