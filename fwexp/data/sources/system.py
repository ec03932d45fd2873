"""A folder that a Debian package installs."""

from pathlib import Path

from fwexp.data.sources.origin import InPlace, State


class SystemPackage(InPlace):
    """Present if its folder is, however it got there."""

    needs = ("package", "directory")

    @property
    def label(self) -> str:
        return f"system package {self.source.package}"

    @property
    def get(self) -> str:
        return f"sudo apt-get install {self.source.package}"

    @property
    def mend(self) -> str:
        return f"sudo apt-get install --reinstall {self.source.package}"

    def state(self) -> State:
        assert self.source.directory is not None
        folder = Path(self.source.directory)
        if folder.is_dir():
            return State(where="here", detail=f"folder {folder}", folder=folder)
        return State(where="missing", detail=f"there is no folder {folder}")
