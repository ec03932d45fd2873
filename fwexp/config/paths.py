"""Where the YAML files are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def conf_dir() -> Path:
    """The folder of configuration groups."""
    return values_dir("conf")


def sweeps_dir() -> Path:
    """The folder of named sweeps."""
    return values_dir("sweeps")


def values_dir(name: str) -> Path:
    """A folder of YAML files, by its name at the top of a checkout."""
    # The checkout first: an editable install leaves a stale copy of conf/ in site-packages.
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / name
    return PACKAGE / f"_{name}"
