"""A folder of the user's own, given by data.path."""

from pathlib import Path

from fwexp.config.schema import Data, Source
from fwexp.data.sources.origin import InPlace, State


class LocalFolder(InPlace):
    """The only source that is tried when the user gives it."""

    needs = ()

    def __init__(self, path: str, *, data: Data) -> None:
        super().__init__(Source(kind="path"), data=data)
        self._folder = Path(path).expanduser().absolute()

    @property
    def label(self) -> str:
        return f"path {self._folder}"

    @property
    def get(self) -> str:
        return "data.path=/the/folder/that/holds/the/original/files, or leave data.path out"

    @property
    def mend(self) -> str:
        return "data.path=/a/sound/copy, or leave data.path out"

    def state(self) -> State:
        if self._folder.is_dir():
            return State(where="here", detail=f"folder {self._folder}", folder=self._folder)
        return State(where="missing", detail=f"there is no folder {self._folder}")
